#include "members.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct id
numbered(unsigned n)
{
    /* Scattered, so that adding is not in order. */
    struct id id = {{(uint8_t)(n * 97), (uint8_t)(n >> 8), (uint8_t)n}};

    return id;
}

static struct member *
add(struct members *m, unsigned n, const char *nick, enum member_state state)
{
    struct id id = numbered(n);
    struct member *who = members_add(m, &id);

    assert_non_null(who);
    snprintf(who->nick, sizeof who->nick, "%s", nick);
    who->state = state;
    return who;
}

static void
all_are_found_and_sorted(void **state)
{
    struct members *m;

    (void)state;
    assert_int_equal(members_new(&m), ST_OK);
    for (unsigned i = 0; i < 1000; i++)
        add(m, i, "n", MEMBER_IN);
    assert_int_equal(members_total(m), 1000);
    for (unsigned i = 0; i < 1000; i++) {
        struct id id = numbered(i);
        const struct member *who = members_find(m, &id);

        assert_non_null(who);
        assert_true(id_equal(&who->uuid, &id));
    }
    for (size_t i = 1; i < members_total(m); i++)
        assert_true(memcmp(members_at(m, i - 1)->uuid.bytes, members_at(m, i)->uuid.bytes, ID_LEN) <
                    0);
    members_free(m);
    members_free(NULL);
}

static void
adding_again_finds_the_same_one(void **state)
{
    struct members *m;
    struct id stranger = numbered(2);

    (void)state;
    assert_int_equal(members_new(&m), ST_OK);
    assert_null(members_find(m, &stranger));
    struct member *who = add(m, 1, "ann", MEMBER_IN);
    assert_ptr_equal(members_add(m, &who->uuid), who);
    assert_int_equal(who->state, MEMBER_IN);
    assert_int_equal(members_total(m), 1);
    assert_null(members_find(m, &stranger));
    members_free(m);
}

static void
dropped_is_forgotten_and_others_stay(void **state)
{
    struct members *m;
    struct id gone = numbered(5);

    (void)state;
    assert_int_equal(members_new(&m), ST_OK);
    for (unsigned i = 0; i < 10; i++)
        add(m, i, "n", MEMBER_IN);
    members_drop(m, members_find(m, &gone));
    assert_null(members_find(m, &gone));
    assert_int_equal(members_total(m), 9);
    for (unsigned i = 0; i < 10; i++) {
        struct id id = numbered(i);

        if (i != 5)
            assert_non_null(members_find(m, &id));
    }
    members_free(m);
}

static void
after_is_the_next_uuid_whether_known_or_not(void **state)
{
    struct members *m;
    struct id low = {{0}}, between = {{5}}, high = {{0xff}};

    (void)state;
    assert_int_equal(members_new(&m), ST_OK);
    for (uint8_t i = 1; i <= 9; i += 2) {
        struct id id = {{i}};

        assert_non_null(members_add(m, &id));
    }
    assert_int_equal(members_after(m, &low), 0);
    assert_int_equal(members_after(m, &between), 3);
    between.bytes[15] = 1;
    assert_int_equal(members_after(m, &between), 3);
    between.bytes[0] = 4;
    assert_int_equal(members_after(m, &between), 2);
    assert_int_equal(members_after(m, &high), 5);
    members_free(m);
}

static void
nick_is_taken_by_those_who_are_not_out(void **state)
{
    static const struct {
        enum member_state state;
        bool taken;
    } cases[] = {{MEMBER_OUT, false},
                 {MEMBER_JOINING, true},
                 {MEMBER_IN, true},
                 {MEMBER_LEAVING, true}};
    struct id other = numbered(2);
    struct members *m;

    (void)state;
    assert_int_equal(members_new(&m), ST_OK);
    struct member *who = add(m, 1, "Ann", MEMBER_IN);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        who->state = cases[i].state;
        assert_int_equal(members_nick_taken(m, span_of("aNN"), &other), cases[i].taken);
    }
    assert_false(members_nick_taken(m, span_of("ann"), &who->uuid));
    assert_false(members_nick_taken(m, span_of("anne"), &other));
    members_free(m);
}

static void
those_in_are_counted(void **state)
{
    struct members *m;

    (void)state;
    assert_int_equal(members_new(&m), ST_OK);
    assert_int_equal(members_in(m), 0);
    add(m, 1, "a", MEMBER_OUT);
    add(m, 2, "b", MEMBER_JOINING);
    add(m, 3, "c", MEMBER_IN);
    add(m, 4, "d", MEMBER_LEAVING);
    assert_int_equal(members_in(m), 2);
    assert_int_equal(members_total(m), 4);
    members_free(m);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_are_found_and_sorted),
        cmocka_unit_test(adding_again_finds_the_same_one),
        cmocka_unit_test(dropped_is_forgotten_and_others_stay),
        cmocka_unit_test(after_is_the_next_uuid_whether_known_or_not),
        cmocka_unit_test(nick_is_taken_by_those_who_are_not_out),
        cmocka_unit_test(those_in_are_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
