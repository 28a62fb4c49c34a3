/* When the store has no room, and when the service stops. */
#include "group/group.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "group_rig.h"

static void
full_disk_is_answered_and_nothing_is_published(void **state)
{
    struct rig *r = *state;
    struct actor ann = actor_numbered(1), bob = actor_numbered(2);
    struct wire_request send[2], leave = rig_leave(&bob);
    struct wire_reply reply;
    uint8_t ticket[TICKET_LEN];
    struct buf list;
    size_t frames;
    struct wire_ack ack;

    rig_in(r, &ann, "ann");
    rig_in(r, &bob, "bob");
    rig_follow(r, &ann, ticket);
    frames = r->desk.n_feed;

    rig_disk_full(r, true);
    buf_init(&list, 0);
    rig_message(&list, "m1", "one");
    rig_message(&list, "m2", "two");
    send[0] = rig_send(&list, 2);
    send[1] = rig_send(&list, 2);
    rig_ask(r, &ann, &send[0]);
    rig_ask(r, &bob, &send[1]);
    rig_ask(r, &bob, &leave);
    rig_settle(r);
    for (int i = 0; i < 2; i++) {
        desk_answer(&r->desk, send[i].msgid, OP_SEND_MESSAGE, &reply);
        assert_int_equal(reply.code, CODE_STORAGE_FULL);
    }
    desk_answer(&r->desk, leave.msgid, OP_LEAVE_GROUP, &reply);
    assert_int_equal(reply.code, CODE_STORAGE_FULL);
    assert_int_equal(r->desk.n_feed, frames);
    assert_int_equal(group_head(r->group), 2);

    /* With room again, the numbers are used as if nothing had been; bob is in as before. */
    rig_disk_full(r, false);
    assert_int_equal(rig_call(r, &ann, &send[0], &reply), CODE_OK);
    buf_clear(&list);
    for (uint64_t seq = 3; wire_next(&reply.u.sent.acks, &ack); seq++)
        assert_int_equal(ack.seq, seq);
    assert_int_equal(group_head(r->group), 4);
    assert_int_equal(rig_feed_seq(r, ticket, 0), 3);
    assert_int_equal(rig_say(r, &bob, "m3", "three"), 5);
}

static void
history_is_read_while_the_disk_is_full(void **state)
{
    struct rig *r = *state;
    struct actor ann = actor_numbered(1);
    struct wire_request get = rig_get_after(0);
    struct wire_reply reply;

    rig_in(r, &ann, "ann");
    rig_disk_full(r, true);
    assert_int_equal(rig_call(r, &ann, &get, &reply), CODE_OK);
    assert_int_equal(reply.u.page.entries.count, 1);
}

static void
join_that_was_not_stored_leaves_no_trace(void **state)
{
    struct rig *r = *state;
    struct actor ann = actor_numbered(1), bob = actor_numbered(2);
    struct wire_request join = rig_join(&ann, "nick"), all = {.op = OP_GET_MEMBERS};
    struct wire_reply reply;

    rig_disk_full(r, true);
    assert_int_equal(rig_call(r, &ann, &join, NULL), CODE_STORAGE_FULL);
    assert_int_equal(group_members(r->group), 0);
    rig_disk_full(r, false);
    rig_in(r, &bob, "nick");
    all.u.get_members.all = true;
    assert_int_equal(rig_call(r, &bob, &all, &reply), CODE_OK);
    assert_int_equal(reply.u.member_page.members.count, 1);
    join = rig_join(&ann, "ann");
    assert_int_equal(rig_call(r, &ann, &join, &reply), CODE_OK);
    assert_false(reply.u.joined.already);
}

/* The second join waits behind the first, in the next batch: it must not depend on what the
 * failure of the first takes away. */
