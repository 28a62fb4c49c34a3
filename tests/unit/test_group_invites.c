/* Invitations. */
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/log.h"
#include "group/impl.h"
#include "group_closed.h"

static void
door_opens_to_strangers_while_there_is_an_invitation(void **state)
{
    struct closed *c = *state;
    struct actor stranger = actor_numbered(STRANGER);
    struct wire_request join = rig_join(&stranger, NULL), get = rig_get_after(0);
    struct wire_request others[] = {{.op = OP_GET_INFO},
                                    {.op = OP_SUBSCRIBE},
                                    {.op = OP_GET_MEMBERS},
                                    rig_leave(&stranger),
                                    rig_invite(9, 1, 0)};

    closed_invite(c, 1, 1, 0);
    assert_true(closed_admits(c, GROUP_DOOR_REQUESTS, &stranger));
    assert_false(closed_admits(c, GROUP_DOOR_FEED, &stranger));
    assert_int_equal(rig_call(c->rig, &stranger, &join, NULL), CODE_NOT_ALLOWED);
    assert_int_equal(rig_call(c->rig, &stranger, &get, NULL), CODE_NOT_ALLOWED);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_int_equal(rig_call(c->rig, &stranger, &others[i], NULL), CODE_NOT_ALLOWED);
    assert_int_equal(closed_come(c, &stranger, 2), CODE_BAD_INVITE);
    assert_int_equal(closed_come(c, &stranger, 1), CODE_OK);
    assert_true(closed_admits(c, GROUP_DOOR_FEED, &stranger));
    assert_int_equal(rig_call(c->rig, &stranger, &get, NULL), CODE_OK);
    stranger = actor_numbered(OTHER); /* it was the last use */
    assert_false(closed_admits(c, GROUP_DOOR_REQUESTS, &stranger));
}

static void
who_came_by_invitation_stays_until_they_go(void **state)
{
    struct closed *c = *state;
    struct actor guest = actor_numbered(GUEST);
    struct wire_request get = rig_get_after(0), leave = rig_leave(&guest);
    struct wire_request kick;

    closed_invite(c, 1, 1, 0);
    assert_int_equal(closed_come(c, &guest, 1), CODE_OK);
    assert_int_equal(closed_come(c, &guest, 1), CODE_OK); /* the answer was lost, say */
    group_set_allowed(c->rig->group, desk_dir_load(c->dir));
    closed_reopen(c);
    rig_settle(c->rig);
    assert_int_equal(rig_call(c->rig, &guest, &get, NULL), CODE_OK);
    assert_true(closed_admits(c, GROUP_DOOR_FEED, &guest));
    assert_int_equal(rig_call(c->rig, &guest, &leave, NULL), CODE_OK);
    assert_false(closed_admits(c, GROUP_DOOR_REQUESTS, &guest));
    assert_int_equal(closed_come(c, &guest, 1), CODE_BAD_INVITE);
    closed_invite(c, 2, 1, 0);
    assert_int_equal(closed_come(c, &guest, 2), CODE_OK);
    kick = rig_on(OP_KICK_MEMBER, "k", &guest);
    assert_int_equal(rig_call(c->rig, &c->owner, &kick, NULL), CODE_OK);
    assert_int_equal(rig_call(c->rig, &guest, &get, NULL), CODE_NOT_ALLOWED);
}

static void
of_two_who_use_the_last_use_at_once_one_comes_in(void **state)
{
    struct closed *c = *state;
    struct actor guest = actor_numbered(GUEST), other = actor_numbered(OTHER);
    uint8_t secret[WIRE_KEY_LEN], hash[WIRE_KEY_LEN];
    struct wire_reply reply;
    struct wire_request first, all, again, second;

    closed_invite(c, 1, 1, 0);
    rig_secret(1, secret, hash);
    first = rig_join_invited(&guest, "nick", secret);
    again = first;
    second = rig_join_invited(&other, NULL, secret);
    rig_ask(c->rig, &guest, &first);
    rig_ask(c->rig, &other, &second);
    rig_ask(c->rig, &guest, &again);
    rig_settle(c->rig);
    desk_answer(&c->rig->desk, first.msgid, OP_JOIN_GROUP, &reply);
    assert_int_equal(reply.code, CODE_OK);
    desk_answer(&c->rig->desk, again.msgid, OP_JOIN_GROUP, &reply);
    assert_int_equal(reply.code, CODE_OK);
    desk_answer(&c->rig->desk, second.msgid, OP_JOIN_GROUP, &reply);
    assert_int_equal(reply.code, CODE_BAD_INVITE);
    /* Of who was refused nothing is left. */
    all = (struct wire_request){.op = OP_GET_MEMBERS, .u.get_members.all = true};
    assert_int_equal(rig_call(c->rig, &c->owner, &all, &reply), CODE_OK);
    assert_int_equal(reply.u.member_page.members.count, 2);
}

