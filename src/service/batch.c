#include "batch.h"

#include <stdlib.h>
#include <string.h>

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

/* Grow an array of items of `size` bytes to hold `need`. */
static bool
grow(void **items, size_t *cap, size_t need, size_t size)
{
    size_t want = *cap ? *cap : 64;

    if (need <= *cap)
        return true;
    while (want < need)
        want *= 2;
    void *more = realloc(*items, want * size);
    if (!more)
        return false;
    *items = more;
    *cap = want;
    return true;
}

struct store_change *
batch_add(struct batch *b, struct call *call, size_t n)
{
    if (!grow((void **)&b->changes, &b->cap, b->n + n, sizeof *b->changes) ||
        !grow((void **)&b->calls, &b->cap_calls, b->n_calls + 1, sizeof *b->calls))
        return NULL;
    b->calls[b->n_calls++] = (struct batch_call){.call = call, .first = b->n, .n = n};
    struct store_change *changes = b->changes + b->n;
    memset(changes, 0, n * sizeof *changes);
    b->n += n;
    return changes;
}

/* ---- answers ---- */

static enum wire_code
code_of(enum status st)
{
    switch (st) {
    case ST_OK:
        return CODE_OK;
    case ST_CONFLICT:
        return CODE_ID_CONFLICT;
    case ST_ORDER:
        return CODE_OUT_OF_ORDER;
    case ST_NOT_FOUND:
        return CODE_NOT_MEMBER;
    case ST_FULL:
        return CODE_STORAGE_FULL;
    default:
        return CODE_STORAGE_FAILED;
    }
}

static void
pack_sent(const struct batch *b, const struct batch_call *c, struct buf *acks, struct buf *out)
{
    struct wire_reply reply = {.msgid = c->call->req.msgid};

    buf_reset(acks);
    for (size_t i = c->first; i < c->first + c->n; i++) {
        const struct store_change *change = &b->changes[i];
        struct wire_ack ack = {.seq = change->seq,
                               .ts = change->ts,
                               .code = code_of(change->result)};

        wire_pack_ack(acks, &ack);
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

/* An answer that finds no memory stays unpacked: the client asks again, and hears the same. */
static void
pack_answers(struct batch *b)
{
    struct buf acks, out;

    buf_init(&acks, WIRE_REPLY_MAX);
    for (size_t i = 0; i < b->n_calls; i++) {
        struct batch_call *c = &b->calls[i];

        if (!c->call || c->n == 0)
            continue;
        buf_init(&out, WIRE_REPLY_MAX);
        enum status st = b->changes[c->first].result;
        if (c->call->req.op == OP_SEND_MESSAGE && st != ST_FULL)
            pack_sent(b, c, &acks, &out);
        else if (st == ST_OK)
            pack_membership(b, c, &out);
        else
            wire_pack_error(&out, c->call->req.msgid, code_of(st), NULL);
        c->answered = frame_from_buf(&c->reply, &out) == ST_OK;
        buf_clear(&out);
    }
    buf_clear(&acks);
}

/* ---- the feed ---- */

static struct entry
entry_of(const struct store_change *c)
{
    struct entry e = {.seq = c->seq, .ts = c->ts, .author = c->author, .id = c->id};

    switch (c->what) {
    case STORE_SEND:
        e.kind = ENTRY_MESSAGE;
        e.body = c->body;
        e.ext = c->ext;
        break;
    case STORE_JOIN:
        e.kind = ENTRY_JOINED;
        e.body = c->nick;
        break;
    case STORE_LEAVE:
        e.kind = ENTRY_LEFT;
        break;
    case STORE_REMOVE:
        e.kind = ENTRY_KICKED;
        e.body = (struct span){.p = c->subject.bytes, .len = ID_LEN};
        break;
    }
    return e;
}

/* End the frame that is being filled. A frame that finds no memory is left out: members notice
 * the jump in seq and fetch what it held. */
static void
close_step(struct batch *b, struct wire_list *list, struct buf *raw, const struct store_change *end)
{
    struct wire_feed feed = {.event = EVENT_ENTRIES};
    struct buf out;

    if (list->count == 0 ||
        !grow((void **)&b->steps, &b->cap_steps, b->n_steps + 1, sizeof *b->steps))
        return;
    struct batch_step *step = &b->steps[b->n_steps++];
    *step = (struct batch_step){.ends = end != NULL};
    if (end) {
        step->ended = end->what == STORE_REMOVE ? end->subject : end->author;
        step->ended_ts = end->ts;
    }
    list->raw = buf_span(raw);
    feed.entries = *list;
    buf_init(&out, WIRE_REPLY_MAX);
    wire_pack_feed(&out, &feed);
    if (raw->failed || frame_from_buf(&step->payload, &out) != ST_OK)
        frame_init(&step->payload);
    buf_clear(&out);
    buf_reset(raw);
    *list = (struct wire_list){0};
}

static void
pack_feed(struct batch *b)
{
    struct wire_list list = {0};
    struct buf raw;

    buf_init(&raw, WIRE_REPLY_MAX);
    for (size_t i = 0; i < b->n; i++) {
        const struct store_change *c = &b->changes[i];

        if (c->result != ST_OK || !c->fresh)
            continue;
        struct entry e = entry_of(c);
        if (raw.len + e.body.len + e.ext.len + WIRE_ENTRY_OVERHEAD > WIRE_FEED_BYTES)
            close_step(b, &list, &raw, NULL);
        wire_pack_entry(&raw, &e);
        list.count++;
        b->head = c->seq;
        /* Who is out must not get what comes behind. */
        if (c->what == STORE_LEAVE || c->what == STORE_REMOVE)
            close_step(b, &list, &raw, c);
    }
    close_step(b, &list, &raw, NULL);
    buf_clear(&raw);
}

/* ---- commit ---- */

static bool
is_urgent(const struct store_change *c)
{
    return c->what == STORE_LEAVE || c->what == STORE_REMOVE;
}

/* All others have found no room; leaves and removals may use what is kept in reserve. */
static enum status
commit_urgent(struct batch *b, size_t n)
{
    struct store_change *urgent = calloc(n, sizeof *urgent);
    enum status st = ST_FULL;
    struct fault why;
    size_t at = 0;

    for (size_t i = 0; urgent && i < b->n; i++)
        if (is_urgent(&b->changes[i]))
            urgent[at++] = b->changes[i];
    if (urgent)
        st = store_commit_urgent(b->store, urgent, n, b->now_ns, &why);
    if (st != ST_OK && st != ST_FULL)
        b->why = why;
    at = 0;
    for (size_t i = 0; st == ST_OK && i < b->n; i++) {
        if (is_urgent(&b->changes[i]))
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
    size_t urgent = 0;

    b->result = store_commit(b->store, b->changes, b->n, b->now_ns, &b->why);
    for (size_t i = 0; b->result == ST_FULL && i < b->n; i++)
        urgent += is_urgent(&b->changes[i]);
    if (urgent > 0) {
        b->result = commit_urgent(b, urgent);
        b->crowded_out = b->result == ST_OK ? b->n - urgent : 0;
    }
    if (b->result != ST_OK)
        return;
    pack_answers(b);
    pack_feed(b);
}
