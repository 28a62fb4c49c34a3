/* Text on a terminal: how wide it is, where it may be cut, how it is broken into lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/screen.h"
#include "columns/width.h"

#define WIDE   "\xe5\xbc\xa0"     /* two columns */
#define STOP   "\xe3\x80\x82"     /* two, and never at the beginning of a line */
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
    assert_int_equal(width_text("", 0), 0);
    assert_int_equal(width_text("abc", 3), 3);
    assert_int_equal(width_text(WIDE EMOJI ACCENT, strlen(WIDE EMOJI ACCENT)), 5);
}

static void
cuts_part_no_character(void **state)
{
    (void)state;
    assert_int_equal(width_fit("abc", 3, 2), 2);
    assert_int_equal(width_fit("abc", 3, 9), 3);
    assert_int_equal(width_fit(WIDE WIDE, strlen(WIDE WIDE), 3), strlen(WIDE));
    assert_int_equal(width_fit(WIDE, strlen(WIDE), 1), 0);
    assert_int_equal(width_fit(ACCENT ACCENT, strlen(ACCENT ACCENT), 1), strlen(ACCENT));
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

/* Names of options, paths and UUIDs are read, and copied, whole. */
static void
words_with_hyphens_and_slashes_stay_whole(void **state)
{
    (void)state;
    assert_string_equal(wrapped("take --dry-run", 0, 0, 10), "take\n--dry-run");
    assert_string_equal(wrapped("see /etc/fstab", 0, 0, 10), "see\n/etc/fstab");
    assert_string_equal(wrapped("see .profile", 0, 0, 10), "see\n.profile");
    assert_string_equal(wrapped("at /usr/lib/conclave", 0, 0, 10), "at\n/usr/lib/\nconclave");
    assert_string_equal(wrapped("oh la la !", 0, 0, 8), "oh la\nla !");
}

static void
other_scripts_break_where_they_do(void **state)
{
    (void)state;
    assert_string_equal(wrapped("x " WIDE WIDE WIDE, 0, 0, 6), "x " WIDE WIDE "\n" WIDE);
    assert_string_equal(wrapped(WIDE WIDE WIDE STOP, 0, 0, 6), WIDE WIDE "\n" WIDE STOP);
}

static void
a_first_word_begins_the_next_line_if_it_fits_there(void **state)
{
    (void)state;
    assert_string_equal(wrapped("abcdef", 8, 2, 10), "\n  abcdef");
    assert_string_equal(wrapped("abcdefghij", 8, 2, 10), "ab\n  cdefghij");
    assert_string_equal(wrapped("a b  ", 0, 0, 10), "a b  ");
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

            assert_true(width_text(line, len) <= (int)width);
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
        cmocka_unit_test(words_with_hyphens_and_slashes_stay_whole),
        cmocka_unit_test(other_scripts_break_where_they_do),
        cmocka_unit_test(a_first_word_begins_the_next_line_if_it_fits_there),
        cmocka_unit_test(newlines_begin_indented_lines),
        cmocka_unit_test(every_width_holds_the_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
