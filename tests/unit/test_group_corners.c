/* What comes in at an awkward moment: while something else is on its way, or a second time. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "group_cast.h"

static void
make_moderator(struct rig *r, const struct actor *who)
{
    struct actor owner = actor_numbered(OWNER);
    struct wire_request role = rig_set_role("mod", who, ROLE_MODERATOR);

    assert_int_equal(rig_call(r, &owner, &role, NULL), CODE_OK);
}

/* ---- invitations ---- */

static struct wire_request
revoke_of(uint8_t secret)
{
    struct wire_request req = {.op = OP_REVOKE_INVITE};
    uint8_t bytes[WIRE_KEY_LEN];

    rig_secret(secret, bytes, req.u.revoke_invite.hash);
    return req;
}

static uint32_t
invitations(struct rig *r)
{
    struct actor owner = actor_numbered(OWNER);
    struct wire_request list = {.op = OP_GET_INVITES};
    struct wire_reply reply;

    assert_int_equal(rig_call(r, &owner, &list, &reply), CODE_OK);
    return reply.u.invite_page.invites.count;
}

static void
invitation_that_is_made_again_can_be_revoked_again(void **state)
{
    struct actor owner = actor_numbered(OWNER);
    struct wire_request make = rig_invite(5, 1, 0), revoke = revoke_of(5);
    struct rig *r = *state;

    for (int i = 0; i < 2; i++) {
        assert_int_equal(rig_call(r, &owner, &make, NULL), CODE_OK);
        assert_int_equal(invitations(r), 1);
        assert_int_equal(rig_call(r, &owner, &revoke, NULL), CODE_OK);
        assert_int_equal(invitations(r), 0);
        /* The answer was lost, say. */
        assert_int_equal(rig_call(r, &owner, &revoke, NULL), CODE_OK);
    }
}

/* Who is put out could let themselves in again, under another key. */
static void
invitations_go_with_who_made_them(void **state)
{
    static const enum wire_op ops[] = {OP_KICK_MEMBER, OP_BAN_MEMBER};
    struct actor owner = actor_numbered(OWNER), moderator = actor_numbered(MODERATOR);
    struct wire_request own = rig_invite(9, 1, 0), join = rig_join(&moderator, NULL);
    struct rig *r = *state;

    assert_int_equal(rig_call(r, &owner, &own, NULL), CODE_OK);
    for (size_t i = 0; i < 2; i++) {
        struct wire_request made[] = {rig_invite(1, 3, 0), rig_invite(2, 1, 60000)};
        struct wire_request late = rig_invite(3, 1, 0);
        struct wire_request out = rig_on(ops[i], i ? "b" : "k", &moderator);
        struct wire_reply reply;

        assert_int_equal(rig_call(r, &moderator, &made[0], NULL), CODE_OK);
        assert_int_equal(rig_call(r, &moderator, &made[1], NULL), CODE_OK);
        assert_int_equal(invitations(r), 3);
        /* This one is on its way. */
        rig_ask(r, &moderator, &late);
        group_flush(r->group);
        rig_ask(r, &owner, &out);
        rig_settle(r);
        desk_answer(&r->desk, out.msgid, out.op, &reply);
        assert_int_equal(reply.code, CODE_OK);
        assert_int_equal(invitations(r), 1);
        rig_reopen(r, NULL);
        assert_int_equal(invitations(r), 1);
        if (i == 0) {
            assert_int_equal(rig_call(r, &moderator, &join, NULL), CODE_OK);
            make_moderator(r, &moderator);
        }
    }
}

/* ---- roles ---- */

static void
owner_who_has_not_come_yet_is_out_of_reach(void **state)
{
    struct actor moderator = actor_numbered(MODERATOR), stranger = actor_numbered(STRANGER);
    struct wire_request ban = rig_on(OP_BAN_MEMBER, "b", &stranger);
    struct rig *r = *state;

    r->options.owners = (const uint8_t(*)[KEY_LEN]) & stranger.key;
    r->options.n_owners = 1;
    rig_reopen(r, NULL);
    assert_int_equal(rig_call(r, &moderator, &ban, NULL), CODE_NOT_ALLOWED);
    rig_in(r, &stranger, "late");
    assert_int_equal(rig_call(r, &moderator, &ban, NULL), CODE_NOT_ALLOWED);
}

static void
who_is_about_to_rise_is_not_below(void **state)
{
    struct actor owner = actor_numbered(OWNER), moderator = actor_numbered(MODERATOR);
    struct actor target = actor_numbered(TARGET);
    struct wire_request rise = rig_set_role("r", &target, ROLE_OWNER);
    struct wire_request kick = rig_on(OP_KICK_MEMBER, "k", &target);
    struct wire_reply reply;
    struct rig *r = *state;

    rig_ask(r, &owner, &rise);
    rig_ask(r, &moderator, &kick);
    rig_settle(r);
    desk_answer(&r->desk, kick.msgid, kick.op, &reply);
    assert_int_equal(reply.code, CODE_BUSY);
    assert_int_equal(rig_call(r, &moderator, &kick, NULL), CODE_NOT_ALLOWED);
}

