/* A feed that connects before it has its ticket: it subscribes to nothing until then, and what
 * becomes of a wrong guess is nobody's business. And where feeds are remembered to be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "client/feed.h"
#include "fake_link.h"

#define T0     1000000
#define GROUP  "tcp://h:1"
#define FEED   "tcp://h:2"
#define ELSE   "tcp://h:3"
#define TICKET 7 /* its bytes */

struct bench {
    struct session s;
    struct nicks nicks;
    struct feed_hints *places;
    struct feed *f;
    int64_t now;
};

static const uint8_t key[KEY_LEN] = {1};
static const uint8_t other_key[KEY_LEN] = {1, 1};
static const struct id the_log = {{1}};

static int
set_up(void **state)
{
    static struct bench b;

    memset(&b, 0, sizeof b);
    b.now = T0;
    session_init(&b.s, NULL, NULL, "the group");
    session_point(&b.s, key, GROUP);
    nicks_init(&b.nicks, &b.s);
    b.places = feed_hints_new();
    assert_non_null(b.places);
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
    feed_hints_free(b->places);
    fake_reset();
    return 0;
}

static void
run(struct bench *b)
{
    for (int i = 0; i < 3; i++) {
        session_step(&b->s, b->now);
        feed_step(b->f, b->now);
        session_flush(&b->s, b->now);
    }
}

/* Asked for a ticket, and not answered yet. */
static void
start(struct bench *b)
{
    struct feed_options o = {
        .group = "lobby",
        .session = &b->s,
        .nicks = &b->nicks,
        .places = b->places,
        .start = FEED_FROM_NOW,
        .deadline_ms = T0 + 5000,
    };

    b->f = feed_new(&o);
    assert_non_null(b->f);
    run(b);
    fake_event(fake_link(LINK_REQUESTS), LINK_READY);
    run(b);
}

static void
answer(struct bench *b, enum wire_code code, const char *feed)
{
    struct wire_reply reply = {0};
    struct wire_request r;
    struct buf out;

    assert_true(fake_sent(fake_link(LINK_REQUESTS), &r));
    assert_int_equal(r.op, OP_SUBSCRIBE);
    buf_init(&out, 0);
    reply.msgid = r.msgid;
    memset(reply.u.subscribed.ticket, TICKET, TICKET_LEN);
    reply.u.subscribed.feed = span_of(feed);
    reply.u.subscribed.log = the_log;
    if (code == CODE_OK)
        wire_pack_reply(&out, OP_SUBSCRIBE, &reply);
    else
        wire_pack_error(&out, r.msgid, code, NULL);
    fake_arrive(fake_link(LINK_REQUESTS), &out);
    run(b);
}

static void
expect_ticket(const struct sock *s)
{
    uint8_t ticket[TICKET_LEN];

    memset(ticket, TICKET, sizeof ticket);
    assert_non_null(fake_ticket(s));
    assert_memory_equal(fake_ticket(s), ticket, sizeof ticket);
}

static void
go_live(struct bench *b)
{
    struct buf out;

    expect_ticket(fake_link(LINK_FEED));
    buf_init(&out, 0);
    wire_pack_feed(&out, &(struct wire_feed){.event = EVENT_WELCOME, .log = the_log});
    fake_event(fake_link(LINK_FEED), LINK_READY);
    fake_arrive(fake_link(LINK_FEED), &out);
    run(b);
    assert_int_equal(b->f->phase, FEED_LIVE);
}

static void
a_feed_that_is_known_is_connected_before_the_ticket(void **state)
{
    struct bench *b = *state;
    struct sock *early;

    feed_hints_put(b->places, key, GROUP, FEED);
    start(b);
    early = fake_link(LINK_FEED);
    assert_null(fake_ticket(early));
    fake_event(early, LINK_READY);
    run(b);
    assert_null(fake_ticket(early));
    answer(b, CODE_OK, FEED);
    assert_ptr_equal(fake_link(LINK_FEED), early);
    go_live(b);
    assert_int_equal(fake_opened(), 2);
}

static void
one_that_nobody_told_of_is_connected_with_the_ticket(void **state)
{
    struct bench *b = *state;
    char feed[ENDPOINT_MAX + 1];

    feed_hints_put(b->places, key, ELSE, FEED); /* the group was elsewhere then */
    start(b);
    assert_null(fake_link(LINK_FEED));
    answer(b, CODE_OK, FEED);
    go_live(b);
    assert_true(feed_hints_get(b->places, key, GROUP, feed));
    assert_string_equal(feed, FEED);
}

