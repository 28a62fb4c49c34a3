/*
 * names_roll - names in memory: found by what they read as, counted by key.
 * Threads: none.
 */
#ifndef SQLITE_NAMES_ROLL_H
#define SQLITE_NAMES_ROLL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/entry.h"
#include "base/status.h"
#include "store/fold.h"

#define NAME_KEY_LEN 32

struct owned {
    struct fold fold;
    uint8_t key[NAME_KEY_LEN];
    int64_t since_ns;
    int64_t seen_ns; /* when it was last live */
    int64_t held_ms; /* how long in all; not counted beyond NAMES_SETTLED_MS */
    int64_t saved_ms;
    struct owned *next_unsaved;
    bool unsaved; /* is in the list of those that are to be written */
    uint8_t name_len;
    uint8_t name[NAME_MAX_BYTES];
};

struct roll { /* zero-initialise */
    struct owned **by_fold;
    struct owned **by_key;
    size_t n;
    size_t cap;
};

void roll_clear(struct roll *r);
/* NULL: none. Borrowed until it is removed. */
struct owned *roll_find(const struct roll *r, const struct fold *fold);
size_t roll_count_of(const struct roll *r, const uint8_t key[static NAME_KEY_LEN]);
/* For one more. ST_NOMEM. */
enum status roll_reserve(struct roll *r);
/* There is room, and none that reads the same. Takes o. */
void roll_add(struct roll *r, struct owned *o);
/* Gives o back. */
void roll_remove(struct roll *r, struct owned *o);

#endif
