#include "group/batch.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/deed.h"

void
batch_init(struct batch *b, struct store *store, const struct id *log)
{
    memset(b, 0, sizeof *b);
    b->store = store;
    b->log = *log;
}

void
batch_reset(struct batch *b)
{
    for (size_t i = 0; i < b->n_steps; i++)
        frame_clear(&b->steps[i].payload);
    for (size_t i = 0; i < b->n_calls; i++)
        if (b->calls[i].answered)
            frame_clear(&b->calls[i].reply);
    b->n = b->n_calls = b->n_steps = b->bytes = b->crowded_out = 0;
    b->head = 0;
    b->result = ST_OK;
}

void
batch_clear(struct batch *b)
{
    batch_reset(b);
    free(b->changes);
    free(b->calls);
    free(b->steps);
    memset(b, 0, sizeof *b);
}

struct store_change *
batch_add(struct batch *b, struct call *call, size_t n)
{
    struct store_change *changes;

    if (!array_room(b->changes, b->cap, b->n + n) ||
        !array_room(b->calls, b->cap_calls, b->n_calls + 1))
        return NULL;
    b->calls[b->n_calls++] = (struct batch_call){.call = call, .first = b->n, .n = n};
    changes = b->changes + b->n;
    memset(changes, 0, n * sizeof *changes);
    b->n += n;
    return changes;
}

/* ---- answers ---- */

/* What was not there. */
static enum wire_code
missing(enum store_what what)
{
    if (what == STORE_REVOKE)
        return CODE_BAD_INVITE;
    return deed_of((int)what)->body == BODY_WHO ? CODE_NO_MEMBER : CODE_NOT_MEMBER;
}

static enum wire_code
code_of(const struct store_change *c)
{
    switch (c->result) {
    case ST_OK:
        return CODE_OK;
    case ST_CONFLICT:
        return CODE_ID_CONFLICT;
    case ST_ORDER:
        return CODE_OUT_OF_ORDER;
    case ST_NOT_FOUND:
        return missing(c->what);
    case ST_DENIED:
        return c->by_invite ? CODE_BAD_INVITE : CODE_BANNED;
    case ST_FULL:
        return CODE_STORAGE_FULL;
    default:
        return CODE_STORAGE_FAILED;
    }
}

enum wire_code
batch_code(const struct batch *b, const struct batch_call *call)
{
    const struct store_change *c = &b->changes[call->first];

    if (b->result != ST_OK)
        return b->result == ST_FULL ? CODE_STORAGE_FULL : CODE_STORAGE_FAILED;
    /* There are as many invitations as there may be. */
    if (c->what == STORE_INVITE && c->result == ST_FULL && b->crowded_out == 0)
        return CODE_LIMIT;
    return code_of(c);
}

static void
pack_sent(const struct batch *b, const struct batch_call *c, struct buf *acks, struct buf *out)
{
    struct wire_reply reply = {.msgid = c->call->req.msgid};

    buf_reset(acks);
    for (size_t i = c->first; i < c->first + c->n; i++) {
        const struct store_change *change = &b->changes[i];
        struct wire_ack ack = {.seq = change->seq, .ts = change->ts, .code = code_of(change)};

        wire_pack(acks, &ack);
    }
    out->failed = acks->failed;
    reply.u.sent.acks.raw = buf_span(acks);
    reply.u.sent.acks.count = (uint32_t)c->n;
    wire_pack_reply(out, OP_SEND_MESSAGE, &reply);
}

static void
pack_membership(const struct batch *b, const struct batch_call *c, struct buf *out)
{
    const struct store_change *change = &b->changes[c->first];
    struct wire_reply reply = {.msgid = c->call->req.msgid};

    if (change->what == STORE_JOIN)
        reply.u.joined = (struct wire_joined){.log = b->log,
                                              .seq = change->seq,
                                              .ts = change->ts,
                                              .nick = change->nick,
                                              .already = !change->fresh};
    else
        reply.u.left = (struct wire_left){.seq = change->seq, .ts = change->ts};
    wire_pack_reply(out, c->call->req.op, &reply);
}

static bool
answers_here(const struct batch_call *c)
{
    enum wire_op op = c->call != NULL ? c->call->req.op : OP_COUNT;

    return c->n > 0 && (op == OP_SEND_MESSAGE || op == OP_JOIN_GROUP || op == OP_LEAVE_GROUP);
}

/* An answer that finds no memory stays unpacked: the client asks again, and hears the same. */
static void
pack_answers(struct batch *b)
{
    struct buf acks, out;

    buf_init(&acks, WIRE_REPLY_MAX);
    for (size_t i = 0; i < b->n_calls; i++) {
        struct batch_call *c = &b->calls[i];
        enum status st;

        if (!answers_here(c))
            continue;
        buf_init(&out, WIRE_REPLY_MAX);
        st = b->changes[c->first].result;
        if (c->call->req.op == OP_SEND_MESSAGE && st != ST_FULL)
            pack_sent(b, c, &acks, &out);
        else if (st == ST_OK)
            pack_membership(b, c, &out);
        else
            wire_pack_error(&out, c->call->req.msgid, batch_code(b, c), NULL);
        c->answered = frame_from_buf(&c->reply, &out) == ST_OK;
        buf_clear(&out);
    }
    buf_clear(&acks);
}

