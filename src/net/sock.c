#include "net/net.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/socket.h"
#include "net/unread.h"

/* ZMQ_ZAP_ENFORCE_DOMAIN stands behind ZMQ_BUILD_DRAFT_API in the header, but Debian's library
 * accepts it. Without it, a server whose ZAP handler is gone lets every key in. */
#define OPTION_ZAP_ENFORCE_DOMAIN 93

/* Bytes that CURVE adds to a message on the wire, which libzmq counts against the limit. */
#define CURVE_ROOM    128
#define REQUEST_BYTES (64 * 1024 + CURVE_ROOM)
/* A ticket needs 17 bytes, but below about 300 no client gets through the handshake. */
#define SUBSCRIPTION_BYTES 512
/* Messages, twice what a key may have in work: libzmq learns only in halves what was read. */
#define REPLIES_QUEUED 128
#define FEED_QUEUED    256

/* No receive limit: a peer that is reset while its receive queue is full can make libzmq 4.3.4
 * abort the process. The service drains at once and bounds its own queue. */
static const struct socket_setting for_requests[] = {
    {ZMQ_RCVHWM, 0},          {ZMQ_SNDHWM, REPLIES_QUEUED}, {ZMQ_ROUTER_MANDATORY, 1},
    {ZMQ_ROUTER_HANDOVER, 0}, {ZMQ_HANDSHAKE_IVL, 2000},    {ZMQ_BACKLOG, 4096},
};
static const struct socket_setting for_feed[] = {
    {ZMQ_RCVHWM, 0},      {ZMQ_SNDHWM, FEED_QUEUED}, {ZMQ_XPUB_VERBOSER, 1},
    {ZMQ_XPUB_NODROP, 1}, {ZMQ_HANDSHAKE_IVL, 2000}, {ZMQ_BACKLOG, 4096},
};

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* ---- any socket ---- */

