/*
 * sum - a checksum over the fields of a stored row, so that a bit that flipped on the disk is
 * seen when the row is read. SQLite has none of its own.
 * Every step can be undone, so a change within one aligned 8-byte word of what was summed is
 * always seen, and any other but once in 2^64. No protection against somebody who can write to
 * the file.
 * Threads: any; no state.
 */
#ifndef STORE_SUM_H
#define STORE_SUM_H

#include <stdint.h>

#include "base/bytes.h"
#include "roster/roster.h"

#define SUM_LANES 4

struct sum {
    uint64_t lanes[SUM_LANES]; /* words in turn, so that the multiplications overlap */
};

void sum_init(struct sum *s);
void sum_int(struct sum *s, int64_t value);
/* The bytes and how many they are. */
void sum_bytes(struct sum *s, struct span bytes);
/* As SQLite stores it. */
int64_t sum_end(const struct sum *s);

/* ---- what the row ends in that holds it ---- */

int64_t sum_person(const struct person *p);
int64_t sum_stay(const struct person *p); /* the latest */
int64_t sum_standing(const struct person *p);
int64_t sum_invite(const struct invitation *invite);
int64_t sum_about(const struct roster *r);

#endif
