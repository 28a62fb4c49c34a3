/* Posted messages: packing, order through retries, outcomes. */
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/posts.h"
#include "fake_link.h"

#define T0 1000000

struct bench {
    struct session s;
    struct posts p;
    uint64_t stored;
    char dir[32];
    struct spool *spool;
};

static int
set_up(void **state)
{
    static struct bench b;
    uint8_t key[KEY_LEN] = {1};

    memset(&b, 0, sizeof b);
    session_init(&b.s, NULL, NULL, "the group");
    session_point(&b.s, key, "tcp://h:1");
    posts_init(&b.p, &b.s);
    *state = &b;
    return 0;
}

static unsigned remove_spool(struct bench *b);

static int
tear_down(void **state)
{
    struct bench *b = *state;

    posts_clear(&b->p);
    if (b->dir[0] != '\0')
        remove_spool(b);
    session_clear(&b->s);
    fake_reset();
    return 0;
}

static struct id
id_number(uint32_t n)
{
    struct id id = {{0x70}};

    memcpy(id.bytes + 12, &n, sizeof n);
    return id;
}

static void
post(struct bench *b, uint32_t n, size_t len)
{
    static uint8_t body[BODY_MAX_BYTES];
    struct wire_message m = {.id = id_number(n), .body = {body, len}};

    assert_int_equal(posts_add(&b->p, &m, NULL), ST_OK);
}

static void
run(struct bench *b, int64_t now)
{
    session_step(&b->s, now);
    posts_step(&b->p, now);
    session_flush(&b->s, now);
    if (b->s.state == SESSION_CONNECTING) {
        fake_event(fake_link(LINK_REQUESTS), LINK_READY);
        session_step(&b->s, now);
    }
}

static struct wire_request
next_sent(void)
{
    struct wire_request r;

    assert_true(fake_sent(fake_link(LINK_REQUESTS), &r));
    return r;
}

static void
none_sent(void)
{
    struct wire_request r;

    assert_false(fake_sent(fake_link(LINK_REQUESTS), &r));
}

/* Answer with acks; the one with index `bad` is refused with `code`. */
static void
ack(struct bench *b, const struct wire_request *r, uint32_t bad, enum wire_code code)
{
    uint32_t count = r->u.send_message.messages.count;
    struct wire_reply reply = {.msgid = r->msgid};
    struct buf acks;
    struct buf out;

    buf_init(&acks, 0);
    buf_init(&out, 0);
    for (uint32_t i = 0; i < count; i++) {
        struct wire_ack a = {.seq = b->stored + 1, .ts = (int64_t)b->stored + 1};
        if (i == bad)
            a = (struct wire_ack){.code = code};
        else
            b->stored++;
        wire_pack(&acks, &a);
    }
    reply.u.sent.acks = (struct wire_list){.raw = buf_span(&acks), .count = count};
    wire_pack_reply(&out, OP_SEND_MESSAGE, &reply);
    fake_arrive(fake_link(LINK_REQUESTS), &out);
    buf_clear(&acks);
}

static void
refuse(const struct wire_request *r, enum wire_code code)
{
    struct buf out;

    buf_init(&out, 0);
    wire_pack_error(&out, r->msgid, code, NULL);
    fake_arrive(fake_link(LINK_REQUESTS), &out);
}

static void
expect_outcome(struct bench *b, uint32_t n, enum conclave_event_type type, const char *code)
{
    struct conclave_event e;
    struct id id = id_number(n);

    assert_true(posts_next(&b->p, &e));
    assert_int_equal(e.type, type);
    assert_memory_equal(e.ack.id.bytes, id.bytes, ID_LEN);
    assert_string_equal(e.code, code);
}

static void
the_first_goes_at_once_and_a_burst_is_gathered(void **state)
{
    struct bench *b = *state;
    struct wire_request r;
    struct id first = id_number(0);

    post(b, 0, 10);
    run(b, T0);
    r = next_sent();
    assert_int_equal(r.u.send_message.messages.count, 1);
    assert_int_equal(r.u.send_message.has, 0);
    for (uint32_t i = 1; i <= 500; i++)
        post(b, i, 10);
    run(b, T0);
    r = next_sent();
    assert_int_equal(r.u.send_message.messages.count, 500);
    assert_int_equal(r.u.send_message.has, WIRE_SEND_HAS_AFTER);
    assert_true(id_equal(&r.u.send_message.after, &first));
}

