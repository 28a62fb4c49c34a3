#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "columns/width.h"
#include "columns/wrap.h"
#include "model/clean.h"
#include "screen/theme.h"

static void
expect_clean(const char *dirty, const char *clean)
{
    char *text = clean_new(span_of(dirty), true, NULL);

    assert_non_null(text);
    assert_string_equal(text, clean);
    free(text);
}

static void
ordinary_text_stays(void **state)
{
    (void)state;
    expect_clean("plain, größer, Ελλάδα, 日本語, שלום, 👍",
                 "plain, größer, Ελλάδα, 日本語, שלום, 👍");
    expect_clean("two\nlines", "two\nlines");
    expect_clean("e\xcc\x81 and a\xcc\x8a", "e\xcc\x81 and a\xcc\x8a");
    expect_clean("", "");
}

static void
controls_are_shown_and_do_nothing(void **state)
{
    (void)state;
    expect_clean("\033[2J\a\033]0;title\a", "␛[2J␇␛]0;title␇");
    expect_clean("\x7f\xc2\x9b", "␡\xef\xbf\xbd");
    expect_clean("a\r\nb\rc", "a\nb␍c");
    expect_clean("\tx", "    x");
    expect_clean("bad \xff\xfe \xc3(", "bad \xef\xbf\xbd\xef\xbf\xbd \xef\xbf\xbd(");
    expect_clean("a\xe2\x80\xa8"
                 "b",
                 "a\nb");
}

static void
nothing_reorders_or_hides_text(void **state)
{
    (void)state;
    expect_clean("\xe2\x80\xae"
                 "abc\xe2\x80\xac",
                 "\xef\xbf\xbd"
                 "abc\xef\xbf\xbd");
    expect_clean("\xe2\x81\xa6"
                 "x\xe2\x81\xa9",
                 "\xef\xbf\xbdx\xef\xbf\xbd");
    expect_clean("a\xe2\x80\x8b\xe2\x80\x8e\xef\xbb\xbf\xc2\xad"
                 "b",
                 "ab");
    expect_clean("\xf3\xa0\x81\x81tag", "tag");
}

/* They reorder what is beside them, and nobody sees them. */
static void
marks_of_direction_are_left_out(void **state)
{
    (void)state;
    expect_clean("a\xe2\x80\x8e-1", "a-1");          /* U+200E, left-to-right */
    expect_clean("a\xe2\x80\x8f-1", "a-1");          /* U+200F, right-to-left */
    expect_clean("a\xd8\x9c-1", "a-1");              /* U+061C, Arabic letter */
    expect_clean("a\x7f\xc2\x85", "a␡\xef\xbf\xbd"); /* no such mark, but as little to be seen */
}

static void
emoji_have_a_width_on_which_all_agree(void **state)
{
    (void)state;
    expect_clean("👨\xe2\x80\x8d👩", "👨👩"); /* joiner */
    expect_clean("👍🏽", "👍");        /* skin */
    expect_clean("❤\xef\xb8\x8f", "❤");   /* presentation */
    assert_int_equal(width_text("👍", strlen("👍")), 2);
}

static void
marks_are_limited(void **state)
{
    char dirty[1 + 2 * 50 + 1] = "a", clean[1 + 2 * CLEAN_MARKS + 1] = "a";

    (void)state;
    for (int i = 0; i < 50; i++)
        strcat(dirty, "\xcc\x81");
    for (int i = 0; i < CLEAN_MARKS; i++)
        strcat(clean, "\xcc\x81");
    expect_clean(dirty, clean);
    expect_clean("\xcc\x81x", "◌\xcc\x81x");
}

/* Whatever comes in, what comes out is UTF-8 that a terminal only shows, in whole units. */
static void
any_bytes_become_clean(void **state)
{
    uint32_t seed = 1;

    (void)state;
    for (int round = 0; round < 2000; round++) {
        uint8_t bytes[64];
        char *text;
        size_t len, at = 0;
        struct unit u;

        for (size_t i = 0; i < sizeof bytes; i++) {
            seed = seed * 1664525u + 1013904223u;
            bytes[i] = (uint8_t)(round % 2 == 0 ? seed >> 24 : 0xc0 | (seed >> 26));
        }
        text = clean_new((struct span){bytes, sizeof bytes}, true, &len);
        assert_non_null(text);
        assert_true(text_is_utf8((struct span){(const uint8_t *)text, len}));
        while (width_next(text + at, len - at, &u)) {
            assert_true(u.len <= UNIT_BYTES && u.width <= 2);
            assert_true(u.width > 0 || *u.text == '\n');
            assert_true((uint8_t)*u.text >= ' ' || *u.text == '\n');
            at += u.len;
        }
        assert_int_equal(at, len);
        free(text);
    }
}

