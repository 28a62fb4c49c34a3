/* Real connections to a feed: one is cut and no other, and its full queue is not the others'. */
#include "group/feed_port.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/log.h"
#include "net/auth.h"

#define WAIT_MS 5000
#define FULL    20000 /* messages of which not all fit anywhere */

static const uint8_t anns[TICKET_LEN] = "ann's ticket ok";
static const uint8_t eves[TICKET_LEN] = "eve's ticket ok";

struct world {
    struct net *net;
    struct auth *auth;
    struct sock *feed;
    struct feed_port port;
    struct keypair group;
    struct keypair ann, eve;
    struct sock *to_ann, *to_eve;
    struct subscription by_ann, by_eve;
};

static bool
everybody(void *ctx, const char *domain, const uint8_t key[static KEY_LEN])
{
    (void)ctx;
    (void)domain;
    (void)key;
    return true;
}

static struct sock *
dial_as(struct world *w, const struct keypair *keys, const uint8_t *ticket, const char *endpoint)
{
    struct link_options o = {.role = LINK_FEED,
                             .keys = keys,
                             .server_key = w->group.cert.key,
                             .endpoint = endpoint,
                             .ticket = ticket,
                             .largest = 65536,
                             .connect_timeout_ms = 2000};
    struct sock *s;

    assert_int_equal(link_open(&s, w->net, &o, NULL), ST_OK);
    return s;
}

static struct sock *
dial(struct world *w, const struct keypair *keys, const uint8_t *ticket)
{
    return dial_as(w, keys, ticket, sock_endpoint(w->feed));
}

/* Everything in the world gets its turn. */
static void
turn(struct world *w)
{
    zmq_pollitem_t items[] = {{.socket = auth_handle(w->auth), .events = ZMQ_POLLIN},
                              {.socket = sock_handle(w->feed), .events = ZMQ_POLLIN}};

    zmq_poll(items, 2, 10);
    auth_serve(w->auth, clock_mono_ms());
}

static void
next(struct world *w, struct subscription *out)
{
    int64_t end = clock_mono_ms() + WAIT_MS;

    while (feed_port_next(&w->port, out) != ST_OK) {
        assert_true(clock_mono_ms() < end);
        turn(w);
    }
}

static void
ask_for(struct sock *link, const char *topic, size_t len)
{
    assert_int_equal(zmq_setsockopt(sock_handle(link), ZMQ_SUBSCRIBE, topic, len), 0);
}

/* The link's connection has ended. */
static void
await_lost(struct world *w, struct sock *link)
{
    int64_t end = clock_mono_ms() + WAIT_MS;
    enum link_event e;

    while ((e = link_next_event(link)) != LINK_LOST) {
        assert_true(clock_mono_ms() < end);
        turn(w);
    }
}

static bool
is_up(struct sock *link)
{
    enum link_event e;

    while ((e = link_next_event(link)) != LINK_NONE)
        if (e != LINK_CONNECTED && e != LINK_READY)
            return false;
    return true;
}

static void
publish(struct world *w, const uint8_t *ticket, enum status expected)
{
    struct frame frame;

    assert_int_equal(frame_copy_bytes(&frame, span_of("news")), ST_OK);
    assert_int_equal(feed_port_publish(&w->port, ticket, &frame), expected);
    frame_clear(&frame);
}

static void
hears(struct world *w, struct sock *link)
{
    int64_t end = clock_mono_ms() + WAIT_MS;
    struct frame frame;

    while (link_next(link, &frame) != ST_OK) {
        assert_true(clock_mono_ms() < end);
        turn(w);
    }
    frame_clear(&frame);
}

