/*
 * fetcher - records the whole history of a group, page by page.
 * Usage: fetcher -s SERVER ...
 */
#include <unistd.h>

#include "actor.h"

static void
record_page(struct actor *a)
{
    struct conclave_entry e;

    while (conclave_next_entry(a->c, &e) == CONCLAVE_OK)
        actor_record_entry(a, "entry", &e);
}

static void
record_history(struct actor *a)
{
    struct conclave_cursor at = {.seq = 0};
    bool end = false;

    while (!end) {
        enum conclave_status st = conclave_fetch(a->c, a->o.group, &at, 0, &at, &end);

        if (st == CONCLAVE_OK)
            record_page(a);
        else if (st != CONCLAVE_UNREACHABLE || actor_is_late(a))
            actor_die("cannot fetch: %s", conclave_error(a->c));
        else
            end = false;
    }
}

int
main(int argc, char **argv)
{
    struct actor_options o = {0};
    struct actor a;
    int letter;

    while ((letter = getopt(argc, argv, ACTOR_SHORT_OPTIONS)) != -1) {
        if (!actor_option(&o, letter, optarg))
            actor_die("usage: fetcher %s", ACTOR_USAGE);
    }
    actor_open(&a, &o);
    actor_record_self(&a, "log");
    record_history(&a);
    fprintf(a.record, "end\n");
    actor_close(&a);
    return 0;
}
