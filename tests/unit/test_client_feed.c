/* Following a group: welcome, fetching, jumps, outages, ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "client/feed.h"
#include "fake_link.h"

#define T0 1000000

struct bench {
    struct session s;
    struct nicks nicks;
    struct feed *f;
    int64_t now;
};

static const struct id the_log = {{1}};
static const struct id other_log = {{2}};

static int64_t later; /* than usual are the entries, which are others then */

static int
set_up(void **state)
{
    static struct bench b;
    uint8_t key[KEY_LEN] = {1};

    memset(&b, 0, sizeof b);
    later = 0;
    b.now = T0;
    session_init(&b.s, NULL, NULL, "the group");
    session_point(&b.s, key, "tcp://h:1");
    nicks_init(&b.nicks, &b.s);
    *state = &b;
    return 0;
}

static int
tear_down(void **state)
{
    struct bench *b = *state;

    feed_free(b->f);
    nicks_clear(&b->nicks);
    session_clear(&b->s);
    fake_reset();
    return 0;
}

static void
start(struct bench *b, enum feed_start how, uint64_t seq)
{
    struct feed_options o = {
        .group = "lobby",
        .session = &b->s,
        .nicks = &b->nicks,
        .start = how,
        .after_ts = 5,
        .after = {.seq = seq},
        .deadline_ms = T0 + 5000,
    };

    b->f = feed_new(&o);
    assert_non_null(b->f);
}

static void
run(struct bench *b)
{
    for (int i = 0; i < 3; i++) {
        session_step(&b->s, b->now);
        feed_step(b->f, b->now);
        session_flush(&b->s, b->now);
        if (b->s.state == SESSION_CONNECTING)
            fake_event(fake_link(LINK_REQUESTS), LINK_READY);
    }
}

/* ---- what the group does ---- */

static struct wire_request
request(enum wire_op op)
{
    struct wire_request r;

    assert_true(fake_sent(fake_link(LINK_REQUESTS), &r));
    assert_int_equal(r.op, op);
    return r;
}

static void
no_request(void)
{
    struct wire_request r;

    assert_false(fake_sent(fake_link(LINK_REQUESTS), &r));
}

/* Gives what was asked with. */
static struct wire_subscribe
give_place(struct bench *b, const struct wire_subscribed *place)
{
    struct wire_request r = request(OP_SUBSCRIBE);
    struct wire_reply reply = {.msgid = r.msgid, .u.subscribed = *place};
    struct buf out;

    buf_init(&out, 0);
    reply.u.subscribed.feed = span_of("tcp://h:2");
    wire_pack_reply(&out, OP_SUBSCRIBE, &reply);
    fake_arrive(fake_link(LINK_REQUESTS), &out);
    run(b);
    return r.u.subscribe;
}

static void
give_ticket(struct bench *b, const struct id *log, uint64_t head)
{
    give_place(b, &(struct wire_subscribed){.log = *log, .head = head});
}

static void
refuse(struct bench *b, uint32_t msgid, enum wire_code code)
{
    struct buf out;

    buf_init(&out, 0);
    wire_pack_error(&out, msgid, code, NULL);
    fake_arrive(fake_link(LINK_REQUESTS), &out);
    run(b);
}

static struct wire_list
pack_entries(struct buf *b, uint64_t first, uint64_t last)
{
    struct wire_list l = {.count = (uint32_t)(last + 1 - first)};

    buf_init(b, 0);
    for (uint64_t seq = first; seq <= last; seq++) {
        struct entry e = {.seq = seq, .ts = (int64_t)seq + later, .kind = ENTRY_MESSAGE};
        e.body = span_of("hello");
        wire_pack(b, &e);
    }
    l.raw = buf_span(b);
    return l;
}

static void
say(const struct wire_feed *f)
{
    struct buf out;

    buf_init(&out, 0);
    wire_pack_feed(&out, f);
    fake_arrive(fake_link(LINK_FEED), &out);
}

