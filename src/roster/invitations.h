/*
 * invitations - those that a group knows, in memory, in order of hash. A secret is known by its
 * BLAKE2b-256 hash only. Changes made since invitations_mark can be taken back, for the transaction
 * that failed; who never marks keeps nothing for it, and nothing but adding fails.
 * Threads: those of who holds it.
 */
#ifndef ROSTER_INVITATIONS_H
#define ROSTER_INVITATIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/id.h"
#include "base/status.h"

#define INVITE_HASH_LEN 32
#define INVITATIONS_MAX 1000

struct invitation {
    uint8_t hash[INVITE_HASH_LEN];
    struct id by;
    int64_t since;
    uint64_t uses;   /* that are left, at least 1 */
    int64_t expires; /* 0: never */
};

struct invitations {
    struct invitation *v;
    size_t n;
    size_t cap;
    bool marked;
    struct invitation *was; /* at the mark; NULL: nothing changed since */
    size_t was_n;
};

void invitations_clear(struct invitations *x);

/* NULL: not known. Valid until the next change. */
const struct invitation *invitations_find(const struct invitations *x,
                                          const uint8_t hash[static INVITE_HASH_LEN]);
/* The index of the first whose hash sorts after. */
size_t invitations_after(const struct invitations *x, const uint8_t hash[static INVITE_HASH_LEN]);
bool invitation_is_expired(const struct invitation *one, int64_t now_ns);
/* How many are not. */
size_t invitations_valid(const struct invitations *x, int64_t now_ns);

void invitations_mark(struct invitations *x);
void invitations_undo(struct invitations *x);

/* Its hash is not known yet. ST_NOMEM; ST_FULL: INVITATIONS_MAX are there. */
enum status invitations_add(struct invitations *x, const struct invitation *one);
/* Nothing happens where it is not known. The last use takes it along. ST_NOMEM. */
enum status invitations_take_use(struct invitations *x, const uint8_t hash[static INVITE_HASH_LEN]);
/* hash may be that of the invitation itself. */
enum status invitations_remove(struct invitations *x, const uint8_t hash[static INVITE_HASH_LEN]);
enum status invitations_forget_expired(struct invitations *x, int64_t now_ns);

#endif
