/* A group that lies about its history, or is merely busy: nothing comes twice or out of order. And
 * what the feed brings while pages are fetched. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "fake_link.h"
#include "pages_bench.h"

/* ---- lies ---- */

struct lie {
    const char *what; /* how the sentence ends */
    uint64_t seqs[12];
    size_t n;
    uint64_t first, head, next; /* 0: as an honest group would say */
    bool end;
    size_t early; /* the entry with that index is as early as the one before; 0: none */
};

/* Pages in answer to "7 entries after 8", of a group with 100. */
static const struct lie lies[] = {
    {.what = "does not go on", .next = 8},
    {.what = "does not go on", .next = 50, .end = true},
    {.what = "does not go on", .next = 100},
    {.what = "has a hole", .next = 100, .end = true},
    {.what = "has a hole", .seqs = {10, 11}, .n = 2, .next = 11},
    {.what = "has a hole", .seqs = {9, 11}, .n = 2, .next = 11},
    {.what = "has a hole", .seqs = {9, 10}, .n = 2, .next = 15},
    {.what = "has a hole", .seqs = {9, 10}, .n = 2, .next = 100, .end = true},
    {.what = "has a hole", .seqs = {20}, .n = 1, .first = 15, .next = 20},
    {.what = "does not go on", .seqs = {9, 10, 11}, .n = 3, .next = 10},
    {.what = "is out of order", .seqs = {9, 9, 10}, .n = 3, .next = 10},
    {.what = "is out of order", .seqs = {8, 9, 10}, .n = 3, .next = 10},
    {.what = "is out of order", .seqs = {1}, .n = 1, .next = 1},
    {.what = "is out of order", .seqs = {9, 8}, .n = 2, .next = 9},
    {.what = "is out of order", .seqs = {15, 14, 13}, .n = 3, .first = 15, .next = 15},
    {.what = "goes beyond its own end", .seqs = {9, 10}, .n = 2, .head = 9, .next = 9},
    {.what = "goes beyond its own end", .seqs = {9, 10}, .n = 2, .next = UINT64_MAX / 4},
    {.what = "goes beyond its own end", .next = 101, .end = true},
    {.what = "goes beyond its own end", .first = 102, .next = 100, .end = true},
    {.what = "ends before its end", .seqs = {9, 10}, .n = 2, .next = 10, .end = true},
    {.what = "goes back in time", .seqs = {9, 10}, .n = 2, .next = 10, .early = 1},
    {.what = "is longer than was asked for",
     .seqs = {9, 10, 11, 12, 13, 14, 15, 16},
     .n = 8,
     .next = 16},
};

static void
give_lie(struct bench *b, size_t i, const struct lie *lie)
{
    struct wire_page page = {.log = the_log,
                             .first = lie->first > 0 ? lie->first : 1,
                             .head = lie->head > 0 ? lie->head : b->past.head,
                             .next = lie->next,
                             .end = lie->end};
    struct buf packed;

    buf_init(&packed, 0);
    for (size_t k = 0; k < lie->n; k++) {
        struct entry e = {.seq = lie->seqs[k], .ts = (int64_t)lie->seqs[k], .kind = ENTRY_MESSAGE};

        if (k > 0 && k == lie->early)
            e.ts = (int64_t)lie->seqs[k - 1];
        wire_pack(&packed, &e);
    }
    page.entries = (struct wire_list){.raw = buf_span(&packed), .count = (uint32_t)lie->n};
    bench_give(b, i, &page);
    buf_clear(&packed);
}

/* Nothing of the page came, and another connection is tried. */
static void
expect_lied(struct bench *b, const char *what)
{
    struct conclave_event e;
    size_t len = strlen(what);

    assert_true(bench_next_other(b, &e));
    assert_int_equal(e.type, CONCLAVE_EVENT_STATE);
    assert_int_equal(e.state, CONCLAVE_FEED_RECONNECTING);
    assert_string_equal(e.code, "protocol");
    if (strlen(e.text) < len || strcmp(e.text + strlen(e.text) - len, what) != 0)
        fail_msg("\"%s\" does not end with \"%s\"", e.text, what);
    bench_expect_nothing(b);
    assert_null(fake_link(LINK_FEED));
}

static void
a_page_that_cannot_be_is_refused_whole(void **state)
{
    struct bench *b = *state;

    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        bench_tear_down(state);
        bench_set_up(state);
        bench_start_with_three(b, 100);
        bench_expect_up_to(b, 8);
        give_lie(b, 1, &lies[i]);
        bench_serve(b, 2);
        expect_lied(b, lies[i].what);
        assert_int_equal(b->seen, 8);
    }
}

