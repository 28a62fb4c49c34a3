/*
 * meter - how much each key has used of what it may: token buckets in a table of fixed size.
 * A new key finds its buckets full. Where there is no place for it, it takes that of a key whose
 * buckets are fullest, so little is forgotten; which keys share a place cannot be foreseen.
 * Nothing is allocated after meter_new. The time is a parameter.
 * Threads: one.
 */
#ifndef NET_METER_H
#define NET_METER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "net/keys.h"

#define METER_BUCKETS 2 /* of each key; what they are for is the owner's */

/* What a bucket holds and how fast it fills. */
struct rate {
    int64_t token_ns; /* one token in so many */
    int64_t depth_ns; /* the time in which an empty one is full */
};
/* Both at least 1. */
struct rate rate_of(uint32_t tokens, uint32_t a_time_ms, uint32_t depth);

struct account {
    uint8_t key[KEY_LEN];
    int64_t full_ns[METER_BUCKETS]; /* when each bucket will be full */
    unsigned in_use; /* the owner's: while it is not 0, the account keeps its place */
};

/* Takes so many tokens' worth of time, if any are left: the last one taken may cost more than is
 * left. False: empty, nothing is taken. */
bool account_take(struct account *a, unsigned bucket, const struct rate *rate, int64_t cost_ns,
                  int64_t now_ns);

struct meter;

/* Room for so many keys, rounded up to a power of two. ST_NOMEM. */
enum status meter_new(struct meter **out, size_t keys);
void meter_free(struct meter *m);
/* Valid until the next call, or as long as in_use is not 0. NULL: everybody who shares the place
 * is in use. */
struct account *meter_account(struct meter *m, const uint8_t key[static KEY_LEN]);

#endif
