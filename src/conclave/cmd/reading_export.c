/* History as a file, which is there when it is whole. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "cmd/progress.h"
#include "cmd/reading.h"

struct export
{
    struct cmd *c;
    struct reading *reading;
    struct path draft;
    struct tell file;
    int interrupts;
    uint64_t begin; /* the seq before the first one wanted */
    uint64_t head;
    uint64_t limit; /* entries that were wanted; 0: all */
    struct progress progress;
};

static bool
was_interrupted(const struct export *x)
{
    struct pollfd fd = {.fd = x->interrupts, .events = POLLIN};

    return x->interrupts >= 0 && poll(&fd, 1, 0) > 0;
}

/* How much of it is written, from 0 to 1. */
static double
part_done(const struct export *x)
{
    double done = (double)(x->reading->cursor.seq - x->begin);
    double all = (double)(x->head - x->begin);

    if (x->limit > 0)
        return (double)x->reading->given / (double)x->limit;
    return x->head > x->begin && done <= all ? done / all : -1;
}

/* After a time, and where the beginning is no longer kept, the first page is asked for once more,
 * one entry of it, to know where that is. */
static enum conclave_status
find_begin(struct export *x)
{
    struct conclave *client = x->c->client;
    struct reading *r = x->reading;
    struct conclave_cursor next;
    struct conclave_entry e;
    struct conclave_info info;
    bool end;
    enum conclave_status st = conclave_get_info(client, r->group, &info);

    if (st != CONCLAVE_OK)
        return st;
    x->head = info.head;
    /* Only who was out between two stays has holes by right. */
    r->whole = strcmp(info.history, "while-member") != 0;
    if (r->before.by_seq && r->before.seq <= info.head)
        x->head = r->before.seq - (r->before.seq > 0 ? 1 : 0);
    if (r->by_cursor || !r->after.given || r->after.by_seq)
        st = conclave_fetch(client, r->group, &r->cursor, 1, &next, &end);
    else
        st = conclave_fetch_after_time(client, r->group, r->after.ns, 1, &next, &end);
    if (st == CONCLAVE_OK && conclave_next_entry(client, &e) == CONCLAVE_OK) {
        r->cursor = (struct conclave_cursor){.log = next.log, .seq = e.seq - 1};
        r->by_cursor = true;
    }
    x->begin = r->cursor.seq;
    return st;
}

static int
write_entries(struct export *x)
{
    struct reading *r = x->reading;
    enum conclave_status st = reading_begin(r, x->c);

    if (st == CONCLAVE_OK && !r->end)
        st = find_begin(x);
    while (st == CONCLAVE_OK && !was_interrupted(x)) {
        st = reading_page(r, x->c, &x->file);
        progress_show(&x->progress, r->given, part_done(x), clock_mono_ms());
    }
    progress_end(&x->progress);
    if (x->file.error != 0)
        return cmd_fail(x->c, EXIT_LOCAL, "local", "cannot write %s: %s", x->draft.text,
                        strerror(x->file.error));
    if (r->lost_from > 0)
        return cmd_fail(x->c, EXIT_REFUSED, "incomplete",
                        "entries %" PRIu64 " to %" PRIu64
                        " of the history are missing; nothing is exported",
                        r->lost_from, r->lost_to);
    if (st == CONCLAVE_OK)
        return cmd_fail(x->c, EXIT_REFUSED, "interrupted", "interrupted; nothing is exported");
    return st == CONCLAVE_NONE ? -1 : cmd_fail_group(x->c, st, r->group);
}

/* What a rename would put out of the way without being asked: a FIFO, a device node, a link. */
static int
check_replaceable(struct cmd *c, const char *file)
{
    struct stat info;

    if (lstat(file, &info) != 0 || S_ISREG(info.st_mode))
        return -1;
    return cmd_fail(c, EXIT_LOCAL, "local",
                    "%s is no regular file, and is not replaced; to write elsewhere: --json", file);
}

static int
put_in_place(struct export *x, const char *file)
{
    int status = check_replaceable(x->c, file);

    if (status >= 0)
        return status;
    if (fsync(x->file.fd) != 0 || rename(x->draft.text, file) != 0)
        return cmd_fail(x->c, EXIT_LOCAL, "local", "cannot write %s: %s", file, strerror(errno));
    tell_exported(&x->c->out, x->reading->group, file, x->reading->given);
    return EXIT_DONE;
}

int
reading_export(struct cmd *c, struct reading *r, const char *file)
{
    struct export x = {.c = c, .reading = r, .limit = r->left};
    int status = check_replaceable(c, file);
    int fd = -1;

    if (status >= 0)
        return status;
    if (snprintf(x.draft.text, sizeof x.draft.text, "%s.XXXXXX", file) < PATH_MAX)
        fd = mkostemp(x.draft.text, O_CLOEXEC);
    if (fd < 0)
        return cmd_fail(c, EXIT_LOCAL, "local", "cannot write %s: %s", file, strerror(errno));
    x.interrupts = cmd_open_interrupts();
    progress_init(&x.progress, c->set.quiet || c->set.json, "entries", clock_mono_ms());
    tell_init(&x.file, fd, true);
    status = write_entries(&x);
    if (status < 0)
        status = put_in_place(&x, file);
    if (status != EXIT_DONE)
        unlink(x.draft.text);
    tell_clear(&x.file);
    close(fd);
    if (x.interrupts >= 0)
        close(x.interrupts);
    return status;
}
