#include "group.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "group_impl.h"
#include "log.h"

/* Who may do it, and what does it. */
static const struct op_rule rules[OP_COUNT] = {
    [OP_JOIN_GROUP] = {group_may_enter, group_join_group},
    [OP_LEAVE_GROUP] = {group_may_member, group_leave_group},
    [OP_SEND_MESSAGE] = {group_may_member, group_send_message},
    [OP_GET_MESSAGE] = {group_may_member, group_get_message},
    [OP_GET_MEMBERS] = {group_may_member, group_get_members},
    [OP_SUBSCRIBE] = {group_may_member, group_subscribe},
};

static bool
on_list(const struct group *g, const uint8_t key[static KEY_LEN])
{
    return !g->allowed || keyset_has(g->allowed, key);
}

/* ZAP asks once for each connection, so every request is asked again. */
enum wire_code
group_may_enter(void *service, const struct call *call)
{
    const struct group *g = service;

    if (g->stopping)
        return CODE_SHUTTING_DOWN;
    return on_list(g, call->packet.peer) ? CODE_OK : CODE_NOT_ALLOWED;
}

enum wire_code
group_may_member(void *service, const struct call *call)
{
    const struct group *g = service;
    enum wire_code code = group_may_enter(service, call);
    const struct member *who;

    if (code != CODE_OK)
        return code;
    who = members_find(g->members, &call->peer);
    return who && who->state == MEMBER_IN ? CODE_OK : CODE_NOT_MEMBER;
}

bool
group_admits(void *ctx, const char *domain, const uint8_t key[static KEY_LEN])
{
    const struct group *g = ctx;
    struct id uuid;
    const struct member *who;

    if (!on_list(g, key))
        return false;
    if (strcmp(domain, GROUP_DOOR_REQUESTS) == 0)
        return true;
    uuid = id_of_key(key);
    who = members_find(g->members, &uuid);
    return strcmp(domain, GROUP_DOOR_FEED) == 0 && who && who->state == MEMBER_IN;
}

/* Whoever is in, but not on the list, is out. */
static void
expel_unlisted(struct group *g)
{
    for (size_t i = 0; i < members_total(g->members); i++) {
        struct member *who = members_at(g->members, i);

        if (who->state == MEMBER_IN && !on_list(g, who->key))
            group_expel(g, who);
    }
}

void
group_set_allowed(struct group *g, struct keyset *allowed)
{
    keyset_free(g->allowed);
    g->allowed = allowed;
    expel_unlisted(g);
}

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

enum status
group_open(struct group **out, const struct group_options *o, struct fault *why)
{
    struct store_state state = {0};
    struct group *g = calloc(1, sizeof *g);
    enum status st;

    *out = NULL;
    if (!g) {
        keyset_free(o->allowed);
        return ST_NOMEM;
    }
    g->store = o->store;
    g->outbox = *o->outbox;
    g->allowed = o->allowed;
    g->self = id_of_key(o->key);
    st = store_state(g->store, &state);
    g->log = state.log;
    g->head = state.head;
    for (size_t i = 0; i < 2; i++)
        batch_init(&g->batches[i], g->store, &g->log);
    g->filling = &g->batches[0];
    if (o->keep)
        g->upkeep = (struct upkeep){.on = true, .keep = *o->keep};
    if (st == ST_OK)
        st = members_new(&g->members);
    if (st == ST_OK)
        st = sessions_new(&g->sessions);
    if (st == ST_OK)
        st = group_load_members(g);
    if (st == ST_OK)
        st = store_reader_open(&g->history, g->store, why);
    if (st == ST_OK && !(g->page = page_new()))
        st = ST_NOMEM;
    if (st == ST_OK)
        st = worker_open(&g->writer, commit, g);
    if (st == ST_OK)
        st = worker_open(&g->reader, group_read_page, g);
    if (st != ST_OK) {
        group_close(g);
        return st;
    }
    /* The list may have changed while the group was stopped. */
    expel_unlisted(g);
    *out = g;
    return ST_OK;
}

/* Calls that were never handed to the writer: the process ends without having stored them. */
static void
refuse_waiting(struct group *g)
{
    for (size_t i = 0; i < g->filling->n_calls; i++)
        if (g->filling->calls[i].call)
            call_refuse(g->filling->calls[i].call, &g->outbox, CODE_SHUTTING_DOWN, NULL);
}

void
group_close(struct group *g)
{
    if (!g)
        return;
    worker_stop(g->writer);
    while (g->writing || g->upkeep.running)
        group_written(g, NULL);
    worker_stop(g->reader);
    group_read(g);
    refuse_waiting(g);
    worker_free(g->writer);
    worker_free(g->reader);
    batch_clear(&g->batches[0]);
    batch_clear(&g->batches[1]);
    page_free(g->page);
    store_reader_close(g->history);
    sessions_free(g->sessions);
    members_free(g->members);
    keyset_free(g->allowed);
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
    call_dispatch(g, rules, &g->outbox, packet);
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

bool
group_has_room(struct group *g, struct call *call, size_t n)
{
    struct batch *b = g->filling;
    size_t size = frame_span(&call->packet.body).len;

    if (b->bytes + size > GROUP_WAITING_MAX || b->n + n > GROUP_CHANGES_MAX)
        return false;
    b->bytes += size;
    return true;
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

        if (!c->call)
            continue;
        if (b->result != ST_OK)
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

    if (st == ST_OK)
        group_publish(g, b);
    for (size_t i = 0; i < b->n; i++)
        if (b->changes[i].what != STORE_SEND)
            group_membership_done(g, &b->changes[i], st == ST_OK ? b->changes[i].result : st);
    answer_all(g, b);
    if (st != ST_OK || b->crowded_out > 0)
        log_failure(g, b);
    if (st != ST_OK && why)
        *why = b->why;
    batch_reset(b);
    g->writing = false;
    return st == ST_FULL || st == ST_NOMEM ? ST_OK : st;
}

enum status
group_written(struct group *g, struct fault *why)
{
    struct job *job = worker_done(g->writer);

    if (!job)
        return ST_OK;
    if (job == &g->upkeep.job)
        return group_upkeep_done(g, why);
    return batch_done(g, (struct batch *)job, why);
}

/* ---- state ---- */

void
group_stop(struct group *g)
{
    g->stopping = true;
}

bool
group_idle(const struct group *g)
{
    return !g->writing && !g->upkeep.running && g->filling->n_calls == 0 && g->reads == 0;
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
