/* Who takes events as fast as they come forgets neither what was posted nor what is watched. */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "client/handle.h"
#include "client/wakeup.h"
#include "fake_link.h"

#define A_WHILE \
    128 /* events after which the connections are looked after, if a millisecond passed */
#define FRAMES  100
#define A_FRAME 200 /* entries */

static const struct id the_log = {{1}};

static const struct conclave *at_wait; /* whose waits are looked at */
static int waits;

int __real_zmq_poll(zmq_pollitem_t *items, int n, long timeout_ms);
int __wrap_zmq_poll(zmq_pollitem_t *items, int n, long timeout_ms);

int
__wrap_zmq_poll(zmq_pollitem_t *items, int n, long timeout_ms)
{
    if (at_wait != NULL && timeout_ms > 0) {
        waits++;
        assert_int_equal(at_wait->groups->posts.outstanding, 1);
        assert_true(at_wait->groups->session.state == SESSION_READY);
    }
    return __real_zmq_poll(items, n, timeout_ms);
}

static int
set_up(void **state)
{
    static struct conclave c;
    uint8_t key[KEY_LEN] = {1};

    memset(&c, 0, sizeof c);
    c.fd = -1;
    c.timeout_ms = 5000;
    session_init(&c.directory, NULL, NULL, "the message server");
    session_point(&c.directory, key, "tcp://h:9");
    assert_true(handle_reserve(&c, 1));
    c.groups = remote_new("dev", &c.directory, NULL);
    assert_non_null(c.groups);
    c.n_groups = 1;
    remote_point(c.groups, key, "tcp://h:1");
    *state = &c;
    return 0;
}

static int
tear_down(void **state)
{
    struct conclave *c = *state;

    remote_free(c->groups);
    session_clear(&c->directory);
    free(c->items);
    fake_reset();
    return 0;
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
say_entries(uint64_t first)
{
    struct wire_feed f = {.event = EVENT_ENTRIES, .entries.count = A_FRAME};
    struct buf packed;

    buf_init(&packed, 0);
    for (uint64_t seq = first; seq < first + A_FRAME; seq++)
        wire_pack(&packed, &(struct entry){.seq = seq, .ts = (int64_t)seq, .kind = ENTRY_MESSAGE});
    f.entries.raw = buf_span(&packed);
    say(&f);
    buf_clear(&packed);
}

static bool
asked(enum wire_op op, struct wire_request *r)
{
    while (fake_sent(fake_link(LINK_REQUESTS), r))
        if (r->op == op)
            return true;
    return false;
}

static void
take_ticket(struct conclave *c)
{
    struct wire_reply reply = {0};
    struct wire_request r;
    struct buf out;

    handle_step(c);
    fake_event(fake_link(LINK_REQUESTS), LINK_READY);
    handle_step(c);
    assert_true(asked(OP_SUBSCRIBE, &r));
    reply.msgid = r.msgid;
    reply.u.subscribed.feed = span_of("tcp://h:2");
    reply.u.subscribed.log = the_log;
    buf_init(&out, 0);
    wire_pack_reply(&out, OP_SUBSCRIBE, &reply);
    fake_arrive(fake_link(LINK_REQUESTS), &out);
    handle_step(c);
}

/* Twenty thousand entries are there to be taken. */
static void
follow(struct conclave *c)
{
    struct remote *k = c->groups;
    struct feed_options o = {
        .group = k->name,
        .session = &k->session,
        .nicks = &k->nicks,
        .start = FEED_FROM_NOW,
        .deadline_ms = clock_mono_ms() + 5000,
    };
    struct conclave_event e;

    k->feed = feed_new(&o);
    assert_non_null(k->feed);
    take_ticket(c);
    say(&(struct wire_feed){.event = EVENT_WELCOME, .log = the_log});
    assert_int_equal(conclave_poll(c, 0, &e), CONCLAVE_OK);
    assert_int_equal(e.type, CONCLAVE_EVENT_STATE);
    for (uint64_t i = 0; i < FRAMES; i++)
        say_entries(1 + i * A_FRAME);
}

/* Time goes on, and nothing but the taking of events tells the handle. */
static void
pass_some_time(const struct conclave *c)
{
    int64_t until = c->now_ms + 2;

    while (clock_mono_ms() < until)
        ;
}

static void
take_entries(struct conclave *c, int n)
{
    struct conclave_event e;

    while (n-- > 0) {
        assert_int_equal(conclave_poll(c, 0, &e), CONCLAVE_OK);
        assert_int_equal(e.type, CONCLAVE_EVENT_ENTRY);
    }
}

static void
what_is_posted_leaves_though_events_keep_coming(void **state)
{
    struct conclave *c = *state;
    struct wire_request r;

    follow(c);
    for (int i = 0; i < 20; i++) {
        take_entries(c, 100);
        assert_int_equal(conclave_post(c, "dev", "hi", 2, NULL, NULL), CONCLAVE_OK);
        pass_some_time(c);
        take_entries(c, A_WHILE + 1);
        assert_true(asked(OP_SEND_MESSAGE, &r));
        assert_int_equal(r.u.send_message.messages.count, 1);
        c->groups->posts.outstanding = 0; /* as if it had been answered */
    }
}

static void
it_leaves_at_once_when_none_are_there(void **state)
{
    struct conclave *c = *state;
    struct conclave_event e;
    struct wire_request r;

    follow(c);
    take_entries(c, FRAMES * A_FRAME);
    assert_int_equal(conclave_poll(c, 0, &e), CONCLAVE_NONE);
    assert_int_equal(conclave_post(c, "dev", "hi", 2, NULL, NULL), CONCLAVE_OK);
    assert_int_equal(conclave_poll(c, 0, &e), CONCLAVE_NONE);
    assert_true(asked(OP_SEND_MESSAGE, &r));
}

/* Nothing comes, so what has not left when the handle waits stays until the wait is over. */
static void
it_leaves_before_the_handle_waits(void **state)
{
    struct conclave *c = *state;
    struct conclave_event e;
    struct wire_request r;

    follow(c);
    take_entries(c, FRAMES * A_FRAME);
    assert_int_equal(conclave_post(c, "dev", "hi", 2, NULL, NULL), CONCLAVE_OK);
    assert_int_equal(conclave_post(c, "dev", "ho", 2, NULL, NULL), CONCLAVE_OK);
    waits = 0;
    at_wait = c;
    assert_int_equal(conclave_poll(c, 10, &e), CONCLAVE_NONE);
    at_wait = NULL;
    assert_true(waits > 0);
    assert_true(asked(OP_SEND_MESSAGE, &r));
    assert_int_equal(r.u.send_message.messages.count, 2);
}

static bool
can_be_read(int fd, int timeout_ms)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};

    return poll(&wait, 1, timeout_ms) == 1;
}

