/* Stays, and reading what was said in them: the same over both back ends. */
#include "store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Who is the only one. */
static struct member_list
one(struct fixture *f)
{
    struct member_list l = members_of(f);

    assert_int_equal(l.n, 1);
    return l;
}

static void
assert_stays(struct fixture *f, const struct stay *want, size_t n)
{
    for (int round = 0; round < (f->durable ? 2 : 1); round++) {
        struct member_list l = one(f);

        assert_int_equal(l.v[0].n_stays, n);
        for (size_t i = 0; i < n; i++) {
            assert_int_equal(l.stays[0][i].first, want[i].first);
            assert_int_equal(l.stays[0][i].last, want[i].last);
        }
        if (f->durable)
            reopen(f);
    }
}

static void
trim_to(struct fixture *f, uint64_t entries)
{
    struct store_keep keep = {.entries = entries};
    size_t removed;

    assert_int_equal(store_trim(f->store, &keep, NOW, 1000, &removed, &f->why), ST_OK);
}

static void
stays_are_remembered(void **state)
{
    struct fixture *f = *state;

    do_one(f, join_of(1, 1, "anna"), NOW);
    assert_stays(f, (struct stay[]){{1, UINT64_MAX}}, 1);
    do_one(f, leave_of(1, 2), NOW);
    assert_stays(f, (struct stay[]){{1, 2}}, 1);
    do_one(f, send_of(2, 1, "x"), NOW);
    do_one(f, join_of(1, 3, "anna"), NOW);
    do_one(f, remove_of(2, 2, 1), NOW);
    do_one(f, join_of(1, 4, "anna"), NOW);
    do_one(f, ban_of(2, 3, 1), NOW);
    assert_stays(f, (struct stay[]){{1, 2}, {4, 5}, {6, 7}}, 3);
}

static void
the_oldest_stay_of_too_many_is_forgotten(void **state)
{
    struct fixture *f = *state;
    struct stay want[STAYS_MAX];

    for (unsigned i = 0; i < STAYS_MAX + 3; i++) {
        do_one(f, join_of(1, 2 * i, "anna"), NOW);
        do_one(f, leave_of(1, 2 * i + 1), NOW);
    }
    for (unsigned i = 0; i < STAYS_MAX; i++)
        want[i] = (struct stay){(i + 3) * 2 + 1, (i + 3) * 2 + 2};
    assert_stays(f, want, STAYS_MAX);
    assert_int_equal(one(f).v[0].joined_seq, want[STAYS_MAX - 1].first);
}

static void
stays_go_when_nothing_depends_on_them(void **state)
{
    struct fixture *f = *state;
    struct text before;
    struct text after;

    for (unsigned i = 0; i < 4; i++) {
        do_one(f, join_of(1, 2 * i, "anna"), NOW);
        do_one(f, leave_of(1, 2 * i + 1), NOW);
    }
    trim_to(f, 7); /* the first entry of the first stay went */
    assert_stays(f, (struct stay[]){{1, 2}, {3, 4}, {5, 6}, {7, 8}}, 4);
    do_one(f, send_of(2, 1, "between"), NOW);
    trim_to(f, 6); /* 4 is the first: all that was said behind the first stay went */
    assert_stays(f, (struct stay[]){{3, 4}, {5, 6}, {7, 8}}, 3);
    trim_to(f, 3);
    assert_stays(f, (struct stay[]){{7, 8}}, 1);
    do_one(f, send_of(2, 2, "x"), NOW);
    trim_to(f, 1);                               /* 10 */
    assert_stays(f, (struct stay[]){{7, 8}}, 1); /* the latest */
    tell(f, &before);
    if (f->durable)
        reopen(f);
    tell(f, &after);
    assert_string_equal(before.p, after.p);
    do_one(f, join_of(1, 20, "anna"), NOW);
    assert_stays(f, (struct stay[]){{7, 8}, {11, UINT64_MAX}}, 2);
    trim_to(f, 1);
    do_one(f, send_of(2, 3, "x"), NOW);
    trim_to(f, 1);
    assert_stays(f, (struct stay[]){{11, UINT64_MAX}}, 1);
}

/* ---- on disk ---- */

