/* Kicks and bans, and who may do what to whom. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "group_cast.h"

/* ---- every operation, asked by everyone ---- */

static void
each_operation_is_for_whom_the_table_says(void **state)
{
    const struct actor target = actor_numbered(TARGET), banned = actor_numbered(BANNED);
    const enum wire_code by_all[] =
        {[OWNER] = CODE_OK,        [MODERATOR] = CODE_OK,  [PLAIN] = CODE_OK,
         [PAST] = CODE_NOT_MEMBER, [BANNED] = CODE_BANNED, [STRANGER] = CODE_NOT_MEMBER};
    struct {
        struct wire_request req;
        enum role least;
        enum wire_code allowed; /* what who may gets */
    } cases[] = {
        {{.op = OP_GET_INFO}, ROLE_MEMBER, CODE_OK},
        {{.op = OP_GET_MEMBERS}, ROLE_MEMBER, CODE_OK},
        {{.op = OP_GET_MESSAGE}, ROLE_MEMBER, CODE_OK},
        {{.op = OP_SUBSCRIBE}, ROLE_MEMBER, CODE_OK},
        {rig_set_topic("t", "new"), ROLE_MODERATOR, CODE_OK},
        {{.op = OP_GET_BANS}, ROLE_MODERATOR, CODE_OK},
        {{.op = OP_GET_INVITES}, ROLE_MODERATOR, CODE_OK},
        {rig_invite(7, 1, 0), ROLE_MODERATOR, CODE_OK},
        {{.op = OP_REVOKE_INVITE}, ROLE_MODERATOR, CODE_BAD_INVITE},
        {rig_on(OP_UNBAN_MEMBER, "u", &target), ROLE_MODERATOR, CODE_NO_MEMBER},
        {rig_on(OP_KICK_MEMBER, "k", &banned), ROLE_MODERATOR, CODE_NO_MEMBER},
        {rig_on(OP_BAN_MEMBER, "b", &banned), ROLE_MODERATOR, CODE_OK},
        {rig_set_role("r", &target, ROLE_MEMBER), ROLE_OWNER, CODE_OK},
    };
    struct rig *r = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (unsigned who = OWNER; who <= STRANGER; who++) {
            struct actor actor = actor_numbered(who);
            bool lacks = (who == MODERATOR && cases[i].least > ROLE_MODERATOR) ||
                         (who == PLAIN && cases[i].least > ROLE_MEMBER);
            enum wire_code code = lacks ? CODE_NOT_ALLOWED : by_all[who];
            uint64_t head;

            if (who == TARGET)
                continue;
            if (code == CODE_OK)
                code = cases[i].allowed;
            head = group_head(r->group);
            assert_int_equal(rig_call(r, &actor, &cases[i].req, NULL), code);
            if (code != CODE_OK)
                assert_int_equal(group_head(r->group), head);
        }
}

/* ---- who may act on whom ---- */

static void
nobody_acts_on_who_is_not_below_them(void **state)
{
    static const struct {
        unsigned actor, target;
        enum wire_code code;
    } cases[] = {
        {MODERATOR, OWNER, CODE_NOT_ALLOWED},
        {MODERATOR, MODERATOR, CODE_NOT_ALLOWED},
        {OWNER, OWNER, CODE_NOT_ALLOWED},
        {MODERATOR, STRANGER, CODE_NO_MEMBER},
        {OWNER, PAST, CODE_NO_MEMBER},
        {MODERATOR, TARGET, CODE_OK},
        {OWNER, PLAIN, CODE_OK},
        {OWNER, MODERATOR, CODE_OK},
    };
    struct rig *r = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct actor actor = actor_numbered(cases[i].actor);
        struct actor target = actor_numbered(cases[i].target);
        struct wire_request kick = rig_on(OP_KICK_MEMBER, "k", &target);

        kick.u.on_member.id.bytes[1] = (uint8_t)i;
        assert_int_equal(rig_call(r, &actor, &kick, NULL), cases[i].code);
        if (cases[i].code == CODE_NOT_ALLOWED) {
            struct wire_request ban = rig_on(OP_BAN_MEMBER, "b", &target);

            assert_int_equal(rig_call(r, &actor, &ban, NULL), CODE_NOT_ALLOWED);
        }
    }
    assert_int_equal(group_members(r->group), 1);
}

