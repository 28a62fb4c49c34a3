#include "cmd/cmd.h"

int
cmd_groups(struct cmd *c)
{
    struct conclave_group g;
    enum conclave_status st = conclave_list_groups(c->client);
    size_t n = 0;

    if (st != CONCLAVE_OK)
        return cmd_fail_client(c, st);
    while (conclave_next_group(c->client, &g) == CONCLAVE_OK && tell_group(&c->out, &g))
        n++;
    if (n == 0 && c->out.width > 0)
        tell_remark(&c->err, "no group is live on this message server");
    return CONCLAVE_OK;
}

int
cmd_info(struct cmd *c)
{
    char fingerprint[CMD_FINGERPRINT_SIZE];
    struct conclave_info info;
    enum conclave_status st = conclave_get_info(c->client, c->args[0], &info);

    if (st != CONCLAVE_OK)
        return cmd_fail_group(c, st, c->args[0]);
    cmd_fingerprint(info.key, fingerprint);
    tell_info(&c->out, c->args[0], &info, fingerprint);
    return CONCLAVE_OK;
}
