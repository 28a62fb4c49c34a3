/* Sending and reading back: acks, repeats, order, pages. */
#include "group/group.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "group_rig.h"

static const struct actor *
ann_in(struct rig *r)
{
    static struct actor ann;

    ann = actor_numbered(1);
    rig_in(r, &ann, "ann");
    return &ann;
}

/* Sends ids FIRST, FIRST+1 ... with body "body N"; the answer goes to *out. */
static enum wire_code
send_numbered(struct rig *r, const struct actor *who, unsigned first, uint32_t n,
              struct wire_reply *out)
{
    struct buf list;
    struct wire_request req;
    enum wire_code code;

    buf_init(&list, 0);
    for (unsigned i = first; i < first + n; i++) {
        char id[17], body[32];

        snprintf(id, sizeof id, "m%u", i);
        snprintf(body, sizeof body, "body %u", i);
        rig_message(&list, id, body);
    }
    req = rig_send(&list, n);
    code = rig_call(r, who, &req, out);
    buf_clear(&list);
    return code;
}

static struct wire_ack
send_one(struct rig *r, const struct actor *who, const char *id, const char *body,
         const char *after)
{
    struct wire_ack ack = {0};
    struct wire_reply reply;
    struct buf list;
    struct wire_request req;

    buf_init(&list, 0);
    rig_message(&list, id, body);
    req = rig_send(&list, 1);
    if (after) {
        req.u.send_message.has = WIRE_SEND_HAS_AFTER;
        req.u.send_message.after = rig_id(after);
    }
    assert_int_equal(rig_call(r, who, &req, &reply), CODE_OK);
    assert_true(wire_next(&reply.u.sent.acks, &ack));
    buf_clear(&list);
    return ack;
}

static void
acks_come_in_the_order_of_the_messages(void **state)
{
    struct rig *r = *state;
    const struct actor *ann = ann_in(r);
    struct wire_reply reply;
    struct wire_ack ack;
    uint64_t seq = 1;
    int64_t ts = 0;

    assert_int_equal(send_numbered(r, ann, 0, WIRE_SEND_MAX, &reply), CODE_OK);
    assert_int_equal(reply.u.sent.acks.count, WIRE_SEND_MAX);
    while (wire_next(&reply.u.sent.acks, &ack)) {
        assert_int_equal(ack.code, CODE_OK);
        assert_int_equal(ack.seq, ++seq);
        assert_true(ack.ts > ts);
        ts = ack.ts;
    }
    assert_int_equal(group_head(r->group), WIRE_SEND_MAX + 1);
}

static void
repeated_send_gets_the_same_acks(void **state)
{
    struct rig *r = *state;
    const struct actor *ann = ann_in(r);
    struct wire_reply first, again;
    struct wire_ack a, b;

    assert_int_equal(send_numbered(r, ann, 0, 5, &first), CODE_OK);
    rig_say(r, ann, "between", "x");
    for (int restarted = 0; restarted < 2; restarted++) {
        struct wire_list acks = first.u.sent.acks;

        if (restarted)
            rig_reopen(r, NULL);
        assert_int_equal(send_numbered(r, ann, 0, 5, &again), CODE_OK);
        assert_int_equal(again.u.sent.acks.count, 5);
        while (wire_next(&acks, &a)) {
            assert_true(wire_next(&again.u.sent.acks, &b));
            assert_int_equal(a.seq, b.seq);
            assert_int_equal(a.ts, b.ts);
        }
        assert_int_equal(group_head(r->group), 7);
    }
}

static void
used_id_with_another_body_is_a_conflict(void **state)
{
    struct rig *r = *state;
    const struct actor *ann = ann_in(r);
    struct actor bob = actor_numbered(2);
    struct wire_ack ack;

    rig_in(r, &bob, "bob");
    rig_say(r, ann, "id", "one");
    ack = send_one(r, ann, "id", "two", NULL);
    assert_int_equal(ack.code, CODE_ID_CONFLICT);
    assert_int_equal(ack.seq, 0);
    /* Ids of others never collide. */
    ack = send_one(r, &bob, "id", "two", NULL);
    assert_int_equal(ack.code, CODE_OK);
    assert_int_equal(ack.seq, 4);
}