static void
join_behind_one_that_failed_still_counts(void **state)
{
    struct rig *r = *state;
    struct actor ann = actor_numbered(1);
    struct wire_request first = rig_join(&ann, "ann"), second = rig_join(&ann, "ann");
    struct wire_request get = rig_get_after(0);
    struct wire_reply reply;

    rig_disk_full(r, true);
    rig_ask(r, &ann, &first);
    group_flush(r->group);
    rig_ask(r, &ann, &second);
    assert_int_equal(rig_written(r, NULL), ST_OK);
    rig_disk_full(r, false);
    rig_settle(r);
    desk_answer(&r->desk, first.msgid, OP_JOIN_GROUP, &reply);
    assert_int_equal(reply.code, CODE_STORAGE_FULL);
    desk_answer(&r->desk, second.msgid, OP_JOIN_GROUP, &reply);
    assert_int_equal(reply.code, CODE_OK);
    assert_true(span_equal(reply.u.joined.nick, span_of("ann")));
    assert_int_equal(group_members(r->group), 1);
    assert_int_equal(rig_call(r, &ann, &get, NULL), CODE_OK);
}

/* Who was put out stays out, and the entry follows when there is room. */
static void
removal_holds_although_the_disk_is_full(void **state)
{
    struct rig *r = *state;
    struct actor ann = actor_numbered(1), eve = actor_numbered(66);
    struct wire_request get = rig_get_after(0);

    rig_in(r, &ann, "ann");
    rig_in(r, &eve, "eve");
    rig_disk_full(r, true);
    rig_subscription(r, &eve, true, (const uint8_t *)"", 0, 0);
    rig_settle(r);
    assert_int_equal(rig_call(r, &eve, &get, NULL), CODE_NOT_MEMBER);
    for (int64_t beat = 1; beat < 4; beat++) {
        group_beat(r->group, beat * 1000);
        rig_settle(r);
    }
    assert_int_equal(group_head(r->group), 2);

    rig_disk_full(r, false);
    group_beat(r->group, 5000);
    rig_settle(r);
    assert_int_equal(group_head(r->group), 3);
    assert_int_equal(group_members(r->group), 1);
    group_beat(r->group, 6000);
    rig_settle(r);
    assert_int_equal(group_head(r->group), 3);
    rig_reopen(r, NULL);
    assert_int_equal(rig_call(r, &eve, &get, NULL), CODE_NOT_MEMBER);
}

static enum status
broken(struct store *s, struct fault *why)
{
    (void)s;
    return fault_set(why, ST_SYSTEM, "the disk is gone");
}

static void
broken_store_is_fatal(void **state)
{
    struct rig *r = *state;
    struct actor ann = actor_numbered(1);
    struct wire_request join = rig_join(&ann, "ann");
    struct wire_reply reply;
    struct fault why = {""};

    rig_disk_full(r, true);
    r->bad.commit = broken;
    rig_ask(r, &ann, &join);
    group_flush(r->group);
    assert_int_equal(rig_written(r, &why), ST_SYSTEM);
    assert_string_equal(why.text, "the disk is gone");
    desk_answer(&r->desk, join.msgid, OP_JOIN_GROUP, &reply);
    assert_int_equal(reply.code, CODE_STORAGE_FAILED);
}

static void
stopping_refuses_what_is_new_and_stores_what_was_accepted(void **state)
{
    struct rig *r = *state;
    struct actor ann = actor_numbered(1), bob = actor_numbered(2);
    struct wire_request join = rig_join(&bob, "bob"), get = rig_get_after(0), send;
    struct wire_reply reply;
    struct buf list;

    rig_in(r, &ann, "ann");
    buf_init(&list, 0);
    rig_message(&list, "m1", "accepted");
    send = rig_send(&list, 1);
    rig_ask(r, &ann, &send);
    group_stop(r->group);
    rig_ask(r, &ann, &get);
    rig_ask(r, &bob, &join);
    rig_settle(r);
    buf_clear(&list);
    desk_answer(&r->desk, send.msgid, OP_SEND_MESSAGE, &reply);
    assert_int_equal(reply.code, CODE_OK);
    desk_answer(&r->desk, get.msgid, OP_GET_MESSAGE, &reply);
    assert_int_equal(reply.code, CODE_SHUTTING_DOWN);
    desk_answer(&r->desk, join.msgid, OP_JOIN_GROUP, &reply);
    assert_int_equal(reply.code, CODE_SHUTTING_DOWN);
    assert_int_equal(group_head(r->group), 2);
}

