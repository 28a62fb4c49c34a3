#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "group/impl.h"
#include "search/index.h"

/* Indexing is done by who searches, for this long; the more wait, the shorter each. */
#define CATCH_UP_MS 200
/* A question that takes longer gets the page that there is by then, and asks on. */
#define FIND_MS   200
#define STEP_ROWS 1000
/* Once somebody has searched, so many entries are indexed at each beat, so that the next one need
 * not wait. */
#define BEAT_ROWS 2000
/* So few entries that are not indexed yet are no reason to send somebody away: their page ends
 * before them. */
#define BEHIND_MAX 5000

#define ROWS_DEFAULT 100

/* A request; or, without a call, a step of indexing in the background. */
struct search_job {
    struct job job;
    struct call *call;
    struct stay ranges[STAYS_MAX];
    size_t n_ranges;
    uint64_t stay; /* what it is asked for: joined_seq of who asks */
    int64_t patience_ms;
    /* the searcher's */
    uint64_t behind; /* entries that were not indexed when the index was asked */
    bool full;       /* and there was no room for them */
    enum wire_code code;
    const char *text;
    struct frame reply; /* packed, if code is CODE_OK */
};

struct searcher {
    struct worker *worker;
    struct search_job *waiting[GROUP_SEARCHES_MAX];
    size_t n_waiting;
    bool used; /* somebody searched since the start */
    struct search_job background;
    bool stepping;    /* background is with the worker */
    atomic_bool stop; /* for both threads */
    /* the searcher's */
    struct store *store;
    struct search *index; /* NULL: not opened yet */
    bool unusable_told;
};

/* ---- on the searcher's thread ---- */

/* What it means for the request; said in the log when it is news. */
static enum wire_code
code_of(struct searcher *s, enum status st, const struct fault *why)
{
    if (st == ST_OK || st == ST_AGAIN || st == ST_INVALID) {
        s->unusable_told = false;
        return st == ST_OK ? CODE_OK : st == ST_AGAIN ? CODE_BUSY : CODE_MALFORMED;
    }
    if (!s->unusable_told)
        log_error("searching does not work: %s", why->text);
    s->unusable_told = true;
    if (st == ST_FULL)
        return CODE_STORAGE_FULL;
    return st == ST_NOMEM ? CODE_BUSY : CODE_STORAGE_FAILED;
}

static enum wire_code
catch_up(struct searcher *s, struct search_job *job)
{
    int64_t until_ms = clock_mono_ms() + job->patience_ms;
    struct fault why = {0};
    enum status st = ST_OK;

    job->behind = UINT64_MAX;
    if (s->index == NULL)
        st = search_open(&s->index, s->store, &why);
    /* One step at least, or nobody would ever be done. */
    while (st == ST_OK && job->behind > 0 && !atomic_load(&s->stop)) {
        st = search_step(s->index, STEP_ROWS, &job->behind, &why);
        if (clock_mono_ms() >= until_ms)
            break;
    }
    if (atomic_load(&s->stop))
        return CODE_SHUTTING_DOWN;
    /* What there is can be searched while there is no room for more. */
    job->full = st == ST_FULL;
    if (job->behind <= BEHIND_MAX && (st == ST_OK || st == ST_FULL))
        return CODE_OK;
    return st == ST_OK ? CODE_BUSY : code_of(s, st, &why);
}

struct found {
    struct buf raw;
    uint32_t count;
    uint64_t next;
    struct store_state state;
    bool end;
};

static enum status
add_entry(void *ctx, const struct entry *e)
{
    struct found *found = ctx;

    if (found->count > 0 &&
        found->raw.len + e->body.len + e->ext.len + WIRE_ENTRY_OVERHEAD > WIRE_PAGE_BYTES)
        return ST_FULL;
    wire_pack(&found->raw, e);
    found->count++;
    return found->raw.failed ? ST_NOMEM : ST_OK;
}

/* Nothing behind the place to go on from is indexed: who asked on would get this page for ever. */
static bool
is_stuck(const struct wire_search_message *req, const struct found *found)
{
    return !found->end && found->count == 0 && (req->has & WIRE_SEARCH_HAS_AFTER_TS) == 0 &&
           found->next <= req->after_seq;
}

static enum wire_code
pack(struct search_job *job, const struct found *found)
{
    struct wire_reply reply = {.msgid = job->call->req.msgid};
    struct wire_found *page = &reply.u.found;
    enum status st;
    struct buf out;

    if (is_stuck(&job->call->req.u.search_message, found))
        return job->full ? CODE_STORAGE_FULL : CODE_BUSY;
    *page = (struct wire_found){.log = found->state.log,
                                .head = found->state.head,
                                .next = found->next};
    page->entries = (struct wire_list){.raw = buf_span(&found->raw), .count = found->count};
    page->end = found->end;
    buf_init(&out, WIRE_REPLY_MAX);
    wire_pack_reply(&out, OP_SEARCH_MESSAGE, &reply);
    st = frame_from_buf(&job->reply, &out);
    buf_clear(&out);
    return st == ST_OK ? CODE_OK : CODE_BUSY;
}

