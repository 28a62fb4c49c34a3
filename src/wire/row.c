#include "wire/row.h"

#include <string.h>

#include "base/text.h"

/* ---- issues ---- */

enum wire_code
wire_issue_set(struct wire_issue *issue, enum wire_code code, const char *field, const char *what)
{
    *issue = (struct wire_issue){.field = field, .what = what};
    return code;
}

void
wire_issue_explain(const struct wire_issue *issue, struct fault *why)
{
    if (issue->other != NULL)
        fault_set(why, ST_PROTOCOL, "fields \"%s\" and \"%s\" %s", issue->field, issue->other,
                  issue->what);
    else if (issue->list != NULL && issue->field != NULL)
        fault_set(why, ST_PROTOCOL, "field \"%s\", item %u: \"%s\" %s", issue->list,
                  (unsigned)issue->index, issue->field, issue->what);
    else if (issue->list != NULL)
        fault_set(why, ST_PROTOCOL, "field \"%s\", item %u: %s", issue->list,
                  (unsigned)issue->index, issue->what);
    else if (issue->field != NULL)
        fault_set(why, ST_PROTOCOL, "field \"%s\" %s", issue->field, issue->what);
    else
        fault_set(why, ST_PROTOCOL, "%s", issue->what);
}

/* ---- items ---- */

static bool
read_id(struct mp *m, struct id *out)
{
    if (mp_left(m) < 2 + ID_LEN || m->p[0] != 0xc4 || m->p[1] != ID_LEN) {
        struct span bytes;

        if (!mp_bin(m, &bytes) || bytes.len != ID_LEN)
            return false;
        memcpy(out->bytes, bytes.p, ID_LEN);
        return true;
    }
    memcpy(out->bytes, m->p + 2, ID_LEN);
    m->p += 2 + ID_LEN;
    return true;
}

static enum wire_code
read_body(struct mp *m, struct span *body, struct wire_issue *issue)
{
    if (!mp_bin(m, body))
        return wire_issue_set(issue, CODE_MALFORMED, "body", "is not a bin");
    if (body->len > BODY_MAX_BYTES)
        return wire_issue_set(issue, CODE_TOO_LARGE, "body", "is too long");
    return CODE_OK;
}

static enum wire_code
read_ext(struct mp *m, struct span *ext, struct wire_issue *issue)
{
    *ext = (struct span){0};
    if (!mp_nil(m) && !mp_bin(m, ext))
        return wire_issue_set(issue, CODE_MALFORMED, "ext", "is not a bin or nil");
    if (ext->len > EXT_MAX_BYTES)
        return wire_issue_set(issue, CODE_TOO_LARGE, "ext", "is too long");
    return CODE_OK;
}

static enum wire_code
read_message(struct mp *m, struct wire_message *out, struct wire_issue *issue)
{
    uint32_t count;
    enum wire_code code;

    if (!mp_array(m, &count) || count < 2 || count > 3)
        return wire_issue_set(issue, CODE_MALFORMED, NULL, "is not [id, body] or [id, body, ext]");
    if (!read_id(m, &out->id))
        return wire_issue_set(issue, CODE_MALFORMED, "id", "is not a bin of 16 bytes");
    out->ext = (struct span){0};
    code = read_body(m, &out->body, issue);
    if (code == CODE_OK && count == 3)
        code = read_ext(m, &out->ext, issue);
    return code;
}

static enum wire_code
read_entry(struct mp *m, struct entry *out, struct wire_issue *issue)
{
    uint32_t count;
    uint64_t kind;
    enum wire_code code;

    if (!mp_array(m, &count) || count != 7)
        return wire_issue_set(issue, CODE_MALFORMED, NULL,
                              "is not [seq, ts, kind, author, id, body, ext]");
    if (!mp_uint(m, &out->seq) || out->seq == 0 || out->seq > WIRE_SEQ_MAX)
        return wire_issue_set(issue, CODE_MALFORMED, "seq", "is not a seq");
    if (!mp_int(m, &out->ts))
        return wire_issue_set(issue, CODE_MALFORMED, "ts", "is not a 64-bit integer");
    if (!mp_uint(m, &kind) || kind > ENTRY_KIND_MAX)
        return wire_issue_set(issue, CODE_MALFORMED, "kind", "is not a kind");
    out->kind = (uint8_t)kind;
    if (!read_id(m, &out->author))
        return wire_issue_set(issue, CODE_MALFORMED, "author", "is not a bin of 16 bytes");
    if (!read_id(m, &out->id))
        return wire_issue_set(issue, CODE_MALFORMED, "id", "is not a bin of 16 bytes");
    code = read_body(m, &out->body, issue);
    return code == CODE_OK ? read_ext(m, &out->ext, issue) : code;
}

