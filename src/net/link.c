#include "net/net.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "net/socket.h"

#define CURVE_ROOM     1024
#define SILENT_MS      1500 /* who does not have the trusted key ends the handshake at once */
#define FEED_QUEUED    32   /* frames; beyond it the group sees back-pressure */
#define REPLIES_QUEUED 16   /* so many answers a service may press on who does not read */

/* libzmq does not reconnect for us: after a refused handshake it stops for good or loops without
 * end, so whoever owns the connection decides, and opens a new one. */
static const struct socket_setting for_requests[] = {
    {ZMQ_RECONNECT_IVL, -1},
    {ZMQ_IPV6, 1},
    {ZMQ_HANDSHAKE_IVL, 3000},
    {ZMQ_IMMEDIATE, 1}, /* a send before the handshake fails instead of queueing */
    {ZMQ_SNDHWM, 0},
    {ZMQ_RCVHWM, REPLIES_QUEUED},
};
/* Not IMMEDIATE: the subscription must leave by itself when the handshake is over, also when
 * nobody reads the socket just then. */
static const struct socket_setting for_feed[] = {
    {ZMQ_RECONNECT_IVL, -1},
    {ZMQ_HANDSHAKE_IVL, 3000},
    {ZMQ_IPV6, 1},
    {ZMQ_RCVHWM, FEED_QUEUED},
};

#define WATCHED                                                             \
    (ZMQ_EVENT_CONNECTED | ZMQ_EVENT_CLOSED | ZMQ_EVENT_DISCONNECTED |      \
     ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | \
     ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL)

enum status
link_open(struct sock **out, struct net *net, const struct link_options *o, struct fault *why)
{
    bool feed = o->role == LINK_FEED;
    struct sock *s;
    enum status st;
    struct socket_plan plan = {
        .type = feed ? ZMQ_SUB : ZMQ_DEALER,
        .keys = o->keys,
        .server_key = o->server_key,
        .largest = o->largest + CURVE_ROOM,
        .settings = feed ? for_feed : for_requests,
        .n_settings =
            feed ? sizeof for_feed / sizeof *for_feed : sizeof for_requests / sizeof *for_requests,
    };

    st = socket_make(out, net, &plan, why);
    if (st != ST_OK)
        return st;
    s = *out;
    snprintf(s->endpoint, sizeof s->endpoint, "%s", o->endpoint);
    s->serial = net_next_number(net);
    if (!socket_monitor(s, net, WATCHED) ||
        zmq_setsockopt(s->handle, ZMQ_CONNECT_TIMEOUT, &o->connect_timeout_ms, sizeof(int)) != 0 ||
        (o->ticket != NULL &&
         zmq_setsockopt(s->handle, ZMQ_SUBSCRIBE, o->ticket, TICKET_LEN) != 0) ||
        zmq_connect(s->handle, o->endpoint) != 0) {
        st =
            fault_set(why, ST_SYSTEM, "cannot connect to %s: %s", o->endpoint, zmq_strerror(errno));
        sock_close(s);
        *out = NULL;
    }
    return st;
}

enum status
link_subscribe(struct sock *s, const uint8_t ticket[static TICKET_LEN], struct fault *why)
{
    if (zmq_setsockopt(s->handle, ZMQ_SUBSCRIBE, ticket, TICKET_LEN) == 0)
        return ST_OK;
    return fault_set(why, ST_SYSTEM, "cannot subscribe at %s: %s", s->endpoint,
                     zmq_strerror(errno));
}

unsigned
link_serial(const struct sock *s)
{
    return s->serial;
}

void *
link_monitor(struct sock *s)
{
    return s->monitor;
}

/* What one monitor event means for this connection. */
static enum link_event
meaning(struct sock *s, uint16_t event)
{
    switch (event) {
    case ZMQ_EVENT_CONNECTED:
        s->connected_ms = clock_mono_ms();
        return LINK_CONNECTED;
    case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
        s->ready = true;
        return LINK_READY;
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
        return LINK_DENIED;
    case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
        return LINK_MISMATCH;
    case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
        /* The event's errno is a left-over when the handshake's time is over, here or there. */
        return clock_mono_ms() - s->connected_ms >= SILENT_MS ? LINK_SILENT : LINK_BROKEN_OFF;
    case ZMQ_EVENT_DISCONNECTED:
        return s->ready ? LINK_LOST : LINK_SILENT;
    default: /* ZMQ_EVENT_CLOSED: the attempt to connect ended */
        return LINK_NO_ANSWER;
    }
}

enum link_event
link_next_event(struct sock *s)
{
    struct socket_event e;

    return socket_next_event(s, &e) ? meaning(s, e.event) : LINK_NONE;
}

enum status
link_send(struct sock *s, struct frame *f)
{
    if (zmq_send(s->handle, "", 0, ZMQ_DONTWAIT | ZMQ_SNDMORE) < 0)
        return ST_AGAIN;
    return zmq_msg_send(&f->msg, s->handle, ZMQ_DONTWAIT) < 0 ? ST_AGAIN : ST_OK;
}

/* Both roles carry two parts: an empty delimiter or the ticket, then what counts. */
enum status
link_next(struct sock *s, struct frame *out)
{
    frame_init(out);
    while (zmq_msg_recv(&out->msg, s->handle, ZMQ_DONTWAIT) >= 0) {
        bool two = zmq_msg_more(&out->msg) &&
                   zmq_msg_recv(&out->msg, s->handle, ZMQ_DONTWAIT) >= 0 &&
                   !zmq_msg_more(&out->msg);

        if (two)
            return ST_OK;
        while (zmq_msg_more(&out->msg))
            if (zmq_msg_recv(&out->msg, s->handle, ZMQ_DONTWAIT) < 0)
                break;
    }
    return ST_AGAIN;
}
