#include "wire_samples.h"

#include <stdlib.h>
#include <string.h>

bool
subject_at(size_t i, struct subject *out)
{
    static const struct {
        enum subject_kind kind;
        size_t count;
    } kinds[] = {{SUBJECT_REQUEST, OP_COUNT},
                 {SUBJECT_RESULT, OP_COUNT},
                 {SUBJECT_ERROR, 1},
                 {SUBJECT_EVENT, EVENT_COUNT},
                 {SUBJECT_ITEM, ITEM_INVITE + 1}};
    size_t k;

    for (k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        if (i < kinds[k].count) {
            *out = (struct subject){kinds[k].kind, (int)i};
            return true;
        }
        i -= kinds[k].count;
    }
    return false;
}

const struct wire_row *
subject_row(const struct subject *s)
{
    switch (s->kind) {
    case SUBJECT_REQUEST:
        return wire_request_row((enum wire_op)s->index);
    case SUBJECT_RESULT:
        return wire_result_row((enum wire_op)s->index);
    case SUBJECT_EVENT:
        return wire_event_row((enum wire_event)s->index);
    case SUBJECT_ITEM:
        return wire_item_row((enum wire_item)s->index);
    default:
        return wire_error_row();
    }
}

enum wire_op
subject_op(const struct subject *s)
{
    static const enum wire_op listing[] = {
        [ITEM_GROUP] = OP_GET_GROUP_LIST,
        [ITEM_MEMBER] = OP_GET_MEMBERS,
        [ITEM_BAN] = OP_GET_BANS,
        [ITEM_INVITE] = OP_GET_INVITES,
    };

    if (s->kind == SUBJECT_ITEM)
        return listing[s->index];
    return s->kind == SUBJECT_ERROR ? OP_GET_MESSAGE : (enum wire_op)s->index;
}

const char *
subject_kind_name(const struct subject *s)
{
    static const char *const names[] = {"request", "result", "error", "event", "item"};

    return names[s->kind];
}

/* ---- values ---- */

static void
pack_text(msgpack_packer *pk, const char *text)
{
    msgpack_pack_str(pk, strlen(text));
    msgpack_pack_str_body(pk, text, strlen(text));
}

static void
pack_filled(msgpack_packer *pk, bool is_text, int fill, size_t len)
{
    char *bytes = malloc(len + 1);

    memset(bytes, fill, len);
    if (is_text) {
        msgpack_pack_str(pk, len);
        msgpack_pack_str_body(pk, bytes, len);
    } else {
        msgpack_pack_bin(pk, len);
        msgpack_pack_bin_body(pk, bytes, len);
    }
    free(bytes);
}

static void
pack_entry_item(msgpack_packer *pk, uint64_t seq)
{
    msgpack_pack_array(pk, 7);
    msgpack_pack_uint64(pk, seq % 127 + 1);
    msgpack_pack_int64(pk, 1700000000000000000 + (int64_t)seq);
    msgpack_pack_int(pk, ENTRY_MESSAGE);
    pack_filled(pk, false, 0x41, ID_LEN);
    pack_filled(pk, false, 0x42, ID_LEN);
    pack_filled(pk, false, 'b', seq % 3);
    if (seq == 0)
        msgpack_pack_nil(pk);
    else
        pack_filled(pk, false, 'e', seq);
}

static void pack_map_item(msgpack_packer *pk, enum wire_item item, const struct change *change);

void
pack_items(msgpack_packer *pk, enum wire_item item, uint64_t count)
{
    static const struct change none = {.variant = AS_IT_SHOULD_BE};
    uint64_t i;

    for (i = 0; i < count; i++) {
        switch (item) {
        case ITEM_MESSAGE:
            msgpack_pack_array(pk, i == 1 ? 3 : 2);
            pack_filled(pk, false, 0x43, ID_LEN);
            pack_filled(pk, false, 'm', i % 3);
            if (i == 1)
                pack_filled(pk, false, 'e', 1);
            break;
        case ITEM_ACK:
            msgpack_pack_array(pk, 2);
            msgpack_pack_uint64(pk, i % 2);
            if (i % 2 == 0)
                pack_text(pk, "id_conflict");
            else
                msgpack_pack_int64(pk, -1);
            break;
        case ITEM_ENTRY:
            pack_entry_item(pk, i % 4);
            break;
        default:
            pack_map_item(pk, item, &none);
            break;
        }
    }
}