/* ---- the feed ---- */

/* The frames under way. */
struct packer {
    struct batch *b;
    struct wire_list list; /* the entries in raw */
    struct buf raw;
    bool whole; /* no step was lost */
};

/* End the frame that is being filled. A frame that finds no memory is left out: members notice
 * the jump in seq and fetch what it held. Without memory for the step, what it ends would be lost.
 */
static void
close_step(struct packer *p, const struct store_change *end)
{
    struct wire_feed feed = {.event = EVENT_ENTRIES};
    struct batch *b = p->b;
    struct buf out;
    struct batch_step *step;

    if (p->list.count == 0)
        return;
    if (!array_room(b->steps, b->cap_steps, b->n_steps + 1)) {
        p->whole = false;
        return;
    }
    step = &b->steps[b->n_steps++];
    *step = (struct batch_step){.last = b->head, .ends = end != NULL};
    if (end != NULL) {
        step->how = end->what;
        step->ended = end->what == STORE_LEAVE ? end->author : end->subject;
        step->ended_ts = end->ts;
    }
    p->list.raw = buf_span(&p->raw);
    feed.entries = p->list;
    buf_init(&out, WIRE_REPLY_MAX);
    wire_pack_feed(&out, &feed);
    if (p->raw.failed || frame_from_buf(&step->payload, &out) != ST_OK)
        frame_init(&step->payload);
    buf_clear(&out);
    buf_reset(&p->raw);
    p->list = (struct wire_list){0};
}

static void
drop_steps(struct batch *b)
{
    for (size_t i = 0; i < b->n_steps; i++)
        frame_clear(&b->steps[i].payload);
    b->n_steps = 0;
}

static void
begin_feed(void *ctx)
{
    struct packer *p = ctx;

    drop_steps(p->b);
    buf_reset(&p->raw);
    p->list = (struct wire_list){0};
    p->whole = true;
    p->b->head = 0;
}

static void
take_entry(void *ctx, const struct store_change *c, const struct entry *e)
{
    struct packer *p = ctx;

    if (p->raw.len + e->body.len + e->ext.len + WIRE_ENTRY_OVERHEAD > WIRE_FEED_BYTES)
        close_step(p, NULL);
    wire_pack(&p->raw, e);
    p->list.count++;
    p->b->head = e->seq;
    p->b->head_ts = e->ts;
    /* Who is out must not get what comes behind it. */
    if (deed_of((int)c->what)->ends_stay)
        close_step(p, c);
}

/* Of a feed that is not whole nothing is published, so that nothing goes to who is out. */
static void
end_feed(struct packer *p)
{
    close_step(p, NULL);
    if (p->b->result != ST_OK)
        p->b->head = 0;
    if (!p->whole || p->b->result != ST_OK)
        drop_steps(p->b);
    buf_clear(&p->raw);
}

/* ---- commit ---- */

/* All others have found no room; these may use what is kept in reserve. */
static enum status
commit_urgent(struct batch *b, size_t n, const struct store_taker *taker)
{
    struct store_commit_options o = {.now_ns = b->now_ns, .urgent = true, .taker = taker};
    struct store_change *urgent = calloc(n, sizeof *urgent);
    enum status st = ST_FULL;
    struct fault why;
    size_t at = 0;

    for (size_t i = 0; urgent != NULL && i < b->n; i++)
        if (deed_of((int)b->changes[i].what)->is_urgent)
            urgent[at++] = b->changes[i];
    if (urgent != NULL)
        st = store_commit(b->store, urgent, n, &o, &why);
    if (st != ST_OK && st != ST_FULL)
        b->why = why;
    at = 0;
    for (size_t i = 0; st == ST_OK && i < b->n; i++) {
        if (deed_of((int)b->changes[i].what)->is_urgent)
            b->changes[i] = urgent[at++];
        else
            b->changes[i].result = ST_FULL;
    }
    free(urgent);
    return st;
}

void
batch_commit(struct batch *b)
{
    struct packer p = {.b = b};
    struct store_taker taker = {.begin = begin_feed, .entry = take_entry, .ctx = &p};
    struct store_commit_options o = {.now_ns = b->now_ns, .taker = &taker};
    size_t urgent = 0;

    buf_init(&p.raw, WIRE_REPLY_MAX);
    b->result = store_commit(b->store, b->changes, b->n, &o, &b->why);
    for (size_t i = 0; b->result == ST_FULL && i < b->n; i++)
        urgent += deed_of((int)b->changes[i].what)->is_urgent;
    if (urgent > 0) {
        b->result = commit_urgent(b, urgent, &taker);
        b->crowded_out = b->result == ST_OK ? b->n - urgent : 0;
    }
    end_feed(&p);
    if (b->result == ST_OK)
        pack_answers(b);
}
