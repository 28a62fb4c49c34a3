#include <string.h>

#include "cmd/cmd.h"

int
cmd_leave(struct cmd *c)
{
    enum conclave_status st = conclave_leave(c->client, c->args[0]);

    if (st == CONCLAVE_REFUSED && strcmp(conclave_error_code(c->client), "not_member") == 0)
        return cmd_fail(c, CONCLAVE_REFUSED, "not_member", "you are not in \"%s\"", c->args[0]);
    if (st != CONCLAVE_OK)
        return cmd_fail_group(c, st, c->args[0]);
    tell_left(&c->out, c->args[0]);
    return CONCLAVE_OK;
}

int
cmd_members(struct cmd *c)
{
    struct conclave_member m;
    enum conclave_status st = conclave_list_members(c->client, c->args[0], c->set.past);

    if (st != CONCLAVE_OK)
        return cmd_fail_group(c, st, c->args[0]);
    while (conclave_next_member(c->client, &m) == CONCLAVE_OK && tell_member(&c->out, &m))
        continue;
    return CONCLAVE_OK;
}

int
cmd_nick(struct cmd *c)
{
    const char *group = c->args[0];
    const char *nick = c->args[1];
    enum conclave_status st = conclave_set_nick(c->client, group, nick);

    if (st != CONCLAVE_OK)
        return cmd_fail_group(c, st, group);
    tell_change(&c->out, &(struct tell_change){.group = group, .nick = nick},
                "you are called %s in %s now", nick, group);
    return CONCLAVE_OK;
}
