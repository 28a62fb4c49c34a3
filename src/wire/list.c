#include <assert.h>
#include <endian.h>
#include <string.h>

#include "wire/row.h"

/* An entry before its body and ext: array, seq, ts, kind, author, id, head of the body. */
#define ENTRY_HEAD_MAX (1 + 9 + 9 + 2 + 2 * (2 + ID_LEN) + 5)

_Static_assert(ENTRY_HEAD_MAX - (9 - 5) - (5 - 3) + 1 <= WIRE_ENTRY_OVERHEAD,
               "with seq < 2^32, a body that fits and no ext");

/* ---- pack ---- */

/* Entries are packed by hand: a group packs each one it publishes, and msgpack-c would append a
 * dozen times for each. */

static uint8_t *
put_uint64(uint8_t *p, uint8_t first, uint64_t n)
{
    uint64_t big = htobe64(n);

    *p = first;
    memcpy(p + 1, &big, sizeof big);
    return p + 9;
}

static uint8_t *
put_uint(uint8_t *p, uint64_t n)
{
    uint32_t big;

    if (n < 0x80) {
        *p = (uint8_t)n;
        return p + 1;
    }
    if (n > UINT32_MAX)
        return put_uint64(p, 0xcf, n);
    big = htobe32((uint32_t)n);
    *p = 0xce;
    memcpy(p + 1, &big, sizeof big);
    return p + 5;
}

static uint8_t *
put_id(uint8_t *p, const struct id *id)
{
    p[0] = 0xc4;
    p[1] = ID_LEN;
    memcpy(p + 2, id->bytes, ID_LEN);
    return p + 2 + ID_LEN;
}

static uint8_t *
put_bin_head(uint8_t *p, size_t len)
{
    uint32_t big32 = htobe32((uint32_t)len);
    uint16_t big16 = htobe16((uint16_t)len);

    assert(len <= UINT32_MAX);
    if (len <= UINT8_MAX) {
        p[0] = 0xc4;
        p[1] = (uint8_t)len;
        return p + 2;
    }
    if (len <= UINT16_MAX) {
        p[0] = 0xc5;
        memcpy(p + 1, &big16, sizeof big16);
        return p + 3;
    }
    p[0] = 0xc6;
    memcpy(p + 1, &big32, sizeof big32);
    return p + 5;
}

static size_t
put_entry_head(uint8_t *head, const struct entry *e)
{
    uint8_t *p = head;

    *p++ = 0x97;
    p = put_uint(p, e->seq);
    p = put_uint64(p, e->ts < 0 ? 0xd3 : 0xcf, (uint64_t)e->ts);
    if (e->kind >= 0x80)
        *p++ = 0xcc;
    *p++ = e->kind;
    p = put_id(p, &e->author);
    p = put_id(p, &e->id);
    p = put_bin_head(p, e->body.len);
    return (size_t)(p - head);
}

void
wire_pack_entry(struct buf *b, const struct entry *e)
{
    uint8_t head[ENTRY_HEAD_MAX], ext[5] = {0xc0};
    size_t head_len = put_entry_head(head, e);
    size_t ext_len = e->ext.len > 0 ? (size_t)(put_bin_head(ext, e->ext.len) - ext) : 1;
    uint8_t *p;

    if (b->failed || buf_reserve(b, head_len + e->body.len + ext_len + e->ext.len) != ST_OK) {
        b->failed = true;
        return;
    }
    p = b->p + b->len;
    memcpy(p, head, head_len);
    p += head_len;
    if (e->body.len > 0)
        memcpy(p, e->body.p, e->body.len);
    p += e->body.len;
    memcpy(p, ext, ext_len);
    p += ext_len;
    if (e->ext.len > 0)
        memcpy(p, e->ext.p, e->ext.len);
    b->len += head_len + e->body.len + ext_len + e->ext.len;
}

void
wire_pack_group(struct buf *b, const struct wire_group *g)
{
    msgpack_packer pk = wire_packer(b);

    wire_row_pack(&pk, wire_item_row(ITEM_GROUP), g, false);
}

void
wire_pack_member(struct buf *b, const struct wire_member *m)
{
    msgpack_packer pk = wire_packer(b);

    wire_row_pack(&pk, wire_item_row(ITEM_MEMBER), m, false);
}

void
wire_pack_ban(struct buf *b, const struct wire_ban *ban)
{
    msgpack_packer pk = wire_packer(b);

    wire_row_pack(&pk, wire_item_row(ITEM_BAN), ban, false);
}

