/*
 * tickets - tickets of the live feed. A ticket is one member's right to one stream; its topic
 * is a random topic that only this member knows.
 * Threads: loop thread only.
 */
#ifndef GROUP_TICKETS_H
#define GROUP_TICKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "group/members.h"
#include "net/net.h"

#define TICKET_AWAY_MS 30000 /* a ticket outlives its connection by so long */
#define TICKET_FDS_MAX 4     /* connections of one ticket that are known at once */

enum ticket_state {
    TICKET_AWAY,   /* not connected yet, or not any more */
    TICKET_LIVE,   /* subscribed */
    TICKET_BEHIND, /* subscribed, but its queue was full: gets nothing until it can be told */
};

struct ticket {
    uint8_t topic[TICKET_LEN];
    struct member *member;
    enum ticket_state state; /* set by tickets_set */
    unsigned connections;    /* that subscribe to the ticket; usually one */
    int fds[TICKET_FDS_MAX]; /* theirs; only tickets_bind and tickets_unbind change them */
    size_t n_fds;
    uint64_t published; /* last seq that it was sent; 0: none */
    int64_t away_since_ms;
    size_t index; /* its place among all */
};

struct tickets;

enum status tickets_new(struct tickets **out);
void tickets_free(struct tickets *s);
/* A new ticket of member, TICKET_AWAY. When the member has MEMBER_TICKETS_MAX, the one that
 * is away longest is ended for it. NULL: all of them are connected, or out of memory. */
struct ticket *tickets_offer(struct tickets *s, struct member *member, int64_t now_ms);
struct ticket *tickets_find(const struct tickets *s, const uint8_t ticket[static TICKET_LEN]);
/* Into another state. */
void tickets_set(struct tickets *s, struct ticket *ticket, enum ticket_state state);
void tickets_end(struct tickets *s, struct ticket *ticket);
void tickets_end_all_of(struct tickets *s, struct member *member);
/* End those that are away for longer than TICKET_AWAY_MS. */
void tickets_expire(struct tickets *s, int64_t now_ms);
/* The connection with this descriptor belongs to the ticket. Of more than TICKET_FDS_MAX, and
 * without memory, it is not remembered. */
void tickets_bind(struct tickets *s, struct ticket *ticket, int fd);
/* It does no more; -1: one of them ended, nobody knows which, so none is remembered. */
void tickets_unbind(struct tickets *s, struct ticket *ticket, int fd);
/* Some ticket has that connection. */
bool tickets_bound(const struct tickets *s, int fd);
size_t tickets_count(const struct tickets *s);
struct ticket *tickets_at(const struct tickets *s, size_t i);
/* Members with a ticket that is connected. */
size_t tickets_here(const struct tickets *s);
/* Changes whenever one of them comes or goes; also from one start to the next. */
uint64_t tickets_presence(const struct tickets *s);

#endif
