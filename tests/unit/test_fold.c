#include "store/fold.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static bool
same(const char *a, const char *b)
{
    struct fold x, y;

    assert_true(fold_name(&x, span_of(a)));
    assert_true(fold_name(&y, span_of(b)));
    return fold_equal(&x, &y);
}

static void
case_does_not_matter_in_any_script(void **state)
{
    static const char *const pairs[][2] = {
        {"Ann", "aNN"},
        {"\u00c9mile", "\u00e9MILE"},
        {"stra\u00dfe", "STRASSE"},
        {"\u03a3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2",
         "\u03c3\u03af\u03c3\u03c5\u03c6\u03bf\u03c3"},
        {"\u0410\u043d\u043d\u0430", "\u0430\u041d\u041d\u0410"},
        {"\U00010400", "\U00010428"}, /* Deseret */
    };

    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        assert_true(same(pairs[i][0], pairs[i][1]));
}

static void
forms_of_one_character_are_the_same(void **state)
{
    static const char *const pairs[][2] = {
        {"e\u0301", "\u00c9"},         /* composed or not */
        {"\uff21\uff4e\uff4e", "ann"}, /* full width */
        {"\u210c", "h"},               /* a letter-like capital */
        {"\ufb01x", "FIX"},            /* a ligature */
        {"an\u200bn", "ann"},          /* a space of no width */
        {"an\u00adn\u2060", "ann"},    /* a soft hyphen, a word joiner */
        {"ann\ufe0f", "ann"},          /* a variation selector */
        {"e\u034f\u0301", "\u00e9"},   /* something unseen before the accent */
        {"e\u200d\u0301", "\u00e9"},
        {"\u1100\u200b\u1161", "\uac00"}, /* and within a syllable */
        {"an\u2800n", "ann"},             /* Braille without dots */
    };

    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        assert_true(same(pairs[i][0], pairs[i][1]));
}

static void
others_differ(void **state)
{
    static const char *const pairs[][2] = {
        {"ann", "anne"}, {"e", "\u00e9"}, {"a", "\u0430"}, {"ann b", "annb"}, {"o", "0"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        assert_false(same(pairs[i][0], pairs[i][1]));
}

static void
what_nobody_sees_is_no_nick(void **state)
{
    static const char *const nothing[] = {"",       "\u200b", "\u200d\u2060\u00ad",
                                          "\ufe0f", "\u2800", "\u3164"};
    struct fold unused;

    (void)state;
    for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++)
        assert_false(fold_name(&unused, span_of(nothing[i])));
}

/* One character that becomes eighteen: the longest nick there is grows many times. */
static void
longest_one_is_folded(void **state)
{
    static const char ligature[] = "\ufdfa";
    char nick[64];
    struct fold fold;
    size_t n = 0;

    (void)state;
    for (; n + 3 <= sizeof nick; n += 3)
        for (size_t i = 0; i < 3; i++)
            nick[n + i] = ligature[i];
    assert_true(fold_name(&fold, (struct span){.p = (const uint8_t *)nick, .len = n}));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(case_does_not_matter_in_any_script),
        cmocka_unit_test(forms_of_one_character_are_the_same),
        cmocka_unit_test(others_differ),
        cmocka_unit_test(what_nobody_sees_is_no_nick),
        cmocka_unit_test(longest_one_is_folded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
