#include "cmd.h"

int
cmd_groups(struct cmd *c)
{
    struct conclave_group g;
    enum conclave_status st = conclave_list_groups(c->client);

    if (st != CONCLAVE_OK)
        return cmd_fail_client(c, st);
    while (conclave_next_group(c->client, &g) == CONCLAVE_OK && show_group(&c->out, &g))
        continue;
    return EXIT_DONE;
}