/* Who is of the same rank is not below, even when it is somebody else. */
static void
no_moderator_acts_on_another(void **state)
{
    static const enum wire_op ops[] = {OP_KICK_MEMBER, OP_BAN_MEMBER};
    struct actor moderator = actor_numbered(MODERATOR), other = actor_numbered(PLAIN);
    struct actor owner = actor_numbered(OWNER), second = actor_numbered(TARGET);
    struct wire_request rise = rig_set_role("r1", &other, ROLE_MODERATOR);
    struct wire_request share = rig_set_role("r2", &second, ROLE_OWNER);
    struct rig *r = *state;
    size_t members;

    assert_int_equal(rig_call(r, &owner, &rise, NULL), CODE_OK);
    assert_int_equal(rig_call(r, &owner, &share, NULL), CODE_OK);
    members = group_members(r->group);
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        struct wire_request out = rig_on(ops[i], i ? "b1" : "k1", &other);

        assert_int_equal(rig_call(r, &moderator, &out, NULL), CODE_NOT_ALLOWED);
        out = rig_on(ops[i], i ? "b2" : "k2", &moderator);
        assert_int_equal(rig_call(r, &other, &out, NULL), CODE_NOT_ALLOWED);
    }
    assert_int_equal(group_members(r->group), members);
}

static void
group_itself_is_nobody_to_act_on(void **state)
{
    struct actor owner = actor_numbered(OWNER), group = {.key = {0x60}};
    struct rig *r = *state;
    struct wire_request kick, ban, role;

    group.uuid = id_of_key(group.key);
    kick = rig_on(OP_KICK_MEMBER, "k", &group);
    ban = rig_on(OP_BAN_MEMBER, "b", &group);
    role = rig_set_role("r", &group, ROLE_OWNER);
    assert_int_equal(rig_call(r, &owner, &kick, NULL), CODE_NO_MEMBER);
    assert_int_equal(rig_call(r, &owner, &ban, NULL), CODE_NO_MEMBER);
    assert_int_equal(rig_call(r, &owner, &role, NULL), CODE_NO_MEMBER);
}

/* ---- kick ---- */

static void
kick_cuts_the_feed_behind_its_entry_and_no_other(void **state)
{
    struct rig *r = *state;
    struct actor owner = actor_numbered(OWNER), target = actor_numbered(TARGET);
    struct wire_request kick = rig_on(OP_KICK_MEMBER, "k", &target), get = rig_get_after(0);
    uint8_t to_owner[TICKET_LEN], to_target[2][TICKET_LEN];
    struct wire_reply reply;
    struct wire_feed last;
    uint64_t before;

    rig_follow(r, &owner, to_owner);
    rig_follow(r, &target, to_target[0]);
    rig_follow(r, &target, to_target[1]);
    before = rig_say(r, &owner, "m1", "for both");
    assert_int_equal(rig_call(r, &owner, &kick, &reply), CODE_OK);
    assert_int_equal(reply.u.removed.seq, before + 1);
    assert_int_equal(reply.u.removed.last, before + 1);
    rig_say(r, &owner, "m2", "not for target");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(rig_feed_seq(r, to_target[i], 1), before + 1);
        assert_int_equal(rig_feed_seq(r, to_target[i], 2), 0);
        rig_last_event(r, to_target[i], &last);
        assert_int_equal(last.event, EVENT_END);
    }
    assert_int_equal(rig_feed_seq(r, to_owner, 2), before + 2);
    assert_int_equal(r->desk.resets, 0);
    assert_int_equal(rig_call(r, &target, &get, NULL), CODE_NOT_MEMBER);
    assert_false(group_admits(r->group, GROUP_DOOR_FEED, target.key));

    /* A kick is no ban. */
    rig_in(r, &target, "target");
}

