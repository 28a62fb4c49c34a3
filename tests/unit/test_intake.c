/* What happens to requests before they are decoded: let through, told that they come too fast,
 * dropped, and counted as in work until they end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "service/intake.h"
#include "service_desk.h"

#define RATE  100
#define BURST 200
#define NOW   INT64_C(1000000)

struct fixture {
    struct desk desk;
    struct intake *intake;
    size_t passed;
    bool keep; /* requests stay in work */
    struct packet kept[1000];
};

static void
pass(void *ctx, struct packet *packet)
{
    struct fixture *f = ctx;

    f->passed++;
    if (f->keep) {
        assert_true(f->passed <= sizeof f->kept / sizeof *f->kept);
        f->kept[f->passed - 1] = *packet;
        return;
    }
    assert_non_null(packet->route.in_work);
    --*packet->route.in_work;
    frame_clear(&packet->body);
}

static int
setup(void **state)
{
    static struct fixture f;
    struct intake_options o = {.pace = {.rate = RATE, .burst = BURST}, .pass = pass, .ctx = &f};

    memset(&f, 0, sizeof f);
    log_setup(LEVEL_ERROR);
    desk_init(&f.desk);
    o.outbox = f.desk.outbox;
    assert_int_equal(intake_new(&f.intake, &o), ST_OK);
    *state = &f;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; f->keep && i < f->passed; i++)
        frame_clear(&f->kept[i].body);
    intake_free(f->intake);
    desk_clear(&f->desk);
    return 0;
}

static void
ask(struct fixture *f, const struct actor *who, int64_t now_ms)
{
    struct wire_request req = {.op = OP_GET_MEMBERS};
    struct packet packet;

    desk_packet(&f->desk, &packet, who, &req);
    intake_request(f->intake, &packet, now_ms);
}

static void
ask_bytes(struct fixture *f, const struct actor *who, const void *bytes, size_t len)
{
    struct packet packet;

    desk_packet_raw(&packet, who, 1, (struct span){.p = bytes, .len = len});
    intake_request(f->intake, &packet, NOW);
}

static void
who_asks_at_the_rate_is_never_turned_away(void **state)
{
    struct fixture *f = *state;
    struct actor ann = actor_numbered(1);

    for (int i = 0; i < 2000; i++)
        ask(f, &ann, NOW + i * 11);
    assert_int_equal(f->passed, 2000);
    assert_int_equal(f->desk.n_answers, 0);
}

static void
who_asks_too_fast_is_told_and_then_dropped(void **state)
{
    struct fixture *f = *state;
    struct actor eve = actor_numbered(1);
    struct wire_reply reply;

    for (int i = 0; i < 10000; i++)
        ask(f, &eve, NOW);
    assert_in_range(f->passed, BURST - 2, BURST);
    assert_in_range(f->desk.n_answers, BURST / 10, BURST / 10 + 2);
    desk_answer(&f->desk, (uint32_t)f->passed + 1, OP_GET_MEMBERS, &reply);
    assert_int_equal(reply.code, CODE_TOO_FAST);
}

static void
others_do_not_notice(void **state)
{
    struct fixture *f = *state;
    struct actor eve = actor_numbered(1), ann = actor_numbered(2);
    size_t before;

    for (int i = 0; i < 1000; i++)
        ask(f, &eve, NOW);
    before = f->passed;
    for (int i = 0; i < BURST / 2; i++)
        ask(f, &ann, NOW);
    assert_int_equal(f->passed, before + BURST / 2);
}

static void
after_a_while_it_goes_on(void **state)
{
    struct fixture *f = *state;
    struct actor eve = actor_numbered(1);
    size_t before;

    for (int i = 0; i < 1000; i++)
        ask(f, &eve, NOW);
    before = f->passed;
    for (int i = 0; i < 1000; i++)
        ask(f, &eve, NOW + 1000);
    assert_in_range(f->passed - before, RATE - 2, RATE + 1);
}

/* 64 KiB cost three tokens. */
static void
long_requests_cost_more(void **state)
{
    static const uint8_t bytes[65536] = {0x94, 0, 1};
    struct fixture *f = *state;
    struct actor eve = actor_numbered(1);

    for (int i = 0; i < 1000; i++)
        ask_bytes(f, &eve, bytes, sizeof bytes);
    assert_in_range(f->passed, BURST / 3, BURST / 3 + 1);
}

static void
only_so_many_are_in_work_at_once(void **state)
{
    struct fixture *f = *state;
    struct actor eve = actor_numbered(1);

    f->keep = true;
    for (int i = 0; i < PACE_IN_WORK + 10; i++)
        ask(f, &eve, NOW);
    assert_int_equal(f->passed, PACE_IN_WORK);
    assert_int_equal(f->desk.n_answers, 10);
    --*f->kept[0].route.in_work;
    ask(f, &eve, NOW);
    assert_int_equal(f->passed, PACE_IN_WORK + 1);
}

/* What has no number cannot be answered. */
static void
who_is_too_fast_and_sends_no_request_gets_no_answer(void **state)
{
    static const uint8_t bytes[] = {0xc1, 0xff};
    struct fixture *f = *state;
    struct actor eve = actor_numbered(1);

    for (int i = 0; i < 1000; i++)
        ask_bytes(f, &eve, bytes, sizeof bytes);
    assert_in_range(f->passed, BURST - 2, BURST);
    assert_int_equal(f->desk.n_answers, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_asks_at_the_rate_is_never_turned_away),
        TEST(who_asks_too_fast_is_told_and_then_dropped),
        TEST(others_do_not_notice),
        TEST(after_a_while_it_goes_on),
        TEST(long_requests_cost_more),
        TEST(only_so_many_are_in_work_at_once),
        TEST(who_is_too_fast_and_sends_no_request_gets_no_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