static void
conflict_of_one_message_stops_no_other(void **state)
{
    struct rig *r = *state;
    const struct actor *ann = ann_in(r);
    struct wire_reply reply;
    struct wire_ack ack;

    rig_say(r, ann, "m1", "something else");
    assert_int_equal(send_numbered(r, ann, 0, 3, &reply), CODE_OK);
    for (int i = 0; i < 3; i++) {
        assert_true(wire_next(&reply.u.sent.acks, &ack));
        assert_int_equal(ack.code, i == 1 ? CODE_ID_CONFLICT : CODE_OK);
    }
    assert_int_equal(group_head(r->group), 4);
}

static void
message_waits_for_the_one_it_must_follow(void **state)
{
    struct rig *r = *state;
    const struct actor *ann = ann_in(r);
    struct actor bob = actor_numbered(2);

    rig_in(r, &bob, "bob");
    assert_int_equal(send_one(r, ann, "b", "second", "a").code, CODE_OUT_OF_ORDER);
    assert_int_equal(group_head(r->group), 2);
    /* That of another does not count. */
    rig_say(r, &bob, "a", "first");
    assert_int_equal(send_one(r, ann, "b", "second", "a").code, CODE_OUT_OF_ORDER);
    rig_say(r, ann, "a", "first");
    assert_int_equal(send_one(r, ann, "b", "second", "a").code, CODE_OK);
    /* A repeat is answered as before. */
    assert_int_equal(send_one(r, ann, "b", "second", "a").seq, 5);
}

static void
order_holds_for_what_is_on_its_way_together(void **state)
{
    struct rig *r = *state;
    const struct actor *ann = ann_in(r);
    struct wire_request req[2];
    struct wire_reply reply;
    struct buf list[2];
    struct wire_ack ack;

    for (int i = 0; i < 2; i++) {
        buf_init(&list[i], 0);
        rig_message(&list[i], i ? "b" : "a", "x");
        req[i] = rig_send(&list[i], 1);
        if (i) {
            req[i].u.send_message.has = WIRE_SEND_HAS_AFTER;
            req[i].u.send_message.after = rig_id("a");
        }
        rig_ask(r, ann, &req[i]);
    }
    rig_settle(r);
    for (int i = 0; i < 2; i++) {
        desk_answer(&r->desk, req[i].msgid, OP_SEND_MESSAGE, &reply);
        assert_true(wire_next(&reply.u.sent.acks, &ack));
        assert_int_equal(ack.seq, 2 + i);
        buf_clear(&list[i]);
    }
}

/* Not only the first one of them. */
static void
order_holds_for_each_message_of_a_request(void **state)
{
    struct rig *r = *state;
    const struct actor *ann = ann_in(r);
    struct wire_reply reply;
    struct buf list;
    struct wire_ack ack;
    struct wire_request req;

    buf_init(&list, 0);
    for (int i = 0; i < 3; i++)
        rig_message(&list, (const char *[]){"b", "c", "d"}[i], "x");
    req = rig_send(&list, 3);
    req.u.send_message.has = WIRE_SEND_HAS_AFTER;
    req.u.send_message.after = rig_id("a");
    assert_int_equal(rig_call(r, ann, &req, &reply), CODE_OK);
    for (int i = 0; i < 3; i++) {
        assert_true(wire_next(&reply.u.sent.acks, &ack));
        assert_int_equal(ack.code, CODE_OUT_OF_ORDER);
    }
    assert_int_equal(group_head(r->group), 1);
    assert_int_equal(send_one(r, ann, "a", "first", NULL).seq, 2);
    assert_int_equal(rig_call(r, ann, &req, &reply), CODE_OK);
    for (int i = 0; i < 3; i++) {
        assert_true(wire_next(&reply.u.sent.acks, &ack));
        assert_int_equal(ack.seq, 3 + i);
    }
    buf_clear(&list);
}

