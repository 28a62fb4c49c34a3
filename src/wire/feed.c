#include "wire/row.h"

#define TYPE_FEED 2

void
wire_pack_feed(struct buf *b, const struct wire_feed *f)
{
    msgpack_packer pk = wire_packer(b);

    msgpack_pack_array(&pk, 3);
    msgpack_pack_uint8(&pk, TYPE_FEED);
    wire_pack_text(&pk, wire_event_row(f->event)->name);
    wire_row_pack(&pk, wire_event_row(f->event), f, false);
}

enum status
wire_decode_feed(struct wire_feed *out, struct span frame)
{
    struct mp m = mp_of(frame);
    struct wire_issue issue;
    struct span name;
    uint32_t count;
    uint64_t type;

    *out = (struct wire_feed){.event = EVENT_COUNT};
    if (frame.len > WIRE_REPLY_MAX || !mp_shape_ok(frame, WIRE_DEPTH_MAX, frame.len))
        return ST_PROTOCOL;
    if (!mp_array(&m, &count) || count != 3 || !mp_uint(&m, &type) || type != TYPE_FEED ||
        !mp_str(&m, &name) || mp_peek(&m) != MP_MAP)
        return ST_PROTOCOL;
    out->event = wire_event_parse(name);
    if (out->event == EVENT_COUNT)
        return ST_NOT_FOUND;
    if (wire_row_read(&m, wire_event_row(out->event), out, &issue) != CODE_OK)
        return ST_PROTOCOL;
    return ST_OK;
}