static const char *
good_text(const struct wire_field *f)
{
    switch (f->type) {
    case TYPE_NAME:
        return "team";
    case TYPE_NICK:
        return "Ann B";
    case TYPE_WORD:
        return strcmp(f->name, "code") == 0 ? "busy" : "tcp://127.0.0.1:5550";
    default:
        return "a line";
    }
}

static bool
is_text(enum wire_type type)
{
    return type == TYPE_NAME || type == TYPE_NICK || type == TYPE_WORD || type == TYPE_LINE;
}

static size_t
fixed_len(enum wire_type type)
{
    switch (type) {
    case TYPE_UUID:
        return ID_LEN;
    case TYPE_KEY:
        return WIRE_KEY_LEN;
    case TYPE_TICKET:
        return WIRE_TICKET_LEN;
    default:
        return 0;
    }
}

static void
pack_good(msgpack_packer *pk, const struct wire_field *f)
{
    if (fixed_len(f->type) > 0) {
        pack_filled(pk, false, 0x11 * (int)f->type, fixed_len(f->type));
    } else if (is_text(f->type)) {
        pack_text(pk, good_text(f));
    } else if (f->type == TYPE_BOOL) {
        msgpack_pack_true(pk);
    } else if (f->type == TYPE_UINT) {
        msgpack_pack_uint64(pk, f->min + 1);
    } else if (f->type == TYPE_TIME) {
        msgpack_pack_int64(pk, INT64_C(1700000000123456789));
    } else {
        msgpack_pack_array(pk, 2);
        pack_items(pk, f->item, 2);
    }
}

static bool
pack_sized(msgpack_packer *pk, const struct wire_field *f, enum variant variant)
{
    int step = variant == LARGEST ? 0 : variant == TOO_LARGE ? 1 : -1;
    uint64_t bound = variant == TOO_SMALL ? f->min : f->max;

    if (fixed_len(f->type) > 0) {
        pack_filled(pk, false, 1, fixed_len(f->type) + (size_t)step);
        return true;
    }
    if (f->type == TYPE_BOOL || f->type == TYPE_TIME || (step > 0 && bound == UINT64_MAX) ||
        (step < 0 && bound == 0))
        return false;
    /* An empty text that is optional and has no bit is the same as none. */
    if (step < 0 && is_text(f->type) && f->optional && f->has == 0)
        return false;
    bound += (uint64_t)(int64_t)step;
    if (is_text(f->type)) {
        pack_filled(pk, true, 'a', bound);
    } else if (f->type == TYPE_UINT) {
        msgpack_pack_uint64(pk, bound);
    } else {
        msgpack_pack_array(pk, bound);
        pack_items(pk, f->item, bound);
    }
    return true;
}

static bool
pack_wrong_type(msgpack_packer *pk, const struct wire_field *f, unsigned type)
{
    switch (type) {
    case 0:
        msgpack_pack_nil(pk);
        return true;
    case 1:
        msgpack_pack_true(pk);
        return f->type != TYPE_BOOL;
    case 2:
        msgpack_pack_int64(pk, -1);
        return f->type != TYPE_TIME;
    case 3:
        msgpack_pack_double(pk, 1);
        return true;
    case 4:
        pack_filled(pk, true, 'a', ID_LEN);
        return !is_text(f->type);
    case 5:
        pack_filled(pk, false, 'a', ID_LEN);
        return fixed_len(f->type) != ID_LEN;
    case 6:
        msgpack_pack_map(pk, 0);
        return true;
    default:
        msgpack_pack_uint64(pk, UINT64_MAX);
        return f->type != TYPE_UINT || f->max != UINT64_MAX;
    }
}

static bool
pack_value(msgpack_packer *pk, const struct wire_field *f, const struct change *change)
{
    switch (change->variant) {
    case LARGEST:
    case TOO_LARGE:
    case TOO_SMALL:
        return pack_sized(pk, f, change->variant);
    case WRONG_TYPE:
        return pack_wrong_type(pk, f, change->type);
    default:
        pack_good(pk, f);
        return true;
    }
}

