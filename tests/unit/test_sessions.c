#include "group/tickets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define MANY 200

static struct sessions *
empty(void)
{
    struct sessions *s;

    assert_int_equal(sessions_new(&s), ST_OK);
    return s;
}

static void
each_ticket_finds_its_session(void **state)
{
    struct sessions *s = empty();
    struct member who[MANY] = {{.n_sessions = 0}};
    struct session *all[MANY];
    uint8_t unknown[TICKET_LEN] = {0};

    (void)state;
    assert_null(sessions_find(s, unknown));
    for (size_t i = 0; i < MANY; i++)
        assert_non_null(all[i] = sessions_offer(s, &who[i], 0));
    assert_int_equal(sessions_count(s), MANY);
    assert_null(sessions_find(s, unknown));
    for (size_t i = 0; i < MANY; i++) {
        assert_ptr_equal(sessions_find(s, all[i]->ticket), all[i]);
        assert_ptr_equal(all[i]->member, &who[i]);
        assert_int_equal(all[i]->state, SESSION_AWAY);
    }
    sessions_free(s);
    sessions_free(NULL);
}

static void
ended_session_is_gone_and_the_others_are_found(void **state)
{
    struct sessions *s = empty();
    struct member who[MANY] = {{.n_sessions = 0}};
    uint8_t tickets[MANY][TICKET_LEN];

    (void)state;
    for (size_t i = 0; i < MANY; i++)
        memcpy(tickets[i], sessions_offer(s, &who[i], 0)->ticket, TICKET_LEN);
    for (size_t i = 0; i < MANY; i += 2)
        sessions_end(s, sessions_find(s, tickets[i]));
    assert_int_equal(sessions_count(s), MANY / 2);
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(sessions_find(s, tickets[i]) != NULL, i % 2);
        assert_int_equal(who[i].n_sessions, i % 2);
    }
    /* New ones take the places that became free. */
    for (size_t i = 0; i < MANY; i += 2)
        memcpy(tickets[i], sessions_offer(s, &who[i], 0)->ticket, TICKET_LEN);
    for (size_t i = 0; i < MANY; i++) {
        const struct session *one = sessions_find(s, tickets[i]);

        assert_non_null(one);
        assert_ptr_equal(one->member, &who[i]);
    }
    sessions_free(s);
}

static void
all_of_one_member_end_together(void **state)
{
    struct sessions *s = empty();
    struct member ann = {.n_sessions = 0}, bob = {.n_sessions = 0};

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        assert_non_null(sessions_offer(s, &ann, 0));
        assert_non_null(sessions_offer(s, &bob, 0));
    }
    sessions_end_all_of(s, &ann);
    assert_int_equal(ann.n_sessions, 0);
    assert_int_equal(bob.n_sessions, 5);
    assert_int_equal(sessions_count(s), 5);
    for (size_t i = 0; i < 5; i++)
        assert_ptr_equal(sessions_at(s, i)->member, &bob);
    sessions_free(s);
}

static void
one_more_than_allowed_ends_the_one_longest_away(void **state)
{
    struct sessions *s = empty();
    struct member ann = {.n_sessions = 0};
    uint8_t second[TICKET_LEN];

    (void)state;
    for (size_t i = 0; i < MEMBER_SESSIONS_MAX; i++) {
        struct session *one = sessions_offer(s, &ann, 100 + (int64_t)i);

        assert_non_null(one);
        if (i == 0)
            sessions_set(s, one, SESSION_LIVE);
        if (i == 1)
            memcpy(second, one->ticket, TICKET_LEN);
    }
    struct session *more = sessions_offer(s, &ann, 1000);
    assert_non_null(more);
    assert_int_equal(ann.n_sessions, MEMBER_SESSIONS_MAX);
    assert_int_equal(sessions_count(s), MEMBER_SESSIONS_MAX);
    assert_null(sessions_find(s, second));
    sessions_free(s);
}

static void
none_is_given_when_all_are_connected(void **state)
{
    struct sessions *s = empty();
    struct member ann = {.n_sessions = 0}, bob = {.n_sessions = 0};

    (void)state;
    for (size_t i = 0; i < MEMBER_SESSIONS_MAX; i++)
        sessions_set(s, sessions_offer(s, &ann, 0), i % 2 ? SESSION_LIVE : SESSION_BEHIND);
    assert_null(sessions_offer(s, &ann, 0));
    assert_int_equal(sessions_count(s), MEMBER_SESSIONS_MAX);
    assert_non_null(sessions_offer(s, &bob, 0));
    sessions_free(s);
}

