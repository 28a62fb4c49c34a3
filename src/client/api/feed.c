#include "conclave.h"

#include <string.h>

#include "base/clock.h"
#include "client/handle.h"
#include "client/public.h"
#include "client/wakeup.h"

#define LOOK_EVERY 128 /* events given before the clock is looked at */
#define LOOK_MS    1   /* and so long after the last step the connections are looked after */
#define ROW_MAX    256 /* events of one group while others may wait */

/* ---- the next event ---- */

static void
next_group(struct conclave *c)
{
    c->turn = c->turn != NULL && c->turn->next != NULL ? c->turn->next : c->groups;
    c->in_row = 0;
}

static bool
next_event(struct conclave *c, struct conclave_event *out)
{
    if (c->fd_ready) {
        c->fd_ready = false;
        *out =
            (struct conclave_event){.type = CONCLAVE_EVENT_FD, .group = "", .code = "", .text = ""};
        return true;
    }
    if (c->turn == NULL || c->in_row >= ROW_MAX)
        next_group(c);
    for (size_t i = 0; i < c->n_groups; i++) {
        if (remote_next(c->turn, out)) {
            c->in_row++;
            c->given++;
            return true;
        }
        next_group(c);
    }
    return false;
}

/* Whoever has events to give must not forget the connections over it; but looking after them takes
 * system calls, and events come by the hundred thousand. */
static void
look_after_connections(struct conclave *c)
{
    if (c->given < LOOK_EVERY)
        return;
    c->given = 0;
    if (clock_mono_ms() - c->now_ms >= LOOK_MS)
        handle_wait(c, 0);
}

/* Whoever opens a handle next is told what is wrong with it. */
static void
take_what_others_left(struct conclave *c)
{
    if (c->spool != NULL && clock_mono_ms() >= c->left_ms)
        (void)handle_take_left(c, NULL);
}

enum conclave_status
conclave_poll(struct conclave *c, int timeout_ms, struct conclave_event *out)
{
    int64_t until;

    look_after_connections(c);
    if (next_event(c, out))
        return CONCLAVE_OK;
    until = timeout_ms < 0 ? INT64_MAX : clock_mono_ms() + timeout_ms;
    do {
        take_what_others_left(c);
        /* Who does not wait need not ask the system what could be read: the step tries. */
        if (timeout_ms == 0 && c->fd < 0)
            handle_step(c);
        else
            handle_wait(c, until);
        if (next_event(c, out))
            return CONCLAVE_OK;
    } while (clock_mono_ms() < until);
    if (c->wakeup != NULL) {
        wakeup_still(c->wakeup);
        wakeup_arm(c->wakeup, c);
    }
    return CONCLAVE_NONE;
}

int
conclave_fd(struct conclave *c)
{
    if (c->wakeup == NULL)
        c->wakeup = wakeup_new();
    if (c->wakeup == NULL)
        return -1;
    wakeup_arm(c->wakeup, c);
    return wakeup_fd(c->wakeup);
}

/* ---- following ---- */

static void
unfollow(struct remote *k)
{
    feed_free(k->feed);
    k->feed = NULL;
}

static enum conclave_status
wait_until_up(struct conclave *c, struct remote *k)
{
    const struct feed *f = k->feed;
    enum conclave_status st = CONCLAVE_OK;

    handle_step(c);
    while (!feed_is_up(f) && f->phase != FEED_ENDED)
        handle_wait(c, INT64_MAX);
    if (!feed_is_up(f)) {
        st = handle_refuse(c, f->end_st, &f->why);
        unfollow(k);
    }
    return st;
}

static enum conclave_status
follow(struct conclave *c, const char *group, struct feed_options o)
{
    struct remote *k = NULL;
    enum conclave_status st;

    o.deadline_ms = handle_deadline(c);
    st = handle_group(c, group, o.deadline_ms, &k);
    if (st != CONCLAVE_OK)
        return st;
    if (k->feed != NULL)
        return handle_error(c, ST_INVALID, "%s is followed already", k->session.what);
    o.group = k->name;
    o.session = &k->session;
    o.nicks = &k->nicks;
    o.places = c->places;
    k->feed = feed_new(&o);
    if (k->feed == NULL)
        return handle_error(c, ST_NOMEM, "out of memory");
    st = wait_until_up(c, k);
    if (st == CONCLAVE_OK && !k->nicks.loaded)
        nicks_load(&k->nicks, handle_deadline(c));
    return st;
}

enum conclave_status
conclave_follow(struct conclave *c, const char *group)
{
    return follow(c, group, (struct feed_options){.start = FEED_FROM_NOW});
}

enum conclave_status
conclave_follow_after_time(struct conclave *c, const char *group, int64_t after)
{
    return follow(c, group, (struct feed_options){.start = FEED_AFTER_TIME, .after_ts = after});
}

enum conclave_status
conclave_follow_after(struct conclave *c, const char *group, const struct conclave_cursor *after)
{
    return follow(c, group,
                  (struct feed_options){.start = FEED_AFTER_CURSOR, .after = cursor_tail(after)});
}

void
conclave_unfollow(struct conclave *c, const char *group)
{
    struct remote *k = handle_find(c, group);

    if (k != NULL)
        unfollow(k);
}

bool
conclave_position(const struct conclave *c, const char *group, struct conclave_cursor *out)
{
    const struct remote *k = handle_find(c, group);

    if (k == NULL || k->feed == NULL)
        return false;
    cursor_public(out, &k->feed->tail);
    return true;
}
