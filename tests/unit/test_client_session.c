/* Requests over connections that come and go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "fake_link.h"
#include "rpc/session.h"

#define T0 1000000

struct told {
    int times;
    enum status st;
    char text[FAULT_TEXT_MAX];
};

struct bench {
    struct session s;
    struct session_call calls[3];
    struct told told[3];
};

static void
note(void *ctx, enum status st, struct frame *reply, const struct fault *why)
{
    struct told *t = ctx;

    t->times++;
    t->st = st;
    assert_true((st == ST_OK) == (reply != NULL));
    if (why != NULL)
        memcpy(t->text, why->text, sizeof t->text);
}

static int
set_up(void **state)
{
    static struct bench b;
    uint8_t key[KEY_LEN] = {1};

    memset(&b, 0, sizeof b);
    session_init(&b.s, NULL, NULL, "the group");
    session_point(&b.s, key, "tcp://h:1");
    *state = &b;
    return 0;
}

static int
tear_down(void **state)
{
    struct bench *b = *state;

    for (size_t i = 0; i < 3; i++)
        session_call_clear(&b->calls[i]);
    session_clear(&b->s);
    fake_reset();
    return 0;
}

static void
ask(struct bench *b, size_t i, int64_t deadline_ms, int64_t patience_ms)
{
    struct wire_request req = {.op = OP_SUBSCRIBE};

    b->calls[i].done = note;
    b->calls[i].ctx = &b->told[i];
    b->calls[i].deadline_ms = deadline_ms;
    b->calls[i].patience_ms = patience_ms;
    assert_int_equal(session_submit(&b->s, &b->calls[i], &req), ST_OK);
}

static void
answer(uint32_t msgid)
{
    struct buf out;

    buf_init(&out, 0);
    wire_pack_error(&out, msgid, CODE_LIMIT, NULL);
    fake_arrive(fake_link(LINK_REQUESTS), &out);
}

static void
get_ready(struct bench *b, int64_t now)
{
    session_step(&b->s, now);
    fake_event(fake_link(LINK_REQUESTS), LINK_CONNECTED);
    fake_event(fake_link(LINK_REQUESTS), LINK_READY);
    session_step(&b->s, now);
}

static void
nothing_is_opened_without_a_call(void **state)
{
    struct bench *b = *state;

    session_step(&b->s, T0);
    assert_int_equal(fake_opened(), 0);
    ask(b, 0, CALL_FOR_EVER, 0);
    session_step(&b->s, T0);
    assert_int_equal(fake_opened(), 1);
}

static void
answers_find_their_calls_in_any_order(void **state)
{
    struct bench *b = *state;
    struct wire_request first;
    struct wire_request second;

    ask(b, 0, CALL_FOR_EVER, 0);
    ask(b, 1, CALL_FOR_EVER, 0);
    get_ready(b, T0);
    assert_true(fake_sent(fake_link(LINK_REQUESTS), &first));
    assert_true(fake_sent(fake_link(LINK_REQUESTS), &second));
    answer(second.msgid);
    answer(second.msgid + 100);
    session_step(&b->s, T0);
    assert_int_equal(b->told[0].times, 0);
    assert_int_equal(b->told[1].times, 1);
    answer(first.msgid);
    session_step(&b->s, T0);
    assert_int_equal(b->told[0].times, 1);
    assert_int_equal(b->told[0].st, ST_OK);
}

static void
what_cannot_be_sent_is_not_overtaken(void **state)
{
    struct bench *b = *state;
    struct wire_request r;

    ask(b, 2, CALL_FOR_EVER, 0);
    get_ready(b, T0);
    assert_true(fake_sent(fake_link(LINK_REQUESTS), &r));
    ask(b, 0, CALL_FOR_EVER, 0);
    ask(b, 1, CALL_FOR_EVER, 0);
    fake_is_full(fake_link(LINK_REQUESTS), 1);
    session_step(&b->s, T0);
    assert_false(fake_sent(fake_link(LINK_REQUESTS), &r));
    assert_in_range(session_due(&b->s, T0), T0, T0 + 1000); /* tried again before long */
    session_step(&b->s, T0);
    for (size_t i = 0; i < 2; i++) {
        assert_true(fake_sent(fake_link(LINK_REQUESTS), &r));
        assert_int_equal(r.msgid, b->calls[i].msgid);
    }
}