/* ---- maps ---- */

/* Of fields that exclude each other: the one under change, else the first. */
static bool
is_excluded(const struct wire_row *row, size_t field, const struct change *change)
{
    size_t i, chosen = row->count;

    if ((row->fields[field].has & row->exclusive) == 0)
        return false;
    for (i = row->count; i-- > 0;)
        if ((row->fields[i].has & row->exclusive) != 0)
            chosen = i;
    if (change->field < row->count && (row->fields[change->field].has & row->exclusive) != 0)
        chosen = change->field;
    return field != chosen;
}

static bool
pack_row(msgpack_packer *pk, const struct wire_row *row, const struct change *change,
         bool with_protocol)
{
    static const struct change none = {.variant = AS_IT_SHOULD_BE};
    unsigned extra = change->variant == UNKNOWN_EXTRA   ? 1
                     : change->variant == UNKNOWN_TWICE ? 2
                                                        : 0;
    size_t i, count = extra + with_protocol;
    bool ok = true;

    for (i = 0; i < row->count; i++)
        if (!is_excluded(row, i, change))
            count += i != change->field            ? 1
                     : change->variant == LEFT_OUT ? 0
                     : change->variant == TWICE    ? 2
                                                   : 1;
    msgpack_pack_map(pk, count);
    if (with_protocol) {
        pack_text(pk, "protocol");
        msgpack_pack_int(pk, WIRE_PROTOCOL);
    }
    while (extra-- > 0) {
        pack_text(pk, "colour_of_tomorrow");
        msgpack_pack_array(pk, 1);
        msgpack_pack_double(pk, 0.5);
    }
    for (i = 0; i < row->count; i++) {
        bool here = i == change->field;

        if (is_excluded(row, i, change) || (here && change->variant == LEFT_OUT))
            continue;
        pack_text(pk, row->fields[i].name);
        ok = pack_value(pk, &row->fields[i], here ? change : &none) && ok;
        if (here && change->variant == TWICE) {
            pack_text(pk, row->fields[i].name);
            pack_good(pk, &row->fields[i]);
        }
    }
    return ok;
}

static void
pack_map_item(msgpack_packer *pk, enum wire_item item, const struct change *change)
{
    pack_row(pk, wire_item_row(item), change, false);
}

/* ---- frames ---- */

static bool
pack_item_frame(msgpack_packer *pk, const struct subject *s, const struct change *change)
{
    bool ok;

    msgpack_pack_nil(pk);
    msgpack_pack_map(pk, 2);
    pack_text(pk, wire_result_row(subject_op(s))->fields[0].name);
    msgpack_pack_array(pk, 1);
    ok = pack_row(pk, subject_row(s), change, false);
    pack_text(pk, "end");
    msgpack_pack_true(pk);
    return ok;
}

bool
subject_pack(msgpack_sbuffer *out, const struct subject *s, const struct change *change)
{
    const struct wire_row *row = subject_row(s);
    msgpack_packer pk;
    bool ok = true;

    msgpack_packer_init(&pk, out, msgpack_sbuffer_write);
    msgpack_pack_array(&pk, s->kind == SUBJECT_EVENT ? 3 : 4);
    msgpack_pack_int(&pk, s->kind == SUBJECT_REQUEST ? 0 : s->kind == SUBJECT_EVENT ? 2 : 1);
    if (s->kind != SUBJECT_EVENT)
        msgpack_pack_uint32(&pk, 0xfedcba98);
    switch (s->kind) {
    case SUBJECT_REQUEST:
    case SUBJECT_EVENT:
        pack_text(&pk, row->name);
        return pack_row(&pk, row, change, s->kind == SUBJECT_REQUEST);
    case SUBJECT_RESULT:
        msgpack_pack_nil(&pk);
        if (row->count > 0 || change->variant != AS_IT_SHOULD_BE)
            return pack_row(&pk, row, change, false);
        msgpack_pack_nil(&pk);
        return true;
    case SUBJECT_ERROR:
        ok = pack_row(&pk, row, change, false);
        msgpack_pack_nil(&pk);
        return ok;
    default:
        return pack_item_frame(&pk, s, change);
    }
}
