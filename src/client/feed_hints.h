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

struct places;

/* NULL: no memory. */
struct places *places_new(void);
/* NULL is allowed, here and below: nothing is remembered then. */
void places_free(struct places *p);
/* The group of that key that answers at that address has its feed there. Forgotten when there is no
 * memory, or another group needs the room. */
void places_put(struct places *p, const uint8_t key[static KEY_LEN], const char *address,
                const char *feed);
/* False: nobody said. */
bool places_get(struct places *p, const uint8_t key[static KEY_LEN], const char *address,
                char feed[static ENDPOINT_MAX + 1]);

#endif
