#include "group/guests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/id.h"

#define NOW INT64_C(1000)

static struct invitation
invite(uint8_t n, uint64_t uses, int64_t expires)
{
    struct invitation i = {.uses = uses, .expires = expires, .since = 1};

    /* Scattered, so that adding is not in order. */
    i.hash[0] = (uint8_t)(n * 97);
    i.hash[1] = n;
    return i;
}

static struct guests *
empty(void)
{
    struct guests *g;

    assert_int_equal(guests_new(&g), ST_OK);
    return g;
}

static void
all_are_found_in_order(void **state)
{
    struct guests *g = empty();

    (void)state;
    for (uint8_t i = 0; i < 200; i++) {
        struct invitation one = invite(i, i + 1u, 0);

        assert_null(guests_find(g, one.hash));
        assert_int_equal(guests_add(g, &one, NOW), ST_OK);
        one.uses = 1000;
        assert_int_equal(guests_add(g, &one, NOW), ST_OK); /* stays as it was */
    }
    assert_int_equal(guests_total(g), 200);
    assert_int_equal(guests_valid(g, NOW), 200);
    for (uint8_t i = 0; i < 200; i++) {
        struct invitation one = invite(i, 0, 0);

        assert_int_equal(guests_find(g, one.hash)->uses, i + 1u);
    }
    for (size_t i = 1; i < 200; i++) {
        const uint8_t *before = guests_at(g, i - 1)->hash;

        assert_true(memcmp(before, guests_at(g, i)->hash, INVITE_HASH_LEN) < 0);
        assert_int_equal(guests_after(g, before), i);
    }
    guests_free(g);
    guests_free(NULL);
}

static void
uses_are_counted_down_and_then_it_is_gone(void **state)
{
    struct guests *g = empty();
    struct invitation two = invite(1, 2, 0), other = invite(2, 1, 0);

    (void)state;
    guests_add(g, &two, NOW);
    guests_add(g, &other, NOW);
    guests_take_use(g, two.hash);
    assert_int_equal(guests_find(g, two.hash)->uses, 1);
    guests_take_use(g, two.hash);
    assert_null(guests_find(g, two.hash));
    guests_take_use(g, two.hash);
    assert_int_equal(guests_total(g), 1);
    guests_remove(g, two.hash);
    guests_remove(g, other.hash);
    assert_int_equal(guests_total(g), 0);
    assert_false(guests_any(g, NOW));
    guests_free(g);
}

static void
expired_ones_do_not_count_and_make_room(void **state)
{
    struct guests *g = empty();
    struct invitation until = invite(1, 1, NOW + 1), open = invite(2, 1, 0);

    (void)state;
    guests_add(g, &until, NOW);
    assert_true(guests_any(g, NOW));
    assert_false(guests_any(g, NOW + 1));
    assert_int_equal(guests_valid(g, NOW + 1), 0);
    guests_add(g, &open, NOW + 1);
    assert_int_equal(guests_total(g), 1);
    assert_null(guests_find(g, until.hash));
    assert_true(guests_any(g, INT64_MAX));
    guests_free(g);
}

static void
who_guesses_too_often_has_to_wait(void **state)
{
    struct guests *g = empty();
    struct id eve = {{7, 1}}, ann = {{8, 1}}, same_place = {{7, 2}};

    (void)state;
    for (int i = 0; i < INVITE_WRONG_MINUTE; i++) {
        assert_true(guests_may_guess(g, &eve, 1000 + i));
        guests_note_wrong(g, &eve, 1000 + i);
    }
    assert_false(guests_may_guess(g, &eve, 2000));
    assert_false(guests_may_guess(g, &eve, 60999));
    assert_true(guests_may_guess(g, &ann, 2000));
    assert_true(guests_may_guess(g, &same_place, 2000));
    assert_true(guests_may_guess(g, &eve, 61000));
    guests_note_wrong(g, &eve, 61000);
    assert_true(guests_may_guess(g, &eve, 61001));
    guests_free(g);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_are_found_in_order),
        cmocka_unit_test(uses_are_counted_down_and_then_it_is_gone),
        cmocka_unit_test(expired_ones_do_not_count_and_make_room),
        cmocka_unit_test(who_guesses_too_often_has_to_wait),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