static void
what_is_forgotten_takes_no_room(void **state)
{
    struct fixture *f = *state;

    do_one(f, join_of(2, 1, "bea"), NOW);
    for (unsigned i = 0; i < STAYS_MAX + 5; i++) {
        do_one(f, join_of(1, 2 * i, "anna"), NOW);
        do_one(f, leave_of(1, 2 * i + 1), NOW);
    }
    assert_int_equal(ask_file(f, "group.db", "SELECT count(*) FROM stay"), STAYS_MAX + 1);
    trim_to(f, 10);
    assert_int_equal(ask_file(f, "group.db", "SELECT count(*) FROM stay"), 5 + 1);
    do_one(f, send_of(2, 2, "x"), NOW);
    trim_to(f, 1);
    assert_int_equal(ask_file(f, "group.db", "SELECT count(*) FROM stay"),
                     1 + 1); /* the latest stays */
}

/* ---- reading within stays ---- */

struct reading {
    uint64_t after;
    uint64_t first; /* what comes; 0: nothing */
    uint64_t last;
    uint64_t lowest; /* what state.first then says */
};

static void
assert_read(struct fixture *f, const struct store_query *q, const struct reading *r)
{
    struct page p = {.n = 0};

    assert_int_equal(read_page(f, *q, &p), ST_OK);
    assert_int_equal(p.n, r->first == 0 ? 0 : r->last - r->first + 1);
    for (size_t i = 0; i < p.n; i++)
        assert_int_equal(p.v[i].e.seq, r->first + i);
    assert_int_equal(p.state.first, r->lowest);
    assert_int_equal(p.state.head, state_of(f).head);
    assert_int_equal(p.state.last_ts, state_of(f).last_ts);
}

/* By number, and by the time of that number and a little later. */
static void
assert_readings(struct fixture *f, const struct stay *ranges, size_t n, const struct reading *r,
                size_t n_r)
{
    for (size_t i = 0; i < n_r; i++) {
        struct store_query q = {.ranges = ranges, .n_ranges = n, .max_rows = SEEN_MAX};

        q.after_seq = r[i].after;
        assert_read(f, &q, &r[i]);
        q.by_ts = true;
        q.after_ts = NOW + (int64_t)r[i].after * 10;
        assert_read(f, &q, &r[i]);
        q.after_ts += 9;
        assert_read(f, &q, &r[i]);
    }
}

static void
a_read_stays_within_one_range(void **state)
{
    static const struct stay ranges[] = {{3, 5}, {8, 8}, {10, UINT64_MAX}};
    static const struct reading readings[] = {
        {0, 3, 5, 3},     {1, 3, 5, 3},     {2, 3, 5, 3},   {3, 4, 5, 3},    {4, 5, 5, 3},
        {5, 8, 8, 8},     {6, 8, 8, 8},     {7, 8, 8, 8},   {8, 10, 12, 10}, {9, 10, 12, 10},
        {10, 11, 12, 10}, {11, 12, 12, 10}, {12, 0, 0, 13}, {13, 0, 0, 13},
    };
    struct fixture *f = *state;

    fill(f, 12); /* at NOW + 10 ... 120 */
    assert_readings(f, ranges, 3, readings, sizeof readings / sizeof readings[0]);
    assert_readings(f, ranges, 2, (struct reading[]){{8, 0, 0, 13}, {4, 5, 5, 3}}, 2);
    assert_readings(f, (struct stay[]){{13, UINT64_MAX}}, 1,
                    (struct reading[]){{0, 0, 0, 13}, {12, 0, 0, 13}}, 2);
    assert_readings(f, (struct stay[]){{1, 12}}, 1, (struct reading[]){{0, 1, 12, 1}}, 1);
    assert_readings(f, NULL, 0, (struct reading[]){{0, 1, 12, 1}, {5, 6, 12, 1}, {12, 0, 0, 1}}, 3);
}

static void
a_page_of_a_range_has_its_rows(void **state)
{
    struct fixture *f = *state;
    struct stay range = {3, 9};
    struct store_query q = {.ranges = &range, .n_ranges = 1, .max_rows = 2};

    fill(f, 12);
    assert_read(f, &q, &(struct reading){0, 3, 4, 3});
    q.after_seq = 7;
    assert_read(f, &q, &(struct reading){7, 8, 9, 3});
    q.after_seq = 8;
    assert_read(f, &q, &(struct reading){8, 9, 9, 3});
    q.after_seq = UINT64_MAX;
    assert_read(f, &q, &(struct reading){0, 0, 0, 13});
}

