#include "client/posts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "client/lies.h"
#include "client/refusal.h"

#define PATIENCE_MS 10000 /* with a service that was fine before and now is not to be trusted */

_Static_assert(POSTS_BATCH_BYTES + 512 <= WIRE_REQUEST_MAX, "a batch fits a request");
_Static_assert(BODY_MAX_BYTES + EXT_MAX_BYTES + 32 <= POSTS_BATCH_BYTES, "a message fits a batch");

struct post_outcome {
    struct id id;
    uint64_t seq;
    int64_t ts;
    enum wire_code code; /* CODE_COUNT: the batch's refusal */
};

enum batch_state { BATCH_WAITING, BATCH_SENT, BATCH_SETTLED };

/* The messages of one request, and then their outcomes. */
struct post_batch {
    struct post_batch *next;
    struct posts *owner;
    enum batch_state state;
    bool chained; /* was sent with `after` */
    struct session_call call;
    struct buf messages; /* packed; empty once settled */
    uint32_t count;
    size_t cap;
    struct post_outcome *outcomes;
    uint32_t given;
    struct refusal refusal;
};

static session_done batch_done;

static struct post_batch *
batch_new(struct posts *p)
{
    struct post_batch *b = calloc(1, sizeof *b);

    if (b == NULL)
        return NULL;
    b->owner = p;
    b->call.done = batch_done;
    b->call.ctx = b;
    buf_init(&b->messages, POSTS_BATCH_BYTES);
    return b;
}

static void
batch_free(struct post_batch *b)
{
    session_call_clear(&b->call);
    buf_clear(&b->messages);
    free(b->outcomes);
    free(b);
}

void
posts_init(struct posts *p, struct session *session)
{
    *p = (struct posts){.session = session};
}

static void
tell_spool(struct posts *p)
{
    if (p->given > 0 && p->spool != NULL)
        spool_done(p->spool, p->given);
    p->given = 0;
}

void
posts_clear(struct posts *p)
{
    tell_spool(p);
    while (p->first != NULL) {
        struct post_batch *b = p->first;
        p->first = b->next;
        batch_free(b);
    }
    posts_init(p, p->session);
}

/* ---- posting ---- */

static enum status
batch_add(struct post_batch *b, const struct wire_message *m)
{
    size_t before = b->messages.len;

    if (b->count == WIRE_SEND_MAX)
        return ST_FULL;
    if (!array_room(b->outcomes, b->cap, b->count + 1))
        return ST_NOMEM;
    wire_pack(&b->messages, m);
    if (b->messages.failed) {
        b->messages.len = before;
        b->messages.failed = false;
        return ST_FULL;
    }
    b->outcomes[b->count++] = (struct post_outcome){.id = m->id};
    return ST_OK;
}

static enum status
add_to_new_batch(struct posts *p, const struct wire_message *m)
{
    struct post_batch *b = batch_new(p);
    enum status st = b == NULL ? ST_NOMEM : batch_add(b, m);

    if (st != ST_OK) {
        if (b != NULL)
            batch_free(b);
        return ST_NOMEM;
    }
    if (p->last != NULL)
        p->last->next = b;
    else
        p->first = b;
    p->last = b;
    if (p->live == NULL)
        p->live = b;
    return ST_OK;
}

enum status
posts_restore(struct posts *p, const struct wire_message *m)
{
    enum status st = ST_FULL;

    if (p->last != NULL && p->last->state == BATCH_WAITING)
        st = batch_add(p->last, m);
    if (st == ST_FULL)
        st = add_to_new_batch(p, m);
    if (st == ST_OK) {
        p->under_way++;
        p->kept++;
    }
    return st;
}

enum status
posts_add(struct posts *p, const struct wire_message *m, struct fault *why)
{
    enum status st;

    if (p->kept >= POSTS_KEPT_MAX)
        return ST_FULL;
    if (p->under_way >= CONCLAVE_POSTED_MAX)
        return ST_BUSY;
    if (p->spool != NULL && spool_add(p->spool, &m->id, m->body, why) != ST_OK)
        return ST_SYSTEM;
    st = posts_restore(p, m);
    if (st != ST_OK && p->spool != NULL)
        spool_take_back(p->spool);
    return st;
}