static void
requests_are_bounded_in_messages_bytes_and_number(void **state)
{
    struct bench *b = *state;
    struct wire_request r;

    for (uint32_t i = 0; i < 1500; i++)
        post(b, i, 1);
    for (uint32_t i = 0; i < 20; i++)
        post(b, 1500 + i, BODY_MAX_BYTES);
    run(b, T0);
    r = next_sent();
    assert_int_equal(r.u.send_message.messages.count, WIRE_SEND_MAX);
    r = next_sent();
    assert_in_range(r.u.send_message.messages.count, 500, 503);
    assert_true(r.u.send_message.messages.raw.len <= POSTS_BATCH_BYTES);
    r = next_sent();
    assert_int_equal(r.u.send_message.messages.count, 3);
    next_sent();
    none_sent();
    assert_int_equal(b->p.outstanding, POSTS_REQUESTS_MAX);
}

static void
outcomes_come_in_order_of_posting(void **state)
{
    struct bench *b = *state;
    struct wire_request one;
    struct wire_request two;
    struct conclave_event e;

    post(b, 0, 1);
    run(b, T0);
    post(b, 1, 1);
    post(b, 2, 1);
    run(b, T0);
    one = next_sent();
    two = next_sent();
    ack(b, &two, 1, CODE_ID_CONFLICT);
    run(b, T0);
    assert_false(posts_next(&b->p, &e));
    assert_int_equal(b->p.under_way, 1);
    assert_int_equal(b->p.kept, 3);
    ack(b, &one, UINT32_MAX, CODE_OK);
    run(b, T0);
    expect_outcome(b, 0, CONCLAVE_EVENT_ACK, "");
    expect_outcome(b, 1, CONCLAVE_EVENT_ACK, "");
    expect_outcome(b, 2, CONCLAVE_EVENT_REFUSED, "id_conflict");
    assert_false(posts_next(&b->p, &e));
    assert_int_equal(b->p.kept, 0);
}

static void
what_was_refused_for_order_goes_again_in_order(void **state)
{
    struct bench *b = *state;
    struct wire_request r[3];
    struct id first = id_number(0);

    for (uint32_t i = 0; i < 3; i++) {
        post(b, i, 1);
        run(b, T0);
        r[i] = next_sent();
    }
    refuse(&r[0], CODE_BUSY);
    refuse(&r[1], CODE_OUT_OF_ORDER);
    run(b, T0);
    none_sent(); /* the third is still out */
    refuse(&r[2], CODE_OUT_OF_ORDER);
    run(b, T0);
    none_sent(); /* busy: not before the back-off is over */
    assert_true(posts_due(&b->p) > T0);
    run(b, posts_due(&b->p));
    for (uint32_t i = 0; i < 3; i++)
        r[i] = next_sent();
    assert_int_equal(r[0].u.send_message.has, 0);
    assert_true(id_equal(&r[1].u.send_message.after, &first));
    for (uint32_t i = 0; i < 3; i++)
        ack(b, &r[i], UINT32_MAX, CODE_OK);
    run(b, T0 + 1000);
    for (uint32_t i = 0; i < 3; i++)
        expect_outcome(b, i, CONCLAVE_EVENT_ACK, "");
}

/* The group ends after that, and is started again by whoever runs it. */
static void
what_a_failed_store_refused_is_sent_again(void **state)
{
    struct bench *b = *state;
    struct wire_request req;

    post(b, 0, 1);
    run(b, T0);
    req = next_sent();
    refuse(&req, CODE_STORAGE_FAILED);
    run(b, T0);
    none_sent();
    run(b, posts_due(&b->p));
    req = next_sent();
    ack(b, &req, UINT32_MAX, CODE_OK);
    run(b, T0 + 1000);
    expect_outcome(b, 0, CONCLAVE_EVENT_ACK, "");
}

