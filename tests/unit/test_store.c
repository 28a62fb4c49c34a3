/* The log and its members: the same over both back ends. */
#include "store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* ---- order and time ---- */

static void
an_empty_log_reads_as_empty(void **state)
{
    struct fixture *f = *state;
    struct page p = page_after(f, 0);
    struct store_state s = state_of(f);

    assert_int_equal(p.n, 0);
    assert_int_equal(p.state.head, 0);
    assert_int_equal(p.state.first, 1);
    assert_int_equal(p.state.last_ts, 0);
    assert_false(id_is_zero(&s.log));
    assert_true(id_equal(&s.log, &p.state.log));
    assert_int_equal(page_after_ts(f, 0).n, 0);
    assert_int_equal(page_after_ts(f, INT64_MIN).n, 0);
    assert_int_equal(page_after(f, UINT64_MAX).n, 0);
    assert_int_equal(members_of(f).n, 0);
    assert_int_equal(store_commit(f->store, NULL, 0, AT(NOW), &f->why), ST_OK);
}

static void
entries_are_numbered_without_holes_and_keep_every_field(void **state)
{
    struct fixture *f = *state;
    struct store_change c[3] = {send_of(1, 1, "one"), send_of(2, 2, ""), send_of(1, 3, "three")};
    struct page p;

    c[2].ext = span_of("extra");
    commit(f, c, 3, NOW);
    p = page_after(f, 0);
    assert_int_equal(p.n, 3);
    for (unsigned i = 0; i < 3; i++) {
        assert_true(c[i].fresh);
        assert_int_equal(c[i].seq, i + 1);
        assert_int_equal(p.v[i].e.seq, i + 1);
        assert_int_equal(p.v[i].e.ts, NOW + i);
        assert_int_equal(p.v[i].e.ts, c[i].ts);
        assert_int_equal(p.v[i].e.kind, ENTRY_MESSAGE);
        assert_true(id_equal(&p.v[i].e.author, &c[i].author));
        assert_true(id_equal(&p.v[i].e.id, &c[i].id));
        assert_int_equal(p.v[i].e.body.len, c[i].body.len);
        assert_int_equal(p.v[i].e.ext.len, c[i].ext.len);
    }
    assert_string_equal(p.v[0].body, "one");
    assert_string_equal(p.v[2].ext, "extra");
    assert_int_equal(state_of(f).head, 3);
    assert_int_equal(state_of(f).last_ts, NOW + 2);
}

static void
time_grows_whatever_the_clock_does(void **state)
{
    static const int64_t hour = INT64_C(3600000000000);
    const int64_t clocks[] = {NOW, NOW - hour, 0, -hour, NOW + 87660 * hour, NOW, INT64_MIN};
    struct fixture *f = *state;
    int64_t last = 0;

    for (unsigned i = 0; i < sizeof clocks / sizeof clocks[0]; i++) {
        struct store_change c = do_one(f, send_of(1, i + 1, "x"), clocks[i]);

        assert_true(c.ts > last);
        assert_int_equal(c.ts, clocks[i] > last ? clocks[i] : last + 1);
        last = c.ts;
    }
    /* No dedupe by time either. */
    assert_false(do_one(f, send_of(1, 1, "x"), 0).fresh);
}

/* A store_taker of whole entries. */
struct taken {
    struct page page;
    unsigned begun;
};

static void
begin_taking(void *ctx)
{
    struct taken *t = ctx;

    t->begun++;
    t->page.n = 0;
}

static void
take(void *ctx, const struct store_change *c, const struct entry *e)
{
    struct taken *t = ctx;

    assert_true(c->fresh && c->seq == e->seq && c->ts == e->ts);
    assert_int_equal(collect(&t->page, e), ST_OK);
}

