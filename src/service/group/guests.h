/*
 * guests - the invitations of a group, in memory: a mirror of the store that the loop decides
 * from. A secret is known by its BLAKE2b-256 hash only.
 * Threads: loop thread only.
 */
#ifndef GROUP_GUESTS_H
#define GROUP_GUESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "store/store.h"

#define INVITE_WRONG_MINUTE 5 /* wrong secrets of one key a minute; the next ones do not count */

struct guests;

enum status guests_new(struct guests **out);
void guests_free(struct guests *v);

/* NULL: there is none. Valid until the next change. */
const struct invitation *guests_find(const struct guests *v,
                                     const uint8_t hash[static INVITE_HASH_LEN]);
/* One that is there already stays as it is. Expired ones are forgotten. ST_NOMEM. */
enum status guests_add(struct guests *v, const struct invitation *invite, int64_t now_ns);
/* Nothing happens when it is not there. */
void guests_remove(struct guests *v, const uint8_t hash[static INVITE_HASH_LEN]);
void guests_take_use(struct guests *v, const uint8_t hash[static INVITE_HASH_LEN]);

bool invite_is_valid(const struct invitation *invite, int64_t now_ns);
/* How many are. */
size_t guests_valid(const struct guests *v, int64_t now_ns);
bool guests_any(const struct guests *v, int64_t now_ns);
/* In order of hash: how many, the one at i, the first whose hash sorts after. */
size_t guests_total(const struct guests *v);
const struct invitation *guests_at(const struct guests *v, size_t i);
size_t guests_after(const struct guests *v, const uint8_t hash[static INVITE_HASH_LEN]);

/* ---- wrong secrets ---- */

/* Who guesses too often is not listened to until the minute is over. A fixed number of keys is
 * watched, so one that comes later may take another's place: this bounds work, the length of the
 * secret is what makes guessing vain. */
bool guests_may_guess(const struct guests *v, const struct id *who, int64_t now_ms);
void guests_note_wrong(struct guests *v, const struct id *who, int64_t now_ms);

#endif