static void
a_refused_predecessor_does_not_block_what_follows(void **state)
{
    struct bench *b = *state;
    struct wire_request one;
    struct wire_request two;

    post(b, 0, 1);
    run(b, T0);
    post(b, 1, 1);
    run(b, T0);
    one = next_sent();
    two = next_sent();
    ack(b, &one, 0, CODE_TOO_LARGE);
    refuse(&two, CODE_OUT_OF_ORDER);
    run(b, T0);
    run(b, T0);
    two = next_sent();
    assert_int_equal(two.u.send_message.has, 0);
    ack(b, &two, UINT32_MAX, CODE_OK);
    run(b, T0);
    expect_outcome(b, 0, CONCLAVE_EVENT_REFUSED, "too_large");
    expect_outcome(b, 1, CONCLAVE_EVENT_ACK, "");
}

static void
a_final_refusal_reaches_every_message_of_the_request(void **state)
{
    struct bench *b = *state;
    struct wire_request r;

    post(b, 0, 1);
    post(b, 1, 1);
    run(b, T0);
    r = next_sent();
    refuse(&r, CODE_NOT_MEMBER);
    run(b, T0);
    expect_outcome(b, 0, CONCLAVE_EVENT_REFUSED, "not_member");
    expect_outcome(b, 1, CONCLAVE_EVENT_REFUSED, "not_member");
}

static void
acks_that_do_not_fit_are_not_believed(void **state)
{
    struct bench *b = *state;
    struct wire_request r;

    post(b, 0, 1);
    post(b, 1, 1);
    run(b, T0);
    r = next_sent();
    r.u.send_message.messages.count = 1;
    ack(b, &r, UINT32_MAX, CODE_OK);
    run(b, T0);
    expect_outcome(b, 0, CONCLAVE_EVENT_REFUSED, "protocol");
    expect_outcome(b, 1, CONCLAVE_EVENT_REFUSED, "protocol");
}

static void
posting_is_bounded(void **state)
{
    struct bench *b = *state;
    struct wire_message m = {.id = id_number(0)};
    struct wire_request r;

    for (uint32_t i = 0; i < CONCLAVE_POSTED_MAX; i++)
        post(b, i, 1);
    assert_int_equal(posts_add(&b->p, &m, NULL), ST_BUSY);
    run(b, T0);
    r = next_sent();
    ack(b, &r, UINT32_MAX, CODE_OK);
    run(b, T0);
    assert_int_equal(posts_add(&b->p, &m, NULL), ST_OK);
}

/* Said of one message, as of a whole request, it means: once more, in order. */
static void
an_ack_out_of_order_is_not_final(void **state)
{
    struct bench *b = *state;
    struct conclave_event e;
    struct wire_request r;

    post(b, 1, 3);
    post(b, 2, 3);
    run(b, T0);
    r = next_sent();
    ack(b, &r, 1, CODE_OUT_OF_ORDER);
    session_step(&b->s, T0);
    assert_false(posts_next(&b->p, &e));
    run(b, posts_due(&b->p));
    r = next_sent();
    assert_int_equal(r.u.send_message.messages.count, 2);
    ack(b, &r, UINT32_MAX, CODE_OK);
    run(b, b->p.now_ms);
    expect_outcome(b, 1, CONCLAVE_EVENT_ACK, "");
    expect_outcome(b, 2, CONCLAVE_EVENT_ACK, "");
}

/* ---- the spool ---- */

static unsigned syncs;

int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);

/* What is to be safe has not left yet. */
int
__wrap_fdatasync(int fd)
{
    if (fake_link(LINK_REQUESTS) != NULL)
        none_sent();
    syncs++;
    return __real_fdatasync(fd);
}

static void
open_spool(struct bench *b)
{
    const uint8_t key[KEY_LEN] = {1};
    struct spool_options o = {.path = b->dir, .self = key, .server = key};

    snprintf(b->dir, sizeof b->dir, "/tmp/posts.XXXXXX");
    assert_non_null(mkdtemp(b->dir));
    assert_int_equal(spool_open(&b->spool, &o, NULL), ST_OK);
    assert_int_equal(spool_queue_open(&b->p.spool, b->spool, "lobby", NULL, NULL, NULL), ST_OK);
    syncs = 0;
}