static int
setup(void **state)
{
    static struct world w;

    memset(&w, 0, sizeof w);
    log_setup(LEVEL_ERROR);
    assert_int_equal(keypair_generate(&w.group, ""), ST_OK);
    assert_int_equal(keypair_generate(&w.ann, ""), ST_OK);
    assert_int_equal(keypair_generate(&w.eve, ""), ST_OK);
    assert_int_equal(net_open(&w.net, 3, NULL), ST_OK);
    assert_int_equal(auth_open(&w.auth, w.net, everybody, NULL, NULL), ST_OK);
    assert_int_equal(sock_server_open(&w.feed, w.net, SOCK_FEED, &w.group, "feed", NULL), ST_OK);
    assert_int_equal(sock_bind(w.feed, "tcp://127.0.0.1:*", NULL), ST_OK);
    feed_port_open(&w.port, NULL, w.feed);
    w.to_ann = dial(&w, &w.ann, anns);
    next(&w, &w.by_ann);
    w.to_eve = dial(&w, &w.eve, eves);
    next(&w, &w.by_eve);
    *state = &w;
    return 0;
}

static int
teardown(void **state)
{
    struct world *w = *state;

    sock_close(w->to_ann);
    sock_close(w->to_eve);
    sock_close(w->feed);
    feed_port_close(&w->port);
    auth_close(w->auth);
    (void)net_close_within(w->net, WAIT_MS);
    return 0;
}

static void
subscription_tells_its_connection(void **state)
{
    struct world *w = *state;

    assert_true(w->by_ann.fd > 0);
    assert_string_equal(w->by_ann.address, "127.0.0.1");
    assert_int_not_equal(w->by_ann.fd, w->by_eve.fd);
    assert_memory_equal(w->by_eve.peer, w->eve.cert.key, KEY_LEN);
}

static void
one_connection_is_cut_and_no_other(void **state)
{
    struct world *w = *state;
    struct subscription sub;
    struct frame frame;

    ask_for(w->to_eve, "", 0);
    next(w, &sub);
    assert_int_equal(sub.topic_len, 0);
    assert_int_equal(sub.fd, w->by_eve.fd);
    assert_true(feed_port_cut(&w->port, &sub));
    publish(w, anns, ST_OK);
    hears(w, w->to_ann);
    await_lost(w, w->to_eve);
    assert_true(is_up(w->to_ann));
    assert_int_equal(link_next(w->to_eve, &frame), ST_AGAIN);
}

static void
what_a_cut_connection_sent_besides_is_not_told(void **state)
{
    struct world *w = *state;
    struct subscription sub;

    ask_for(w->to_eve, "", 0);
    ask_for(w->to_eve, "x", 1);
    ask_for(w->to_eve, "y", 1);
    next(w, &sub);
    assert_true(feed_port_cut(&w->port, &sub));
    /* However late that is read. */
    w->port.cuts[0].since_ms -= 2 * FEED_CUT_REMEMBER_MS;
    /* What comes next is its end, topic by topic, in nobody's name. */
    while (w->port.n_cuts > 0) {
        next(w, &sub);
        assert_false(sub.has_peer);
        assert_false(sub.on);
    }
}

static void
connection_that_cannot_be_told_is_not_cut(void **state)
{
    struct world *w = *state;
    struct subscription sub = w->by_eve;

    sub.fd = -1;
    assert_false(feed_port_cut(&w->port, &sub));
    sub = w->by_eve;
    sub.address[0] = '\0';
    assert_false(feed_port_cut(&w->port, &sub));
    sub = w->by_eve;
    sub.has_peer = false;
    assert_false(feed_port_cut(&w->port, &sub));
    publish(w, eves, ST_OK);
    hears(w, w->to_eve);
    assert_true(is_up(w->to_eve));
}

/* The other end's address is then one of IPv6 as well, though it dials by IPv4. */
static void
connection_to_every_address_is_cut(void **state)
{
    struct world *w = *state;
    struct subscription sub;
    char endpoint[100];
    struct sock *link;

    if (sock_unbind(w->feed) != ST_OK || sock_bind(w->feed, "tcp://[::]:*", NULL) != ST_OK)
        skip(); /* no IPv6 here */
    snprintf(endpoint, sizeof endpoint, "tcp://127.0.0.1%s", strrchr(sock_endpoint(w->feed), ':'));
    link = dial_as(w, &w->eve, eves, endpoint);
    next(w, &sub);
    ask_for(link, "", 0);
    do
        next(w, &sub);
    while (!sub.has_peer || sub.topic_len > 0);
    assert_true(feed_port_cut(&w->port, &sub));
    await_lost(w, link);
    sock_close(link);
}

