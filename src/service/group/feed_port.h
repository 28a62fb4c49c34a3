/*
 * feed_port - the address of a group's feed: cuts one connection or all of them on demand, and
 * comes back to the same port. libzmq has no way to end one connection, and tells of each by
 * descriptor only: here it is known whether a descriptor is still the connection that it was.
 * Threads: the loop's.
 */
#ifndef GROUP_FEED_PORT_H
#define GROUP_FEED_PORT_H

#include <dirent.h>
#include <netinet/in.h>

#include "service/service.h"

#define FEED_STRAYS_MAX      64  /* subscriptions that match nobody's ticket, of one connection */
#define FEED_CUTS_MAX        64  /* connections that were cut and whose end is awaited */
#define FEED_AHEAD_MAX       256 /* subscriptions that were read while something was published */
#define FEED_CUT_AWAIT_MS    50  /* so long publishing waits for the end of one that was cut */
#define FEED_CUT_REMEMBER_MS 1000
#define FEED_AWAIT_MOST_MS   100 /* of a second, in which nothing else is done */

/* Where a connection comes from. */
union feed_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

/* A connection, as noted at its first subscription. */
struct feed_seat {
    uint8_t peer[KEY_LEN];
    union feed_address address;
    unsigned strays;
};

/* A connection that was cut: libzmq keeps it, its full queue included, until it has noticed. */
struct feed_cut {
    int fd;
    uint8_t peer[KEY_LEN];
    union feed_address address; /* all zero: it was over already */
    size_t topic_len;           /* it has this one, so its end will be told with it */
    uint8_t topic[TICKET_LEN];
    int64_t since_ms;
};

struct feed_port {
    struct service *service; /* borrowed */
    struct sock *sock;       /* borrowed */
    int64_t unbound_ms;      /* since when it is not */
    bool told;               /* that it waits */
    DIR *fds;                /* this process's descriptors; NULL: there is no /proc */
    struct feed_seat *seats; /* by descriptor */
    size_t n_seats;
    struct feed_cut cuts[FEED_CUTS_MAX];
    size_t n_cuts;
    int64_t awaited_since_ms; /* of this second */
    int64_t awaited_ms;
    struct subscription ahead[FEED_AHEAD_MAX]; /* a ring */
    size_t first_ahead;
    size_t n_ahead;
    struct log_limit strays;
};

/* sock need not be bound yet. */
void feed_port_open(struct feed_port *p, struct service *service, struct sock *sock);
void feed_port_close(struct feed_port *p);

/* Next subscription change, as sock_next_subscription has it; ST_INVALID also for one from a
 * connection that was cut. */
enum status feed_port_next(struct feed_port *p, struct subscription *out);
/* As sock_publish; but while a connection that listens to others is not gone, its full queue is not
 * the ticket's: tried again for up to FEED_CUT_AWAIT_MS after it was cut, and FEED_AWAIT_MOST_MS of
 * each second. */
enum status feed_port_publish(struct feed_port *p, const uint8_t *ticket, struct frame *payload);
/* End the connection that sub came by, and no other: nothing leaves for it any more. True also when
 * it is over already. False: it cannot be told which one it is. */
bool feed_port_cut(struct feed_port *p, const struct subscription *sub);
/* sub can match nobody's ticket; one too many of those ends its connection. */
void feed_port_stray(struct feed_port *p, const struct subscription *sub);

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
