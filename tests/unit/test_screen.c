/* Text on a terminal: how wide it is, where it may be cut, how it is broken into lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/screen.h"

#define WIDE   "\xe5\xbc\xa0"     /* two columns */
#define ACCENT "e\xcc\x81"        /* one, of two characters */
#define EMOJI  "\xf0\x9f\x98\x80" /* two */

static const char *
wrapped(const char *text, size_t at, size_t indent, size_t width)
{
    static char out[1024];
    struct buf b;

    buf_init(&b, 0);
    screen_wrap(&b, span_of(text), at, indent, width);
    assert_false(b.failed);
    assert_true(b.len < sizeof(out));
    if (b.len > 0)
        memcpy(out, b.p, b.len);
    out[b.len] = '\0';
    buf_clear(&b);
    return out;
}

static void
width_counts_columns(void **state)
{
    (void)state;
    assert_int_equal(screen_columns(span_of("")), 0);
    assert_int_equal(screen_columns(span_of("abc")), 3);
    assert_int_equal(screen_columns(span_of(WIDE EMOJI ACCENT)), 5);
}

static void
cuts_part_no_character(void **state)
{
    (void)state;
    assert_int_equal(screen_cut(span_of("abc"), 2), 2);
    assert_int_equal(screen_cut(span_of("abc"), 9), 3);
    assert_int_equal(screen_cut(span_of(WIDE WIDE), 3), strlen(WIDE));
    assert_int_equal(screen_cut(span_of(WIDE), 1), 0);
    assert_int_equal(screen_cut(span_of(ACCENT ACCENT), 1), strlen(ACCENT));
}

static void
lines_break_at_blanks(void **state)
{
    (void)state;
    assert_string_equal(wrapped("one two three", 0, 2, 7), "one two\n  three");
    assert_string_equal(wrapped("one two three", 4, 2, 7), "one\n  two\n  three");
    assert_string_equal(wrapped("one two three", 0, 2, 0), "one two three");
    assert_string_equal(wrapped("one  two", 0, 0, 20), "one  two");
    assert_string_equal(wrapped("", 5, 2, 10), "");
}

static void
words_that_are_too_wide_are_broken(void **state)
{
    (void)state;
    assert_string_equal(wrapped("abcdefghij", 0, 2, 4), "abcd\n  ef\n  gh\n  ij");
    assert_string_equal(wrapped(WIDE WIDE WIDE, 0, 0, 4), WIDE WIDE "\n" WIDE);
    assert_string_equal(wrapped("x " WIDE, 0, 0, 1), "x\n" WIDE);
}

static void
newlines_begin_indented_lines(void **state)
{
    (void)state;
    assert_string_equal(wrapped("one\ntwo", 0, 2, 20), "one\n  two");
    assert_string_equal(wrapped("one\n\ntwo\n", 0, 2, 20), "one\n\n  two\n");
}

/* Whatever the text and the width: every line fits, and nothing but blanks is lost. */
static void
every_width_holds_the_text(void **state)
{
    static const char text[] = "a " WIDE WIDE " bcd " EMOJI "x longer-than-some-lines " ACCENT;

    (void)state;
    for (size_t width = 2; width < 40; width++) {
        const char *out = wrapped(text, 0, 0, width);
        const char *in = text;

        for (const char *line = out; *line != '\0';) {
            size_t len = strcspn(line, "\n");

            assert_true(screen_columns((struct span){(const uint8_t *)line, len}) <= width);
            line += len + (line[len] == '\n' ? 1 : 0);
        }
        for (; *out != '\0'; out++)
            if (*out != '\n' && *out != ' ') {
                while (*in == ' ')
                    in++;
                assert_int_equal(*in++, *out);
            }
        assert_int_equal(*in, '\0');
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(width_counts_columns),
        cmocka_unit_test(cuts_part_no_character),
        cmocka_unit_test(lines_break_at_blanks),
        cmocka_unit_test(words_that_are_too_wide_are_broken),
        cmocka_unit_test(newlines_begin_indented_lines),
        cmocka_unit_test(every_width_holds_the_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
