/*
 * watch - what happens at a door before anybody is authenticated: counted, and logged in words.
 * Who comes through, and whose key is refused, is auth's to log; this is about those who never
 * get that far: without CURVE, with another server key, with another protocol, or silent.
 * libzmq tells of connections by descriptor and of failures without one, so the address of who
 * failed is found by the order of events, and may be missing.
 * Threads: the loop's.
 */
#ifndef NET_WATCH_H
#define NET_WATCH_H

#include <stdint.h>

#include "net/net.h"

struct watch;

struct watch_counts {
    uint64_t accepted; /* connections */
    uint64_t entered;  /* of them, handshakes that succeeded */
    uint64_t silent;   /* broke the handshake off, or did not end it in time */
    uint64_t strange;  /* another server key, no CURVE, or not this protocol at all */
};

/* Of a server sock that is not bound yet; it is borrowed. domain, also borrowed, is for the log. */
enum status watch_open(struct watch **out, struct net *net, struct sock *door, const char *domain,
                       struct fault *why);
/* The door may be closed already. NULL is allowed. */
void watch_close(struct watch *w);
/* What to poll for input. */
void *watch_handle(struct watch *w);
/* Take in all events that wait. */
void watch_serve(struct watch *w);
/* A line with what came to nothing since the last report, if anything did. */
void watch_report(struct watch *w);
const struct watch_counts *watch_counts(const struct watch *w);

#endif
