#include "rpc/session_impl.h"

#include <assert.h>

#include "base/clock.h"

static void
call_move(struct call *c, struct call_list *to)
{
    if (c->list != NULL)
        TAILQ_REMOVE(c->list, c, link);
    c->list = to;
    if (to != NULL)
        TAILQ_INSERT_TAIL(to, c, link);
}

void
call_cancel(struct call *c)
{
    call_move(c, NULL);
}

void
call_clear(struct call *c)
{
    call_cancel(c);
    buf_clear(&c->request);
}

void
call_end(struct call *c, enum status st, struct frame *reply, const struct fault *why)
{
    call_move(c, NULL);
    c->done(c->ctx, st, reply, why);
}

enum status
session_submit(struct session *s, struct call *c, struct wire_request *req)
{
    assert(c->list == NULL);
    req->msgid = ++s->last_msgid;
    c->request.max = WIRE_REQUEST_MAX;
    buf_reset(&c->request);
    wire_pack_request(&c->request, req);
    if (c->request.failed)
        return ST_NOMEM;
    c->msgid = req->msgid;
    c->sent = false;
    if (TAILQ_EMPTY(&s->calls)) {
        s->down_since_ms = 0; /* what happened while nobody needed it does not count */
        s->wanted_ms = clock_mono_ms();
    }
    call_move(c, &s->calls);
    s->idle_since_ms = 0;
    s->hurry = s->hurry || c->patience_ms == 0;
    return ST_OK;
}

static void
end_failing(struct session *s, enum status st, const struct fault *why)
{
    struct fault copy = *why;

    while (!TAILQ_EMPTY(&s->failing))
        call_end(TAILQ_FIRST(&s->failing), st, NULL, &copy);
}

void
session_end_by_verdict(struct session *s, int64_t now_ms)
{
    struct call *c = TAILQ_FIRST(&s->calls);

    while (c != NULL) {
        struct call *next = TAILQ_NEXT(c, link);
        if (now_ms - s->dial.verdict_since_ms >= c->patience_ms)
            call_move(c, &s->failing);
        c = next;
    }
    end_failing(s, s->dial.verdict, &s->why);
}

void
session_end_impatient(struct session *s)
{
    struct call *c = TAILQ_FIRST(&s->calls);

    while (c != NULL) {
        struct call *next = TAILQ_NEXT(c, link);
        if (c->deadline_ms != CALL_FOR_EVER)
            call_move(c, &s->failing);
        c = next;
    }
    end_failing(s, s->failed, &s->why);
}

/* When to give up on a service that was never reached; CALL_FOR_EVER: not for that. */
static int64_t
reach_until(const struct session *s)
{
    return s->reach_ms == 0 || s->was_ready ? CALL_FOR_EVER : s->wanted_ms + s->reach_ms;
}

int64_t
call_until(const struct session *s, const struct call *c)
{
    int64_t until = c->deadline_ms == CALL_FOR_EVER ? CALL_FOR_EVER : reach_until(s);

    return until < c->deadline_ms ? until : c->deadline_ms;
}

void
session_end_overdue(struct session *s, int64_t now_ms)
{
    struct call *c = TAILQ_FIRST(&s->calls);
    struct fault why;
    enum status st;

    while (c != NULL) {
        struct call *next = TAILQ_NEXT(c, link);
        if (now_ms >= call_until(s, c))
            call_move(c, &s->failing);
        c = next;
    }
    if (TAILQ_EMPTY(&s->failing))
        return;
    if (s->state == SESSION_READY)
        st = fault_set(&why, ST_TIMEOUT, "%s at %s did not answer in time", s->what, s->address);
    else if (s->failed != ST_OK)
        st = fault_set(&why, s->failed, "%s", s->why.text);
    else
        st = dial_explain(&s->dial, s->what, s->address, &why);
    end_failing(s, st, &why);
}

bool
session_awaits_answer(const struct session *s)
{
    const struct call *c;

    for (c = TAILQ_FIRST(&s->calls); c != NULL; c = TAILQ_NEXT(c, link))
        if (c->sent)
            return true;
    return false;
}

struct call *
session_find_call(const struct session *s, uint32_t msgid)
{
    struct call *c;

    for (c = TAILQ_FIRST(&s->calls); c != NULL; c = TAILQ_NEXT(c, link))
        if (c->msgid == msgid && c->sent)
            return c;
    return NULL;
}
