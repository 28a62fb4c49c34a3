/* Roles, nicks and the topic. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "group_cast.h"

/* ---- roles ---- */

static void
role_counts_from_its_entry_on_and_after_a_restart(void **state)
{
    struct rig *r = *state;
    struct actor owner = actor_numbered(OWNER), plain = actor_numbered(PLAIN);
    struct wire_request topic = rig_set_topic("t", "mine"), info = {.op = OP_GET_INFO};
    struct wire_request role = rig_set_role("r", &plain, ROLE_MODERATOR);
    struct wire_reply reply;

    assert_int_equal(rig_call(r, &plain, &topic, NULL), CODE_NOT_ALLOWED);
    assert_int_equal(rig_call(r, &owner, &role, NULL), CODE_OK);
    cast_expect_about(r, ENTRY_ROLE, &owner, &plain, "plain", ROLE_MODERATOR);
    assert_int_equal(rig_call(r, &plain, &topic, NULL), CODE_OK);
    rig_reopen(r, NULL);
    assert_int_equal(rig_call(r, &plain, &info, &reply), CODE_OK);
    assert_int_equal(reply.u.info.role, ROLE_MODERATOR);
    assert_true(span_equal(reply.u.info.topic, span_of("mine")));
}

static void
role_waits_for_who_is_not_in_yet(void **state)
{
    struct rig *r = *state;
    struct actor owner = actor_numbered(OWNER), stranger = actor_numbered(STRANGER);
    struct wire_request role = rig_set_role("r", &stranger, ROLE_MODERATOR);
    struct wire_request topic = rig_set_topic("t", "x");

    assert_int_equal(rig_call(r, &owner, &role, NULL), CODE_OK);
    assert_int_equal(rig_call(r, &stranger, &topic, NULL), CODE_NOT_MEMBER);
    rig_in(r, &stranger, "s");
    assert_int_equal(rig_call(r, &stranger, &topic, NULL), CODE_OK);
}

static void
group_keeps_an_owner(void **state)
{
    struct rig *r = *state;
    struct actor owner = actor_numbered(OWNER), plain = actor_numbered(PLAIN);
    struct wire_request self = rig_set_role("s", &owner, ROLE_MEMBER);
    struct wire_request crown = rig_set_role("c", &plain, ROLE_OWNER);
    struct wire_request depose[2] = {rig_set_role("d", &owner, ROLE_MODERATOR),
                                     rig_set_role("e", &plain, ROLE_MODERATOR)};
    struct wire_reply reply;

    assert_int_equal(rig_call(r, &owner, &self, NULL), CODE_LAST_OWNER);
    assert_int_equal(rig_call(r, &owner, &crown, NULL), CODE_OK);
    /* Each deposes the other at the same moment: one of them stays. */
    rig_ask(r, &plain, &depose[0]);
    rig_ask(r, &owner, &depose[1]);
    rig_settle(r);
    desk_answer(&r->desk, depose[0].msgid, OP_SET_ROLE, &reply);
    assert_int_equal(reply.code, CODE_OK);
    desk_answer(&r->desk, depose[1].msgid, OP_SET_ROLE, &reply);
    assert_int_equal(reply.code, CODE_NOT_ALLOWED);
    /* And so where both only give up their own. */
    crown = rig_set_role("f", &owner, ROLE_OWNER);
    assert_int_equal(rig_call(r, &plain, &crown, NULL), CODE_OK);
    depose[0] = rig_set_role("g", &plain, ROLE_MEMBER);
    depose[1] = rig_set_role("h", &owner, ROLE_MEMBER);
    rig_ask(r, &plain, &depose[0]);
    rig_ask(r, &owner, &depose[1]);
    rig_settle(r);
    desk_answer(&r->desk, depose[0].msgid, OP_SET_ROLE, &reply);
    assert_int_equal(reply.code, CODE_OK);
    desk_answer(&r->desk, depose[1].msgid, OP_SET_ROLE, &reply);
    assert_int_equal(reply.code, CODE_LAST_OWNER);
}