static void
ban_cuts_the_feed_behind_its_entry(void **state)
{
    struct rig *r = *state;
    struct actor owner = actor_numbered(OWNER), target = actor_numbered(TARGET);
    struct wire_request ban = rig_on(OP_BAN_MEMBER, "b", &target), send;
    uint8_t to_target[TICKET_LEN];
    struct wire_reply reply;
    struct wire_feed last;
    struct buf list;
    size_t frames;

    assert_true(group_admits(r->group, GROUP_DOOR_FEED, target.key));
    rig_follow(r, &target, to_target);
    (void)group_has_strangers(r->group);
    /* The ban and what comes behind it are committed together. */
    buf_init(&list, 0);
    rig_message(&list, "m", "not for target");
    send = rig_send(&list, 1);
    rig_ask(r, &owner, &ban);
    rig_ask(r, &owner, &send);
    rig_settle(r);
    buf_clear(&list);
    desk_answer(&r->desk, ban.msgid, OP_BAN_MEMBER, &reply);
    assert_int_equal(reply.code, CODE_OK);
    assert_int_equal(rig_feed_seq(r, to_target, 0), reply.u.removed.seq);
    assert_int_equal(rig_feed_seq(r, to_target, 1), 0);
    rig_last_event(r, to_target, &last);
    assert_int_equal(last.event, EVENT_END);
    assert_true(span_equal(last.code, span_of("banned")));
    frames = desk_feed_count(&r->desk, to_target);
    group_beat(r->group, 1000);
    assert_int_equal(desk_feed_count(&r->desk, to_target), frames);
    assert_true(group_has_strangers(r->group)); /* her connections are cut */
}

static void
kick_says_what_was_published_to_them(void **state)
{
    struct rig *r = *state;
    struct actor owner = actor_numbered(OWNER), target = actor_numbered(TARGET);
    struct actor plain = actor_numbered(PLAIN);
    struct wire_request kick = rig_on(OP_KICK_MEMBER, "k", &target);
    struct wire_request never = rig_on(OP_KICK_MEMBER, "n", &plain);
    uint8_t ticket[TICKET_LEN];
    struct wire_reply reply;
    uint64_t seen;

    rig_follow(r, &target, ticket);
    seen = rig_say(r, &owner, "m1", "seen");
    rig_subscription(r, NULL, false, ticket, TICKET_LEN, 1000);
    rig_say(r, &owner, "m2", "missed");
    group_beat(r->group, 100000); /* the session is over */
    assert_int_equal(rig_call(r, &owner, &kick, &reply), CODE_OK);
    assert_int_equal(reply.u.removed.last, seen);
    assert_int_equal(rig_call(r, &owner, &never, &reply), CODE_OK);
    assert_int_equal(reply.u.removed.last, 0);
}

static void
kick_takes_the_role_away(void **state)
{
    struct rig *r = *state;
    struct actor owner = actor_numbered(OWNER), moderator = actor_numbered(MODERATOR);
    struct wire_request kick = rig_on(OP_KICK_MEMBER, "k", &moderator);
    struct wire_request topic = rig_set_topic("t", "x");

    assert_int_equal(rig_call(r, &owner, &kick, NULL), CODE_OK);
    cast_expect_about(r, ENTRY_KICKED, &owner, &moderator, "moderator", ROLE_MEMBER);
    rig_in(r, &moderator, "moderator");
    for (int restarted = 0; restarted < 2; restarted++) {
        assert_int_equal(rig_call(r, &moderator, &topic, NULL), CODE_NOT_ALLOWED);
        rig_reopen(r, NULL);
    }
}

static void
who_is_joining_is_kicked_as_well(void **state)
{
    struct rig *r = *state;
    struct actor owner = actor_numbered(OWNER), stranger = actor_numbered(STRANGER);
    struct wire_request join = rig_join(&stranger, "s"), get = rig_get_after(0);
    struct wire_request kick = rig_on(OP_KICK_MEMBER, "k", &stranger);
    struct wire_reply reply;

    rig_ask(r, &stranger, &join);
    rig_ask(r, &owner, &kick);
    rig_settle(r);
    desk_answer(&r->desk, join.msgid, join.op, &reply);
    assert_int_equal(reply.code, CODE_OK);
    desk_answer(&r->desk, kick.msgid, kick.op, &reply);
    assert_int_equal(reply.code, CODE_OK);
    assert_int_equal(rig_call(r, &stranger, &get, NULL), CODE_NOT_MEMBER);
    assert_int_equal(group_members(r->group), 4);
}