/* What comes before the lie is not lost, nor what comes after it. */
static void
after_a_lie_the_truth_is_taken(void **state)
{
    struct bench *b = *state;

    bench_start_with_three(b, 30);
    give_lie(b, 1, &lies[5]);
    expect_lied(b, "has a hole");
    b->now += 100;
    bench_run(b);
    bench_expect_state(b, CONCLAVE_FEED_CATCHING_UP, "");
    bench_finish(b, b->n_asked - 1);
    assert_int_equal(b->lost, 0);
}

/* Each page is in order, but the second is older than the first. */
static void
times_that_go_back_between_pages_are_refused(void **state)
{
    struct bench *b = *state;
    struct wire_page page = {.log = the_log, .first = 1, .head = 100, .next = 9};
    struct entry e = {.seq = 9, .ts = 8, .kind = ENTRY_MESSAGE};
    struct buf packed;

    bench_start_with_three(b, 100);
    bench_expect_up_to(b, 8);
    buf_init(&packed, 0);
    wire_pack(&packed, &e);
    page.entries = (struct wire_list){.raw = buf_span(&packed), .count = 1};
    bench_give(b, 1, &page);
    buf_clear(&packed);
    expect_lied(b, "history goes back in time");
}

static void
say_one(uint64_t seq, int64_t ts, uint64_t second)
{
    struct wire_feed f = {.event = EVENT_ENTRIES};
    struct entry e = {.seq = seq, .ts = ts, .kind = ENTRY_MESSAGE};
    struct buf packed;

    buf_init(&packed, 0);
    wire_pack(&packed, &e);
    e.seq = second;
    e.ts = ts + 1;
    if (second > 0)
        wire_pack(&packed, &e);
    f.entries = (struct wire_list){.raw = buf_span(&packed), .count = second > 0 ? 2 : 1};
    bench_say(&f);
    buf_clear(&packed);
}

static void
what_the_feed_says_is_looked_at_too(void **state)
{
    static const struct {
        uint64_t seq;
        int64_t ts;
        uint64_t second;
        const char *what;
    } said[] = {
        {6, 5, 0, "feed goes back in time"},
        {6, 6, 8, "feed has a hole"},
        {6, 6, 6, "feed is out of order"},
    };
    struct bench *b = *state;

    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        bench_tear_down(state);
        bench_set_up(state);
        bench_start(b, 5);
        bench_serve(b, 0);
        bench_expect_state(b, CONCLAVE_FEED_LIVE, "");
        assert_int_equal(b->seen, 5);
        say_one(said[i].seq, said[i].ts, said[i].second);
        expect_lied(b, said[i].what);
    }
}

/* What was not looked at yet does not come after it. */
static void
what_is_not_understood_ends_what_is_behind_it(void **state)
{
    struct bench *b = *state;
    struct wire_reply reply = {.msgid = 0};
    struct buf out;

    bench_start_with_three(b, 100);
    bench_serve(b, 2);
    reply.msgid = b->asked[1].msgid;
    buf_init(&out, 0);
    wire_pack_reply(&out, OP_SUBSCRIBE, &reply);
    fake_arrive(fake_link(LINK_REQUESTS), &out);
    bench_run(b);
    expect_lied(b, "is not understood");
}

/* ---- the feed meanwhile ---- */

static void
say_entries(uint64_t first, uint64_t last)
{
    struct wire_feed f = {.event = EVENT_ENTRIES};
    struct buf packed;

    buf_init(&packed, 0);
    for (uint64_t seq = first; seq <= last; seq++)
        bench_pack(&packed, &f.entries, seq, 5);
    bench_say(&f);
    buf_clear(&packed);
}

static void
what_the_feed_brings_waits_behind_the_pages(void **state)
{
    struct bench *b = *state;

    bench_start_with_three(b, 29);
    say_entries(25, 31); /* some of it is in the pages */
    say_entries(32, 33);
    bench_serve(b, 3);
    bench_serve(b, 1);
    bench_expect_up_to(b, 15);
    assert_int_equal(fake_unread(fake_link(LINK_FEED)), 2);
    bench_serve(b, 2);
    bench_expect_state(b, CONCLAVE_FEED_LIVE, "");
    bench_expect_up_to(b, 33);
    bench_expect_nothing(b);
    b->past.head = 60; /* and a jump in it is fetched, with what it brought behind */
    say_entries(55, 60);
    bench_expect_state(b, CONCLAVE_FEED_CATCHING_UP, "");
    bench_run(b);
    bench_serve_cut(b, 4, 8);
    bench_serve(b, 6);
    bench_serve(b, 5);
    bench_finish(b, 7);
}

