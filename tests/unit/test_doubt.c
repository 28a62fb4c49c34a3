#include "group/doubt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/log.h"

#define HOUR_MS INT64_C(3600000)
#define DAY_NS  (24 * HOUR_MS * NS_PER_MS)
#define NOW     (20000 * DAY_NS)

/* Standard error goes there instead; *saved is where it went before. */
static FILE *
catch_log(int *saved)
{
    FILE *file = tmpfile();

    assert_non_null(file);
    *saved = dup(STDERR_FILENO);
    assert_int_not_equal(dup2(fileno(file), STDERR_FILENO), -1);
    return file;
}

/* How many of its lines hold these words. */
static unsigned
release_log(FILE *file, int saved, const char *words)
{
    char line[1024];
    unsigned n = 0;

    assert_int_not_equal(dup2(saved, STDERR_FILENO), -1);
    close(saved);
    rewind(file);
    while (fgets(line, sizeof line, file))
        n += strstr(line, words) != NULL;
    fclose(file);
    return n;
}

/* Lines with these words in 10 hours, in which the clock is ahead of the newest entry by so much.
 */
static unsigned
told(int64_t by_ns, bool ages, const char *words)
{
    struct doubt d;
    int saved;
    FILE *file = catch_log(&saved);

    doubt_init(&d, NOW, false);
    for (int64_t ms = 0; ms < 10 * HOUR_MS; ms += 1000)
        doubt_clock(&d, NOW + by_ns + ms * NS_PER_MS, ms, ages);
    return release_log(file, saved, words);
}

static void
doubt_is_told_at_once_and_each_hour(void **state)
{
    (void)state;
    assert_int_equal(told(3650 * DAY_NS, true, " warn "), 10);
    assert_int_equal(told(3650 * DAY_NS, true, "the clock is 3650 days ahead of the entry"), 10);
    assert_int_equal(told(-36 * HOUR_MS * NS_PER_MS, true, "2160 minutes behind the entry"), 10);
    assert_int_equal(told(DAY_NS - 1, true, "the clock"), 0);
    /* It may be the group that was silent. */
    assert_int_equal(told(3 * DAY_NS, false, "the clock is 3 days ahead"), 1);
}

static void
message_server_is_doubted_beside_it_and_the_end_is_told(void **state)
{
    struct doubt d;
    int saved;
    FILE *file = catch_log(&saved);

    (void)state;
    doubt_init(&d, NOW, false);
    doubt_server(&d, NOW + DAY_NS, 0);
    for (int64_t ms = 0; ms < 2 * HOUR_MS; ms += 1000)
        assert_true(doubt_clock(&d, NOW + ms * NS_PER_MS, ms, true));
    doubt_server(&d, NOW + 2 * HOUR_MS * NS_PER_MS, 2 * HOUR_MS);
    assert_false(doubt_clock(&d, NOW + 2 * HOUR_MS * NS_PER_MS, 2 * HOUR_MS, true));
    assert_false(doubt_clock(&d, NOW + 2 * HOUR_MS * NS_PER_MS, 2 * HOUR_MS, true));
    assert_int_equal(release_log(file, saved, "the clock"), 3);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(doubt_is_told_at_once_and_each_hour),
        cmocka_unit_test(message_server_is_doubted_beside_it_and_the_end_is_told),
    };

    log_setup(LEVEL_INFO);
    return cmocka_run_group_tests_name("doubt", tests, NULL, NULL);
}
