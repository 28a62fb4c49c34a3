/* Who was called what, and when: the list of today, entries of before, and both. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "client/nicks.h"

static const struct id ann = {{7}};
static const struct id bob = {{8, 1, 0xab}};

struct bench {
    struct session s;
    struct nicks n;
};

static int
set_up(void **state)
{
    static struct bench b;

    session_init(&b.s, NULL, NULL, "it");
    nicks_init(&b.n, &b.s);
    *state = &b;
    return 0;
}

static int
tear_down(void **state)
{
    struct bench *b = *state;

    nicks_clear(&b->n);
    session_clear(&b->s);
    return 0;
}

static void
learn(struct bench *b, enum entry_kind kind, int64_t ts, const char *nick)
{
    struct entry e = {.ts = ts, .kind = (uint8_t)kind, .author = ann, .body = span_of(nick)};

    nicks_learn(&b->n, &e);
}

static void
expect(struct bench *b, int64_t ts, const char *nick)
{
    assert_string_equal(nicks_name(&b->n, &ann, ts), nick);
}

static void
a_stranger_is_called_by_the_uuid_until_known(void **state)
{
    struct bench *b = *state;

    assert_null(nicks_find(&b->n, &bob, 5));
    assert_string_equal(nicks_name(&b->n, &bob, 5), "0801ab00");
    nicks_set(&b->n, &bob, span_of("late"), 5);
    assert_string_equal(nicks_name(&b->n, &bob, 5), "late");
}

static void
each_entry_has_the_nick_of_its_time(void **state)
{
    struct bench *b = *state;

    learn(b, ENTRY_JOINED, 10, "one");
    learn(b, ENTRY_NICK, 20, "two");
    learn(b, ENTRY_MESSAGE, 25, "said");
    learn(b, ENTRY_NICK, 30, "three");
    expect(b, 10, "one");
    expect(b, 19, "one");
    expect(b, 20, "two");
    expect(b, 29, "two");
    expect(b, 31, "three");
    expect(b, 9, "one"); /* nothing better is known */
}

static void
the_order_of_learning_does_not_matter(void **state)
{
    struct bench *b = *state;

    learn(b, ENTRY_NICK, 30, "three");
    learn(b, ENTRY_JOINED, 10, "one");
    learn(b, ENTRY_NICK, 20, "two");
    learn(b, ENTRY_NICK, 20, "two"); /* the same page again */
    expect(b, 15, "one");
    expect(b, 25, "two");
    expect(b, 35, "three");
}

/* The list says what somebody is called today, not since when. */
static void
the_list_counts_for_what_is_newer_than_it(void **state)
{
    struct bench *b = *state;

    nicks_set(&b->n, &ann, span_of("today"), 100);
    expect(b, 50, "today"); /* nothing better is known */
    learn(b, ENTRY_JOINED, 10, "once");
    expect(b, 50, "once");
    expect(b, 101, "today");
    learn(b, ENTRY_NICK, 120, "tomorrow");
    expect(b, 110, "today");
    expect(b, 121, "tomorrow");
}

static void
old_nicks_are_bounded_and_the_latest_stay(void **state)
{
    struct bench *b = *state;
    char nick[16];

    for (int i = 0; i < 1000; i++) {
        snprintf(nick, sizeof nick, "n%d", i);
        learn(b, ENTRY_NICK, 10 * i, nick);
    }
    assert_int_equal(b->n.rows[0].n_old, NICKS_OLD_MAX);
    expect(b, 9995, "n999");
    expect(b, 10 * (1000 - NICKS_OLD_MAX) + 5, "n984");
    learn(b, ENTRY_NICK, 5, "older");
    expect(b, 10 * (1000 - NICKS_OLD_MAX) + 5, "n984");
    learn(b, ENTRY_NICK, 9985, "between");
    expect(b, 9989, "between");
    expect(b, 9990, "n999");
    expect(b, 9984, "n998");
}

static void
what_is_no_nick_is_not_learnt(void **state)
{
    struct bench *b = *state;
    char large[NAME_MAX_BYTES + 2];

    memset(large, 'x', sizeof large);
    large[sizeof large - 1] = '\0';
    learn(b, ENTRY_JOINED, 1, "");
    learn(b, ENTRY_NICK, 2, large);
    learn(b, ENTRY_NICK, 3, "\x1b[2J");
    assert_null(nicks_find(&b->n, &ann, 5));
}

static void
ten_thousand_nicks_are_all_found(void **state)
{
    struct bench *b = *state;
    struct id who = {{0}};
    char nick[16];

    for (uint32_t i = 0; i < 10000; i++) {
        memcpy(who.bytes + 3, &i, sizeof i);
        snprintf(nick, sizeof nick, "n%u", i);
        nicks_set(&b->n, &who, span_of(nick), i);
    }
    assert_int_equal(b->n.n_rows, 10000);
    for (uint32_t i = 0; i < 10000; i++) {
        memcpy(who.bytes + 3, &i, sizeof i);
        snprintf(nick, sizeof nick, "n%u", i);
        assert_string_equal(nicks_name(&b->n, &who, 0), nick);
    }
}

/* A group that lies can name ever new people, and each of them again and again. */
static void
people_and_their_nicks_are_bounded(void **state)
{
    struct bench *b = *state;
    struct id who = {{0}};
    char nick[16];

    for (uint32_t i = 0; i < 2 * NICKS_MAX; i++) {
        memcpy(who.bytes + 3, &i, sizeof i);
        for (uint32_t k = 0; k < 3; k++) {
            struct entry e = {.kind = ENTRY_NICK, .author = who, .ts = k};

            snprintf(nick, sizeof nick, "n%u-%u", i, k);
            e.body = span_of(nick);
            nicks_learn(&b->n, &e);
        }
    }
    assert_int_equal(b->n.n_rows, NICKS_MAX);
    assert_true(b->n.n_old <= NICKS_MAX + NICKS_OLD_ALL);
    assert_string_equal(nicks_name(&b->n, &who, 0), "unknown");
    memset(who.bytes, 0, sizeof who.bytes);
    assert_string_equal(nicks_name(&b->n, &who, 5), "n0-2");
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_stranger_is_called_by_the_uuid_until_known),
        TEST(each_entry_has_the_nick_of_its_time),
        TEST(the_order_of_learning_does_not_matter),
        TEST(the_list_counts_for_what_is_newer_than_it),
        TEST(old_nicks_are_bounded_and_the_latest_stay),
        TEST(what_is_no_nick_is_not_learnt),
        TEST(ten_thousand_nicks_are_all_found),
        TEST(people_and_their_nicks_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