/* Two who want the same person out, who wants to go as well. */
static void
endings_that_meet_end_it_once(void **state)
{
    struct rig *r = *state;
    struct actor owner = actor_numbered(OWNER), moderator = actor_numbered(MODERATOR);
    struct actor target = actor_numbered(TARGET);
    struct wire_request leave = rig_leave(&target), join = rig_join(&target, "target");
    struct wire_request kick = rig_on(OP_KICK_MEMBER, "k", &target);
    struct wire_request ban = rig_on(OP_BAN_MEMBER, "b", &target);
    struct wire_reply reply;
    uint64_t head = group_head(r->group);

    rig_ask(r, &target, &leave);
    rig_ask(r, &owner, &kick);
    rig_ask(r, &moderator, &ban);
    rig_ask(r, &target, &join);
    rig_settle(r);
    desk_answer(&r->desk, leave.msgid, leave.op, &reply);
    assert_int_equal(reply.code, CODE_OK);
    desk_answer(&r->desk, kick.msgid, kick.op, &reply);
    assert_int_equal(reply.code, CODE_NO_MEMBER);
    desk_answer(&r->desk, ban.msgid, ban.op, &reply);
    assert_int_equal(reply.code, CODE_OK);
    desk_answer(&r->desk, join.msgid, join.op, &reply);
    assert_int_equal(reply.code, CODE_BANNED);
    assert_int_equal(group_head(r->group), head + 2);
    assert_int_equal(rig_call(r, &target, &join, NULL), CODE_BANNED);
}

/* ---- ban ---- */

static void
banned_key_comes_in_nowhere_until_unbanned(void **state)
{
    struct rig *r = *state;
    struct actor owner = actor_numbered(OWNER), target = actor_numbered(TARGET);
    struct wire_request ban = rig_on(OP_BAN_MEMBER, "b", &target);
    struct wire_request unban = rig_on(OP_UNBAN_MEMBER, "u", &target);
    struct wire_request join = rig_join(&target, "target"), get = rig_get_after(0);

    assert_int_equal(rig_call(r, &owner, &ban, NULL), CODE_OK);
    cast_expect_about(r, ENTRY_BANNED, &owner, &target, "target", ROLE_MEMBER);
    for (int restarted = 0; restarted < 2; restarted++) {
        assert_int_equal(rig_call(r, &target, &get, NULL), CODE_BANNED);
        assert_int_equal(rig_call(r, &target, &join, NULL), CODE_BANNED);
        assert_false(group_admits(r->group, GROUP_DOOR_REQUESTS, target.key));
        assert_false(group_admits(r->group, GROUP_DOOR_FEED, target.key));
        rig_reopen(r, NULL);
    }
    assert_int_equal(rig_call(r, &owner, &unban, NULL), CODE_OK);
    cast_expect_about(r, ENTRY_UNBANNED, &owner, &target, "target", ROLE_MEMBER);
    assert_true(group_admits(r->group, GROUP_DOOR_REQUESTS, target.key));
    rig_in(r, &target, "target");
}

static void
who_was_never_here_can_be_banned(void **state)
{
    struct rig *r = *state;
    struct actor owner = actor_numbered(OWNER), stranger = actor_numbered(STRANGER);
    struct wire_request ban = rig_on(OP_BAN_MEMBER, "b", &stranger);
    struct wire_request join = rig_join(&stranger, "s"), bans = {.op = OP_GET_BANS};
    struct wire_request all = {.op = OP_GET_MEMBERS, .u.get_members.all = true};
    struct wire_reply reply;
    struct wire_ban row;
    unsigned found = 0;

    assert_int_equal(rig_call(r, &owner, &ban, &reply), CODE_OK);
    assert_int_equal(reply.u.removed.last, 0);
    assert_int_equal(rig_call(r, &stranger, &join, NULL), CODE_BANNED);
    assert_int_equal(rig_call(r, &owner, &bans, &reply), CODE_OK);
    assert_int_equal(reply.u.ban_page.bans.count, 2);
    assert_true(reply.u.ban_page.end);
    while (wire_next(&reply.u.ban_page.bans, &row)) {
        assert_true(id_equal(&row.by, &owner.uuid));
        assert_true(row.since > 0);
        if (id_equal(&row.uuid, &stranger.uuid))
            found += row.nick.len == 0;
        else
            found += span_equal(row.nick, span_of("banned"));
    }
    assert_int_equal(found, 2);
    /* A ban makes nobody a past member. */
    assert_int_equal(rig_call(r, &owner, &all, &reply), CODE_OK);
    assert_int_equal(reply.u.member_page.members.count, 6);
}

