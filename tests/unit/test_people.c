/* People in memory: what is taken back. */
#include "roster/people.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct id
id_n(unsigned n)
{
    return (struct id){{1, [15] = (uint8_t)n}};
}

static struct person *
add(struct people *p, unsigned n)
{
    struct id uuid = id_n(n);
    struct person *person;

    assert_int_equal(people_add(p, &uuid, &person), ST_OK);
    return person;
}

static void
stay(struct people *p, struct person *person, uint64_t first, uint64_t last)
{
    assert_int_equal(people_begin_stay(p, person, first), ST_OK);
    person_end_stay(person, last);
}

static void
people_are_found_in_any_order(void **state)
{
    struct people p = {.n = 0};

    (void)state;
    for (unsigned i = 0; i < 200; i++)
        assert_int_equal(add(&p, i * 37 % 200)->no, i + 1);
    for (unsigned i = 0; i < 200; i++) {
        struct id uuid = id_n(i * 37 % 200);

        assert_ptr_equal(people_find(&p, &uuid), people_numbered(&p, i + 1));
        assert_true(i == 0 ||
                    memcmp(p.by_uuid[i - 1]->uuid.bytes, p.by_uuid[i]->uuid.bytes, ID_LEN) < 0);
    }
    assert_null(people_find(&p, &(struct id){{9}}));
    assert_null(people_numbered(&p, 0));
    assert_null(people_numbered(&p, -1));
    assert_null(people_numbered(&p, 201));
    people_clear(&p);
}

static void
change_again_and_again(struct people *p, struct person *person)
{
    for (unsigned round = 0; round < 40; round++) {
        assert_int_equal(people_save(p, person), ST_OK);
        person->role = ROLE_OWNER;
        person->ban_seq = round;
        stay(p, person, 10 + 2 * round, 11 + 2 * round);
        if (round == 20)
            person_forget_stays(person, 40);
    }
}

static void
all_is_taken_back_in_the_right_order(void **state)
{
    struct people p = {.n = 0};
    struct person *person;
    struct id late = id_n(1);

    (void)state;
    person = add(&p, 2);
    stay(&p, person, 1, 5);
    stay(&p, person, 7, 9);
    people_mark(&p);
    change_again_and_again(&p, person);
    stay(&p, add(&p, 1), 2, 3);
    people_undo(&p);
    assert_int_equal(p.n, 1);
    assert_null(people_find(&p, &late));
    assert_int_equal(person->role, ROLE_MEMBER);
    assert_int_equal(person->ban_seq, 0);
    assert_int_equal(person->n_stays, 2);
    assert_int_equal(person->stays[0].first, 1);
    assert_int_equal(person->stays[0].last, 5);
    assert_int_equal(person->stays[1].first, 7);
    assert_int_equal(person->stays[1].last, 9);
    assert_int_equal(p.forget_at, 7);
    people_clear(&p);
}

static void
what_was_kept_is_not_taken_back_by_the_next(void **state)
{
    struct people p = {.n = 0};
    struct person *person;

    (void)state;
    person = add(&p, 2);
    stay(&p, person, 1, 5);
    stay(&p, person, 7, 9);
    people_mark(&p);
    assert_int_equal(people_save(&p, person), ST_OK);
    person_forget_stays(person, 7);
    people_note_forget_at(&p);
    people_mark(&p);
    people_undo(&p);
    assert_int_equal(person->n_stays, 1);
    assert_int_equal(person_oldest_stay(person), 7);
    assert_int_equal(p.forget_at, 0);
    people_clear(&p);
}

