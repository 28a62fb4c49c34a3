#include "feed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feed_impl.h"

#define CONNECT_TIMEOUT_MS 2000
#define WELCOME_MS         4000 /* from the first packet to the welcome */
#define SILENCE_MS         3000 /* the group says its head every second */

static call_done subscribe_done;
static call_done page_done;

struct feed *
feed_new(const struct feed_options *o)
{
    struct feed *f = calloc(1, sizeof *f);

    if (f == NULL)
        return NULL;
    f->group = o->group;
    f->session = o->session;
    f->nicks = o->nicks;
    f->start = o->start;
    f->after_ts = o->after_ts;
    f->tail = o->after;
    f->deadline_ms = o->deadline_ms;
    f->filled_from = UINT64_MAX;
    f->state = f->told = -1;
    f->call.ctx = f;
    dial_reset(&f->dial);
    return f;
}

static void
disconnect(struct feed *f)
{
    call_cancel(&f->call);
    sock_close(f->sock);
    f->sock = NULL;
    reel_drop(&f->page);
    reel_drop(&f->held);
    f->filled_from = UINT64_MAX;
}

void
feed_free(struct feed *f)
{
    if (f == NULL)
        return;
    disconnect(f);
    reel_drop(&f->current);
    call_clear(&f->call);
    free(f);
}

/* ---- ends ---- */

void
feed_end(struct feed *f, enum status st)
{
    disconnect(f);
    f->phase = FEED_ENDED;
    f->state = CONCLAVE_FEED_ENDED;
    f->end_st = st;
}

void
feed_end_by(struct feed *f, enum tail_verdict v)
{
    refusal_set(&f->why, tail_code(v), tail_text(v));
    feed_end(f, ST_DENIED);
}

void
feed_lost(struct feed *f, enum status st, const char *text)
{
    disconnect(f);
    session_refusal(f->session, &f->why, st, text);
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

/* ---- subscribing ---- */

static void
submit(struct feed *f, struct wire_request *req, call_done *done)
{
    f->call.done = done;
    f->call.deadline_ms = f->was_up ? CALL_FOR_EVER : f->deadline_ms;
    f->call.patience_ms = f->was_up ? CALL_FOR_EVER : 0;
    if (session_submit(f->session, &f->call, req) != ST_OK)
        feed_fail(f, ST_NOMEM, "out of memory");
}

static void
subscribe(struct feed *f)
{
    struct wire_request req = {.op = OP_SUBSCRIBE};

    f->phase = FEED_SUBSCRIBING;
    submit(f, &req, subscribe_done);
}

static void
open_link(struct feed *f)
{
    struct link_options o = {
        .role = LINK_FEED,
        .keys = f->session->keys,
        .server_key = f->session->key,
        .endpoint = f->address,
        .ticket = f->ticket,
        .largest = WIRE_REPLY_MAX + 1024,
        .connect_timeout_ms = CONNECT_TIMEOUT_MS,
    };
    struct fault why = {{0}};
    enum status st = link_open(&f->sock, f->session->net, &o, &why);

    f->phase = FEED_CONNECTING;
    f->connect_ms = f->now_ms;
    f->dial.tried_ms = f->now_ms;
    if (st != ST_OK)
        feed_fail(f, st, why.text);
}

static void
take_ticket(struct feed *f, const struct wire_subscribed *s)
{
    struct fault why = {{0}};
    enum tail_verdict v;

    if (f->start == FEED_FROM_NOW) {
        f->tail = (struct tail){.log = s->log, .seq = s->head};
        f->start = FEED_AFTER_CURSOR;
    }
    v = tail_answer_head(&f->tail, &s->log, s->head);
    if (v == TAIL_LOG_CHANGED || v == TAIL_WENT_BACK) {
        feed_end_by(f, v);
        return;
    }
    memcpy(f->ticket, s->ticket, sizeof f->ticket);
    snprintf(f->address, sizeof f->address, "%.*s", (int)s->feed.len, (const char *)s->feed.p);
    if (endpoint_check(f->address, false, &why) == ST_OK)
        open_link(f);
    else
        feed_fail(f, ST_PROTOCOL, why.text);
}

static bool
decode(struct feed *f, struct wire_reply *r, enum wire_op op, struct frame *reply)
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
    else if (decode(f, &r, OP_SUBSCRIBE, reply))
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
    if (f->start != FEED_AFTER_TIME && f->phase != FEED_ENDED)
        f->was_up = true;
}

