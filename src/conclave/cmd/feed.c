#include "cmd/feeding.h"

int
cmd_feed(struct cmd *c)
{
    const struct feed_plan plan = {
        .groups = c->args,
        .n = c->n_args,
        .after = c->set.after,
        .last = cmd_number(c->set.last),
        .count = cmd_number(c->set.count),
        .resume = c->set.resume,
        .exec = c->set.exec,
    };

    return feed_run(c, &plan);
}