static void
say_head(enum wire_event event, uint64_t head)
{
    say(&(struct wire_feed){.event = event, .log = the_log, .head = head});
}

static void
say_entries(uint64_t first, uint64_t last)
{
    struct buf packed;

    say(&(struct wire_feed){.event = EVENT_ENTRIES, .entries = pack_entries(&packed, first, last)});
    buf_clear(&packed);
}

/* Answer a get_message; last < first: no entries. */
static void
give_page(struct bench *b, uint64_t kept_from, uint64_t first, uint64_t last, uint64_t head)
{
    struct wire_request r = request(OP_GET_MESSAGE);
    struct wire_reply reply = {.msgid = r.msgid};
    struct wire_page *page = &reply.u.page;
    struct buf packed;
    struct buf out;

    buf_init(&out, 0);
    page->log = the_log;
    page->first = kept_from;
    page->head = head;
    page->next = last;
    page->entries = pack_entries(&packed, first, last);
    page->end = last == head;
    wire_pack_reply(&out, OP_GET_MESSAGE, &reply);
    fake_arrive(fake_link(LINK_REQUESTS), &out);
    buf_clear(&packed);
    run(b);
}

/* ---- what the reader gets ---- */

static void
expect_entries(struct bench *b, uint64_t first, uint64_t last)
{
    struct conclave_event e;

    for (uint64_t seq = first; seq <= last; seq++) {
        assert_true(feed_next(b->f, &e));
        assert_int_equal(e.type, CONCLAVE_EVENT_ENTRY);
        assert_int_equal(e.entry.seq, seq);
        assert_int_equal(b->f->tail.seq, seq);
    }
}

static void
expect_state(struct bench *b, enum conclave_feed_state st, const char *code)
{
    struct conclave_event e;

    assert_true(feed_next(b->f, &e));
    assert_int_equal(e.type, CONCLAVE_EVENT_STATE);
    assert_int_equal(e.state, st);
    assert_string_equal(e.code, code);
}

static void
expect_nothing(struct bench *b)
{
    struct conclave_event e;

    assert_false(feed_next(b->f, &e));
}

/* Live at `head`, with nothing to fetch. */
static void
go_live(struct bench *b, uint64_t head)
{
    start(b, FEED_FROM_NOW, 0);
    run(b);
    give_ticket(b, &the_log, head);
    fake_event(fake_link(LINK_FEED), LINK_READY);
    say_head(EVENT_WELCOME, head);
    run(b);
    assert_true(feed_is_up(b->f));
    expect_state(b, CONCLAVE_FEED_LIVE, "");
}

/* ---- tests ---- */

static void
from_now_begins_after_the_head(void **state)
{
    struct bench *b = *state;

    go_live(b, 41);
    no_request();
    say_entries(42, 44);
    expect_entries(b, 42, 44);
    expect_nothing(b);
}

static void
what_came_between_ticket_and_welcome_is_fetched(void **state)
{
    struct bench *b = *state;
    struct wire_request r;

    start(b, FEED_FROM_NOW, 0);
    run(b);
    give_ticket(b, &the_log, 10);
    say_head(EVENT_WELCOME, 12);
    run(b);
    expect_state(b, CONCLAVE_FEED_CATCHING_UP, "");
    say_entries(12, 14); /* the feed is not read before that is done */
    run(b);
    assert_int_equal(fake_unread(fake_link(LINK_FEED)), 1);
    give_page(b, 1, 11, 13, 13);
    expect_entries(b, 11, 13);
    expect_state(b, CONCLAVE_FEED_LIVE, "");
    expect_entries(b, 14, 14);
    assert_false(fake_sent(fake_link(LINK_REQUESTS), &r));
}

