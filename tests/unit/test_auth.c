/* The door keeper, asked as libzmq asks it: who is answered, what, and when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "net/auth.h"

#define WAIT_MS 5000
#define NOW     INT64_C(1000000)

struct world {
    struct net *net;
    struct auth *auth;
    void *asker;
    bool open; /* to key {1} */
};

static const uint8_t member[KEY_LEN] = {1};

static bool
policy(void *ctx, const char *domain, const uint8_t key[static KEY_LEN])
{
    const struct world *w = ctx;

    assert_string_equal(domain, "door");
    return w->open && memcmp(key, member, KEY_LEN) == 0;
}

static int
setup(void **state)
{
    static struct world w;
    int none = 0, wait_ms = WAIT_MS;

    memset(&w, 0, sizeof w);
    w.open = true;
    log_setup(LEVEL_ERROR);
    assert_int_equal(net_open(&w.net, 1, NULL), ST_OK);
    assert_int_equal(auth_open(&w.auth, w.net, policy, &w, NULL), ST_OK);
    w.asker = zmq_socket(net_context(w.net), ZMQ_DEALER);
    zmq_setsockopt(w.asker, ZMQ_LINGER, &none, sizeof none);
    zmq_setsockopt(w.asker, ZMQ_RCVTIMEO, &wait_ms, sizeof wait_ms);
    assert_int_equal(zmq_connect(w.asker, "inproc://zeromq.zap.01"), 0);
    *state = &w;
    return 0;
}

static int
teardown(void **state)
{
    struct world *w = *state;

    zmq_close(w->asker);
    auth_close(w->auth);
    net_close(w->net);
    return 0;
}

/* rfc.zeromq.org/spec/27 */
static void
ask(struct world *w, const char *id, const char *address, const uint8_t key[static KEY_LEN])
{
    const char *parts[] = {"", "1.0", id, "door", address, "", "CURVE"};

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        assert_true(zmq_send(w->asker, parts[i], strlen(parts[i]), ZMQ_SNDMORE) >= 0);
    assert_int_equal(zmq_send(w->asker, key, KEY_LEN, 0), KEY_LEN);
}

/* The answer to id; "" when there is none yet. */
static void
expect(struct world *w, const char *id, const char *code)
{
    char text[64];
    bool last = false;

    if (!*code) {
        assert_int_equal(zmq_recv(w->asker, text, sizeof text, ZMQ_DONTWAIT), -1);
        return;
    }
    for (int i = 0; !last; i++) {
        int more, n = zmq_recv(w->asker, text, sizeof text - 1, 0);
        size_t size = sizeof more;

        assert_true(n >= 0);
        text[n] = '\0';
        if (i == 2)
            assert_string_equal(text, id);
        else if (i == 3)
            assert_string_equal(text, code);
        else if (i == 5)
            assert_int_equal(n, strcmp(code, "200") == 0 ? KEY_Z85_LEN : 0);
        assert_int_equal(zmq_getsockopt(w->asker, ZMQ_RCVMORE, &more, &size), 0);
        last = !more;
        assert_int_equal(last, i == 6);
    }
}

static void
stranger_key(uint8_t key[static KEY_LEN], unsigned n)
{
    memset(key, 0, KEY_LEN);
    key[0] = 2;
    memcpy(key + 1, &n, sizeof n);
}

/* Refuse until it is no longer at once. */
static void
wear_out(struct world *w, const char *address, const uint8_t key[static KEY_LEN])
{
    for (int i = 0; i < AUTH_REFUSALS; i++) {
        ask(w, "x", address, key);
        auth_serve(w->auth, NOW);
        expect(w, "x", "400");
    }
    assert_false(auth_holds(w->auth));
}

static void
who_is_refused_again_and_again_waits(void **state)
{
    struct world *w = *state;
    uint8_t key[KEY_LEN];

    stranger_key(key, 1);
    wear_out(w, "10.0.0.1", key);
    ask(w, "late", "10.0.0.1", key);
    auth_serve(w->auth, NOW);
    assert_true(auth_holds(w->auth));
    expect(w, "late", "");
    auth_serve(w->auth, NOW + AUTH_HOLD_MS - 1);
    expect(w, "late", "");
    auth_serve(w->auth, NOW + AUTH_HOLD_MS);
    expect(w, "late", "400");
    assert_false(auth_holds(w->auth));
}

static void
key_is_remembered_at_other_addresses(void **state)
{
    struct world *w = *state;
    uint8_t key[KEY_LEN];

    stranger_key(key, 1);
    wear_out(w, "10.0.0.1", key);
    ask(w, "late", "10.0.0.2", key);
    auth_serve(w->auth, NOW);
    assert_true(auth_holds(w->auth));
}