/* Its descriptor may be anybody's by now. */
static void
connection_that_is_over_costs_nobody_theirs(void **state)
{
    struct world *w = *state;
    struct subscription sub = w->by_eve;
    int pipes[2];

    assert_int_equal(pipe(pipes), 0);
    sub.fd = pipes[0];
    assert_true(feed_port_cut(&w->port, &sub)); /* no connection */
    sub.fd = pipes[1] + 50;
    assert_true(feed_port_cut(&w->port, &sub)); /* nothing at all */
    assert_int_equal(write(pipes[1], "x", 1), 1);
    strcpy(sub.address, "192.0.2.7");
    sub.fd = w->by_ann.fd;
    assert_true(feed_port_cut(&w->port, &sub)); /* from elsewhere */
    publish(w, anns, ST_OK);
    hears(w, w->to_ann);
    assert_true(is_up(w->to_ann));
    assert_true(is_up(w->to_eve));
    close(pipes[0]);
    close(pipes[1]);
}

static void
only_so_many_strays_of_one_connection(void **state)
{
    struct world *w = *state;

    for (unsigned i = 0; i < FEED_STRAYS_MAX; i++)
        feed_port_stray(&w->port, &w->by_eve);
    publish(w, eves, ST_OK);
    hears(w, w->to_eve);
    assert_true(is_up(w->to_eve));
    /* Ann's are her own. */
    feed_port_stray(&w->port, &w->by_ann);
    feed_port_stray(&w->port, &w->by_eve);
    await_lost(w, w->to_eve);
    assert_true(is_up(w->to_ann));
}

static enum status
press_on_eve(struct world *w)
{
    char big[1000] = {0};
    struct frame frame;
    enum status st;

    assert_int_equal(frame_copy_bytes(&frame, (struct span){(const uint8_t *)big, sizeof big}),
                     ST_OK);
    st = feed_port_publish(&w->port, eves, &frame);
    frame_clear(&frame);
    return st;
}

/* Eve does not read. */
static void
fill_eves_queue(struct world *w)
{
    enum status st = ST_OK;

    for (int i = 0; i < FULL && st == ST_OK; i++)
        st = press_on_eve(w);
    assert_int_equal(st, ST_AGAIN);
}

/* And then she listens to everybody. */
static void
full_queue_of_who_listens_is_not_the_others(void **state)
{
    struct world *w = *state;
    int64_t end;
    struct subscription sub;

    fill_eves_queue(w);
    publish(w, anns, ST_OK);
    ask_for(w->to_eve, "", 0);
    /* Seen or not yet, nothing of it comes to Ann's ticket. */
    end = clock_mono_ms() + WAIT_MS;
    while (w->port.n_cuts == 0 && w->port.n_ahead == 0 && clock_mono_ms() < end) {
        /* What the system takes meanwhile would leave room in her queue. */
        while (press_on_eve(w) == ST_OK && w->port.n_cuts == 0 && clock_mono_ms() < end)
            ;
        publish(w, anns, ST_OK);
        hears(w, w->to_ann);
    }
    publish(w, anns, ST_OK);
    hears(w, w->to_ann);
    /* Whoever decides about her still gets to know. */
    next(w, &sub);
    assert_int_equal(sub.topic_len, 0);
    assert_memory_equal(sub.peer, w->eve.cert.key, KEY_LEN);
    /* Her descriptor may be anybody's by then. */
    assert_int_not_equal(sub.fd, w->by_eve.fd);
    assert_true(feed_port_cut(&w->port, &sub));
    assert_true(is_up(w->to_ann));
}

