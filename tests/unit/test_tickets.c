#include "group/tickets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define MANY 200

static struct tickets *
empty(void)
{
    struct tickets *s;

    assert_int_equal(tickets_new(&s), ST_OK);
    return s;
}

static void
each_ticket_finds_its_session(void **state)
{
    struct tickets *s = empty();
    struct member who[MANY] = {{.n_tickets = 0}};
    struct ticket *all[MANY];
    uint8_t unknown[TICKET_LEN] = {0};

    (void)state;
    assert_null(tickets_find(s, unknown));
    for (size_t i = 0; i < MANY; i++)
        assert_non_null(all[i] = tickets_offer(s, &who[i], 0));
    assert_int_equal(tickets_count(s), MANY);
    assert_null(tickets_find(s, unknown));
    for (size_t i = 0; i < MANY; i++) {
        assert_ptr_equal(tickets_find(s, all[i]->topic), all[i]);
        assert_ptr_equal(all[i]->member, &who[i]);
        assert_int_equal(all[i]->state, TICKET_AWAY);
    }
    tickets_free(s);
    tickets_free(NULL);
}

static void
ended_session_is_gone_and_the_others_are_found(void **state)
{
    struct tickets *s = empty();
    struct member who[MANY] = {{.n_tickets = 0}};
    uint8_t tickets[MANY][TICKET_LEN];

    (void)state;
    for (size_t i = 0; i < MANY; i++)
        memcpy(tickets[i], tickets_offer(s, &who[i], 0)->topic, TICKET_LEN);
    for (size_t i = 0; i < MANY; i += 2)
        tickets_end(s, tickets_find(s, tickets[i]));
    assert_int_equal(tickets_count(s), MANY / 2);
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(tickets_find(s, tickets[i]) != NULL, i % 2);
        assert_int_equal(who[i].n_tickets, i % 2);
    }
    /* New ones take the places that became free. */
    for (size_t i = 0; i < MANY; i += 2)
        memcpy(tickets[i], tickets_offer(s, &who[i], 0)->topic, TICKET_LEN);
    for (size_t i = 0; i < MANY; i++) {
        const struct ticket *one = tickets_find(s, tickets[i]);

        assert_non_null(one);
        assert_ptr_equal(one->member, &who[i]);
    }
    tickets_free(s);
}

static void
all_of_one_member_end_together(void **state)
{
    struct tickets *s = empty();
    struct member ann = {.n_tickets = 0}, bob = {.n_tickets = 0};

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        assert_non_null(tickets_offer(s, &ann, 0));
        assert_non_null(tickets_offer(s, &bob, 0));
    }
    tickets_end_all_of(s, &ann);
    assert_int_equal(ann.n_tickets, 0);
    assert_int_equal(bob.n_tickets, 5);
    assert_int_equal(tickets_count(s), 5);
    for (size_t i = 0; i < 5; i++)
        assert_ptr_equal(tickets_at(s, i)->member, &bob);
    tickets_free(s);
}

static void
one_more_than_allowed_ends_the_one_longest_away(void **state)
{
    struct tickets *s = empty();
    struct member ann = {.n_tickets = 0};
    uint8_t second[TICKET_LEN];
    struct ticket *more;

    (void)state;
    for (size_t i = 0; i < MEMBER_TICKETS_MAX; i++) {
        struct ticket *one = tickets_offer(s, &ann, 100 + (int64_t)i);

        assert_non_null(one);
        if (i == 0)
            tickets_set(s, one, TICKET_LIVE);
        if (i == 1)
            memcpy(second, one->topic, TICKET_LEN);
    }
    more = tickets_offer(s, &ann, 1000);
    assert_non_null(more);
    assert_int_equal(ann.n_tickets, MEMBER_TICKETS_MAX);
    assert_int_equal(tickets_count(s), MEMBER_TICKETS_MAX);
    assert_null(tickets_find(s, second));
    tickets_free(s);
}

static void
none_is_given_when_all_are_connected(void **state)
{
    struct tickets *s = empty();
    struct member ann = {.n_tickets = 0}, bob = {.n_tickets = 0};

    (void)state;
    for (size_t i = 0; i < MEMBER_TICKETS_MAX; i++)
        tickets_set(s, tickets_offer(s, &ann, 0), i % 2 ? TICKET_LIVE : TICKET_BEHIND);
    assert_null(tickets_offer(s, &ann, 0));
    assert_int_equal(tickets_count(s), MEMBER_TICKETS_MAX);
    assert_non_null(tickets_offer(s, &bob, 0));
    tickets_free(s);
}

