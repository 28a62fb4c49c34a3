#include "feeding.h"
#include "reading.h"

/* What feed does, from the beginning or the time. */
static int
follow(struct cmd *c)
{
    const struct feed_plan plan = {.groups = c->args,
                                   .n = 1,
                                   .after = c->set.after != NULL ? c->set.after : "@0"};

    if (c->set.limit != NULL || c->set.export_to != NULL)
        return cmd_misuse(c, "--follow goes without --limit and --export");
    return feed_run(c, &plan);
}

int
cmd_history(struct cmd *c)
{
    enum conclave_status st = CONCLAVE_OK;
    struct reading r;
    int end;

    if (c->set.follow)
        return follow(c);
    end = reading_start(&r, c, c->args[0]);
    if (end >= 0)
        return end;
    if (c->set.export_to != NULL)
        return reading_export(c, &r, c->set.export_to);
    while (st == CONCLAVE_OK)
        st = reading_page(&r, c, &c->out);
    return st == CONCLAVE_NONE ? EXIT_DONE : cmd_fail_group(c, st, r.group);
}