/* A failed forgetting leaves what the next one looks for. */
static void
forgetting_is_taken_back(void **state)
{
    struct people p = {.n = 0};
    struct person *person;

    (void)state;
    person = add(&p, 1);
    stay(&p, person, 1, 5);
    assert_int_equal(p.forget_at, 0);
    stay(&p, person, 7, 9);
    assert_int_equal(p.forget_at, 7);
    people_mark(&p);
    assert_int_equal(people_save(&p, person), ST_OK);
    assert_true(person_has_stay_to_forget(person, 7));
    assert_false(person_has_stay_to_forget(person, 6));
    person_forget_stays(person, 7);
    people_note_forget_at(&p);
    assert_int_equal(p.forget_at, 0);
    people_undo(&p);
    assert_int_equal(p.forget_at, 7);
    assert_true(person_has_stay_to_forget(person, 7));
    people_clear(&p);
}

static void
stays_have_a_bound(void **state)
{
    struct people p = {.n = 0};
    struct person *person;

    (void)state;
    person = add(&p, 1);
    for (uint64_t i = 1; i <= 3 * STAYS_MAX; i++) {
        stay(&p, person, 2 * i, 2 * i + 1);
        assert_int_equal(person->n_stays, i < STAYS_MAX ? i : STAYS_MAX);
        assert_int_equal(person->stays[person->n_stays - 1].first, 2 * i);
        assert_int_equal(person_oldest_stay(person), 2 * (i + 1 - person->n_stays));
    }
    /* Fewer, and more again. */
    person_forget_stays(person, 2 * (3 * STAYS_MAX - 4));
    assert_int_equal(person->n_stays, 5);
    for (uint64_t i = 0; i < 10; i++)
        stay(&p, person, 1000 + 2 * i, 1001 + 2 * i);
    assert_int_equal(person->n_stays, 15);
    assert_int_equal(person->stays[0].first, 2 * (3 * STAYS_MAX - 4));
    assert_int_equal(person->stays[14].last, 1019);
    people_clear(&p);
}

/* What was reserved is found later, when nothing may fail any more; at the bound, there is room. */
static void
room_for_a_stay_can_be_reserved(void **state)
{
    struct person person = {.n_stays = 0};

    (void)state;
    person_end_stay(&person, 1); /* there is none */
    for (uint64_t i = 1; i <= STAYS_MAX + 2; i++) {
        const struct stay *room;

        assert_int_equal(person_reserve_stay(&person), ST_OK);
        room = person.stays;
        assert_int_equal(person_begin_stay(&person, 10 * i), ST_OK);
        assert_ptr_equal(person.stays, room);
        assert_int_equal(person.stays[person.n_stays - 1].last, UINT64_MAX);
        person_end_stay(&person, 10 * i + 5);
        assert_int_equal(person.stays[person.n_stays - 1].last, 10 * i + 5);
    }
    assert_int_equal(person.n_stays, STAYS_MAX);
    assert_int_equal(person.stays[0].first, 30);
    person_clear(&person);
}

static bool
is_odd(void *ctx, const struct person *person)
{
    (void)ctx;
    return person->uuid.bytes[15] % 2 == 1;
}

static void
who_is_dropped_is_found_no_more(void **state)
{
    struct people p = {.n = 0};

    (void)state;
    for (unsigned i = 0; i < 200; i++)
        add(&p, i * 37 % 200);
    people_drop(&p, people_find(&p, &(struct id){{1, [15] = 8}}));
    people_drop_some(&p, is_odd, NULL);
    assert_int_equal(p.n, 99);
    for (unsigned i = 0; i < 200; i++) {
        struct id uuid = id_n(i);
        struct person *person = people_find(&p, &uuid);

        assert_int_equal(person != NULL, i % 2 == 0 && i != 8);
        assert_true(person == NULL || person == people_numbered(&p, person->no));
    }
    people_clear(&p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(people_are_found_in_any_order),
        cmocka_unit_test(all_is_taken_back_in_the_right_order),
        cmocka_unit_test(what_was_kept_is_not_taken_back_by_the_next),
        cmocka_unit_test(forgetting_is_taken_back),
        cmocka_unit_test(stays_have_a_bound),
        cmocka_unit_test(room_for_a_stay_can_be_reserved),
        cmocka_unit_test(who_is_dropped_is_found_no_more),
    };

    return cmocka_run_group_tests_name("people", tests, NULL, NULL);
}
