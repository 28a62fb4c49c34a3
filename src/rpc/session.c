#include "rpc/session.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

#define SILENCE_MS         3000 /* unanswered for so long: try a new connection */
#define IDLE_MS            10000
#define CONNECT_TIMEOUT_MS 2000
#define SEND_RETRY_MS      10
#define RECEIVE_BUDGET     64

/* ---- calls ---- */

static void
move_call(struct session_call *c, struct session_calls *to)
{
    if (c->list != NULL)
        TAILQ_REMOVE(c->list, c, link);
    c->list = to;
    if (to != NULL)
        TAILQ_INSERT_TAIL(to, c, link);
}

void
session_cancel(struct session_call *c)
{
    move_call(c, NULL);
}

void
session_call_clear(struct session_call *c)
{
    session_cancel(c);
    buf_clear(&c->request);
}

static void
end_call(struct session_call *c, enum status st, struct frame *reply, const struct fault *why)
{
    move_call(c, NULL);
    c->done(c->ctx, st, reply, why);
}

enum status
session_submit(struct session *s, struct session_call *c, struct wire_request *req)
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
    move_call(c, &s->calls);
    s->idle_since_ms = 0;
    s->hurry = s->hurry || c->patience_ms == 0;
    return ST_OK;
}

static void
end_failing(struct session *s, enum status st, const struct fault *why)
{
    struct fault copy = *why;

    while (!TAILQ_EMPTY(&s->failing))
        end_call(TAILQ_FIRST(&s->failing), st, NULL, &copy);
}

/* End the calls that have no patience with the verdict of s->dial any more; s->why says it. */
static void
end_by_verdict(struct session *s, int64_t now_ms)
{
    struct session_call *c = TAILQ_FIRST(&s->calls);

    while (c != NULL) {
        struct session_call *next = TAILQ_NEXT(c, link);
        if (now_ms - s->dial.verdict_since_ms >= c->patience_ms)
            move_call(c, &s->failing);
        c = next;
    }
    end_failing(s, s->dial.verdict, &s->why);
}

