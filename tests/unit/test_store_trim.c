/* Letting go of old entries: the same over both back ends. */
#include "store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static size_t
trim(struct fixture *f, struct store_keep keep, int64_t now, size_t rows)
{
    size_t removed = 77;

    if (store_trim(f->store, &keep, now, rows, &removed, &f->why) != ST_OK)
        fail_msg("%s", f->why.text);
    return removed;
}

static void
nothing_goes_without_a_bound(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(trim(f, (struct store_keep){.entries = 1}, NOW, 10), 0);
    fill(f, 5);
    assert_int_equal(trim(f, (struct store_keep){0}, INT64_MAX, 10), 0);
    assert_int_equal(trim(f, (struct store_keep){.entries = 5}, INT64_MAX, 10), 0);
    assert_int_equal(trim(f, (struct store_keep){.age_ns = 1000}, NOW, 10), 0);
    assert_int_equal(trim(f, (struct store_keep){.age_ns = INT64_MAX}, NOW, 10), 0);
    assert_int_equal(trim(f, (struct store_keep){.age_ns = 10}, INT64_MIN, 10), 0);
    assert_int_equal(state_of(f).first, 1);
}

static void
the_latest_entries_stay(void **state)
{
    struct fixture *f = *state;
    struct page p;

    fill(f, 9);
    assert_int_equal(trim(f, (struct store_keep){.entries = 4}, NOW, 3), 3);
    assert_int_equal(state_of(f).first, 4);
    assert_int_equal(trim(f, (struct store_keep){.entries = 4}, NOW, 3), 2);
    assert_int_equal(trim(f, (struct store_keep){.entries = 4}, NOW, 3), 0);
    p = page_after(f, 0);
    assert_int_equal(p.state.first, 6);
    assert_int_equal(p.state.head, 9);
    assert_int_equal(p.n, 4);
    assert_int_equal(p.v[0].e.seq, 6);
    assert_int_equal(page_after(f, 3).v[0].e.seq, 6);
    assert_int_equal(page_after(f, 7).v[0].e.seq, 8);
    assert_int_equal(page_after_ts(f, 0).v[0].e.seq, 6);
    assert_int_equal(page_after_ts(f, NOW + 60).v[0].e.seq, 7);
    assert_int_equal(do_one(f, send_of(1, 100, "x"), 0).seq, 10);
}

static void
what_is_too_old_goes_and_nothing_else(void **state)
{
    struct fixture *f = *state;

    fill(f, 9); /* at NOW + 10 ... 90 */
    for (unsigned i = 1; i <= 9; i++) {
        /* The i-th is now exactly 100 old, and stays until it is older. */
        assert_int_equal(trim(f, (struct store_keep){.age_ns = 100}, NOW + 100 + i * 10, 50), 0);
        assert_int_equal(trim(f, (struct store_keep){.age_ns = 100}, NOW + 101 + i * 10, 50), 1);
        assert_int_equal(state_of(f).first, i + 1);
    }
    assert_int_equal(page_after(f, 0).n, 0);
    assert_int_equal(page_after(f, 0).state.first, 10);
}

static void
each_bound_counts_for_itself(void **state)
{
    struct fixture *f = *state;

    fill(f, 9);
    assert_int_equal(trim(f, (struct store_keep){.entries = 7, .age_ns = 100}, NOW + 151, 50), 5);
    assert_int_equal(trim(f, (struct store_keep){.entries = 2, .age_ns = 100}, NOW + 151, 50), 2);
    assert_int_equal(state_of(f).first, 8);
}

static void
numbers_and_times_go_on_when_all_is_gone(void **state)
{
    struct fixture *f = *state;
    struct store_change c;

    fill(f, 5);
    assert_int_equal(trim(f, (struct store_keep){.age_ns = 1}, INT64_MAX, 50), 5);
    assert_int_equal(trim(f, (struct store_keep){.age_ns = 1}, INT64_MAX, 50), 0);
    if (f->durable)
        reopen(f);
    assert_int_equal(state_of(f).first, 6);
    assert_int_equal(state_of(f).head, 5);
    assert_int_equal(state_of(f).last_ts, NOW + 50);
    assert_int_equal(page_after(f, 2).n, 0);
    c = do_one(f, send_of(1, 9, "x"), 0);
    assert_int_equal(c.seq, 6);
    assert_int_equal(c.ts, NOW + 51);
    assert_int_equal(page_after(f, 0).v[0].e.seq, 6);
}

static void
an_id_is_once_as_long_as_its_entry_is_kept(void **state)
{
    struct fixture *f = *state;
    struct id gone = id_n(2);
    struct store_change c = send_of(1, 50, "y");

    fill(f, 5);
    assert_int_equal(trim(f, (struct store_keep){.entries = 2}, NOW, 50), 3);
    assert_int_equal(do_one(f, send_of(1, 4, "x"), NOW).seq, 4);
    assert_int_equal(do_one(f, send_of(1, 4, "y"), NOW).result, ST_CONFLICT);
    c.after = &gone;
    assert_int_equal(do_one(f, c, NOW).result, ST_ORDER);
    assert_true(do_one(f, send_of(1, 2, "another"), NOW).fresh);
    assert_int_equal(state_of(f).head, 6);
}

