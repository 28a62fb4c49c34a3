#include "group/group.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "group/impl.h"

/* ---- life ---- */

static void
commit(void *ctx, struct job *job)
{
    struct group *g = ctx;

    if (job == &g->upkeep.job)
        group_upkeep_run(g);
    else
        batch_commit((struct batch *)job);
}

static void
take_options(struct group *g, const struct group_options *o)
{
    g->store = o->store;
    g->outbox = *o->outbox;
    g->allowed = o->allowed;
    g->self = id_of_key(o->key);
    g->policy = o->history;
    g->max_members = o->max_members ? o->max_members : GROUP_MEMBERS_MAX;
    g->join_rate = rate_of(o->join_rate ? o->join_rate : GROUP_JOIN_RATE, 1000,
                           o->join_burst ? o->join_burst : GROUP_JOIN_BURST);
    g->max_messages = o->max_messages;
    g->held = o->held;
    if (o->keep != NULL)
        g->upkeep = (struct upkeep){.on = true, .keep = *o->keep};
    doubt_init(&g->upkeep.doubt, 0, o->clock_is_right);
}

static enum status
take_owners(struct group *g, const struct group_options *o)
{
    if (o->n_owners == 0)
        return ST_OK;
    g->owners = calloc(o->n_owners, sizeof *g->owners);
    if (g->owners == NULL)
        return ST_NOMEM;
    for (; g->n_owners < o->n_owners; g->n_owners++)
        g->owners[g->n_owners] = id_of_key(o->owners[g->n_owners]);
    return ST_OK;
}

static enum status
make_mirrors(struct group *g)
{
    enum status st = members_new(&g->members, &g->roster.people);

    if (st == ST_OK)
        st = tickets_new(&g->tickets);
    if (st == ST_OK)
        st = recent_new(&g->recent);
    return st;
}

static void
init_batches(struct group *g)
{
    for (size_t i = 0; i < 2; i++)
        batch_init(&g->batches[i], g->store, &g->log);
    g->filling = &g->batches[0];
}

/* The list and the owners may have changed while the group was stopped. */
static void
begin(struct group *g)
{
    group_expel_unlisted(g);
    group_catch_up(g);
}

enum status
group_open(struct group **out, const struct group_options *o, struct fault *why)
{
    struct group *g = calloc(1, sizeof *g);
    enum status st;

    *out = NULL;
    if (g == NULL) {
        keyset_free(o->allowed);
        return ST_NOMEM;
    }
    take_options(g, o);
    st = take_owners(g, o);
    if (st == ST_OK)
        st = make_mirrors(g);
    if (st == ST_OK)
        st = group_mirror(g);
    init_batches(g);
    if (st == ST_OK)
        st = store_reader_open(&g->history, g->store, why);
    if (st == ST_OK && (g->page = page_new()) == NULL)
        st = ST_NOMEM;
    if (st == ST_OK)
        st = worker_open(&g->writer, commit, g);
    if (st == ST_OK)
        st = worker_open(&g->reader, group_read_page, g);
    if (st == ST_OK)
        st = group_search_open(g);
    if (st != ST_OK) {
        group_close(g);
        return st;
    }
    begin(g);
    *out = g;
    return ST_OK;
}

/* Calls that were never handed to the writer: the process ends without having stored them. */
static void
refuse_waiting(struct group *g)
{
    for (size_t i = 0; i < g->filling->n_calls; i++)
        if (g->filling->calls[i].call != NULL)
            call_refuse(g->filling->calls[i].call, &g->outbox, CODE_SHUTTING_DOWN, NULL);
}

void
group_close(struct group *g)
{
    if (g == NULL)
        return;
    worker_stop(g->writer);
    while (g->writing || g->upkeep.running)
        group_written(g, NULL);
    if (g->tickets != NULL)
        group_end_feeds(g, END_STOPPED);
    worker_stop(g->reader);
    group_read(g);
    group_search_close(g);
    refuse_waiting(g);
    worker_free(g->writer);
    worker_free(g->reader);
    batch_clear(&g->batches[0]);
    batch_clear(&g->batches[1]);
    page_free(g->page);
    store_reader_close(g->history);
    recent_free(g->recent);
    tickets_free(g->tickets);
    members_free(g->members);
    keyset_free(g->allowed);
    roster_clear(&g->roster);
    free(g->owners);
    free(g);
}

