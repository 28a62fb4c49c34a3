#include <sodium.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/host.h"

/* Seconds; 0: without end. The value fits. */
static int64_t
lifetime(const char *text)
{
    long long ms = 0;

    if (strcmp(text, "never") != 0)
        opts_duration_ms(text, &ms);
    return ms / 1000;
}

/* Whoever is invited must reach both. */
static void
warn_of_loopback(struct cmd *c, const char *text)
{
    struct conclave_invite i;

    if (!conclave_invite_parse(&i, text, NULL, 0))
        return;
    if (host_leads_home(i.server))
        tell_remark(&c->err,
                    "it is of use on this machine only, as the message server's address in it is "
                    "%s; --server names another",
                    i.server);
    else if (host_leads_home(i.address))
        tell_remark(&c->err,
                    "it is of use on this machine only, as the group's address in it is %s; "
                    "its operator gives it another with --advertise HOST",
                    i.address);
    sodium_memzero(&i, sizeof i);
}

int
cmd_invite(struct cmd *c)
{
    char text[CONCLAVE_INVITE_MAX + 1];
    struct conclave_invitation made;
    enum conclave_status st = conclave_make_invite(c->client, c->args[0], cmd_number(c->set.uses),
                                                   lifetime(c->set.expires), text, &made);

    if (st != CONCLAVE_OK)
        return cmd_fail_group(c, st, c->args[0]);
    tell_invite(&c->out, c->args[0], text, &made);
    if (tell_flush(&c->out)) {
        tell_remark(&c->err, "whoever has this text can join: let nobody else read it");
        warn_of_loopback(c, text);
    }
    sodium_memzero(text, sizeof text);
    return CONCLAVE_OK;
}

int
cmd_invites(struct cmd *c)
{
    struct conclave_invitation i;
    enum conclave_status st = conclave_list_invites(c->client, c->args[0]);

    if (st != CONCLAVE_OK)
        return cmd_fail_group(c, st, c->args[0]);
    while (conclave_next_invite(c->client, &i) == CONCLAVE_OK && tell_invitation(&c->out, &i))
        continue;
    return CONCLAVE_OK;
}

int
cmd_revoke(struct cmd *c)
{
    const char *group = c->args[0];
    enum conclave_status st = conclave_revoke_invite(c->client, group, c->args[1]);

    if (st != CONCLAVE_OK)
        return cmd_fail_group(c, st, group);
    tell_change(&c->out, &(struct tell_change){.group = group},
                "that invitation to %s is of no use any more", group);
    return CONCLAVE_OK;
}
