/* The line that says how far something is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cmd/progress.h"

static const char *
line(uint64_t done, double part, int64_t elapsed_ms)
{
    static char text[PROGRESS_TEXT_MAX];

    progress_format(text, "entries", done, part, elapsed_ms);
    return text;
}

static void
numbers_have_commas(void **state)
{
    (void)state;
    assert_string_equal(line(0, -1, 0), "0 entries");
    assert_string_equal(line(999, -1, 0), "999 entries");
    assert_string_equal(line(1000, -1, 0), "1,000 entries");
    assert_string_equal(line(1234567, -1, 0), "1,234,567 entries");
    assert_string_equal(line(UINT64_MAX, -1, 0), "18,446,744,073,709,551,615 entries");
}

static void
time_left_follows_what_was_done(void **state)
{
    (void)state;
    assert_string_equal(line(5, 0.5, 10000), "5 entries, 50 %, 10s left");
    assert_string_equal(line(5, 0.25, 60000), "5 entries, 25 %, 3m 00s left");
    assert_string_equal(line(5, 0.01, 60000), "5 entries, 1 %, 1h 39m left");
    assert_string_equal(line(5, 1, 60000), "5 entries, 100 %, 0s left");
    assert_string_equal(line(5, 0, 60000), "5 entries, 0 %");
    assert_string_equal(line(5, 1.5, 60000), "5 entries");
}

static void
nothing_is_said_where_there_is_no_terminal(void **state)
{
    struct progress p;

    (void)state;
    progress_init(&p, true, "entries", 0);
    progress_show(&p, 1, 0.5, 100000);
    assert_int_equal(p.shown_ms, 0);
    progress_end(&p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_have_commas),
        cmocka_unit_test(time_left_follows_what_was_done),
        cmocka_unit_test(nothing_is_said_where_there_is_no_terminal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