static void
all_calls_are_sent_again_in_order_on_a_new_connection(void **state)
{
    struct bench *b = *state;
    struct wire_request r[4];

    ask(b, 0, CALL_FOR_EVER, 0);
    ask(b, 1, CALL_FOR_EVER, 0);
    get_ready(b, T0);
    fake_sent(fake_link(LINK_REQUESTS), &r[0]);
    fake_sent(fake_link(LINK_REQUESTS), &r[1]);
    fake_event(fake_link(LINK_REQUESTS), LINK_LOST);
    session_step(&b->s, T0);
    assert_null(fake_link(LINK_REQUESTS));
    get_ready(b, T0 + 100);
    assert_true(fake_sent(fake_link(LINK_REQUESTS), &r[2]));
    assert_true(fake_sent(fake_link(LINK_REQUESTS), &r[3]));
    assert_int_equal(r[2].msgid, r[0].msgid);
    assert_int_equal(r[3].msgid, r[1].msgid);
    assert_int_equal(fake_opened(), 2);
}

static void
silence_leads_to_a_new_connection(void **state)
{
    struct bench *b = *state;
    struct wire_request r;

    ask(b, 0, CALL_FOR_EVER, 0);
    get_ready(b, T0);
    session_step(&b->s, T0 + 2999);
    assert_int_equal(fake_opened(), 1);
    assert_int_equal(session_due(&b->s, T0 + 2999), T0 + 3000);
    session_step(&b->s, T0 + 3000);
    assert_int_equal(fake_opened(), 2);
    get_ready(b, T0 + 3000);
    assert_true(fake_sent(fake_link(LINK_REQUESTS), &r));
}

static void
time_away_is_not_silence(void **state)
{
    struct bench *b = *state;

    ask(b, 0, CALL_FOR_EVER, 0);
    get_ready(b, T0);
    session_away(&b->s, 10000);
    session_step(&b->s, T0 + 10000);
    assert_int_equal(fake_opened(), 1);
}

static void
a_refused_address_is_tried_until_the_deadline(void **state)
{
    struct bench *b = *state;

    ask(b, 0, T0 + 1000, 0);
    for (int64_t now = T0; now < T0 + 1000; now += 10) {
        session_step(&b->s, now);
        if (fake_link(LINK_REQUESTS) != NULL)
            fake_event(fake_link(LINK_REQUESTS), LINK_NO_ANSWER);
    }
    assert_int_equal(b->told[0].times, 0);
    assert_in_range(fake_opened(), 3, 10);
    session_step(&b->s, T0 + 1000);
    assert_int_equal(b->told[0].st, ST_UNREACHABLE);
    assert_string_equal(b->told[0].text,
                        "cannot reach the group at tcp://h:1: nobody listens there");
}

static void
with_one_attempt_a_refusal_is_told_at_once(void **state)
{
    struct bench *b = *state;

    b->s.once = true;
    ask(b, 0, T0 + 5000, 0);
    ask(b, 1, CALL_FOR_EVER, 0);
    session_step(&b->s, T0);
    fake_event(fake_link(LINK_REQUESTS), LINK_NO_ANSWER);
    session_step(&b->s, T0 + 1);
    assert_int_equal(fake_opened(), 1);
    assert_int_equal(b->told[0].times, 1);
    assert_int_equal(b->told[0].st, ST_UNREACHABLE);
    assert_string_equal(b->told[0].text,
                        "cannot reach the group at tcp://h:1: nobody listens there");
    assert_int_equal(b->told[1].times, 0); /* what is to wait for ever does */
}

static void
what_is_wanted_is_connected_without_a_call(void **state)
{
    struct bench *b = *state;

    b->s.wanted = true;
    assert_int_equal(session_due(&b->s, T0), 0);
    session_step(&b->s, T0);
    assert_int_equal(fake_opened(), 1);
    fake_event(fake_link(LINK_REQUESTS), LINK_READY);
    session_step(&b->s, T0);
    assert_int_equal(b->s.state, SESSION_READY);
    session_step(&b->s, T0 + 60000); /* it is not idle */
    assert_int_equal(b->s.state, SESSION_READY);
    b->s.wanted = false;
    session_step(&b->s, T0 + 60000);
    session_step(&b->s, T0 + 80000);
    assert_int_equal(b->s.state, SESSION_CLOSED);
}

