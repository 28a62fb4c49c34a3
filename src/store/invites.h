/*
 * invites - the invitations a store knows, in memory, in order of hash. Changes made since
 * invites_mark can be taken back, for the transaction that failed.
 * Threads: the writer's.
 */
#ifndef STORE_INVITES_H
#define STORE_INVITES_H

#include "store/store.h"

struct invites {
    struct store_invite *v;
    size_t n;
    size_t cap;
    struct store_invite *was; /* at the mark; NULL: nothing changed since */
    size_t was_n;
};

void invites_clear(struct invites *x);

/* NULL: not known. Valid until the next change. */
const struct store_invite *invites_find(const struct invites *x, const uint8_t hash[static 32]);
bool invite_is_expired(const struct store_invite *invite, int64_t now_ns);
size_t invites_count_expired(const struct invites *x, int64_t now_ns);

void invites_mark(struct invites *x);
/* Before each change, the first of which copies all. ST_NOMEM. */
enum status invites_save(struct invites *x);
void invites_undo(struct invites *x);

/* Its hash is not known yet. ST_NOMEM; ST_FULL: STORE_INVITES_MAX are there. */
enum status invites_add(struct invites *x, const struct store_invite *invite);
/* Those below are known. */
void invites_set_uses(struct invites *x, const uint8_t hash[static 32], uint64_t uses);
void invites_remove(struct invites *x, const uint8_t hash[static 32]);

#endif
