#include "wire/row.h"

static int
append(void *data, const char *bytes, size_t len)
{
    return buf_append(data, bytes, len) == ST_OK ? 0 : -1;
}

msgpack_packer
wire_packer(struct buf *b)
{
    msgpack_packer pk;

    msgpack_packer_init(&pk, b, append);
    return pk;
}

void
wire_pack_text(msgpack_packer *pk, const char *text)
{
    wire_pack_span(pk, span_of(text));
}

void
wire_pack_span(msgpack_packer *pk, struct span text)
{
    msgpack_pack_str(pk, text.len);
    if (text.len > 0)
        msgpack_pack_str_body(pk, text.p, text.len);
}

void
wire_pack_bin(msgpack_packer *pk, const void *bytes, size_t len)
{
    msgpack_pack_bin(pk, len);
    if (len > 0)
        msgpack_pack_bin_body(pk, bytes, len);
}

static void
pack_list(msgpack_packer *pk, const struct wire_list *list)
{
    msgpack_pack_array(pk, list->count);
    if (list->raw.len > 0)
        append(pk->data, (const char *)list->raw.p, list->raw.len);
}

static bool
is_zero(const uint8_t *bytes, size_t len)
{
    while (len > 0 && bytes[len - 1] == 0)
        len--;
    return len == 0;
}

static bool
is_sent(const struct wire_field *f, const void *base)
{
    const void *member = (const char *)base + f->offset;

    if (!f->optional)
        return true;
    if (f->has != 0)
        return (*(const uint32_t *)base & f->has) != 0;
    switch (f->type) {
    case TYPE_BOOL:
        return *(const bool *)member;
    case TYPE_UINT:
        return *(const uint64_t *)member != 0;
    case TYPE_TIME:
        return *(const int64_t *)member != 0;
    case TYPE_UUID:
        return !id_is_zero(member);
    case TYPE_KEY:
        return !is_zero(member, WIRE_KEY_LEN);
    case TYPE_NAME:
    case TYPE_NICK:
    case TYPE_WORD:
    case TYPE_LINE:
        return ((const struct span *)member)->len > 0;
    default:
        return true;
    }
}

static void
pack_value(msgpack_packer *pk, const struct wire_field *f, const void *member)
{
    switch (f->type) {
    case TYPE_BOOL:
        if (*(const bool *)member)
            msgpack_pack_true(pk);
        else
            msgpack_pack_false(pk);
        break;
    case TYPE_UINT:
        msgpack_pack_uint64(pk, *(const uint64_t *)member);
        break;
    case TYPE_TIME:
        msgpack_pack_int64(pk, *(const int64_t *)member);
        break;
    case TYPE_UUID:
        wire_pack_bin(pk, member, ID_LEN);
        break;
    case TYPE_KEY:
        wire_pack_bin(pk, member, WIRE_KEY_LEN);
        break;
    case TYPE_TICKET:
        wire_pack_bin(pk, member, WIRE_TICKET_LEN);
        break;
    case TYPE_LIST:
        pack_list(pk, member);
        break;
    default:
        wire_pack_span(pk, *(const struct span *)member);
        break;
    }
}

void
wire_row_pack(msgpack_packer *pk, const struct wire_row *row, const void *base, bool with_protocol)
{
    size_t i, count = with_protocol ? 1 : 0;

    for (i = 0; i < row->count; i++)
        count += is_sent(&row->fields[i], base);
    msgpack_pack_map(pk, count);
    if (with_protocol) {
        wire_pack_text(pk, "protocol");
        msgpack_pack_uint64(pk, WIRE_PROTOCOL);
    }
    for (i = 0; i < row->count; i++) {
        const struct wire_field *f = &row->fields[i];

        if (!is_sent(f, base))
            continue;
        wire_pack_text(pk, f->name);
        pack_value(pk, f, (const char *)base + f->offset);
    }
}
