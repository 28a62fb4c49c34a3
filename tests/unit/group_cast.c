#include "group_cast.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* One of each: an owner named at the start, and what that owner made of the others. */
int
cast_setup(void **state)
{
    static const char *const nicks[] =
        {[OWNER] = "owner",   [MODERATOR] = "moderator", [PLAIN] = "plain",
         [TARGET] = "target", [PAST] = "past",           [BANNED] = "banned"};
    struct actor owner = actor_numbered(OWNER), moderator = actor_numbered(MODERATOR);
    struct actor past = actor_numbered(PAST), banned = actor_numbered(BANNED);
    struct wire_request role = rig_set_role("r0", &moderator, ROLE_MODERATOR);
    struct wire_request ban = rig_on(OP_BAN_MEMBER, "b0", &banned), leave = rig_leave(&past);
    struct rig *r;

    if (rig_setup(state) != 0)
        return -1;
    r = *state;
    r->options.owners = (const uint8_t(*)[KEY_LEN]) & owner.key;
    r->options.n_owners = 1;
    rig_reopen(r, NULL);
    r->options.n_owners = 0; /* the role stays without being named */
    for (unsigned i = OWNER; i <= BANNED; i++) {
        struct actor one = actor_numbered(i);

        rig_in(r, &one, nicks[i]);
    }
    assert_int_equal(rig_call(r, &owner, &role, NULL), CODE_OK);
    assert_int_equal(rig_call(r, &owner, &ban, NULL), CODE_OK);
    assert_int_equal(rig_call(r, &past, &leave, NULL), CODE_OK);
    return 0;
}

struct entry
cast_last_entry(struct rig *r, const struct actor *who)
{
    struct wire_request get = rig_get_after(group_head(r->group) - 1);
    struct wire_reply reply;
    struct entry e = {0};

    assert_int_equal(rig_call(r, who, &get, &reply), CODE_OK);
    assert_true(wire_next(&reply.u.page.entries, &e));
    return e;
}

void
cast_expect_about(struct rig *r, enum entry_kind kind, const struct actor *by,
                  const struct actor *who, const char *nick, enum role role)
{
    struct actor reader = actor_numbered(OWNER);
    struct entry e = cast_last_entry(r, &reader);
    struct entry_subject about;

    assert_int_equal(e.kind, kind);
    assert_true(id_equal(&e.author, &by->uuid));
    assert_true(entry_subject(&e, &about));
    assert_true(id_equal(&about.uuid, &who->uuid));
    assert_true(span_equal(about.nick, span_of(nick)));
    assert_int_equal(about.role, role);
}
