#include "cmd/history.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "cmd/progress.h"

/* As many as a page can hold. */
#define PAGE_MAX 4096

/* The history of a group, page by page. */
struct reading {
    const char *group;
    struct moment after; /* what is wanted lies between these two */
    struct moment before;
    bool from_end;  /* and is only the last `left` of it */
    bool reverse;   /* newest first */
    uint64_t left;  /* entries still wanted; 0 with `all` */
    bool all;       /* no limit */
    bool begun;     /* it is known where to begin */
    bool by_cursor; /* go on at cursor; else begin at `after`, with `reverse` at `before` */
    struct conclave_cursor cursor;
    bool end;
    uint64_t given;              /* entries so far */
    struct conclave_entry *page; /* to turn it round */
    uint64_t last;               /* seq of the last that was given */
    bool whole; /* stop where entries are missing: lost_from to lost_to, 0 if none are */
    uint64_t lost_from, lost_to;
};

/* From --after, --before, --last, --limit and --reverse. -1, or the exit status of what was
 * reported. */
static int
start(struct reading *r, struct cmd *c, const char *group)
{
    uint64_t limit = cmd_number(c->set.limit);
    uint64_t last = cmd_number(c->set.last);

    *r = (struct reading){.group = group, .reverse = c->set.reverse};
    if (limit > 0 && last > 0)
        return cmd_misuse(c, "--last goes without --limit");
    if (!cmd_moment(c, "after", c->set.after, &r->after) ||
        !cmd_moment(c, "before", c->set.before, &r->before))
        return CONCLAVE_INVALID;
    r->left = limit + last;
    r->all = r->left == 0;
    r->from_end = last > 0 || (limit > 0 && !r->after.given);
    r->page = r->reverse ? calloc(PAGE_MAX, sizeof r->page[0]) : NULL;
    if (r->reverse && r->page == NULL)
        return cmd_fail(c, CONCLAVE_LOCAL, "local", "out of memory");
    return -1;
}

static bool
is_after(const struct moment *m, const struct conclave_entry *e)
{
    return !m->given || (m->by_seq ? e->seq > m->seq : e->ts > m->ns);
}

static bool
is_before(const struct moment *m, const struct conclave_entry *e)
{
    return !m->given || (m->by_seq ? e->seq < m->seq : e->ts < m->ns);
}

/* ---- pages ---- */

static enum conclave_status
fetch(struct reading *r, struct cmd *c)
{
    size_t limit = r->all ? 0 : (size_t)r->left;
    struct conclave_cursor next = r->cursor;
    enum conclave_status st;

    if (r->by_cursor || !r->after.given || r->after.by_seq)
        st = conclave_fetch(c->client, r->group, &r->cursor, limit, &next, &r->end);
    else
        st = conclave_fetch_after_time(c->client, r->group, r->after.ns, limit, &next, &r->end);
    r->cursor = next;
    r->by_cursor = true;
    return st;
}

static enum conclave_status
fetch_back(struct reading *r, struct cmd *c)
{
    size_t limit = r->all ? 0 : (size_t)r->left;
    const struct conclave_cursor *from = r->by_cursor ? &r->cursor : NULL;
    struct conclave_cursor next = r->cursor;
    struct conclave_cursor given;
    enum conclave_status st;

    if (!r->by_cursor && r->before.given && r->before.by_seq) {
        given = (struct conclave_cursor){.seq = r->before.seq > 0 ? r->before.seq - 1 : 0};
        from = &given;
    }
    if (from == NULL && r->before.given)
        st = conclave_fetch_before_time(c->client, r->group, r->before.ns, limit, &next, &r->end);
    else
        st = conclave_fetch_before(c->client, r->group, from, limit, &next, &r->end);
    r->cursor = next;
    r->by_cursor = true;
    return st;
}

/* ---- the last so many ---- */

/* Go a page back, of entries that are wanted. *last: the last one that is, if none was seen before.
 */
static enum conclave_status
step_back(struct reading *r, struct cmd *c, uint64_t *last)
{
    enum conclave_status st = fetch_back(r, c);
    uint64_t before = r->cursor.seq;
    uint64_t newest = 0;
    struct conclave_entry e;

    if (st != CONCLAVE_OK)
        return st;
    while (r->left > 0 && conclave_next_entry(c->client, &e) == CONCLAVE_OK) {
        newest = e.seq;
        if (is_after(&r->after, &e)) {
            r->left--;
            continue;
        }
        before = e.seq;
        r->end = true;
    }
    r->end |= newest == 0;
    r->cursor.seq = before;
    if (*last == 0 && newest > before)
        *last = newest;
    return CONCLAVE_OK;
}

