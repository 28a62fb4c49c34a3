/*
 * past - the logs that a group's log goes on from. When a backup is put in a store's place, its log
 * gets a new id, and what it was called before is noted with where it ended: up to there both hold
 * the same. Pure. Threads: any may read.
 */
#ifndef STORE_PAST_H
#define STORE_PAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/id.h"

#define PAST_MAX       16 /* of more the oldest is forgotten */
#define PAST_LOG_BYTES (ID_LEN + 8)

struct past_log {
    struct id log;
    uint64_t head;
};

struct past {
    struct past_log v[PAST_MAX]; /* oldest first */
    size_t n;
};

void past_add(struct past *p, const struct id *log, uint64_t head);
/* False: log is none of them. */
bool past_find(const struct past *p, const struct id *log, uint64_t *head);

/* As they are stored; the length is n * PAST_LOG_BYTES. */
void past_pack(const struct past *p, uint8_t out[static PAST_MAX * PAST_LOG_BYTES]);
/* False: these are none that can be of a log with that head. */
bool past_unpack(struct past *out, struct span bytes, uint64_t head);

#endif