static void
history_by_time_begins_behind_it(void **state)
{
    struct rig *r = *state;
    const struct actor *ann = ann_in(r);
    struct wire_reply reply;
    struct wire_ack ack;
    struct entry e;
    struct wire_request req;

    assert_int_equal(send_numbered(r, ann, 0, 5, &reply), CODE_OK);
    for (int i = 0; i < 3; i++)
        assert_true(wire_next(&reply.u.sent.acks, &ack));
    req =
        (struct wire_request){.op = OP_GET_MESSAGE,
                              .u.get_message = {.has = WIRE_GET_HAS_AFTER_TS, .after_ts = ack.ts}};
    assert_int_equal(rig_call(r, ann, &req, &reply), CODE_OK);
    assert_int_equal(reply.u.page.entries.count, 2);
    assert_true(wire_next(&reply.u.page.entries, &e));
    assert_int_equal(e.seq, ack.seq + 1);
    assert_true(span_equal(e.body, span_of("body 3")));
    assert_true(id_equal(&e.author, &ann->uuid));

    req.u.get_message.after_ts = ack.ts - 1;
    assert_int_equal(rig_call(r, ann, &req, &reply), CODE_OK);
    assert_int_equal(reply.u.page.entries.count, 3);

    req.u.get_message.has |= WIRE_GET_HAS_AFTER_SEQ;
    assert_int_equal(rig_call(r, ann, &req, NULL), CODE_MALFORMED);
}

static void
history_by_seq_is_whole_over_pages(void **state)
{
    struct rig *r = *state;
    const struct actor *ann = ann_in(r);
    struct wire_request req = rig_get_after(0);
    struct wire_reply reply;
    uint64_t seen = 0;
    unsigned pages = 0;

    assert_int_equal(send_numbered(r, ann, 0, 24, &reply), CODE_OK);
    req.u.get_message.limit = 10;
    do {
        struct entry e;

        assert_int_equal(rig_call(r, ann, &req, &reply), CODE_OK);
        assert_int_equal(reply.u.page.first, 1);
        assert_int_equal(reply.u.page.head, 25);
        assert_true(reply.u.page.entries.count <= 10);
        while (wire_next(&reply.u.page.entries, &e))
            assert_int_equal(e.seq, ++seen);
        assert_int_equal(reply.u.page.next, seen);
        assert_int_equal(reply.u.page.end, seen == 25);
        req.u.get_message.after_seq = reply.u.page.next;
        pages++;
    } while (!reply.u.page.end);
    assert_int_equal(pages, 3);
    assert_int_equal(seen, 25);

    /* At the end, and beyond it, there is nothing. */
    assert_int_equal(rig_call(r, ann, &req, &reply), CODE_OK);
    assert_int_equal(reply.u.page.entries.count, 0);
    assert_int_equal(reply.u.page.next, 25);
    assert_true(reply.u.page.end);
    req.u.get_message.after_seq = WIRE_SEQ_MAX;
    assert_int_equal(rig_call(r, ann, &req, &reply), CODE_OK);
    assert_int_equal(reply.u.page.entries.count, 0);
    assert_int_equal(reply.u.page.next, 25);
}

static void
history_backwards_is_whole_over_pages(void **state)
{
    struct rig *r = *state;
    const struct actor *ann = ann_in(r);
    struct wire_request req = rig_get_before(WIRE_SEQ_MAX);
    struct wire_reply reply;
    uint64_t left = 25;
    unsigned pages = 0;

    assert_int_equal(send_numbered(r, ann, 0, 24, &reply), CODE_OK);
    req.u.get_message.limit = 10;
    do {
        struct entry e;

        assert_int_equal(rig_call(r, ann, &req, &reply), CODE_OK);
        assert_int_equal(reply.u.page.first, 1);
        assert_int_equal(reply.u.page.head, 25);
        assert_int_equal(reply.u.page.entries.count, left < 10 ? left : 10);
        left -= reply.u.page.entries.count;
        for (uint64_t seq = left + 1; wire_next(&reply.u.page.entries, &e); seq++)
            assert_int_equal(e.seq, seq);
        assert_int_equal(reply.u.page.next, left + 1);
        assert_int_equal(reply.u.page.end, left == 0);
        req.u.get_message.before_seq = reply.u.page.next;
        pages++;
    } while (!reply.u.page.end);
    assert_int_equal(pages, 3);

    /* In front of the first one there is nothing. */
    assert_int_equal(rig_call(r, ann, &req, &reply), CODE_OK);
    assert_int_equal(reply.u.page.entries.count, 0);
    assert_int_equal(reply.u.page.next, 1);
    assert_true(reply.u.page.end);
}