/* Settings of every socket; docs/architecture.md gives the reason of each. */
static const struct socket_setting common[] = {
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
apply(void *handle, const struct socket_setting *settings, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (zmq_setsockopt(handle, settings[i].option, &settings[i].value, sizeof(int)) != 0)
            return false;
    return true;
}

static bool
apply_keys(void *handle, const struct socket_plan *plan)
{
    int one = 1;
    const struct keypair *keys = plan->keys;

    if (zmq_setsockopt(handle, ZMQ_CURVE_SECRETKEY, keys->secret, KEY_LEN) != 0)
        return false;
    if (plan->server_key != NULL)
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
    uint64_t threads = net_threads_for(net, plan->type);
    struct sock *s = calloc(1, sizeof *s);

    *out = NULL;
    if (s == NULL)
        return ST_NOMEM;
    s->handle = zmq_socket(net_context(net), plan->type);
    if (s->handle == NULL || !apply(s->handle, common, sizeof common / sizeof *common) ||
        !apply(s->handle, plan->settings, plan->n_settings) ||
        zmq_setsockopt(s->handle, ZMQ_MAXMSGSIZE, &largest, sizeof largest) != 0 ||
        zmq_setsockopt(s->handle, ZMQ_AFFINITY, &threads, sizeof threads) != 0 ||
        !apply_keys(s->handle, plan)) {
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
    if (s->monitor == NULL) {
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
    if (s == NULL)
        return;
    if (s->monitor != NULL) {
        zmq_socket_monitor(s->handle, NULL, 0);
        zmq_close(s->monitor);
    }
    if (s->handle != NULL)
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

/* ---- server sockets ---- */

enum status
sock_server_open(struct sock **out, struct net *net, enum sock_role role,
                 const struct keypair *keys, const char *domain, struct fault *why)
{
    bool feed = role == SOCK_FEED;
    struct socket_plan plan = {
        .type = feed ? ZMQ_XPUB : ZMQ_ROUTER,
        .keys = keys,
        .domain = domain,
        .largest = feed ? SUBSCRIPTION_BYTES : REQUEST_BYTES,
        .settings = feed ? for_feed : for_requests,
        .n_settings = feed ? COUNT(for_feed) : COUNT(for_requests),
    };
    enum status st = socket_make(out, net, &plan, why);

    if (st == ST_OK && !feed && (st = unread_new(&(*out)->unread)) != ST_OK) {
        sock_close(*out);
        *out = NULL;
    }
    return st;
}

enum status
sock_bind(struct sock *s, const char *endpoint, struct fault *why)
{
    size_t size = sizeof s->endpoint;
    int ipv6 = strchr(endpoint, '[') != NULL;

    /* Only where asked for: else 127.0.0.1 would be called [::ffff:127.0.0.1] from then on. */
    zmq_setsockopt(s->handle, ZMQ_IPV6, &ipv6, sizeof ipv6);
    if (zmq_bind(s->handle, endpoint) != 0)
        return fault_set(why, errno == EADDRINUSE ? ST_BUSY : ST_SYSTEM, "cannot listen on %s: %s",
                         endpoint, zmq_strerror(errno));
    if (zmq_getsockopt(s->handle, ZMQ_LAST_ENDPOINT, s->endpoint, &size) != 0)
        return fault_set(why, ST_SYSTEM, "cannot tell the address of %s", endpoint);
    return ST_OK;
}

enum status
sock_unbind(struct sock *s)
{
    return zmq_unbind(s->handle, s->endpoint) == 0 ? ST_OK : ST_SYSTEM;
}

/* Throw away what is left of a message of which msg was the last part read. */
static void
drop_rest(void *handle, zmq_msg_t *msg)
{
    while (zmq_msg_more(msg))
        if (zmq_msg_recv(msg, handle, ZMQ_DONTWAIT) < 0)
            break;
}

static bool
peer_of(zmq_msg_t *msg, uint8_t key[static KEY_LEN])
{
    const char *user = zmq_msg_gets(msg, "User-Id");

    return user != NULL && key_from_z85(key, user) == ST_OK;
}

static void
address_of(zmq_msg_t *msg, char *out, size_t size)
{
    const char *address = zmq_msg_gets(msg, "Peer-Address");

    if (address != NULL && strlen(address) < size)
        memcpy(out, address, strlen(address) + 1);
}

/* The envelope of a REQ or DEALER client: routing id, empty delimiter, body. The body frame, and
 * not the routing id, carries the User-Id. */
enum status
sock_next_request(struct sock *s, struct packet *out)
{
    zmq_msg_t *body = &out->body.msg;
    bool fits, whole;

    frame_init(&out->body);
    out->route.in_work = NULL;
    if (zmq_msg_recv(body, s->handle, ZMQ_DONTWAIT) < 0)
        return ST_AGAIN;
    fits = zmq_msg_size(body) <= ROUTE_MAX;
    whole = fits && zmq_msg_more(body);
    if (whole) {
        out->route.len = (uint8_t)zmq_msg_size(body);
        memcpy(out->route.id, zmq_msg_data(body), out->route.len);
        whole = zmq_msg_recv(body, s->handle, ZMQ_DONTWAIT) == 0 && zmq_msg_more(body);
    }
    if (whole)
        whole = zmq_msg_recv(body, s->handle, ZMQ_DONTWAIT) >= 0 && !zmq_msg_more(body);
    if (whole && peer_of(body, out->peer)) {
        out->route.fd = zmq_msg_get(body, ZMQ_SRCFD);
        return ST_OK;
    }
    drop_rest(s->handle, body);
    frame_clear(&out->body);
    return fits ? ST_INVALID : ST_PROTOCOL;
}

enum status
sock_reply(struct sock *s, const struct route *to, struct frame *f)
{
    const int more = ZMQ_DONTWAIT | ZMQ_SNDMORE;
    enum status st = ST_OK;

    if (!unread_allows(s->unread, to->fd, zmq_msg_size(&f->msg)))
        st = ST_AGAIN;
    else if (zmq_send(s->handle, to->id, to->len, more) < 0)
        st = errno == EAGAIN ? ST_AGAIN : ST_CLOSED;
    else if (zmq_send(s->handle, "", 0, more) < 0 ||
             zmq_msg_send(&f->msg, s->handle, ZMQ_DONTWAIT) < 0)
        st = ST_CLOSED;
    frame_clear(f);
    return st;
}

void
sock_beat(struct sock *s)
{
    unread_sweep(s->unread);
}

/* Each part counts by itself: libzmq obeys a subscription wherever in a message it stands. */
enum status
sock_next_subscription(struct sock *s, struct subscription *out)
{
    zmq_msg_t msg;
    enum status st = ST_INVALID;
    const uint8_t *p;
    size_t len;

    zmq_msg_init(&msg);
    if (zmq_msg_recv(&msg, s->handle, ZMQ_DONTWAIT) < 0) {
        zmq_msg_close(&msg);
        return ST_AGAIN;
    }
    p = zmq_msg_data(&msg);
    len = zmq_msg_size(&msg);
    if (len > 0 && p[0] <= 1) {
        memset(out, 0, sizeof *out);
        out->on = p[0] == 1;
        out->has_peer = peer_of(&msg, out->peer);
        out->fd = zmq_msg_get(&msg, ZMQ_SRCFD);
        address_of(&msg, out->address, sizeof out->address);
        out->topic_len = len - 1;
        memcpy(out->topic, p + 1, len - 1 < TICKET_LEN ? len - 1 : TICKET_LEN);
        st = ST_OK;
    }
    zmq_msg_close(&msg);
    return st;
}

enum status
sock_publish(struct sock *s, const uint8_t ticket[static TICKET_LEN], struct frame *payload)
{
    struct frame shared;

    if (zmq_send(s->handle, ticket, TICKET_LEN, ZMQ_DONTWAIT | ZMQ_SNDMORE) < 0)
        return ST_AGAIN;
    frame_share(&shared, payload);
    /* The limit counts whole messages, so what took the first part takes the second. */
    if (zmq_msg_send(&shared.msg, s->handle, ZMQ_DONTWAIT) < 0) {
        frame_clear(&shared);
        return ST_AGAIN;
    }
    return ST_OK;
}