static enum wire_code
read_ack(struct mp *m, struct wire_ack *out, struct wire_issue *issue)
{
    uint32_t count;
    struct span name = {0};

    *out = (struct wire_ack){.code = CODE_OK};
    if (!mp_array(m, &count) || count != 2 || !mp_uint(m, &out->seq) || out->seq > WIRE_SEQ_MAX)
        return wire_issue_set(issue, CODE_MALFORMED, NULL, "is not [seq, ts] or [0, code]");
    if (out->seq > 0 ? !mp_int(m, &out->ts) : !mp_str(m, &name))
        return wire_issue_set(issue, CODE_MALFORMED, NULL, "is not [seq, ts] or [0, code]");
    if (out->seq == 0)
        out->code = wire_code_parse(name);
    return CODE_OK;
}

/* Read one into *out. */
static enum wire_code
read_item(struct mp *m, enum wire_item item, void *out, struct wire_issue *issue)
{
    switch (item) {
    case ITEM_MESSAGE:
        return read_message(m, out, issue);
    case ITEM_ACK:
        return read_ack(m, out, issue);
    case ITEM_ENTRY:
        return read_entry(m, out, issue);
    default:
        memset(out, 0, wire_item_size(item));
        return wire_row_read(m, wire_item_row(item), WIRE_DEPTH_IN_ITEM, out, issue);
    }
}

bool
wire_next_item(struct wire_list *l, enum wire_item item, void *out)
{
    struct mp m = mp_of(l->raw);
    struct wire_issue issue;

    if (l->count == 0)
        return false;
    if (read_item(&m, item, out, &issue) != CODE_OK) {
        *l = (struct wire_list){0};
        return false;
    }
    l->raw.p = m.p;
    l->raw.len = mp_left(&m);
    l->count--;
    return true;
}

/* ---- values ---- */

static bool
text_fits(const struct wire_field *f, struct span text)
{
    switch (f->type) {
    case TYPE_LINE:
        return text_is_line(text, f->max);
    case TYPE_NICK:
        return text_is_name(text, f->max);
    case TYPE_WORD:
        return text_is_word(text, f->max);
    default:
        return text_is_group_name(text);
    }
}

static enum wire_code
read_text(struct mp *m, const struct wire_field *f, struct span *out, struct wire_issue *issue)
{
    if (!mp_str(m, out))
        return wire_issue_set(issue, CODE_MALFORMED, f->name, "is not a str");
    /* An empty text stands for an absent one where no bit tells them apart. */
    if (out->len == 0 && f->optional && f->has == 0)
        return CODE_OK;
    if (out->len >= f->min && text_fits(f, *out))
        return CODE_OK;
    return wire_issue_set(issue, f->type == TYPE_NICK ? CODE_BAD_NICK : CODE_MALFORMED, f->name,
                          out->len > f->max   ? "is too long"
                          : out->len < f->min ? "is empty"
                                              : "holds what may not be there");
}

static enum wire_code
read_uint(struct mp *m, const struct wire_field *f, uint64_t *out, struct wire_issue *issue)
{
    if (!mp_uint(m, out))
        return wire_issue_set(issue, CODE_MALFORMED, f->name, "is not an unsigned integer");
    if (*out < f->min || *out > f->max)
        return wire_issue_set(issue, CODE_MALFORMED, f->name, "is out of range");
    return CODE_OK;
}

static enum wire_code
read_bytes(struct mp *m, const struct wire_field *f, uint8_t *out, size_t len,
           struct wire_issue *issue)
{
    struct span bytes;

    if (!mp_bin(m, &bytes))
        return wire_issue_set(issue, CODE_MALFORMED, f->name, "is not a bin");
    if (bytes.len != len)
        return wire_issue_set(issue, CODE_MALFORMED, f->name, "has the wrong length");
    memcpy(out, bytes.p, len);
    return CODE_OK;
}

static void
note_entry(struct wire_list *l, const struct entry *e)
{
    const struct wire_place at = {.seq = e->seq, .ts = e->ts, .id = e->id};

    if (l->last.seq == 0) {
        l->first = at;
        l->unbroken = true;
    } else if (at.seq != l->last.seq + 1 || at.ts <= l->last.ts) {
        l->unbroken = false;
    }
    l->last = at;
}

static enum wire_code
read_list(struct mp *m, const struct wire_field *f, struct wire_list *out, struct wire_issue *issue)
{
    union wire_any_item any; /* read and forgotten */
    struct wire_list list = {0};

    if (!mp_array(m, &list.count))
        return wire_issue_set(issue, CODE_MALFORMED, f->name, "is not an array");
    if (list.count > f->max)
        return wire_issue_set(issue, CODE_TOO_LARGE, f->name, "has too many items");
    if (list.count < f->min)
        return wire_issue_set(issue, CODE_MALFORMED, f->name, "has too few items");
    list.raw.p = m->p;
    for (uint32_t i = 0; i < list.count; i++) {
        enum wire_code code = read_item(m, f->item, &any, issue);

        if (code != CODE_OK) {
            issue->list = f->name;
            issue->index = i;
            return code;
        }
        if (f->item == ITEM_ENTRY)
            note_entry(&list, &any.entry);
    }
    list.raw.len = (size_t)(m->p - list.raw.p);
    *out = list;
    return CODE_OK;
}

