/* Token buckets by key: what fits, what refills, and who loses their place to whom. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "net/meter.h"

#define SECOND INT64_C(1000000000)

static void
make_key(uint8_t key[static KEY_LEN], uint32_t n)
{
    memset(key, 0, KEY_LEN);
    memcpy(key, &n, sizeof n);
    key[KEY_LEN - 1] = 1;
}

static unsigned
take_all(struct account *a, const struct rate *rate, int64_t now_ns)
{
    unsigned n = 0;

    while (n < 1000 && account_take(a, 0, rate, rate->token_ns, now_ns))
        n++;
    return n;
}

static void
bucket_holds_its_depth_and_refills_at_its_rate(void **state)
{
    struct rate rate = rate_of(10, 1000, 30);
    struct account a = {.key = {1}};

    (void)state;
    assert_int_equal(take_all(&a, &rate, SECOND), 30);
    assert_int_equal(take_all(&a, &rate, SECOND), 0);
    assert_int_equal(take_all(&a, &rate, SECOND + SECOND / 2), 5);
    assert_int_equal(take_all(&a, &rate, 3600 * SECOND), 30);
}

static void
buckets_of_one_key_are_independent(void **state)
{
    struct rate rate = rate_of(1, 1000, 2);
    struct account a = {.key = {1}};

    (void)state;
    assert_int_equal(take_all(&a, &rate, SECOND), 2);
    assert_true(account_take(&a, 1, &rate, rate.token_ns, SECOND));
}

static void
large_cost_is_paid_back(void **state)
{
    struct rate rate = rate_of(10, 1000, 10);
    struct account a = {.key = {1}};

    (void)state;
    assert_true(account_take(&a, 0, &rate, 30 * rate.token_ns, SECOND));
    assert_false(account_take(&a, 0, &rate, rate.token_ns, 3 * SECOND - 1));
    assert_true(account_take(&a, 0, &rate, rate.token_ns, 3 * SECOND + 1));
}

static void
each_key_has_its_own_account(void **state)
{
    struct rate rate = rate_of(1, 1000, 1);
    uint8_t one[KEY_LEN], two[KEY_LEN];
    struct meter *m;

    (void)state;
    make_key(one, 1);
    make_key(two, 2);
    assert_int_equal(meter_new(&m, 64), ST_OK);
    assert_int_equal(take_all(meter_account(m, one), &rate, SECOND), 1);
    assert_int_equal(take_all(meter_account(m, two), &rate, SECOND), 1);
    assert_int_equal(take_all(meter_account(m, one), &rate, SECOND), 0);
    assert_memory_equal(meter_account(m, two)->key, two, KEY_LEN);
    meter_free(m);
}

/* Strangers who come once must not wash away who is over their limit. */
static void
who_has_used_most_is_remembered_longest(void **state)
{
    struct rate rate = rate_of(1, 1000, 100);
    uint8_t bad[KEY_LEN], other[KEY_LEN];
    struct meter *m;

    (void)state;
    make_key(bad, 0);
    assert_int_equal(meter_new(&m, 64), ST_OK);
    assert_int_equal(take_all(meter_account(m, bad), &rate, SECOND), 100);
    for (uint32_t i = 1; i < 10000; i++) {
        make_key(other, i);
        assert_true(
            account_take(meter_account(m, other), 0, &rate, rate.token_ns, SECOND + i * 1000));
    }
    assert_int_equal(take_all(meter_account(m, bad), &rate, SECOND), 0);
    meter_free(m);
}

static void
who_is_in_use_keeps_the_place(void **state)
{
    uint8_t key[KEY_LEN];
    unsigned places = 0, turned_away = 0;
    struct meter *m;

    (void)state;
    assert_int_equal(meter_new(&m, 64), ST_OK);
    for (uint32_t i = 0; i < 5000; i++) {
        struct account *a;

        make_key(key, i);
        a = meter_account(m, key);

        places += a != NULL;
        turned_away += !a;
        if (a)
            a->in_use = 1;
    }
    assert_int_equal(places, 64);
    assert_int_equal(turned_away, 5000 - 64);
    meter_free(m);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bucket_holds_its_depth_and_refills_at_its_rate),
        cmocka_unit_test(buckets_of_one_key_are_independent),
        cmocka_unit_test(large_cost_is_paid_back),
        cmocka_unit_test(each_key_has_its_own_account),
        cmocka_unit_test(who_has_used_most_is_remembered_longest),
        cmocka_unit_test(who_is_in_use_keeps_the_place),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
