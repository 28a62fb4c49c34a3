#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "group/impl.h"

/* A request for a page; or, without a call, the reading of the page that will be asked for next. */
struct page_job {
    struct job job;
    struct call *call;
    const struct store *store; /* for what does not change in it */
    struct store_query query;
    struct stay ranges[STAYS_MAX]; /* the query's */
    size_t bytes_max;
    uint64_t stay; /* what it is read for: joined_seq of who asks */
    /* the reader's */
    struct frame reply;
    bool answered; /* reply is packed */
    bool more;     /* the page ended for lack of room in it */
    uint64_t next; /* where the one after it begins */
};

/* The page that was read last. It belongs to the reader's thread, like all of group_read_page. */
struct page {
    bool valid;
    struct store_query query;
    struct stay ranges[STAYS_MAX]; /* the query's */
    size_t bytes_max;
    struct buf raw;
    struct buf turned;                 /* to turn round what was read backwards */
    uint32_t ends[WIRE_PAGE_ROWS_MAX]; /* of each entry in raw */
    uint32_t count;
    uint64_t last; /* that was read; backwards the lowest */
    struct store_state state;
};

struct page *
page_new(void)
{
    struct page *p = calloc(1, sizeof *p);

    if (p != NULL) {
        buf_init(&p->raw, WIRE_REPLY_MAX);
        buf_init(&p->turned, WIRE_REPLY_MAX);
    }
    return p;
}

void
page_free(struct page *p)
{
    if (p == NULL)
        return;
    buf_clear(&p->raw);
    buf_clear(&p->turned);
    free(p);
}

/* ---- on the reader's thread ---- */

static enum status
add_entry(void *ctx, const struct entry *e)
{
    struct page *p = ctx;

    if (p->count && p->raw.len + e->body.len + e->ext.len + WIRE_ENTRY_OVERHEAD > p->bytes_max)
        return ST_FULL;
    wire_pack(&p->raw, e);
    p->ends[p->count++] = (uint32_t)p->raw.len;
    p->last = e->seq;
    return p->raw.failed ? ST_NOMEM : ST_OK;
}

/* On the wire a page is in order of seq, whichever way it was read. */
static enum status
turn_round(struct page *p)
{
    struct buf turned;

    buf_reset(&p->turned);
    for (uint32_t i = p->count; i > 0; i--) {
        uint32_t begin = i > 1 ? p->ends[i - 2] : 0;

        buf_append(&p->turned, p->raw.p + begin, p->ends[i - 1] - begin);
    }
    turned = p->turned;
    p->turned = p->raw;
    p->raw = turned;
    return p->raw.failed ? ST_NOMEM : ST_OK;
}

static bool
is_back(const struct page *p)
{
    return p->query.before_seq != 0;
}

static uint64_t
page_next(const struct page *p)
{
    uint64_t far = is_back(p) ? 1 : p->state.head;

    return p->count ? p->last : far;
}

/* There is nothing behind it that may be read; backwards, in front of it. */
static bool
page_end(const struct page *p)
{
    return is_back(p) ? page_next(p) <= p->state.lowest || p->count == 0
                      : page_next(p) >= p->state.head;
}

static enum status
page_read(struct group *g, struct page *p, const struct page_job *job, struct fault *why)
{
    enum status st;

    p->query = job->query;
    p->query.ranges = p->ranges;
    memcpy(p->ranges, job->ranges, job->query.n_ranges * sizeof *p->ranges);
    p->bytes_max = job->bytes_max;
    p->count = 0;
    buf_reset(&p->raw);
    st = store_read(g->history, &p->query, &p->state, add_entry, p, why);
    if (st == ST_OK && is_back(p))
        st = turn_round(p);
    p->valid = st == ST_OK;
    return st;
}

/* What one member may read is not for another. */
static bool
same_ranges(const struct page *p, const struct page_job *job)
{
    return p->query.n_ranges == job->query.n_ranges &&
           memcmp(p->ranges, job->ranges, job->query.n_ranges * sizeof *p->ranges) == 0;
}

/* More entries may have come to where it ends since it was read. */
static bool
page_is_at_head(const struct page *p)
{
    return is_back(p) ? p->query.before_seq > p->state.head + 1 : page_end(p);
}

/* Entries do not change, so a page that was read ahead is as good as one that is read now. Only the
 * head may have moved since, so the last page is always read anew. */
static bool
page_serves(const struct page *p, const struct page_job *job)
{
    const struct store_query *q = &job->query;

    return p->valid && !q->by_ts && !p->query.by_ts && p->query.after_seq == q->after_seq &&
           p->query.before_seq == q->before_seq && p->query.max_rows == q->max_rows &&
           p->bytes_max == job->bytes_max && same_ranges(p, job) && !page_is_at_head(p) &&
           !page_end(p);
}

static void
pack_page(const struct page_job *job, const struct page *p, struct buf *out)
{
    struct wire_reply reply = {.msgid = job->call->req.msgid};
    const struct wire_get_message *req = &job->call->req.u.get_message;
    struct wire_page *page = &reply.u.page;

    if ((req->has & WIRE_GET_HAS_LOG) && store_goes_on_from(job->store, &req->log, &page->shared))
        page->has = WIRE_HAS_SHARED;
    page->log = p->state.log;
    page->first = p->state.first;
    page->head = p->state.head;
    page->next = page_next(p);
    page->entries.raw = buf_span(&p->raw);
    page->entries.count = p->count;
    page->end = page_end(p);
    wire_pack_reply(out, OP_GET_MESSAGE, &reply);
}

