/*
 * feed_hints - where the feeds of groups were when somebody was told last, so that a connection
 * there can be begun before the group is asked. Only ever a guess: what a ticket comes with counts.
 * Shared by the handles that share a network thread.
 * Threads: any. Blocking: for a copy of an address.
 */
#ifndef CLIENT_FEED_HINTS_H
#define CLIENT_FEED_HINTS_H

#include <stdbool.h>
#include <stdint.h>

#include "net/net.h"

struct feed_hints;

/* NULL: no memory. */
struct feed_hints *feed_hints_new(void);
/* NULL is allowed, here and below: nothing is remembered then. */
void feed_hints_free(struct feed_hints *p);
/* The group of that key that answers at that address has its feed there. Forgotten when there is no
 * memory, or another group needs the room. */
void feed_hints_put(struct feed_hints *p, const uint8_t key[static KEY_LEN], const char *address,
                    const char *feed);
/* False: nobody said. */
bool feed_hints_get(struct feed_hints *p, const uint8_t key[static KEY_LEN], const char *address,
                    char feed[static ENDPOINT_MAX + 1]);

#endif
