/* A group that lies about its history, or is merely busy: nothing comes twice or out of order. And
 * what the feed brings while pages are fetched. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "fake_link.h"
#include "pages_bench.h"

/* ---- lies ---- */

static void
give_entries(struct bench *b, size_t i, const uint64_t *seqs, size_t n, uint64_t next)
{
    struct wire_page page = {.log = the_log, .first = 1, .head = b->past.head, .next = next};
    struct buf packed;

    buf_init(&packed, 0);
    for (size_t k = 0; k < n; k++)
        bench_pack(&packed, &page.entries, seqs[k], 5);
    bench_give(b, i, &page);
    buf_clear(&packed);
}

static void
expect_protocol(struct bench *b)
{
    bench_expect_state(b, CONCLAVE_FEED_RECONNECTING, "protocol");
    bench_expect_nothing(b);
    assert_null(fake_link(LINK_FEED));
}

static void
a_history_that_does_not_go_on_is_told(void **state)
{
    static const uint64_t nexts[] = {0, 14, 15};
    struct bench *b = *state;

    for (size_t i = 0; i < 3; i++) {
        bench_tear_down(state);
        bench_set_up(state);
        bench_start_with_three(b, 100);
        bench_serve(b, 1);
        bench_expect_up_to(b, 15);
        give_entries(b, 2, (const uint64_t[]){16, 17}, 2, nexts[i]);
        bench_serve(b, 3);
        expect_protocol(b);
        assert_int_equal(b->seen, 15);
    }
}

/* Said to reach far, it leaves a hole behind it. */
static void
a_page_that_holds_less_than_it_says_is_told(void **state)
{
    static const uint64_t nexts[] = {15, 5000, UINT64_MAX / 4};
    struct bench *b = *state;

    for (size_t i = 0; i < 3; i++) {
        bench_tear_down(state);
        bench_set_up(state);
        bench_start_with_three(b, 100);
        give_entries(b, 1, (const uint64_t[]){9, 10}, 2, nexts[i]);
        bench_expect_up_to(b, 10);
        if (i == 0)
            bench_serve(b, 2);
        else
            give_entries(b, 4, (const uint64_t[]){nexts[i] + 1}, 1, nexts[i] + 1);
        expect_protocol(b);
        assert_int_equal(b->seen, 10);
    }
}

static void
more_than_was_asked_for_comes_once(void **state)
{
    static const uint64_t more[] = {9, 10, 11, 12, 13, 14, 15, 16, 17, 18};
    static const uint64_t nexts[] = {15, 18};
    struct bench *b = *state;

    for (size_t i = 0; i < 2; i++) {
        bench_tear_down(state);
        bench_set_up(state);
        bench_start_with_three(b, 100);
        give_entries(b, 1, more, 10, nexts[i]);
        bench_expect_up_to(b, 18);
        bench_serve(b, 2);
        bench_serve(b, 3);
        bench_finish(b, i == 0 ? 2 : 4);
        assert_int_equal(b->lost, 0);
    }
}

static void
entries_out_of_order_are_a_hole(void **state)
{
    struct bench *b = *state;

    bench_start_with_three(b, 100);
    give_entries(b, 1, (const uint64_t[]){9, 11, 10, 12, 13, 14, 15}, 7, 15);
    bench_serve(b, 2);
    expect_protocol(b);
    assert_int_equal(b->seen, 9);
}

static void
entries_that_come_again_are_skipped(void **state)
{
    struct bench *b = *state;

    bench_start_with_three(b, 100);
    give_entries(b, 1, (const uint64_t[]){8, 9, 9, 8, 10, 11, 10, 12, 13, 14, 15}, 11, 15);
    bench_expect_up_to(b, 15);
    bench_finish(b, 2);
}

/* What was not looked at yet does not come after it. */
static void
what_is_not_understood_ends_what_is_behind_it(void **state)
{
    struct bench *b = *state;
    struct wire_reply reply = {.msgid = 0};
    struct buf out;

    bench_start_with_three(b, 100);
    bench_serve(b, 2);
    reply.msgid = b->asked[1].msgid;
    buf_init(&out, 0);
    wire_pack_reply(&out, OP_SUBSCRIBE, &reply);
    fake_arrive(fake_link(LINK_REQUESTS), &out);
    bench_run(b);
    expect_protocol(b);
}

/* ---- the feed meanwhile ---- */

static void
say_entries(uint64_t first, uint64_t last)
{
    struct wire_feed f = {.event = EVENT_ENTRIES};
    struct buf packed;

    buf_init(&packed, 0);
    for (uint64_t seq = first; seq <= last; seq++)
        bench_pack(&packed, &f.entries, seq, 5);
    bench_say(&f);
    buf_clear(&packed);
}

static void
what_the_feed_brings_waits_behind_the_pages(void **state)
{
    struct bench *b = *state;

    bench_start_with_three(b, 29);
    say_entries(25, 31); /* some of it is in the pages */
    say_entries(32, 33);
    bench_serve(b, 3);
    bench_serve(b, 1);
    bench_expect_up_to(b, 15);
    assert_int_equal(fake_unread(fake_link(LINK_FEED)), 2);
    bench_serve(b, 2);
    bench_expect_state(b, CONCLAVE_FEED_LIVE, "");
    bench_expect_up_to(b, 33);
    bench_expect_nothing(b);
    b->past.head = 60; /* and a jump in it is fetched, with what it brought behind */
    say_entries(55, 60);
    bench_expect_state(b, CONCLAVE_FEED_CATCHING_UP, "");
    bench_run(b);
    bench_serve_cut(b, 4, 8);
    bench_serve(b, 6);
    bench_serve(b, 5);
    bench_finish(b, 7);
}