static void
give_all(struct conclave *c)
{
    struct conclave_event e;
    int fd = conclave_fd(c);

    while (conclave_poll(c, 0, &e) == CONCLAVE_OK || can_be_read(fd, 0))
        ;
}

static void
post(struct conclave *c)
{
    assert_int_equal(conclave_post(c, "dev", "hi", 2, NULL, NULL), CONCLAVE_OK);
}

/* As if it had been answered. */
static void
sent(struct conclave *c, uint32_t count)
{
    struct wire_request r;

    assert_true(asked(OP_SEND_MESSAGE, &r));
    assert_int_equal(r.u.send_message.messages.count, count);
    c->groups->posts.outstanding = 0;
}

static int
loop_set_up(void **state)
{
    struct conclave *c;

    set_up(state);
    c = *state;
    follow(c);
    take_entries(c, FRAMES * A_FRAME);
    assert_true(conclave_fd(c) >= 0);
    give_all(c);
    return 0;
}

static int
loop_tear_down(void **state)
{
    struct conclave *c = *state;

    wakeup_free(c->wakeup);
    return tear_down(state);
}

static void
an_event_loop_wakes_for_what_was_posted(void **state)
{
    struct conclave *c = *state;
    int fd = conclave_fd(c);

    for (int i = 0; i < 3; i++) {
        give_all(c);
        post(c);
        post(c);
        assert_true(can_be_read(fd, 0));             /* before any timer */
        assert_true(can_be_read(conclave_fd(c), 0)); /* to ask for it takes nothing away */
        give_all(c);
        sent(c, 2);
    }
}

/* Whoever sent one message the time before sends most likely one again. */
static void
one_after_one_leaves_without_the_loop(void **state)
{
    struct conclave *c = *state;

    post(c);
    give_all(c);
    sent(c, 1);
    for (int i = 0; i < 3; i++) {
        post(c);
        sent(c, 1);
    }
}

static void
it_is_heard_of_when_the_answer_does_not_come(void **state)
{
    struct conclave *c = *state;

    one_after_one_leaves_without_the_loop(state);
    wakeup_free(c->wakeup);
    c->wakeup = wakeup_new(); /* one that waits for nothing */
    assert_non_null(c->wakeup);
    post(c);
    assert_true(handle_due(c) < INT64_MAX);
    assert_true(wakeup_due(c->wakeup) <= handle_due(c));
}

/* The connection has gone: only the loop opens a new one. */
static void
without_a_connection_it_waits_for_the_loop(void **state)
{
    struct conclave *c = *state;
    int fd = conclave_fd(c);
    struct wire_request r;

    one_after_one_leaves_without_the_loop(state);
    fake_event(fake_link(LINK_REQUESTS), LINK_LOST);
    give_all(c);
    post(c);
    assert_true(can_be_read(fd, 0));
    assert_true(fake_link(LINK_REQUESTS) == NULL || !asked(OP_SEND_MESSAGE, &r));
}

static void
what_is_watched_is_seen_though_events_keep_coming(void **state)
{
    struct conclave *c = *state;
    struct conclave_event e;
    int ends[2];
    int taken = 0;

    assert_int_equal(pipe(ends), 0);
    follow(c);
    c->fd = ends[0];
    take_entries(c, 10);
    assert_int_equal(write(ends[1], "x", 1), 1);
    pass_some_time(c);
    do {
        assert_true(taken++ <= A_WHILE);
        assert_int_equal(conclave_poll(c, 0, &e), CONCLAVE_OK);
    } while (e.type != CONCLAVE_EVENT_FD);
    close(ends[0]);
    close(ends[1]);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
#define LOOP(f) cmocka_unit_test_setup_teardown(f, loop_set_up, loop_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(what_is_posted_leaves_though_events_keep_coming),
        TEST(it_leaves_at_once_when_none_are_there),
        TEST(it_leaves_before_the_handle_waits),
        LOOP(an_event_loop_wakes_for_what_was_posted),
        LOOP(one_after_one_leaves_without_the_loop),
        LOOP(it_is_heard_of_when_the_answer_does_not_come),
        LOOP(without_a_connection_it_waits_for_the_loop),
        TEST(what_is_watched_is_seen_though_events_keep_coming),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