static void
banned_key_finds_no_way_by_invitation(void **state)
{
    struct closed *c = *state;
    struct actor guest = actor_numbered(GUEST);
    struct wire_request ban = rig_on(OP_BAN_MEMBER, "b", &guest);

    closed_invite(c, 1, 2, 0);
    assert_int_equal(closed_come(c, &guest, 1), CODE_OK);
    assert_int_equal(rig_call(c->rig, &c->owner, &ban, NULL), CODE_OK);
    for (int restarted = 0; restarted < 2; restarted++) {
        assert_int_equal(closed_come(c, &guest, 1), CODE_BANNED);
        assert_false(closed_admits(c, GROUP_DOOR_REQUESTS, &guest));
        closed_reopen(c);
    }
}

static void
revoked_or_expired_invitation_is_bad(void **state)
{
    struct closed *c = *state;
    struct actor guest = actor_numbered(GUEST);
    struct wire_request revoke = {.op = OP_REVOKE_INVITE};
    struct wire_request create = rig_invite(2, 5, 1);
    uint8_t secret[WIRE_KEY_LEN];
    struct wire_reply reply;

    closed_invite(c, 1, 5, 0);
    rig_secret(1, secret, revoke.u.revoke_invite.hash);
    assert_int_equal(rig_call(c->rig, &c->owner, &revoke, NULL), CODE_OK);
    assert_int_equal(rig_call(c->rig, &c->owner, &revoke, NULL), CODE_OK); /* asked again */
    assert_int_equal(closed_come(c, &guest, 1), CODE_BAD_INVITE);
    closed_reopen(c);
    assert_int_equal(rig_call(c->rig, &c->owner, &revoke, NULL), CODE_BAD_INVITE);

    assert_int_equal(rig_call(c->rig, &c->owner, &create, &reply), CODE_OK);
    assert_true(reply.u.invited.expires > 0);
    while (clock_wall_ns() < reply.u.invited.expires)
        continue;
    assert_int_equal(closed_come(c, &guest, 2), CODE_BAD_INVITE);
    assert_false(closed_admits(c, GROUP_DOOR_REQUESTS, &guest));
}

static void
invitations_are_listed_in_pages(void **state)
{
    enum { MANY = WIRE_LIST_ROWS_MAX + 10 };
    struct closed *c = *state;
    struct wire_request list = {.op = OP_GET_INVITES};
    struct wire_reply reply;
    struct wire_invite row;
    unsigned n = 0;

    for (unsigned i = 1; i <= MANY; i++) {
        struct wire_request create = rig_invite(0, i, i % 2 ? 0 : 3600000);

        memcpy(create.u.create_invite.hash, &i, sizeof i);
        rig_ask(c->rig, &c->owner, &create);
    }
    rig_settle(c->rig);
    for (int restarted = 0; restarted < 2; restarted++) {
        memset(&list.u, 0, sizeof list.u);
        n = 0;
        do {
            assert_int_equal(rig_call(c->rig, &c->owner, &list, &reply), CODE_OK);
            while (wire_next(&reply.u.invite_page.invites, &row)) {
                unsigned i;

                assert_true(memcmp(list.u.get_invites.after, row.hash, WIRE_KEY_LEN) < 0);
                memcpy(list.u.get_invites.after, row.hash, WIRE_KEY_LEN);
                memcpy(&i, row.hash, sizeof i);
                assert_int_equal(row.uses, i);
                assert_true(id_equal(&row.by, &c->owner.uuid));
                assert_int_equal(row.expires == 0, i % 2);
                n++;
            }
        } while (!reply.u.invite_page.end);
        assert_int_equal(n, MANY);
        closed_reopen(c);
    }
}

