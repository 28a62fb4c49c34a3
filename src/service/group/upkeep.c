#include "base/clock.h"
#include "group/impl.h"

/* Entries in one step: so many, and as many again as the last batch held, so that removal keeps
 * up with any load. */
#define STEP_ROWS     256
#define STEP_ROWS_MAX 16384
#define STEP_ROWS_MIN 16 /* where even removing finds little room */

/* So far the wall clock may run ahead of the other one before somebody is told. */
#define JUMP_NS (3600 * NS_PER_S)

/* By a clock that jumped years ahead, every entry would be too old. Since the start, no more time
 * has passed than the monotonic clock says. */
static int64_t
sober(struct upkeep *u, int64_t wall_ns, int64_t mono_ms)
{
    int64_t most_ns;

    if (!u->started) {
        u->started = true;
        u->start_wall_ns = wall_ns;
        u->start_mono_ms = mono_ms;
    }
    if (__builtin_add_overflow(u->start_wall_ns, (mono_ms - u->start_mono_ms) * NS_PER_MS,
                               &most_ns) ||
        wall_ns <= most_ns)
        return wall_ns;
    if (wall_ns - most_ns > JUMP_NS && u->keep.age_ns != 0 && !u->jump_told) {
        u->jump_told = true;
        log_warn("the clock jumped ahead; until the next start, entries age as if it had not");
    }
    return most_ns;
}

void
group_upkeep(struct group *g, int64_t wall_ns, int64_t mono_ms)
{
    struct upkeep *u = &g->upkeep;

    if (!u->on || u->running)
        return;
    u->ageless = doubt_clock(&u->doubt, wall_ns, mono_ms, u->keep.age_ns != 0);
    u->now_ns = sober(u, wall_ns, mono_ms);
    u->due = true;
    group_upkeep_submit(g);
}

void
group_server_time(struct group *g, int64_t server_ns, int64_t mono_ms)
{
    doubt_server(&g->upkeep.doubt, server_ns, mono_ms);
}

void
group_upkeep_submit(struct group *g)
{
    struct upkeep *u = &g->upkeep;
    const struct batch *last = g->filling == &g->batches[0] ? &g->batches[1] : &g->batches[0];

    if (!u->due || u->running || g->stopping)
        return;
    u->rows = STEP_ROWS + (g->writing ? last->n : 0);
    if (u->rows > STEP_ROWS_MAX)
        u->rows = STEP_ROWS_MAX;
    if (u->result == ST_FULL)
        u->rows = STEP_ROWS_MIN;
    u->due = false;
    u->running = true;
    worker_submit(g->writer, &u->job);
}

void
group_upkeep_run(struct group *g)
{
    struct upkeep *u = &g->upkeep;

    struct store_keep keep = u->keep;

    if (u->ageless)
        keep.age_ns = 0;
    u->result = store_trim(g->store, &keep, u->now_ns, u->rows, &u->removed, &u->why);
    store_refill(g->store);
}

enum status
group_upkeep_done(struct group *g, struct fault *why)
{
    struct upkeep *u = &g->upkeep;

    u->running = false;
    switch (u->result) {
    case ST_OK:
        g->first += u->removed;
        u->due = u->removed == u->rows;
        return ST_OK;
    case ST_FULL:
    case ST_NOMEM:
        return ST_OK; /* at the next beat, perhaps */
    case ST_CORRUPT:
        log_error("old entries are not removed any more: %s", u->why.text);
        u->on = false;
        return ST_OK;
    default:
        if (why != NULL)
            *why = u->why;
        return u->result;
    }
}