static void
only_those_away_for_too_long_expire(void **state)
{
    struct tickets *s = empty();
    struct member ann = {.n_tickets = 0};
    uint8_t early[TICKET_LEN], late[TICKET_LEN], live[TICKET_LEN];
    struct ticket *one;

    (void)state;
    memcpy(early, tickets_offer(s, &ann, 1000)->topic, TICKET_LEN);
    memcpy(late, tickets_offer(s, &ann, 1001)->topic, TICKET_LEN);
    one = tickets_offer(s, &ann, 0);
    tickets_set(s, one, TICKET_LIVE);
    memcpy(live, one->topic, TICKET_LEN);

    tickets_expire(s, 1000 + TICKET_AWAY_MS);
    assert_int_equal(tickets_count(s), 3);
    tickets_expire(s, 1001 + TICKET_AWAY_MS);
    assert_null(tickets_find(s, early));
    assert_non_null(tickets_find(s, late));
    assert_non_null(tickets_find(s, live));
    assert_int_equal(ann.n_tickets, 2);
    tickets_free(s);
}

/* It is connected, and catches up when it reads again. */
static void
who_is_behind_does_not_expire(void **state)
{
    struct tickets *s = empty();
    struct member ann = {.n_tickets = 0};
    struct ticket *one = tickets_offer(s, &ann, 0);

    (void)state;
    tickets_set(s, one, TICKET_LIVE);
    tickets_set(s, one, TICKET_BEHIND);
    tickets_expire(s, 100 * TICKET_AWAY_MS);
    assert_int_equal(tickets_count(s), 1);
    assert_int_equal(one->state, TICKET_BEHIND);
    assert_int_equal(tickets_here(s), 1);
    tickets_free(s);
}

/* After a cut line all end in one beat of the loop. */
static void
very_many_end_quickly(void **state)
{
    const size_t n = 50000;
    struct tickets *s = empty();
    struct member *who = calloc(n, sizeof *who);
    clock_t begin;

    (void)state;
    assert_non_null(who);
    for (size_t i = 0; i < n; i++)
        assert_non_null(tickets_offer(s, &who[i], (int64_t)(i % 2) * TICKET_AWAY_MS));
    begin = clock();
    tickets_expire(s, TICKET_AWAY_MS + 1);
    assert_true(clock() - begin < 2 * CLOCKS_PER_SEC);
    assert_int_equal(tickets_count(s), n / 2);
    for (size_t i = 0; i < n / 2; i++)
        assert_ptr_equal(tickets_find(s, tickets_at(s, i)->topic), tickets_at(s, i));
    tickets_free(s);
    free(who);
}

/* A descriptor is used again as soon as its connection ended. */
static void
connections_are_known_while_a_session_has_them(void **state)
{
    struct tickets *s = empty();
    struct member ann = {.n_tickets = 0}, bob = {.n_tickets = 0};
    struct ticket *a = tickets_offer(s, &ann, 0), *b = tickets_offer(s, &bob, 0);

    (void)state;
    assert_false(tickets_bound(s, 5));
    tickets_bind(s, a, 5);
    tickets_bind(s, a, 5);
    tickets_bind(s, b, 5);
    tickets_bind(s, b, 70);
    tickets_bind(s, b, -1);
    assert_true(tickets_bound(s, 5));
    assert_true(tickets_bound(s, 70));
    assert_false(tickets_bound(s, 69));
    assert_false(tickets_bound(s, 71));
    assert_false(tickets_bound(s, -1));
    assert_false(tickets_bound(s, 1 << 20));
    tickets_end(s, a);
    assert_true(tickets_bound(s, 5));
    tickets_unbind(s, b, 5);
    assert_false(tickets_bound(s, 5));
    assert_true(tickets_bound(s, 70));
    tickets_bind(s, b, 6);
    tickets_unbind(s, b, -1); /* one of the two ended */
    assert_false(tickets_bound(s, 6));
    assert_false(tickets_bound(s, 70));
    for (int fd = 10; fd < 10 + 2 * TICKET_FDS_MAX; fd++)
        tickets_bind(s, b, fd);
    assert_true(tickets_bound(s, 10));
    assert_false(tickets_bound(s, 10 + TICKET_FDS_MAX));
    tickets_end_all_of(s, &bob);
    assert_false(tickets_bound(s, 10));
    tickets_free(s);
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
