#include "cmd.h"
#include "keys.h"

int
cmd_whoami(struct cmd *c)
{
    struct show_identity self;
    char z85[CONCLAVE_KEY_LEN + 1];
    char fingerprint[FINGERPRINT_LEN + 1];
    uint8_t key[KEY_LEN];

    conclave_self(c->client, &self.uuid, z85);
    if (key_from_z85(key, z85) != ST_OK)
        return cmd_fail(c, EXIT_LOCAL, "local", "the public key is not one");
    key_fingerprint(key, fingerprint);
    self.name = conclave_self_name(c->client);
    self.key = z85;
    self.fingerprint = fingerprint;
    show_self(&c->out, &self);
    return EXIT_DONE;
}