static void
address_is_remembered_with_other_keys(void **state)
{
    struct world *w = *state;
    uint8_t key[KEY_LEN];

    for (unsigned i = 0; i <= AUTH_REFUSALS; i++) {
        stranger_key(key, i);
        ask(w, "x", "10.0.0.1", key);
        auth_serve(w->auth, NOW);
    }
    assert_true(auth_holds(w->auth));
}

static void
member_does_not_wait_for_a_stranger_at_the_same_address(void **state)
{
    struct world *w = *state;
    uint8_t key[KEY_LEN];

    stranger_key(key, 1);
    wear_out(w, "10.0.0.1", key);
    ask(w, "member", "10.0.0.1", member);
    auth_serve(w->auth, NOW);
    expect(w, "member", "200");
}

static void
penalty_is_over_after_a_while(void **state)
{
    struct world *w = *state;
    uint8_t key[KEY_LEN];

    stranger_key(key, 1);
    wear_out(w, "10.0.0.1", key);
    ask(w, "again", "10.0.0.1", key);
    auth_serve(w->auth, NOW + AUTH_REFUSAL_MS + 1);
    expect(w, "again", "400");
}

static void
only_so_many_answers_are_held(void **state)
{
    struct world *w = *state;
    uint8_t key[KEY_LEN];

    stranger_key(key, 1);
    wear_out(w, "10.0.0.1", key);
    for (int i = 0; i < AUTH_HELD_MAX; i++)
        ask(w, "held", "10.0.0.1", key);
    auth_serve(w->auth, NOW);
    expect(w, "held", "");
    ask(w, "over", "10.0.0.1", key);
    auth_serve(w->auth, NOW);
    expect(w, "over", "400");
    auth_serve(w->auth, NOW + AUTH_HOLD_MS);
    for (int i = 0; i < AUTH_HELD_MAX; i++)
        expect(w, "held", "400");
}

static void
connect_often(struct world *w)
{
    for (int i = 0; i < AUTH_CONNECTIONS; i++) {
        ask(w, "ok", "10.0.0.1", member);
        auth_serve(w->auth, NOW);
        expect(w, "ok", "200");
    }
    ask(w, "slow", "10.0.0.1", member);
    auth_serve(w->auth, NOW);
    expect(w, "slow", "");
}

static void
member_who_connects_too_often_waits(void **state)
{
    struct world *w = *state;

    connect_often(w);
    auth_serve(w->auth, NOW + AUTH_HOLD_MS);
    expect(w, "slow", "200");
}

static void
who_is_put_out_while_waiting_does_not_come_in(void **state)
{
    struct world *w = *state;

    connect_often(w);
    w->open = false;
    auth_serve(w->auth, NOW + AUTH_HOLD_MS);
    expect(w, "slow", "400");
}

/* The service's own knocking is neither slowed down nor held against its address. */
static void
barred_key_is_always_refused_at_once(void **state)
{
    struct world *w = *state;

    auth_bar(w->auth, member);
    for (int i = 0; i < 3 * AUTH_REFUSALS; i++) {
        ask(w, "probe", "10.0.0.1", member);
        auth_serve(w->auth, NOW);
        expect(w, "probe", "400");
    }
}

static void
request_of_another_shape_does_not_get_in(void **state)
{
    struct world *w = *state;

    zmq_send(w->asker, "", 0, ZMQ_SNDMORE);
    zmq_send(w->asker, "1.0", 3, ZMQ_SNDMORE);
    zmq_send(w->asker, "id", 2, ZMQ_SNDMORE);
    zmq_send(w->asker, "door", 4, ZMQ_SNDMORE);
    zmq_send(w->asker, "10.0.0.1", 8, ZMQ_SNDMORE);
    zmq_send(w->asker, "", 0, ZMQ_SNDMORE);
    zmq_send(w->asker, "NULL", 4, 0);
    auth_serve(w->auth, NOW);
    expect(w, "id", "400");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_is_refused_again_and_again_waits),
        TEST(key_is_remembered_at_other_addresses),
        TEST(address_is_remembered_with_other_keys),
        TEST(member_does_not_wait_for_a_stranger_at_the_same_address),
        TEST(penalty_is_over_after_a_while),
        TEST(only_so_many_answers_are_held),
        TEST(member_who_connects_too_often_waits),
        TEST(who_is_put_out_while_waiting_does_not_come_in),
        TEST(barred_key_is_always_refused_at_once),
        TEST(request_of_another_shape_does_not_get_in),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
