/* Catching up with several pages of history under way: whatever the order, the cuts, the losses and
 * the lies, each entry comes once and in order, or it is told why not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "fake_link.h"
#include "pages_bench.h"

static const struct id other_log = {{2}};

/* ---- order ---- */

static void
as_many_as_may_be_are_under_way(void **state)
{
    struct bench *b = *state;

    bench_start_with_three(b, 100);
    bench_expect_up_to(b, 1); /* the first has left the queue */
    assert_int_equal(b->n_asked, 5);
    assert_int_equal(bench_after(b, 4), 29);
    bench_expect_up_to(b, 8);
    assert_int_equal(b->n_asked, 5);
    bench_finish(b, 1);
}

/* The next one must be on its way while this one is read. */
static void
it_is_asked_for_at_once(void **state)
{
    struct conclave_event e;
    struct wire_request r;
    struct bench *b = *state;

    bench_start_with_three(b, 100);
    assert_true(feed_next(b->f, &e));
    assert_true(fake_sent(fake_link(LINK_REQUESTS), &r));
    assert_int_equal(r.u.get_message.after_seq, 29);
}

static void
nothing_is_asked_for_behind_the_head(void **state)
{
    struct bench *b = *state;

    bench_start(b, 15);
    bench_serve_cut(b, 0, 8);
    assert_int_equal(b->n_asked, 2);
    bench_serve(b, 1);
    bench_expect_state(b, CONCLAVE_FEED_LIVE, "");
    assert_int_equal(b->seen, 15);
    assert_int_equal(b->n_asked, 2);
}

static void
pages_come_in_any_order(void **state)
{
    static const size_t orders[][3] = {{1, 2, 3}, {1, 3, 2}, {2, 1, 3},
                                       {2, 3, 1}, {3, 1, 2}, {3, 2, 1}};
    struct bench *b = *state;

    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        bool there[4] = {false};

        bench_tear_down(state);
        bench_set_up(state);
        bench_start_with_three(b, 100);
        bench_expect_up_to(b, 8);
        for (size_t k = 0; k < 3; k++) {
            bench_serve(b, orders[i][k]);
            there[orders[i][k]] = true;
            bench_expect_up_to(b, there[1] ? there[2] ? there[3] ? 29 : 22 : 15 : 8);
            bench_expect_nothing(b);
        }
        bench_finish(b, 4);
    }
}

static void
a_page_that_is_answered_twice_counts_once(void **state)
{
    struct bench *b = *state;

    bench_start_with_three(b, 100);
    bench_serve(b, 1);
    bench_serve(b, 1);
    bench_serve(b, 0);
    bench_expect_up_to(b, 15);
    bench_expect_nothing(b);
    bench_serve(b, 1);
    bench_finish(b, 2);
}

/* ---- what was guessed wrong ---- */

static void
behind_a_page_that_was_cut_all_is_asked_for_anew(void **state)
{
    struct bench *b = *state;

    bench_start_with_three(b, 100);
    bench_serve(b, 3); /* here before it is known to be of no use */
    bench_serve_cut(b, 1, 4);
    assert_int_equal(bench_after(b, 4), 12);
    bench_serve(b, 2);
    bench_expect_up_to(b, 12);
    bench_expect_nothing(b);
    bench_finish(b, 4);
    assert_int_equal(b->lost, 0);
}

static void
a_page_that_ends_leaves_nothing_to_wait_for(void **state)
{
    struct bench *b = *state;
    struct wire_page page;
    struct buf packed;

    bench_start_with_three(b, 100);
    page = bench_honest(b, &b->asked[1], &packed);
    page.head = page.next;
    page.end = true;
    bench_give(b, 1, &page);
    buf_clear(&packed);
    bench_expect_state(b, CONCLAVE_FEED_LIVE, "");
    assert_int_equal(b->seen, 15);
    bench_serve(b, 2);
    bench_serve(b, 3);
    bench_expect_nothing(b);
    assert_int_equal(b->n_asked, 4);
}

