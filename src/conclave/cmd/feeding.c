#include "cmd/feeding.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/reading.h"

/* A feed that is being printed. */
struct feeding {
    struct cmd *c;
    const struct feed_plan *plan;
    struct resume *places; /* NULL: not remembered */
    int interrupts;
    size_t groups;  /* still followed */
    uint64_t count; /* entries still wanted; 0: no bound */
    bool over;
    int status; /* then */
};

static void
end(struct feeding *f, int status)
{
    f->over = true;
    f->status = status;
}

/* ---- the start ---- */

/* CONCLAVE_OK: *cursor is the place to begin at. CONCLAVE_NONE: none is remembered or wanted. */
static enum conclave_status
find_place(struct feeding *f, const char *group, const struct moment *after,
           struct conclave_cursor *cursor)
{
    enum conclave_status st = CONCLAVE_NONE;

    if (f->places != NULL)
        st = resume_load(f->places, group, cursor);
    if (st != CONCLAVE_NONE)
        return st;
    *cursor = (struct conclave_cursor){.seq = after->seq};
    if (after->by_seq)
        return CONCLAVE_OK;
    if (f->plan->last == 0)
        return CONCLAVE_NONE;
    st = reading_last(f->c, group, f->plan->last, cursor);
    if (st != CONCLAVE_OK && st != CONCLAVE_NONE)
        cmd_fail_group(f->c, st, group);
    return st;
}

static enum conclave_status
follow(struct feeding *f, const char *group, const struct moment *after)
{
    struct conclave *client = f->c->client;
    struct conclave_cursor cursor;
    enum conclave_status st = find_place(f, group, after, &cursor);

    if (st != CONCLAVE_OK && st != CONCLAVE_NONE)
        return st;
    if (st == CONCLAVE_OK)
        st = conclave_follow_after(client, group, &cursor);
    else if (after->given)
        st = conclave_follow_after_time(client, group, after->ns);
    else
        st = conclave_follow(client, group);
    if (st != CONCLAVE_OK)
        cmd_fail_group(f->c, st, group);
    else if (f->places != NULL && !resume_moved(f->places, group, true))
        st = CONCLAVE_LOCAL;
    return st;
}

static enum conclave_status
follow_all(struct feeding *f)
{
    enum conclave_status st = CONCLAVE_OK;
    struct cmd *c = f->c;
    struct moment after;

    if (!cmd_moment(c, "after", f->plan->after, &after))
        return CONCLAVE_INVALID;
    if (after.given && f->plan->last > 0)
        return (enum conclave_status)cmd_misuse(c, "with a feed, --last goes without --after");
    for (size_t i = 0; i < f->plan->n && st == CONCLAVE_OK; i++)
        st = follow(f, f->plan->groups[i], &after);
    return st;
}

/* ---- what comes ---- */

static bool
is_interrupted(const struct feeding *f)
{
    struct pollfd fd = {.fd = f->interrupts, .events = POLLIN};

    return poll(&fd, 1, 0) > 0;
}

/* False: the entry is not done with. */
static bool
run_command(struct feeding *f, const struct conclave_entry *e)
{
    int result = 0;

    if (!feed_exec(f->c, f->plan->exec, e, &result)) {
        end(f, EXIT_LOCAL);
        return false;
    }
    if (result == 0)
        return true;
    /* Ctrl-C reaches the command too. */
    if (is_interrupted(f))
        end(f, EXIT_DONE);
    else
        end(f, cmd_fail(f->c, EXIT_REFUSED, "command_failed",
                        "the command ended with status %d at #%" PRIu64 " of %s", result, e->seq,
                        e->group));
    return false;
}

static void
entry_came(struct feeding *f, const struct conclave_entry *e)
{
    char group[CONCLAVE_NAME_MAX + 1];

    /* The event's own name does not outlive a call. */
    snprintf(group, sizeof group, "%s", e->group);
    if (f->plan->exec != NULL ? !run_command(f, e) : !tell_entry(&f->c->out, e)) {
        f->over = true;
        return;
    }
    if (f->places != NULL && !resume_moved(f->places, group, f->plan->exec != NULL))
        end(f, EXIT_LOCAL);
    if (f->count > 0 && --f->count == 0)
        f->over = true;
}

static void
state_changed(struct feeding *f, const struct conclave_event *e)
{
    char group[CONCLAVE_NAME_MAX + 1];

    if (e->state != CONCLAVE_FEED_ENDED) {
        tell_state(&f->c->err, e);
        return;
    }
    f->groups--;
    if (f->groups > 0)
        tell_state(&f->c->err, e);
    else
        end(f, cmd_fail(f->c, EXIT_REFUSED, e->code, "%s: %s", e->group, e->text));
    snprintf(group, sizeof group, "%s", e->group);
    conclave_unfollow(f->c->client, group);
}

static void
dispatch(struct feeding *f, const struct conclave_event *e)
{
    switch (e->type) {
    case CONCLAVE_EVENT_ENTRY:
        entry_came(f, &e->entry);
        break;
    case CONCLAVE_EVENT_GAP:
        tell_gap(f->c->set.json ? &f->c->out : &f->c->err, e);
        break;
    case CONCLAVE_EVENT_STATE:
        state_changed(f, e);
        break;
    case CONCLAVE_EVENT_FD:
        f->over = true;
        break;
    case CONCLAVE_EVENT_ACK:
    case CONCLAVE_EVENT_REFUSED:
    case CONCLAVE_EVENT_PRESENCE:
        break; /* nothing was posted, and who is here is not asked */
    }
}

static int
pump(struct feeding *f)
{
    struct cmd *c = f->c;
    struct conclave_event e;

    while (!f->over) {
        bool pending = f->places != NULL && resume_pending(f->places);
        enum conclave_status st = conclave_poll(c->client, pending ? 0 : -1, &e);

        if (st == CONCLAVE_OK)
            dispatch(f, &e);
        else if (st != CONCLAVE_NONE)
            return cmd_fail_client(c, st);
        else if (pending && !resume_save(f->places))
            return EXIT_LOCAL;
        if (c->out.stopped || c->out.error != 0)
            f->over = true;
    }
    return f->status;
}

static int
feed(struct feeding *f)
{
    int status;

    if (f->plan->resume != NULL) {
        f->places = resume_open(f->c, f->plan, &status);
        if (f->places == NULL)
            return status;
    }
    status = (int)follow_all(f);
    if (status == EXIT_DONE)
        status = pump(f);
    resume_close(f->places);
    return status;
}

int
feed_run(struct cmd *c, const struct feed_plan *plan)
{
    struct feeding f = {.c = c, .plan = plan, .groups = plan->n, .count = plan->count};
    int status;

    f.interrupts = cmd_open_interrupts();
    if (f.interrupts < 0)
        return cmd_fail(c, EXIT_LOCAL, "local", "no signalfd: %s", strerror(errno));
    conclave_watch(c->client, f.interrupts);
    c->out.live = true;
    c->out.with_group = plan->n > 1;
    c->out.stop_fd = f.interrupts;
    c->err.stop_fd = f.interrupts;

    status = feed(&f);
    conclave_watch(c->client, -1);
    c->out.stop_fd = -1;
    c->err.stop_fd = -1;
    close(f.interrupts);
    return status;
}
