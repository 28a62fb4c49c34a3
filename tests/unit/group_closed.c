#include "group_closed.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

int
closed_setup(void **state)
{
    static struct closed c;

    if (rig_setup(state) != 0)
        return -1;
    c = (struct closed){.rig = *state, .owner = actor_numbered(OWNER)};
    desk_dir_make(c.dir);
    c.rig->options.owners = (const uint8_t(*)[KEY_LEN]) & c.owner.key;
    c.rig->options.n_owners = 1;
    rig_reopen(c.rig, desk_dir_load(c.dir));
    rig_in(c.rig, &c.owner, "owner");
    *state = &c;
    return 0;
}

int
closed_teardown(void **state)
{
    struct closed *c = *state;
    void *rig = c->rig;

    desk_dir_remove(c->dir);
    return rig_teardown(&rig);
}

void
closed_reopen(struct closed *c)
{
    rig_reopen(c->rig, desk_dir_load(c->dir));
}

void
closed_invite(struct closed *c, uint8_t secret, uint64_t uses, uint64_t lasts_ms)
{
    struct wire_request req = rig_invite(secret, uses, lasts_ms);

    assert_int_equal(rig_call(c->rig, &c->owner, &req, NULL), CODE_OK);
}

enum wire_code
closed_come(struct closed *c, const struct actor *who, uint8_t secret)
{
    uint8_t bytes[WIRE_KEY_LEN], hash[WIRE_KEY_LEN];
    struct wire_request req;

    rig_secret(secret, bytes, hash);
    req = rig_join_invited(who, NULL, bytes);
    return rig_call(c->rig, who, &req, NULL);
}

bool
closed_admits(const struct closed *c, const char *door, const struct actor *who)
{
    return group_admits(c->rig->group, door, who->key);
}
