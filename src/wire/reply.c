#include "wire/row.h"

#include <string.h>

#include "base/text.h"

#define TYPE_REPLY 1

static msgpack_packer
start_reply(struct buf *b, uint32_t msgid)
{
    msgpack_packer pk = wire_packer(b);

    msgpack_pack_array(&pk, 4);
    msgpack_pack_uint8(&pk, TYPE_REPLY);
    msgpack_pack_uint32(&pk, msgid);
    return pk;
}

void
wire_pack_reply(struct buf *b, enum wire_op op, const struct wire_reply *r)
{
    const struct wire_row *row = wire_result_row(op);
    msgpack_packer pk = start_reply(b, r->msgid);

    msgpack_pack_nil(&pk);
    if (row->count > 0)
        wire_row_pack(&pk, row, &r->u, false);
    else
        msgpack_pack_nil(&pk);
}

void
wire_pack_error(struct buf *b, uint32_t msgid, enum wire_code code, const char *text)
{
    struct wire_reply r = {.code_name = span_of(wire_code_name(code))};
    msgpack_packer pk = start_reply(b, msgid);

    if (text != NULL)
        r.text = span_of(text);
    if (text == NULL || !text_is_line(r.text, WIRE_ERROR_TEXT_MAX))
        r.text = span_of(wire_code_text(code));
    wire_row_pack(&pk, wire_error_row(), &r, false);
    msgpack_pack_nil(&pk);
}

static bool
read_start(struct mp *m, uint32_t *msgid)
{
    uint32_t count;
    uint64_t type, id;

    if (!mp_array(m, &count) || count != 4 || !mp_uint(m, &type) || type != TYPE_REPLY ||
        !mp_uint(m, &id) || id > UINT32_MAX)
        return false;
    *msgid = (uint32_t)id;
    return true;
}

bool
wire_reply_msgid(struct span frame, uint32_t *msgid)
{
    struct mp m = mp_of(frame);

    return read_start(&m, msgid);
}

static bool
read_error(struct mp *m, struct wire_reply *out)
{
    struct wire_issue issue;

    if (wire_row_read(m, wire_error_row(), out, &issue) != CODE_OK)
        return false;
    out->code = wire_code_parse(out->code_name);
    return mp_nil(m);
}

static bool
read_result(struct mp *m, const struct wire_row *row, struct wire_reply *out)
{
    struct wire_issue issue;

    /* An operation that has no result today may get one. */
    if (row->count == 0 && mp_nil(m))
        return true;
    return wire_row_read(m, row, &out->u, &issue) == CODE_OK;
}

enum status
wire_decode_reply(struct wire_reply *out, enum wire_op op, struct span frame)
{
    struct mp m = mp_of(frame);

    memset(out, 0, sizeof *out);
    /* Every object is at least one byte, and reading allocates nothing: the length bounds it. */
    if (frame.len > WIRE_REPLY_MAX || !mp_shape_ok(frame, WIRE_DEPTH_MAX, frame.len) ||
        !read_start(&m, &out->msgid))
        return ST_PROTOCOL;
    if (mp_nil(&m) ? read_result(&m, wire_result_row(op), out) : read_error(&m, out))
        return ST_OK;
    return ST_PROTOCOL;
}
