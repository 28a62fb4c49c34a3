/* What members change: asked for again, and without room for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/log.h"
#include "group_cast.h"

/* ---- asked again ---- */

/* The same answer, and nothing else happens, though the change took away the right to it, or
 * somebody has undone it since. */
static void
expect_same_again(struct rig *r, const struct actor *who, struct wire_request *req,
                  const struct wire_reply *first)
{
    uint64_t head = group_head(r->group);
    struct wire_reply again;

    assert_int_equal(rig_call(r, who, req, &again), CODE_OK);
    assert_int_equal(again.u.removed.seq, first->u.removed.seq);
    assert_int_equal(again.u.removed.ts, first->u.removed.ts);
    assert_int_equal(again.u.removed.last, first->u.removed.last);
    assert_int_equal(group_head(r->group), head);
}

static void
repeated_change_is_answered_as_the_first_time(void **state)
{
    struct rig *r = *state;
    struct actor owner = actor_numbered(OWNER), plain = actor_numbered(PLAIN);
    struct actor target = actor_numbered(TARGET), moderator = actor_numbered(MODERATOR);
    struct wire_request kick = rig_on(OP_KICK_MEMBER, "k", &target);
    struct wire_request crown = rig_set_role("c", &plain, ROLE_OWNER);
    struct wire_request self = rig_set_role("s", &owner, ROLE_MEMBER);
    struct wire_request nick = rig_set_nick("n", "first"), nick2 = rig_set_nick("n2", "second");
    struct wire_request taken = rig_set_nick("n3", "first");
    struct wire_request topic = rig_set_topic("t", "first"), topic2 = rig_set_topic("t2", "second");
    struct wire_request info = {.op = OP_GET_INFO};
    struct wire_reply kicked, crowned, deposed, named, told, reply;
    uint8_t ticket[TICKET_LEN];

    rig_follow(r, &target, ticket);
    rig_say(r, &owner, "m", "x");
    assert_int_equal(rig_call(r, &owner, &kick, &kicked), CODE_OK);
    rig_in(r, &target, "target");
    expect_same_again(r, &owner, &kick, &kicked);
    assert_int_equal(group_members(r->group), 4); /* target stays in */

    assert_int_equal(rig_call(r, &plain, &nick, &named), CODE_OK);
    assert_int_equal(rig_call(r, &plain, &nick2, NULL), CODE_OK);
    assert_int_equal(rig_call(r, &target, &taken, NULL), CODE_OK);
    expect_same_again(r, &plain, &nick, &named);

    assert_int_equal(rig_call(r, &moderator, &topic, &told), CODE_OK);
    assert_int_equal(rig_call(r, &moderator, &topic2, NULL), CODE_OK);
    expect_same_again(r, &moderator, &topic, &told);
    assert_int_equal(rig_call(r, &plain, &info, &reply), CODE_OK);
    assert_true(span_equal(reply.u.info.topic, span_of("second")));

    assert_int_equal(rig_call(r, &owner, &crown, &crowned), CODE_OK);
    assert_int_equal(rig_call(r, &owner, &self, &deposed), CODE_OK);
    expect_same_again(r, &owner, &self, &deposed);
    expect_same_again(r, &owner, &crown, &crowned);
}

static void
repetition_is_known_after_a_restart(void **state)
{
    struct rig *r = *state;
    struct actor owner = actor_numbered(OWNER), target = actor_numbered(TARGET);
    struct wire_request kick = rig_on(OP_KICK_MEMBER, "k", &target);
    struct wire_request topic = rig_set_topic("t", "first"), topic2 = rig_set_topic("t2", "second");
    struct wire_request info = {.op = OP_GET_INFO};
    struct wire_reply kicked, told, reply;

    assert_int_equal(rig_call(r, &owner, &kick, &kicked), CODE_OK);
    assert_int_equal(rig_call(r, &owner, &topic, &told), CODE_OK);
    assert_int_equal(rig_call(r, &owner, &topic2, NULL), CODE_OK);
    rig_reopen(r, NULL);
    /* That nothing was published to them is forgotten. */
    kicked.u.removed.last = kicked.u.removed.seq;
    expect_same_again(r, &owner, &kick, &kicked);
    expect_same_again(r, &owner, &topic, &told);
    assert_int_equal(rig_call(r, &owner, &info, &reply), CODE_OK);
    assert_true(span_equal(reply.u.info.topic, span_of("second")));
    rig_in(r, &target, "target");
    rig_reopen(r, NULL);
    expect_same_again(r, &owner, &kick, &kicked);
    assert_int_equal(group_members(r->group), 4);
}

