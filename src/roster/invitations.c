#include "roster/invitations.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

void
invitations_clear(struct invitations *x)
{
    free(x->v);
    free(x->was);
    *x = (struct invitations){0};
}

/* ---- finding ---- */

static int
by_hash(const void *item, const void *key)
{
    return memcmp(((const struct invitation *)item)->hash, key, INVITE_HASH_LEN);
}

/* The first place whose hash is not below hash (or, with `past`, is above it). */
static size_t
place_of(const struct invitations *x, const uint8_t hash[static INVITE_HASH_LEN], bool past)
{
    return array_find(x->v, x->n, hash, by_hash, past);
}

const struct invitation *
invitations_find(const struct invitations *x, const uint8_t hash[static INVITE_HASH_LEN])
{
    size_t at = place_of(x, hash, false);

    return at < x->n && memcmp(x->v[at].hash, hash, INVITE_HASH_LEN) == 0 ? &x->v[at] : NULL;
}

size_t
invitations_after(const struct invitations *x, const uint8_t hash[static INVITE_HASH_LEN])
{
    return place_of(x, hash, true);
}

bool
invitation_is_expired(const struct invitation *one, int64_t now_ns)
{
    return one->expires != 0 && one->expires <= now_ns;
}

size_t
invitations_valid(const struct invitations *x, int64_t now_ns)
{
    size_t n = 0;

    for (size_t i = 0; i < x->n; i++)
        n += !invitation_is_expired(&x->v[i], now_ns);
    return n;
}

/* ---- taking back ---- */

void
invitations_mark(struct invitations *x)
{
    x->marked = true;
    free(x->was);
    x->was = NULL;
}

/* Before each change, the first of which copies all. */
static enum status
save(struct invitations *x)
{
    if (!x->marked || x->was != NULL)
        return ST_OK;
    x->was = calloc(x->n > 0 ? x->n : 1, sizeof *x->was);
    if (x->was == NULL)
        return ST_NOMEM;
    if (x->n > 0)
        memcpy(x->was, x->v, x->n * sizeof *x->v);
    x->was_n = x->n;
    return ST_OK;
}

void
invitations_undo(struct invitations *x)
{
    if (x->was == NULL)
        return;
    if (x->was_n > 0)
        memcpy(x->v, x->was, x->was_n * sizeof *x->v);
    x->n = x->was_n;
    invitations_mark(x);
}

/* ---- changes ---- */

enum status
invitations_add(struct invitations *x, const struct invitation *one)
{
    size_t at = place_of(x, one->hash, false);

    if (x->n >= INVITATIONS_MAX)
        return ST_FULL;
    if (save(x) != ST_OK || !array_room(x->v, x->cap, x->n + 1))
        return ST_NOMEM;
    memmove(x->v + at + 1, x->v + at, (x->n - at) * sizeof *x->v);
    x->v[at] = *one;
    x->n++;
    return ST_OK;
}

static void
remove_at(struct invitations *x, size_t at)
{
    x->n--;
    memmove(x->v + at, x->v + at + 1, (x->n - at) * sizeof *x->v);
}

enum status
invitations_take_use(struct invitations *x, const uint8_t hash[static INVITE_HASH_LEN])
{
    const struct invitation *one = invitations_find(x, hash);
    enum status st = one == NULL ? ST_OK : save(x);
    size_t at;

    if (one == NULL || st != ST_OK)
        return st;
    at = (size_t)(one - x->v);
    if (--x->v[at].uses == 0)
        remove_at(x, at);
    return ST_OK;
}

enum status
invitations_remove(struct invitations *x, const uint8_t hash[static INVITE_HASH_LEN])
{
    const struct invitation *one = invitations_find(x, hash);
    enum status st = one == NULL ? ST_OK : save(x);

    if (one != NULL && st == ST_OK)
        remove_at(x, (size_t)(one - x->v));
    return st;
}

enum status
invitations_forget_expired(struct invitations *x, int64_t now_ns)
{
    enum status st = save(x);
    size_t kept = 0;

    for (size_t i = 0; st == ST_OK && i < x->n; i++)
        if (!invitation_is_expired(&x->v[i], now_ns))
            x->v[kept++] = x->v[i];
    if (st == ST_OK)
        x->n = kept;
    return st;
}