/* Of a connection that was cut, and whose end nothing ever tells. */
static void
who_hides_their_end_does_not_stop_the_loop(void **state)
{
    struct world *w = *state;

    fill_eves_queue(w);
    w->port.n_cuts = 1;
    /* Nothing is left of this second to wait in. */
    w->port.awaited_since_ms = clock_mono_ms();
    w->port.awaited_ms = FEED_AWAIT_MOST_MS;
    w->port.cuts[0].since_ms = clock_mono_ms() + WAIT_MS;
    fill_eves_queue(w);
    assert_true(clock_mono_ms() < w->port.cuts[0].since_ms);
    /* In the next one there is. */
    w->port.cuts[0].since_ms = clock_mono_ms();
    w->port.awaited_since_ms -= 1000;
    fill_eves_queue(w);
    assert_true(w->port.awaited_ms > 0);
}

/* An endpoint that dials from a port that nobody has just now, the same each time. */
static void
from_one_port(struct world *w, char *out, size_t size)
{
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof own;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&own, sizeof own), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&own, &len), 0);
    close(fd);
    snprintf(out, size, "tcp://127.0.0.1:%d;%s", ntohs(own.sin_port),
             sock_endpoint(w->feed) + strlen("tcp://"));
}

/* The feed's descriptor of the connection that was dialled from there. */
static int
descriptor_of(const struct world *w, const char *endpoint)
{
    in_port_t own = htons((uint16_t)atoi(strrchr(sock_endpoint(w->feed), ':') + 1));
    in_port_t from = htons((uint16_t)atoi(endpoint + strlen("tcp://127.0.0.1:")));

    for (int fd = 3; fd < 1000; fd++) {
        struct sockaddr_in here = {0}, there = {0};
        socklen_t len = sizeof here, size = sizeof there;

        if (getsockname(fd, (struct sockaddr *)&here, &len) == 0 && here.sin_port == own &&
            getpeername(fd, (struct sockaddr *)&there, &size) == 0 && there.sin_port == from)
            return fd;
    }
    return -1;
}

/* Eve comes back with the same key, from the same port. */
static void
connection_after_the_one_that_was_cut_is_another(void **state)
{
    struct world *w = *state;
    struct subscription sub, back;
    char endpoint[100];
    struct sock *link;
    int64_t end;

    from_one_port(w, endpoint, sizeof endpoint);
    link = dial_as(w, &w->eve, eves, endpoint);
    next(w, &sub);
    ask_for(link, "", 0);
    /* So its end does not tell of what it was cut for. */
    assert_int_equal(zmq_setsockopt(sock_handle(link), ZMQ_UNSUBSCRIBE, "", 0), 0);
    next(w, &sub);
    assert_int_equal(sub.topic_len, 0);
    next(w, &back);
    assert_false(back.on);
    assert_true(feed_port_cut(&w->port, &sub));
    await_lost(w, link);
    sock_close(link);
    do
        next(w, &sub);
    while (sub.has_peer || sub.topic_len != TICKET_LEN);
    assert_int_equal(w->port.n_cuts, 1);

    link = dial_as(w, &w->eve, NULL, endpoint);
    end = clock_mono_ms() + WAIT_MS;
    while (link_next_event(link) != LINK_READY) {
        assert_true(clock_mono_ms() < end);
        turn(w);
    }
    /* It mostly gets the same descriptor, too. */
    w->port.cuts[0].fd = descriptor_of(w, endpoint);
    ask_for(link, "", 0);
    next(w, &sub);
    assert_int_equal(sub.fd, w->port.cuts[0].fd);
    assert_int_equal(sub.topic_len, 0);
    assert_true(feed_port_cut(&w->port, &sub));
    await_lost(w, link);
    sock_close(link);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(subscription_tells_its_connection),
        TEST(one_connection_is_cut_and_no_other),
        TEST(what_a_cut_connection_sent_besides_is_not_told),
        TEST(connection_that_cannot_be_told_is_not_cut),
        TEST(connection_to_every_address_is_cut),
        TEST(connection_that_is_over_costs_nobody_theirs),
        TEST(only_so_many_strays_of_one_connection),
        TEST(full_queue_of_who_listens_is_not_the_others),
        TEST(who_hides_their_end_does_not_stop_the_loop),
        TEST(connection_after_the_one_that_was_cut_is_another),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