/* What is new belongs to the page in front of a number that the log had not reached. */
static void
the_last_entries_are_the_newest_when_asked_for_again(void **state)
{
    struct rig *r = *state;
    const struct actor *ann = ann_in(r);
    struct wire_request req = rig_get_before(WIRE_SEQ_MAX);
    struct wire_reply reply;
    struct entry e;

    req.u.get_message.limit = 1;
    for (uint8_t i = 0; i < 3; i++) {
        assert_int_equal(send_numbered(r, ann, i, 1, &reply), CODE_OK);
        req.u.get_message.before_seq = i < 2 ? WIRE_SEQ_MAX : 5;
        assert_int_equal(rig_call(r, ann, &req, &reply), CODE_OK);
        assert_true(wire_next(&reply.u.page.entries, &e));
        assert_int_equal(e.seq, i + 2);
    }
    /* In front of 5 there may be no more. */
    assert_int_equal(send_numbered(r, ann, 3, 1, &reply), CODE_OK);
    assert_int_equal(rig_call(r, ann, &req, &reply), CODE_OK);
    assert_true(wire_next(&reply.u.page.entries, &e));
    assert_int_equal(e.seq, 4);
}

/* A message of the largest size. */
static void
say_much(struct rig *r, const struct actor *who, uint8_t number)
{
    static const uint8_t body[BODY_MAX_BYTES];
    struct wire_message m = {.id = {{number}}, .body = {.p = body, .len = sizeof body}};
    struct buf list;
    struct wire_request req;

    buf_init(&list, 0);
    wire_pack(&list, &m);
    req = rig_send(&list, 1);
    assert_int_equal(rig_call(r, who, &req, NULL), CODE_OK);
    buf_clear(&list);
}

static uint32_t
expect_page(struct rig *r, const struct actor *who, uint64_t after, uint64_t bytes, uint64_t head)
{
    struct wire_request get = rig_get_after(after);
    struct wire_reply reply;
    struct entry e;
    uint32_t count;

    get.u.get_message.bytes = bytes;
    assert_int_equal(rig_call(r, who, &get, &reply), CODE_OK);
    count = reply.u.page.entries.count;
    while (wire_next(&reply.u.page.entries, &e))
        assert_int_equal(e.seq, ++after);
    assert_int_equal(reply.u.page.next, after);
    if (after >= head)
        assert_int_equal(reply.u.page.head, head);
    assert_int_equal(reply.u.page.end, after >= head);
    return count;
}

/* The page behind the one that is asked for is read ahead: whatever is asked for then, in whatever
 * order, must be what is stored. */
static void
pages_read_ahead_are_what_is_asked_for(void **state)
{
    struct rig *r = *state;
    const struct actor *ann = ann_in(r);

    for (uint8_t i = 0; i < 9; i++)
        say_much(r, ann, i);
    for (uint64_t after = 0; after < 10; after += 2) {
        expect_page(r, ann, after, 40000, 10); /* 2 fit, but the joined entry is small: 3 */
        expect_page(r, ann, after, 40000, 10);
    }
    assert_int_equal(expect_page(r, ann, 3, 40000, 10), 2);
    assert_int_equal(expect_page(r, ann, 5, 60000, 10), 3);
    assert_int_equal(expect_page(r, ann, 3, 60000, 10), 3);
    assert_int_equal(expect_page(r, ann, 6, 40000, 10), 2);
    expect_page(r, ann, 4, 40000, 10);
    expect_page(r, ann, 6, 40000, 10);
    /* What was read ahead was the end of the log, which has grown since. */
    say_much(r, ann, 9);
    expect_page(r, ann, 8, 40000, 11);
    expect_page(r, ann, 10, 40000, 11);
    expect_page(r, ann, 11, 40000, 11);
}

/* Pages are filled from their end; the one in front is read ahead here. */
static void
pages_backwards_are_bounded_by_bytes(void **state)
{
    struct rig *r = *state;
    const struct actor *ann = ann_in(r);
    struct wire_request get = rig_get_before(11);
    struct wire_reply reply;
    struct entry e;

    for (uint8_t i = 0; i < 9; i++)
        say_much(r, ann, i);
    get.u.get_message.bytes = 40000;
    for (uint64_t left = 10; left > 0; get.u.get_message.before_seq = left + 1) {
        uint64_t rows = left < 4 ? left : 2; /* the joined entry is small */

        assert_int_equal(rig_call(r, ann, &get, &reply), CODE_OK);
        assert_int_equal(rig_call(r, ann, &get, &reply), CODE_OK);
        assert_int_equal(reply.u.page.entries.count, rows);
        left -= rows;
        for (uint64_t seq = left + 1; wire_next(&reply.u.page.entries, &e); seq++) {
            assert_int_equal(e.seq, seq);
            assert_int_equal(e.body.len, seq == 1 ? 3 : BODY_MAX_BYTES);
        }
        assert_int_equal(reply.u.page.next, left + 1);
        assert_int_equal(reply.u.page.end, left == 0);
    }
    get.u.get_message.before_seq = 6;
    get.u.get_message.bytes = 1;
    assert_int_equal(rig_call(r, ann, &get, &reply), CODE_OK);
    assert_int_equal(reply.u.page.entries.count, 1);
    assert_true(wire_next(&reply.u.page.entries, &e));
    assert_int_equal(e.seq, 5);
    /* The same number forwards is another page. */
    expect_page(r, ann, 6, 40000, 10);
    get.u.get_message.bytes = 40000;
    get.u.get_message.before_seq = 7;
    assert_int_equal(rig_call(r, ann, &get, &reply), CODE_OK);
    assert_int_equal(reply.u.page.next, 5);
}

