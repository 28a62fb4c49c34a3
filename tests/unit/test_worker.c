#include "service/worker.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define JOBS    100
#define WAIT_MS 10000

struct numbered {
    struct job job;
    int number;
    int ran_as; /* which one it was */
};

struct counter {
    int ran;
};

static void
count_up(void *ctx, struct job *job)
{
    struct counter *c = ctx;

    ((struct numbered *)job)->ran_as = c->ran++;
}

static struct numbered *
next_done(struct worker *w)
{
    struct pollfd fd = {.fd = worker_fd(w), .events = POLLIN};
    struct job *job;

    while (!(job = worker_done(w)))
        assert_int_equal(poll(&fd, 1, WAIT_MS), 1);
    return (struct numbered *)job;
}

static bool
is_quiet(const struct worker *w)
{
    struct pollfd fd = {.fd = worker_fd(w), .events = POLLIN};

    return poll(&fd, 1, 0) == 0;
}

static void
jobs_run_and_come_back_in_order(void **state)
{
    struct counter c = {0};
    struct numbered jobs[JOBS] = {{.number = 0}};
    struct worker *w;

    (void)state;
    assert_int_equal(worker_open(&w, count_up, &c), ST_OK);
    assert_true(is_quiet(w));
    assert_null(worker_done(w));
    for (int i = 0; i < JOBS; i++) {
        jobs[i].number = i;
        worker_submit(w, &jobs[i].job);
    }
    for (int i = 0; i < JOBS; i++) {
        const struct numbered *one = next_done(w);

        assert_int_equal(one->number, i);
        assert_int_equal(one->ran_as, i);
    }
    assert_null(worker_done(w));
    assert_true(is_quiet(w));
    worker_free(w);
}

static void
stop_finishes_what_was_submitted(void **state)
{
    struct counter c = {0};
    struct numbered jobs[JOBS] = {{.number = 0}};
    struct worker *w;

    (void)state;
    assert_int_equal(worker_open(&w, count_up, &c), ST_OK);
    for (int i = 0; i < JOBS; i++)
        worker_submit(w, &jobs[i].job);
    worker_stop(w);
    worker_stop(w);
    assert_int_equal(c.ran, JOBS);
    for (int i = 0; i < JOBS; i++)
        assert_ptr_equal(worker_done(w), &jobs[i].job);
    assert_null(worker_done(w));
    worker_free(w);
    worker_stop(NULL);
    worker_free(NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_run_and_come_back_in_order),
        cmocka_unit_test(stop_finishes_what_was_submitted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