static void
there_are_only_so_many(void **state)
{
    struct closed *c = *state;
    struct wire_request more = rig_invite(1, 1, 0);
    struct wire_reply reply;
    uint32_t last = 0;

    /* All on their way at once: the store counts. */
    for (unsigned i = 0; i <= INVITATIONS_MAX; i++) {
        struct wire_request create = rig_invite(0, 1, 0);

        memcpy(create.u.create_invite.hash, &i, sizeof i);
        last = rig_ask(c->rig, &c->owner, &create);
    }
    rig_settle(c->rig);
    desk_answer(&c->rig->desk, last, OP_CREATE_INVITE, &reply);
    assert_int_equal(reply.code, CODE_LIMIT);
    assert_int_equal(rig_call(c->rig, &c->owner, &more, NULL), CODE_LIMIT);
}

static void
invitation_that_is_made_again_stays_as_it_was(void **state)
{
    struct closed *c = *state;
    struct wire_request create = rig_invite(1, 3, 60000), other = rig_invite(1, 9, 0);
    struct wire_request list = {.op = OP_GET_INVITES};
    struct wire_reply first, again;
    struct wire_invite row;

    assert_int_equal(rig_call(c->rig, &c->owner, &create, &first), CODE_OK);
    assert_int_equal(rig_call(c->rig, &c->owner, &other, &again), CODE_OK);
    assert_int_equal(again.u.invited.expires, first.u.invited.expires);
    assert_int_equal(rig_call(c->rig, &c->owner, &list, &again), CODE_OK);
    assert_int_equal(again.u.invite_page.invites.count, 1);
    assert_true(wire_next(&again.u.invite_page.invites, &row));
    assert_int_equal(row.uses, 3);
}

static void
who_guesses_is_not_heard_for_a_while(void **state)
{
    struct closed *c = *state;
    struct actor guest = actor_numbered(GUEST), other = actor_numbered(OTHER);

    closed_invite(c, 1, 2, 0);
    for (uint8_t i = 0; i < INVITE_WRONG_MINUTE; i++)
        assert_int_equal(closed_come(c, &guest, (uint8_t)(50 + i)), CODE_BAD_INVITE);
    assert_int_equal(closed_come(c, &guest, 1), CODE_BAD_INVITE);
    assert_int_equal(closed_come(c, &other, 1), CODE_OK);
}

/* The frame that held it is lent to nobody: it is looked at after the request was taken. */
static void
secret_is_wiped_from_the_request(void **state)
{
    struct closed *c = *state;
    struct actor guest = actor_numbered(GUEST);
    uint8_t secret[WIRE_KEY_LEN], hash[WIRE_KEY_LEN];
    const struct batch *b;
    struct wire_request create, join;
    struct call *call;
    struct span sent;

    closed_invite(c, 1, 1, 0);
    rig_secret(0xa5, secret, hash);
    create = (struct wire_request){.op = OP_CREATE_INVITE};
    memcpy(create.u.create_invite.hash, hash, sizeof hash);
    assert_int_equal(rig_call(c->rig, &c->owner, &create, NULL), CODE_OK);
    join = rig_join_invited(&guest, NULL, secret);
    rig_ask(c->rig, &guest, &join);
    b = c->rig->group->filling;
    assert_int_equal(b->n_calls, 1);
    call = b->calls[0].call;
    sent = frame_span(&call->packet.body);
    assert_null(memmem(sent.p, sent.len, secret, 8));
    assert_true(sodium_is_zero(call->req.u.join_group.invite, WIRE_KEY_LEN));
    rig_settle(c->rig);
    assert_int_equal(group_members(c->rig->group), 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, closed_setup, closed_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(door_opens_to_strangers_while_there_is_an_invitation),
        TEST(who_came_by_invitation_stays_until_they_go),
        TEST(of_two_who_use_the_last_use_at_once_one_comes_in),
        TEST(banned_key_finds_no_way_by_invitation),
        TEST(revoked_or_expired_invitation_is_bad),
        TEST(invitations_are_listed_in_pages),
        TEST(there_are_only_so_many),
        TEST(invitation_that_is_made_again_stays_as_it_was),
        TEST(who_guesses_is_not_heard_for_a_while),
        TEST(secret_is_wiped_from_the_request),
    };

    log_setup(LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