static void
page_is_bounded_by_bytes_but_never_empty(void **state)
{
    static const size_t bounds[] = {0, 1, 40000, WIRE_PAGE_BYTES_MAX};
    static const unsigned most[] = {3, 1, 2, 15};
    struct rig *r = *state;
    const struct actor *ann = ann_in(r);
    struct wire_request get = rig_get_after(1);
    struct wire_reply reply;

    for (uint8_t i = 0; i < 20; i++)
        say_much(r, ann, i);
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        get.u.get_message.bytes = bounds[i];
        assert_int_equal(rig_call(r, ann, &get, &reply), CODE_OK);
        assert_int_equal(reply.u.page.entries.count, most[i]);
        assert_int_equal(reply.u.page.next, 1 + most[i]);
        assert_false(reply.u.page.end);
    }
}

static void
frame_that_is_no_request_is_dropped(void **state)
{
    static const char *const frames[] = {"", "\xc1", "\x01\x01", "hello", "\x94\x00"};
    struct rig *r = *state;
    const struct actor *ann = ann_in(r);
    size_t answered = r->desk.n_answers;

    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
        struct packet packet;

        desk_packet_raw(&packet, ann, 1, span_of(frames[i]));
        group_request(r->group, &packet);
    }
    rig_settle(r);
    assert_int_equal(r->desk.n_answers, answered);
}

static void
wrong_request_is_answered_with_the_field(void **state)
{
    size_t before;
    char text[WIRE_ERROR_TEXT_MAX + 1];

    /* [0, 9, "get_message", {"limit": "x"}] */
    static const char limit[] = "\x94\x00\x09\xab"
                                "get_message\x81\xa5limit\xa1x";
    struct rig *r = *state;
    const struct actor *ann = ann_in(r);
    struct packet packet;
    struct wire_reply reply;

    desk_packet_raw(&packet, ann, 9,
                    (struct span){.p = (const uint8_t *)limit, .len = sizeof limit - 1});
    before = r->desk.n_answers;
    group_request(r->group, &packet);
    assert_int_equal(r->desk.n_answers, before + 1);
    assert_int_equal(wire_decode_reply(&reply, OP_GET_MESSAGE,
                                       buf_span(&r->desk.answers[before].bytes)),
                     ST_OK);
    assert_int_equal(reply.code, CODE_MALFORMED);
    snprintf(text, sizeof text, "%.*s", (int)reply.text.len, (const char *)reply.text.p);
    assert_non_null(strstr(text, "limit"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(acks_come_in_the_order_of_the_messages),
        TEST(repeated_send_gets_the_same_acks),
        TEST(used_id_with_another_body_is_a_conflict),
        TEST(conflict_of_one_message_stops_no_other),
        TEST(message_waits_for_the_one_it_must_follow),
        TEST(order_holds_for_what_is_on_its_way_together),
        TEST(order_holds_for_each_message_of_a_request),
        TEST(history_by_time_begins_behind_it),
        TEST(history_by_seq_is_whole_over_pages),
        TEST(history_backwards_is_whole_over_pages),
        TEST(the_last_entries_are_the_newest_when_asked_for_again),
        TEST(pages_backwards_are_bounded_by_bytes),
        TEST(pages_read_ahead_are_what_is_asked_for),
        TEST(page_is_bounded_by_bytes_but_never_empty),
        TEST(frame_that_is_no_request_is_dropped),
        TEST(wrong_request_is_answered_with_the_field),
    };

    log_setup(LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
