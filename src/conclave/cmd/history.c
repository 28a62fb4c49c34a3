#include <string.h>

#include "cmd/feeding.h"
#include "cmd/reading.h"

/* What feed does, from the beginning, the time, or the last so many. */
static int
follow(struct cmd *c)
{
    const struct feed_plan plan = {
        .groups = c->args,
        .n = 1,
        .after = c->set.after == NULL && c->set.last == NULL ? "@0" : c->set.after,
        .last = cmd_number(c->set.last),
    };

    if (c->set.limit != NULL || c->set.before != NULL || c->set.reverse || c->set.export_to != NULL)
        return cmd_misuse(c, "--follow goes without --limit, --before, --reverse and --export");
    return feed_run(c, &plan);
}

static int
print(struct cmd *c, struct reading *r)
{
    enum conclave_status st = CONCLAVE_OK;

    while (st == CONCLAVE_OK)
        st = reading_page(r, c, &c->out);
    return st == CONCLAVE_NONE ? EXIT_DONE : cmd_fail_group(c, st, r->group);
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
    end = reading_start(&r, c, c->args[0]);
    if (end < 0)
        end = c->set.export_to != NULL ? reading_export(c, &r, c->set.export_to) : print(c, &r);
    reading_clear(&r);
    return end;
}
