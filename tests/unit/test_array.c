#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"

static void
room_is_doubled_and_items_stay(void **state)
{
    uint32_t *items = NULL;
    size_t cap = 0;
    size_t moves = 0;

    (void)state;
    for (uint32_t i = 0; i < 1000; i++) {
        size_t before = cap;

        assert_true(array_room(items, cap, i + 1));
        assert_true(cap > i);
        moves += cap != before;
        items[i] = i;
    }
    assert_true(moves <= 8);
    for (uint32_t i = 0; i < 1000; i++)
        assert_int_equal(items[i], i);
    assert_true(array_room(items, cap, 5000));
    assert_true(cap >= 5000);
    free(items);
}

static void
room_that_is_there_is_left_alone(void **state)
{
    char *items = NULL;
    char *before;
    size_t cap = 0;

    (void)state;
    assert_true(array_room(items, cap, 0));
    assert_null(items);
    assert_true(array_room(items, cap, 3));
    before = items;
    assert_true(array_room(items, cap, cap));
    assert_ptr_equal(items, before);
    free(items);
}

static void
impossible_room_is_refused(void **state)
{
    uint64_t *items = NULL;
    size_t cap = 0;

    (void)state;
    assert_true(array_room(items, cap, 1));
    items[0] = 7;
    assert_false(array_room(items, cap, SIZE_MAX / 8 + 2)); /* times eight it would be 8 */
    assert_false(array_room(items, cap, SIZE_MAX));
    assert_true(cap < 100);
    assert_int_equal(items[0], 7);
    free(items);
}

static int
by_number(const void *item, const void *key)
{
    int a = *(const int *)item;
    int b = *(const int *)key;

    return (a > b) - (a < b);
}

static void
place_is_before_or_past_equal_ones(void **state)
{
    static const int items[] = {2, 4, 4, 4, 8};
    const struct {
        int key;
        size_t first, past;
    } samples[] = {{1, 0, 0}, {2, 0, 1}, {3, 1, 1}, {4, 1, 4}, {5, 4, 4}, {8, 4, 5}, {9, 5, 5}};

    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        assert_int_equal(array_find(items, 5, &samples[i].key, by_number, false), samples[i].first);
        assert_int_equal(array_find(items, 5, &samples[i].key, by_number, true), samples[i].past);
    }
    assert_int_equal(array_find(items, 0, &samples[0].key, by_number, true), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(room_is_doubled_and_items_stay),
        cmocka_unit_test(room_that_is_there_is_left_alone),
        cmocka_unit_test(impossible_room_is_refused),
        cmocka_unit_test(place_is_before_or_past_equal_ones),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
