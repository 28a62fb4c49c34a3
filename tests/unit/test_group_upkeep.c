/* A group that lets go of old entries, and one that has little room. */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/clock.h"
#include "group/impl.h"
#include "group_rig.h"

#define DAY_NS  (INT64_C(86400) * NS_PER_S)
#define DAY_MS  (DAY_NS / NS_PER_MS)
#define HOUR_NS (3600 * NS_PER_S)
#define HOUR_MS (HOUR_NS / NS_PER_MS)
#define MANY    1000

static const uint8_t group_key[KEY_LEN] = {0x60};

static void
keep(struct rig *r, const struct store_keep *what)
{
    struct group_options o = {.store = r->store,
                              .outbox = &r->desk.outbox,
                              .key = group_key,
                              .keep = what,
                              .clock_is_right = r->options.clock_is_right};

    group_close(r->group);
    assert_int_equal(group_open(&r->group, &o, NULL), ST_OK);
    group_set_feed(r->group, "tcp://192.0.2.1:5562");
}

static void
store_many(struct rig *r, int64_t first_ts)
{
    struct store_change c;

    for (unsigned i = 0; i < MANY; i++) {
        c = (struct store_change){.what = STORE_SEND, .body = span_of("x")};
        c.id.bytes[0] = (uint8_t)(i >> 8);
        c.id.bytes[1] = (uint8_t)i;
        assert_int_equal(store_commit(r->store, &c, 1,
                                      &(struct store_commit_options){.now_ns = first_ts + i}, NULL),
                         ST_OK);
    }
}

static uint64_t
first(struct rig *r)
{
    struct store_state s;

    assert_int_equal(store_state(r->store, &s), ST_OK);
    return s.first;
}

static void
upkeep(struct rig *r, int64_t wall_ns, int64_t mono_ms)
{
    group_upkeep(r->group, wall_ns, mono_ms);
    rig_settle(r);
}

static void
old_entries_go_step_by_step_until_none_is_left(void **state)
{
    struct rig *r = *state;
    struct store_keep what = {.entries = 10};

    store_many(r, 1);
    keep(r, &what);
    group_upkeep(r->group, 0, 0);
    assert_false(group_idle(r->group));
    rig_settle(r);
    assert_int_equal(first(r), MANY - 9);
    assert_int_equal(r->group->upkeep.removed, (MANY - 10) % 256); /* in the last step */
    upkeep(r, 0, 0);
    assert_int_equal(first(r), MANY - 9);
}

static void
a_group_without_bounds_keeps_all(void **state)
{
    struct rig *r = *state;
    struct store_keep nothing = {0};

    store_many(r, 1);
    upkeep(r, INT64_MAX, 0); /* the rig's group has no upkeep */
    keep(r, &nothing);
    upkeep(r, INT64_MAX, 0);
    assert_int_equal(first(r), 1);
}

static void
one_step_at_most_comes_between_two_commits(void **state)
{
    struct rig *r = *state;
    struct actor ann = actor_numbered(1);
    struct store_keep what = {.entries = 1};
    struct wire_request join = rig_join(&ann, "ann");
    unsigned jobs = 0;

    store_many(r, 1);
    keep(r, &what);
    group_upkeep(r->group, 0, 0);
    rig_ask(r, &ann, &join);
    group_flush(r->group);
    while (r->group->writing) {
        struct pollfd fd = {.fd = group_writer_fd(r->group), .events = POLLIN};

        assert_int_equal(poll(&fd, 1, 10000), 1);
        assert_int_equal(group_written(r->group, NULL), ST_OK);
        group_flush(r->group);
        jobs++;
    }
    assert_int_equal(jobs, 2); /* a step, the commit; the next step waits behind it */
    assert_true(r->group->upkeep.running);
    rig_settle(r);
    assert_int_equal(first(r), MANY + 1);
}

static void
a_stopping_group_begins_no_step(void **state)
{
    struct rig *r = *state;
    struct store_keep what = {.entries = 1};

    store_many(r, 1);
    keep(r, &what);
    group_stop(r->group);
    upkeep(r, 0, 0);
    assert_int_equal(first(r), 1);
}

static void
a_clock_that_jumps_makes_nothing_old(void **state)
{
    struct rig *r = *state;
    struct store_keep what = {.age_ns = DAY_NS};
    const int64_t start = 100 * DAY_NS;

    store_many(r, start);
    keep(r, &what);
    upkeep(r, start + MANY, 0);
    upkeep(r, start + 3650 * DAY_NS, 1000);
    upkeep(r, start + 3650 * DAY_NS, DAY_MS / 2);
    upkeep(r, 0, DAY_MS / 2);
    upkeep(r, INT64_MIN, DAY_MS / 2);
    assert_int_equal(first(r), 1);
    upkeep(r, start + 3650 * DAY_NS, DAY_MS + 1);
    assert_int_equal(first(r), 1);
    /* A day is a day by the other clock too: nothing is old before, by a clock that is hours ahead.
     */
    upkeep(r, start + DAY_NS + 20 * HOUR_NS, DAY_MS - 1);
    assert_int_equal(first(r), 1);
    upkeep(r, start + DAY_NS + 20 * HOUR_NS, DAY_MS + 1);
    assert_int_equal(first(r), MANY + 1);
}