static void
entries_are_handed_out_as_they_are_read(void **state)
{
    struct fixture *f = *state;
    struct store_change c[] = {
        join_of(2, 1, "bea"),   send_of(2, 2, "hello"), send_of(2, 2, "hello"),
        send_of(2, 2, "other"), leave_of(3, 3),         invite_of(1, 1, 2, 0),
        nick_of(2, 4, "b"),     topic_of(1, 5, "tea"),  role_of(1, 6, 2, ROLE_OWNER),
        ban_of(1, 7, 2),        unban_of(1, 8, 2),      join_by(2, 9, "bea b", 1),
        remove_of(1, 10, 2),    join_of(2, 11, "bea"),  leave_of(2, 12),
    };
    struct taken t = {.begun = 0};
    struct store_taker taker = {.begin = begin_taking, .entry = take, .ctx = &t};
    struct store_commit_options o = {.now_ns = NOW, .taker = &taker};
    struct page p;

    assert_int_equal(store_commit(f->store, c, sizeof c / sizeof c[0], &o, &f->why), ST_OK);
    assert_int_equal(t.begun, 1);
    p = page_after(f, 0);
    assert_int_equal(p.n, 11);
    assert_int_equal(t.page.n, p.n);
    for (size_t i = 0; i < p.n; i++) {
        const struct seen *handed = &t.page.v[i], *read = &p.v[i];

        assert_int_equal(handed->e.seq, read->e.seq);
        assert_int_equal(handed->e.ts, read->e.ts);
        assert_int_equal(handed->e.kind, read->e.kind);
        assert_true(id_equal(&handed->e.author, &read->e.author));
        assert_true(id_equal(&handed->e.id, &read->e.id));
        assert_int_equal(handed->e.body.len, read->e.body.len);
        assert_memory_equal(handed->start, read->start, read->e.body.len);
        assert_int_equal(handed->e.ext.len, read->e.ext.len);
    }
}

static void
a_first_entry_before_1970_gets_a_positive_time(void **state)
{
    assert_int_equal(do_one(*state, send_of(1, 1, "x"), -5).ts, 1);
}

static void
a_batch_that_fails_leaves_nothing_behind(void **state)
{
    struct fixture *f = *state;
    /* The second of them finds time at its end, which fails the batch. */
    struct store_change c[2] = {leave_of(1, 2), join_of(2, 1, "bea")};
    struct member_list l;

    do_one(f, join_of(1, 1, "anna"), INT64_MAX - 1);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(store_commit(f->store, c, 2, AT(NOW), &f->why), ST_FULL);
        l = members_of(f);
        assert_int_equal(l.n, 1);
        assert_int_equal(l.v[0].left_seq, 0);
        assert_int_equal(page_after(f, 0).n, 1);
        assert_int_equal(state_of(f).head, 1);
    }
    c[0] = do_one(f, leave_of(1, 2), NOW);
    assert_true(c[0].fresh);
    assert_int_equal(c[0].seq, 2);
    assert_int_equal(members_of(f).v[0].left_seq, 2);
    assert_int_equal(page_after_ts(f, INT64_MAX - 1).n, 1);
    assert_int_equal(page_after_ts(f, INT64_MAX).n, 0);
}

/* ---- once ---- */

static void
a_repeated_send_gets_the_first_answer(void **state)
{
    struct fixture *f = *state;
    struct store_change first = do_one(f, send_of(1, 7, "hello"), NOW);
    struct store_change again;

    do_one(f, send_of(1, 8, "more"), NOW + 5);
    again = do_one(f, send_of(1, 7, "hello"), NOW + 9);
    assert_int_equal(again.result, ST_OK);
    assert_false(again.fresh);
    assert_int_equal(again.seq, first.seq);
    assert_int_equal(again.ts, first.ts);
    assert_int_equal(page_after(f, 0).n, 2);
}

static void
another_body_or_ext_under_a_used_id_is_a_conflict(void **state)
{
    struct fixture *f = *state;
    struct store_change c = send_of(1, 7, "hello");

    do_one(f, send_of(1, 7, "hello"), NOW);
    assert_int_equal(do_one(f, send_of(1, 7, "hellO"), NOW).result, ST_CONFLICT);
    assert_int_equal(do_one(f, send_of(1, 7, ""), NOW).result, ST_CONFLICT);
    c.ext = span_of("e");
    assert_int_equal(do_one(f, c, NOW).result, ST_CONFLICT);
    assert_int_equal(do_one(f, join_of(1, 7, "hello"), NOW).result, ST_CONFLICT);
    assert_int_equal(members_of(f).n, 0);
    assert_int_equal(state_of(f).head, 1);
}