/* ---- sending ---- */

/* Hold everything back until all that is out is answered; then go on at once, or after a while. */
static void
stall(struct posts *p, struct post_batch *b, bool at_once)
{
    b->state = BATCH_WAITING;
    p->stalled = true;
    if (at_once)
        return;
    if (p->step_ms == 0)
        p->step_ms = DIAL_FIRST_MS;
    p->resume_ms = p->now_ms + dial_jitter_ms(p->step_ms, dial_random());
    p->step_ms = p->step_ms * 2 < DIAL_MOST_MS ? p->step_ms * 2 : DIAL_MOST_MS;
}

static void
batch_send(struct posts *p, struct post_batch *b, const struct post_batch *before)
{
    struct wire_request req = {.op = OP_SEND_MESSAGE};

    /* Whatever becomes of it, what was taken over is sent: spool_add tells that the disk fails. */
    if (p->spool != NULL)
        (void)spool_sync(p->spool);
    b->chained = before != NULL && before->state == BATCH_SENT;
    if (b->chained) {
        req.u.send_message.has = WIRE_SEND_HAS_AFTER;
        req.u.send_message.after = before->outcomes[before->count - 1].id;
    }
    req.u.send_message.messages =
        (struct wire_list){.raw = buf_span(&b->messages), .count = b->count};
    b->call.deadline_ms = CALL_FOR_EVER;
    b->call.patience_ms = p->session->was_ready || p->spool != NULL ? PATIENCE_MS : 0;
    if (session_submit(p->session, &b->call, &req) != ST_OK) {
        stall(p, b, false); /* no memory now */
        return;
    }
    b->state = BATCH_SENT;
    p->outstanding++;
    p->alone = b->count == 1;
}

void
posts_step(struct posts *p, int64_t now_ms)
{
    const struct post_batch *before = NULL;

    p->now_ms = now_ms;
    tell_spool(p);
    if (p->stalled && (p->outstanding > 0 || now_ms < p->resume_ms))
        return;
    p->stalled = false;
    for (struct post_batch *b = p->live; b != NULL && p->outstanding < POSTS_REQUESTS_MAX;
         before = b, b = b->next) {
        if (b->state != BATCH_WAITING)
            continue;
        batch_send(p, b, before);
        if (b->state != BATCH_SENT)
            return;
    }
}

static bool
has_waiting(const struct posts *p)
{
    return p->last != NULL && p->last->state == BATCH_WAITING;
}

bool
posts_gathered(const struct posts *p)
{
    return !p->stalled && p->outstanding < POSTS_REQUESTS_MAX && has_waiting(p) &&
           p->last->messages.len >= POSTS_GATHER_BYTES;
}

bool
posts_alone(const struct posts *p)
{
    return p->alone && !p->stalled && p->outstanding == 0 && has_waiting(p);
}

int64_t
posts_due(const struct posts *p)
{
    if (p->stalled)
        return p->outstanding == 0 ? p->resume_ms : CALL_FOR_EVER;
    return p->outstanding == 0 && has_waiting(p) ? p->now_ms : CALL_FOR_EVER;
}

/* ---- answers ---- */

static void
settle(struct posts *p, struct post_batch *b)
{
    b->state = BATCH_SETTLED;
    while (p->live != NULL && p->live->state == BATCH_SETTLED)
        p->live = p->live->next;
    p->under_way -= b->count;
    buf_clear(&b->messages);
    buf_clear(&b->call.request);
}

/* A group whose store failed ends, and whoever runs it starts it again: what is posted waits. */
static bool
may_pass(enum wire_code code)
{
    return code_is_passing(code) || code == CODE_STORAGE_FAILED;
}

static void
refuse(struct posts *p, struct post_batch *b)
{
    for (uint32_t i = 0; i < b->count; i++)
        b->outcomes[i].code = CODE_COUNT;
    settle(p, b);
}