/* ---- a clock that nobody confirms ---- */

static void
nothing_is_old_in_the_first_hour(void **state)
{
    struct rig *r = *state;
    struct store_keep what = {.age_ns = HOUR_NS};
    const int64_t start = 100 * DAY_NS;

    store_many(r, start);
    keep(r, &what);
    /* So far the clock may be ahead, and nobody else is asked. */
    for (int64_t ms = 0; ms < HOUR_MS; ms += HOUR_MS / 4)
        upkeep(r, start + 23 * HOUR_NS + ms * NS_PER_MS, ms);
    assert_int_equal(first(r), 1);
    upkeep(r, start + 24 * HOUR_NS, HOUR_MS);
    assert_int_equal(first(r), MANY + 1);
}

static void
clock_far_from_the_newest_entry_makes_nothing_old(void **state)
{
    static const int64_t wrong[] = {100 * DAY_NS + 25 * HOUR_NS, 3750 * DAY_NS,
                                    INT64_MAX - 30 * DAY_NS};
    const int64_t start = 100 * DAY_NS;
    struct rig *r = *state;
    struct store_keep what = {.age_ns = HOUR_NS};
    struct actor ann = actor_numbered(1);

    store_many(r, start);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        keep(r, &what);
        for (int64_t ms = 0; ms < 30 * DAY_MS; ms += DAY_MS)
            upkeep(r, wrong[i] + ms * NS_PER_MS, ms);
        assert_int_equal(first(r), 1);
    }
    /* What is said meanwhile, with that clock's time, confirms nothing; and is said. */
    keep(r, &what);
    upkeep(r, wrong[1], 0);
    rig_in(r, &ann, "ann");
    upkeep(r, wrong[1] + 2 * HOUR_NS, 2 * HOUR_MS);
    assert_int_equal(first(r), 1);
    assert_int_equal(group_head(r->group), MANY + 1);
    /* It is set right. */
    upkeep(r, start + 3 * HOUR_NS, 3 * HOUR_MS);
    assert_int_equal(first(r), MANY + 1);
}

static void
clock_far_from_the_message_servers_makes_nothing_old(void **state)
{
    const int64_t start = 100 * DAY_NS, minute = HOUR_NS / 60;
    struct rig *r = *state;
    struct store_keep what = {.age_ns = HOUR_NS};

    store_many(r, start);
    keep(r, &what);
    upkeep(r, start, 0);
    group_server_time(r->group, start + 2 * HOUR_NS - 11 * minute, 2 * HOUR_MS);
    upkeep(r, start + 2 * HOUR_NS, 2 * HOUR_MS);
    assert_int_equal(first(r), 1);
    /* The same word, an hour later, by the other clock. */
    upkeep(r, start + 3 * HOUR_NS, 3 * HOUR_MS);
    assert_int_equal(first(r), 1);
    group_server_time(r->group, start + 3 * HOUR_NS + 11 * minute, 3 * HOUR_MS);
    upkeep(r, start + 3 * HOUR_NS, 3 * HOUR_MS);
    assert_int_equal(first(r), 1);
    group_server_time(r->group, INT64_MIN, 3 * HOUR_MS);
    upkeep(r, start + 3 * HOUR_NS, 3 * HOUR_MS);
    assert_int_equal(first(r), 1);
    group_server_time(r->group, start + 3 * HOUR_NS + 9 * minute, 3 * HOUR_MS);
    upkeep(r, start + 3 * HOUR_NS, 3 * HOUR_MS);
    assert_int_equal(first(r), MANY + 1);
}

static void
who_says_that_the_clock_is_right_is_believed(void **state)
{
    const int64_t start = 100 * DAY_NS;
    struct rig *r = *state;
    struct store_keep what = {.age_ns = HOUR_NS};

    store_many(r, start);
    r->options.clock_is_right = true;
    keep(r, &what);
    group_server_time(r->group, start, 0);
    upkeep(r, start + 30 * DAY_NS, 0);
    assert_int_equal(first(r), 1);
    upkeep(r, start + 30 * DAY_NS + HOUR_NS, HOUR_MS);
    assert_int_equal(first(r), MANY + 1);
}

/* Other bounds need no clock. */
static void
number_of_entries_is_bounded_by_any_clock(void **state)
{
    struct rig *r = *state;
    struct store_keep what = {.entries = 10, .age_ns = HOUR_NS};

    store_many(r, 100 * DAY_NS);
    keep(r, &what);
    upkeep(r, 3750 * DAY_NS, 0);
    assert_int_equal(first(r), MANY - 9);
}