static void
what_is_removed_between_two_pages_is_a_gap(void **state)
{
    struct bench *b = *state;

    bench_start_with_three(b, 100);
    bench_serve(b, 1);
    b->past.kept_from = 19;
    bench_serve(b, 3);
    bench_serve(b, 2); /* 19 to 25 now, so that the one behind began too early */
    bench_finish(b, 4);
    assert_int_equal(b->lost, 3);
}

static void
all_that_is_under_way_may_be_removed(void **state)
{
    struct bench *b = *state;

    bench_start_with_three(b, 100);
    b->past.kept_from = 90;
    for (size_t i = 1; i < 4; i++)
        bench_serve(b, i);
    bench_finish(b, 4);
    assert_int_equal(b->lost, 81);
}

static void
what_may_not_be_read_is_a_gap(void **state)
{
    struct bench *b = *state;

    b->past.hidden_from = 12;
    b->past.hidden_to = 60;
    bench_start_with_three(b, 100);
    for (size_t i = 1; i < 4; i++)
        bench_serve(b, i);
    bench_finish(b, 4);
    assert_int_equal(b->lost, 49);
}

/* ---- sizes ---- */

static void
small_entries_fill_the_rows_of_a_page(void **state)
{
    struct bench *b = *state;

    bench_start(b, 30000);
    bench_serve(b, 0);
    assert_int_equal(bench_after(b, 1), WIRE_PAGE_ROWS_MAX);
    bench_finish(b, 1);
    for (size_t i = 0; i < b->n_asked; i++)
        assert_true(bench_limit(b, i) <= WIRE_PAGE_ROWS_MAX);
    assert_true(b->n_asked <= 10);
}

static void
large_ones_fill_its_bytes(void **state)
{
    struct bench *b = *state;

    b->past.body = BODY_MAX_BYTES;
    bench_start(b, 150);
    bench_finish(b, 0);
    assert_int_equal(b->n_asked, 12); /* of 14, and then of 13 each: none for nothing */
}

/* The first page tells nothing of how large the others are. */
static void
sizes_may_change_between_pages(void **state)
{
    struct bench *b = *state;

    bench_start(b, 8000);
    bench_serve(b, 0);
    b->past.body = 2000;
    bench_serve(b, 1);
    b->past.body = 1;
    bench_finish(b, 2);
}

/* ---- losses ---- */

static void
a_lost_feed_begins_again_where_the_reader_is(void **state)
{
    struct bench *b = *state;

    bench_start_with_three(b, 100);
    bench_expect_up_to(b, 3);
    bench_serve(b, 1);
    bench_serve(b, 3);
    fake_event(fake_link(LINK_FEED), LINK_LOST);
    bench_run(b);
    bench_serve(b, 2); /* nobody waits for it any more */
    bench_expect_state(b, CONCLAVE_FEED_RECONNECTING, "unreachable");
    bench_expect_up_to(b, 8);
    bench_expect_nothing(b);
    b->now = feed_due(b->f);
    bench_run(b);
    bench_run(b);
    bench_expect_state(b, CONCLAVE_FEED_CATCHING_UP, "");
    assert_int_equal(bench_after(b, b->n_asked - 1), 7); /* to compare it */
    bench_finish(b, b->n_asked - 1);
}

static void
a_lost_connection_asks_for_all_of_them_again(void **state)
{
    struct bench *b = *state;

    bench_start_with_three(b, 100);
    bench_serve(b, 2);
    fake_event(fake_link(LINK_REQUESTS), LINK_LOST);
    bench_run(b);
    b->now += 5000;
    bench_run(b);
    bench_run(b);
    assert_int_equal(b->n_asked, 6);
    assert_int_equal(bench_after(b, 4), 8);
    assert_int_equal(bench_after(b, 5), 22);
    bench_serve(b, 5);
    bench_finish(b, 4);
}

