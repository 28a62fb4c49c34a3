#include "reading.h"

int
reading_start(struct reading *r, struct cmd *c, const char *group)
{
    *r = (struct reading){.group = group, .by_cursor = c->set.after == NULL};
    r->left = cmd_number(c->set.limit);
    r->all = r->left == 0;
    if (c->set.after != NULL && !cmd_after(c, &r->after))
        return EXIT_USAGE;
    return -1;
}

static enum conclave_status
fetch(struct reading *r, struct cmd *c)
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

enum conclave_status
reading_page(struct reading *r, struct cmd *c, struct show *s)
{
    struct conclave_entry e;
    bool any = false;
    enum conclave_status st;

    if (r->end || (!r->all && r->left == 0))
        return CONCLAVE_NONE;
    st = fetch(r, c);
    if (st != CONCLAVE_OK)
        return st;
    while ((r->all || r->left > 0) && conclave_next_entry(c->client, &e) == CONCLAVE_OK) {
        if (!show_entry(s, &e))
            return CONCLAVE_NONE;
        r->left -= r->all ? 0 : 1;
        r->given++;
        any = true;
    }
    /* A page with nothing on it would be asked for again for ever. */
    r->end |= !any;
    return show_flush(s) ? CONCLAVE_OK : CONCLAVE_NONE;
}
