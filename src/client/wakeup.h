/*
 * wakeup - one descriptor that tells an event loop when to poll a handle: an epoll set of all its
 * connections and a timer for what is due without news.
 * Threads: the handle's.
 */
#ifndef CLIENT_WAKEUP_H
#define CLIENT_WAKEUP_H

#include "conclave.h"

struct wakeup;

/* NULL: no memory or descriptors. */
struct wakeup *wakeup_new(void);
void wakeup_free(struct wakeup *w);
int wakeup_fd(const struct wakeup *w);
/* To be called when everything was looked at: wake up for what comes from now on. libzmq's own
 * descriptors tell only of news since its sockets were last asked. */
void wakeup_arm(struct wakeup *w, struct conclave *c);

/* There is something to do already: the descriptor can be read until everything was looked at,
 * which wakeup_still says. */
void wakeup_ring(struct wakeup *w);
void wakeup_still(struct wakeup *w);

/* Something is due then that was not known at wakeup_arm. */
void wakeup_by(struct wakeup *w, int64_t due_ms);
/* When it wakes up though nothing comes (monotonic clock); INT64_MAX: never. */
int64_t wakeup_due(const struct wakeup *w);

#endif
