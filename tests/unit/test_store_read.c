/* Reading, alone and beside the writer: the same over both back ends. */
#include "store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* ---- reading ---- */

static void
reading_by_seq_starts_right_behind_it(void **state)
{
    struct fixture *f = *state;

    fill(f, 5);
    for (uint64_t after = 0; after <= 5; after++) {
        struct page p = page_after(f, after);

        assert_int_equal(p.n, 5 - after);
        if (p.n > 0)
            assert_int_equal(p.v[0].e.seq, after + 1);
        assert_int_equal(p.state.head, 5);
        assert_int_equal(p.state.last_ts, NOW + 50);
    }
    assert_int_equal(page_after(f, 6).n, 0);
    assert_int_equal(page_after(f, UINT64_MAX).n, 0);
}

static void
reading_by_time_neither_skips_nor_repeats(void **state)
{
    struct fixture *f = *state;

    fill(f, 5); /* at NOW + 10, 20 ... 50 */
    assert_int_equal(page_after_ts(f, INT64_MIN).n, 5);
    assert_int_equal(page_after_ts(f, 0).n, 5);
    for (unsigned i = 1; i <= 5; i++) {
        assert_int_equal(page_after_ts(f, NOW + i * 10 - 1).n, 6 - i);
        assert_int_equal(page_after_ts(f, NOW + i * 10).n, 5 - i);
        assert_int_equal(page_after_ts(f, NOW + i * 10 + 1).n, 5 - i);
        if (i < 5)
            assert_int_equal(page_after_ts(f, NOW + i * 10).v[0].e.seq, i + 1);
    }
    assert_int_equal(page_after_ts(f, INT64_MAX).n, 0);
}

static void
a_page_ends_at_its_rows_or_when_the_visitor_is_full(void **state)
{
    struct fixture *f = *state;
    struct page p = {.n = 0};

    fill(f, 5);
    assert_int_equal(read_page(f, (struct store_query){.after_seq = 1, .max_rows = 2}, &p), ST_OK);
    assert_int_equal(p.n, 2);
    assert_int_equal(p.v[1].e.seq, 3);
    p = (struct page){.stop_at = 4, .stop_with = ST_FULL};
    assert_int_equal(read_page(f, (struct store_query){.max_rows = SEEN_MAX}, &p), ST_OK);
    assert_int_equal(p.n, 3);
    p = (struct page){.stop_at = 2, .stop_with = ST_CLOSED};
    assert_int_equal(read_page(f, (struct store_query){.max_rows = SEEN_MAX}, &p), ST_CLOSED);
    assert_int_equal(p.n, 1);
    assert_int_equal(page_after(f, 0).n, 5);
    p = (struct page){.stop_at = 4, .stop_with = ST_FULL};
    assert_int_equal(read_page(f, (struct store_query){.before_seq = 6, .max_rows = 4}, &p), ST_OK);
    assert_int_equal(p.n, 3);
    assert_int_equal(p.v[2].e.seq, 3);
}

static void
reading_backwards_begins_right_in_front_of_it(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(page_before(f, 1).n, 0);
    assert_int_equal(page_before(f, UINT64_MAX).n, 0);
    fill(f, 5);
    for (uint64_t before = 1; before <= 8; before++) {
        uint64_t last = before <= 6 ? before - 1 : 5;
        struct page p = page_before(f, before);

        assert_int_equal(p.n, last);
        for (size_t i = 0; i < p.n; i++) {
            assert_int_equal(p.v[i].e.seq, last - i);
            assert_int_equal(p.v[i].e.ts, NOW + (int64_t)(last - i) * 10);
        }
        assert_int_equal(p.state.head, 5);
        assert_int_equal(p.state.first, 1);
        assert_int_equal(p.state.lowest, 1);
    }
    assert_int_equal(page_before(f, UINT64_MAX).n, 5);
}