static void
pages_are_fetched_until_the_head(void **state)
{
    struct bench *b = *state;

    start(b, FEED_AFTER_CURSOR, 0);
    run(b);
    give_ticket(b, &the_log, 9);
    say_head(EVENT_WELCOME, 9);
    run(b);
    expect_state(b, CONCLAVE_FEED_CATCHING_UP, "");
    give_page(b, 1, 1, 4, 9);
    expect_entries(b, 1, 2);
    run(b);
    give_page(b, 1, 5, 8, 9); /* asked for while the first was being read */
    expect_entries(b, 3, 8);
    run(b);
    give_page(b, 1, 9, 9, 9);
    expect_entries(b, 9, 9);
    expect_state(b, CONCLAVE_FEED_LIVE, "");
}

static void
a_jump_is_filled_from_history(void **state)
{
    struct bench *b = *state;

    go_live(b, 1);
    say_entries(2, 3);
    say_entries(7, 9);
    expect_entries(b, 2, 3);
    expect_state(b, CONCLAVE_FEED_CATCHING_UP, "");
    run(b);
    give_page(b, 1, 4, 8, 8);
    expect_entries(b, 4, 8);
    expect_state(b, CONCLAVE_FEED_LIVE, "");
    expect_entries(b, 9, 9); /* of the frame that was kept, without those of the page */
    expect_nothing(b);
}

static void
a_head_reveals_a_lost_tail(void **state)
{
    struct bench *b = *state;

    go_live(b, 1);
    say_head(EVENT_HEAD, 1);
    expect_nothing(b);
    no_request();
    say_head(EVENT_HEAD, 3);
    expect_state(b, CONCLAVE_FEED_CATCHING_UP, "");
    run(b);
    give_page(b, 1, 2, 3, 3);
    expect_entries(b, 2, 3);
}

static void
repeated_entries_are_skipped(void **state)
{
    struct bench *b = *state;

    go_live(b, 5);
    say_entries(3, 6);
    say_entries(6, 7);
    expect_entries(b, 6, 7);
    expect_nothing(b);
}

static void
entries_no_longer_kept_are_a_gap(void **state)
{
    struct bench *b = *state;
    struct conclave_event e;

    start(b, FEED_AFTER_CURSOR, 3);
    run(b);
    give_ticket(b, &the_log, 9);
    say_head(EVENT_WELCOME, 9);
    run(b);
    expect_state(b, CONCLAVE_FEED_CATCHING_UP, "");
    give_page(b, 8, 8, 9, 9);
    assert_true(feed_next(b->f, &e));
    assert_int_equal(e.type, CONCLAVE_EVENT_GAP);
    assert_int_equal(e.first, 4);
    assert_int_equal(e.last, 7);
    expect_entries(b, 8, 9);
}

static void
after_a_time_the_first_page_says_where(void **state)
{
    struct bench *b = *state;
    struct conclave_event e;

    start(b, FEED_AFTER_TIME, 0);
    run(b);
    give_ticket(b, &the_log, 9);
    say_head(EVENT_WELCOME, 9);
    run(b);
    assert_false(feed_is_up(b->f));
    give_page(b, 1, 6, 9, 9);
    assert_true(feed_is_up(b->f));
    expect_state(b, CONCLAVE_FEED_CATCHING_UP, "");
    expect_entries(b, 6, 9);
    assert_true(feed_next(b->f, &e));
    assert_int_equal(e.state, CONCLAVE_FEED_LIVE);
}

static void
a_silent_feed_is_begun_again_without_a_loss(void **state)
{
    struct bench *b = *state;

    go_live(b, 1);
    say_entries(2, 2);
    expect_entries(b, 2, 2);
    run(b);
    b->now += 2999;
    run(b);
    expect_nothing(b);
    b->now += 3000;
    run(b);
    expect_state(b, CONCLAVE_FEED_RECONNECTING, "timeout");
    assert_null(fake_link(LINK_FEED));
    b->now += 100;
    run(b);
    give_ticket(b, &the_log, 4);
    say_head(EVENT_WELCOME, 4);
    run(b);
    expect_state(b, CONCLAVE_FEED_CATCHING_UP, "");
    give_page(b, 1, 2, 4, 4); /* the one that it has is compared */
    expect_entries(b, 3, 4);
    expect_state(b, CONCLAVE_FEED_LIVE, "");
}