/* End the calls that will not wait for ever: the attempt to connect failed, as s->why says. */
static void
end_impatient(struct session *s)
{
    struct session_call *c = TAILQ_FIRST(&s->calls);

    while (c != NULL) {
        struct session_call *next = TAILQ_NEXT(c, link);
        if (c->deadline_ms != CALL_FOR_EVER)
            move_call(c, &s->failing);
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

/* When a call ends without an answer; CALL_FOR_EVER: never. */
static int64_t
until_of(const struct session *s, const struct session_call *c)
{
    int64_t until = c->deadline_ms == CALL_FOR_EVER ? CALL_FOR_EVER : reach_until(s);

    return until < c->deadline_ms ? until : c->deadline_ms;
}

static void
end_overdue(struct session *s, int64_t now_ms)
{
    struct session_call *c = TAILQ_FIRST(&s->calls);
    struct fault why;
    enum status st;

    while (c != NULL) {
        struct session_call *next = TAILQ_NEXT(c, link);
        if (now_ms >= until_of(s, c))
            move_call(c, &s->failing);
        c = next;
    }
    if (TAILQ_EMPTY(&s->failing))
        return;
    if (s->state == SESSION_READY)
        st = fault_set(&why, ST_TIMEOUT, "%s at %s did not answer in time", s->what, s->address);
    else if (s->failed != ST_OK)
        st = fault_set(&why, s->failed, "%s", s->why.text);
    else
        st = dial_explain(&s->dial, s->what, s->address, s->own_key, &why);
    end_failing(s, st, &why);
}

static bool
awaits_answer(const struct session *s)
{
    const struct session_call *c;

    for (c = TAILQ_FIRST(&s->calls); c != NULL; c = TAILQ_NEXT(c, link))
        if (c->sent)
            return true;
    return false;
}

static struct session_call *
find_call(const struct session *s, uint32_t msgid)
{
    struct session_call *c;

    for (c = TAILQ_FIRST(&s->calls); c != NULL; c = TAILQ_NEXT(c, link))
        if (c->msgid == msgid && c->sent)
            return c;
    return NULL;
}

/* ---- life ---- */

void
session_init(struct session *s, struct net *net, const struct keypair *keys, const char *what)
{
    memset(s, 0, sizeof *s);
    s->net = net;
    s->keys = keys;
    snprintf(s->what, sizeof s->what, "%s", what);
    s->own_key = "your key";
    TAILQ_INIT(&s->calls);
    TAILQ_INIT(&s->failing);
    dial_reset(&s->dial);
}

static void
drop_connection(struct session *s)
{
    struct session_call *c;

    sock_close(s->sock);
    s->sock = NULL;
    s->state = SESSION_CLOSED;
    for (c = TAILQ_FIRST(&s->calls); c != NULL; c = TAILQ_NEXT(c, link))
        c->sent = false;
}

void
session_point(struct session *s, const uint8_t key[static KEY_LEN], const char *address)
{
    if (strcmp(s->address, address) == 0 && memcmp(s->key, key, KEY_LEN) == 0)
        return;
    drop_connection(s);
    memcpy(s->key, key, KEY_LEN);
    s->key_changed = false;
    s->down_since_ms = 0;
    snprintf(s->address, sizeof s->address, "%s", address);
    dial_reset(&s->dial);
}

void
session_clear(struct session *s)
{
    while (!TAILQ_EMPTY(&s->calls))
        session_cancel(TAILQ_FIRST(&s->calls));
    while (!TAILQ_EMPTY(&s->failing))
        session_cancel(TAILQ_FIRST(&s->failing));
    drop_connection(s);
}

/* ---- the connection ---- */

static void
connect_now(struct session *s, int64_t now_ms)
{
    struct link_options o = {
        .role = LINK_REQUESTS,
        .keys = s->keys,
        .server_key = s->key,
        .endpoint = s->address,
        .largest = WIRE_REPLY_MAX + 1024,
        .connect_timeout_ms = CONNECT_TIMEOUT_MS,
    };

    s->dial.tried_ms = now_ms;
    s->failed = link_open(&s->sock, s->net, &o, &s->why);
    if (s->failed == ST_OK) {
        s->state = SESSION_CONNECTING;
        return;
    }
    dial_later(&s->dial, now_ms, dial_random());
    if (s->once)
        end_impatient(s);
}

static void
connection_up(struct session *s, int64_t now_ms)
{
    s->state = SESSION_READY;
    s->was_ready = true;
    s->failed = ST_OK;
    s->down_since_ms = 0;
    s->heard_ms = now_ms;
}

static void
connection_down(struct session *s, int64_t now_ms)
{
    drop_connection(s);
    if (s->down_since_ms == 0)
        s->down_since_ms = now_ms;
    s->failed = dial_explain(&s->dial, s->what, s->address, s->own_key, &s->why);
    if (s->dial.verdict != ST_OK)
        end_by_verdict(s, now_ms);
    if (s->once)
        end_impatient(s);
}

static void
watch_connection(struct session *s, int64_t now_ms)
{
    while (s->sock != NULL) {
        enum link_event e = link_next_event(s->sock);
        if (e == LINK_NONE)
            return;
        switch (dial_event(&s->dial, e, now_ms, dial_random())) {
        case DIAL_UP:
            connection_up(s, now_ms);
            break;
        case DIAL_DOWN:
            connection_down(s, now_ms);
            break;
        case DIAL_NOTHING:
            break;
        }
    }
}

void
session_key_changed(struct session *s, const char *text, int64_t now_ms)
{
    s->key_changed = true;
    dial_set_verdict(&s->dial, ST_SERVER_KEY, now_ms);
    s->failed = fault_set(&s->why, ST_SERVER_KEY, "%s", text);
    end_by_verdict(s, now_ms);
}

/* ---- traffic ---- */

static enum status
send_call(struct session *s, struct session_call *c)
{
    struct frame f;
    enum status st;

    frame_init(&f);
    st = frame_copy_bytes(&f, buf_span(&c->request));
    if (st == ST_OK)
        st = link_send(s->sock, &f);
    frame_clear(&f);
    return st;
}

static void
send_waiting(struct session *s, int64_t now_ms)
{
    bool quiet = !awaits_answer(s);
    struct session_call *c;

    for (c = TAILQ_FIRST(&s->calls); c != NULL; c = TAILQ_NEXT(c, link)) {
        if (c->sent)
            continue;
        if (send_call(s, c) != ST_OK)
            return; /* in order or not at all; tried again at the next step */
        c->sent = true;
        if (quiet)
            s->heard_ms = now_ms;
        quiet = false;
    }
}

static void
take_reply(struct session *s, struct frame *f, int64_t now_ms)
{
    uint32_t msgid;
    struct session_call *c;

    s->heard_ms = now_ms;
    if (!wire_msgid(frame_span(f), WIRE_REPLY, &msgid)) {
        dial_set_verdict(&s->dial, ST_PROTOCOL, now_ms);
        dial_explain(&s->dial, s->what, s->address, s->own_key, &s->why);
        end_by_verdict(s, now_ms);
        return;
    }
    dial_reset(&s->dial);
    c = find_call(s, msgid);
    if (c != NULL)
        end_call(c, ST_OK, f, NULL);
}

static void
receive(struct session *s, int64_t now_ms)
{
    struct frame f;

    for (int i = 0; i < RECEIVE_BUDGET && s->state == SESSION_READY; i++) {
        frame_init(&f);
        if (link_next(s->sock, &f) != ST_OK) {
            frame_clear(&f);
            return;
        }
        take_reply(s, &f, now_ms);
        frame_clear(&f);
    }
}

static bool
is_needed(const struct session *s)
{
    return s->wanted || !TAILQ_EMPTY(&s->calls);
}

static void
close_when_idle(struct session *s, int64_t now_ms)
{
    if (s->idle_since_ms == 0)
        s->idle_since_ms = now_ms;
    else if (s->state != SESSION_CLOSED && now_ms - s->idle_since_ms >= IDLE_MS)
        drop_connection(s);
}

void
session_step(struct session *s, int64_t now_ms)
{
    receive(s, now_ms);
    watch_connection(s, now_ms);
    end_overdue(s, now_ms);
    if (!is_needed(s)) {
        close_when_idle(s, now_ms);
        return;
    }
    if (s->state == SESSION_READY && awaits_answer(s) && now_ms - s->heard_ms >= SILENCE_MS)
        drop_connection(s);
    session_flush(s, now_ms);
}

void
session_flush(struct session *s, int64_t now_ms)
{
    if (s->hurry && s->dial.due_ms > now_ms + DIAL_FIRST_MS)
        s->dial.due_ms = now_ms + DIAL_FIRST_MS;
    s->hurry = false;
    if (s->state == SESSION_CLOSED && is_needed(s) && now_ms >= s->dial.due_ms)
        connect_now(s, now_ms);
    if (s->state == SESSION_READY)
        send_waiting(s, now_ms);
}

static int64_t
sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t
session_due(const struct session *s, int64_t now_ms)
{
    int64_t due = CALL_FOR_EVER;
    const struct session_call *c;

    if (!is_needed(s))
        return s->state == SESSION_CLOSED || s->idle_since_ms == 0 ? due
                                                                   : s->idle_since_ms + IDLE_MS;
    for (c = TAILQ_FIRST(&s->calls); c != NULL; c = TAILQ_NEXT(c, link)) {
        due = sooner(due, until_of(s, c));
        if (s->state == SESSION_READY)
            due = sooner(due, c->sent ? s->heard_ms + SILENCE_MS : now_ms + SEND_RETRY_MS);
    }
    if (s->state == SESSION_CLOSED)
        due = sooner(due, s->dial.due_ms);
    return due;
}

void
session_away(struct session *s, int64_t ms)
{
    s->heard_ms += ms;
}