static void
expect_refused_for_now(void **state, enum wire_code code, const char *name)
{
    struct bench *b = *state;

    bench_tear_down(state);
    bench_set_up(state);
    bench_start_with_three(b, 100);
    bench_serve(b, 3);
    bench_refuse(b, 2, code); /* looked at when its turn comes */
    bench_expect_up_to(b, 8);
    bench_serve(b, 1);
    bench_expect_state(b, CONCLAVE_FEED_RECONNECTING, name);
    b->now = feed_due(b->f);
    bench_run(b);
    bench_run(b);
    bench_expect_state(b, CONCLAVE_FEED_CATCHING_UP, "");
    bench_finish(b, b->n_asked - 1);
}

static void
who_is_refused_for_now_asks_again(void **state)
{
    expect_refused_for_now(state, CODE_BUSY, "busy");
    expect_refused_for_now(state, CODE_TOO_FAST, "too_fast");
    expect_refused_for_now(state, CODE_STORAGE_FAILED, "storage_failed");
}

/* What came before the end comes first, also when the reader was slow. */
static void
expect_end(struct bench *b, const char *code)
{
    bench_expect_state(b, CONCLAVE_FEED_ENDED, code);
    assert_int_equal(b->seen, 15);
    bench_serve(b, 3);
    bench_expect_nothing(b);
    assert_null(fake_link(LINK_FEED));
}

static void
who_is_out_gets_what_came_before(void **state)
{
    struct bench *b = *state;

    bench_start_with_three(b, 100);
    bench_refuse(b, 2, CODE_NOT_MEMBER);
    bench_serve(b, 1);
    expect_end(b, "not_member");
}

static void
another_log_ends_it(void **state)
{
    struct bench *b = *state;

    bench_start_with_three(b, 100);
    bench_serve(b, 1);
    b->past.log = other_log;
    bench_serve(b, 2);
    expect_end(b, "log_changed");
}

static void
a_log_that_went_backwards_ends_it(void **state)
{
    struct bench *b = *state;

    bench_start_with_three(b, 100);
    bench_serve(b, 1);
    bench_expect_up_to(b, 15);
    b->past.head = 14;
    bench_serve(b, 2);
    expect_end(b, "went_backwards");
}

static void
the_reader_may_leave_at_any_time(void **state)
{
    struct bench *b = *state;

    bench_start_with_three(b, 100);
    bench_expect_up_to(b, 3);
    bench_serve(b, 3);
    feed_free(b->f);
    b->f = NULL;
    assert_true(TAILQ_EMPTY(&b->s.calls));
    session_step(&b->s, b->now);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, bench_set_up, bench_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(as_many_as_may_be_are_under_way),
        TEST(it_is_asked_for_at_once),
        TEST(nothing_is_asked_for_behind_the_head),
        TEST(pages_come_in_any_order),
        TEST(a_page_that_is_answered_twice_counts_once),
        TEST(behind_a_page_that_was_cut_all_is_asked_for_anew),
        TEST(a_page_that_ends_leaves_nothing_to_wait_for),
        TEST(what_is_removed_between_two_pages_is_a_gap),
        TEST(all_that_is_under_way_may_be_removed),
        TEST(what_may_not_be_read_is_a_gap),
        TEST(small_entries_fill_the_rows_of_a_page),
        TEST(large_ones_fill_its_bytes),
        TEST(sizes_may_change_between_pages),
        TEST(a_lost_feed_begins_again_where_the_reader_is),
        TEST(a_lost_connection_asks_for_all_of_them_again),
        TEST(who_is_refused_for_now_asks_again),
        TEST(who_is_out_gets_what_came_before),
        TEST(another_log_ends_it),
        TEST(a_log_that_went_backwards_ends_it),
        TEST(the_reader_may_leave_at_any_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