/* ---- fetching ---- */

void
feed_fill(struct feed *f)
{
    if (f->filled_from == f->tail.seq && f->start != FEED_AFTER_TIME) {
        feed_fail(f, ST_PROTOCOL, "the group's history lacks entries that its feed announces");
        return;
    }
    f->filled_from = f->tail.seq;
    f->phase = FEED_FILLING;
    f->state = CONCLAVE_FEED_CATCHING_UP;
    f->want = f->tail.seq;
    f->want_more = true;
    feed_ask_page(f);
}

void
feed_ask_page(struct feed *f)
{
    struct wire_request req = {.op = OP_GET_MESSAGE};
    struct wire_get_message *get = &req.u.get_message;

    if (call_waits(&f->call) || f->page != NULL)
        return;
    get->bytes = WIRE_PAGE_BYTES_MAX;
    if (f->start == FEED_AFTER_TIME) {
        get->has = WIRE_GET_HAS_AFTER_TS;
        get->after_ts = f->after_ts;
    } else {
        get->has = WIRE_GET_HAS_AFTER_SEQ;
        get->after_seq = f->want;
    }
    submit(f, &req, page_done);
}

static void
take_page(struct feed *f, struct reel *r, const struct wire_page *page)
{
    enum tail_verdict v = tail_answer_head(&f->tail, &page->log, page->head);
    bool stuck = f->start != FEED_AFTER_TIME && page->next <= f->want && !page->end;

    if (v == TAIL_LOG_CHANGED || v == TAIL_WENT_BACK) {
        feed_end_by(f, v);
        return;
    }
    if (stuck) {
        feed_fail(f, ST_PROTOCOL, "the group's history does not go on");
        return;
    }
    if (f->start == FEED_AFTER_TIME)
        f->tail.seq = tail_before_page(page);
    else
        r->lost_to = tail_lost_to(page, f->want);
    f->start = FEED_AFTER_CURSOR;
    f->was_up = true;
    f->want = page->next;
    f->want_more = !page->end;
    r->entries = page->entries;
    dial_reset(&f->dial);
}

static void
page_done(void *ctx, enum status st, struct frame *reply, const struct fault *why)
{
    struct feed *f = ctx;
    struct wire_reply r;

    if (st != ST_OK) {
        feed_fail(f, st, why->text);
        return;
    }
    f->page = reel_take(f);
    frame_move(&f->page->frame, reply);
    if (decode(f, &r, OP_GET_MESSAGE, &f->page->frame))
        take_page(f, f->page, &r.u.page);
}

/* ---- steps ---- */

static void
watch_link(struct feed *f)
{
    while (f->sock != NULL) {
        enum link_event e = link_next_event(f->sock);
        struct fault why;
        enum status st;
        if (e == LINK_NONE)
            return;
        if (dial_event(&f->dial, e, f->now_ms, dial_random()) != DIAL_DOWN)
            continue;
        st = dial_explain(&f->dial, f->session->what, f->address, &why);
        if (f->dial.verdict != ST_OK)
            feed_fail(f, st, why.text);
        else
            feed_lost(f, st, why.text);
    }
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
    if (!feed_read(f) && f->now_ms - f->heard_ms >= SILENCE_MS)
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
    else if (f->phase == FEED_CONNECTING)
        step_connecting(f);
    else if (f->phase == FEED_FILLING && f->want_more)
        feed_ask_page(f);
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
    else if (f->phase == FEED_LIVE)
        due = f->heard_ms + SILENCE_MS;
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
}