static void
the_same_id_of_another_author_is_independent(void **state)
{
    struct fixture *f = *state;

    do_one(f, send_of(1, 7, "hello"), NOW);
    assert_true(do_one(f, send_of(2, 7, "other"), NOW).fresh);
    assert_int_equal(page_after(f, 0).n, 2);
}

static void
a_batch_may_hold_its_own_duplicates(void **state)
{
    struct fixture *f = *state;
    struct store_change c[5] = {send_of(1, 1, "a"), send_of(1, 1, "a"), send_of(1, 1, "b"),
                                send_of(2, 1, "b"), send_of(1, 2, "c")};

    commit(f, c, 5, NOW);
    assert_true(c[0].fresh);
    assert_false(c[1].fresh);
    assert_int_equal(c[1].result, ST_OK);
    assert_int_equal(c[1].seq, 1);
    assert_int_equal(c[2].result, ST_CONFLICT);
    assert_int_equal(c[3].seq, 2);
    assert_int_equal(c[4].seq, 3);
    assert_int_equal(state_of(f).head, 3);
}

static void
a_batch_of_duplicates_changes_nothing(void **state)
{
    struct fixture *f = *state;
    struct store_change c[2] = {send_of(1, 1, "a"), send_of(1, 2, "b")};

    commit(f, c, 2, NOW);
    commit(f, c, 2, NOW + 100);
    assert_false(c[0].fresh || c[1].fresh);
    assert_int_equal(state_of(f).last_ts, NOW + 1);
}

/* ---- after ---- */

static void
after_wants_an_earlier_message_of_the_same_author(void **state)
{
    struct fixture *f = *state;
    struct id one = id_n(1);
    struct id joined = id_n(50);
    struct id missing = id_n(99);
    struct store_change c = send_of(1, 2, "two");

    c.after = &one;
    assert_int_equal(do_one(f, c, NOW).result, ST_ORDER);
    do_one(f, send_of(2, 1, "another's"), NOW);
    assert_int_equal(do_one(f, c, NOW).result, ST_ORDER);
    do_one(f, join_of(1, 50, "anna"), NOW);
    c.after = &joined;
    assert_int_equal(do_one(f, c, NOW).result, ST_ORDER);
    do_one(f, send_of(1, 1, "one"), NOW);
    c.after = &one;
    assert_true(do_one(f, c, NOW).fresh);
    /* Stored is stored, whatever the repetition says it should come after. */
    c.after = &missing;
    c = do_one(f, c, NOW);
    assert_int_equal(c.result, ST_OK);
    assert_false(c.fresh);
}

static void
after_sees_the_messages_of_its_own_batch(void **state)
{
    struct fixture *f = *state;
    struct id ids[3] = {id_n(1), id_n(2), id_n(3)};
    struct store_change c[4] = {send_of(1, 1, "a"), send_of(1, 2, "b"), send_of(1, 3, "c"),
                                send_of(1, 4, "d")};

    do_one(f, send_of(1, 2, "other"), NOW);
    c[1].after = &ids[0]; /* but is a conflict itself */
    c[2].after = &ids[0];
    c[3].after = &ids[2];
    commit(f, c, 4, NOW);
    assert_int_equal(c[1].result, ST_CONFLICT);
    assert_true(c[2].fresh);
    assert_true(c[3].fresh);
    assert_int_equal(state_of(f).head, 4);
}

/* ---- members ---- */

