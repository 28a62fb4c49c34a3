/* One group of a handle, on a faked connection: what is posted before it is found, and its key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "client/remote.h"
#include "fake_link.h"

#define T0 1000000

static const uint8_t server_key[KEY_LEN] = {9};
static const uint8_t first_key[KEY_LEN] = {1};
static const uint8_t other_key[KEY_LEN] = {2};

struct bench {
    struct session directory;
    struct pin_file *pins;
    struct remote *k;
    int64_t now;
};

static int
set_up(void **state)
{
    static struct bench b;

    memset(&b, 0, sizeof b);
    b.now = T0;
    session_init(&b.directory, NULL, NULL, "the message server");
    session_point(&b.directory, server_key, "tcp://s:1");
    assert_int_equal(pin_file_open(&b.pins, NULL, NULL), ST_OK);
    b.k = remote_new("lobby", &b.directory, b.pins);
    *state = &b;
    return 0;
}

static int
tear_down(void **state)
{
    struct bench *b = *state;

    remote_free(b->k);
    session_clear(&b->directory);
    pin_file_close(b->pins);
    fake_reset();
    return 0;
}

static void
run(struct bench *b)
{
    session_step(&b->directory, b->now);
    remote_step(b->k, b->now);
    session_flush(&b->directory, b->now);
}

/* The connection that was opened last, ready. */
static struct sock *
ready(struct bench *b)
{
    struct sock *s = fake_link(LINK_REQUESTS);

    fake_event(s, LINK_READY);
    run(b);
    return s;
}

static void
answer_list(struct sock *s, const uint8_t *key)
{
    struct wire_request req;
    struct wire_group g = {.name = span_of("lobby"),
                           .address = span_of("tcp://g:1"),
                           .feed = span_of("tcp://g:2")};
    struct wire_reply reply;
    struct buf row;
    struct buf out;

    assert_true(fake_sent(s, &req));
    assert_int_equal(req.op, OP_GET_GROUP_LIST);
    buf_init(&row, 0);
    buf_init(&out, 0);
    memcpy(g.key, key, KEY_LEN);
    wire_pack(&row, &g);
    reply = (struct wire_reply){.msgid = req.msgid};
    reply.u.group_page.groups = (struct wire_list){.raw = buf_span(&row), .count = 1};
    reply.u.group_page.end = true;
    wire_pack_reply(&out, OP_GET_GROUP_LIST, &reply);
    fake_arrive(s, &out);
    buf_clear(&row);
}

static void
post(struct bench *b)
{
    struct wire_message m = {.id = {{1}}, .body = span_of("hello")};

    assert_int_equal(posts_add(&b->k->posts, &m, NULL), ST_OK);
}

static void
nothing_is_asked_while_nothing_waits(void **state)
{
    struct bench *b = *state;

    run(b);
    assert_int_equal(fake_opened(), 0);
    assert_int_equal(remote_due(b->k, b->now), CALL_FOR_EVER);
}

static void
what_was_posted_before_goes_when_the_group_is_found(void **state)
{
    struct bench *b = *state;
    struct wire_request req;

    post(b);
    run(b);
    answer_list(ready(b), first_key);
    run(b); /* the answer */
    run(b); /* to the group */
    assert_true(remote_is_located(b->k));
    assert_true(fake_sent(ready(b), &req));
    assert_int_equal(req.op, OP_SEND_MESSAGE);
    assert_int_equal(req.u.send_message.messages.count, 1);
}

/* The message server does not answer, and need not. */
static void
what_is_posted_goes_to_where_the_group_was_last(void **state)
{
    struct bench *b = *state;
    struct pin_place place = remote_place(&b->directory, "lobby");
    struct wire_request req;

    assert_int_equal(pin_file_check(b->pins, &place, first_key, true, NULL), ST_OK);
    pin_file_answered(b->pins, &place, first_key, "tcp://was:1");
    post(b);
    run(b);
    assert_int_equal(fake_opened(), 2);
    assert_string_equal(b->k->session.address, "tcp://was:1");
    fake_event(b->k->session.sock, LINK_READY);
    run(b);
    assert_true(fake_sent(b->k->session.sock, &req));
    assert_int_equal(req.op, OP_SEND_MESSAGE);
}

/* That it answers somewhere is remembered once it has. */
static void
where_it_answers_is_remembered(void **state)
{
    struct bench *b = *state;
    struct pin_place place = remote_place(&b->directory, "lobby");

    assert_int_equal(pin_file_check(b->pins, &place, first_key, true, NULL), ST_OK);
    remote_point(b->k, first_key, "tcp://g:1");
    post(b);
    run(b);
    assert_string_equal(pin_file_address(b->pins, &place), "");
    ready(b);
    assert_string_equal(pin_file_address(b->pins, &place), "tcp://g:1");
    remote_point(b->k, first_key, "tcp://g:9");
    run(b);
    assert_string_equal(pin_file_address(b->pins, &place), "tcp://g:1");
    ready(b);
    assert_string_equal(pin_file_address(b->pins, &place), "tcp://g:9");
}

