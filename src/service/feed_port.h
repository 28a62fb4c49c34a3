/*
 * feed_port - the address of a group's feed: drops every connection on demand, and comes back to
 * the same port. Threads: the loop's.
 */
#ifndef FEED_PORT_H
#define FEED_PORT_H

#include <dirent.h>

#include "service.h"

struct feed_port {
    struct service *service; /* borrowed */
    struct sock *sock;       /* borrowed */
    int64_t unbound_ms;      /* since when it is not */
    bool told;               /* that it waits */
    DIR *fds;                /* this process's descriptors; NULL: there is no /proc */
};

/* sock need not be bound yet. */
void feed_port_open(struct feed_port *p, struct service *service, struct sock *sock);
void feed_port_close(struct feed_port *p);

/* Members come back by themselves. When the port stays taken by somebody else for a minute, or the
 * socket fails, the service ends (service_end, not with ST_OK): it is better started anew than
 * without a feed. p must stay where it is while the service runs. */
void feed_port_reset(struct feed_port *p);

/* Cut every connection to the feed that `vouches` does not know; their clients see it end. A member
 * who has just connected and not subscribed yet may be hit, and comes back. Looks at every
 * descriptor, so not for more than once a second. */
typedef bool feed_port_vouch(void *ctx, int fd);
void feed_port_sweep(const struct feed_port *p, feed_port_vouch *vouches, void *ctx);

#endif
