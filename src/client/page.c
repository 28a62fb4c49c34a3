#include "client/page.h"

#include <string.h>

#include "client/public.h"

static bool
has_stranger(const struct nicks *n, struct wire_list entries)
{
    struct entry e;

    while (wire_next(&entries, &e))
        if (nicks_find(n, &e.author, e.ts) == NULL)
            return true;
    return false;
}

/* Name every author of the page now: what conclave_next_entry gives must stay as it is. */
static void
name_authors(struct conclave *c, struct remote *k, struct wire_list entries, int64_t deadline_ms)
{
    bool strangers = has_stranger(&k->nicks, entries);
    struct entry e;

    if (strangers)
        nicks_load(&k->nicks, deadline_ms);
    while (k->nicks.loading)
        handle_wait(c, deadline_ms);
    while (strangers && wire_next(&entries, &e))
        nicks_name(&k->nicks, &e.author, e.ts);
}

/* What is known of people, and whom the entries are about: in the frame, nicks are not terminated.
 */
static void
take_nicks(struct conclave *c, struct nicks *n, struct wire_list entries)
{
    struct entry_subject s;
    struct entry e;

    while (wire_next(&entries, &e)) {
        nicks_learn(n, &e);
        if (!entry_subject(&e, &s))
            continue;
        buf_append(&c->page_nicks, s.nick.p, s.nick.len);
        buf_append(&c->page_nicks, "", 1);
    }
}

void
page_drop(struct conclave *c)
{
    answer_clear(&c->page);
    answer_init(&c->page);
    buf_clear(&c->page_nicks);
    c->page_nicks_given = 0;
    c->page_left = (struct wire_list){0};
    c->page_group = NULL;
}

enum conclave_status
page_open(struct conclave *c, struct remote *k, struct wire_list entries, int64_t deadline_ms)
{
    take_nicks(c, &k->nicks, entries);
    name_authors(c, k, entries, deadline_ms);
    if (c->page_nicks.failed) {
        page_drop(c);
        return handle_error(c, ST_NOMEM, "out of memory");
    }
    c->page_left = entries;
    c->page_group = k;
    return CONCLAVE_OK;
}

static const char *
next_subject_nick(struct conclave *c)
{
    const char *nick = (const char *)c->page_nicks.p + c->page_nicks_given;

    c->page_nicks_given += strlen(nick) + 1;
    return nick;
}

enum conclave_status
conclave_next_entry(struct conclave *c, struct conclave_entry *out)
{
    struct entry_subject s;
    struct entry e;

    if (!wire_next(&c->page_left, &e))
        return CONCLAVE_NONE;
    entry_public(out, &e);
    out->group = c->page_group->name;
    entry_public_author(out, &e, &c->page_group->nicks);
    if (entry_public_subject(out, &e, &s))
        out->subject_nick = next_subject_nick(c);
    return CONCLAVE_OK;
}
