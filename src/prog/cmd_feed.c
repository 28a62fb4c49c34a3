#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"

/* A feed that is being printed. */
struct feeding {
    size_t groups;  /* still followed */
    uint64_t count; /* entries still wanted; 0: no bound */
    bool over;
    int status; /* then */
};

static enum conclave_status
follow_all(struct cmd *c)
{
    enum conclave_status st = CONCLAVE_OK;
    int64_t after = 0;

    if (c->set.after != NULL && !cmd_after(c, &after))
        return CONCLAVE_INVALID;
    for (size_t i = 0; i < c->n_args && st == CONCLAVE_OK; i++) {
        if (c->set.after != NULL)
            st = conclave_follow_after_time(c->client, c->args[i], after);
        else
            st = conclave_follow(c->client, c->args[i]);
        if (st != CONCLAVE_OK)
            cmd_fail_group(c, st, c->args[i]);
    }
    return st;
}

static void
entry_came(struct cmd *c, struct feeding *f, const struct conclave_entry *e)
{
    if (!show_entry(&c->out, e) || (f->count > 0 && --f->count == 0))
        f->over = true;
}

static void
state_changed(struct cmd *c, struct feeding *f, const struct conclave_event *e)
{
    char group[CONCLAVE_NAME_MAX + 1];

    if (e->state != CONCLAVE_FEED_ENDED) {
        show_state(&c->err, e);
        return;
    }
    f->groups--;
    if (f->groups > 0) {
        show_state(&c->err, e);
    } else {
        f->status = cmd_fail(c, EXIT_REFUSED, e->code, "%s: %s", e->group, e->text);
        f->over = true;
    }
    /* The event's own name does not outlive the call. */
    snprintf(group, sizeof(group), "%s", e->group);
    conclave_unfollow(c->client, group);
}

static void
dispatch(struct cmd *c, struct feeding *f, const struct conclave_event *e)
{
    switch (e->type) {
    case CONCLAVE_EVENT_ENTRY:
        entry_came(c, f, &e->entry);
        break;
    case CONCLAVE_EVENT_GAP:
        show_gap(c->set.json ? &c->out : &c->err, e);
        break;
    case CONCLAVE_EVENT_STATE:
        state_changed(c, f, e);
        break;
    case CONCLAVE_EVENT_FD:
        f->over = true;
        break;
    case CONCLAVE_EVENT_ACK:
    case CONCLAVE_EVENT_REFUSED:
        break; /* nothing was posted */
    }
}

static int
print_feed(struct cmd *c, struct feeding *f)
{
    struct conclave_event e;

    while (!f->over) {
        enum conclave_status st = conclave_poll(c->client, -1, &e);

        if (st == CONCLAVE_OK)
            dispatch(c, f, &e);
        else if (st != CONCLAVE_NONE)
            return cmd_fail_client(c, st);
        if (c->out.stopped || c->out.error != 0)
            f->over = true;
    }
    return f->status;
}

int
cmd_feed(struct cmd *c)
{
    struct feeding f = {.groups = c->n_args, .status = EXIT_DONE};
    int interrupts;
    int status;

    if (!cmd_number(c, "count", c->set.count, &f.count))
        return EXIT_USAGE;
    interrupts = cmd_open_interrupts();
    if (interrupts < 0)
        return cmd_fail(c, EXIT_LOCAL, "local", "no signalfd: %s", strerror(errno));
    conclave_watch(c->client, interrupts);
    c->out.live = true;
    c->out.with_group = c->n_args > 1;
    c->out.stop_fd = interrupts;
    c->err.stop_fd = interrupts;

    status = (int)follow_all(c);
    if (status == EXIT_DONE)
        status = print_feed(c, &f);
    conclave_watch(c->client, -1);
    c->out.stop_fd = -1;
    c->err.stop_fd = -1;
    close(interrupts);
    return status;
}
