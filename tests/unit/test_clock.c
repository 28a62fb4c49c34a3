#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"

#define NOW INT64_C(1795345200123456789) /* 2026-11-22T11:00:00.123456789Z */

struct sample {
    const char *text;
    int64_t ns;
};

static void
times_are_printed_in_utc(void **state)
{
    static const struct sample samples[] = {
        {"2026-11-22T11:00:00.123456789Z", NOW},
        {"1970-01-01T00:00:00.000000000Z", 0},
        {"1970-01-01T00:00:00.000000000Z", -1},
        {"1970-01-01T00:00:00.000000000Z", INT64_MIN},
        {"2000-02-29T23:59:59.000000001Z", INT64_C(951868799000000001)},
        {"2262-04-11T23:47:16.854775807Z", INT64_MAX},
    };

    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        char text[TIME_TEXT_LEN + 1];

        time_format_utc(samples[i].ns, text);
        assert_string_equal(text, samples[i].text);
    }
}

static void
all_forms_of_a_time_are_read(void **state)
{
    static const struct sample samples[] = {
        {"2026-11-22T11:00:00.123456789Z", NOW},
        {"2026-11-22 11:00:00.123456789z", NOW},
        {"2026-11-22t12:30:00.123456789+01:30", NOW},
        {"2026-11-22T00:00:00.123456789-11:00", NOW},
        {"2026-11-22T11:00Z", INT64_C(1795345200000000000)},
        {"2026-11-22T11:00:00.5Z", INT64_C(1795345200500000000)},
        {"2016-12-31T23:59:60Z", INT64_C(1483228799999999999)},
        {"2016-12-31T23:59:60.25Z", INT64_C(1483228799999999999)},
        {"2000-02-29T00:00:00Z", INT64_C(951782400000000000)},
        {"1970-01-01T00:00:00Z", 0},
        {"2262-04-11T23:47:16.854775807Z", INT64_MAX},
        {"10s", NOW - 10 * NS_PER_S},
        {"10m", NOW - 600 * NS_PER_S},
        {"2h", NOW - 7200 * NS_PER_S},
        {"3d", NOW - 3 * 86400 * NS_PER_S},
        {"1w", NOW - 7 * 86400 * NS_PER_S},
        {"0s", NOW},
        {"@0", 0},
        {"@1795345200123456789", NOW},
        {"@9223372036854775807", INT64_MAX},
    };

    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        int64_t ns = -1;

        assert_int_equal(time_parse(&ns, samples[i].text, NOW, NULL), ST_OK);
        if (ns != samples[i].ns)
            fail_msg("%s is read as %lld", samples[i].text, (long long)ns);
    }
}

static void
times_without_zone_are_local(void **state)
{
    static const struct sample samples[] = {
        {"2026-11-22", INT64_C(1795302000000000000)},          /* winter, +01:00 */
        {"2026-11-22T12:00:00", INT64_C(1795345200000000000)}, /* winter */
        {"2026-07-01 12:00", INT64_C(1782900000000000000)},    /* summer, +02:00 */
    };

    (void)state;
    setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
    tzset();
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        int64_t ns = -1;

        assert_int_equal(time_parse(&ns, samples[i].text, NOW, NULL), ST_OK);
        if (ns != samples[i].ns)
            fail_msg("%s is read as %lld", samples[i].text, (long long)ns);
    }
}

static void
anything_else_is_refused(void **state)
{
    static const char *const samples[] = {
        "",
        " ",
        "now",
        "2026",
        "2026-11",
        "2026-13-01",
        "2026-00-10",
        "2026-11-00",
        "2026-11-31",
        "2026-02-29",
        "1900-02-29T00:00:00Z",
        "2026-1-2",
        "+026-11-22",
        "2026-11-22Z",
        "2026-11-22T",
        "2026-11-22T11",
        "2026-11-22T24:00:00Z",
        "2026-11-22T11:60:00Z",
        "2026-11-22T11:00:61Z",
        "2026-11-22T11:00:00.Z",
        "2026-11-22T11:00:00.1234567890Z",
        "2026-11-22T11:00:00+24:00",
        "2026-11-22T11:00:00+1:00",
        "2026-11-22T11:00:00+0100",
        "2026-11-22T11:00:00Z ",
        " 2026-11-22T11:00:00Z",
        "2026-11-22  11:00:00Z",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00+00:01",
        "2262-04-11T23:47:16.854775808Z",
        "9999-12-31T23:59:59Z",
        "10",
        "s",
        "-10s",
        "10S",
        "1h30m",
        "10 s",
        "99999999999999999999s",
        "9223372036854775807w",
        "3000w",
        "@",
        "@-1",
        "@1x",
        "@9223372036854775808",
    };

    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        struct fault why = {""};
        int64_t ns = 4711;

        if (time_parse(&ns, samples[i], NOW, &why) != ST_INVALID)
            fail_msg("\"%s\" is read as %lld", samples[i], (long long)ns);
        assert_int_equal(ns, 4711);
        assert_string_not_equal(why.text, "");
    }
}

static void
clocks_go(void **state)
{
    int64_t start = clock_mono_ms();

    (void)state;
    assert_true(clock_wall_ns() > INT64_C(1700000000) * NS_PER_S);
    while (clock_mono_ms() == start)
        ;
    assert_true(clock_mono_ms() > start);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_printed_in_utc),
        cmocka_unit_test(all_forms_of_a_time_are_read),
        cmocka_unit_test(times_without_zone_are_local),
        cmocka_unit_test(anything_else_is_refused),
        cmocka_unit_test(clocks_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
