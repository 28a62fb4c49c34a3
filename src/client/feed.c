#include "client/feed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/feed_impl.h"

#define WELCOME_MS         4000 /* from the first packet to the welcome */
#define SILENCE_MS         3000 /* the group says its head every second */
#define CONNECT_TIMEOUT_MS 2000

static session_done subscribe_done;

struct feed *
feed_new(const struct feed_options *o)
{
    struct feed *f = calloc(1, sizeof *f);

    if (f == NULL)
        return NULL;
    f->group = o->group;
    f->session = o->session;
    f->nicks = o->nicks;
    f->places = o->places;
    f->start = o->start;
    f->after_ts = o->after_ts;
    f->tail = o->after;
    f->deadline_ms = o->deadline_ms;
    f->filled_from = UINT64_MAX;
    f->state = f->told = -1;
    f->call.ctx = f;
    pages_init(f);
    dial_reset(&f->dial);
    return f;
}

static void
drop_link(struct feed *f)
{
    sock_close(f->sock);
    f->sock = NULL;
}

static void
disconnect(struct feed *f)
{
    session_cancel(&f->call);
    drop_link(f);
    frame_queue_drop(&f->held);
    f->filled_from = UINT64_MAX;
}

void
feed_free(struct feed *f)
{
    if (f == NULL)
        return;
    disconnect(f);
    frame_queue_drop(&f->current);
    pages_clear(f);
    session_call_clear(&f->call);
    free(f);
}

/* ---- ends ---- */

void
feed_end(struct feed *f, enum status st)
{
    disconnect(f);
    pages_keep_taken(f);
    f->phase = FEED_ENDED;
    f->state = CONCLAVE_FEED_ENDED;
    f->end_st = st;
}

void
feed_end_by(struct feed *f, enum tail_verdict v, const struct tail_log *now)
{
    tail_refuse(&f->why, v, &f->tail, now);
    feed_end(f, ST_DENIED);
}

void
feed_lost(struct feed *f, enum status st, const char *text)
{
    disconnect(f);
    pages_drop(f);
    refusal_of_session(&f->why, f->session, st, text);
    f->phase = FEED_WAITING;
    if (f->was_up)
        f->state = CONCLAVE_FEED_RECONNECTING;
    if (f->dial.due_ms <= f->now_ms)
        dial_later(&f->dial, f->now_ms, dial_random());
    f->end_st = st;
}

void
feed_fail(struct feed *f, enum status st, const char *text)
{
    feed_lost(f, st, text);
    if (!f->was_up)
        feed_end(f, st);
}

void
feed_lied_to(struct feed *f, const char *what, const char *lie)
{
    char text[FAULT_TEXT_MAX];

    snprintf(text, sizeof text, "the group's %s %s", what, lie);
    feed_fail(f, ST_PROTOCOL, text);
}

/* An error reply: over, unless it is one that passes. */
static void
refused(struct feed *f, const struct wire_reply *r)
{
    bool passes = code_is_passing(r->code) || r->code == CODE_STORAGE_FULL ||
                  r->code == CODE_STORAGE_FAILED || (r->code == CODE_LIMIT && f->was_up);
    struct refusal why;

    refusal_of_reply(&why, r);
    if (passes)
        feed_lost(f, ST_DENIED, why.text);
    f->why = why;
    if (!passes)
        feed_end(f, r->code == CODE_PROTOCOL ? ST_PROTOCOL : ST_DENIED);
}

/* ---- the connection ---- */

static enum status
open_link(struct feed *f, const uint8_t *ticket, struct fault *why)
{
    struct link_options o = {
        .role = LINK_FEED,
        .keys = f->session->keys,
        .server_key = f->session->key,
        .endpoint = f->address,
        .ticket = ticket,
        .largest = WIRE_FEED_MAX,
        .connect_timeout_ms = CONNECT_TIMEOUT_MS,
    };

    memcpy(f->trusted, f->session->key, KEY_LEN);
    return link_open(&f->sock, f->session->net, &o, why);
}

/* Connect to where the feed was, without a ticket: it subscribes to nothing. At the first attempt
 * only: what fails is not to be knocked at twice each time. */
static void
link_early(struct feed *f)
{
    struct fault why;

    if (f->tried_early || f->sock != NULL || f->session->state == SESSION_CLOSED)
        return;
    f->tried_early = true;
    if (!feed_hints_get(f->places, f->session->key, f->session->address, f->address) ||
        endpoint_check(f->address, false, NULL) != ST_OK)
        return;
    f->dial.tried_ms = f->now_ms;
    (void)open_link(f, NULL, &why); /* what matters of it, the connection for the ticket tells */
}