static void
what_is_gone_is_in_no_range(void **state)
{
    static const struct stay ranges[] = {{1, 2}, {3, 7}, {9, UINT64_MAX}};
    struct fixture *f = *state;

    fill(f, 12);
    trim_to(f, 8); /* 5 is the first */
    assert_readings(
        f, ranges, 3,
        (struct reading[]){{0, 5, 7, 5}, {4, 5, 7, 5}, {5, 6, 7, 5}, {7, 9, 12, 9}, {8, 9, 12, 9}},
        5);
    trim_to(f, 2);
    assert_readings(f, ranges, 3, (struct reading[]){{0, 11, 12, 11}, {12, 0, 0, 13}}, 2);
    assert_readings(f, ranges, 2, (struct reading[]){{0, 0, 0, 13}}, 1);
}

static void
assert_read_back(struct fixture *f, const struct stay *ranges, size_t n, uint64_t max_rows,
                 const struct reading *r)
{
    struct store_query q = {.ranges = ranges,
                            .n_ranges = n,
                            .before_seq = r->after,
                            .max_rows = max_rows};
    struct page p = {.n = 0};

    assert_int_equal(read_page(f, q, &p), ST_OK);
    assert_int_equal(p.n, r->first == 0 ? 0 : r->last - r->first + 1);
    for (size_t i = 0; i < p.n; i++)
        assert_int_equal(p.v[i].e.seq, r->last - i);
    assert_int_equal(p.state.first, r->lowest);
}

/* In a reading `after` is then what it is before. */
static void
a_read_backwards_stays_within_one_range(void **state)
{
    static const struct stay ranges[] = {{1, 1}, {3, 5}, {8, 8}, {10, UINT64_MAX}};
    static const struct reading all[] = {
        {99, 10, 12, 10}, {13, 10, 12, 10}, {12, 10, 11, 10}, {11, 10, 10, 10},
        {10, 8, 8, 8},    {9, 8, 8, 8},     {8, 3, 5, 3},     {6, 3, 5, 3},
        {4, 3, 3, 3},     {3, 1, 1, 1},     {2, 1, 1, 1},     {1, 0, 0, 13},
    };
    struct fixture *f = *state;
    struct page p = {.n = 0};

    fill(f, 12);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        assert_read_back(f, ranges, 4, SEEN_MAX, &all[i]);
    assert_read_back(f, ranges, 4, 2, &(struct reading){99, 11, 12, 10});
    assert_read_back(f, ranges, 4, 2, &(struct reading){11, 10, 10, 10});
    assert_read_back(f, ranges, 4, 2, &(struct reading){6, 4, 5, 3});
    assert_int_equal(read_page(f,
                               (struct store_query){ranges, .n_ranges = 4, .before_seq = 99,
                                                    .max_rows = 1},
                               &p),
                     ST_OK);
    assert_int_equal(p.state.lowest, 1);
    trim_to(f, 8); /* 5 is the first */
    assert_read_back(f, ranges, 4, SEEN_MAX, &(struct reading){8, 5, 5, 5});
    assert_read_back(f, ranges, 4, SEEN_MAX, &(struct reading){5, 0, 0, 13});
    p.n = 0;
    assert_int_equal(read_page(f,
                               (struct store_query){ranges, .n_ranges = 4, .before_seq = 99,
                                                    .max_rows = 1},
                               &p),
                     ST_OK);
    assert_int_equal(p.state.lowest, 5);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(stays_are_remembered),
        ON_BOTH(the_oldest_stay_of_too_many_is_forgotten),
        ON_BOTH(stays_go_when_nothing_depends_on_them),
        ON_DISK(what_is_forgotten_takes_no_room),
        ON_BOTH(a_read_stays_within_one_range),
        ON_BOTH(a_page_of_a_range_has_its_rows),
        ON_BOTH(what_is_gone_is_in_no_range),
        ON_BOTH(a_read_backwards_stays_within_one_range),
    };

    return cmocka_run_group_tests_name("store_stays", tests, NULL, NULL);
}