/* ---- little room ---- */

static enum status
only_urgent(struct store *s, bool urgent, struct fault *why)
{
    (void)s;
    return urgent ? ST_OK : fault_set(why, ST_FULL, "the quota is used up");
}

static void
leaving_goes_on_where_sending_finds_no_room(void **state)
{
    struct rig *r = *state;
    struct actor ann = actor_numbered(1), bob = actor_numbered(2), eve = actor_numbered(3);
    struct wire_request send, join = rig_join(&eve, "eve"), leave = rig_leave(&bob);
    struct wire_reply reply;
    uint8_t ticket[TICKET_LEN];
    struct buf list;

    rig_in(r, &ann, "ann");
    rig_in(r, &bob, "bob");
    rig_follow(r, &ann, ticket);
    r->bad = *r->good;
    r->bad.begin = only_urgent;
    r->store->engine = &r->bad;
    buf_init(&list, 0);
    rig_message(&list, "m1", "one");
    rig_message(&list, "m2", "two");
    send = rig_send(&list, 2);
    rig_ask(r, &bob, &send);
    rig_ask(r, &eve, &join);
    rig_ask(r, &bob, &leave);
    rig_settle(r);
    desk_answer(&r->desk, send.msgid, OP_SEND_MESSAGE, &reply);
    assert_int_equal(reply.code, CODE_STORAGE_FULL);
    desk_answer(&r->desk, join.msgid, OP_JOIN_GROUP, &reply);
    assert_int_equal(reply.code, CODE_STORAGE_FULL);
    desk_answer(&r->desk, leave.msgid, OP_LEAVE_GROUP, &reply);
    assert_int_equal(reply.code, CODE_OK);
    assert_int_equal(reply.u.left.seq, 3);
    assert_int_equal(group_members(r->group), 1);
    assert_int_equal(rig_feed_seq(r, ticket, 0), 3);
    assert_int_equal(rig_feed_seq(r, ticket, 1), 0);

    r->store->engine = r->good;
    assert_int_equal(rig_call(r, &ann, &send, &reply), CODE_OK);
    rig_in(r, &eve, "eve");
    assert_int_equal(group_head(r->group), 6);
    buf_clear(&list);
}

/* What was said while they were out is kept, though nothing of their first stay is. */
static void
what_may_be_read_since_joining_outlasts_the_first_stay(void **state)
{
    struct rig *r = *state;
    struct actor ann = actor_numbered(1), bob = actor_numbered(2);
    struct wire_request leave = rig_leave(&bob), get = rig_get_after(0);
    struct store_keep keep = {.entries = 3};
    struct wire_reply reply;
    size_t removed;

    r->options.history = HISTORY_SINCE_JOIN;
    rig_reopen(r, NULL);
    rig_in(r, &ann, "ann");
    rig_in(r, &bob, "bob");
    assert_int_equal(rig_call(r, &bob, &leave, NULL), CODE_OK);
    rig_say(r, &ann, "1", "one");
    rig_say(r, &ann, "2", "two");
    rig_in(r, &bob, "bob");
    assert_int_equal(store_trim(r->store, &keep, clock_wall_ns(), 100, &removed, NULL), ST_OK);
    assert_int_equal(first(r), 4);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(rig_call(r, &bob, &get, &reply), CODE_OK);
        assert_int_equal(reply.u.page.first, 4);
        assert_int_equal(reply.u.page.entries.count, 3);
        rig_reopen(r, NULL);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(old_entries_go_step_by_step_until_none_is_left, rig_setup,
                                        rig_teardown),
        cmocka_unit_test_setup_teardown(a_group_without_bounds_keeps_all, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(one_step_at_most_comes_between_two_commits, rig_setup,
                                        rig_teardown),
        cmocka_unit_test_setup_teardown(a_stopping_group_begins_no_step, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(a_clock_that_jumps_makes_nothing_old, rig_setup,
                                        rig_teardown),
        cmocka_unit_test_setup_teardown(nothing_is_old_in_the_first_hour, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(clock_far_from_the_newest_entry_makes_nothing_old,
                                        rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(clock_far_from_the_message_servers_makes_nothing_old,
                                        rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(who_says_that_the_clock_is_right_is_believed, rig_setup,
                                        rig_teardown),
        cmocka_unit_test_setup_teardown(number_of_entries_is_bounded_by_any_clock, rig_setup,
                                        rig_teardown),
        cmocka_unit_test_setup_teardown(what_may_be_read_since_joining_outlasts_the_first_stay,
                                        rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(leaving_goes_on_where_sending_finds_no_room, rig_setup,
                                        rig_teardown),
    };

    return cmocka_run_group_tests_name("group_upkeep", tests, NULL, NULL);
}