/* Another process of this group has its place: what was accepted is answered, nothing more. */
static void
group_that_waits_serves_nobody(void **state)
{
    struct rig *r = *state;
    struct actor ann = actor_numbered(1), bob = actor_numbered(2);
    struct wire_request join = rig_join(&bob, "bob"), send, later, get = rig_get_after(0);
    struct wire_reply reply;
    struct buf list;

    rig_in(r, &ann, "ann");
    buf_init(&list, 0);
    rig_message(&list, "m1", "accepted");
    send = rig_send(&list, 1);
    rig_ask(r, &ann, &send);
    group_hold(r->group, CODE_SUPERSEDED);
    buf_reset(&list);
    rig_message(&list, "m2", "too late");
    later = rig_send(&list, 1);
    rig_ask(r, &ann, &later);
    rig_ask(r, &ann, &get);
    rig_ask(r, &bob, &join);
    rig_settle(r);
    desk_answer(&r->desk, send.msgid, OP_SEND_MESSAGE, &reply);
    assert_int_equal(reply.code, CODE_OK);
    desk_answer(&r->desk, later.msgid, OP_SEND_MESSAGE, &reply);
    assert_int_equal(reply.code, CODE_SUPERSEDED);
    desk_answer(&r->desk, get.msgid, OP_GET_MESSAGE, &reply);
    assert_int_equal(reply.code, CODE_SUPERSEDED);
    desk_answer(&r->desk, join.msgid, OP_JOIN_GROUP, &reply);
    assert_int_equal(reply.code, CODE_SUPERSEDED);
    assert_int_equal(group_head(r->group), 2);

    group_hold(r->group, CODE_OK);
    rig_ask(r, &ann, &later);
    rig_settle(r);
    buf_clear(&list);
    desk_answer(&r->desk, later.msgid, OP_SEND_MESSAGE, &reply);
    assert_int_equal(reply.code, CODE_OK);
}

static void
closing_answers_everybody(void **state)
{
    struct rig *r = *state;
    struct actor ann = actor_numbered(1);
    struct wire_request get, first, second;
    struct wire_reply reply;
    struct buf list;

    rig_in(r, &ann, "ann");
    buf_init(&list, 0);
    rig_message(&list, "m1", "with the writer");
    first = rig_send(&list, 1);
    rig_ask(r, &ann, &first);
    group_flush(r->group);
    buf_reset(&list);
    rig_message(&list, "m2", "never handed over");
    second = rig_send(&list, 1);
    rig_ask(r, &ann, &second);
    get = rig_get_after(0);
    rig_ask(r, &ann, &get);
    buf_clear(&list);
    group_close(r->group);
    r->group = NULL;
    desk_answer(&r->desk, first.msgid, OP_SEND_MESSAGE, &reply);
    assert_int_equal(reply.code, CODE_OK);
    desk_answer(&r->desk, second.msgid, OP_SEND_MESSAGE, &reply);
    assert_int_equal(reply.code, CODE_SHUTTING_DOWN);
    desk_answer(&r->desk, get.msgid, OP_GET_MESSAGE, &reply);
    assert_int_equal(reply.code, CODE_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(full_disk_is_answered_and_nothing_is_published),
        TEST(history_is_read_while_the_disk_is_full),
        TEST(join_that_was_not_stored_leaves_no_trace),
        TEST(join_behind_one_that_failed_still_counts),
        TEST(removal_holds_although_the_disk_is_full),
        TEST(broken_store_is_fatal),
        TEST(stopping_refuses_what_is_new_and_stores_what_was_accepted),
        TEST(group_that_waits_serves_nobody),
        TEST(closing_answers_everybody),
    };

    log_setup(LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