/* Whether the connection that was begun early is the one that the ticket is for. */
static bool
is_right(const struct feed *f, const char *address)
{
    return f->sock != NULL && strcmp(f->address, address) == 0 &&
           memcmp(f->trusted, f->session->key, KEY_LEN) == 0;
}

/* Connect there, or use the connection that was begun early, and subscribe to f->ticket. */
static enum status
link_for_ticket(struct feed *f, const char *address, struct fault *why)
{
    if (is_right(f, address))
        return link_subscribe(f->sock, f->ticket, why);
    drop_link(f);
    snprintf(f->address, sizeof f->address, "%s", address);
    f->dial.tried_ms = f->now_ms;
    return open_link(f, f->ticket, why);
}

static void
watch_link(struct feed *f)
{
    while (f->sock != NULL) {
        enum link_event e = link_next_event(f->sock);
        struct fault why;
        enum status st;
        if (e == LINK_NONE)
            return;
        if (f->phase == FEED_SUBSCRIBING && e != LINK_CONNECTED && e != LINK_READY) {
            drop_link(f); /* it was a guess, and nobody waits for it yet */
            return;
        }
        if (dial_event(&f->dial, e, f->now_ms, dial_random()) != DIAL_DOWN)
            continue;
        if (feed_last_word(f))
            return;
        st = dial_explain(&f->dial, f->session->what, f->address, f->session->own_key, &why);
        if (f->dial.verdict != ST_OK)
            feed_fail(f, st, why.text);
        else
            feed_lost(f, st, why.text);
    }
}

/* ---- subscribing ---- */

void
feed_submit(struct feed *f, struct session_call *call, struct wire_request *req)
{
    call->deadline_ms = f->was_up ? CALL_FOR_EVER : f->deadline_ms;
    call->patience_ms = f->was_up ? CALL_FOR_EVER : 0;
    if (session_submit(f->session, call, req) != ST_OK)
        feed_fail(f, ST_NOMEM, "out of memory");
}

static void
subscribe(struct feed *f)
{
    struct wire_request req = {.op = OP_SUBSCRIBE};

    if (f->start == FEED_AFTER_CURSOR && !id_is_zero(&f->tail.log))
        req.u.subscribe =
            (struct wire_subscribe){.has = WIRE_SUBSCRIBE_HAS_LOG, .log = f->tail.log};
    f->phase = FEED_SUBSCRIBING;
    f->asked_ms = f->now_ms;
    f->call.done = subscribe_done;
    feed_submit(f, &f->call, &req);
}

static void
connect_feed(struct feed *f, const char *address)
{
    struct fault why = {0};
    enum status st = link_for_ticket(f, address, &why);

    f->phase = FEED_CONNECTING;
    f->connect_ms = f->now_ms;
    if (st != ST_OK)
        feed_fail(f, st, why.text);
    else
        feed_hints_put(f->places, f->session->key, f->session->address, address);
}

static void
take_ticket(struct feed *f, const struct wire_subscribed *s)
{
    char address[ENDPOINT_MAX + 1];
    struct fault why = {0};
    struct tail_log now = {
        .log = s->log,
        .head = s->head,
        .head_ts = s->ts,
        .goes_on = (s->has & WIRE_HAS_SHARED) != 0,
        .shared = s->shared,
    };
    enum tail_verdict v;

    if (f->start == FEED_FROM_NOW) {
        f->tail = (struct tail){.log = s->log, .seq = s->head, .ts = s->ts};
        f->start = FEED_AFTER_CURSOR;
    }
    v = tail_answer(&f->tail, &now);
    if (tail_is_over(v)) {
        feed_end_by(f, v, &now);
        return;
    }
    f->compare = v == TAIL_MISSING && f->tail.seq > 0 && f->tail.ts != 0;
    memcpy(f->ticket, s->ticket, sizeof f->ticket);
    snprintf(address, sizeof address, "%.*s", (int)s->feed.len, (const char *)s->feed.p);
    if (endpoint_check(address, false, &why) == ST_OK)
        connect_feed(f, address);
    else
        feed_fail(f, ST_PROTOCOL, why.text);
}