void
wire_pack_invite(struct buf *b, const struct wire_invite *i)
{
    msgpack_packer pk = wire_packer(b);

    wire_row_pack(&pk, wire_item_row(ITEM_INVITE), i, false);
}

void
wire_pack_message(struct buf *b, const struct wire_message *m)
{
    msgpack_packer pk = wire_packer(b);

    msgpack_pack_array(&pk, m->ext.len > 0 ? 3 : 2);
    wire_pack_bin(&pk, m->id.bytes, ID_LEN);
    wire_pack_bin(&pk, m->body.p, m->body.len);
    if (m->ext.len > 0)
        wire_pack_bin(&pk, m->ext.p, m->ext.len);
}

void
wire_pack_ack(struct buf *b, const struct wire_ack *a)
{
    msgpack_packer pk = wire_packer(b);

    msgpack_pack_array(&pk, 2);
    if (a->code == CODE_OK) {
        msgpack_pack_uint64(&pk, a->seq);
        msgpack_pack_int64(&pk, a->ts);
    } else {
        msgpack_pack_uint64(&pk, 0);
        wire_pack_text(&pk, wire_code_name(a->code));
    }
}

/* ---- read ---- */

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

enum wire_code
wire_item_check(struct mp *m, enum wire_item item, struct wire_issue *issue)
{
    struct wire_group group;
    struct wire_member member;
    struct wire_ban ban;
    struct wire_invite invite;
    struct wire_message message;
    struct wire_ack ack;
    struct entry entry;

    switch (item) {
    case ITEM_GROUP:
        return wire_row_read(m, wire_item_row(item), &group, issue);
    case ITEM_MEMBER:
        return wire_row_read(m, wire_item_row(item), &member, issue);
    case ITEM_BAN:
        return wire_row_read(m, wire_item_row(item), &ban, issue);
    case ITEM_INVITE:
        return wire_row_read(m, wire_item_row(item), &invite, issue);
    case ITEM_MESSAGE:
        return read_message(m, &message, issue);
    case ITEM_ACK:
        return read_ack(m, &ack, issue);
    case ITEM_ENTRY:
        return read_entry(m, &entry, issue);
    default:
        return wire_issue_set(issue, CODE_MALFORMED, NULL, "is of no known sort");
    }
}

/* ---- take the next ---- */

/* Whether there is one to be read; *m is where. */
static bool
begin(const struct wire_list *l, struct mp *m)
{
    *m = mp_of(l->raw);
    return l->count > 0;
}

static bool
advance(struct wire_list *l, const struct mp *m, enum wire_code code)
{
    if (code != CODE_OK) {
        *l = (struct wire_list){0};
        return false;
    }
    l->raw.p = m->p;
    l->raw.len = mp_left(m);
    l->count--;
    return true;
}

static bool
next_map(struct wire_list *l, enum wire_item item, void *out)
{
    struct wire_issue issue;
    struct mp m;

    return begin(l, &m) && advance(l, &m, wire_row_read(&m, wire_item_row(item), out, &issue));
}

bool
wire_next_group(struct wire_list *l, struct wire_group *g)
{
    *g = (struct wire_group){0};
    return next_map(l, ITEM_GROUP, g);
}

bool
wire_next_member(struct wire_list *l, struct wire_member *m)
{
    *m = (struct wire_member){0};
    return next_map(l, ITEM_MEMBER, m);
}

bool
wire_next_ban(struct wire_list *l, struct wire_ban *ban)
{
    *ban = (struct wire_ban){0};
    return next_map(l, ITEM_BAN, ban);
}

bool
wire_next_invite(struct wire_list *l, struct wire_invite *i)
{
    *i = (struct wire_invite){0};
    return next_map(l, ITEM_INVITE, i);
}

bool
wire_next_message(struct wire_list *l, struct wire_message *out)
{
    struct wire_issue issue;
    struct mp m;

    return begin(l, &m) && advance(l, &m, read_message(&m, out, &issue));
}

bool
wire_next_ack(struct wire_list *l, struct wire_ack *a)
{
    struct wire_issue issue;
    struct mp m;

    return begin(l, &m) && advance(l, &m, read_ack(&m, a, &issue));
}

bool
wire_next_entry(struct wire_list *l, struct entry *e)
{
    struct wire_issue issue;
    struct mp m;

    return begin(l, &m) && advance(l, &m, read_entry(&m, e, &issue));
}
