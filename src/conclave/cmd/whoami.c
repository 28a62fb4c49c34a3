#include "cmd/cmd.h"

int
cmd_whoami(struct cmd *c)
{
    struct cmd_identity_text text;
    struct tell_identity self;

    cmd_identity(c, &self, &text);
    tell_self(&c->out, &self);
    return CONCLAVE_OK;
}
