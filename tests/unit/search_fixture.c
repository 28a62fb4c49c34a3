#include "search_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct search *
open_index(struct fixture *f)
{
    struct search *x = NULL;

    if (search_open(&x, f->store, &f->why) != ST_OK)
        fail_msg("%s", f->why.text);
    return x;
}

void
catch_up(struct fixture *f, struct search *x)
{
    uint64_t behind;

    do {
        if (search_step(x, ROWS, &behind, &f->why) != ST_OK)
            fail_msg("%s", f->why.text);
    } while (behind > 0);
}

struct page
search_page(struct fixture *f, struct search *x, struct search_ask ask, uint64_t *next)
{
    struct page p = {.n = 0};
    uint64_t ignored;

    if (ask.max_rows == 0)
        ask.max_rows = SEEN_MAX;
    if (search_find(x, &ask, &p.state, next != NULL ? next : &ignored, collect, &p, &f->why) !=
        ST_OK)
        fail_msg("%s", f->why.text);
    return p;
}

void
assert_finds(struct fixture *f, struct search *x, const char *words, const char *bodies)
{
    struct page p = search_page(f, x, (struct search_ask){.words = span_of(words)}, NULL);
    char found[1024] = "";

    for (size_t i = 0; i < p.n; i++)
        snprintf(found + strlen(found), sizeof found - strlen(found), "%s|", p.v[i].body);
    if (strcmp(found, bodies) != 0)
        fail_msg("\"%s\" finds \"%s\" instead of \"%s\"", words, found, bodies);
}

void
say(struct fixture *f, unsigned author, const char *body)
{
    static unsigned id = 1000;

    do_one(f, send_of(author, id++, body), NOW);
}
