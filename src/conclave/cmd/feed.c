#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "cmd/cmd.h"
#include "cmd/history.h"
#include "cmd/resume.h"

extern char **environ;

/* A feed that is being printed. */
struct feeding {
    struct cmd *c;
    struct resume *places; /* NULL: not remembered */
    uint64_t last;         /* begin with the last so many entries of each group */
    int interrupts;
    size_t groups;   /* still followed */
    uint64_t count;  /* entries still wanted; 0: no bound */
    int64_t wait_ms; /* for an entry; 0: for ever */
    int64_t came_ms; /* when the last one came, or we began to wait */
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
    if (f->last == 0)
        return CONCLAVE_NONE;
    st = history_last(f->c, group, f->last, cursor);
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

    if (!cmd_moment(c, "after", c->set.after, &after))
        return CONCLAVE_INVALID;
    if (after.given && f->last > 0)
        return (enum conclave_status)cmd_misuse(c, "with a feed, --last goes without --after");
    for (size_t i = 0; i < c->n_args && st == CONCLAVE_OK; i++)
        st = follow(f, c->args[i], &after);
    return st;
}

/* ---- a command for each entry ---- */

/* A file in memory: a command that does not read its input cannot hold us up. -1 with errno. */
static int
input_of(const struct conclave_entry *e)
{
    struct tell file;
    int fd = memfd_create("entry", MFD_CLOEXEC);
    bool good;

    if (fd < 0)
        return -1;
    tell_init(&file, fd, true);
    good = tell_entry(&file, e) && tell_flush(&file) && lseek(fd, 0, SEEK_SET) == 0;
    if (file.error != 0)
        errno = file.error;
    tell_clear(&file);
    if (good)
        return fd;
    close(fd);
    return -1;
}

/* Signals are to mean for the command what they mean for any. Returns an errno. */
static int
spawn(pid_t *child, const char *command, int input)
{
    char *const argv[] = {(char[]){"sh"}, (char[]){"-c"}, (char *)(uintptr_t)command, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigset_t ignored;
    int e;

    sigemptyset(&none);
    sigemptyset(&ignored);
    sigaddset(&ignored, SIGPIPE);
    sigaddset(&ignored, SIGXFSZ);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &ignored);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    e = posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    if (e == 0)
        e = posix_spawn(child, "/bin/sh", &actions, &attributes, argv, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return e;
}

/* Run it with the entry as JSON on standard input, and wait for its end. *result is its exit
 * status, or 128 and the signal that ended it. False: reported. */
static bool
execute(struct cmd *c, const char *command, const struct conclave_entry *e, int *result)
{
    int input = input_of(e);
    int failure = input < 0 ? errno : 0;
    int state = 0;
    pid_t child = -1;

    if (failure == 0)
        failure = spawn(&child, command, input);
    if (input >= 0)
        close(input);
    while (failure == 0 && waitpid(child, &state, 0) < 0)
        failure = errno != EINTR ? errno : 0;
    if (failure != 0) {
        cmd_fail(c, CONCLAVE_LOCAL, "local", "cannot run the command: %s", strerror(failure));
        return false;
    }
    *result = WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
    return true;
}

/* False: the entry is not done with. */
static bool
run_command(struct feeding *f, const struct conclave_entry *e)
{
    int result = 0;

    if (!execute(f->c, f->c->set.exec, e, &result)) {
        end(f, CONCLAVE_LOCAL);
        return false;
    }
    if (result == 0)
        return true;
    /* Ctrl-C reaches the command too. */
    if (cmd_is_interrupted(f->interrupts))
        end(f, CONCLAVE_OK);
    else
        end(f, cmd_fail(f->c, CONCLAVE_REFUSED, "command_failed",
                        "the command ended with status %d at #%" PRIu64 " of %s", result, e->seq,
                        e->group));
    return false;
}

/* ---- what comes ---- */

static void
entry_came(struct feeding *f, const struct conclave_entry *e)
{
    char group[CONCLAVE_NAME_MAX + 1];

    /* The event's own name does not outlive a call. */
    snprintf(group, sizeof group, "%s", e->group);
    if (f->c->set.exec != NULL ? !run_command(f, e) : !tell_entry(&f->c->out, e)) {
        f->over = true;
        return;
    }
    if (f->places != NULL && !resume_moved(f->places, group, f->c->set.exec != NULL))
        end(f, CONCLAVE_LOCAL);
    if (f->count > 0 && --f->count == 0)
        f->over = true;
    f->came_ms = clock_mono_ms();
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
        end(f, cmd_fail(f->c, CONCLAVE_REFUSED, e->code, "%s: %s", e->group, e->text));
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

/* How long may the next event take? -1: as long as it likes. */
static int
patience_ms(const struct feeding *f)
{
    int64_t left = f->came_ms + f->wait_ms - clock_mono_ms();

    if (f->wait_ms == 0)
        return -1;
    return left <= 0 ? 0 : left < INT_MAX ? (int)left : INT_MAX;
}

static int
pump(struct feeding *f)
{
    struct cmd *c = f->c;
    struct conclave_event e;

    f->came_ms = clock_mono_ms();
    while (!f->over) {
        bool pending = f->places != NULL && resume_pending(f->places);
        enum conclave_status st = conclave_poll(c->client, pending ? 0 : patience_ms(f), &e);

        if (st == CONCLAVE_OK)
            dispatch(f, &e);
        else if (st != CONCLAVE_NONE)
            return cmd_fail_client(c, st);
        else if (pending && !resume_save(f->places))
            return CONCLAVE_LOCAL;
        else if (patience_ms(f) == 0)
            return cmd_fail(c, CONCLAVE_NONE, "nothing_came", "nothing came for %s", c->set.wait);
        if (c->out.stopped || c->out.error != 0)
            f->over = true;
    }
    return f->status;
}

static int
feed(struct feeding *f)
{
    int status;

    if (f->c->set.resume != NULL) {
        f->places = resume_open(f->c, &status);
        if (f->places == NULL)
            return status;
    }
    status = (int)follow_all(f);
    if (status == CONCLAVE_OK)
        status = pump(f);
    resume_close(f->places);
    return status;
}

int
cmd_feed(struct cmd *c)
{
    struct feeding f = {.c = c,
                        .groups = c->n_args,
                        .last = cmd_number(c->set.last),
                        .count = cmd_number(c->set.count)};
    long long wait_ms = 0;
    int status;

    if (c->set.wait != NULL)
        opts_duration_ms(c->set.wait, &wait_ms);
    f.wait_ms = wait_ms;
    f.interrupts = cmd_open_interrupts();
    if (f.interrupts < 0)
        return cmd_fail(c, CONCLAVE_LOCAL, "local", "no signalfd: %s", strerror(errno));
    conclave_watch(c->client, f.interrupts);
    c->out.live = true;
    c->out.with_group = c->n_args > 1;
    c->out.stop_fd = f.interrupts;
    c->err.stop_fd = f.interrupts;

    status = feed(&f);
    conclave_watch(c->client, -1);
    c->out.stop_fd = -1;
    c->err.stop_fd = -1;
    close(f.interrupts);
    return status;
}
