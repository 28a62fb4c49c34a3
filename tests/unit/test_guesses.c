#include "group/guesses.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void
who_guesses_too_often_has_to_wait(void **state)
{
    struct guesses g = {0};
    struct id eve = {{7, 1}}, ann = {{8, 1}}, same_place = {{7, 2}};

    (void)state;
    for (int i = 0; i < INVITE_WRONG_MINUTE; i++) {
        assert_true(guesses_allow(&g, &eve, 1000 + i));
        guesses_note_wrong(&g, &eve, 1000 + i);
    }
    assert_false(guesses_allow(&g, &eve, 2000));
    assert_false(guesses_allow(&g, &eve, 60999));
    assert_true(guesses_allow(&g, &ann, 2000));
    assert_true(guesses_allow(&g, &same_place, 2000));
    assert_true(guesses_allow(&g, &eve, 61000));
    guesses_note_wrong(&g, &eve, 61000);
    assert_true(guesses_allow(&g, &eve, 61001));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_guesses_too_often_has_to_wait),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