static void
close_spool(struct bench *b)
{
    spool_queue_close(b->p.spool);
    b->p.spool = NULL;
    spool_close(b->spool);
}

static unsigned messages;

static int
count_or_remove(const char *path, const struct stat *info, int type, struct FTW *at)
{
    (void)info;
    (void)at;
    messages += type == FTW_F && strcmp(strrchr(path, '/'), "/lock") != 0;
    return remove(path);
}

static unsigned
remove_spool(struct bench *b)
{
    messages = 0;
    assert_int_equal(nftw(b->dir, count_or_remove, 8, FTW_DEPTH | FTW_PHYS), 0);
    b->dir[0] = '\0';
    return messages;
}

/* What listens there is not the group: the message waits in the spool until the group is back. */
static void
a_spooled_message_outlasts_somebody_else_at_the_address(void **state)
{
    struct bench *b = *state;
    struct wire_request r;

    open_spool(b);
    post(b, 0, 1);
    for (int64_t now = T0; now < T0 + 20000; now += 500) {
        session_step(&b->s, now);
        posts_step(&b->p, now);
        session_flush(&b->s, now);
        if (b->s.state == SESSION_CONNECTING)
            fake_event(fake_link(LINK_REQUESTS), LINK_BROKEN_OFF);
    }
    assert_int_equal(b->s.dial.verdict, ST_SERVER_KEY);
    assert_int_equal(b->p.under_way, 1);
    for (int64_t now = T0 + 20000; now <= T0 + 30000; now += 500)
        run(b, now);
    r = next_sent();
    ack(b, &r, UINT32_MAX, CODE_OK);
    run(b, T0 + 30000);
    expect_outcome(b, 0, CONCLAVE_EVENT_ACK, "");
    run(b, T0 + 30000);
    close_spool(b);
    assert_int_equal(remove_spool(b), 0);
}

static void
nothing_leaves_before_it_is_synced(void **state)
{
    struct bench *b = *state;
    struct wire_request r;

    open_spool(b);
    for (uint32_t i = 1; i <= 3; i++) {
        post(b, i, 3);
        assert_int_equal(syncs, i - 1);
        run(b, T0);
        assert_int_equal(syncs, i);
        r = next_sent();
        assert_int_equal(r.u.send_message.messages.count, 1);
    }
    close_spool(b);
}

static void
a_lone_message_is_due_at_once_and_others_with_the_answer(void **state)
{
    struct bench *b = *state;
    struct wire_request r;

    run(b, T0);
    assert_int_equal(posts_due(&b->p), CALL_FOR_EVER);
    post(b, 1, 3);
    assert_int_equal(posts_due(&b->p), T0);
    run(b, T0);
    assert_int_equal(posts_due(&b->p), CALL_FOR_EVER);
    post(b, 2, 3);
    post(b, 3, 3);
    assert_int_equal(posts_due(&b->p), CALL_FOR_EVER);
    r = next_sent();
    ack(b, &r, UINT32_MAX, CODE_OK);
    session_step(&b->s, T0);
    assert_int_equal(posts_due(&b->p), T0);
    run(b, T0);
    r = next_sent();
    assert_int_equal(r.u.send_message.messages.count, 2);
    refuse(&r, CODE_BUSY);
    session_step(&b->s, T0);
    assert_in_range(posts_due(&b->p), T0 + 1, T0 + 60000);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_first_goes_at_once_and_a_burst_is_gathered),
        TEST(requests_are_bounded_in_messages_bytes_and_number),
        TEST(outcomes_come_in_order_of_posting),
        TEST(what_was_refused_for_order_goes_again_in_order),
        TEST(what_a_failed_store_refused_is_sent_again),
        TEST(a_refused_predecessor_does_not_block_what_follows),
        TEST(a_final_refusal_reaches_every_message_of_the_request),
        TEST(acks_that_do_not_fit_are_not_believed),
        TEST(posting_is_bounded),
        TEST(an_ack_out_of_order_is_not_final),
        TEST(nothing_leaves_before_it_is_synced),
        TEST(a_lone_message_is_due_at_once_and_others_with_the_answer),
        TEST(a_spooled_message_outlasts_somebody_else_at_the_address),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
