#include "cmd/reading.h"

#include <stdlib.h>

/* As many as a page can hold. */
#define PAGE_MAX 4096

int
reading_start(struct reading *r, struct cmd *c, const char *group)
{
    uint64_t limit = cmd_number(c->set.limit), last = cmd_number(c->set.last);

    *r = (struct reading){.group = group, .reverse = c->set.reverse};
    if (limit > 0 && last > 0)
        return cmd_misuse(c, "--last goes without --limit");
    if (!cmd_moment(c, "after", c->set.after, &r->after) ||
        !cmd_moment(c, "before", c->set.before, &r->before))
        return EXIT_USAGE;
    r->left = limit + last;
    r->all = r->left == 0;
    r->from_end = last > 0 || (limit > 0 && !r->after.given);
    r->page = r->reverse ? calloc(PAGE_MAX, sizeof r->page[0]) : NULL;
    if (r->reverse && r->page == NULL)
        return cmd_fail(c, EXIT_LOCAL, "local", "out of memory");
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
    struct conclave_cursor next = r->cursor, given;
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
    uint64_t before = r->cursor.seq, newest = 0;
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

enum conclave_status
reading_begin(struct reading *r, struct cmd *c)
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
reading_last(struct cmd *c, const char *group, uint64_t n, struct conclave_cursor *out)
{
    struct reading r = {.group = group, .from_end = true, .left = n};
    enum conclave_status st = reading_begin(&r, c);

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

enum conclave_status
reading_page(struct reading *r, struct cmd *c, struct tell *t)
{
    enum conclave_status st = reading_begin(r, c);

    if (st != CONCLAVE_OK)
        return st;
    if (r->end || (!r->all && r->left == 0))
        return CONCLAVE_NONE;
    st = (r->reverse ? page_reversed : page_forwards)(r, c, t);
    if (st != CONCLAVE_OK)
        return st;
    return tell_flush(t) ? CONCLAVE_OK : CONCLAVE_NONE;
}

void
reading_clear(struct reading *r)
{
    free(r->page);
    r->page = NULL;
}