void
group_set_feed(struct group *g, const char *address)
{
    snprintf(g->feed, sizeof g->feed, "%s", address);
}

void
group_request(struct group *g, struct packet *packet)
{
    call_dispatch(g, group_rules, &g->outbox, packet);
}

/* ---- writing ---- */

void
group_flush(struct group *g)
{
    struct batch *b = g->filling;

    if (!g->writing && b->n_calls > 0) {
        b->now_ns = clock_wall_ns();
        g->filling = b == &g->batches[0] ? &g->batches[1] : &g->batches[0];
        g->writing = true;
        worker_submit(g->writer, &b->job);
    }
    group_upkeep_submit(g);
}

int
group_writer_fd(const struct group *g)
{
    return worker_fd(g->writer);
}

static void
answer_all(struct group *g, struct batch *b)
{
    enum wire_code code = b->result == ST_FULL ? CODE_STORAGE_FULL : CODE_STORAGE_FAILED;

    for (size_t i = 0; i < b->n_calls; i++) {
        struct batch_call *c = &b->calls[i];

        if (c->call == NULL)
            continue;
        if (group_answers_change(c->call))
            group_answer_change(g, c->call, &b->changes[c->first], batch_code(b, c));
        else if (b->result != ST_OK)
            call_refuse(c->call, &g->outbox, code, NULL);
        else if (c->answered)
            call_answer(c->call, &g->outbox, &c->reply);
        else
            call_free(c->call);
        c->call = NULL;
    }
}

/* A full disk stays full for a while, and everybody tries. */
static void
log_failure(struct group *g, const struct batch *b)
{
    size_t n = b->result == ST_OK ? b->crowded_out : b->n;
    bool lasts = b->result == ST_OK || b->result == ST_FULL;
    unsigned missed = 0;

    if (n == 0 || (lasts && !log_limit_pass(&g->no_room, 5, clock_mono_ms(), &missed)))
        return;
    log_error("%zu changes were not stored: %s", n, b->why.text);
    if (missed > 0)
        log_error("%u such lines were left out", missed);
}

static enum status
batch_done(struct group *g, struct batch *b, struct fault *why)
{
    enum status st = b->result;

    /* Who has just subscribed where they must not is found before anything is published. */
    g->outbox.look(g->outbox.ctx);
    if (st == ST_OK)
        group_publish(g, b);
    for (size_t i = 0; i < b->n; i++)
        if (b->changes[i].what != STORE_SEND)
            group_change_done(g, &b->changes[i], st == ST_OK ? b->changes[i].result : st);
    answer_all(g, b);
    if (st != ST_OK || b->crowded_out > 0)
        log_failure(g, b);
    if (st != ST_OK && why != NULL)
        *why = b->why;
    batch_reset(b);
    g->writing = false;
    return st == ST_FULL || st == ST_NOMEM ? ST_OK : st;
}

enum status
group_written(struct group *g, struct fault *why)
{
    struct job *job = worker_done(g->writer);

    if (job == NULL)
        return ST_OK;
    if (job == &g->upkeep.job)
        return group_upkeep_done(g, why);
    return batch_done(g, (struct batch *)job, why);
}

/* ---- state ---- */

void
group_hold(struct group *g, enum wire_code code)
{
    bool was = g->held != CODE_OK;

    g->held = code;
    if (was && code == CODE_OK)
        begin(g);
}

void
group_stop(struct group *g)
{
    g->stopping = true;
    group_search_stop(g);
}

bool
group_idle(const struct group *g)
{
    return !g->writing && !g->upkeep.running && g->filling->n_calls == 0 && g->reads == 0 &&
           !group_searching(g);
}

size_t
group_members(const struct group *g)
{
    return members_in(g->members);
}

uint64_t
group_head(const struct group *g)
{
    return g->head;
}