static void
same_id_for_something_else_is_a_conflict(void **state)
{
    struct rig *r = *state;
    struct actor owner = actor_numbered(OWNER), target = actor_numbered(TARGET);
    struct wire_request topic = rig_set_topic("id", "one"), other = rig_set_topic("id", "two");
    struct wire_request kick = rig_on(OP_KICK_MEMBER, "id", &target);
    struct wire_request get;

    assert_int_equal(rig_call(r, &owner, &topic, NULL), CODE_OK);
    assert_int_equal(rig_call(r, &owner, &other, NULL), CODE_ID_CONFLICT);
    assert_int_equal(rig_call(r, &owner, &kick, NULL), CODE_ID_CONFLICT);
    assert_int_equal(group_members(r->group), 4);
    get = rig_get_after(0);
    assert_int_equal(rig_call(r, &target, &get, NULL), CODE_OK);
}

static void
repetition_on_its_way_has_to_wait(void **state)
{
    struct rig *r = *state;
    struct actor owner = actor_numbered(OWNER), target = actor_numbered(TARGET);
    struct wire_request first = rig_on(OP_KICK_MEMBER, "k", &target), again = first;
    struct wire_reply reply;

    rig_ask(r, &owner, &first);
    rig_ask(r, &owner, &again);
    rig_settle(r);
    desk_answer(&r->desk, first.msgid, first.op, &reply);
    assert_int_equal(reply.code, CODE_OK);
    expect_same_again(r, &owner, &first, &reply);
    desk_answer(&r->desk, again.msgid, again.op, &reply);
    assert_int_equal(reply.code, CODE_BUSY);
}

/* ---- no room ---- */

static void
kick_that_found_no_room_leaves_them_in(void **state)
{
    struct rig *r = *state;
    struct actor owner = actor_numbered(OWNER), target = actor_numbered(TARGET);
    struct actor stranger = actor_numbered(STRANGER);
    struct wire_request kick = rig_on(OP_KICK_MEMBER, "k", &target), get = rig_get_after(0);
    struct wire_request ban = rig_on(OP_BAN_MEMBER, "b", &target);
    struct wire_request unknown = rig_on(OP_BAN_MEMBER, "c", &stranger);
    struct wire_request depose = rig_set_role("d", &owner, ROLE_MEMBER);
    struct wire_request crown = rig_set_role("e", &target, ROLE_OWNER);
    struct wire_request nick = rig_set_nick("n", "else");
    struct wire_reply reply;
    uint8_t ticket[TICKET_LEN];
    uint64_t seq;

    rig_follow(r, &target, ticket);
    rig_disk_full(r, true);
    rig_ask(r, &owner, &kick);
    rig_ask(r, &owner, &ban);
    rig_ask(r, &target, &get);
    rig_settle(r);
    desk_answer(&r->desk, kick.msgid, kick.op, &reply);
    assert_int_equal(reply.code, CODE_STORAGE_FULL);
    desk_answer(&r->desk, ban.msgid, ban.op, &reply);
    assert_int_equal(reply.code, CODE_STORAGE_FULL);
    desk_answer(&r->desk, get.msgid, get.op, &reply);
    assert_int_equal(reply.code, CODE_BANNED); /* while it was open */
    assert_int_equal(rig_call(r, &owner, &unknown, NULL), CODE_STORAGE_FULL);
    assert_int_equal(rig_call(r, &owner, &crown, NULL), CODE_STORAGE_FULL);
    assert_int_equal(rig_call(r, &owner, &depose, NULL), CODE_LAST_OWNER);
    assert_int_equal(rig_call(r, &target, &nick, NULL), CODE_STORAGE_FULL);

    rig_disk_full(r, false);
    assert_int_equal(rig_call(r, &target, &get, NULL), CODE_OK);
    seq = rig_say(r, &owner, "m", "still in");
    assert_int_equal(rig_feed_seq(r, ticket, 0), seq);
    rig_in(r, &stranger, "else"); /* neither banned, nor is the nick taken */
    assert_int_equal(rig_call(r, &owner, &kick, &reply), CODE_OK);
    assert_int_equal(reply.u.removed.seq, seq + 2);
    assert_int_equal(rig_feed_seq(r, ticket, 2), seq + 2);
    assert_int_equal(rig_call(r, &target, &get, NULL), CODE_NOT_MEMBER);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, cast_setup, rig_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(repeated_change_is_answered_as_the_first_time),
        TEST(repetition_is_known_after_a_restart),
        TEST(same_id_for_something_else_is_a_conflict),
        TEST(repetition_on_its_way_has_to_wait),
        TEST(kick_that_found_no_room_leaves_them_in),
    };

    log_setup(LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
