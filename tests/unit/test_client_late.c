/* Pages that stay away: a group answers a connection that does not read with so much only, and does
 * not say that it gives no more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "fake_link.h"
#include "pages_bench.h"

static void
pages_that_stay_away_are_asked_for_one_by_one(void **state)
{
    struct bench *b = *state;

    bench_start_with_three(b, 100);
    bench_serve(b, 2);
    assert_int_equal(feed_due(b->f), T0 + 2000);
    b->now += 1999;
    bench_run(b);
    assert_int_equal(b->n_asked, 4);
    b->now++;
    bench_run(b);
    assert_int_equal(b->n_asked, 4); /* one is there already */
    bench_expect_up_to(b, 1);
    assert_int_equal(b->n_asked, 5);
    assert_int_equal(bench_after(b, 4), 8);
    bench_serve(b, 1); /* too late */
    for (size_t i = 4; i < 7; i++) {
        assert_int_equal(b->n_asked, i + 1);
        bench_serve(b, i);
        assert_int_equal(b->n_asked, i + 1);
        bench_expect_up_to(b, bench_after(b, i) + 1);
    }
    bench_finish(b, 7);
}

/* As long as some come, the others do too. */
static void
one_that_came_tells_that_the_others_will(void **state)
{
    struct bench *b = *state;

    bench_start_with_three(b, 100);
    b->now += 1500;
    bench_serve(b, 2);
    b->now += 1900;
    bench_run(b);
    bench_serve(b, 1);
    b->now += 1900;
    bench_run(b);
    assert_int_equal(b->n_asked, 4);
    bench_expect_up_to(b, 22);
    bench_finish(b, 3);
}

/* Asking again would not make it come sooner. */
static void
one_alone_is_waited_for(void **state)
{
    struct bench *b = *state;

    bench_start(b, 100);
    assert_true(feed_due(b->f) > T0 + 2000);
    for (int i = 0; i < 25; i++) {
        b->now += 100;
        bench_run(b);
    }
    assert_int_equal(b->n_asked, 1);
    bench_finish(b, 0);
}

/* It may be another network by then. */
static void
a_feed_that_begins_again_tries_several_again(void **state)
{
    struct bench *b = *state;
    size_t first;

    bench_start_with_three(b, 100);
    b->now += 2000;
    bench_run(b);
    fake_event(fake_link(LINK_FEED), LINK_LOST);
    bench_run(b);
    bench_expect_state(b, CONCLAVE_FEED_RECONNECTING, "unreachable");
    b->now = feed_due(b->f);
    bench_run(b);
    bench_run(b);
    first = b->n_asked - 1;
    bench_serve_cut(b, first, 8);
    assert_int_equal(b->n_asked, first + 4);
    bench_expect_state(b, CONCLAVE_FEED_CATCHING_UP, "");
    bench_finish(b, first + 1);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, bench_set_up, bench_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(pages_that_stay_away_are_asked_for_one_by_one),
        TEST(one_that_came_tells_that_the_others_will),
        TEST(one_alone_is_waited_for),
        TEST(a_feed_that_begins_again_tries_several_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
