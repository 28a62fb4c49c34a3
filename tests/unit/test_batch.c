#include "group/batch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "memory_store.h"
#include "store/engine.h"

#define NOW INT64_C(1700000000000000000)

struct fixture {
    struct store *store;
    struct store_state state;
    struct batch batch;
    struct call *calls[8];
    size_t n_calls;
};

static int
setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    assert_int_equal(memory_store_open(&f->store), ST_OK);
    assert_int_equal(store_state(f->store, &f->state), ST_OK);
    batch_init(&f->batch, f->store, &f->state.log);
    f->batch.now_ns = NOW;
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; i < f->n_calls; i++)
        call_free(f->calls[i]);
    batch_clear(&f->batch);
    store_close(f->store);
    free(f);
    return 0;
}

static struct call *
call_of(struct fixture *f, enum wire_op op)
{
    struct call *call = calloc(1, sizeof *call);

    assert_non_null(call);
    frame_init(&call->packet.body);
    call->req.op = op;
    call->req.msgid = (uint32_t)f->n_calls + 1;
    f->calls[f->n_calls++] = call;
    return call;
}

static struct store_change *
add(struct fixture *f, enum wire_op op, enum store_what what, size_t n, uint8_t first_id)
{
    struct store_change *c = batch_add(&f->batch, call_of(f, op), n);

    assert_non_null(c);
    for (size_t i = 0; i < n; i++) {
        c[i].what = what;
        c[i].author.bytes[0] = 1;
        c[i].id.bytes[0] = (uint8_t)(first_id + i);
        if (what == STORE_JOIN)
            c[i].nick = span_of("ann");
    }
    return c;
}

static void
decode_answer(struct fixture *f, size_t i, enum wire_op op, struct wire_reply *out)
{
    assert_true(f->batch.calls[i].answered);
    assert_int_equal(wire_decode_reply(out, op, frame_span(&f->batch.calls[i].reply)), ST_OK);
    assert_int_equal(out->msgid, f->calls[i]->req.msgid);
}

static uint32_t
entries_in(struct fixture *f, size_t step)
{
    struct wire_feed feed;

    assert_int_equal(wire_decode_feed(&feed, frame_span(&f->batch.steps[step].payload)), ST_OK);
    assert_int_equal(feed.event, EVENT_ENTRIES);
    return feed.entries.count;
}

static void
answers_and_feed_follow_the_changes(void **state)
{
    struct fixture *f = *state;
    struct wire_reply reply;
    struct wire_ack ack;

    add(f, OP_JOIN_GROUP, STORE_JOIN, 1, 1);
    add(f, OP_SEND_MESSAGE, STORE_SEND, 3, 2);
    batch_commit(&f->batch);
    assert_int_equal(f->batch.result, ST_OK);
    assert_int_equal(f->batch.head, 4);

    decode_answer(f, 0, OP_JOIN_GROUP, &reply);
    assert_int_equal(reply.u.joined.seq, 1);
    assert_false(reply.u.joined.already);
    assert_true(id_equal(&reply.u.joined.log, &f->state.log));
    decode_answer(f, 1, OP_SEND_MESSAGE, &reply);
    assert_int_equal(reply.u.sent.acks.count, 3);
    for (uint64_t seq = 2; wire_next(&reply.u.sent.acks, &ack); seq++) {
        assert_int_equal(ack.code, CODE_OK);
        assert_int_equal(ack.seq, seq);
    }
    assert_int_equal(f->batch.n_steps, 1);
    assert_false(f->batch.steps[0].ends);
    assert_int_equal(entries_in(f, 0), 4);
}

static void
frame_ends_where_a_membership_ends(void **state)
{
    struct fixture *f = *state;
    struct store_change *c;
    struct id who;

    add(f, OP_JOIN_GROUP, STORE_JOIN, 1, 1);
    add(f, OP_SEND_MESSAGE, STORE_SEND, 1, 2);
    c = add(f, OP_LEAVE_GROUP, STORE_LEAVE, 1, 3);
    who = c->author;
    add(f, OP_SEND_MESSAGE, STORE_SEND, 2, 4)[0].author.bytes[0] = 2;
    batch_commit(&f->batch);
    assert_int_equal(f->batch.n_steps, 2);
    assert_int_equal(entries_in(f, 0), 3);
    assert_true(f->batch.steps[0].ends);
    assert_true(id_equal(&f->batch.steps[0].ended, &who));
    assert_int_equal(f->batch.steps[0].ended_ts, NOW + 2);
    assert_false(f->batch.steps[1].ends);
    assert_int_equal(entries_in(f, 1), 2);
}