/* What comes while they are counted is none of them. */
static enum conclave_status
find_last(struct reading *r, struct cmd *c)
{
    const uint64_t wanted = r->left;
    uint64_t last = 0;
    enum conclave_status st = CONCLAVE_OK;

    while (st == CONCLAVE_OK && r->left > 0 && !r->end)
        st = step_back(r, c, &last);
    r->left = wanted - r->left;
    r->end = r->left == 0;
    r->before = (struct moment){.given = true, .by_seq = true, .seq = last + 1};
    return st;
}

/* Find out where it begins, which for the last so many means to ask. */
static enum conclave_status
begin(struct reading *r, struct cmd *c)
{
    if (r->begun)
        return CONCLAVE_OK;
    r->begun = true;
    if (r->from_end && !r->reverse)
        return find_last(r, c);
    r->cursor.seq = r->after.seq;
    return CONCLAVE_OK;
}

enum conclave_status
history_last(struct cmd *c, const char *group, uint64_t n, struct conclave_cursor *out)
{
    struct reading r = {.group = group, .from_end = true, .left = n};
    enum conclave_status st = begin(&r, c);

    *out = r.cursor;
    return st == CONCLAVE_OK && r.end ? CONCLAVE_NONE : st;
}

/* ---- printing ---- */

/* False: the output takes no more. */
static bool
give(struct reading *r, struct tell *t, const struct conclave_entry *e)
{
    r->left -= r->all ? 0 : 1;
    r->given++;
    r->last = e->seq;
    return tell_entry(t, e);
}

/* The entry that comes next has that number. False: those before it are missing, and must not. */
static bool
follows(struct reading *r, uint64_t seq)
{
    if (!r->whole || r->last == 0 || seq == r->last + 1)
        return true;
    r->lost_from = r->last + 1;
    r->lost_to = seq - 1;
    return false;
}

static enum conclave_status
page_forwards(struct reading *r, struct cmd *c, struct tell *t)
{
    struct conclave_entry e;
    bool any = false;
    enum conclave_status st = fetch(r, c);

    if (st != CONCLAVE_OK)
        return st;
    while ((r->all || r->left > 0) && conclave_next_entry(c->client, &e) == CONCLAVE_OK) {
        any = true;
        if (!is_before(&r->before, &e)) {
            r->end = true;
            break;
        }
        if (!follows(r, e.seq) || !give(r, t, &e))
            return CONCLAVE_NONE;
    }
    /* A page with nothing on it would be asked for again for ever. */
    r->end |= !any;
    if (!any && !follows(r, r->cursor.seq + 1))
        return CONCLAVE_NONE;
    return CONCLAVE_OK;
}

static enum conclave_status
page_reversed(struct reading *r, struct cmd *c, struct tell *t)
{
    enum conclave_status st = fetch_back(r, c);
    size_t n = 0;

    if (st != CONCLAVE_OK)
        return st;
    while (n < PAGE_MAX && conclave_next_entry(c->client, &r->page[n]) == CONCLAVE_OK)
        n++;
    r->end |= n == 0;
    for (; n > 0 && (r->all || r->left > 0); n--) {
        if (!is_after(&r->after, &r->page[n - 1])) {
            r->end = true;
            break;
        }
        if (!give(r, t, &r->page[n - 1]))
            return CONCLAVE_NONE;
    }
    return CONCLAVE_OK;
}

/* Print the next page to t. CONCLAVE_NONE: the reading is over. */
static enum conclave_status
read_page(struct reading *r, struct cmd *c, struct tell *t)
{
    enum conclave_status st = begin(r, c);

    if (st != CONCLAVE_OK)
        return st;
    if (r->end || (!r->all && r->left == 0))
        return CONCLAVE_NONE;
    st = (r->reverse ? page_reversed : page_forwards)(r, c, t);
    if (st != CONCLAVE_OK)
        return st;
    return tell_flush(t) ? CONCLAVE_OK : CONCLAVE_NONE;
}

/* ---- as a file, which is there when it is whole ---- */