bool
feed_decode(struct feed *f, struct wire_reply *r, enum wire_op op, struct frame *reply)
{
    if (wire_decode_reply(r, op, frame_span(reply)) != ST_OK) {
        feed_fail(f, ST_PROTOCOL, "the group's answer is not understood");
        return false;
    }
    if (r->code != CODE_OK)
        refused(f, r);
    return r->code == CODE_OK;
}

static void
subscribe_done(void *ctx, enum status st, struct frame *reply, const struct fault *why)
{
    struct feed *f = ctx;
    struct wire_reply r;

    if (st != ST_OK)
        feed_fail(f, st, why->text);
    else if (feed_decode(f, &r, OP_SUBSCRIBE, reply))
        take_ticket(f, &r.u.subscribed);
}

void
feed_welcomed(struct feed *f, uint64_t head)
{
    if (f->start == FEED_AFTER_TIME || head > f->tail.seq) {
        feed_fill(f);
    } else {
        f->phase = FEED_LIVE;
        f->state = CONCLAVE_FEED_LIVE;
    }
    /* Otherwise the first page tells whether it is. */
    if (f->start != FEED_AFTER_TIME && !f->compare && f->phase != FEED_ENDED)
        f->was_up = true;
}

/* ---- steps ---- */

/* The request waits until there is a connection: meanwhile the session knows why there is none. */
static void
step_subscribing(struct feed *f)
{
    const struct session *s = f->session;
    bool tried = s->state == SESSION_CLOSED && s->dial.tried_ms >= f->asked_ms;

    if (f->was_up && tried && s->failed != ST_OK)
        refusal_of_session(&f->why, s, s->failed, s->why.text);
    link_early(f);
}

static void
step_connecting(struct feed *f)
{
    while (f->phase == FEED_CONNECTING && feed_read(f))
        ;
    if (f->phase == FEED_CONNECTING && f->now_ms - f->connect_ms >= WELCOME_MS)
        feed_lost(f, ST_TIMEOUT, "the group's feed did not answer in time");
}

static void
step_live(struct feed *f)
{
    if (!feed_reads(f)) {
        f->heard_ms = f->now_ms; /* nobody listens now */
        return;
    }
    if (feed_read(f))
        return;
    f->more_frames = false;
    if (f->now_ms - f->heard_ms >= SILENCE_MS)
        feed_lost(f, ST_TIMEOUT, "the group's feed is silent");
}

/* The time for the first attempts is over. The last failure is the reason, if there was one. */
static void
give_up(struct feed *f)
{
    if (f->phase != FEED_WAITING) {
        f->end_st = ST_TIMEOUT;
        refusal_of_status(&f->why, ST_TIMEOUT, "the group's feed did not answer in time");
    }
    feed_end(f, f->end_st);
}

void
feed_step(struct feed *f, int64_t now_ms)
{
    f->now_ms = now_ms;
    if (f->heard)
        f->heard_ms = now_ms;
    f->heard = false;
    watch_link(f);
    if (!f->was_up && f->phase != FEED_ENDED && now_ms >= f->deadline_ms)
        give_up(f);
    if (f->phase == FEED_WAITING && now_ms >= f->dial.due_ms)
        subscribe(f);
    else if (f->phase == FEED_SUBSCRIBING)
        step_subscribing(f);
    else if (f->phase == FEED_CONNECTING)
        step_connecting(f);
    else if (f->phase == FEED_FILLING)
        pages_step(f);
    else if (f->phase == FEED_LIVE)
        step_live(f);
}

int64_t
feed_due(const struct feed *f)
{
    int64_t due = CALL_FOR_EVER;

    if (f->phase == FEED_WAITING)
        due = f->dial.due_ms;
    else if (f->phase == FEED_CONNECTING)
        due = f->connect_ms + WELCOME_MS;
    else if (f->phase == FEED_FILLING)
        due = pages_due(f);
    else if (f->phase == FEED_LIVE)
        due = f->more_frames && feed_reads(f) ? f->now_ms : f->heard_ms + SILENCE_MS;
    if (feed_presence_due(f) < due)
        due = feed_presence_due(f);
    return !f->was_up && f->phase != FEED_ENDED && f->deadline_ms < due ? f->deadline_ms : due;
}

bool
feed_is_up(const struct feed *f)
{
    return f->was_up;
}

void
feed_away(struct feed *f, int64_t ms)
{
    f->heard_ms += ms;
    f->connect_ms += ms;
    f->page_ms += ms;
}
