/*
 * tickets - tickets of the live feed. A session is one member's right to one stream; its ticket
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

#define SESSION_AWAY_MS 30000 /* a ticket outlives its connection by so long */
#define SESSION_FDS_MAX 4     /* connections of one session that are known at once */

enum session_state {
    SESSION_AWAY,   /* not connected yet, or not any more */
    SESSION_LIVE,   /* subscribed */
    SESSION_BEHIND, /* subscribed, but its queue was full: gets nothing until it can be told */
};

struct session {
    uint8_t ticket[TICKET_LEN];
    struct member *member;
    enum session_state state; /* set by sessions_set */
    unsigned connections;     /* that subscribe to the ticket; usually one */
    int fds[SESSION_FDS_MAX]; /* theirs; only sessions_bind and sessions_unbind change them */
    size_t n_fds;
    uint64_t published; /* last seq that it was sent; 0: none */
    int64_t away_since_ms;
    size_t index; /* its place among all */
};

struct sessions;

enum status sessions_new(struct sessions **out);
void sessions_free(struct sessions *s);
/* A new session of member, SESSION_AWAY. When the member has MEMBER_SESSIONS_MAX, the one that
 * is away longest is ended for it. NULL: all of them are connected, or out of memory. */
struct session *sessions_offer(struct sessions *s, struct member *member, int64_t now_ms);
struct session *sessions_find(const struct sessions *s, const uint8_t ticket[static TICKET_LEN]);
/* Into another state. */
void sessions_set(struct sessions *s, struct session *session, enum session_state state);
void sessions_end(struct sessions *s, struct session *session);
void sessions_end_all_of(struct sessions *s, struct member *member);
/* End those that are away for longer than SESSION_AWAY_MS. */
void sessions_expire(struct sessions *s, int64_t now_ms);
/* The connection with this descriptor belongs to the session. Of more than SESSION_FDS_MAX, and
 * without memory, it is not remembered. */
void sessions_bind(struct sessions *s, struct session *session, int fd);
/* It does no more; -1: one of them ended, nobody knows which, so none is remembered. */
void sessions_unbind(struct sessions *s, struct session *session, int fd);
/* Some session has that connection. */
bool sessions_bound(const struct sessions *s, int fd);
size_t sessions_count(const struct sessions *s);
struct session *sessions_at(const struct sessions *s, size_t i);
/* Members with a session that is connected. */
size_t sessions_here(const struct sessions *s);
/* Changes whenever one of them comes or goes; also from one start to the next. */
uint64_t sessions_presence(const struct sessions *s);

#endif