/* Nothing tells of frames that lie there already when some were left. */
static void
who_left_frames_unread_comes_back_for_them(void **state)
{
    struct bench *b = *state;
    size_t turns = 0;

    bench_start(b, 5);
    bench_serve(b, 0);
    bench_expect_state(b, CONCLAVE_FEED_LIVE, "");
    bench_expect_nothing(b);
    for (int i = 0; i < 150; i++)
        bench_say(&(struct wire_feed){.event = EVENT_HEAD, .log = the_log, .head = 5});
    say_entries(6, 6);
    while (b->seen < 6) {
        struct conclave_event e;

        feed_step(b->f, b->now);
        bench_next_other(b, &e);
        assert_true(b->seen == 6 || feed_due(b->f) <= b->now);
        turns++;
    }
    assert_true(turns <= 5);
    bench_run(b);
    assert_int_equal(feed_due(b->f), T0 + 3000);
    for (int i = 0; i < 64; i++)
        bench_say(&(struct wire_feed){.event = EVENT_HEAD, .log = the_log, .head = 6});
    bench_expect_nothing(b);
    assert_int_equal(feed_due(b->f), b->now);
    feed_step(b->f, b->now); /* also when nobody wants the next event */
    assert_int_equal(feed_due(b->f), T0 + 3000);
}

/* ---- all of it together ---- */

static uint32_t
dice(uint64_t *seed, uint32_t below)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33) % below;
}

/* One that waits for an answer on the present connection, or none. */
static bool
pick(struct bench *b, uint64_t *seed, size_t *i)
{
    struct session_call *waiting[FEED_PAGES];
    size_t n = 0;

    for (size_t k = 0; k < FEED_PAGES; k++)
        if (session_call_waits(&b->f->pages[k].call) && b->f->pages[k].call.sent)
            waiting[n++] = &b->f->pages[k].call;
    if (n == 0)
        return false;
    n = dice(seed, (uint32_t)n);
    for (*i = b->n_asked; *i > 0;)
        if (b->asked[--*i].msgid == waiting[n]->msgid)
            return true;
    return false;
}

static void
disturb(struct bench *b, uint64_t *seed)
{
    switch (dice(seed, 12)) {
    case 0:
        b->past.kept_from += dice(seed, 30);
        b->past.kept_from = b->past.kept_from < b->past.head ? b->past.kept_from : b->past.head;
        break;
    case 1:
        b->past.head += dice(seed, 20);
        break;
    case 2:
        b->past.body = 1 + dice(seed, BODY_MAX_BYTES);
        break;
    case 3:
        if (dice(seed, 3) == 0 && fake_link(LINK_REQUESTS) != NULL)
            fake_event(fake_link(LINK_REQUESTS), LINK_LOST);
        break;
    case 4:
        if (dice(seed, 4) == 0 && fake_link(LINK_FEED) != NULL)
            fake_event(fake_link(LINK_FEED), LINK_LOST);
        break;
    default:
        break;
    }
    b->now += dice(seed, 300);
    bench_run(b);
}

static void
read_some(struct bench *b, uint64_t *seed)
{
    struct conclave_event e;

    for (uint32_t n = dice(seed, 40); n > 0; n--) {
        if (!feed_next(b->f, &e))
            return;
        if (e.type == CONCLAVE_EVENT_ENTRY) {
            assert_int_equal(e.entry.seq, ++b->seen);
        } else if (e.type == CONCLAVE_EVENT_GAP) {
            assert_int_equal(e.first, b->seen + 1);
            assert_true(e.last < b->past.kept_from);
            b->lost += e.last - b->seen;
            b->seen = e.last;
        } else {
            assert_int_not_equal(e.state, CONCLAVE_FEED_ENDED);
            assert_string_not_equal(e.code, "protocol");
        }
    }
}

static void
go_on(struct bench *b, uint64_t *seed)
{
    size_t i;

    if (!pick(b, seed, &i))
        bench_run(b);
    else if (dice(seed, 8) == 0)
        bench_serve_cut(b, i, 1 + dice(seed, 10));
    else
        bench_serve(b, i);
}

static void
whatever_happens_entries_come_once_and_in_order(void **state)
{
    struct bench *b = *state;

    for (uint64_t round = 1; round <= 300; round++) {
        uint64_t seed = round;

        bench_tear_down(state);
        bench_set_up(state);
        bench_start(b, 200);
        for (int k = 0; k < 60 && b->n_asked < ASKED_MAX / 2; k++) {
            disturb(b, &seed);
            read_some(b, &seed);
            go_on(b, &seed);
        }
        b->past.body = 5;
        for (int k = 0; b->seen < b->past.head; k++) {
            assert_true(k < 400);
            b->now += 100;
            go_on(b, &seed);
            read_some(b, &seed);
        }
        assert_int_equal(b->seen, b->past.head);
    }
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, bench_set_up, bench_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_page_that_cannot_be_is_refused_whole),
        TEST(after_a_lie_the_truth_is_taken),
        TEST(times_that_go_back_between_pages_are_refused),
        TEST(what_the_feed_says_is_looked_at_too),
        TEST(what_is_not_understood_ends_what_is_behind_it),
        TEST(what_the_feed_brings_waits_behind_the_pages),
        TEST(who_left_frames_unread_comes_back_for_them),
        TEST(whatever_happens_entries_come_once_and_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
