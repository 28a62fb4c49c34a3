#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"

static void
spans_compare_by_content(void **state)
{
    (void)state;
    assert_true(span_equal(span_of("abc"), (struct span){(const uint8_t *)"abcd", 3}));
    assert_false(span_equal(span_of("abc"), span_of("abd")));
    assert_false(span_equal(span_of("abc"), span_of("ab")));
    assert_true(span_equal(span_of(""), (struct span){NULL, 0}));
    assert_int_equal(span_of(NULL).len, 0);
}

static void
buffer_grows_and_keeps_its_content(void **state)
{
    struct buf b;
    uint8_t expected[3000];

    (void)state;
    buf_init(&b, 0);
    for (size_t i = 0; i < sizeof expected; i++) {
        expected[i] = (uint8_t)(i * 7);
        assert_int_equal(buf_append(&b, &expected[i], 1), ST_OK);
    }
    assert_true(span_equal(buf_span(&b), (struct span){expected, sizeof expected}));
    buf_clear(&b);
    assert_null(b.p);
    assert_int_equal(buf_append(&b, "again", 5), ST_OK);
    assert_true(span_equal(buf_span(&b), span_of("again")));
    buf_clear(&b);
}

static void
append_over_the_bound_changes_nothing(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 100);
    assert_int_equal(buf_append(&b, "0123456789", 10), ST_OK);
    assert_int_equal(buf_reserve(&b, 90), ST_OK);
    assert_true(b.cap <= 100);
    assert_int_equal(buf_reserve(&b, 91), ST_FULL);
    assert_int_equal(buf_reserve(&b, SIZE_MAX), ST_FULL);
    assert_false(b.failed);
    assert_int_equal(buf_append(&b, (uint8_t[91]){0}, 91), ST_FULL);
    assert_true(b.failed);
    assert_true(span_equal(buf_span(&b), span_of("0123456789")));
    buf_clear(&b);
}

static void
nothing_follows_a_failed_append(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 4);
    buf_append(&b, "12345", 5);
    assert_int_not_equal(buf_append(&b, "1", 1), ST_OK);
    assert_int_equal(b.len, 0);
    buf_reset(&b);
    assert_int_equal(buf_append(&b, "1234", 4), ST_OK);
    assert_false(b.failed);
    buf_clear(&b);
}

static void
impossible_sizes_are_refused(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 0);
    assert_int_equal(buf_append(&b, "1", 1), ST_OK);
    assert_int_equal(buf_reserve(&b, SIZE_MAX), ST_FULL);
    assert_int_equal(buf_append(&b, NULL, 0), ST_OK);
    assert_int_equal(b.len, 1);
    buf_clear(&b);
}

static void
text_falls_into_lines(void **state)
{
    static const char *const expected[] = {"a", "", "b\r", "c"};
    struct span rest = span_of("a\n\nb\r\nc");
    struct span line;

    (void)state;
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        assert_true(span_next_line(&line, &rest));
        assert_true(span_equal(line, span_of(expected[i])));
    }
    assert_false(span_next_line(&line, &rest));
    rest = span_of("a\n");
    assert_true(span_next_line(&line, &rest));
    assert_false(span_next_line(&line, &rest));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spans_compare_by_content),
        cmocka_unit_test(buffer_grows_and_keeps_its_content),
        cmocka_unit_test(append_over_the_bound_changes_nothing),
        cmocka_unit_test(nothing_follows_a_failed_append),
        cmocka_unit_test(impossible_sizes_are_refused),
        cmocka_unit_test(text_falls_into_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