static void
owner_who_kicks_leaves_the_other_powerless_at_once(void **state)
{
    struct rig *r = *state;
    struct actor owner = actor_numbered(OWNER), plain = actor_numbered(PLAIN);
    struct wire_request crown = rig_set_role("c", &plain, ROLE_OWNER);
    struct wire_request kick[2] = {rig_on(OP_KICK_MEMBER, "k", &owner),
                                   rig_on(OP_KICK_MEMBER, "l", &plain)};
    struct wire_request self = rig_set_role("s", &plain, ROLE_MEMBER);
    struct wire_reply reply;

    assert_int_equal(rig_call(r, &owner, &crown, NULL), CODE_OK);
    rig_ask(r, &plain, &kick[0]);
    rig_ask(r, &owner, &kick[1]);
    rig_ask(r, &plain, &self);
    rig_settle(r);
    desk_answer(&r->desk, kick[0].msgid, OP_KICK_MEMBER, &reply);
    assert_int_equal(reply.code, CODE_OK);
    desk_answer(&r->desk, kick[1].msgid, OP_KICK_MEMBER, &reply);
    assert_int_equal(reply.code, CODE_NOT_MEMBER);
    desk_answer(&r->desk, self.msgid, OP_SET_ROLE, &reply);
    assert_int_equal(reply.code, CODE_LAST_OWNER);
}

static void
owners_named_at_the_start_are_owners_once(void **state)
{
    struct rig *r = *state;
    struct actor owner = actor_numbered(OWNER);
    struct actor named[2] = {actor_numbered(PLAIN), actor_numbered(STRANGER)};
    struct wire_request depose = rig_set_role("d", &named[0], ROLE_MEMBER);
    struct wire_request topic = rig_set_topic("t", "x"), self;
    uint8_t keys[2][KEY_LEN];
    uint64_t head;

    for (size_t i = 0; i < 2; i++)
        memcpy(keys[i], named[i].key, KEY_LEN);
    r->options.owners = (const uint8_t(*)[KEY_LEN])keys;
    r->options.n_owners = 2;
    rig_reopen(r, NULL);
    rig_settle(r);
    head = group_head(r->group);
    /* Who is in has it at once; who joins, with the answer to joining. */
    self = rig_set_role("s", &named[0], ROLE_OWNER);
    assert_int_equal(rig_call(r, &named[0], &self, NULL), CODE_OK);
    rig_in(r, &named[1], "late");
    topic.u.set_topic.id.bytes[2] = 1;
    assert_int_equal(rig_call(r, &named[1], &topic, NULL), CODE_OK);
    assert_int_equal(group_head(r->group), head + 4);
    /* What owners decide stays, whatever the start says. */
    assert_int_equal(rig_call(r, &owner, &depose, NULL), CODE_OK);
    head = group_head(r->group);
    rig_reopen(r, NULL);
    group_beat(r->group, 1);
    rig_settle(r);
    assert_int_equal(group_head(r->group), head);
    assert_int_equal(rig_call(r, &named[0], &self, NULL), CODE_NOT_ALLOWED);
}

/* ---- nicks and topic ---- */

static void
nick_changes_for_all_and_frees_the_old_one(void **state)
{
    struct rig *r = *state;
    struct actor plain = actor_numbered(PLAIN), target = actor_numbered(TARGET);
    struct wire_request to = rig_set_nick("n1", "Zo\u00eb"), taken = rig_set_nick("n2", "ZO\u00cb");
    struct wire_request own = rig_set_nick("n3", "zo\u00eb"), old = rig_set_nick("n4", "PLAIN");
    struct wire_request unseen = rig_set_nick("n5", "\u2060"), join = rig_join(&plain, NULL);
    struct wire_reply reply;
    uint8_t ticket[TICKET_LEN];
    struct wire_feed last;
    struct entry e;

    rig_follow(r, &target, ticket);
    assert_int_equal(rig_call(r, &plain, &to, &reply), CODE_OK);
    assert_int_equal(reply.u.changed.seq, group_head(r->group));
    rig_last_event(r, ticket, &last);
    assert_true(wire_next(&last.entries, &e));
    assert_int_equal(e.kind, ENTRY_NICK);
    assert_true(span_equal(e.body, span_of("Zo\u00eb")));
    assert_int_equal(rig_call(r, &target, &taken, NULL), CODE_NICK_TAKEN);
    assert_int_equal(rig_call(r, &plain, &own, NULL), CODE_OK);
    assert_int_equal(rig_call(r, &target, &old, NULL), CODE_OK);
    assert_int_equal(rig_call(r, &target, &unseen, NULL), CODE_BAD_NICK);
    rig_reopen(r, NULL);
    assert_int_equal(rig_call(r, &plain, &join, &reply), CODE_OK);
    assert_true(span_equal(reply.u.joined.nick, span_of("zo\u00eb")));
    assert_int_equal(rig_call(r, &target, &taken, NULL), CODE_NICK_TAKEN);
}