static void
a_lost_link_keeps_what_was_received(void **state)
{
    struct bench *b = *state;

    go_live(b, 1);
    say_entries(2, 4);
    expect_entries(b, 2, 2);
    fake_event(fake_link(LINK_FEED), LINK_LOST);
    run(b);
    expect_state(b, CONCLAVE_FEED_RECONNECTING, "unreachable");
    expect_entries(b, 3, 4);
    expect_nothing(b);
}

static void
an_unread_feed_is_not_taken_for_silent(void **state)
{
    struct bench *b = *state;

    go_live(b, 1);
    say_entries(2, 4);
    expect_entries(b, 2, 2);
    b->now += 60000;
    run(b);
    expect_entries(b, 3, 4);
    run(b);
    expect_nothing(b);
    run(b);
    assert_int_equal(b->f->phase, FEED_LIVE);
}

static void
another_log_ends_the_feed(void **state)
{
    struct bench *b = *state;

    go_live(b, 5);
    fake_event(fake_link(LINK_FEED), LINK_LOST);
    run(b);
    b->now += 100;
    run(b);
    give_ticket(b, &other_log, 9);
    expect_state(b, CONCLAVE_FEED_ENDED, "log_changed");
    b->now += 60000;
    run(b);
    expect_nothing(b);
}

/* ---- a log that was put back ---- */

/* Live with 1 to 3, and then the connection was lost. */
static void
lose_after_three(struct bench *b)
{
    go_live(b, 1);
    say_entries(2, 3);
    expect_entries(b, 2, 3);
    fake_event(fake_link(LINK_FEED), LINK_LOST);
    run(b);
    expect_state(b, CONCLAVE_FEED_RECONNECTING, "unreachable");
    b->now += 100;
    run(b);
}

static void
expect_end(struct bench *b, const char *code, const char *text)
{
    expect_state(b, CONCLAVE_FEED_ENDED, code);
    assert_non_null(strstr(b->f->why.text, text));
    b->now += 60000;
    run(b);
    expect_nothing(b);
    assert_int_equal(b->f->tail.seq, 3);
}

static void
another_entry_at_the_head_is_told(void **state)
{
    struct bench *b = *state;

    lose_after_three(b);
    give_place(b, &(struct wire_subscribed){.log = the_log, .head = 3, .ts = 4});
    expect_end(b, "went_backwards", "its #3 is another entry");
}

static void
another_entry_below_the_head_is_told(void **state)
{
    struct bench *b = *state;

    lose_after_three(b);
    give_place(b, &(struct wire_subscribed){.log = the_log, .head = 9, .ts = 900});
    fake_event(fake_link(LINK_FEED), LINK_READY);
    say_head(EVENT_WELCOME, 9);
    run(b);
    expect_state(b, CONCLAVE_FEED_CATCHING_UP, "");
    later = 500;
    give_page(b, 1, 3, 9, 9);
    expect_end(b, "went_backwards", "its #3 is another entry");
}

static void
the_same_entry_is_not_given_again(void **state)
{
    struct bench *b = *state;

    lose_after_three(b);
    give_place(b, &(struct wire_subscribed){.log = the_log, .head = 9, .ts = 9});
    fake_event(fake_link(LINK_FEED), LINK_READY);
    say_head(EVENT_WELCOME, 9);
    run(b);
    expect_state(b, CONCLAVE_FEED_CATCHING_UP, "");
    give_page(b, 1, 3, 9, 9);
    expect_entries(b, 4, 9);
    expect_state(b, CONCLAVE_FEED_LIVE, "");
}

