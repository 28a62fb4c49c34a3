/* A log whose entries lie together in blocks is the same log: long ones of both back ends, driven
 * by the same random changes, are compared. */
#include "store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "memory_store.h"
#include "tools/tools.h"

#define BATCH  200
#define ROUNDS 60

struct pair {
    struct fixture disk;
    struct store *memory;
    struct store_reader *readers[2];
    int64_t quota; /* 0: none */
    unsigned seed;
    unsigned full; /* commits that found no room */
    unsigned next_id;
    int64_t now;
};

static uint8_t noise[BODY_MAX_BYTES];

static unsigned
below(struct pair *p, unsigned bound)
{
    return (unsigned)rand_r(&p->seed) % bound;
}

static void
open_readers(struct pair *p)
{
    struct fault why;

    assert_int_equal(store_reader_open(&p->readers[0], p->disk.store, &why), ST_OK);
    assert_int_equal(store_reader_open(&p->readers[1], p->memory, &why), ST_OK);
}

static void
close_readers(struct pair *p)
{
    store_reader_close(p->readers[0]);
    store_reader_close(p->readers[1]);
}

static void
open_disk(struct pair *p)
{
    struct store_options o = {.dir = p->disk.dir, .quota = p->quota};

    assert_int_equal(store_open(&p->disk.store, &o, &p->disk.why), ST_OK);
}

/* ---- changes ---- */

static struct store_change
random_send(struct pair *p)
{
    static const unsigned lengths[] = {0, 1, 100, 100, 100, 300, 5000, 7900, BODY_MAX_BYTES};
    struct store_change c = send_of(1 + below(p, 3), 0, "");
    size_t most = lengths[below(p, 9)];

    /* Now and then one that was there, or is in the same batch. */
    c.id = id_n(below(p, 10) == 0 && p->next_id > 0 ? below(p, p->next_id) : p->next_id++);
    c.author = id_n(1 + c.id.bytes[ID_LEN - 1] % 3);
    c.body = (struct span){noise + below(p, 64), most > 64 ? most - 64 : most};
    c.ext = (struct span){noise, below(p, 20) == 0 ? EXT_MAX_BYTES : 0};
    return c;
}

static void
commit_some(struct pair *p)
{
    static struct store_change a[BATCH], b[BATCH];
    size_t n = below(p, 3) == 0 ? 1 : 1 + below(p, BATCH);
    enum status st;
    struct fault why;

    for (size_t i = 0; i < n; i++)
        a[i] = b[i] = random_send(p);
    p->now += 1000;
    st = store_commit(p->disk.store, a, n, AT(p->now), &why);
    if (st == ST_FULL && p->quota != 0) {
        p->full++;
        return;
    }
    assert_int_equal(st, ST_OK);
    assert_int_equal(store_commit(p->memory, b, n, AT(p->now), &why), ST_OK);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(a[i].result, b[i].result);
        assert_int_equal(a[i].fresh, b[i].fresh);
        assert_int_equal(a[i].seq, b[i].seq);
        assert_int_equal(a[i].ts, b[i].ts);
    }
}

static void
trim_some(struct pair *p)
{
    struct store_keep keep = {.entries = 1 + below(p, 400)};
    size_t rows = 1 + below(p, 150), removed[2];
    struct fault why;

    if (below(p, 2))
        keep = (struct store_keep){.age_ns = 1 + below(p, 20000)};
    assert_int_equal(store_trim(p->disk.store, &keep, p->now, rows, &removed[0], &why), ST_OK);
    assert_int_equal(store_trim(p->memory, &keep, p->now, rows, &removed[1], &why), ST_OK);
    assert_int_equal(removed[0], removed[1]);
}

/* ---- reading ---- */

#define READ_MAX 500

struct read {
    struct store_state state;
    uint64_t seqs[READ_MAX];
    int64_t sums[READ_MAX]; /* of all that an entry says */
    size_t n;
};

static int64_t
digest(const struct entry *e)
{
    uint64_t h = (uint64_t)e->ts * 31 + e->kind + e->body.len * 131 + e->ext.len * 7;

    for (size_t i = 0; i < ID_LEN; i++)
        h = h * 1099511628211U + e->id.bytes[i] + (uint64_t)e->author.bytes[i] * 257;
    for (size_t i = 0; i < e->body.len; i += 37)
        h = h * 1099511628211U + e->body.p[i];
    return (int64_t)h;
}