static enum wire_code
find(struct searcher *s, struct search_job *job)
{
    const struct wire_search_message *req = &job->call->req.u.search_message;
    struct search_ask ask = {.words = req->words,
                             .by_ts = (req->has & WIRE_SEARCH_HAS_AFTER_TS) != 0,
                             .after_ts = req->after_ts,
                             .after_seq = req->after_seq,
                             .from = req->has & WIRE_SEARCH_HAS_FROM ? &req->from : NULL,
                             .ranges = job->ranges,
                             .n_ranges = job->n_ranges,
                             .max_rows = req->limit ? req->limit : ROWS_DEFAULT,
                             .until_ms = clock_mono_ms() + FIND_MS};
    struct found found = {.count = 0};
    struct fault why = {0};
    enum wire_code code;

    buf_init(&found.raw, WIRE_REPLY_MAX);
    code =
        code_of(s, search_find(s->index, &ask, &found.state, &found.next, add_entry, &found, &why),
                &why);
    /* What was said since the index had caught up is for the next time: nobody chases the head. */
    found.end =
        found.next >= found.state.head || (job->behind == 0 && found.next >= search_done(s->index));
    if (code == CODE_OK)
        code = pack(job, &found);
    else if (code == CODE_MALFORMED)
        job->text = "field \"words\" holds no word";
    buf_clear(&found.raw);
    return code;
}

static void
run(void *ctx, struct job *job_)
{
    struct searcher *s = ctx;
    struct search_job *job = (struct search_job *)job_;
    struct fault why = {0};
    uint64_t behind;

    if (job->call != NULL) {
        job->code = catch_up(s, job);
        if (job->code == CODE_OK)
            job->code = find(s, job);
    } else if (s->index != NULL && !atomic_load(&s->stop)) {
        code_of(s, search_step(s->index, BEAT_ROWS, &behind, &why), &why);
    }
}

/* ---- on the loop ---- */

static bool
has_room(const struct searcher *s, const struct id *peer)
{
    size_t own = 0;

    for (size_t i = 0; i < s->n_waiting; i++)
        own += id_equal(&s->waiting[i]->call->peer, peer);
    return s->n_waiting < GROUP_SEARCHES_MAX && own < GROUP_SEARCHES_OWN_MAX;
}

enum wire_code
group_search_message(void *service, struct call *call, struct wire_reply *result)
{
    struct group *g = service;
    const struct member *who = members_find(g->members, &call->peer);
    struct searcher *s = g->searcher;
    struct search_job *job;

    (void)result;
    call_log(&g->requests, "SEARCH REQUEST", &call->peer);
    job = has_room(s, &call->peer) ? calloc(1, sizeof *job) : NULL;
    if (job == NULL)
        return CODE_BUSY;
    job->call = call;
    job->n_ranges = group_ranges(g, who, job->ranges);
    job->stay = who->p.joined_seq;
    s->used = true;
    s->waiting[s->n_waiting++] = job;
    job->patience_ms = CATCH_UP_MS / (int64_t)s->n_waiting;
    worker_submit(s->worker, &job->job);
    return CODE_DEFERRED;
}

/* Who was put out meanwhile gets nothing of what was found, nor when they are in again by now: it
 * may have been said in between. */
static void
answer(struct group *g, struct search_job *job)
{
    enum wire_code code = group_may_member(g, job->call);

    if (code == CODE_OK && members_find(g->members, &job->call->peer)->p.joined_seq != job->stay)
        code = CODE_BUSY;
    if (code == CODE_OK && job->code == CODE_OK)
        call_answer(job->call, &g->outbox, &job->reply);
    else if (code == CODE_OK)
        call_refuse(job->call, &g->outbox, job->code, job->text);
    else
        call_refuse(job->call, &g->outbox, code, NULL);
    if (job->code == CODE_OK)
        frame_clear(&job->reply);
}

static void
forget(struct searcher *s, const struct search_job *job)
{
    size_t i = 0;

    while (s->waiting[i] != job)
        i++;
    s->waiting[i] = s->waiting[--s->n_waiting];
}

void
group_searched(struct group *g)
{
    struct searcher *s = g->searcher;
    struct search_job *job;

    while ((job = (struct search_job *)worker_done(s->worker)) != NULL) {
        if (job == &s->background) {
            s->stepping = false;
            continue;
        }
        forget(s, job);
        answer(g, job);
        free(job);
    }
}

int
group_searcher_fd(const struct group *g)
{
    return worker_fd(g->searcher->worker);
}

bool
group_searching(const struct group *g)
{
    return g->searcher->n_waiting > 0 || g->searcher->stepping;
}

void
group_search_beat(struct group *g)
{
    struct searcher *s = g->searcher;

    if (!s->used || s->stepping || g->stopping)
        return;
    s->stepping = true;
    worker_submit(s->worker, &s->background.job);
}

enum status
group_search_open(struct group *g)
{
    struct searcher *s = calloc(1, sizeof *s);

    if (s == NULL)
        return ST_NOMEM;
    s->store = g->store;
    atomic_init(&s->stop, false);
    g->searcher = s;
    return worker_open(&s->worker, run, s);
}

void
group_search_stop(struct group *g)
{
    if (g->searcher != NULL)
        atomic_store(&g->searcher->stop, true);
}

void
group_search_close(struct group *g)
{
    struct searcher *s = g->searcher;

    if (s == NULL)
        return;
    group_search_stop(g);
    worker_stop(s->worker);
    if (s->worker != NULL)
        group_searched(g);
    worker_free(s->worker);
    search_close(s->index);
    free(s);
    g->searcher = NULL;
}