/* Nothing tells what it was. */
static void
an_entry_that_is_kept_no_more_is_not_compared(void **state)
{
    struct bench *b = *state;
    struct conclave_event e;

    lose_after_three(b);
    give_place(b, &(struct wire_subscribed){.log = the_log, .head = 9, .ts = 900});
    fake_event(fake_link(LINK_FEED), LINK_READY);
    say_head(EVENT_WELCOME, 9);
    run(b);
    expect_state(b, CONCLAVE_FEED_CATCHING_UP, "");
    later = 500;
    give_page(b, 6, 6, 9, 9);
    assert_true(feed_next(b->f, &e));
    assert_int_equal(e.type, CONCLAVE_EVENT_GAP);
    assert_int_equal(e.first, 4);
    assert_int_equal(e.last, 5);
    expect_entries(b, 6, 9);
}

static void
who_has_what_a_restored_log_has_goes_on(void **state)
{
    struct bench *b = *state;
    struct wire_subscribe asked;

    lose_after_three(b);
    asked = give_place(b, &(struct wire_subscribed){.log = other_log,
                                                    .head = 3,
                                                    .ts = 3,
                                                    .has = WIRE_HAS_SHARED,
                                                    .shared = 3});
    assert_int_equal(asked.has, WIRE_SUBSCRIBE_HAS_LOG);
    assert_true(id_equal(&asked.log, &the_log));
    fake_event(fake_link(LINK_FEED), LINK_READY);
    say(&(struct wire_feed){.event = EVENT_WELCOME, .log = other_log, .head = 3});
    run(b);
    expect_state(b, CONCLAVE_FEED_LIVE, "");
    say_entries(4, 4);
    expect_entries(b, 4, 4);
    assert_true(id_equal(&b->f->tail.log, &other_log));
}

static void
who_has_more_than_a_restored_log_is_told(void **state)
{
    struct bench *b = *state;

    lose_after_three(b);
    give_place(b, &(struct wire_subscribed){.log = other_log,
                                            .head = 9,
                                            .ts = 9,
                                            .has = WIRE_HAS_SHARED,
                                            .shared = 2});
    expect_end(b, "went_backwards", "a backup that ends with #2, and #3 was already read");
}

/* A page of the log from before may wait to be handed out, and be above what both share. */
static void
a_page_of_a_restored_log_begins_the_feed_again(void **state)
{
    struct bench *b = *state;
    struct wire_request r;
    struct wire_reply reply;
    struct buf packed;
    struct buf out;

    lose_after_three(b);
    give_place(b, &(struct wire_subscribed){.log = the_log, .head = 9, .ts = 9});
    fake_event(fake_link(LINK_FEED), LINK_READY);
    say_head(EVENT_WELCOME, 9);
    run(b);
    expect_state(b, CONCLAVE_FEED_CATCHING_UP, "");
    r = request(OP_GET_MESSAGE);
    assert_true((r.u.get_message.has & WIRE_GET_HAS_LOG) != 0);
    assert_true(id_equal(&r.u.get_message.log, &the_log));
    reply = (struct wire_reply){.msgid = r.msgid,
                                .u.page = {.has = WIRE_HAS_SHARED,
                                           .log = other_log,
                                           .shared = 5,
                                           .first = 1,
                                           .head = 5,
                                           .next = 5,
                                           .entries = pack_entries(&packed, 3, 5),
                                           .end = true}};
    buf_init(&out, 0);
    wire_pack_reply(&out, OP_GET_MESSAGE, &reply);
    fake_arrive(fake_link(LINK_REQUESTS), &out);
    buf_clear(&packed);
    run(b);
    expect_state(b, CONCLAVE_FEED_RECONNECTING, "local");
    expect_nothing(b);
    assert_int_equal(b->f->tail.seq, 3);
}

