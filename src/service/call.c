#include "service/call.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"

void
call_log(struct log_limit *limit, const char *what, const struct id *peer)
{
    char text[ID_TEXT_LEN + 1];
    unsigned missed;

    if (!log_limit_pass(limit, CALLS_LOGGED, clock_mono_ms(), &missed))
        return;
    if (missed)
        log_info("%u more requests were not logged", missed);
    id_format(peer, text);
    log_info("%s FROM %s", what, text);
}

void
call_free(struct call *call)
{
    if (call == NULL)
        return;
    if (call->packet.route.in_work != NULL)
        --*call->packet.route.in_work;
    frame_clear(&call->packet.body);
    free(call);
}

void
call_answer(struct call *call, const struct outbox *outbox, struct frame *frame)
{
    outbox->reply(outbox->ctx, &call->packet.route, frame);
    call_free(call);
}

/* An answer that does not fit memory is lost; the client asks again. */
static void
send_buf(struct call *call, const struct outbox *outbox, struct buf *b)
{
    struct frame frame;

    if (frame_from_buf(&frame, b) == ST_OK)
        call_answer(call, outbox, &frame);
    else
        call_free(call);
    buf_clear(b);
}

void
call_reply(struct call *call, const struct outbox *outbox, struct wire_reply *result)
{
    struct buf b;

    buf_init(&b, WIRE_REPLY_MAX);
    result->msgid = call->req.msgid;
    wire_pack_reply(&b, call->req.op, result);
    send_buf(call, outbox, &b);
}

void
call_refuse(struct call *call, const struct outbox *outbox, enum wire_code code, const char *text)
{
    struct buf b;

    buf_init(&b, WIRE_REPLY_MAX);
    wire_pack_error(&b, call->req.msgid, code, text);
    send_buf(call, outbox, &b);
}

void
call_turn_away(const struct outbox *outbox, struct packet *packet, enum wire_code code)
{
    struct frame frame;
    uint32_t msgid;
    struct buf b;

    buf_init(&b, WIRE_REPLY_MAX);
    if (wire_msgid(frame_span(&packet->body), WIRE_REQUEST, &msgid)) {
        wire_pack_error(&b, msgid, code, NULL);
        if (frame_from_buf(&frame, &b) == ST_OK)
            outbox->reply(outbox->ctx, &packet->route, &frame);
    }
    buf_clear(&b);
    frame_clear(&packet->body);
}

static enum wire_code
run(void *service, const struct op_rule *rules, struct call *call, struct wire_reply *result)
{
    const struct op_rule *rule = &rules[call->req.op];
    enum wire_code code = CODE_OK;

    if (rule->run == NULL)
        return CODE_UNKNOWN_METHOD;
    if (rule->may != NULL)
        code = rule->may(service, call);
    if (code == CODE_OK)
        code = rule->run(service, call, result);
    return code;
}

void
call_dispatch(void *service, const struct op_rule *rules, const struct outbox *outbox,
              struct packet *packet)
{
    struct fault why = {0};
    struct wire_reply result = {0};
    /* Not calloc: the request's union is large, and the decoder fills what it names. */
    struct call *call = malloc(sizeof *call);
    int decoded;
    enum wire_code code;

    if (call == NULL) {
        if (packet->route.in_work != NULL)
            --*packet->route.in_work;
        frame_clear(&packet->body);
        return;
    }
    call->packet.route = packet->route;
    frame_init(&call->packet.body);
    frame_move(&call->packet.body, &packet->body);
    call->peer = id_of_key(packet->peer);
    for (size_t i = 0; i < KEY_LEN; i++)
        call->packet.peer[i] = packet->peer[i];

    decoded = wire_decode_request(&call->req, frame_span(&call->packet.body), &why);
    if (decoded == WIRE_DROP) {
        call_free(call);
        return;
    }
    code = (enum wire_code)decoded;
    if (code == CODE_OK)
        code = run(service, rules, call, &result);
    if (code == CODE_OK)
        call_reply(call, outbox, &result);
    else if (code != CODE_DEFERRED)
        call_refuse(call, outbox, code, why.text[0] ? why.text : NULL);
}
