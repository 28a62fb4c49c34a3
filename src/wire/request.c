#include "wire/row.h"

#include <string.h>

#define TYPE_REQUEST 0

void
wire_pack_request(struct buf *b, const struct wire_request *r)
{
    msgpack_packer pk = wire_packer(b);

    msgpack_pack_array(&pk, 4);
    msgpack_pack_uint8(&pk, TYPE_REQUEST);
    msgpack_pack_uint32(&pk, r->msgid);
    wire_pack_text(&pk, wire_op_name(r->op));
    wire_row_pack(&pk, wire_request_row(r->op), &r->u, true);
}

static bool
read_start(struct mp *m, uint32_t *msgid)
{
    uint32_t count;
    uint64_t type, id;

    if (!mp_array(m, &count) || count != 4 || !mp_uint(m, &type) || type != TYPE_REQUEST ||
        !mp_uint(m, &id) || id > UINT32_MAX)
        return false;
    *msgid = (uint32_t)id;
    return true;
}

/* Look for `protocol` before anything else: another version may define the other fields anew. */
static enum wire_code
check_protocol(struct mp m, struct wire_issue *issue)
{
    uint32_t i, pairs;
    struct span key;

    if (!mp_map(&m, &pairs))
        return wire_issue_set(issue, CODE_MALFORMED, NULL, "the parameters are not a map");
    for (i = 0; i < pairs; i++) {
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
    return wire_row_read(m, wire_request_row(out->op), &out->u, issue);
}

int
wire_decode_request(struct wire_request *out, struct span frame, struct fault *why)
{
    struct mp m = mp_of(frame);
    struct wire_issue issue;
    enum wire_code code;

    memset(out, 0, sizeof *out);
    out->op = OP_COUNT;
    if (!read_start(&m, &out->msgid)) {
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