struct export
{
    struct cmd *c;
    struct reading *reading;
    struct file_draft draft;
    struct tell file;
    int interrupts;
    uint64_t begin; /* the seq before the first one wanted */
    uint64_t head;
    uint64_t limit; /* entries that were wanted; 0: all */
    struct progress progress;
};

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
    enum conclave_status st = begin(r, x->c);

    if (st == CONCLAVE_OK && !r->end)
        st = find_begin(x);
    while (st == CONCLAVE_OK && !cmd_is_interrupted(x->interrupts)) {
        st = read_page(r, x->c, &x->file);
        progress_show(&x->progress, r->given, part_done(x), clock_mono_ms());
    }
    progress_end(&x->progress);
    if (x->file.error != 0)
        return cmd_fail(x->c, CONCLAVE_LOCAL, "local", "cannot write %s: %s", x->draft.path,
                        strerror(x->file.error));
    if (r->lost_from > 0)
        return cmd_fail(x->c, CONCLAVE_REFUSED, "incomplete",
                        "entries %" PRIu64 " to %" PRIu64
                        " of the history are missing; nothing is exported",
                        r->lost_from, r->lost_to);
    if (st == CONCLAVE_OK)
        return cmd_fail(x->c, CONCLAVE_REFUSED, "interrupted", "interrupted; nothing is exported");
    return st == CONCLAVE_NONE ? -1 : cmd_fail_group(x->c, st, r->group);
}

/* A FIFO, a device node or a link would be put out of the way without being asked. */
static int
fail_write(const struct export *x, enum status st, const struct fault *why)
{
    if (st == ST_DENIED)
        return cmd_fail(x->c, CONCLAVE_LOCAL, "local",
                        "%s is no regular file, and is not replaced; to write elsewhere: --json",
                        x->draft.path);
    return cmd_fail(x->c, CONCLAVE_LOCAL, "local", "%s", why->text);
}

static int
export_to(struct cmd *c, struct reading *r, const char *file)
{
    struct export x = {.c = c, .reading = r, .limit = r->left};
    struct fault why;
    enum status st = file_draft_begin(&x.draft, file, &(struct file_how){.mode = 0600}, &why);
    int status = -1;

    if (st == ST_OK) {
        x.interrupts = cmd_open_interrupts();
        progress_init(&x.progress, c->set.quiet || c->set.json, "entries", clock_mono_ms());
        tell_init(&x.file, x.draft.fd, true);
        status = write_entries(&x);
        if (status < 0)
            st = file_draft_place(&x.draft, &why);
        tell_clear(&x.file);
        if (x.interrupts >= 0)
            close(x.interrupts);
    }
    if (st != ST_OK) {
        status = fail_write(&x, st, &why);
    } else if (status < 0) {
        tell_exported(&c->out, r->group, file, r->given);
        status = CONCLAVE_OK;
    }
    file_draft_end(&x.draft);
    return status;
}

/* ---- the command ---- */

/* What feed does, from the beginning, the time, or the last so many. */
static int
follow(struct cmd *c)
{
    if (c->set.limit != NULL || c->set.before != NULL || c->set.reverse || c->set.export_to != NULL)
        return cmd_misuse(c, "--follow goes without --limit, --before, --reverse and --export");
    if (c->set.after == NULL && c->set.last == NULL)
        c->set.after = "@0";
    return cmd_feed(c);
}

static int
print(struct cmd *c, struct reading *r)
{
    enum conclave_status st = CONCLAVE_OK;

    while (st == CONCLAVE_OK)
        st = read_page(r, c, &c->out);
    return st == CONCLAVE_NONE ? CONCLAVE_OK : cmd_fail_group(c, st, r->group);
}

int
cmd_history(struct cmd *c)
{
    struct reading r;
    int end;

    if (c->set.follow)
        return follow(c);
    if (c->set.export_to != NULL && c->set.reverse)
        return cmd_misuse(c, "--export goes without --reverse: a file is in order");
    if (c->set.export_to != NULL && strcmp(c->set.export_to, "-") == 0)
        return cmd_misuse(c, "--export writes a file; for standard output: --json");
    end = start(&r, c, c->args[0]);
    if (end < 0)
        end = c->set.export_to != NULL ? export_to(c, &r, c->set.export_to) : print(c, &r);
    free(r.page);
    return end;
}