/* ---- joining twice ---- */

static void
nick_waits_until_all_joining_is_done(void **state)
{
    struct actor stranger = actor_numbered(STRANGER);
    struct wire_request join[2] = {rig_join(&stranger, "one"), rig_join(&stranger, "one")};
    struct wire_request nick = rig_set_nick("n", "two");
    struct wire_reply reply;
    struct rig *r = *state;

    rig_ask(r, &stranger, &join[0]);
    group_flush(r->group);
    rig_ask(r, &stranger, &join[1]); /* with the next commit; its nick is the first one's */
    assert_int_equal(rig_written(r, NULL), ST_OK);
    rig_ask(r, &stranger, &nick);
    rig_settle(r);
    desk_answer(&r->desk, nick.msgid, nick.op, &reply);
    assert_int_equal(reply.code, CODE_BUSY);
    assert_int_equal(rig_call(r, &stranger, &nick, NULL), CODE_OK);
}

/* ---- another stay ---- */

static void
page_of_one_stay_is_not_for_the_next(void **state)
{
    struct actor owner = actor_numbered(OWNER), target = actor_numbered(TARGET);
    struct wire_request get = rig_get_after(0), join = rig_join(&target, NULL);
    struct wire_request search = {.op = OP_SEARCH_MESSAGE};
    struct wire_request kick = rig_on(OP_KICK_MEMBER, "k", &target);
    struct wire_reply reply;
    struct rig *r = *state;

    r->options.history = HISTORY_WHILE_MEMBER;
    rig_reopen(r, NULL);
    search.u.search_message.words = span_of("word");
    rig_ask(r, &target, &get);
    rig_ask(r, &target, &search);
    rig_ask(r, &owner, &kick);
    group_flush(r->group);
    assert_int_equal(rig_written(r, NULL), ST_OK);
    rig_ask(r, &target, &join);
    group_flush(r->group);
    assert_int_equal(rig_written(r, NULL), ST_OK);
    /* Read for a stay that had no end then; what was said between the two is not theirs. */
    rig_settle(r);
    desk_answer(&r->desk, join.msgid, join.op, &reply);
    assert_int_equal(reply.code, CODE_OK);
    desk_answer(&r->desk, get.msgid, get.op, &reply);
    assert_int_equal(reply.code, CODE_BUSY);
    desk_answer(&r->desk, search.msgid, search.op, &reply);
    assert_int_equal(reply.code, CODE_BUSY);
    assert_int_equal(rig_call(r, &target, &get, NULL), CODE_OK);
}

/* ---- what was published to somebody ---- */

/* Nobody knows any more what they were sent, but it was not more than this. */
static void
last_published_is_no_understatement_after_a_restart(void **state)
{
    struct actor owner = actor_numbered(OWNER), target = actor_numbered(TARGET);
    struct actor stranger = actor_numbered(STRANGER);
    struct wire_request kick = rig_on(OP_KICK_MEMBER, "k", &target);
    struct wire_request join = rig_join(&target, NULL);
    struct wire_request ban = rig_on(OP_BAN_MEMBER, "b", &stranger);
    struct wire_reply reply;
    uint8_t ticket[TICKET_LEN];
    struct rig *r = *state;
    uint64_t head, seq;

    rig_follow(r, &target, ticket);
    rig_say(r, &owner, "m", "x");
    head = group_head(r->group);
    rig_reopen(r, NULL);
    rig_say(r, &owner, "n", "they were never back to see it");
    assert_int_equal(rig_call(r, &owner, &kick, &reply), CODE_OK);
    assert_int_equal(reply.u.removed.last, head);
    seq = reply.u.removed.seq;

    /* The answer is lost; they come again, and follow. */
    rig_reopen(r, NULL);
    assert_int_equal(rig_call(r, &target, &join, NULL), CODE_OK);
    rig_follow(r, &target, ticket);
    rig_say(r, &owner, "o", "x");
    rig_reopen(r, NULL);
    assert_int_equal(rig_call(r, &owner, &kick, &reply), CODE_OK);
    assert_int_equal(reply.u.removed.seq, seq);
    assert_int_equal(reply.u.removed.last, seq);

    /* Who was never in was never sent anything. */
    assert_int_equal(rig_call(r, &owner, &ban, &reply), CODE_OK);
    assert_int_equal(reply.u.removed.last, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, cast_setup, rig_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(invitation_that_is_made_again_can_be_revoked_again),
        TEST(invitations_go_with_who_made_them),
        TEST(owner_who_has_not_come_yet_is_out_of_reach),
        TEST(who_is_about_to_rise_is_not_below),
        TEST(nick_waits_until_all_joining_is_done),
        TEST(page_of_one_stay_is_not_for_the_next),
        TEST(last_published_is_no_understatement_after_a_restart),
    };

    log_setup(LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