static void
a_head_before_the_cursor_ends_the_feed(void **state)
{
    struct bench *b = *state;

    start(b, FEED_AFTER_CURSOR, 6);
    run(b);
    give_ticket(b, &the_log, 5);
    assert_false(feed_is_up(b->f));
    assert_int_equal(b->f->phase, FEED_ENDED);
    assert_int_equal(b->f->end_st, ST_DENIED);
    assert_string_equal(b->f->why.code, "went_backwards");
}

static void
being_out_ends_the_feed_after_the_last_entry(void **state)
{
    struct bench *b = *state;

    go_live(b, 1);
    say_entries(2, 2);
    say(&(struct wire_feed){.event = EVENT_END,
                            .code = span_of("left"),
                            .text = span_of("you left")});
    expect_entries(b, 2, 2);
    expect_state(b, CONCLAVE_FEED_ENDED, "left");
    assert_string_equal(b->f->why.text, "you left");
    assert_null(fake_link(LINK_FEED));
}

static void
each_end_that_lasts_has_its_code(void **state)
{
    static const char *const codes[] = {"left", "kicked", "banned", "offence", "of_later_times"};
    struct bench *b = *state;

    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        go_live(b, 1);
        say(&(struct wire_feed){.event = EVENT_END,
                                .code = span_of(codes[i]),
                                .text = span_of("out")});
        expect_state(b, CONCLAVE_FEED_ENDED, codes[i]);
        assert_int_equal(b->f->end_st, ST_DENIED);
        tear_down(state);
        set_up(state);
        b = *state;
    }
}

/* The group comes back, here or elsewhere, and so does the feed. */
static void
a_group_that_stops_is_followed_again(void **state)
{
    static const char *const codes[] = {"stopped", "replaced"};
    struct bench *b = *state;

    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        go_live(b, 1);
        say_entries(2, 2);
        say(&(struct wire_feed){.event = EVENT_END,
                                .code = span_of(codes[i]),
                                .text = span_of("it stops")});
        expect_entries(b, 2, 2);
        expect_state(b, CONCLAVE_FEED_RECONNECTING, codes[i]);
        assert_int_equal(b->f->phase, FEED_WAITING);
        tear_down(state);
        set_up(state);
        b = *state;
    }
}

static void
expect_failure(struct bench *b, enum link_event e, const char *code)
{
    fake_event(fake_link(LINK_REQUESTS), e);
    session_step(&b->s, b->now);
    feed_step(b->f, b->now);
    expect_state(b, CONCLAVE_FEED_RECONNECTING, code);
    expect_nothing(b);
}

static void
await_attempt(struct bench *b)
{
    if (b->now < b->s.dial.due_ms)
        b->now = b->s.dial.due_ms;
    session_step(&b->s, b->now);
    feed_step(b->f, b->now);
    expect_nothing(b);
    assert_int_equal(b->s.state, SESSION_CONNECTING);
}

/* Of each attempt to come back the reason is told, when it is another one than before. */
static void
why_it_does_not_come_back_is_told(void **state)
{
    struct bench *b = *state;

    go_live(b, 1);
    say(&(struct wire_feed){.event = EVENT_END, .code = span_of("stopped")});
    fake_event(fake_link(LINK_REQUESTS), LINK_LOST);
    run(b);
    expect_state(b, CONCLAVE_FEED_RECONNECTING, "stopped");
    b->now += 1000;
    feed_step(b->f, b->now);
    expect_nothing(b); /* not before it was tried */
    await_attempt(b);
    expect_failure(b, LINK_NO_ANSWER, "unreachable");
    await_attempt(b);
    expect_failure(b, LINK_DENIED, "own_key");
    await_attempt(b);
    fake_event(fake_link(LINK_REQUESTS), LINK_DENIED);
    run(b);
    expect_nothing(b);
    assert_non_null(strstr(b->f->why.text, "does not accept your key"));
    await_attempt(b);
    expect_failure(b, LINK_NO_ANSWER, "unreachable");
}

