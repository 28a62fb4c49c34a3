#include "wire/row.h"

#include <string.h>

#include "base/text.h"

static msgpack_packer
start(struct buf *b, enum wire_frame type, uint32_t msgid)
{
    msgpack_packer pk = mp_packer(b);

    msgpack_pack_array(&pk, 4);
    msgpack_pack_uint8(&pk, (uint8_t)type);
    msgpack_pack_uint32(&pk, msgid);
    return pk;
}

/* What start packs. */
static bool
read_start(struct mp *m, enum wire_frame type, uint32_t *msgid)
{
    uint32_t count;
    uint64_t first, id;

    if (!mp_array(m, &count) || count != 4 || !mp_uint(m, &first) || first != type ||
        !mp_uint(m, &id) || id > UINT32_MAX)
        return false;
    *msgid = (uint32_t)id;
    return true;
}

bool
wire_msgid(struct span frame, enum wire_frame type, uint32_t *msgid)
{
    struct mp m = mp_of(frame);

    return read_start(&m, type, msgid);
}

/* ---- requests ---- */

void
wire_pack_request(struct buf *b, const struct wire_request *r)
{
    msgpack_packer pk = start(b, WIRE_REQUEST, r->msgid);

    mp_pack_text(&pk, wire_op_name(r->op));
    wire_row_pack(&pk, wire_request_row(r->op), &r->u, true);
}

/* Look for `protocol` before anything else: another version may define the other fields anew. */
static enum wire_code
check_protocol(struct mp m, struct wire_issue *issue)
{
    uint32_t pairs;
    struct span key;

    if (!mp_map(&m, &pairs))
        return wire_issue_set(issue, CODE_MALFORMED, NULL, "the parameters are not a map");
    for (uint32_t i = 0; i < pairs; i++) {
        size_t nodes = WIRE_NODES_MAX;
        uint64_t version;

        if (!mp_str(&m, &key))
            return wire_issue_set(issue, CODE_MALFORMED, NULL, "the name of a field is not a str");
        if (!span_equal(key, span_of("protocol"))) {
            if (!mp_skip(&m, WIRE_DEPTH_MAX, &nodes))
                return wire_issue_set(issue, CODE_MALFORMED, NULL, "a field is nested too deep");
            continue;
        }
        if (!mp_uint(&m, &version))
            return wire_issue_set(issue, CODE_MALFORMED, "protocol", "is not an unsigned integer");
        if (version != WIRE_PROTOCOL)
            return wire_issue_set(issue, CODE_PROTOCOL, "protocol",
                                  "asks for a version that is not spoken here");
        return CODE_OK;
    }
    return CODE_OK;
}

static enum wire_code
read_call(struct mp *m, struct wire_request *out, struct wire_issue *issue)
{
    struct span method;
    enum wire_code code;

    if (!mp_str(m, &method))
        return wire_issue_set(issue, CODE_MALFORMED, NULL, "the method is not a str");
    code = check_protocol(*m, issue);
    if (code != CODE_OK)
        return code;
    out->op = wire_op_parse(method);
    if (out->op == OP_COUNT)
        return wire_issue_set(issue, CODE_UNKNOWN_METHOD, NULL,
                              wire_code_text(CODE_UNKNOWN_METHOD));
    return wire_row_read(m, wire_request_row(out->op), WIRE_DEPTH_IN_FRAME, &out->u, issue);
}

int
wire_decode_request(struct wire_request *out, struct span frame, struct fault *why)
{
    struct mp m = mp_of(frame);
    struct wire_issue issue;
    enum wire_code code;

    memset(out, 0, sizeof *out);
    out->op = OP_COUNT;
    if (!read_start(&m, WIRE_REQUEST, &out->msgid)) {
        fault_set(why, ST_PROTOCOL, "this is not a request");
        return WIRE_DROP;
    }
    if (frame.len > WIRE_REQUEST_MAX)
        code = wire_issue_set(&issue, CODE_TOO_LARGE, NULL, "the request is too long");
    else if (!mp_shape_ok(frame, WIRE_DEPTH_MAX, WIRE_NODES_MAX))
        code = wire_issue_set(&issue, CODE_MALFORMED, NULL,
                              "the request is not one well-formed MessagePack object, is nested "
                              "too deep or holds too many objects");
    else
        code = read_call(&m, out, &issue);
    if (code != CODE_OK)
        wire_issue_explain(&issue, why);
    return code;
}

/* ---- replies ---- */

void
wire_pack_reply(struct buf *b, enum wire_op op, const struct wire_reply *r)
{
    const struct wire_row *row = wire_result_row(op);
    msgpack_packer pk = start(b, WIRE_REPLY, r->msgid);

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
    msgpack_packer pk = start(b, WIRE_REPLY, msgid);

    if (text != NULL)
        r.text = span_of(text);
    if (text == NULL || !text_is_line(r.text, WIRE_ERROR_TEXT_MAX))
        r.text = span_of(wire_code_text(code));
    wire_row_pack(&pk, wire_error_row(), &r, false);
    msgpack_pack_nil(&pk);
}

static bool
read_error(struct mp *m, struct wire_reply *out)
{
    struct wire_issue issue;

    if (wire_row_read(m, wire_error_row(), WIRE_DEPTH_IN_FRAME, out, &issue) != CODE_OK)
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
    return wire_row_read(m, row, WIRE_DEPTH_IN_FRAME, &out->u, &issue) == CODE_OK;
}

enum status
wire_decode_reply(struct wire_reply *out, enum wire_op op, struct span frame)
{
    struct mp m = mp_of(frame);

    memset(out, 0, sizeof *out);
    /* Reading allocates nothing and looks at each byte: there is no need to look before. */
    if (frame.len > WIRE_REPLY_MAX || !read_start(&m, WIRE_REPLY, &out->msgid))
        return ST_PROTOCOL;
    if (mp_nil(&m) ? !read_result(&m, wire_result_row(op), out) : !read_error(&m, out))
        return ST_PROTOCOL;
    return mp_left(&m) == 0 ? ST_OK : ST_PROTOCOL;
}

/* ---- the feed ---- */

void
wire_pack_feed(struct buf *b, const struct wire_feed *f)
{
    msgpack_packer pk = mp_packer(b);

    msgpack_pack_array(&pk, 3);
    msgpack_pack_uint8(&pk, WIRE_FEED);
    mp_pack_text(&pk, wire_event_row(f->event)->name);
    wire_row_pack(&pk, wire_event_row(f->event), f, false);
}

enum status
wire_decode_feed(struct wire_feed *out, struct span frame)
{
    struct mp m = mp_of(frame);
    struct wire_issue issue;
    struct span name;
    size_t nodes = frame.len;
    uint32_t count;
    uint64_t type;

    *out = (struct wire_feed){.event = EVENT_COUNT};
    if (frame.len > WIRE_REPLY_MAX || !mp_array(&m, &count) || count != 3 || !mp_uint(&m, &type) ||
        type != WIRE_FEED || !mp_str(&m, &name) || mp_peek(&m) != MP_MAP)
        return ST_PROTOCOL;
    out->event = wire_event_parse(name);
    if (out->event == EVENT_COUNT ? !mp_skip(&m, WIRE_DEPTH_MAX - 1, &nodes)
                                  : wire_row_read(&m, wire_event_row(out->event),
                                                  WIRE_DEPTH_IN_FRAME, out, &issue) != CODE_OK)
        return ST_PROTOCOL;
    if (mp_left(&m) > 0)
        return ST_PROTOCOL;
    return out->event == EVENT_COUNT ? ST_NOT_FOUND : ST_OK;
}
