#include <string.h>

#include "cmd.h"

/* What we are called in a group; NULL: that was not told. Valid until the next list of members. */
static const char *
own_nick(struct cmd *c, const char *group)
{
    char key[CONCLAVE_KEY_LEN + 1];
    struct conclave_member m;
    struct conclave_id self;

    conclave_self(c->client, &self, key);
    if (conclave_list_members(c->client, group, false) != CONCLAVE_OK)
        return NULL;
    while (conclave_next_member(c->client, &m) == CONCLAVE_OK)
        if (memcmp(m.uuid.bytes, self.bytes, sizeof(self.bytes)) == 0)
            return m.nick;
    return NULL;
}

int
cmd_join(struct cmd *c)
{
    const char *nick = NULL;
    bool already = false;
    enum conclave_status st = conclave_join(c->client, c->args[0], c->set.nick, &already);

    if (st != CONCLAVE_OK)
        return cmd_fail_client(c, st);
    if (already && c->set.nick != NULL)
        nick = own_nick(c, c->args[0]);
    if (nick != NULL && strcmp(nick, c->set.nick) == 0)
        nick = NULL;
    show_joined(&c->out, c->args[0], already, nick);
    return EXIT_DONE;
}

int
cmd_leave(struct cmd *c)
{
    enum conclave_status st = conclave_leave(c->client, c->args[0]);

    if (st == CONCLAVE_REFUSED && strcmp(conclave_error_code(c->client), "not_member") == 0)
        return cmd_fail(c, EXIT_REFUSED, "not_member", "you are not in \"%s\"", c->args[0]);
    if (st != CONCLAVE_OK)
        return cmd_fail_client(c, st);
    show_left(&c->out, c->args[0]);
    return EXIT_DONE;
}

int
cmd_members(struct cmd *c)
{
    struct conclave_member m;
    enum conclave_status st = conclave_list_members(c->client, c->args[0], false);

    if (st != CONCLAVE_OK)
        return cmd_fail_group(c, st, c->args[0]);
    while (conclave_next_member(c->client, &m) == CONCLAVE_OK && show_member(&c->out, &m))
        continue;
    return EXIT_DONE;
}