static void
large_batch_is_cut_into_frames(void **state)
{
    static const uint8_t body[BODY_MAX_BYTES];
    struct fixture *f = *state;
    uint32_t entries = 0;

    struct store_change *c = add(f, OP_SEND_MESSAGE, STORE_SEND, 20, 1);
    for (size_t i = 0; i < 20; i++)
        c[i].body = (struct span){.p = body, .len = sizeof body};
    batch_commit(&f->batch);
    assert_true(f->batch.n_steps >= 20 / 4);
    for (size_t i = 0; i < f->batch.n_steps; i++) {
        assert_true(frame_span(&f->batch.steps[i].payload).len < WIRE_FEED_BYTES + 1024);
        entries += entries_in(f, i);
    }
    assert_int_equal(entries, 20);
}

static void
what_was_there_before_is_answered_but_not_published(void **state)
{
    struct fixture *f = *state;
    struct wire_reply reply;
    struct wire_ack ack;

    add(f, OP_SEND_MESSAGE, STORE_SEND, 1, 7);
    batch_commit(&f->batch);
    batch_reset(&f->batch);
    call_free(f->calls[--f->n_calls]);

    add(f, OP_SEND_MESSAGE, STORE_SEND, 1, 7);
    batch_commit(&f->batch);
    assert_int_equal(f->batch.result, ST_OK);
    assert_int_equal(f->batch.n_steps, 0);
    assert_int_equal(f->batch.head, 0);
    decode_answer(f, 0, OP_SEND_MESSAGE, &reply);
    assert_true(wire_next(&reply.u.sent.acks, &ack));
    assert_int_equal(ack.seq, 1);
    assert_int_equal(ack.ts, NOW);
}

static void
refused_change_is_an_error_and_stops_no_other(void **state)
{
    struct fixture *f = *state;
    struct wire_reply reply;

    add(f, OP_LEAVE_GROUP, STORE_LEAVE, 1, 1);
    add(f, OP_SEND_MESSAGE, STORE_SEND, 1, 2);
    batch_commit(&f->batch);
    decode_answer(f, 0, OP_LEAVE_GROUP, &reply);
    assert_int_equal(reply.code, CODE_NOT_MEMBER);
    decode_answer(f, 1, OP_SEND_MESSAGE, &reply);
    assert_int_equal(reply.code, CODE_OK);
    assert_int_equal(entries_in(f, 0), 1);
}

static void
change_that_nobody_asked_for_is_published(void **state)
{
    struct fixture *f = *state;
    struct store_change *c = add(f, OP_JOIN_GROUP, STORE_JOIN, 1, 1);
    struct id subject = c->author;

    c = batch_add(&f->batch, NULL, 1);
    c->what = STORE_REMOVE;
    c->author.bytes[0] = 0x60;
    c->subject = subject;
    c->id.bytes[0] = 2;
    batch_commit(&f->batch);
    assert_false(f->batch.calls[1].answered);
    assert_int_equal(f->batch.n_steps, 1);
    assert_int_equal(entries_in(f, 0), 2);
    assert_true(f->batch.steps[0].ends);
    assert_true(id_equal(&f->batch.steps[0].ended, &subject));
}

/* ---- every kind of change ---- */

/* A page of history, as it goes to a reader. */
struct page {
    struct buf raw;
    bool kinds[ENTRY_NICK + 1];
    size_t n;
};

static enum status
note(void *ctx, const struct entry *e)
{
    struct page *page = ctx;

    assert_in_range(e->kind, 1, ENTRY_NICK);
    page->kinds[e->kind] = true;
    page->n++;
    wire_pack(&page->raw, e);
    return ST_OK;
}

static void
add_alone(struct fixture *f, enum store_what what, uint8_t id)
{
    struct store_change *c = batch_add(&f->batch, NULL, 1);

    assert_non_null(c);
    c->what = what;
    c->author.bytes[0] = what == STORE_JOIN || what == STORE_NICK || what == STORE_LEAVE ? 1 : 2;
    c->id.bytes[0] = id;
    if (what == STORE_SEND || what == STORE_TOPIC) {
        c->body = span_of("the topic");
    } else if (what == STORE_JOIN || what == STORE_NICK) {
        c->nick = span_of(what == STORE_NICK ? "anna" : "ann");
    } else if (what != STORE_LEAVE) {
        c->subject.bytes[0] = 1;
        c->role = ROLE_MODERATOR;
    }
}

static void
read_all(struct fixture *f, struct page *out)
{
    struct store_query all = {.max_rows = 64};
    struct store_reader *reader;
    struct store_state now;

    *out = (struct page){.n = 0};
    buf_init(&out->raw, 0);
    assert_int_equal(store_reader_open(&reader, f->store, NULL), ST_OK);
    assert_int_equal(store_read(reader, &all, &now, note, out, NULL), ST_OK);
    store_reader_close(reader);
}

