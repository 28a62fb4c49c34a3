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
        ON_BOTH(an_open_reader_meets_new_authors),
        ON_BOTH(a_reader_sees_one_moment_while_the_writer_commits),
        ON_BOTH(a_commit_during_a_read_stays_out_of_it),
    };

    return cmocka_run_group_tests_name("store_read", tests, NULL, NULL);
}