/* It was looked for, but answers again by then. */
static void
what_answers_counts_for_more_than_what_is_said(void **state)
{
    struct bench *b = *state;
    struct pin_place place = remote_place(&b->directory, "lobby");
    struct sock *directory;

    assert_int_equal(pin_file_check(b->pins, &place, first_key, true, NULL), ST_OK);
    remote_point(b->k, first_key, "tcp://was:1");
    post(b);
    b->k->session.down_since_ms = b->now;
    run(b);
    directory = b->directory.sock;
    fake_event(b->k->session.sock, LINK_READY);
    fake_event(directory, LINK_READY);
    run(b);
    answer_list(directory, first_key);
    run(b);
    assert_int_equal(b->k->session.state, SESSION_READY);
    assert_string_equal(b->k->session.address, "tcp://was:1");
}

static void
it_is_looked_for_again_until_it_is_found(void **state)
{
    struct bench *b = *state;
    struct wire_request req;
    struct sock *s;
    struct wire_reply reply = {.u.group_page.end = true};
    struct buf out;

    post(b);
    run(b);
    s = ready(b);
    assert_true(fake_sent(s, &req));
    reply.msgid = req.msgid;
    buf_init(&out, 0);
    wire_pack_reply(&out, OP_GET_GROUP_LIST, &reply);
    fake_arrive(s, &out);
    run(b);
    assert_false(remote_is_located(b->k));
    assert_false(fake_sent(s, &req));
    assert_in_range(remote_due(b->k, b->now), b->now + 1, b->now + 10000);
    b->now = remote_due(b->k, b->now);
    run(b);
    answer_list(s, first_key);
    run(b);
    run(b);
    assert_true(remote_is_located(b->k));
}

/* Lost for so long that the message server is asked, which names another key. */
static struct sock *
ask_after_loss(struct bench *b, const uint8_t *key)
{
    struct sock *s;

    b->now += 10000;
    b->k->session.down_since_ms = b->now - 5000;
    run(b);
    s = ready(b);
    answer_list(s, key);
    run(b);
    return s;
}

static void
another_key_is_refused_until_it_is_accepted(void **state)
{
    struct bench *b = *state;
    struct pin_place place = remote_place(&b->directory, "lobby");
    struct refusal why;

    assert_int_equal(pin_file_check(b->pins, &place, first_key, true, NULL), ST_OK);
    remote_point(b->k, first_key, "tcp://g:1");
    ask_after_loss(b, other_key);
    assert_memory_equal(b->k->session.key, first_key, KEY_LEN);
    assert_true(b->k->session.key_changed);
    refusal_of_session(&why, &b->k->session, b->k->session.dial.verdict, b->k->session.why.text);
    assert_string_equal(why.code, "key_changed");
    assert_non_null(strstr(why.text, "its fingerprint was"));
    assert_int_equal(pin_file_accept(b->pins, &place, NULL), ST_OK);
    remote_locate_new(b->k);
    assert_memory_equal(b->k->session.key, other_key, KEY_LEN);
    assert_false(b->k->session.key_changed);
}

/* Another program met a third key meanwhile, and that is the one that was accepted. */
static void
only_the_key_that_was_accepted_is_used(void **state)
{
    static const uint8_t third_key[KEY_LEN] = {3};
    struct bench *b = *state;
    struct pin_place place = remote_place(&b->directory, "lobby");

    assert_int_equal(pin_file_check(b->pins, &place, first_key, true, NULL), ST_OK);
    remote_point(b->k, first_key, "tcp://g:1");
    ask_after_loss(b, other_key);
    assert_int_equal(pin_file_check(b->pins, &place, third_key, true, NULL), ST_SERVER_KEY);
    assert_int_equal(pin_file_accept(b->pins, &place, NULL), ST_OK);
    remote_locate_new(b->k);
    assert_memory_equal(b->k->session.key, third_key, KEY_LEN);
    assert_string_equal(b->k->session.address, "tcp://g:1");
}

static void
the_same_key_elsewhere_is_followed(void **state)
{
    struct bench *b = *state;
    struct pin_place place = remote_place(&b->directory, "lobby");

    assert_int_equal(pin_file_check(b->pins, &place, first_key, true, NULL), ST_OK);
    remote_point(b->k, first_key, "tcp://old:1");
    ask_after_loss(b, first_key);
    assert_string_equal(b->k->session.address, "tcp://g:1");
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_asked_while_nothing_waits),
        TEST(what_was_posted_before_goes_when_the_group_is_found),
        TEST(what_is_posted_goes_to_where_the_group_was_last),
        TEST(where_it_answers_is_remembered),
        TEST(what_answers_counts_for_more_than_what_is_said),
        TEST(it_is_looked_for_again_until_it_is_found),
        TEST(another_key_is_refused_until_it_is_accepted),
        TEST(only_the_key_that_was_accepted_is_used),
        TEST(the_same_key_elsewhere_is_followed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