static void
why_it_ended_counts_when_the_connection_ends_with_it(void **state)
{
    struct bench *b = *state;

    go_live(b, 1);
    say_entries(2, 2);
    say(&(struct wire_feed){.event = EVENT_END,
                            .code = span_of("stopped"),
                            .text = span_of("it stops")});
    fake_event(fake_link(LINK_FEED), LINK_LOST);
    run(b);
    expect_state(b, CONCLAVE_FEED_RECONNECTING, "stopped");
    assert_int_equal(b->f->phase, FEED_WAITING);
}

static void
a_stranger_is_refused(void **state)
{
    struct bench *b = *state;
    struct wire_request r;

    start(b, FEED_FROM_NOW, 0);
    run(b);
    r = request(OP_SUBSCRIBE);
    refuse(b, r.msgid, CODE_NOT_MEMBER);
    assert_int_equal(b->f->phase, FEED_ENDED);
    assert_int_equal(b->f->end_st, ST_DENIED);
    assert_string_equal(b->f->why.code, "not_member");
}

static void
a_busy_group_is_asked_again(void **state)
{
    struct bench *b = *state;
    struct wire_request r;

    start(b, FEED_FROM_NOW, 0);
    run(b);
    r = request(OP_SUBSCRIBE);
    refuse(b, r.msgid, CODE_BUSY);
    assert_int_equal(b->f->phase, FEED_WAITING);
    b->now += 100;
    run(b);
    request(OP_SUBSCRIBE);
    b->now = T0 + 5000;
    run(b);
    assert_int_equal(b->f->phase, FEED_ENDED);
}

static void
a_history_that_never_comes_does_not_loop(void **state)
{
    struct bench *b = *state;

    go_live(b, 1);
    say_entries(4, 4);
    expect_state(b, CONCLAVE_FEED_CATCHING_UP, "");
    run(b);
    give_page(b, 1, 2, 1, 1);
    expect_state(b, CONCLAVE_FEED_LIVE, "");
    expect_state(b, CONCLAVE_FEED_RECONNECTING, "protocol");
    expect_nothing(b);
}

/* A group whose members read only what was said while they were in: each page is from one stay. */
static void
what_is_not_ours_to_read_is_a_gap_between_pages(void **state)
{
    struct bench *b = *state;
    struct conclave_event e;

    start(b, FEED_AFTER_CURSOR, 0);
    run(b);
    give_ticket(b, &the_log, 9);
    say_head(EVENT_WELCOME, 9);
    run(b);
    expect_state(b, CONCLAVE_FEED_CATCHING_UP, "");
    give_page(b, 1, 1, 3, 9);
    expect_entries(b, 1, 1);
    run(b);
    give_page(b, 7, 7, 9, 9);
    expect_entries(b, 2, 3);
    assert_true(feed_next(b->f, &e));
    assert_int_equal(e.type, CONCLAVE_EVENT_GAP);
    assert_int_equal(e.first, 4);
    assert_int_equal(e.last, 6);
    expect_entries(b, 7, 9);
    expect_state(b, CONCLAVE_FEED_LIVE, "");
}

static void
say_presence(struct bench *b, uint64_t presence)
{
    say(&(struct wire_feed){.event = EVENT_HEAD, .log = the_log, .head = 1, .presence = presence});
    run(b);
}

static void
expect_presence(struct bench *b)
{
    struct conclave_event e;

    assert_true(feed_next(b->f, &e));
    assert_int_equal(e.type, CONCLAVE_EVENT_PRESENCE);
    assert_string_equal(e.group, "lobby");
}

static void
who_comes_and_goes_is_told_every_two_seconds_at_most(void **state)
{
    struct bench *b = *state;

    go_live(b, 1);
    say_presence(b, 0);
    expect_nothing(b);
    say_presence(b, 1);
    expect_presence(b);
    expect_nothing(b);
    b->now += 500;
    say_presence(b, 2);
    say_presence(b, 3);
    expect_nothing(b);
    assert_int_equal(feed_due(b->f), T0 + 2000);
    b->now = T0 + 2000;
    say_presence(b, 3);
    expect_presence(b);
    expect_nothing(b);
    b->now += 2500;
    say_presence(b, 3);
    expect_nothing(b);
}

