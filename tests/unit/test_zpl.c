#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/zpl.h"

static enum zpline_kind
kind_of(const char *text)
{
    struct zpline line;

    return zpline_read(&line, span_of(text));
}

static void
lines_are_told_apart(void **state)
{
    static const char *const blank[] = {"", " \t\r", "# a", "  # a = b"};
    static const char *const items[] = {"a", "a # b", "a=b", "    a = ''",
                                        "$-_@.&+/Z9 = \"#\" # b\r"};
    static const char *const wrong[] = {"= b",         " a",      "\ta",      "a b",
                                        "a = \"b\" c", "a = \"b", "a = 'b\"", "\xc3\xa4 = b"};

    (void)state;
    for (size_t i = 0; i < sizeof blank / sizeof blank[0]; i++)
        assert_int_equal(kind_of(blank[i]), ZPLINE_BLANK);
    for (size_t i = 0; i < sizeof items / sizeof items[0]; i++)
        assert_int_equal(kind_of(items[i]), ZPLINE_ITEM);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(kind_of(wrong[i]), ZPLINE_WRONG);
}

static void
bare_value_may_be_empty(void **state)
{
    static const char *const empty[] = {"a =", "a = \t", "a = # b", "    a=\r"};
    struct zpline line;

    (void)state;
    for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++) {
        assert_int_equal(zpline_read(&line, span_of(empty[i])), ZPLINE_EMPTY);
        assert_true(line.has_value);
        assert_non_null(line.value.p);
        assert_int_equal(line.value.len, 0);
    }
}

static void
item_is_taken_apart(void **state)
{
    const struct {
        const char *text;
        size_t level;
        const char *name;
        const char *value; /* NULL: none */
    } samples[] = {
        {"curve", 0, "curve", NULL},          {"    public-key = \"a b\"", 1, "public-key", "a b"},
        {"        x='\"' # c", 2, "x", "\""}, {"a = b c \t# d", 0, "a", "b c"},
        {"a = b=c", 0, "a", "b=c"},           {"a = \"\"", 0, "a", ""},
    };
    struct zpline line;

    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        assert_int_equal(zpline_read(&line, span_of(samples[i].text)), ZPLINE_ITEM);
        assert_int_equal(line.level, samples[i].level);
        assert_true(span_equal(line.name, span_of(samples[i].name)));
        assert_int_equal(line.has_value, samples[i].value != NULL);
        assert_true(samples[i].value == NULL || span_equal(line.value, span_of(samples[i].value)));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_told_apart),
        cmocka_unit_test(bare_value_may_be_empty),
        cmocka_unit_test(item_is_taken_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