static void
only_those_away_for_too_long_expire(void **state)
{
    struct sessions *s = empty();
    struct member ann = {.n_sessions = 0};
    uint8_t early[TICKET_LEN], late[TICKET_LEN], live[TICKET_LEN];

    (void)state;
    memcpy(early, sessions_offer(s, &ann, 1000)->ticket, TICKET_LEN);
    memcpy(late, sessions_offer(s, &ann, 1001)->ticket, TICKET_LEN);
    struct session *one = sessions_offer(s, &ann, 0);
    sessions_set(s, one, SESSION_LIVE);
    memcpy(live, one->ticket, TICKET_LEN);

    sessions_expire(s, 1000 + SESSION_AWAY_MS);
    assert_int_equal(sessions_count(s), 3);
    sessions_expire(s, 1001 + SESSION_AWAY_MS);
    assert_null(sessions_find(s, early));
    assert_non_null(sessions_find(s, late));
    assert_non_null(sessions_find(s, live));
    assert_int_equal(ann.n_sessions, 2);
    sessions_free(s);
}

/* It is connected, and catches up when it reads again. */
static void
who_is_behind_does_not_expire(void **state)
{
    struct sessions *s = empty();
    struct member ann = {.n_sessions = 0};
    struct session *one = sessions_offer(s, &ann, 0);

    (void)state;
    sessions_set(s, one, SESSION_LIVE);
    sessions_set(s, one, SESSION_BEHIND);
    sessions_expire(s, 100 * SESSION_AWAY_MS);
    assert_int_equal(sessions_count(s), 1);
    assert_int_equal(one->state, SESSION_BEHIND);
    assert_int_equal(sessions_here(s), 1);
    sessions_free(s);
}

/* After a cut line all end in one beat of the loop. */
static void
very_many_end_quickly(void **state)
{
    const size_t n = 50000;
    struct sessions *s = empty();
    struct member *who = calloc(n, sizeof *who);
    clock_t begin;

    (void)state;
    assert_non_null(who);
    for (size_t i = 0; i < n; i++)
        assert_non_null(sessions_offer(s, &who[i], (int64_t)(i % 2) * SESSION_AWAY_MS));
    begin = clock();
    sessions_expire(s, SESSION_AWAY_MS + 1);
    assert_true(clock() - begin < 2 * CLOCKS_PER_SEC);
    assert_int_equal(sessions_count(s), n / 2);
    for (size_t i = 0; i < n / 2; i++)
        assert_ptr_equal(sessions_find(s, sessions_at(s, i)->ticket), sessions_at(s, i));
    sessions_free(s);
    free(who);
}

/* A descriptor is used again as soon as its connection ended. */
static void
connections_are_known_while_a_session_has_them(void **state)
{
    struct sessions *s = empty();
    struct member ann = {.n_sessions = 0}, bob = {.n_sessions = 0};
    struct session *a = sessions_offer(s, &ann, 0), *b = sessions_offer(s, &bob, 0);

    (void)state;
    assert_false(sessions_bound(s, 5));
    sessions_bind(s, a, 5);
    sessions_bind(s, a, 5);
    sessions_bind(s, b, 5);
    sessions_bind(s, b, 70);
    sessions_bind(s, b, -1);
    assert_true(sessions_bound(s, 5));
    assert_true(sessions_bound(s, 70));
    assert_false(sessions_bound(s, 69));
    assert_false(sessions_bound(s, 71));
    assert_false(sessions_bound(s, -1));
    assert_false(sessions_bound(s, 1 << 20));
    sessions_end(s, a);
    assert_true(sessions_bound(s, 5));
    sessions_unbind(s, b, 5);
    assert_false(sessions_bound(s, 5));
    assert_true(sessions_bound(s, 70));
    sessions_bind(s, b, 6);
    sessions_unbind(s, b, -1); /* one of the two ended */
    assert_false(sessions_bound(s, 6));
    assert_false(sessions_bound(s, 70));
    for (int fd = 10; fd < 10 + 2 * SESSION_FDS_MAX; fd++)
        sessions_bind(s, b, fd);
    assert_true(sessions_bound(s, 10));
    assert_false(sessions_bound(s, 10 + SESSION_FDS_MAX));
    sessions_end_all_of(s, &bob);
    assert_false(sessions_bound(s, 10));
    sessions_free(s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_ticket_finds_its_session),
        cmocka_unit_test(ended_session_is_gone_and_the_others_are_found),
        cmocka_unit_test(all_of_one_member_end_together),
        cmocka_unit_test(one_more_than_allowed_ends_the_one_longest_away),
        cmocka_unit_test(none_is_given_when_all_are_connected),
        cmocka_unit_test(only_those_away_for_too_long_expire),
        cmocka_unit_test(who_is_behind_does_not_expire),
        cmocka_unit_test(very_many_end_quickly),
        cmocka_unit_test(connections_are_known_while_a_session_has_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