static void
refuse_answer(struct posts *p, struct post_batch *b, const char *lie)
{
    char text[FAULT_TEXT_MAX];

    snprintf(text, sizeof text, "the group's answer %s", lie);
    refusal_of_status(&b->refusal, ST_PROTOCOL, text);
    refuse(p, b);
}

static const char *
lie_in_outcomes(const struct post_batch *b)
{
    struct lies_ack acks[WIRE_SEND_MAX];
    size_t n = 0;

    for (uint32_t i = 0; i < b->count; i++) {
        const struct post_outcome *o = &b->outcomes[i];
        if (o->code == CODE_OK)
            acks[n++] = (struct lies_ack){&o->id, o->seq, o->ts};
    }
    return lies_in_acks(acks, n);
}

static void
take_acks(struct posts *p, struct post_batch *b, struct wire_list acks)
{
    const char *lie;
    struct wire_ack a;

    if (acks.count != b->count) {
        refuse_answer(p, b, "is for another number of messages");
        return;
    }
    for (uint32_t i = 0; i < b->count && wire_next(&acks, &a); i++) {
        struct post_outcome *o = &b->outcomes[i];
        if (a.code == CODE_OUT_OF_ORDER || may_pass(a.code)) {
            stall(p, b, false); /* all of it again: what is stored gets the same answer */
            return;
        }
        if (a.code == CODE_COUNT)
            refusal_set(&b->refusal, "unknown", "refused for a reason not known to this version");
        *o = (struct post_outcome){.id = o->id, .seq = a.seq, .ts = a.ts, .code = a.code};
    }
    lie = lie_in_outcomes(b);
    if (lie != NULL) {
        refuse_answer(p, b, lie);
        return;
    }
    p->step_ms = 0;
    settle(p, b);
}

static void
batch_done(void *ctx, enum status st, struct frame *reply, const struct fault *why)
{
    struct post_batch *b = ctx;
    struct posts *p = b->owner;
    struct wire_reply r;

    p->outstanding--;
    if (st == ST_SERVER_KEY && p->spool != NULL) {
        stall(p, b, false); /* that it is somebody else says nothing about the message */
    } else if (st != ST_OK) {
        refusal_of_session(&b->refusal, p->session, st, why->text);
        refuse(p, b);
    } else if (wire_decode_reply(&r, OP_SEND_MESSAGE, frame_span(reply)) != ST_OK) {
        refuse_answer(p, b, "is not understood");
    } else if (r.code == CODE_OK) {
        take_acks(p, b, r.u.sent.acks);
    } else if (r.code == CODE_OUT_OF_ORDER || may_pass(r.code)) {
        stall(p, b, r.code == CODE_OUT_OF_ORDER && b->chained);
    } else {
        refusal_of_reply(&b->refusal, &r);
        refuse(p, b);
    }
}

/* ---- outcomes ---- */

static void
drop_given(struct posts *p)
{
    struct post_batch *b = p->first;

    if (b == NULL || b->state != BATCH_SETTLED || b->given < b->count)
        return;
    p->first = b->next;
    if (p->first == NULL)
        p->last = NULL;
    batch_free(b);
}

static void
fill_refused(struct conclave_event *out, const struct post_batch *b, enum wire_code code)
{
    out->type = CONCLAVE_EVENT_REFUSED;
    out->code = code == CODE_COUNT ? b->refusal.code : wire_code_name(code);
    out->text = code == CODE_COUNT ? b->refusal.text : wire_code_text(code);
}

bool
posts_next(struct posts *p, struct conclave_event *out)
{
    const struct post_outcome *o;
    struct post_batch *b;

    drop_given(p);
    b = p->first;
    if (b == NULL || b->state != BATCH_SETTLED)
        return false;
    o = &b->outcomes[b->given++];
    p->kept--;
    p->given++;
    *out = (struct conclave_event){.type = CONCLAVE_EVENT_ACK, .code = "", .text = ""};
    memcpy(out->ack.id.bytes, o->id.bytes, sizeof out->ack.id.bytes);
    if (o->code == CODE_OK) {
        out->ack.seq = o->seq;
        out->ack.ts = o->ts;
    } else {
        fill_refused(out, b, o->code);
    }
    return true;
}
