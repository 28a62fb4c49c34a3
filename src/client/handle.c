#include "client/handle.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

#define SLICE_MS 1000 /* longest wait in one go */
#define AWAY_MS  500  /* beyond a slice: the program was elsewhere */

#define SMALL_REQUEST 512 /* bytes; what holds a secret is smaller */

/* ---- errors ---- */

enum conclave_status
handle_error(struct conclave *c, enum status st, const char *format, ...)
{
    char text[FAULT_TEXT_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    refusal_of_status(&c->error, st, text);
    return status_public(st);
}

enum conclave_status
handle_refuse(struct conclave *c, enum status st, const struct refusal *why)
{
    c->error = *why;
    return st == ST_DENIED || st == ST_NOT_FOUND ? CONCLAVE_REFUSED : status_public(st);
}

/* ---- the loop ---- */

int64_t
handle_deadline(struct conclave *c)
{
    return clock_mono_ms() + c->timeout_ms;
}

static void
add_away(struct conclave *c, int64_t ms)
{
    session_away(&c->directory, ms);
    for (struct remote *k = c->groups; k != NULL; k = k->next)
        remote_away(k, ms);
}

void
handle_step(struct conclave *c)
{
    int64_t now = clock_mono_ms();

    if (now - c->now_ms > SLICE_MS + AWAY_MS)
        add_away(c, now - c->now_ms - SLICE_MS);
    c->now_ms = now;
    c->given = 0;
    session_step(&c->directory, now);
    for (struct remote *k = c->groups; k != NULL; k = k->next)
        remote_step(k, now);
    session_flush(&c->directory, now);
}

void
handle_links(struct conclave *c, handle_visit *visit, void *ctx)
{
    if (c->directory.sock != NULL)
        visit(ctx, c->directory.sock, true);
    for (struct remote *k = c->groups; k != NULL; k = k->next) {
        if (k->session.sock != NULL)
            visit(ctx, k->session.sock, true);
        if (k->feed != NULL && k->feed->sock != NULL)
            visit(ctx, k->feed->sock, feed_reads(k->feed));
    }
}

struct gathered {
    zmq_pollitem_t *items;
    size_t n;
};

static void
gather_link(void *ctx, struct sock *s, bool reads)
{
    struct gathered *g = ctx;

    g->items[g->n++] = (zmq_pollitem_t){.socket = link_monitor(s), .events = ZMQ_POLLIN};
    if (reads)
        g->items[g->n++] = (zmq_pollitem_t){.socket = sock_handle(s), .events = ZMQ_POLLIN};
}

static size_t
gather(struct conclave *c)
{
    struct gathered g = {.items = c->items};

    handle_links(c, gather_link, &g);
    return g.n;
}

int64_t
handle_due(const struct conclave *c)
{
    int64_t due = session_due(&c->directory, c->now_ms);

    for (const struct remote *k = c->groups; k != NULL; k = k->next) {
        int64_t own = remote_due(k, c->now_ms);
        due = own < due ? own : due;
    }
    return due;
}

void
handle_wait(struct conclave *c, int64_t until_ms)
{
    int64_t now = clock_mono_ms();
    int64_t due = handle_due(c);
    size_t n = gather(c);
    bool watches = c->fd >= 0;
    int64_t ms;

    if (watches)
        c->items[n++] = (zmq_pollitem_t){.fd = c->fd, .events = ZMQ_POLLIN};
    ms = (due < until_ms ? due : until_ms) - now;
    ms = ms < 0 ? 0 : ms > SLICE_MS ? SLICE_MS : ms;
    /* An error (EINTR) leaves nothing to look at but time: the step does that. */
    if (zmq_poll(c->items, (int)n, (long)ms) > 0 && watches)
        c->fd_ready = c->items[n - 1].revents != 0;
    handle_step(c);
}

/* ---- asking ---- */

struct waiter {
    struct session_call call;
    bool done;
    enum status st;
    struct frame *into;
    struct fault why;
};

static void
waiter_done(void *ctx, enum status st, struct frame *reply, const struct fault *why)
{
    struct waiter *w = ctx;

    w->done = true;
    w->st = st;
    if (st == ST_OK)
        frame_move(w->into, reply);
    else
        w->why = *why;
}

static enum conclave_status
failed(struct conclave *c, const struct session *s, enum status st, const char *text)
{
    refusal_of_session(&c->error, s, st, text);
    return status_public(st);
}

bool
handle_back_off(struct conclave *c, int64_t *step_ms, int64_t deadline_ms)
{
    int64_t again = clock_mono_ms() + dial_jitter_ms(*step_ms, dial_random());

    if (c->once || again >= deadline_ms)
        return false;
    while (clock_mono_ms() < again)
        handle_wait(c, again);
    *step_ms = *step_ms * 2 < DIAL_MOST_MS ? *step_ms * 2 : DIAL_MOST_MS;
    return true;
}

static void
wipe(struct buf *b)
{
    if (b->p != NULL)
        sodium_memzero(b->p, b->cap);
}

static enum conclave_status
ask_once(struct conclave *c, struct session *s, struct wire_request *req, int64_t deadline_ms,
         struct answer *out)
{
    struct waiter w = {.into = &out->frame};
    enum conclave_status st = CONCLAVE_OK;

    w.call = (struct session_call){.done = waiter_done, .ctx = &w, .deadline_ms = deadline_ms};
    /* In one piece from the start: growing would leave copies behind. */
    if (buf_reserve(&w.call.request, SMALL_REQUEST) != ST_OK ||
        session_submit(s, &w.call, req) != ST_OK) {
        session_call_clear(&w.call);
        return handle_error(c, ST_NOMEM, "out of memory");
    }
    handle_step(c);
    while (!w.done)
        handle_wait(c, deadline_ms);
    wipe(&w.call.request); /* an invitation's secret may be in it */
    session_call_clear(&w.call);
    if (w.st != ST_OK)
        return failed(c, s, w.st, w.why.text);
    if (wire_decode_reply(&out->reply, req->op, frame_span(&out->frame)) != ST_OK)
        return handle_error(c, ST_PROTOCOL, "%s at %s gave an answer that is not understood",
                            s->what, s->address);
    if (out->reply.code != CODE_OK) {
        struct refusal why;
        refusal_of_reply(&why, &out->reply);
        st = handle_refuse(c, out->reply.code == CODE_PROTOCOL ? ST_PROTOCOL : ST_DENIED, &why);
    } else if (s == &c->directory) {
        st = handle_remember_server(c);
    }
    return st;
}

enum conclave_status
handle_ask(struct conclave *c, struct session *s, struct wire_request *req, int64_t deadline_ms,
           struct answer *out)
{
    int64_t step = DIAL_FIRST_MS;
    enum conclave_status st;

    struct refusal why = {0};

    do {
        st = ask_once(c, s, req, deadline_ms, out);
        if (st == CONCLAVE_REFUSED)
            why = c->error;
    } while (st == CONCLAVE_REFUSED && code_is_passing(out->reply.code) &&
             handle_back_off(c, &step, deadline_ms));
    /* Nobody knows what became of the last attempt, but this is likely why it got no answer. */
    if (st == CONCLAVE_UNREACHABLE && why.code[0] != '\0') {
        struct refusal last = c->error;

        snprintf(c->error.text, sizeof c->error.text, "%.*s; before that: %.*s", REASON_MAX,
                 last.text, REASON_MAX, why.text);
    }
    return st;
}

enum conclave_status
handle_ask_group(struct conclave *c, const char *group, struct wire_request *req,
                 struct answer *out, struct remote **k)
{
    int64_t deadline = handle_deadline(c);
    struct remote *found = NULL;
    enum conclave_status st = handle_group(c, group, deadline, &found);

    if (st == CONCLAVE_OK)
        st = handle_ask(c, &found->session, req, deadline, out);
    if (k != NULL)
        *k = found;
    return st;
}

void
answer_init(struct answer *a)
{
    memset(&a->reply, 0, sizeof a->reply);
    frame_init(&a->frame);
}

void
answer_clear(struct answer *a)
{
    frame_clear(&a->frame);
}

enum conclave_status
handle_check_nick(struct conclave *c, const char *nick)
{
    if (nick != NULL && text_is_name(span_of(nick), NAME_MAX_BYTES))
        return CONCLAVE_OK;
    return handle_error(c, ST_INVALID,
                        "\"%.80s\" is not fit for a nick: 1 to %d bytes of UTF-8 without control "
                        "characters, no space at either end",
                        nick != NULL ? nick : "", NAME_MAX_BYTES);
}
