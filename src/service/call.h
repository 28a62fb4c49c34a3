/*
 * call - one request on its way through a service: decoded once, authorised by one table, run by
 * one handler, answered once.
 * Threads: loop thread; a deferred call may be lent to a worker, which only reads it.
 */
#ifndef SERVICE_CALL_H
#define SERVICE_CALL_H

#include <stdbool.h>

#include "base/log.h"
#include "net/net.h"
#include "wire/wire.h"

struct call {
    struct packet packet; /* the frame keeps req's spans alive */
    struct id peer;       /* UUID of the key that CURVE proved */
    struct wire_request req;
    struct call *next; /* for whoever holds deferred calls */
};

/* Where answers and feed frames go. Handlers know no socket, so tests call them directly. */
struct outbox {
    void *ctx;
    /* Send an answer; takes frame's bytes. */
    void (*reply)(void *ctx, const struct route *to, struct frame *frame);
    /* Publish to one session. ST_AGAIN: its queue is full. */
    enum status (*publish)(void *ctx, const uint8_t *ticket, struct frame *payload);
    /* Hand over what was subscribed since the last look (group_subscription), before anything is
     * published. */
    void (*look)(void *ctx);
    /* End the feed connection that sub came by, before anything else is published. False: it cannot
     * be told which one that is. */
    bool (*cut_feed)(void *ctx, const struct subscription *sub);
    /* sub can match nobody's ticket: harmless, but only so many of them. */
    void (*stray)(void *ctx, const struct subscription *sub);
    /* Drop every feed connection; they come back through the door. */
    void (*reset_feed)(void *ctx);
};

/* Runs one operation. CODE_OK: *result is filled (its spans outlive the handler's return until
 * the next call). An error code: it is answered. CODE_DEFERRED: the handler kept the call, and
 * ends it with call_reply, call_refuse or call_free. */
typedef enum wire_code call_handler(void *service, struct call *call, struct wire_reply *result);
/* Says whether the caller may: CODE_OK, or the refusal. */
typedef enum wire_code call_permission(void *service, const struct call *call);

/* Who may do it, and what does it. Nothing else decides permission. */
struct op_rule {
    call_permission *may; /* NULL: whoever came in through the door */
    call_handler *run;    /* NULL: not an operation of this service */
};

/* Takes packet's frame. Decode, look up in rules (OP_COUNT rows), authorise, run, answer. */
void call_dispatch(void *service, const struct op_rule *rules, const struct outbox *outbox,
                   struct packet *packet);

/* The line for one request at info level: "WHAT FROM <uuid>". Peers cause these lines as fast as
 * they like: above CALLS_LOGGED a minute they are only counted. */
#define CALLS_LOGGED 1000
void call_log(struct log_limit *limit, const char *what, const struct id *peer);

/* Answer a request that is not even decoded; takes packet's frame. One without a msgid is dropped.
 */
void call_turn_away(const struct outbox *outbox, struct packet *packet, enum wire_code code);

/* End a deferred call: answer it and free it. */
void call_reply(struct call *call, const struct outbox *outbox, struct wire_reply *result);
void call_refuse(struct call *call, const struct outbox *outbox, enum wire_code code,
                 const char *text);
/* End it with an answer that is packed already; takes frame's bytes. */
void call_answer(struct call *call, const struct outbox *outbox, struct frame *frame);
void call_free(struct call *call);

#endif