static void
a_feed_that_moved_is_found(void **state)
{
    struct bench *b = *state;
    char feed[ENDPOINT_MAX + 1];

    feed_hints_put(b->places, key, GROUP, FEED);
    start(b);
    answer(b, CODE_OK, ELSE);
    assert_int_equal(fake_opened(), 3);
    assert_string_equal(b->f->address, ELSE);
    go_live(b);
    assert_true(feed_hints_get(b->places, key, GROUP, feed));
    assert_string_equal(feed, ELSE);
}

/* The ticket of a group does not go to who had its address with another key. */
static void
one_with_another_key_is_connected_anew(void **state)
{
    struct bench *b = *state;
    struct sock *early;

    feed_hints_put(b->places, key, GROUP, FEED);
    start(b);
    early = fake_link(LINK_FEED);
    assert_non_null(early);
    session_point(&b->s, other_key, GROUP);
    run(b);
    fake_event(fake_link(LINK_REQUESTS), LINK_READY);
    run(b);
    answer(b, CODE_OK, FEED);
    assert_null(fake_ticket(early));
    assert_ptr_not_equal(fake_link(LINK_FEED), early);
    go_live(b);
}

static void
a_guess_that_fails_is_not_told(void **state)
{
    static const enum link_event failures[] = {LINK_NO_ANSWER, LINK_DENIED, LINK_BROKEN_OFF,
                                               LINK_LOST};
    struct bench *b = *state;

    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
        struct conclave_event e;

        tear_down(state);
        set_up(state);
        feed_hints_put(b->places, key, GROUP, FEED);
        start(b);
        fake_event(fake_link(LINK_FEED), failures[i]);
        run(b);
        assert_null(fake_link(LINK_FEED));
        assert_false(feed_next(b->f, &e));
        assert_int_equal(b->f->dial.verdict, ST_OK);
        answer(b, CODE_OK, FEED);
        go_live(b);
        assert_int_equal(fake_opened(), 3);
    }
}

static void
who_is_refused_is_connected_to_nothing(void **state)
{
    struct bench *b = *state;

    feed_hints_put(b->places, key, GROUP, FEED);
    start(b);
    assert_non_null(fake_link(LINK_FEED));
    answer(b, CODE_NOT_MEMBER, FEED);
    assert_int_equal(b->f->phase, FEED_ENDED);
    assert_string_equal(b->f->why.code, "not_member");
    assert_null(fake_link(LINK_FEED));
}

static void
only_the_first_attempt_is_early(void **state)
{
    struct bench *b = *state;

    feed_hints_put(b->places, key, GROUP, FEED);
    start(b);
    answer(b, CODE_BUSY, FEED);
    assert_null(fake_link(LINK_FEED));
    b->now = feed_due(b->f);
    run(b);
    assert_null(fake_link(LINK_FEED));
    answer(b, CODE_OK, FEED);
    go_live(b);
}

static void
what_is_no_address_is_not_tried(void **state)
{
    struct bench *b = *state;

    feed_hints_put(b->places, key, GROUP, "ipc:///tmp/x");
    start(b);
    assert_null(fake_link(LINK_FEED));
    answer(b, CODE_OK, FEED);
    go_live(b);
}

static void
a_place_is_of_one_key_and_address(void **state)
{
    struct feed_hints *p = ((struct bench *)*state)->places;
    char feed[ENDPOINT_MAX + 1];

    assert_false(feed_hints_get(p, key, GROUP, feed));
    feed_hints_put(p, key, GROUP, FEED);
    assert_true(feed_hints_get(p, key, GROUP, feed));
    assert_string_equal(feed, FEED);
    assert_false(feed_hints_get(p, key, ELSE, feed));
    assert_false(feed_hints_get(p, other_key, GROUP, feed));
    feed_hints_put(p, other_key, GROUP, ELSE); /* takes the same room */
    assert_false(feed_hints_get(p, key, GROUP, feed));
    assert_true(feed_hints_get(p, other_key, GROUP, feed));
    assert_string_equal(feed, ELSE);
    feed_hints_put(NULL, key, GROUP, FEED);
    assert_false(feed_hints_get(NULL, key, GROUP, feed));
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_feed_that_is_known_is_connected_before_the_ticket),
        TEST(one_that_nobody_told_of_is_connected_with_the_ticket),
        TEST(a_feed_that_moved_is_found),
        TEST(one_with_another_key_is_connected_anew),
        TEST(a_guess_that_fails_is_not_told),
        TEST(who_is_refused_is_connected_to_nothing),
        TEST(only_the_first_attempt_is_early),
        TEST(what_is_no_address_is_not_tried),
        TEST(a_place_is_of_one_key_and_address),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