static void
of_two_who_want_a_nick_at_once_one_gets_it(void **state)
{
    struct rig *r = *state;
    struct actor plain = actor_numbered(PLAIN), target = actor_numbered(TARGET);
    struct actor stranger = actor_numbered(STRANGER);
    struct wire_request one = rig_set_nick("n1", "new"), two = rig_set_nick("n2", "NEW");
    struct wire_request join = rig_join(&stranger, "New"), more = rig_set_nick("n3", "newer");
    struct wire_reply reply;

    rig_ask(r, &plain, &one);
    rig_ask(r, &target, &two);
    rig_ask(r, &stranger, &join);
    rig_ask(r, &plain, &more);
    rig_settle(r);
    desk_answer(&r->desk, one.msgid, one.op, &reply);
    assert_int_equal(reply.code, CODE_OK);
    desk_answer(&r->desk, two.msgid, two.op, &reply);
    assert_int_equal(reply.code, CODE_NICK_TAKEN);
    desk_answer(&r->desk, join.msgid, join.op, &reply);
    assert_int_equal(reply.code, CODE_NICK_TAKEN);
    desk_answer(&r->desk, more.msgid, more.op, &reply);
    assert_int_equal(reply.code, CODE_BUSY);
}

static void
topic_is_told_and_can_be_taken_away(void **state)
{
    struct rig *r = *state;
    struct actor owner = actor_numbered(OWNER);
    struct wire_request set = rig_set_topic("t1", "the topic"), none = rig_set_topic("t2", "");
    struct wire_request info = {.op = OP_GET_INFO};
    struct wire_reply reply;
    struct entry e;

    assert_int_equal(rig_call(r, &owner, &set, NULL), CODE_OK);
    e = cast_last_entry(r, &owner);
    assert_int_equal(e.kind, ENTRY_TOPIC);
    assert_true(span_equal(e.body, span_of("the topic")));
    assert_int_equal(rig_call(r, &owner, &info, &reply), CODE_OK);
    assert_true(span_equal(reply.u.info.topic, span_of("the topic")));
    assert_int_equal(rig_call(r, &owner, &none, NULL), CODE_OK);
    assert_int_equal(rig_call(r, &owner, &info, &reply), CODE_OK);
    assert_int_equal(reply.u.info.topic.len, 0);
}

/* ---- those who are not on the list ---- */

static void
named_owner_rules_again_when_nobody_else_does(void **state)
{
    struct rig *r = *state;
    struct actor owner = actor_numbered(OWNER);
    struct wire_request info = {.op = OP_GET_INFO};
    struct wire_reply reply;
    char dir[DESK_DIR_MAX];

    desk_dir_make(dir);
    rig_reopen(r, desk_dir_load(dir));
    rig_settle(r);
    assert_int_equal(group_members(r->group), 0);
    r->options.owners = (const uint8_t(*)[KEY_LEN]) & owner.key;
    r->options.n_owners = 1;
    rig_reopen(r, desk_dir_load(dir));
    rig_in(r, &owner, "owner");
    assert_int_equal(rig_call(r, &owner, &info, &reply), CODE_OK);
    assert_int_equal(reply.u.info.role, ROLE_OWNER);
    desk_dir_remove(dir);
}

static void
one_that_is_held_puts_nobody_out(void **state)
{
    struct rig *r = *state;
    char dir[DESK_DIR_MAX];
    size_t members = group_members(r->group);
    uint64_t head = group_head(r->group);

    desk_dir_make(dir);
    r->options.held = CODE_SUPERSEDED;
    rig_reopen(r, desk_dir_load(dir));
    group_set_allowed(r->group, desk_dir_load(dir));
    rig_settle(r);
    assert_int_equal(group_members(r->group), members);
    assert_int_equal(group_head(r->group), head);
    group_hold(r->group, CODE_OK);
    rig_settle(r);
    assert_int_equal(group_members(r->group), 0);
    desk_dir_remove(dir);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, cast_setup, rig_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(role_counts_from_its_entry_on_and_after_a_restart),
        TEST(role_waits_for_who_is_not_in_yet),
        TEST(group_keeps_an_owner),
        TEST(owner_who_kicks_leaves_the_other_powerless_at_once),
        TEST(owners_named_at_the_start_are_owners_once),
        TEST(nick_changes_for_all_and_frees_the_old_one),
        TEST(of_two_who_want_a_nick_at_once_one_gets_it),
        TEST(topic_is_told_and_can_be_taken_away),
        TEST(named_owner_rules_again_when_nobody_else_does),
        TEST(one_that_is_held_puts_nobody_out),
    };

    log_setup(LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