/* Blocks of many entries and of one, and commits that are no block's size. */
static void
both_ways_give_the_same(void **state)
{
    static const unsigned batches[] = {1, 40, 7, 1, 1, 10, 3};
    struct fixture *f = *state;
    struct store_change c[40];
    unsigned id = 0;

    for (size_t i = 0; i < sizeof batches / sizeof *batches; i++) {
        for (unsigned j = 0; j < batches[i]; j++, id++)
            c[j] = send_of(1 + id % 3, id, "words that take a little room");
        commit(f, c, batches[i], NOW);
    }
    assert_int_equal(id, SEEN_MAX - 1);
    for (uint64_t before = 2; before <= id + 1; before++) {
        for (uint64_t rows = 1; rows < 30; rows += 4) {
            uint64_t want = before - 1 < rows ? before - 1 : rows;
            struct store_query back = {.before_seq = before, .max_rows = rows};
            struct store_query on = {.after_seq = before - 1 - want, .max_rows = want};
            struct page p = {.n = 0}, q = {.n = 0};

            assert_int_equal(read_page(f, back, &p), ST_OK);
            assert_int_equal(read_page(f, on, &q), ST_OK);
            assert_int_equal(p.n, want);
            assert_int_equal(q.n, want);
            for (size_t i = 0; i < want; i++) {
                assert_int_equal(p.v[i].e.seq, q.v[want - 1 - i].e.seq);
                assert_true(id_equal(&p.v[i].e.id, &q.v[want - 1 - i].e.id));
                assert_true(id_equal(&p.v[i].e.author, &q.v[want - 1 - i].e.author));
            }
        }
    }
}

static void
an_open_reader_meets_new_authors(void **state)
{
    struct fixture *f = *state;
    struct store_reader *r;
    struct page p = {.n = 0};
    struct store_query q = {.max_rows = SEEN_MAX};

    assert_int_equal(store_reader_open(&r, f->store, &f->why), ST_OK);
    for (unsigned author = 1; author <= 3; author++) {
        do_one(f, send_of(author, 1, "x"), NOW);
        p.n = 0;
        assert_int_equal(store_read(r, &q, &p.state, collect, &p, &f->why), ST_OK);
        assert_int_equal(p.n, author);
        assert_true(id_equal(&p.v[author - 1].e.author, &(struct id){{1, [15] = (uint8_t)author}}));
    }
    store_reader_close(r);
}

/* ---- readers beside the writer ---- */

#define RACE_BATCHES 150
#define RACE_BATCH   20

static void
a_reader_sees_one_moment_while_the_writer_commits(void **state)
{
    struct fixture *f = *state;
    struct race race;

    race_start(&race, f, RACE_BATCH);
    for (unsigned i = 0; i < RACE_BATCHES; i++) {
        struct store_change c[RACE_BATCH];

        for (unsigned j = 0; j < RACE_BATCH; j++)
            c[j] = send_of(1 + i % 7, i * RACE_BATCH + j, "x");
        commit(f, c, RACE_BATCH, NOW);
    }
    race_stop(&race);
    assert_int_equal(race.moved, 0);
    assert_int_equal(race.last, RACE_BATCHES * RACE_BATCH);
}

static enum status
commit_inside(void *ctx, const struct entry *e)
{
    struct fixture *f = ctx;

    return e->seq > 2 ? ST_INVALID : (do_one(f, send_of(2, (unsigned)e->seq, "n"), NOW), ST_OK);
}

static void
a_commit_during_a_read_stays_out_of_it(void **state)
{
    struct fixture *f = *state;
    struct store_query q = {.max_rows = SEEN_MAX};
    struct store_state at;
    struct store_reader *r;

    fill(f, 2);
    assert_int_equal(store_reader_open(&r, f->store, &f->why), ST_OK);
    assert_int_equal(store_read(r, &q, &at, commit_inside, f, &f->why), ST_OK);
    store_reader_close(r);
    assert_int_equal(at.head, 2);
    assert_int_equal(page_after(f, 0).n, 4);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(reading_by_seq_starts_right_behind_it),
        ON_BOTH(reading_by_time_neither_skips_nor_repeats),
        ON_BOTH(a_page_ends_at_its_rows_or_when_the_visitor_is_full),
        ON_BOTH(reading_backwards_begins_right_in_front_of_it),
        ON_BOTH(both_ways_give_the_same),
        ON_BOTH(an_open_reader_meets_new_authors),
        ON_BOTH(a_reader_sees_one_moment_while_the_writer_commits),
        ON_BOTH(a_commit_during_a_read_stays_out_of_it),
    };

    return cmocka_run_group_tests_name("store_read", tests, NULL, NULL);
}