static void
joining_twice_answers_with_the_first_entry(void **state)
{
    struct fixture *f = *state;
    struct store_change first = do_one(f, join_of(1, 1, "anna"), NOW);
    struct store_change again = do_one(f, join_of(1, 2, "anna2"), NOW);
    struct page p = page_after(f, 0);
    struct member_list l = members_of(f);

    assert_true(first.fresh);
    assert_false(again.fresh);
    assert_int_equal(again.result, ST_OK);
    assert_int_equal(again.seq, first.seq);
    assert_int_equal(again.ts, first.ts);
    assert_int_equal(p.n, 1);
    assert_int_equal(p.v[0].e.kind, ENTRY_JOINED);
    assert_string_equal(p.v[0].body, "anna");
    assert_int_equal(l.n, 1);
    assert_string_equal(l.nicks[0], "anna");
    assert_memory_equal(l.v[0].key, first.key, 32);
    assert_int_equal(l.v[0].left_seq, 0);
}

static void
stays_follow_one_another(void **state)
{
    struct fixture *f = *state;
    struct entry_subject kicked;
    struct member_list l;
    struct page p;

    assert_int_equal(do_one(f, leave_of(1, 1), NOW).result, ST_NOT_FOUND);
    assert_int_equal(do_one(f, remove_of(9, 1, 1), NOW).result, ST_NOT_FOUND);
    do_one(f, join_of(1, 1, "anna"), NOW);
    do_one(f, leave_of(1, 2), NOW);
    assert_int_equal(do_one(f, leave_of(1, 3), NOW).result, ST_NOT_FOUND);
    l = members_of(f);
    assert_int_equal(l.v[0].left_seq, 2);
    assert_int_equal(l.v[0].left_ts, NOW + 1);
    do_one(f, join_of(1, 4, "anna b"), NOW);
    l = members_of(f);
    assert_int_equal(l.n, 1);
    assert_int_equal(l.v[0].joined_seq, 3);
    assert_int_equal(l.v[0].left_seq, 0);
    assert_string_equal(l.nicks[0], "anna b");
    assert_true(do_one(f, remove_of(9, 5, 1), NOW).fresh);
    assert_int_equal(do_one(f, remove_of(9, 6, 1), NOW).result, ST_NOT_FOUND);
    l = members_of(f);
    assert_int_equal(l.n, 1); /* 9 is known, but never joined */
    assert_int_equal(l.v[0].left_seq, 4);
    p = page_after(f, 0);
    assert_int_equal(p.n, 4);
    assert_int_equal(p.v[1].e.kind, ENTRY_LEFT);
    assert_int_equal(p.v[3].e.kind, ENTRY_KICKED);
    assert_true(id_equal(&p.v[3].e.author, &(struct id){{1, [15] = 9}}));
    kicked = subject_of(&p.v[3]);
    assert_true(id_equal(&kicked.uuid, &l.v[0].uuid));
    assert_true(span_equal(kicked.nick, span_of("anna b")));
}

static void
a_late_repetition_does_not_undo_what_came_after(void **state)
{
    struct fixture *f = *state;
    struct store_change c;

    do_one(f, join_of(1, 1, "anna"), NOW);
    do_one(f, leave_of(1, 2), NOW);
    c = do_one(f, join_of(1, 1, "anna"), NOW);
    assert_int_equal(c.seq, 1);
    assert_false(c.fresh);
    assert_int_equal(members_of(f).v[0].left_seq, 2); /* still out */
    c = do_one(f, leave_of(1, 2), NOW);
    assert_int_equal(c.result, ST_OK);
    assert_int_equal(c.seq, 2);
    do_one(f, join_of(1, 3, "anna"), NOW);
    c = do_one(f, leave_of(1, 2), NOW);
    assert_false(c.fresh);
    assert_int_equal(members_of(f).v[0].left_seq, 0); /* still in */
    do_one(f, remove_of(8, 1, 1), NOW);
    c = do_one(f, remove_of(8, 1, 1), NOW);
    assert_int_equal(c.result, ST_OK);
    assert_int_equal(c.seq, 4);
    assert_int_equal(do_one(f, remove_of(8, 1, 2), NOW).result, ST_CONFLICT);
}

