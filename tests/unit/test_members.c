#include "group/members.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct id
numbered(unsigned n)
{
    /* Scattered, so that adding is not in order. */
    struct id id = {{(uint8_t)(n * 97), (uint8_t)(n >> 8), (uint8_t)n}};

    return id;
}

static struct people people;

static struct members *
nobody(void)
{
    struct members *m;

    assert_int_equal(members_new(&m, &people), ST_OK);
    return m;
}

static void
done(struct members *m)
{
    members_free(m);
    people_clear(&people);
}

static void
set_in(struct member *who, bool in)
{
    who->p.joined_seq = in;
    who->p.left_seq = 0;
}

static struct member *
add(struct members *m, unsigned n, const char *nick, enum member_state state)
{
    struct id id = numbered(n);
    struct member *who = members_add(m, &id);

    assert_non_null(who);
    assert_true(nick_set(&who->wanted, span_of(nick)));
    person_set_nick(&who->p, span_of(nick));
    who->fold = who->wanted.fold;
    set_in(who, state == MEMBER_IN || state == MEMBER_LEAVING);
    who->joins = state == MEMBER_JOINING;
    who->endings = state == MEMBER_LEAVING;
    who->under_way = who->joins + who->endings;
    members_settle(m, who);
    assert_int_equal(who->state, state);
    return who;
}

static void
all_are_found_and_sorted(void **state)
{
    struct members *m = nobody();

    (void)state;
    for (unsigned i = 0; i < 1000; i++)
        add(m, i, "n", MEMBER_IN);
    assert_int_equal(members_total(m), 1000);
    for (unsigned i = 0; i < 1000; i++) {
        struct id id = numbered(i);
        const struct member *who = members_find(m, &id);

        assert_non_null(who);
        assert_true(id_equal(&who->p.uuid, &id));
    }
    for (size_t i = 1; i < members_total(m); i++)
        assert_true(
            memcmp(members_at(m, i - 1)->p.uuid.bytes, members_at(m, i)->p.uuid.bytes, ID_LEN) < 0);
    done(m);
    members_free(NULL);
}

static void
adding_again_finds_the_same_one(void **state)
{
    struct members *m = nobody();
    struct id stranger = numbered(2);
    struct member *who;

    (void)state;
    assert_null(members_find(m, &stranger));
    who = add(m, 1, "ann", MEMBER_IN);
    assert_ptr_equal(members_add(m, &who->p.uuid), who);
    assert_int_equal(who->state, MEMBER_IN);
    assert_int_equal(members_total(m), 1);
    assert_null(members_find(m, &stranger));
    done(m);
}

static void
blank_one_is_dropped_and_others_stay(void **state)
{
    struct members *m = nobody();
    struct id gone = numbered(5);

    (void)state;
    for (unsigned i = 0; i < 10; i++)
        add(m, i, "n", i == 5 ? MEMBER_OUT : MEMBER_IN);
    for (unsigned i = 0; i < 10; i++) {
        struct id id = numbered(i);

        members_drop_blank(m, members_find(m, &id));
    }
    assert_null(members_find(m, &gone));
    assert_int_equal(members_total(m), 9);
    for (unsigned i = 0; i < 10; i++) {
        struct id id = numbered(i);

        if (i != 5)
            assert_non_null(members_find(m, &id));
    }
    done(m);
}

static void
what_is_known_of_somebody_is_kept(void **state)
{
    struct members *m = nobody();
    struct member *was, *due;

    (void)state;
    was = add(m, 1, "was", MEMBER_OUT);
    was->p.joined_seq = was->p.left_seq = 1;
    add(m, 2, "banned", MEMBER_OUT)->p.ban_seq = 1;
    add(m, 3, "named", MEMBER_OUT)->p.role_set = true;
    add(m, 4, "asked about", MEMBER_OUT)->under_way = 1;
    due = add(m, 5, "to go", MEMBER_OUT);
    due->due = REMOVAL_BAN;
    members_settle(m, due);
    for (unsigned i = 1; i <= 5; i++) {
        struct id id = numbered(i);

        members_drop_blank(m, members_find(m, &id));
    }
    assert_int_equal(members_total(m), 5);
    done(m);
}

/* Those who left longest ago go first; never who is in, banned or was given a role. */
static void
oldest_are_forgotten_first(void **state)
{
    struct members *m = nobody();

    (void)state;
    for (unsigned i = 0; i < 100; i++) {
        struct member *who = add(m, i, "n", i < 10 ? MEMBER_IN : MEMBER_OUT);

        who->p.left_ts = (int64_t)i;
        who->p.ban_seq = i == 20;
        who->p.role_set = i == 21;
        who->under_way = i == 22;
    }
    assert_int_equal(members_forget(m, 0), 0);
    assert_int_equal(members_forget(m, 15), 15);
    for (unsigned i = 0; i < 100; i++) {
        struct id id = numbered(i);
        bool gone = i >= 10 && i < 28 && (i < 20 || i > 22);

        assert_int_equal(members_find(m, &id) == NULL, gone);
    }
    assert_int_equal(members_forget(m, 1000), 72);
    assert_int_equal(members_forget(m, 1000), 0);
    assert_int_equal(members_total(m), 13);
    done(m);
}