static void
no_answer_in_time_is_a_timeout(void **state)
{
    struct bench *b = *state;

    ask(b, 0, T0 + 500, 0);
    get_ready(b, T0);
    session_step(&b->s, T0 + 500);
    assert_int_equal(b->told[0].st, ST_TIMEOUT);
}

static void
a_denied_key_ends_the_impatient_only(void **state)
{
    struct bench *b = *state;

    ask(b, 0, CALL_FOR_EVER, 0);
    ask(b, 1, CALL_FOR_EVER, CALL_FOR_EVER);
    ask(b, 2, CALL_FOR_EVER, 300);
    session_step(&b->s, T0);
    fake_event(fake_link(LINK_REQUESTS), LINK_DENIED);
    session_step(&b->s, T0);
    assert_int_equal(b->told[0].st, ST_OWN_KEY);
    assert_int_equal(b->told[1].times, 0);
    assert_int_equal(b->told[2].times, 0);
    session_step(&b->s, T0 + 300);
    fake_event(fake_link(LINK_REQUESTS), LINK_DENIED);
    session_step(&b->s, T0 + 300);
    assert_int_equal(b->told[1].times, 0);
    assert_int_equal(b->told[2].st, ST_OWN_KEY);
}

static void
an_answer_that_is_none_is_another_protocol(void **state)
{
    struct bench *b = *state;
    struct buf junk;

    ask(b, 0, CALL_FOR_EVER, 0);
    get_ready(b, T0);
    buf_init(&junk, 0);
    buf_append(&junk, "junk", 4);
    fake_arrive(fake_link(LINK_REQUESTS), &junk);
    session_step(&b->s, T0);
    assert_int_equal(b->told[0].st, ST_PROTOCOL);
}

static void
an_idle_connection_is_closed_and_opened_on_demand(void **state)
{
    struct bench *b = *state;
    struct wire_request r;

    ask(b, 0, CALL_FOR_EVER, 0);
    get_ready(b, T0);
    fake_sent(fake_link(LINK_REQUESTS), &r);
    answer(r.msgid);
    session_step(&b->s, T0);
    session_step(&b->s, T0 + 9999);
    assert_non_null(fake_link(LINK_REQUESTS));
    session_step(&b->s, T0 + 10000);
    assert_null(fake_link(LINK_REQUESTS));
    ask(b, 0, CALL_FOR_EVER, 0);
    session_step(&b->s, T0 + 20000);
    assert_non_null(fake_link(LINK_REQUESTS));
}

static void
calls_follow_a_group_that_moved(void **state)
{
    struct bench *b = *state;
    struct wire_request r;
    uint8_t key[KEY_LEN] = {1};

    ask(b, 0, CALL_FOR_EVER, 0);
    get_ready(b, T0);
    session_point(&b->s, key, "tcp://h:2");
    assert_null(fake_link(LINK_REQUESTS));
    get_ready(b, T0);
    assert_true(fake_sent(fake_link(LINK_REQUESTS), &r));
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_opened_without_a_call),
        TEST(answers_find_their_calls_in_any_order),
        TEST(what_cannot_be_sent_is_not_overtaken),
        TEST(all_calls_are_sent_again_in_order_on_a_new_connection),
        TEST(silence_leads_to_a_new_connection),
        TEST(time_away_is_not_silence),
        TEST(a_refused_address_is_tried_until_the_deadline),
        TEST(with_one_attempt_a_refusal_is_told_at_once),
        TEST(what_is_wanted_is_connected_without_a_call),
        TEST(no_answer_in_time_is_a_timeout),
        TEST(a_denied_key_ends_the_impatient_only),
        TEST(an_answer_that_is_none_is_another_protocol),
        TEST(an_idle_connection_is_closed_and_opened_on_demand),
        TEST(calls_follow_a_group_that_moved),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