/* Nothing tells of frames that lie there already when some were left. */
static void
who_left_frames_unread_comes_back_for_them(void **state)
{
    struct bench *b = *state;
    size_t turns = 0;

    bench_start(b, 5);
    bench_serve(b, 0);
    bench_expect_state(b, CONCLAVE_FEED_LIVE, "");
    bench_expect_nothing(b);
    for (int i = 0; i < 150; i++)
        bench_say(&(struct wire_feed){.event = EVENT_HEAD, .log = the_log, .head = 5});
    say_entries(6, 6);
    while (b->seen < 6) {
        struct conclave_event e;

        feed_step(b->f, b->now);
        bench_next_other(b, &e);
        assert_true(b->seen == 6 || feed_due(b->f) <= b->now);
        turns++;
    }
    assert_true(turns <= 5);
    bench_run(b);
    assert_int_equal(feed_due(b->f), T0 + 3000);
    for (int i = 0; i < 64; i++)
        bench_say(&(struct wire_feed){.event = EVENT_HEAD, .log = the_log, .head = 6});
    bench_expect_nothing(b);
    assert_int_equal(feed_due(b->f), b->now);
    feed_step(b->f, b->now); /* also when nobody wants the next event */
    assert_int_equal(feed_due(b->f), T0 + 3000);
}

/* ---- all of it together ---- */

static uint32_t
dice(uint64_t *seed, uint32_t below)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33) % below;
}

/* One that waits for an answer on the present connection, or none. */
static bool
pick(struct bench *b, uint64_t *seed, size_t *i)
{
    struct call *waiting[FEED_PAGES];
    size_t n = 0;

    for (size_t k = 0; k < FEED_PAGES; k++)
        if (call_waits(&b->f->pages[k].call) && b->f->pages[k].call.sent)
            waiting[n++] = &b->f->pages[k].call;
    if (n == 0)
        return false;
    n = dice(seed, (uint32_t)n);
    for (*i = b->n_asked; *i > 0;)
        if (b->asked[--*i].msgid == waiting[n]->msgid)
            return true;
    return false;
}

static void
disturb(struct bench *b, uint64_t *seed)
{
    switch (dice(seed, 12)) {
    case 0:
        b->past.kept_from += dice(seed, 30);
        b->past.kept_from = b->past.kept_from < b->past.head ? b->past.kept_from : b->past.head;
        break;
    case 1:
        b->past.head += dice(seed, 20);
        break;
    case 2:
        b->past.body = 1 + dice(seed, BODY_MAX_BYTES);
        break;
    case 3:
        if (dice(seed, 3) == 0 && fake_link(LINK_REQUESTS) != NULL)
            fake_event(fake_link(LINK_REQUESTS), LINK_LOST);
        break;
    case 4:
        if (dice(seed, 4) == 0 && fake_link(LINK_FEED) != NULL)
            fake_event(fake_link(LINK_FEED), LINK_LOST);
        break;
    default:
        break;
    }
    b->now += dice(seed, 300);
    bench_run(b);
}

static void
read_some(struct bench *b, uint64_t *seed)
{
    struct conclave_event e;

    for (uint32_t n = dice(seed, 40); n > 0; n--) {
        if (!feed_next(b->f, &e))
            return;
        if (e.type == CONCLAVE_EVENT_ENTRY) {
            assert_int_equal(e.entry.seq, ++b->seen);
        } else if (e.type == CONCLAVE_EVENT_GAP) {
            assert_int_equal(e.first, b->seen + 1);
            assert_true(e.last < b->past.kept_from);
            b->lost += e.last - b->seen;
            b->seen = e.last;
        } else {
            assert_int_not_equal(e.state, CONCLAVE_FEED_ENDED);
            assert_string_not_equal(e.code, "protocol");
        }
    }
}

static void
go_on(struct bench *b, uint64_t *seed)
{
    size_t i;

    if (!pick(b, seed, &i))
        bench_run(b);
    else if (dice(seed, 8) == 0)
        bench_serve_cut(b, i, 1 + dice(seed, 10));
    else
        bench_serve(b, i);
}

static void
whatever_happens_entries_come_once_and_in_order(void **state)
{
    struct bench *b = *state;

    for (uint64_t round = 1; round <= 300; round++) {
        uint64_t seed = round;

        bench_tear_down(state);
        bench_set_up(state);
        bench_start(b, 200);
        for (int k = 0; k < 60 && b->n_asked < ASKED_MAX / 2; k++) {
            disturb(b, &seed);
            read_some(b, &seed);
            go_on(b, &seed);
        }
        b->past.body = 5;
        for (int k = 0; b->seen < b->past.head; k++) {
            assert_true(k < 400);
            b->now += 100;
            go_on(b, &seed);
            read_some(b, &seed);
        }
        assert_int_equal(b->seen, b->past.head);
    }
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, bench_set_up, bench_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_history_that_does_not_go_on_is_told),
        TEST(a_page_that_holds_less_than_it_says_is_told),
        TEST(more_than_was_asked_for_comes_once),
        TEST(entries_out_of_order_are_a_hole),
        TEST(entries_that_come_again_are_skipped),
        TEST(what_is_not_understood_ends_what_is_behind_it),
        TEST(what_the_feed_brings_waits_behind_the_pages),
        TEST(who_left_frames_unread_comes_back_for_them),
        TEST(whatever_happens_entries_come_once_and_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