/* Someone is kicked: the entry names whom, with the nick of then. */
static void
an_entry_about_somebody_names_them(void **state)
{
    struct bench *b = *state;
    struct entry_subject ann = {.uuid = {{7}}, .role = ROLE_MODERATOR, .nick = span_of("ann")};
    struct entry e = {.seq = 2, .ts = 2, .kind = ENTRY_ROLE, .author = {{8}}};
    struct wire_feed f = {.event = EVENT_ENTRIES, .entries.count = 1};
    struct conclave_event out;
    uint8_t body[ENTRY_SUBJECT_MAX];
    struct buf packed;

    go_live(b, 1);
    buf_init(&packed, 0);
    e.body = entry_pack_subject(body, ENTRY_ROLE, &ann);
    wire_pack(&packed, &e);
    f.entries.raw = buf_span(&packed);
    say(&f);
    run(b);
    assert_true(feed_next(b->f, &out));
    assert_int_equal(out.entry.kind, CONCLAVE_ROLE);
    assert_int_equal(out.entry.subject.bytes[0], 7);
    assert_string_equal(out.entry.subject_nick, "ann");
    assert_int_equal(out.entry.role, CONCLAVE_MODERATOR);
    buf_clear(&packed);
    say_entries(3, 3);
    assert_true(feed_next(b->f, &out));
    assert_string_equal(out.entry.subject_nick, "");
    assert_int_equal(out.entry.subject.bytes[0], 0);
}

static void
one_that_asks_too_fast_waits(void **state)
{
    struct bench *b = *state;

    start(b, FEED_FROM_NOW, 0);
    run(b);
    refuse(b, request(OP_SUBSCRIBE).msgid, CODE_TOO_FAST);
    no_request();
    b->now = feed_due(b->f);
    run(b);
    give_ticket(b, &the_log, 1);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(from_now_begins_after_the_head),
        TEST(what_came_between_ticket_and_welcome_is_fetched),
        TEST(pages_are_fetched_until_the_head),
        TEST(a_jump_is_filled_from_history),
        TEST(a_head_reveals_a_lost_tail),
        TEST(repeated_entries_are_skipped),
        TEST(entries_no_longer_kept_are_a_gap),
        TEST(after_a_time_the_first_page_says_where),
        TEST(a_silent_feed_is_begun_again_without_a_loss),
        TEST(a_lost_link_keeps_what_was_received),
        TEST(an_unread_feed_is_not_taken_for_silent),
        TEST(another_log_ends_the_feed),
        TEST(another_entry_at_the_head_is_told),
        TEST(another_entry_below_the_head_is_told),
        TEST(the_same_entry_is_not_given_again),
        TEST(an_entry_that_is_kept_no_more_is_not_compared),
        TEST(who_has_what_a_restored_log_has_goes_on),
        TEST(who_has_more_than_a_restored_log_is_told),
        TEST(a_page_of_a_restored_log_begins_the_feed_again),
        TEST(a_head_before_the_cursor_ends_the_feed),
        TEST(being_out_ends_the_feed_after_the_last_entry),
        TEST(each_end_that_lasts_has_its_code),
        TEST(a_group_that_stops_is_followed_again),
        TEST(why_it_does_not_come_back_is_told),
        TEST(why_it_ended_counts_when_the_connection_ends_with_it),
        TEST(a_stranger_is_refused),
        TEST(a_busy_group_is_asked_again),
        TEST(a_history_that_never_comes_does_not_loop),
        TEST(what_is_not_ours_to_read_is_a_gap_between_pages),
        TEST(who_comes_and_goes_is_told_every_two_seconds_at_most),
        TEST(an_entry_about_somebody_names_them),
        TEST(one_that_asks_too_fast_waits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
