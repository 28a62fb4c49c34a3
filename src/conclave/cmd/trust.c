#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"

#define REASON_MAX 512

/* Meet the new key, so that the refusal shows both fingerprints. */
static enum conclave_status
meet(struct cmd *c, const char *group)
{
    struct conclave_info info;

    return group != NULL ? conclave_get_info(c->client, group, &info)
                         : conclave_list_groups(c->client);
}

int
cmd_trust(struct cmd *c)
{
    const char *group = c->n_args > 0 ? c->args[0] : NULL;
    const char *what = group != NULL ? group : "the message server";
    char reason[REASON_MAX] = "";
    enum conclave_status met = meet(c, group);
    enum conclave_status st;

    if (met == CONCLAVE_SERVER_KEY)
        snprintf(reason, sizeof reason, "%s", conclave_error(c->client));
    st = conclave_accept_key(c->client, group);
    /* The remembered key was given, and is not there. */
    if (st == CONCLAVE_NONE && met == CONCLAVE_SERVER_KEY)
        return cmd_fail_client(c, met);
    if (st == CONCLAVE_NONE)
        return cmd_fail(c, CONCLAVE_REFUSED, "nothing_changed",
                        "the key of %s did not change; there is nothing to accept", what);
    if (st != CONCLAVE_OK)
        return cmd_fail_client(c, st);
    if (reason[0] != '\0')
        tell_remark(&c->err, "%s", reason);
    tell_change(&c->out, &(struct tell_change){.group = group},
                "the new key of %s is trusted from now on", what);
    return CONCLAVE_OK;
}