static void
made_up_people_are_banned_up_to_a_bound(void **state)
{
    struct rig *r = *state;
    struct actor owner = actor_numbered(OWNER), target = actor_numbered(TARGET);
    struct wire_request ban = rig_on(OP_BAN_MEMBER, "b", &target);
    struct wire_request known = rig_on(OP_BAN_MEMBER, "k", &target);
    struct id *who = &ban.u.on_member.who;

    for (uint16_t n = 0; n <= GROUP_STRANGERS_MAX; n++) {
        memset(who, 0xa0, sizeof *who);
        memcpy(who->bytes, &n, sizeof n);
        ban.u.on_member.id = *who;
        assert_int_equal(rig_call(r, &owner, &ban, NULL),
                         n < GROUP_STRANGERS_MAX ? CODE_OK : CODE_LIMIT);
    }
    assert_int_equal(rig_call(r, &owner, &known, NULL), CODE_OK);
}

static void
second_ban_is_answered_with_the_first(void **state)
{
    struct rig *r = *state;
    struct actor owner = actor_numbered(OWNER), moderator = actor_numbered(MODERATOR);
    struct actor target = actor_numbered(TARGET);
    struct wire_request ban = rig_on(OP_BAN_MEMBER, "b", &target);
    struct wire_request other = rig_on(OP_BAN_MEMBER, "c", &target);
    struct wire_reply first, second;

    assert_int_equal(rig_call(r, &owner, &ban, &first), CODE_OK);
    assert_int_equal(rig_call(r, &moderator, &other, &second), CODE_OK);
    assert_int_equal(second.u.removed.seq, first.u.removed.seq);
    assert_int_equal(group_head(r->group), first.u.removed.seq);
}

static void
many_bans_come_in_pages(void **state)
{
    enum { MANY = WIRE_LIST_ROWS_MAX + 20 };
    struct rig *r = *state;
    struct actor owner = actor_numbered(OWNER);
    struct wire_request bans = {.op = OP_GET_BANS};
    struct wire_reply reply;
    struct wire_ban row;
    unsigned n = 0;

    for (unsigned i = 0; i < MANY; i++) {
        struct actor one = actor_numbered(1000 + i);
        struct wire_request ban = rig_on(OP_BAN_MEMBER, "b", &one);

        memcpy(ban.u.on_member.id.bytes + 4, &i, sizeof i);
        rig_ask(r, &owner, &ban);
    }
    rig_settle(r);
    do {
        assert_int_equal(rig_call(r, &owner, &bans, &reply), CODE_OK);
        while (wire_next(&reply.u.ban_page.bans, &row)) {
            assert_true(memcmp(bans.u.get_bans.after.bytes, row.uuid.bytes, ID_LEN) < 0);
            bans.u.get_bans.after = row.uuid;
            n++;
        }
    } while (!reply.u.ban_page.end);
    assert_int_equal(n, MANY + 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, cast_setup, rig_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_operation_is_for_whom_the_table_says),
        TEST(nobody_acts_on_who_is_not_below_them),
        TEST(no_moderator_acts_on_another),
        TEST(group_itself_is_nobody_to_act_on),
        TEST(kick_cuts_the_feed_behind_its_entry_and_no_other),
        TEST(ban_cuts_the_feed_behind_its_entry),
        TEST(kick_says_what_was_published_to_them),
        TEST(kick_takes_the_role_away),
        TEST(who_is_joining_is_kicked_as_well),
        TEST(endings_that_meet_end_it_once),
        TEST(banned_key_comes_in_nowhere_until_unbanned),
        TEST(who_was_never_here_can_be_banned),
        TEST(made_up_people_are_banned_up_to_a_bound),
        TEST(second_ban_is_answered_with_the_first),
        TEST(many_bans_come_in_pages),
    };

    log_setup(LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
