/* A service knocks at its own doors: an open one is told from a closed one, and none is left out.
 */
#include "service/probe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "service/service.h"

struct world {
    struct net *net;
    struct auth *auth;
    struct sock *door;
    struct keypair keys;
    struct keypair stranger;
};

static bool
everybody(void *ctx, const char *domain, const uint8_t key[static KEY_LEN])
{
    (void)ctx;
    (void)domain;
    (void)key;
    return true;
}

static int
setup(void **state)
{
    static struct world w;

    memset(&w, 0, sizeof w);
    log_setup(LEVEL_ERROR);
    assert_int_equal(keypair_generate(&w.keys, ""), ST_OK);
    assert_int_equal(keypair_generate(&w.stranger, ""), ST_OK);
    assert_int_equal(net_open(&w.net, 3, NULL), ST_OK);
    assert_int_equal(auth_open(&w.auth, w.net, everybody, NULL, NULL), ST_OK);
    *state = &w;
    return 0;
}

static int
teardown(void **state)
{
    struct world *w = *state;

    sock_close(w->door);
    auth_close(w->auth);
    (void)net_close_within(w->net, PROBE_MS);
    return 0;
}

static enum status
knock_at(struct world *w, enum sock_role role, struct fault *why)
{
    struct probe p = {.net = w->net,
                      .auth = w->auth,
                      .stranger = &w->stranger,
                      .role = role == SOCK_FEED ? LINK_FEED : LINK_REQUESTS,
                      .server_key = w->keys.cert.key};

    sock_close(w->door);
    assert_int_equal(sock_server_open(&w->door, w->net, role, &w->keys, "door", NULL), ST_OK);
    assert_int_equal(sock_bind(w->door, "tcp://127.0.0.1:*", NULL), ST_OK);
    p.endpoint = sock_endpoint(w->door);
    return probe_door(&p, why);
}

static void
open_door_is_told_from_a_closed_one(void **state)
{
    static const enum sock_role roles[] = {SOCK_REQUESTS, SOCK_FEED};
    struct world *w = *state;
    struct fault why;

    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(knock_at(w, roles[i], &why), ST_DENIED);
        assert_non_null(strstr(why.text, "lets strangers in: not serving"));
    }
    auth_bar(w->auth, w->stranger.cert.key);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(knock_at(w, roles[i], &why), ST_OK);
}

/* ---- a whole service ---- */

static void
ignore(void *ctx)
{
    (void)ctx;
}

static void
take(void *ctx, struct packet *packet)
{
    (void)ctx;
    frame_clear(&packet->body);
}

static void
service_with_a_door_that_was_not_knocked_at_does_not_serve(void **state)
{
    static const struct service_events events = {.admits = everybody,
                                                 .request = take,
                                                 .reload = ignore,
                                                 .stop = ignore};
    struct world *w = *state;
    struct service_options o = {.keys = &w->keys,
                                .domain = "requests",
                                .listen = "tcp://127.0.0.1:*"};
    struct service *s;
    const uint8_t *key = w->keys.cert.key;

    service_block_signals();
    assert_int_equal(service_open(&s, &o, &events, NULL), ST_OK);
    assert_int_equal(sock_server_open(&w->door, service_net(s), SOCK_FEED, &w->keys, "feed", NULL),
                     ST_OK);
    assert_int_equal(service_guard(s, w->door, "feed", NULL), ST_OK);
    assert_int_equal(sock_bind(w->door, "tcp://127.0.0.1:*", NULL), ST_OK);
    assert_int_equal(service_listen(s, NULL), ST_OK);
    service_end(s, ST_OK); /* as soon as it runs */
    assert_int_equal(service_run(s), ST_DENIED);
    assert_int_equal(service_probe(s, LINK_REQUESTS, service_endpoint(s), key, NULL), ST_OK);
    assert_int_equal(service_run(s), ST_DENIED);
    assert_int_equal(service_probe(s, LINK_FEED, sock_endpoint(w->door), key, NULL), ST_OK);
    assert_int_equal(service_run(s), ST_OK);
    sock_close(w->door);
    w->door = NULL;
    service_close(s);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(open_door_is_told_from_a_closed_one),
        TEST(service_with_a_door_that_was_not_knocked_at_does_not_serve),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
