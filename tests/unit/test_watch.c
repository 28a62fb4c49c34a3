/* Who does not get through a door is counted by what was wrong with them. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/log.h"
#include "net/auth.h"
#include "net/watch.h"

#define WAIT_MS 5000

struct world {
    struct net *net;
    struct auth *auth;
    struct sock *door;
    struct watch *watch;
    struct keypair server;
    struct keypair user;
    struct keypair stranger;
};

static bool
only_the_user(void *ctx, const char *domain, const uint8_t key[static KEY_LEN])
{
    const struct world *w = ctx;

    (void)domain;
    return memcmp(key, w->user.cert.key, KEY_LEN) == 0;
}

static int
open_door(void **state, enum sock_role role)
{
    static struct world w;

    memset(&w, 0, sizeof w);
    log_setup(LEVEL_ERROR);
    assert_int_equal(keypair_generate(&w.server, ""), ST_OK);
    assert_int_equal(keypair_generate(&w.user, ""), ST_OK);
    assert_int_equal(keypair_generate(&w.stranger, ""), ST_OK);
    assert_int_equal(net_open(&w.net, 3, NULL), ST_OK);
    assert_int_equal(auth_open(&w.auth, w.net, only_the_user, &w, NULL), ST_OK);
    assert_int_equal(sock_server_open(&w.door, w.net, role, &w.server, "door", NULL), ST_OK);
    assert_int_equal(watch_open(&w.watch, w.net, w.door, "door", NULL), ST_OK);
    assert_int_equal(sock_bind(w.door, "tcp://127.0.0.1:*", NULL), ST_OK);
    *state = &w;
    return 0;
}

static int
setup(void **state)
{
    return open_door(state, SOCK_REQUESTS);
}

static int
setup_feed(void **state)
{
    return open_door(state, SOCK_FEED);
}

static int
teardown(void **state)
{
    struct world *w = *state;

    sock_close(w->door);
    watch_close(w->watch);
    auth_close(w->auth);
    net_close(w->net);
    return 0;
}

/* Serve until *counter (one of watch_counts) is more than 0. */
static void
await(struct world *w, const uint64_t *counter)
{
    int64_t end = clock_mono_ms() + WAIT_MS;

    while (*counter == 0 && clock_mono_ms() < end) {
        zmq_pollitem_t items[] = {{.socket = auth_handle(w->auth), .events = ZMQ_POLLIN},
                                  {.socket = watch_handle(w->watch), .events = ZMQ_POLLIN}};

        zmq_poll(items, 2, 20);
        auth_serve(w->auth, clock_mono_ms());
        watch_serve(w->watch);
    }
    assert_int_equal(*counter, 1);
}

static struct sock *
dial(struct world *w, const struct keypair *keys, const uint8_t *server_key)
{
    struct link_options o = {.role = LINK_REQUESTS,
                             .keys = keys,
                             .server_key = server_key,
                             .endpoint = sock_endpoint(w->door),
                             .largest = 65536,
                             .connect_timeout_ms = 2000};
    struct sock *s;

    assert_int_equal(link_open(&s, w->net, &o, NULL), ST_OK);
    return s;
}

static int
dial_tcp(struct world *w)
{
    const char *port = strrchr(sock_endpoint(w->door), ':') + 1;
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static uint64_t
failures(const struct watch_counts *n)
{
    return n->silent + n->strange;
}

static void
who_comes_in_is_no_failure(void **state)
{
    struct world *w = *state;
    const struct watch_counts *n = watch_counts(w->watch);
    struct sock *link = dial(w, &w->user, w->server.cert.key);

    await(w, &n->entered);
    sock_close(link);
    assert_int_equal(n->accepted, 1);
    assert_int_equal(failures(n), 0);
}

static void
another_server_key_is_told(void **state)
{
    struct world *w = *state;
    const struct watch_counts *n = watch_counts(w->watch);
    struct sock *link = dial(w, &w->user, w->stranger.cert.key);

    await(w, &n->strange);
    sock_close(link);
    assert_int_equal(failures(n), 1);
}

static void
password_instead_of_curve_is_told(void **state)
{
    struct world *w = *state;
    const struct watch_counts *n = watch_counts(w->watch);
    void *client = zmq_socket(net_context(w->net), ZMQ_DEALER);
    int none = 0, once = -1;
    int64_t end;

    zmq_setsockopt(client, ZMQ_LINGER, &none, sizeof none);
    zmq_setsockopt(client, ZMQ_RECONNECT_IVL, &once, sizeof once);
    zmq_setsockopt(client, ZMQ_PLAIN_USERNAME, "ann", 3);
    zmq_setsockopt(client, ZMQ_PLAIN_PASSWORD, "ann", 3);
    assert_int_equal(zmq_connect(client, sock_endpoint(w->door)), 0);
    /* Whichever side finds out first. */
    end = clock_mono_ms() + WAIT_MS;
    while (failures(n) == 0 && clock_mono_ms() < end) {
        zmq_pollitem_t item = {.socket = watch_handle(w->watch), .events = ZMQ_POLLIN};

        zmq_poll(&item, 1, 20);
        watch_serve(w->watch);
    }
    zmq_close(client);
    assert_int_equal(failures(n), 1);
}

static void
another_protocol_is_told(void **state)
{
    static const char hello[] = "GET / HTTP/1.0\r\nHost: somewhere\r\n\r\n";
    struct world *w = *state;
    const struct watch_counts *n = watch_counts(w->watch);
    int fd = dial_tcp(w);

    assert_int_equal(send(fd, hello, sizeof hello - 1, MSG_NOSIGNAL), sizeof hello - 1);
    await(w, &n->strange);
    close(fd);
    assert_int_equal(failures(n), 1);
}

static void
silence_ends_at_the_handshake_limit(void **state)
{
    struct world *w = *state;
    const struct watch_counts *n = watch_counts(w->watch);
    int64_t began = clock_mono_ms();
    int fd = dial_tcp(w);

    await(w, &n->silent);
    assert_in_range(clock_mono_ms() - began, 1500, 4000);
    close(fd);
    assert_int_equal(failures(n), 1);
}

static void
refused_key_is_left_to_the_door_keeper(void **state)
{
    struct world *w = *state;
    const struct watch_counts *n = watch_counts(w->watch);
    struct sock *link = dial(w, &w->stranger, w->server.cert.key);
    enum link_event ev = LINK_NONE;
    int64_t end = clock_mono_ms() + WAIT_MS;
    int fd;

    while (ev != LINK_DENIED && clock_mono_ms() < end) {
        zmq_pollitem_t items[] = {{.socket = auth_handle(w->auth), .events = ZMQ_POLLIN},
                                  {.socket = link_monitor(link), .events = ZMQ_POLLIN}};

        zmq_poll(items, 2, 20);
        auth_serve(w->auth, clock_mono_ms());
        ev = link_next_event(link);
    }
    assert_int_equal(ev, LINK_DENIED);
    sock_close(link);
    /* Another one behind it, so that all of the first is seen. */
    fd = dial_tcp(w);
    assert_int_equal(send(fd, "GET / HTTP/1.0\r\n\r\n", 18, MSG_NOSIGNAL), 18);
    await(w, &n->strange);
    close(fd);
    assert_int_equal(failures(n), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_comes_in_is_no_failure),
        TEST(another_server_key_is_told),
        TEST(password_instead_of_curve_is_told),
        TEST(another_protocol_is_told),
        TEST(silence_ends_at_the_handshake_limit),
        TEST(refused_key_is_left_to_the_door_keeper),
        cmocka_unit_test_setup_teardown(silence_ends_at_the_handshake_limit, setup_feed, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
