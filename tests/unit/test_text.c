#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

#define SPAN(literal) ((struct span){(const uint8_t *)(literal), sizeof(literal) - 1})

static void
utf8_is_recognised(void **state)
{
    const struct span good[] = {
        SPAN(""),
        SPAN("plain"),
        SPAN("a\0b"),
        SPAN("\x7f"),
        SPAN("\xc2\x80"),
        SPAN("\xdf\xbf"),
        SPAN("\xe0\xa0\x80"),
        SPAN("\xed\x9f\xbf"),
        SPAN("\xee\x80\x80"),
        SPAN("\xef\xbf\xbf"),
        SPAN("\xf0\x90\x80\x80"),
        SPAN("\xf4\x8f\xbf\xbf"),
    };
    const struct span bad[] = {
        SPAN("\x80"),             /* continuation alone */
        SPAN("\xc0\x80"),         /* overlong NUL */
        SPAN("\xc1\xbf"),         /* overlong */
        SPAN("\xe0\x9f\xbf"),     /* overlong */
        SPAN("\xf0\x8f\xbf\xbf"), /* overlong */
        SPAN("\xed\xa0\x80"),     /* surrogate */
        SPAN("\xed\xbf\xbf"),     /* surrogate */
        SPAN("\xf4\x90\x80\x80"), /* above 10FFFF */
        SPAN("\xf5\x80\x80\x80"),
        SPAN("\xff"),
        SPAN("a\xc3"), /* cut */
        SPAN("\xe2\x82"),
        SPAN("\xf0\x9f\x98"),
        SPAN("\xc3("),
        SPAN("\xe2\x82("),
    };

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(text_is_utf8(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (text_is_utf8(bad[i]))
            fail_msg("sample %zu passes", i);
    }
}

static void
names_are_fit_to_be_shown(void **state)
{
    const struct span bad[] = {
        SPAN(""),
        SPAN(" a"),
        SPAN("a "),
        SPAN("a\xe3\x80\x80"), /* ideographic space */
        SPAN("\xc2\xa0"
             "a"), /* no-break space */
        SPAN("a\nb"),
        SPAN("a\0b"),
        SPAN("a\x7f"),
        SPAN("a\xc2\x85"), /* C1 */
        SPAN("\xe2\x80\xae"
             "a"), /* right-to-left override */
        SPAN("\xe2\x81\xa6"
             "a"), /* isolate */
        SPAN("\xd8\x9c"
             "a"), /* Arabic letter mark */
        SPAN("\xe2\x80\x8e"
             "a"), /* left-to-right mark */
        SPAN("a\xe2\x80\x8f"
             "b"), /* right-to-left mark */
        SPAN("a\xe2\x80\xa8"
             "b"), /* line separator */
        SPAN("\xff"),
        SPAN("123456789"),
    };

    (void)state;
    assert_true(text_is_name(SPAN("a b"), 8));
    assert_true(text_is_name(SPAN("12345678"), 8));
    assert_true(text_is_name(SPAN("\xd7\x90\xd7\x91"), 8));
    assert_true(text_is_name(SPAN("\xf0\x9f\x98\x80"), 4));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (text_is_name(bad[i], 8))
            fail_msg("sample %zu passes", i);
    }
}

static void
lines_may_be_empty_or_indented(void **state)
{
    (void)state;
    assert_true(text_is_line(SPAN(""), 8));
    assert_true(text_is_line(SPAN("  a "), 8));
    assert_false(text_is_line(SPAN("a\n"), 8));
    assert_false(text_is_line(SPAN("123456789"), 8));
    assert_false(text_is_line(SPAN("\xe2\x80\xaa"), 8));
}

static void
check_escape(struct span text, bool keep_newlines, const char *expected)
{
    struct buf out;

    buf_init(&out, 0);
    text_escape(&out, text, keep_newlines);
    assert_false(out.failed);
    assert_true(text_is_utf8(buf_span(&out)));
    assert_int_equal(out.len, strlen(expected));
    assert_memory_equal(out.p, expected, out.len);
    buf_clear(&out);
}

static void
group_names_work_on_a_command_line(void **state)
{
    (void)state;
    assert_true(text_is_group_name(SPAN("dev")));
    assert_true(text_is_group_name(SPAN("b\xc3\xbc"
                                        "cher-2.0")));
    assert_false(text_is_group_name(SPAN("")));
    assert_false(text_is_group_name(SPAN("two words")));
    assert_false(text_is_group_name(SPAN("a\xe3\x80\x80"
                                         "z")));
    assert_false(text_is_group_name(SPAN("a/b")));
    assert_false(text_is_group_name(SPAN("-rf")));
    assert_false(text_is_group_name(SPAN("..")));
    assert_true(text_is_word(SPAN("-a/b"), 64));
}

static void
terminal_sees_only_text(void **state)
{
    (void)state;
    check_escape(SPAN("gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80"), false,
                 "gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80");
    check_escape(SPAN("\x1b[2J\a\0\x7f"), false, "\\x1b[2J\\x07\\x00\\x7f");
    check_escape(SPAN("\xc2\x9b"
                      "31m"),
                 false, "\\u{009B}31m");
    check_escape(SPAN("a\xe2\x80\xae"
                      "b\xe2\x81\xa9"),
                 false, "a\\u{202E}b\\u{2069}");
    check_escape(SPAN("a\\n"), false, "a\\\\n");
    check_escape(SPAN("a\n\tb\r"), false, "a\\n\\tb\\x0d");
    check_escape(SPAN("a\n\tb\r"), true, "a\n\\tb\\x0d");
    check_escape(SPAN("\xc3\xff\xe2\x82"), false, "\\xc3\\xff\\xe2\\x82");
}

