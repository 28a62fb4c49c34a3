/* The secret of an invitation that was used is nowhere in memory that was given back. */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "client/handle.h"
#include "fake_link.h"

#define WAIT_MS 20

static const uint8_t secret[WIRE_KEY_LEN] = "the secret of an invitation 1234";
static bool looks;
static unsigned looked;
static unsigned found;

void __real_free(void *p);
void __wrap_free(void *p);

void
__wrap_free(void *p)
{
    if (looks && p != NULL) {
        looked++;
        found += memmem(p, malloc_usable_size(p), secret, sizeof secret) != NULL;
    }
    __real_free(p);
}

static int
set_up(void **state)
{
    static struct conclave c;
    uint8_t key[KEY_LEN] = {1};

    memset(&c, 0, sizeof c);
    c.fd = -1;
    session_init(&c.directory, NULL, NULL, "the message server");
    session_point(&c.directory, key, "tcp://h:1");
    assert_true(handle_reserve(&c, 0));
    *state = &c;
    return 0;
}

static int
tear_down(void **state)
{
    struct conclave *c = *state;

    session_clear(&c->directory);
    free(c->items);
    fake_reset();
    return 0;
}

/* Nobody answers; it was sent all the same. */
static enum conclave_status
ask(struct conclave *c, const struct wire_join_group *join)
{
    struct wire_request req = {.op = OP_JOIN_GROUP, .u.join_group = *join};
    enum conclave_status st;
    struct answer a;

    answer_init(&a);
    st = handle_ask(c, &c->directory, &req, clock_mono_ms() + WAIT_MS, &a);
    answer_clear(&a);
    return st;
}

static void
connect_first(struct conclave *c)
{
    (void)ask(c, &(struct wire_join_group){.has = WIRE_JOIN_HAS_NICK, .nick = span_of("ann")});
    fake_event(fake_link(LINK_REQUESTS), LINK_READY);
    handle_step(c);
}

static void
it_is_wiped_from_the_request(void **state)
{
    struct conclave *c = *state;
    struct wire_join_group join = {.nick = span_of("ann"),
                                   .has = WIRE_JOIN_HAS_NICK | WIRE_JOIN_HAS_INVITE};
    struct wire_request sent;

    memcpy(join.invite, secret, sizeof secret);
    connect_first(c);
    looks = true;
    assert_int_equal(ask(c, &join), CONCLAVE_UNREACHABLE);
    looks = false;
    assert_true(fake_sent(fake_link(LINK_REQUESTS), &sent));
    assert_memory_equal(sent.u.join_group.invite, secret, sizeof secret);
    assert_true(looked > 0);
    assert_int_equal(found, 0);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(it_is_wiped_from_the_request),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
