#include "net/watch.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/log.h"
#include "net/socket.h"

#define FAILURES_LOGGED 10   /* a minute */
#define REMEMBERED      4096 /* connections, by descriptor */

/* Not ZMQ_EVENT_ACCEPT_FAILED: with no descriptor left, libzmq tells it a million times a second.
 * Not ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL: libzmq 4.3.4 tells it also of a bad message behind the
 * handshake, and in telling forgets that it was about to end the connection. */
#define WATCHED                                                                    \
    (ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED | \
     ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)

struct visitor {
    int fd;
    uint64_t entered; /* how many had come through when this one came */
    char address[INET6_ADDRSTRLEN];
};

struct watch {
    struct sock *door;
    const char *domain;
    struct watch_counts now;
    struct watch_counts told;
    const char *failure; /* of the connection that ends next; NULL: none */
    uint64_t refused;    /* keys, of connections that have not ended yet */
    struct log_limit limit;
    struct visitor visitors[REMEMBERED];
};

enum status
watch_open(struct watch **out, struct net *net, struct sock *door, const char *domain,
           struct fault *why)
{
    struct watch *w = calloc(1, sizeof *w);

    *out = NULL;
    if (w == NULL)
        return ST_NOMEM;
    if (!socket_monitor(door, net, WATCHED)) {
        free(w);
        return fault_set(why, ST_SYSTEM, "cannot watch the %s door: %s", domain,
                         zmq_strerror(zmq_errno()));
    }
    for (size_t i = 0; i < REMEMBERED; i++)
        w->visitors[i].fd = -1;
    w->door = door;
    w->domain = domain;
    *out = w;
    return ST_OK;
}

void
watch_close(struct watch *w)
{
    free(w);
}

void *
watch_handle(struct watch *w)
{
    return w->door->monitor;
}

const struct watch_counts *
watch_counts(const struct watch *w)
{
    return &w->now;
}

/* "" when the connection is gone already. */
static void
find_address(int fd, char out[static INET6_ADDRSTRLEN])
{
    struct sockaddr_storage peer;
    socklen_t len = sizeof peer;
    const void *address = NULL;

    out[0] = '\0';
    if (getpeername(fd, (struct sockaddr *)&peer, &len) != 0)
        return;
    if (peer.ss_family == AF_INET)
        address = &((const struct sockaddr_in *)&peer)->sin_addr;
    else if (peer.ss_family == AF_INET6)
        address = &((const struct sockaddr_in6 *)&peer)->sin6_addr;
    if (address != NULL && inet_ntop(peer.ss_family, address, out, INET6_ADDRSTRLEN) == NULL)
        out[0] = '\0';
}

static struct visitor *
visitor_of(struct watch *w, int fd)
{
    return &w->visitors[(unsigned)fd % REMEMBERED];
}

static void
came(struct watch *w, int fd)
{
    struct visitor *v = visitor_of(w, fd);

    w->now.accepted++;
    v->fd = fd;
    v->entered = w->now.entered;
    find_address(fd, v->address);
}

static void
log_failure(struct watch *w, const struct visitor *v)
{
    unsigned missed;

    if (!log_limit_pass(&w->limit, FAILURES_LOGGED, clock_mono_ms(), &missed))
        return;
    if (missed > 0)
        log_info("%u more that did not get through the %s door were not logged", missed, w->domain);
    log_info("NO ENTRY for %s at the %s door: %s",
             v->fd >= 0 && v->address[0] != '\0' ? v->address : "somebody", w->domain, w->failure);
}

/* What failed is told just before the connection ends. Where nothing was told and nobody has come
 * through since, what it sent was not for this service. */
static void
went(struct watch *w, int fd)
{
    struct visitor *v = visitor_of(w, fd);

    if (w->failure == NULL && w->refused > 0) {
        w->refused--;
    } else if (w->failure == NULL && v->fd == fd && v->entered == w->now.entered) {
        w->now.strange++;
        w->failure = "it trusts another key than this service's, or does not use CURVE";
    }
    if (w->failure != NULL)
        log_failure(w, v);
    w->failure = NULL;
    v->fd = -1;
}

static void
take(struct watch *w, const struct socket_event *e)
{
    switch (e->event) {
    case ZMQ_EVENT_ACCEPTED:
        came(w, (int)e->value);
        break;
    case ZMQ_EVENT_DISCONNECTED:
        went(w, (int)e->value);
        break;
    case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
        w->now.entered++;
        break;
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
        w->refused++;
        break;
    default: /* ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL */
        w->now.silent++;
        w->failure = "it broke the handshake off or did not end it in time";
        break;
    }
}

void
watch_serve(struct watch *w)
{
    struct socket_event e;

    while (socket_next_event(w->door, &e))
        take(w, &e);
}

void
watch_report(struct watch *w)
{
    const struct watch_counts *a = &w->told, *b = &w->now;
    uint64_t silent = b->silent - a->silent, strange = b->strange - a->strange;

    if (silent + strange > 0)
        log_info("the %s door had %llu connections; what did not get through: with another server "
                 "key or without CURVE %llu, silent or broken off %llu",
                 w->domain, (unsigned long long)(b->accepted - a->accepted),
                 (unsigned long long)strange, (unsigned long long)silent);
    w->told = w->now;
}