static void
fixed_text_ends_at_a_whole_unit(void **state)
{
    char out[5];

    (void)state;
    clean_fixed(out, sizeof out, span_of("aé日b"));
    assert_string_equal(out, "aé");
    clean_fixed(out, sizeof out, span_of("a\nb\n"));
    assert_string_equal(out, "a b ");
}

static void
text_fits_into_columns(void **state)
{
    const char *text = "a日e\xcc\x81x";

    (void)state;
    assert_int_equal(width_text(text, strlen(text)), 5);
    assert_int_equal(width_fit(text, strlen(text), 2), 1);
    assert_int_equal(width_fit(text, strlen(text), 3), 4);
    assert_int_equal(width_fit(text, strlen(text), 4), 7);
    assert_int_equal(width_fit(text, strlen(text), 99), 8);
}

/* The lines joined by '|'. */
static void
expect_wrap(const char *text, int columns, const char *expected)
{
    struct wrap w = {0};
    char joined[512] = "";

    assert_true(wrap_text(&w, text, strlen(text), columns, columns));
    for (size_t i = 0; i < w.n; i++) {
        if (i > 0)
            strcat(joined, "|");
        strncat(joined, text + w.lines[i].at, w.lines[i].len);
        assert_true(width_text(text + w.lines[i].at, w.lines[i].len) <= columns);
    }
    assert_string_equal(joined, expected);
    wrap_clear(&w);
}

static void
lines_break_between_words(void **state)
{
    (void)state;
    expect_wrap("", 10, "");
    expect_wrap("one two three", 20, "one two three");
    expect_wrap("one two three", 7, "one two|three");
    expect_wrap("one two three", 8, "one two|three");
    expect_wrap("one two three", 5, "one|two|three");
    expect_wrap("a\n\nb", 5, "a||b");
    expect_wrap("a\n", 5, "a|");
    expect_wrap("well-known", 6, "well-|known");
}

static void
long_words_are_cut(void **state)
{
    (void)state;
    expect_wrap("abcdefghij", 4, "abcd|efgh|ij");
    expect_wrap("ab abcdefghij", 4, "ab|abcd|efgh|ij");
    expect_wrap("日本語日本語", 5, "日本|語日|本語");
    expect_wrap("e\xcc\x81"
                "e\xcc\x81"
                "e\xcc\x81",
                2,
                "e\xcc\x81"
                "e\xcc\x81|e\xcc\x81");
}

/* WCAG's contrast of a colour of the 256 with black and with white. */
static double
linear(int level)
{
    double c = level / 255.0;

    return c <= 0.03928 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

static double
luminance(short colour)
{
    static const int levels[] = {0, 95, 135, 175, 215, 255};
    int c = colour - 16;

    return 0.2126 * linear(levels[c / 36]) + 0.7152 * linear(levels[c / 6 % 6]) +
           0.0722 * linear(levels[c % 6]);
}

static void
names_can_be_read_on_dark_and_light(void **state)
{
    (void)state;
    for (uint8_t hue = 0; hue < HUES; hue++) {
        double mid = luminance(theme_look(THEME_DARK, true, STYLE_NAME, hue).colour);
        double deep = luminance(theme_look(THEME_LIGHT, true, STYLE_NAME, hue).colour);

        if ((mid + 0.05) / 0.05 < 3 || 1.05 / (mid + 0.05) < 3)
            fail_msg("hue %d has a luminance of %f", hue, mid);
        if (1.05 / (deep + 0.05) < 4.5)
            fail_msg("hue %d has a luminance of %f for the light theme", hue, deep);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ordinary_text_stays),
        cmocka_unit_test(controls_are_shown_and_do_nothing),
        cmocka_unit_test(nothing_reorders_or_hides_text),
        cmocka_unit_test(marks_of_direction_are_left_out),
        cmocka_unit_test(emoji_have_a_width_on_which_all_agree),
        cmocka_unit_test(marks_are_limited),
        cmocka_unit_test(any_bytes_become_clean),
        cmocka_unit_test(fixed_text_ends_at_a_whole_unit),
        cmocka_unit_test(text_fits_into_columns),
        cmocka_unit_test(lines_break_between_words),
        cmocka_unit_test(long_words_are_cut),
        cmocka_unit_test(names_can_be_read_on_dark_and_light),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