static void
answer(struct page_job *job, const struct page *p, enum status st)
{
    struct buf out;

    buf_init(&out, WIRE_REPLY_MAX);
    if (st == ST_OK)
        pack_page(job, p, &out);
    else
        wire_pack_error(&out, job->call->req.msgid, CODE_STORAGE_FAILED, NULL);
    job->answered = frame_from_buf(&job->reply, &out) == ST_OK;
    buf_clear(&out);
}

void
group_read_page(void *ctx, struct job *job_)
{
    struct group *g = ctx;
    struct page_job *job = (struct page_job *)job_;
    struct page *p = g->page;
    struct fault why = {0};
    enum status st = ST_OK;

    if (!page_serves(p, job))
        st = page_read(g, p, job, &why);
    if (st == ST_OK) {
        job->next = page_next(p);
        job->more = !page_end(p);
    }
    if (job->call == NULL)
        return;
    if (st != ST_OK)
        log_error("history could not be read: %s", why.text);
    answer(job, p, st);
}

/* ---- on the loop ---- */

const char *
group_history_name(enum group_history policy)
{
    static const char *const names[] = {[HISTORY_ALL] = "all",
                                        [HISTORY_SINCE_JOIN] = "since-join",
                                        [HISTORY_WHILE_MEMBER] = "while-member"};

    return names[policy];
}

/* Who came back with the next entry has missed nothing: the two are one. */
static size_t
join_stays(const struct member *who, struct stay *ranges)
{
    size_t n = 0;

    for (size_t i = 0; i < who->p.n_stays; i++) {
        if (n > 0 && ranges[n - 1].last + 1 == who->p.stays[i].first)
            ranges[n - 1].last = who->p.stays[i].last;
        else
            ranges[n++] = who->p.stays[i];
    }
    return n;
}

size_t
group_ranges(const struct group *g, const struct member *who, struct stay ranges[static STAYS_MAX])
{
    if (g->policy == HISTORY_ALL)
        return 0;
    if (who->p.n_stays == 0) {
        ranges[0] = (struct stay){.first = UINT64_MAX, .last = UINT64_MAX}; /* nothing */
        return 1;
    }
    if (g->policy == HISTORY_WHILE_MEMBER)
        return join_stays(who, ranges);
    ranges[0] = (struct stay){.first = who->p.stays[0].first, .last = UINT64_MAX};
    return 1;
}

enum wire_code
group_get_message(void *service, struct call *call, struct wire_reply *result)
{
    struct group *g = service;
    const struct wire_get_message *req = &call->req.u.get_message;
    const struct member *who = members_find(g->members, &call->peer);
    struct page_job *job;

    (void)result;
    call_log(&g->requests, "MESSAGE REQUEST", &call->peer);
    job = g->reads < GROUP_READS_MAX ? calloc(1, sizeof *job) : NULL;
    if (job == NULL)
        return CODE_BUSY;
    job->call = call;
    job->store = g->store;
    job->query = (struct store_query){
        .ranges = job->ranges,
        .n_ranges = group_ranges(g, who, job->ranges),
        .before_seq = req->before_seq,
        .by_ts = (req->has & WIRE_GET_HAS_AFTER_TS) != 0,
        .after_ts = req->after_ts,
        .after_seq = req->after_seq,
        .max_rows = req->limit ? req->limit : WIRE_PAGE_ROWS_MAX,
    };
    job->stay = who->p.joined_seq;
    job->bytes_max = req->bytes ? req->bytes : WIRE_PAGE_BYTES;
    g->reads++;
    worker_submit(g->reader, &job->job);
    return CODE_DEFERRED;
}

int
group_reader_fd(const struct group *g)
{
    return worker_fd(g->reader);
}

/* Who was put out while the page was read gets no page, nor when they are in again by now: it may
 * hold what was said in between. */
static void
send_page(struct group *g, struct page_job *job)
{
    const struct member *who = members_find(g->members, &job->call->peer);
    bool in = who != NULL && who->state == MEMBER_IN;

    if (job->answered && in && who->p.joined_seq == job->stay)
        call_answer(job->call, &g->outbox, &job->reply);
    else
        call_refuse(job->call, &g->outbox, in ? CODE_BUSY : CODE_NOT_MEMBER, NULL);
    if (job->answered)
        frame_clear(&job->reply);
    job->call = NULL;
}

/* Who read a full page mostly wants the next one: it is read while this one travels, when nobody
 * else waits. */
static bool
read_ahead(struct group *g, struct page_job *job)
{
    if (!job->more || job->query.max_rows != WIRE_PAGE_ROWS_MAX || g->reads > 1 || g->stopping)
        return false;
    job->query.by_ts = false;
    if (job->query.before_seq != 0)
        job->query.before_seq = job->next;
    else
        job->query.after_seq = job->next;
    job->answered = job->more = false;
    worker_submit(g->reader, &job->job);
    return true;
}

void
group_read(struct group *g)
{
    struct page_job *job;

    while (g->reader != NULL && (job = (struct page_job *)worker_done(g->reader)) != NULL) {
        bool asked = job->call != NULL;

        if (asked)
            send_page(g, job);
        if (asked && read_ahead(g, job))
            continue;
        g->reads--;
        free(job);
    }
}
