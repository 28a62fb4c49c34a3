#include "net/net.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/socket.h"
#include "net/unread.h"

/* ZMQ_ZAP_ENFORCE_DOMAIN stands behind ZMQ_BUILD_DRAFT_API in the header, but Debian's library
 * accepts it. Without it, a server whose ZAP handler is gone lets every key in. */
#define OPTION_ZAP_ENFORCE_DOMAIN 93

struct net {
    void *context;
    int io_threads;
    bool spread;
    atomic_uint numbers;
};

enum status
net_open(struct net **out, int io_threads, struct fault *why)
{
    struct net *net = calloc(1, sizeof *net);

    *out = NULL;
    if (!net)
        return ST_NOMEM;
    net->context = zmq_ctx_new();
    if (!net->context) {
        free(net);
        return fault_set(why, ST_SYSTEM, "cannot start the network layer: %s", zmq_strerror(errno));
    }
    zmq_ctx_set(net->context, ZMQ_IO_THREADS, io_threads);
    zmq_ctx_set(net->context, ZMQ_MAX_SOCKETS, 16 * 1024);
    /* A process must end even when a peer does not read. */
    zmq_ctx_set(net->context, ZMQ_BLOCKY, 0);
    net->io_threads = io_threads;
    atomic_init(&net->numbers, 0);
    *out = net;
    return ST_OK;
}

void
net_close(struct net *net)
{
    if (!net)
        return;
    while (zmq_ctx_term(net->context) != 0 && errno == EINTR)
        continue;
    free(net);
}

void *
net_context(struct net *net)
{
    return net->context;
}

void
net_spread(struct net *net)
{
    net->spread = true;
}

unsigned
net_next_number(struct net *net)
{
    return atomic_fetch_add(&net->numbers, 1);
}

/* Settings of every socket; docs/architecture.md gives the reason of each. */
static const struct setting common[] = {
    {ZMQ_LINGER, 0},
    {ZMQ_SNDTIMEO, 0},
    {ZMQ_RCVTIMEO, 0},
    {ZMQ_TCP_KEEPALIVE, 1},
    {ZMQ_TCP_KEEPALIVE_IDLE, 5},
    {ZMQ_TCP_KEEPALIVE_INTVL, 2},
    {ZMQ_TCP_KEEPALIVE_CNT, 3},
    {ZMQ_TCP_MAXRT, 6000},
};

static bool
apply(void *handle, const struct setting *settings, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (zmq_setsockopt(handle, settings[i].option, &settings[i].value, sizeof(int)) != 0)
            return false;
    return true;
}

/* A service has three: requests and feed each have one to themselves, so that one's sealing does
 * not hold up the other's, and the memory of the short connections for requests lies apart from
 * that of the feeds, and can be given back. The third is for client sockets: libzmq looks up a
 * host's name there, which may take many seconds. Where requests are all there is, each thread
 * takes its share of the connections: who waits behind a flood waits behind fewer of them. */
static bool
apply_thread(void *handle, const struct net *net, const struct socket_plan *plan)
{
    uint64_t threads = plan->server_key ? 4 : plan->type == ZMQ_XPUB ? 2 : 1;

    return net->io_threads < 3 || net->spread ||
           zmq_setsockopt(handle, ZMQ_AFFINITY, &threads, sizeof threads) == 0;
}

static bool
apply_keys(void *handle, const struct socket_plan *plan)
{
    int one = 1;
    const struct keypair *keys = plan->keys;

    if (zmq_setsockopt(handle, ZMQ_CURVE_SECRETKEY, keys->secret, KEY_LEN) != 0)
        return false;
    if (plan->server_key)
        return zmq_setsockopt(handle, ZMQ_CURVE_PUBLICKEY, keys->cert.key, KEY_LEN) == 0 &&
               zmq_setsockopt(handle, ZMQ_CURVE_SERVERKEY, plan->server_key, KEY_LEN) == 0;
    return zmq_setsockopt(handle, ZMQ_CURVE_SERVER, &one, sizeof one) == 0 &&
           zmq_setsockopt(handle, ZMQ_ZAP_DOMAIN, plan->domain, strlen(plan->domain)) == 0 &&
           zmq_setsockopt(handle, OPTION_ZAP_ENFORCE_DOMAIN, &one, sizeof one) == 0;
}

enum status
socket_make(struct sock **out, struct net *net, const struct socket_plan *plan, struct fault *why)
{
    int64_t largest = (int64_t)plan->largest;
    struct sock *s = calloc(1, sizeof *s);

    *out = NULL;
    if (!s)
        return ST_NOMEM;
    s->handle = zmq_socket(net->context, plan->type);
    if (!s->handle || !apply(s->handle, common, sizeof common / sizeof *common) ||
        !apply(s->handle, plan->settings, plan->n_settings) ||
        zmq_setsockopt(s->handle, ZMQ_MAXMSGSIZE, &largest, sizeof largest) != 0 ||
        !apply_thread(s->handle, net, plan) || !apply_keys(s->handle, plan)) {
        enum status st = fault_set(why, ST_SYSTEM, "cannot make a socket: %s", zmq_strerror(errno));
        sock_close(s);
        return st;
    }
    *out = s;
    return ST_OK;
}

/* libzmq's threads wait until an event has found room, so there must be no end of it. */
bool
socket_monitor(struct sock *s, struct net *net, int events)
{
    char name[40];
    int none = 0;

    snprintf(name, sizeof name, "inproc://monitor-%u", net_next_number(net));
    if (zmq_socket_monitor(s->handle, name, events) != 0)
        return false;
    s->monitor = zmq_socket(net_context(net), ZMQ_PAIR);
    if (!s->monitor) {
        zmq_socket_monitor(s->handle, NULL, 0);
        return false;
    }
    return zmq_setsockopt(s->monitor, ZMQ_LINGER, &none, sizeof none) == 0 &&
           zmq_setsockopt(s->monitor, ZMQ_RCVHWM, &none, sizeof none) == 0 &&
           zmq_connect(s->monitor, name) == 0;
}

/* A monitor message: event number and value, then the address. */
bool
socket_next_event(struct sock *s, struct socket_event *out)
{
    zmq_msg_t msg;
    bool found;

    zmq_msg_init(&msg);
    found = zmq_msg_recv(&msg, s->monitor, ZMQ_DONTWAIT) == 6;
    if (found) {
        const uint8_t *p = zmq_msg_data(&msg);

        memcpy(&out->event, p, sizeof out->event);
        memcpy(&out->value, p + sizeof out->event, sizeof out->value);
        if (zmq_msg_more(&msg))
            zmq_msg_recv(&msg, s->monitor, ZMQ_DONTWAIT);
    }
    zmq_msg_close(&msg);
    return found;
}

void
sock_linger(struct sock *s, int ms)
{
    zmq_setsockopt(s->handle, ZMQ_LINGER, &ms, sizeof ms);
}

void
sock_close(struct sock *s)
{
    if (!s)
        return;
    if (s->monitor) {
        zmq_socket_monitor(s->handle, NULL, 0);
        zmq_close(s->monitor);
    }
    if (s->handle)
        zmq_close(s->handle);
    unread_free(s->unread);
    free(s);
}

void *
sock_handle(struct sock *s)
{
    return s->handle;
}

const char *
sock_endpoint(const struct sock *s)
{
    return s->endpoint;
}