/* The bytes of all entries in the feed are those of the page of history. */
static void
assert_feed_is_history(struct fixture *f, const struct page *page)
{
    struct buf live;
    size_t n = 0;

    buf_init(&live, 0);
    for (size_t k = 0; k < f->batch.n_steps; k++) {
        struct wire_feed feed;

        assert_int_equal(wire_decode_feed(&feed, frame_span(&f->batch.steps[k].payload)), ST_OK);
        n += feed.entries.count;
        buf_append(&live, feed.entries.raw.p, feed.entries.raw.len);
        assert_int_equal(f->batch.steps[k].last, n);
    }
    assert_int_equal(n, page->n);
    assert_int_equal(live.len, page->raw.len);
    assert_memory_equal(live.p, page->raw.p, live.len);
    buf_clear(&live);
}

static void
feed_says_what_is_stored(void **state)
{
    static const enum store_what whats[] = {STORE_JOIN,   STORE_ROLE,  STORE_NICK,  STORE_SEND,
                                            STORE_REMOVE, STORE_BAN,   STORE_UNBAN, STORE_TOPIC,
                                            STORE_JOIN,   STORE_LEAVE, STORE_BAN};
    struct fixture *f = *state;
    struct page page;

    for (uint8_t k = 0; k < sizeof whats / sizeof *whats; k++)
        add_alone(f, whats[k], (uint8_t)(k + 1));
    batch_commit(&f->batch);
    assert_int_equal(f->batch.result, ST_OK);
    read_all(f, &page);
    assert_int_equal(page.n, sizeof whats / sizeof *whats);
    for (int kind = 1; kind <= ENTRY_NICK; kind++)
        assert_true(page.kinds[kind]);
    assert_feed_is_history(f, &page);
    assert_int_equal(f->batch.n_steps, 4); /* behind a kick, a leave and two bans */
    buf_clear(&page.raw);
}

/* ---- no room ---- */

static int refusals; /* commits that find no room from here on */
static const struct store_engine *good;

static enum status
commit_or_not(struct store *s, struct fault *why)
{
    return refusals-- > 0 ? fault_set(why, ST_FULL, "full") : good->commit(s, why);
}

static bool
try_again(struct store *s)
{
    (void)s;
    return true;
}

static void
what_found_no_room_is_not_published(void **state)
{
    struct fixture *f = *state;
    struct store_engine full = *f->store->engine;
    struct page page;

    good = f->store->engine;
    full.commit = commit_or_not;
    full.make_room = try_again;
    f->store->engine = &full;
    refusals = 3; /* all of it, and the first two attempts with what is urgent */
    add_alone(f, STORE_JOIN, 1);
    add_alone(f, STORE_SEND, 2);
    add_alone(f, STORE_BAN, 3);
    batch_commit(&f->batch);
    f->store->engine = good;
    assert_int_equal(f->batch.result, ST_OK);
    assert_int_equal(refusals, -1);
    assert_int_equal(f->batch.crowded_out, 2);
    assert_int_equal(f->batch.head, 1);
    read_all(f, &page);
    assert_int_equal(page.n, 1);
    assert_feed_is_history(f, &page);
    buf_clear(&page.raw);
}

static void
nothing_is_published_of_what_failed(void **state)
{
    struct fixture *f = *state;
    struct store_engine full = *f->store->engine;

    good = f->store->engine;
    full.commit = commit_or_not;
    f->store->engine = &full;
    refusals = 1;
    add_alone(f, STORE_JOIN, 1);
    batch_commit(&f->batch);
    f->store->engine = good;
    assert_int_equal(f->batch.result, ST_FULL);
    assert_int_equal(f->batch.n_steps, 0);
    assert_int_equal(f->batch.head, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(feed_says_what_is_stored, setup, teardown),
        cmocka_unit_test_setup_teardown(what_found_no_room_is_not_published, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_is_published_of_what_failed, setup, teardown),
        cmocka_unit_test_setup_teardown(answers_and_feed_follow_the_changes, setup, teardown),
        cmocka_unit_test_setup_teardown(frame_ends_where_a_membership_ends, setup, teardown),
        cmocka_unit_test_setup_teardown(large_batch_is_cut_into_frames, setup, teardown),
        cmocka_unit_test_setup_teardown(what_was_there_before_is_answered_but_not_published, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(refused_change_is_an_error_and_stops_no_other, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(change_that_nobody_asked_for_is_published, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
