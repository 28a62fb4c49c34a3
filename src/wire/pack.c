#include "wire/row.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

/* An entry before its body and ext: array, seq, ts, kind, author, id, head of the body. */
#define ENTRY_HEAD_MAX (1 + 9 + 9 + 2 + 2 * (2 + ID_LEN) + 5)

_Static_assert(ENTRY_HEAD_MAX - (9 - 5) - (5 - 3) + 1 <= WIRE_ENTRY_OVERHEAD,
               "with seq < 2^32, a body that fits and no ext");

/* ---- rows ---- */

static void
pack_list(msgpack_packer *pk, const struct wire_list *list)
{
    msgpack_pack_array(pk, list->count);
    if (list->raw.len > 0)
        buf_append(pk->data, list->raw.p, list->raw.len);
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
        mp_pack_bin(pk, member, ID_LEN);
        break;
    case TYPE_KEY:
        mp_pack_bin(pk, member, WIRE_KEY_LEN);
        break;
    case TYPE_TICKET:
        mp_pack_bin(pk, member, WIRE_TICKET_LEN);
        break;
    case TYPE_LIST:
        pack_list(pk, member);
        break;
    default:
        mp_pack_str(pk, *(const struct span *)member);
        break;
    }
}

void
wire_row_pack(msgpack_packer *pk, const struct wire_row *row, const void *base, bool with_protocol)
{
    size_t count = with_protocol ? 1 : 0;

    for (size_t i = 0; i < row->count; i++)
        count += is_sent(&row->fields[i], base);
    msgpack_pack_map(pk, count);
    if (with_protocol) {
        mp_pack_text(pk, "protocol");
        msgpack_pack_uint64(pk, WIRE_PROTOCOL);
    }
    for (size_t i = 0; i < row->count; i++) {
        const struct wire_field *f = &row->fields[i];

        if (!is_sent(f, base))
            continue;
        mp_pack_text(pk, f->name);
        pack_value(pk, f, (const char *)base + f->offset);
    }
}

/* ---- items ---- */

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

static void
pack_entry(struct buf *b, const struct entry *e)
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

static void
pack_message(struct buf *b, const struct wire_message *m)
{
    msgpack_packer pk = mp_packer(b);

    msgpack_pack_array(&pk, m->ext.len > 0 ? 3 : 2);
    mp_pack_bin(&pk, m->id.bytes, ID_LEN);
    mp_pack_bin(&pk, m->body.p, m->body.len);
    if (m->ext.len > 0)
        mp_pack_bin(&pk, m->ext.p, m->ext.len);
}

static void
pack_ack(struct buf *b, const struct wire_ack *a)
{
    msgpack_packer pk = mp_packer(b);

    msgpack_pack_array(&pk, 2);
    if (a->code == CODE_OK) {
        msgpack_pack_uint64(&pk, a->seq);
        msgpack_pack_int64(&pk, a->ts);
    } else {
        msgpack_pack_uint64(&pk, 0);
        mp_pack_text(&pk, wire_code_name(a->code));
    }
}

void
wire_pack_item(struct buf *b, enum wire_item item, const void *x)
{
    msgpack_packer pk;

    switch (item) {
    case ITEM_MESSAGE:
        pack_message(b, x);
        break;
    case ITEM_ACK:
        pack_ack(b, x);
        break;
    case ITEM_ENTRY:
        pack_entry(b, x);
        break;
    default:
        pk = mp_packer(b);
        wire_row_pack(&pk, wire_item_row(item), x, false);
    }
}