static enum wire_code
read_value(struct mp *m, const struct wire_field *f, void *member, struct wire_issue *issue)
{
    switch (f->type) {
    case TYPE_BOOL:
        if (mp_bool(m, member))
            return CODE_OK;
        return wire_issue_set(issue, CODE_MALFORMED, f->name, "is not a bool");
    case TYPE_UINT:
        return read_uint(m, f, member, issue);
    case TYPE_TIME:
        if (mp_int(m, member))
            return CODE_OK;
        return wire_issue_set(issue, CODE_MALFORMED, f->name, "is not a 64-bit integer");
    case TYPE_UUID:
        return read_bytes(m, f, ((struct id *)member)->bytes, ID_LEN, issue);
    case TYPE_KEY:
        return read_bytes(m, f, member, WIRE_KEY_LEN, issue);
    case TYPE_TICKET:
        return read_bytes(m, f, member, WIRE_TICKET_LEN, issue);
    case TYPE_LIST:
        return read_list(m, f, member, issue);
    default:
        return read_text(m, f, member, issue);
    }
}

/* ---- rows ---- */

static const struct wire_field *
find_field(const struct wire_row *row, struct span name)
{
    for (size_t i = 0; i < row->count; i++)
        if (span_equal(span_of(row->fields[i].name), name))
            return &row->fields[i];
    return NULL;
}

/* The next key of a map, which must differ from the seen ones before it. */
static enum wire_code
read_key(struct mp *m, struct span *keys, uint32_t seen, struct wire_issue *issue)
{
    if (!mp_str(m, &keys[seen]))
        return wire_issue_set(issue, CODE_MALFORMED, NULL, "the name of a field is not a str");
    for (uint32_t i = 0; i < seen; i++)
        if (span_equal(keys[i], keys[seen]))
            return wire_issue_set(issue, CODE_MALFORMED, NULL, "a field is there twice");
    return CODE_OK;
}

static enum wire_code
skip_unknown(struct mp *m, unsigned depth, struct wire_issue *issue)
{
    size_t nodes = mp_left(m);

    if (mp_skip(m, depth, &nodes))
        return CODE_OK;
    return wire_issue_set(issue, CODE_MALFORMED, NULL, "a field is nested too deep");
}

static enum wire_code
check_missing(const struct wire_row *row, uint32_t found, struct wire_issue *issue)
{
    for (size_t i = 0; i < row->count; i++)
        if (!row->fields[i].optional && (found & (1u << i)) == 0)
            return wire_issue_set(issue, CODE_MALFORMED, row->fields[i].name, "is missing");
    return CODE_OK;
}

static enum wire_code
check_exclusive(const struct wire_row *row, uint32_t has, struct wire_issue *issue)
{
    const char *first = NULL;

    for (size_t i = 0; i < row->count; i++) {
        if ((row->fields[i].has & has & row->exclusive) == 0)
            continue;
        if (first != NULL) {
            *issue = (struct wire_issue){.field = first,
                                         .other = row->fields[i].name,
                                         .what = "exclude each other"};
            return CODE_MALFORMED;
        }
        first = row->fields[i].name;
    }
    return CODE_OK;
}

enum wire_code
wire_row_read(struct mp *m, const struct wire_row *row, unsigned depth, void *base,
              struct wire_issue *issue)
{
    struct span keys[WIRE_FIELDS_MAX];
    uint32_t pairs, found = 0, has = 0;

    if (!mp_map(m, &pairs))
        return wire_issue_set(issue, CODE_MALFORMED, NULL, "there is no map of fields");
    if (pairs > WIRE_FIELDS_MAX)
        return wire_issue_set(issue, CODE_MALFORMED, NULL, "there are too many fields");
    for (uint32_t i = 0; i < pairs; i++) {
        const struct wire_field *f;
        enum wire_code code = read_key(m, keys, i, issue);

        if (code != CODE_OK)
            return code;
        f = find_field(row, keys[i]);
        code = f != NULL ? read_value(m, f, (char *)base + f->offset, issue)
                         : skip_unknown(m, depth, issue);
        if (code != CODE_OK)
            return code;
        if (f != NULL) {
            found |= 1u << (f - row->fields);
            has |= f->has;
        }
    }
    if (has != 0)
        *(uint32_t *)base = has;
    if (check_missing(row, found, issue) != CODE_OK)
        return CODE_MALFORMED;
    return check_exclusive(row, has, issue);
}