static void
members_come_in_order_of_uuid_and_stop_when_told(void **state)
{
    struct fixture *f = *state;
    const unsigned who[] = {5, 1, 9, 3};
    struct member_list l;

    for (unsigned i = 0; i < 4; i++)
        do_one(f, join_of(who[i], 1, "n"), NOW);
    do_one(f, send_of(4, 1, "only an author"), NOW);
    l = members_of(f);
    assert_int_equal(l.n, 4);
    for (size_t i = 1; i < l.n; i++)
        assert_true(memcmp(l.v[i - 1].uuid.bytes, l.v[i].uuid.bytes, ID_LEN) < 0);
}

static void
a_batch_gives_each_change_its_own_result(void **state)
{
    struct fixture *f = *state;
    struct id missing = id_n(77);
    struct store_change c[8] = {
        join_of(1, 1, "anna"), send_of(1, 2, "hi"), leave_of(2, 1),        send_of(1, 3, "never"),
        leave_of(1, 4),        leave_of(1, 5),      join_of(1, 6, "anna"), send_of(3, 1, "new"),
    };

    c[3].after = &missing;
    commit(f, c, 8, NOW);
    assert_int_equal(c[2].result, ST_NOT_FOUND);
    assert_int_equal(c[3].result, ST_ORDER);
    assert_int_equal(c[5].result, ST_NOT_FOUND);
    assert_int_equal(c[4].seq, 3);
    assert_int_equal(c[6].seq, 4);
    assert_int_equal(c[7].seq, 5);
    assert_int_equal(page_after(f, 0).n, 5);
    assert_int_equal(members_of(f).v[0].joined_seq, 4);
}

static void
what_is_over_its_bound_is_refused_alone(void **state)
{
    static char big[BODY_MAX_BYTES + 1];
    struct fixture *f = *state;
    struct store_change c[5] = {send_of(1, 1, "x"), send_of(1, 2, "x"), send_of(1, 3, "x"),
                                join_of(2, 1, "bad \xff"), join_of(3, 1, "x")};

    c[0].body = (struct span){(const uint8_t *)big, BODY_MAX_BYTES + 1};
    c[1].ext = (struct span){(const uint8_t *)big, EXT_MAX_BYTES + 1};
    c[2].body = (struct span){(const uint8_t *)big, BODY_MAX_BYTES};
    c[2].ext = (struct span){(const uint8_t *)big, EXT_MAX_BYTES};
    c[4].nick = (struct span){(const uint8_t *)big, NAME_MAX_BYTES + 1};
    commit(f, c, 5, NOW);
    assert_int_equal(c[0].result, ST_INVALID);
    assert_int_equal(c[1].result, ST_INVALID);
    assert_int_equal(c[2].result, ST_OK);
    assert_int_equal(c[3].result, ST_INVALID);
    assert_int_equal(c[4].result, ST_INVALID);
    assert_int_equal(page_after(f, 0).v[0].e.body.len, BODY_MAX_BYTES);
    assert_int_equal(members_of(f).n, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(an_empty_log_reads_as_empty),
        ON_BOTH(entries_are_numbered_without_holes_and_keep_every_field),
        ON_BOTH(time_grows_whatever_the_clock_does),
        ON_BOTH(entries_are_handed_out_as_they_are_read),
        ON_BOTH(a_first_entry_before_1970_gets_a_positive_time),
        ON_BOTH(a_batch_that_fails_leaves_nothing_behind),
        ON_BOTH(a_repeated_send_gets_the_first_answer),
        ON_BOTH(another_body_or_ext_under_a_used_id_is_a_conflict),
        ON_BOTH(the_same_id_of_another_author_is_independent),
        ON_BOTH(a_batch_may_hold_its_own_duplicates),
        ON_BOTH(a_batch_of_duplicates_changes_nothing),
        ON_BOTH(after_wants_an_earlier_message_of_the_same_author),
        ON_BOTH(after_sees_the_messages_of_its_own_batch),
        ON_BOTH(joining_twice_answers_with_the_first_entry),
        ON_BOTH(stays_follow_one_another),
        ON_BOTH(a_late_repetition_does_not_undo_what_came_after),
        ON_BOTH(members_come_in_order_of_uuid_and_stop_when_told),
        ON_BOTH(a_batch_gives_each_change_its_own_result),
        ON_BOTH(what_is_over_its_bound_is_refused_alone),
    };

    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