static void
failure_is_left_in_the_buffer(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, 5);
    text_escape(&out, SPAN("ab\x01z"), false);
    assert_true(out.failed);
    assert_true(span_equal(buf_span(&out), SPAN("ab")));
    buf_clear(&out);
}

/* A message that looks empty, a word that looks like another, text that runs the other way. */
static void
what_is_invisible_is_shown(void **state)
{
    static const struct {
        const char *text, *shown;
    } cases[] = {
        {"a\xe2\x80\x8b", "a\\u{200B}"},           /* zero width space */
        {"a\xe2\x80\x8c", "a\\u{200C}"},           /* non-joiner */
        {"a\xe2\x80\x8d", "a\\u{200D}"},           /* joiner */
        {"a\xe2\x80\x8e", "a\\u{200E}"},           /* left to right */
        {"a\xe2\x80\x8f", "a\\u{200F}"},           /* right to left */
        {"a\xd8\x9c", "a\\u{061C}"},               /* Arabic letter mark */
        {"\xef\xbb\xbf", "\\u{FEFF}"},             /* byte order mark */
        {"pass\xc2\xadword", "pass\\u{00AD}word"}, /* soft hyphen */
        {"a\xe2\x81\xa0", "a\\u{2060}"},           /* word joiner */
        {"a\xe2\x81\xa6", "a\\u{2066}"},           /* isolate */
        {"a\xe3\x85\xa4", "a\\u{3164}"},           /* Hangul filler */
        {"a\xef\xb8\x8f", "a\\u{FE0F}"},           /* a selector of nothing */
        {"a\xf3\xa0\x81\x81", "a\\u{E0041}"},      /* tag letter */
        {"\xf0\x9f\x8f\xb4\xf3\xa0\x81\xa7",       /* also behind a flag */
         "\xf0\x9f\x8f\xb4\\u{E0067}"},
        {"\xe2\x9d\xa4\xef\xb8\x8f\xef\xb8\x8f", /* heart, and one selector too many */
         "\xe2\x9d\xa4\xef\xb8\x8f\\u{FE0F}"},
        {"\xf0\x9f\x91\xa9\xe2\x80\x8d", "\xf0\x9f\x91\xa9\\u{200D}"}, /* joined to nothing */
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_escape(span_of(cases[i].text), false, cases[i].shown);
}

static void
what_writing_needs_stays(void **state)
{
    static const char *const texts[] = {
        "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb",         /* woman, joiner, laptop */
        "\xe2\x9d\xa4\xef\xb8\x8f\xe2\x80\x8d\xf0\x9f\x94\xa5", /* heart on fire */
        "\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd",                     /* with a skin tone */
        "1\xef\xb8\x8f\xe2\x83\xa3",                            /* keycap */
        "\xc2\xa9\xef\xb8\x8f",                                 /* copyright as emoji */
        "\xd9\x85\xdb\x8c\xe2\x80\x8c\xd8\xae\xd9\x88\xd8\xa7\xd9\x87\xd9\x85", /* Persian */
        "\xe0\xa4\x95\xe0\xa5\x8d\xe2\x80\x8d\xe0\xa4\xb7", /* Devanagari half form */
        "\xe8\xbe\xbb\xf3\xa0\x84\x80",                     /* a variant of a character */
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        check_escape(span_of(texts[i]), false, texts[i]);
}

static void
fixed_escape_cuts_at_whole_characters(void **state)
{
    char out[8];

    (void)state;
    assert_int_equal(text_escape_fixed(out, sizeof out, "abcdefgh"), 7);
    assert_string_equal(out, "abcdefg");
    assert_int_equal(text_escape_fixed(out, sizeof out, "abcdef\xc3\xbc"), 6);
    assert_string_equal(out, "abcdef");
    assert_int_equal(text_escape_fixed(out, sizeof out, "abcd\x1b"), 4);
    assert_int_equal(text_escape_fixed(out, sizeof out, "abc\x1b"), 7);
    assert_string_equal(out, "abc\\x1b");
    assert_int_equal(text_escape_fixed(out, sizeof out, "a\\x1b"), 5);
    assert_string_equal(out, "a\\x1b");
    assert_int_equal(text_escape_fixed(out, 1, "a"), 0);
    assert_int_equal(text_escape_fixed(out, sizeof out, "\xe2\x80\x8b"), 0);
    assert_string_equal(out, "");
}

static void
ascii_case_is_ignored(void **state)
{
    (void)state;
    assert_true(text_equal_nocase(SPAN("Lobby-Z[@"), SPAN("lOBBY-z[@")));
    assert_false(text_equal_nocase(SPAN("lobby"), SPAN("lobbz")));
    assert_false(text_equal_nocase(SPAN("lobby"), SPAN("lobby1")));
    assert_false(text_equal_nocase(SPAN("["), SPAN("{")));
    assert_false(text_equal_nocase(SPAN("\xc3\x84"), SPAN("\xc3\xa4")));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_is_recognised),
        cmocka_unit_test(names_are_fit_to_be_shown),
        cmocka_unit_test(lines_may_be_empty_or_indented),
        cmocka_unit_test(group_names_work_on_a_command_line),
        cmocka_unit_test(terminal_sees_only_text),
        cmocka_unit_test(failure_is_left_in_the_buffer),
        cmocka_unit_test(what_is_invisible_is_shown),
        cmocka_unit_test(what_writing_needs_stays),
        cmocka_unit_test(fixed_escape_cuts_at_whole_characters),
        cmocka_unit_test(ascii_case_is_ignored),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