static void
after_is_the_next_uuid_whether_known_or_not(void **state)
{
    struct members *m = nobody();
    struct id low = {{0}}, between = {{5}}, high = {{0xff}};

    (void)state;
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
    done(m);
}

static bool
taken(const struct members *m, const char *text, const struct id *self)
{
    struct member_nick nick;

    assert_true(nick_set(&nick, span_of(text)));
    return members_nick_taken(m, &nick.fold, self);
}

static void
nick_is_taken_by_those_who_are_not_out(void **state)
{
    static const enum member_state states[] = {MEMBER_OUT, MEMBER_JOINING, MEMBER_IN,
                                               MEMBER_LEAVING};
    struct id other = numbered(2), self = numbered(1);
    struct members *m;

    (void)state;
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        m = nobody();
        add(m, 1, "Ann", states[i]);
        assert_int_equal(taken(m, "aNN", &other), states[i] != MEMBER_OUT);
        assert_false(taken(m, "ann", &self));
        assert_false(taken(m, "anne", &other));
        done(m);
    }
}

static void
nick_that_is_asked_for_is_taken_beside_the_old_one(void **state)
{
    struct id other = numbered(2);
    struct members *m = nobody();
    struct member *who;

    (void)state;
    who = add(m, 1, "Ann", MEMBER_IN);
    assert_true(nick_set(&who->wanted, span_of("Anna")));
    assert_false(taken(m, "anna", &other));
    who->naming = true;
    assert_true(taken(m, "anna", &other));
    assert_true(taken(m, "ann", &other));
    done(m);
}

static void
those_in_and_those_coming_are_counted(void **state)
{
    struct members *m = nobody();
    struct member *b;

    (void)state;
    assert_int_equal(members_in(m), 0);
    add(m, 1, "a", MEMBER_OUT);
    b = add(m, 2, "b", MEMBER_JOINING);
    add(m, 3, "c", MEMBER_IN);
    add(m, 4, "d", MEMBER_LEAVING);
    assert_int_equal(members_in(m), 2);
    assert_int_equal(members_coming(m), 1);
    set_in(b, true);
    members_settle(m, b);
    members_settle(m, b);
    assert_int_equal(members_in(m), 3);
    assert_int_equal(members_coming(m), 0);
    b->joins = 0;
    set_in(b, false);
    members_settle(m, b);
    assert_int_equal(members_in(m), 2);
    assert_int_equal(members_total(m), 4);
    done(m);
}

static void
role_that_is_being_taken_away_does_not_count(void **state)
{
    struct member who = {.p.role = ROLE_OWNER, .least_role = ROLE_MEMBER};

    (void)state;
    assert_int_equal(member_role(&who), ROLE_OWNER);
    who.roles = 1;
    assert_int_equal(member_role(&who), ROLE_MEMBER);
    who.p.role = ROLE_MEMBER;
    who.least_role = ROLE_OWNER;
    assert_int_equal(member_role(&who), ROLE_MEMBER);
}

static void
other_owner_is_one_who_stays(void **state)
{
    struct id self = numbered(1);
    struct members *m = nobody();
    struct member *other;

    (void)state;
    add(m, 1, "self", MEMBER_IN)->p.role = ROLE_OWNER;
    assert_false(members_other_owner(m, &self));
    other = add(m, 2, "other", MEMBER_IN);
    other->p.role = ROLE_MODERATOR;
    assert_false(members_other_owner(m, &self));
    other->p.role = ROLE_OWNER;
    assert_true(members_other_owner(m, &self));
    other->endings = 1;
    members_settle(m, other);
    assert_false(members_other_owner(m, &self));
    done(m);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_are_found_and_sorted),
        cmocka_unit_test(adding_again_finds_the_same_one),
        cmocka_unit_test(blank_one_is_dropped_and_others_stay),
        cmocka_unit_test(what_is_known_of_somebody_is_kept),
        cmocka_unit_test(oldest_are_forgotten_first),
        cmocka_unit_test(after_is_the_next_uuid_whether_known_or_not),
        cmocka_unit_test(nick_is_taken_by_those_who_are_not_out),
        cmocka_unit_test(nick_that_is_asked_for_is_taken_beside_the_old_one),
        cmocka_unit_test(those_in_and_those_coming_are_counted),
        cmocka_unit_test(role_that_is_being_taken_away_does_not_count),
        cmocka_unit_test(other_owner_is_one_who_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
