#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/status.h"

static int saved_stderr;
static int read_end;

static int
capture(void **state)
{
    int fds[2];

    (void)state;
    saved_stderr = dup(STDERR_FILENO);
    if (saved_stderr < 0 || pipe(fds) != 0 || dup2(fds[1], STDERR_FILENO) < 0)
        return -1;
    close(fds[1]);
    read_end = fds[0];
    return 0;
}

static int
release(void **state)
{
    (void)state;
    log_setup(LEVEL_INFO);
    dup2(saved_stderr, STDERR_FILENO);
    close(saved_stderr);
    close(read_end);
    return 0;
}

/* What was written to standard error so far. */
static void
take_output(char *text, size_t size)
{
    ssize_t n;

    assert_int_equal(write(STDERR_FILENO, "$", 1), 1);
    n = read(read_end, text, size - 1);
    assert_true(n >= 1);
    assert_int_equal(text[n - 1], '$');
    text[n - 1] = '\0';
}

static void
line_has_time_and_level(void **state)
{
    char text[512];
    struct tm tm = {0};
    const char *rest;

    (void)state;
    log_info("%s has %d", "alice", 3);
    take_output(text, sizeof text);
    rest = strptime(text, "%Y-%m-%dT%H:%M:%S.", &tm);
    assert_non_null(rest);
    assert_int_equal(strspn(rest, "0123456789"), 3);
    assert_string_equal(rest + 3, "Z info  alice has 3\n");
}

static void
what_is_below_the_level_is_left_out(void **state)
{
    char text[512];

    (void)state;
    log_setup(LEVEL_WARN);
    log_debug("one");
    log_info("two");
    log_warn("three");
    log_error("four");
    take_output(text, sizeof text);
    assert_null(strstr(text, "one"));
    assert_null(strstr(text, "two"));
    assert_non_null(strstr(text, "Z warn  three\n"));
    assert_non_null(strstr(text, "Z error four\n"));
    assert_true(log_wants(LEVEL_WARN));
    assert_false(log_wants(LEVEL_INFO));
}

static void
arguments_cannot_make_lines(void **state)
{
    char text[512];

    (void)state;
    log_info("%s", "a\n2026-11-22T10:00:00.123Z error b\x1b[2J\xff");
    take_output(text, sizeof text);
    assert_non_null(strstr(text, " info  a\\n2026-11-22T10:00:00.123Z error b\\x1b[2J\\xff\n"));
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
}

static void
long_line_still_ends(void **state)
{
    char text[8192];
    char much[5000];

    (void)state;
    memset(much, 1, sizeof much - 1);
    much[sizeof much - 1] = '\0';
    log_info("%s", much);
    take_output(text, sizeof text);
    assert_true(strlen(text) < 4096);
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
}

static void
levels_have_names(void **state)
{
    enum log_level level = LEVEL_INFO;

    (void)state;
    assert_true(log_level_parse(&level, "error"));
    assert_int_equal(level, LEVEL_ERROR);
    assert_true(log_level_parse(&level, "debug"));
    assert_int_equal(level, LEVEL_DEBUG);
    assert_false(log_level_parse(&level, "Debug"));
    assert_false(log_level_parse(&level, ""));
    assert_int_equal(level, LEVEL_DEBUG);
}

static void
limit_counts_what_it_holds_back(void **state)
{
    struct log_limit limit = {0};
    int64_t now = 1000000;
    unsigned missed = 9;

    (void)state;
    assert_true(log_limit_pass(&limit, 2, now, &missed));
    assert_int_equal(missed, 0);
    assert_true(log_limit_pass(&limit, 2, now + 1, &missed));
    for (int i = 0; i < 5; i++)
        assert_false(log_limit_pass(&limit, 2, now + 59999, &missed));
    assert_int_equal(missed, 0);
    assert_true(log_limit_pass(&limit, 2, now + 60000, &missed));
    assert_int_equal(missed, 5);
    assert_true(log_limit_pass(&limit, 2, now + 60000, &missed));
    assert_int_equal(missed, 0);
    assert_false(log_limit_pass(&limit, 2, now + 60000, &missed));
}

static void
faults_are_escaped_and_bounded(void **state)
{
    struct fault why;
    char much[2 * FAULT_TEXT_MAX];

    (void)state;
    assert_int_equal(fault_set(&why, ST_EXISTS, "no \"%s\" %d\\", "x\ty\x1b", 4), ST_EXISTS);
    assert_string_equal(why.text, "no \"x\\ty\\x1b\" 4\\");
    assert_int_equal(fault_set(NULL, ST_FULL, "%d", 1), ST_FULL);
    memset(much, '\x02', sizeof much - 1);
    much[sizeof much - 1] = '\0';
    fault_set(&why, ST_FULL, "%s", much);
    assert_int_equal(strlen(why.text) % 4, 0);
    assert_true(strlen(why.text) > FAULT_TEXT_MAX - 8);
}

static void
every_status_has_a_name(void **state)
{
    (void)state;
    for (int st = ST_OK; st <= ST_CLOSED; st++)
        assert_string_not_equal(status_name((enum status)st), "unknown");
    assert_string_equal(status_name(ST_NOT_FOUND), "not_found");
    assert_string_equal(status_name((enum status)(ST_CLOSED + 1)), "unknown");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(line_has_time_and_level, capture, release),
        cmocka_unit_test_setup_teardown(what_is_below_the_level_is_left_out, capture, release),
        cmocka_unit_test_setup_teardown(arguments_cannot_make_lines, capture, release),
        cmocka_unit_test_setup_teardown(long_line_still_ends, capture, release),
        cmocka_unit_test(levels_have_names),
        cmocka_unit_test(limit_counts_what_it_holds_back),
        cmocka_unit_test(faults_are_escaped_and_bounded),
        cmocka_unit_test(every_status_has_a_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