static void
people_and_their_stays_remain(void **state)
{
    struct fixture *f = *state;
    struct member_list l;

    do_one(f, join_of(1, 1, "anna"), NOW);
    do_one(f, join_of(2, 1, "bea"), NOW);
    do_one(f, leave_of(1, 2), NOW);
    assert_int_equal(trim(f, (struct store_keep){.age_ns = 1}, INT64_MAX, 50), 3);
    for (int round = 0; round < 2; round++) {
        l = members_of(f);
        assert_int_equal(l.n, 2);
        assert_int_equal(l.v[0].joined_seq, 1);
        assert_int_equal(l.v[0].left_seq, 3);
        assert_int_equal(l.v[1].joined_seq, 2);
        assert_int_equal(l.v[1].left_seq, 0);
        assert_string_equal(l.nicks[1], "bea");
        assert_int_equal(do_one(f, join_of(2, 9, "bea"), NOW).seq, 2);
        if (f->durable)
            reopen(f);
    }
    assert_int_equal(do_one(f, leave_of(2, 3), NOW).seq, 4);
    assert_int_equal(do_one(f, join_of(1, 4, "anna"), NOW).seq, 5);
}

/* ---- on disk ---- */

static void
say_big(struct fixture *f, unsigned from, unsigned n)
{
    static uint8_t big[BODY_MAX_BYTES];

    for (unsigned i = from; i < from + n; i++) {
        struct store_change c = send_of(1, i, "");

        c.body = (struct span){big, sizeof big};
        do_one(f, c, NOW + i);
    }
}

static off_t
size_of_database(struct fixture *f)
{
    struct stat info;
    char path[80];

    reopen(f); /* moves the log into it */
    snprintf(path, sizeof path, "%s/group.db", f->dir);
    assert_int_equal(stat(path, &info), 0);
    return info.st_size;
}

static void
freed_pages_are_used_again(void **state)
{
    const struct store_keep keep = {.bytes = 1024 * 1024};
    struct fixture *f = *state;
    off_t size;

    say_big(f, 1, 200);
    size = size_of_database(f);
    assert_true(size > 3 * keep.bytes);
    while (trim(f, keep, NOW, 8) > 0)
        ;
    /* Not more than was too much. */
    assert_in_range(state_of(f).head - state_of(f).first, 35, 65);
    for (unsigned i = 201; i < 500; i += 10) {
        say_big(f, i, 10);
        while (trim(f, keep, NOW, 16) > 0)
            ;
    }
    assert_true(size_of_database(f) <= size);
    assert_int_equal(state_of(f).head, 500);
    assert_in_range(state_of(f).head - state_of(f).first, 35, 65);
}

static void
a_damaged_entry_stops_the_removal_only(void **state)
{
    struct fixture *f = *state;
    struct store_keep keep = {.age_ns = 1};
    size_t removed = 9;

    fill(f, 7);
    tamper(f, "UPDATE entry SET ts = ts + 1 WHERE seq = 4");
    open_store(f);
    assert_int_equal(store_trim(f->store, &keep, INT64_MAX, 50, &removed, &f->why), ST_CORRUPT);
    assert_non_null(strstr(f->why.text, "entry 4"));
    assert_int_equal(removed, 0);
    assert_int_equal(state_of(f).first, 1);
    assert_true(do_one(f, send_of(1, 50, "x"), NOW).fresh);
}

/* ---- readers beside it ---- */

#define RACE_ROUNDS 200
#define RACE_BATCH  10

static void
a_reader_sees_one_moment_while_entries_go(void **state)
{
    struct fixture *f = *state;
    struct race race;

    race_start(&race, f, RACE_BATCH);
    for (unsigned i = 0; i < RACE_ROUNDS; i++) {
        struct store_change c[RACE_BATCH];

        for (unsigned j = 0; j < RACE_BATCH; j++)
            c[j] = send_of(1, i * RACE_BATCH + j, "x");
        commit(f, c, RACE_BATCH, NOW);
        trim(f, (struct store_keep){.entries = 100}, NOW, 20);
    }
    race_stop(&race);
    assert_true(race.moved > 0);
    assert_int_equal(race.last, RACE_ROUNDS * RACE_BATCH);
    assert_int_equal(state_of(f).first, RACE_ROUNDS * RACE_BATCH - 99);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(nothing_goes_without_a_bound),
        ON_BOTH(the_latest_entries_stay),
        ON_BOTH(what_is_too_old_goes_and_nothing_else),
        ON_BOTH(each_bound_counts_for_itself),
        ON_BOTH(numbers_and_times_go_on_when_all_is_gone),
        ON_BOTH(an_id_is_once_as_long_as_its_entry_is_kept),
        ON_BOTH(people_and_their_stays_remain),
        ON_DISK(freed_pages_are_used_again),
        ON_DISK(a_damaged_entry_stops_the_removal_only),
        ON_BOTH(a_reader_sees_one_moment_while_entries_go),
    };

    return cmocka_run_group_tests_name("store_trim", tests, NULL, NULL);
}
