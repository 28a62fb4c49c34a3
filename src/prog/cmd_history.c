#include "cmd.h"

/* Where the reading is. */
struct reading {
    const char *group;
    uint64_t left;  /* entries still wanted; 0 with `all` */
    bool all;       /* no limit */
    bool by_cursor; /* go on at cursor; else start after the time */
    int64_t after;
    struct conclave_cursor cursor;
    bool end;
};

static enum conclave_status
fetch(struct cmd *c, struct reading *r)
{
    size_t limit = r->all ? 0 : (size_t)r->left;
    struct conclave_cursor next = r->cursor;
    enum conclave_status st;

    if (r->by_cursor)
        st = conclave_fetch(c->client, r->group, &r->cursor, limit, &next, &r->end);
    else
        st = conclave_fetch_after_time(c->client, r->group, r->after, limit, &next, &r->end);
    r->cursor = next;
    r->by_cursor = true;
    return st;
}

/* Prints a page. False: the reading is over. */
static bool
show_page(struct cmd *c, struct reading *r)
{
    struct conclave_entry e;
    bool any = false;

    while ((r->all || r->left > 0) && conclave_next_entry(c->client, &e) == CONCLAVE_OK) {
        if (!show_entry(&c->out, &e))
            return false;
        r->left -= r->all ? 0 : 1;
        any = true;
    }
    /* A page with nothing on it would be asked for again for ever. */
    return show_flush(&c->out) && any && !r->end && (r->all || r->left > 0);
}

int
cmd_history(struct cmd *c)
{
    struct reading r = {.group = c->args[0], .by_cursor = c->set.after == NULL};
    enum conclave_status st;

    if (!cmd_number(c, "limit", c->set.limit, &r.left))
        return EXIT_USAGE;
    if (c->set.after != NULL && !cmd_after(c, &r.after))
        return EXIT_USAGE;
    r.all = r.left == 0;
    do
        st = fetch(c, &r);
    while (st == CONCLAVE_OK && show_page(c, &r));
    return st == CONCLAVE_OK ? EXIT_DONE : cmd_fail_group(c, st, r.group);
}