static enum status
note(void *ctx, const struct entry *e)
{
    struct read *r = ctx;

    assert_true(r->n < READ_MAX);
    r->seqs[r->n] = e->seq;
    r->sums[r->n++] = digest(e);
    return ST_OK;
}

static void
read_some(struct pair *p)
{
    static struct read r[2];
    struct store_state s = state_of(&p->disk);
    uint64_t span = s.head - s.first + 3;
    struct stay range = {s.first + (uint64_t)below(p, (unsigned)span), 0};
    struct store_query q = {
        .before_seq = below(p, 2) ? s.first + (uint64_t)below(p, (unsigned)span) : 0,
        .by_ts = below(p, 2),
        .after_ts = s.last_ts - below(p, 60000),
        .after_seq = s.first - 1 + (uint64_t)below(p, (unsigned)span),
        .max_rows = 1 + below(p, READ_MAX - 1),
    };
    struct fault why;

    range.last = range.first + below(p, 300);
    if (below(p, 3) == 0) {
        q.ranges = &range;
        q.n_ranges = 1;
    }
    for (int i = 0; i < 2; i++) {
        r[i] = (struct read){.n = 0};
        assert_int_equal(store_read(p->readers[i], &q, &r[i].state, note, &r[i], &why), ST_OK);
    }
    assert_int_equal(r[0].state.first, r[1].state.first);
    assert_int_equal(r[0].state.lowest, r[1].state.lowest);
    assert_int_equal(r[0].state.head, r[1].state.head);
    assert_int_equal(r[0].n, r[1].n);
    assert_memory_equal(r[0].seqs, r[1].seqs, r[0].n * sizeof r[0].seqs[0]);
    assert_memory_equal(r[0].sums, r[1].sums, r[0].n * sizeof r[0].sums[0]);
}

static void
show(void *ctx, const char *text)
{
    (void)ctx;
    print_error("%s\n", text);
}

/* Close, let the operator's tool look, and open again. */
static void
look_and_reopen(struct pair *p)
{
    struct store_state before = state_of(&p->disk), after;
    struct verify_result r;

    close_readers(p);
    store_close(p->disk.store);
    p->disk.store = NULL;
    assert_int_equal(store_verify(p->disk.dir, show, NULL, &r, &p->disk.why), ST_OK);
    assert_int_equal(r.problems, 0);
    assert_int_equal(r.entries, before.head + 1 - before.first);
    open_disk(p);
    after = state_of(&p->disk);
    assert_memory_equal(&before, &after, sizeof before);
    open_readers(p);
}

/* Returns how many commits found no room. */
static unsigned
drive(struct fixture *f, unsigned seed, int64_t quota)
{
    struct pair p = {.disk = *f, .quota = quota, .seed = seed, .now = NOW};

    store_close(p.disk.store);
    wipe(f->dir);
    open_disk(&p);
    assert_int_equal(memory_store_open(&p.memory), ST_OK);
    open_readers(&p);
    for (int i = 0; i < ROUNDS; i++) {
        commit_some(&p);
        if (below(&p, 3) == 0)
            trim_some(&p);
        for (int k = 0; k < 10; k++)
            read_some(&p);
        if (below(&p, 15) == 0)
            look_and_reopen(&p);
    }
    look_and_reopen(&p);
    close_readers(&p);
    store_close(p.memory);
    *f = p.disk;
    return p.full;
}

static void
make_noise(void)
{
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (uint8_t)(i * 7 + i / 256);
}

static void
both_back_ends_tell_the_same(void **state)
{
    make_noise();
    for (unsigned seed = 1; seed <= 6; seed++) {
        print_message("seed %u\n", seed);
        drive(*state, seed, 0);
    }
}

/* Some blocks of such a commit were rows already. */
static void
a_commit_that_finds_no_room_leaves_nothing(void **state)
{
    make_noise();
    for (unsigned seed = 1; seed <= 4; seed++)
        assert_in_range(drive(*state, seed, STORE_QUOTA_MIN), 5, ROUNDS - 5);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_DISK(both_back_ends_tell_the_same),
        ON_DISK(a_commit_that_finds_no_room_leaves_nothing),
    };

    return cmocka_run_group_tests_name("store_pair", tests, NULL, NULL);
}
