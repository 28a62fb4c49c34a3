#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/id.h"

static void
check_version(const struct id *id, int version)
{
    assert_int_equal(id->bytes[6] >> 4, version);
    assert_int_equal(id->bytes[8] >> 6, 2);
}

static void
random_ids_differ(void **state)
{
    struct id a = id_random();
    struct id b = id_random();

    (void)state;
    check_version(&a, 4);
    check_version(&b, 4);
    assert_false(id_equal(&a, &b));
    assert_false(id_is_zero(&a));
    assert_true(id_is_zero(&(struct id){{0}}));
}

static void
time_ordered_ids_sort_by_time(void **state)
{
    int64_t ns = INT64_C(1795345200123) * NS_PER_MS;
    struct id earlier = id_time_ordered(ns);
    struct id later = id_time_ordered(ns + NS_PER_MS);
    struct id same = id_time_ordered(ns + NS_PER_MS - 1);
    struct id before_1970 = id_time_ordered(-1);
    struct id half;

    (void)state;
    check_version(&earlier, 7);
    assert_true(memcmp(&earlier, &later, ID_LEN) < 0);
    assert_memory_equal(earlier.bytes, ((uint8_t[]){0x01, 0xa2, 0x02, 0xe9, 0xb3, 0xfb}), 6);
    assert_memory_equal(earlier.bytes, same.bytes, 6);
    assert_false(id_equal(&earlier, &same));
    assert_true(memcmp(&earlier, &same, ID_LEN) < 0);
    half = id_time_ordered(ns + NS_PER_MS / 2);
    assert_int_equal(half.bytes[6], 0x78);
    assert_int_equal(half.bytes[7], 0x00);
    assert_memory_equal(before_1970.bytes, ((uint8_t[6]){0}), 6);
    check_version(&before_1970, 7);
}

/* Computed with Python: uuid.UUID(bytes=hashlib.sha1(namespace + bytes(range(32))).digest()[:16],
 * version=5). It must never change: it is who somebody is. */
static void
id_of_a_key_is_version_5_of_our_namespace(void **state)
{
    uint8_t key[32];
    char text[ID_TEXT_LEN + 1];
    struct id id;

    (void)state;
    for (size_t i = 0; i < sizeof key; i++)
        key[i] = (uint8_t)i;
    id = id_of_key(key);
    check_version(&id, 5);
    id_format(&id, text);
    assert_string_equal(text, "15f9f724-7bf8-55f4-914a-c27396c62641");
}

static void
text_goes_both_ways(void **state)
{
    const char *lower = "0188d3f2-9abc-7def-8123-456789abcdef";
    char text[ID_TEXT_LEN + 1];
    struct id a, b;

    (void)state;
    assert_int_equal(id_parse(&a, lower), ST_OK);
    assert_int_equal(id_parse(&b, "0188D3F2-9ABC-7DEF-8123-456789ABCDEF"), ST_OK);
    assert_true(id_equal(&a, &b));
    id_format(&a, text);
    assert_string_equal(text, lower);
}

static void
other_text_is_no_id(void **state)
{
    static const char *const samples[] = {
        "",
        "0188d3f2-9abc-7def-8123-456789abcde",
        "0188d3f2-9abc-7def-8123-456789abcdef0",
        "0188d3f2-9abc-7def-8123-456789abcdeg",
        "0188d3f29abc7def8123456789abcdef",
        "{188d3f2-9abc-7def-8123-456789abcde}",
        "0188d3f2-9abc-7def-8123_456789abcdef",
        " 188d3f2-9abc-7def-8123-456789abcdef",
        "0188d3f2-+abc-7def-8123-456789abcdef",
    };
    struct id id = {{1}};

    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++)
        assert_int_equal(id_parse(&id, samples[i]), ST_INVALID);
    assert_int_equal(id.bytes[0], 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_ids_differ),
        cmocka_unit_test(time_ordered_ids_sort_by_time),
        cmocka_unit_test(id_of_a_key_is_version_5_of_our_namespace),
        cmocka_unit_test(text_goes_both_ways),
        cmocka_unit_test(other_text_is_no_id),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
