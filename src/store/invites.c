#include "store/invites.h"

#include <stdlib.h>
#include <string.h>

static int
compare(const struct store_invite *invite, const uint8_t hash[static 32])
{
    return memcmp(invite->hash, hash, sizeof invite->hash);
}

/* The first place whose hash is not below hash. */
static size_t
place_of(const struct invites *x, const uint8_t hash[static 32])
{
    size_t low = 0;
    size_t high = x->n;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (compare(&x->v[mid], hash) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

void
invites_clear(struct invites *x)
{
    free(x->v);
    free(x->was);
    *x = (struct invites){0};
}

const struct store_invite *
invites_find(const struct invites *x, const uint8_t hash[static 32])
{
    size_t at = place_of(x, hash);

    return at < x->n && compare(&x->v[at], hash) == 0 ? &x->v[at] : NULL;
}

bool
invite_is_expired(const struct store_invite *invite, int64_t now_ns)
{
    return invite->expires != 0 && invite->expires <= now_ns;
}

size_t
invites_count_expired(const struct invites *x, int64_t now_ns)
{
    size_t n = 0;

    for (size_t i = 0; i < x->n; i++)
        n += invite_is_expired(&x->v[i], now_ns);
    return n;
}

/* ---- taking back ---- */

void
invites_mark(struct invites *x)
{
    free(x->was);
    x->was = NULL;
}

enum status
invites_save(struct invites *x)
{
    if (x->was != NULL)
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
invites_undo(struct invites *x)
{
    if (x->was == NULL)
        return;
    if (x->was_n > 0)
        memcpy(x->v, x->was, x->was_n * sizeof *x->v);
    x->n = x->was_n;
    invites_mark(x);
}

/* ---- changes ---- */

enum status
invites_add(struct invites *x, const struct store_invite *invite)
{
    size_t at = place_of(x, invite->hash);

    if (x->n >= STORE_INVITES_MAX)
        return ST_FULL;
    if (x->n == x->cap) {
        size_t cap = x->cap == 0 ? 16 : x->cap * 2;
        struct store_invite *more = reallocarray(x->v, cap, sizeof *more);

        if (more == NULL)
            return ST_NOMEM;
        x->v = more;
        x->cap = cap;
    }
    memmove(x->v + at + 1, x->v + at, (x->n - at) * sizeof *x->v);
    x->v[at] = *invite;
    x->n++;
    return ST_OK;
}

void
invites_set_uses(struct invites *x, const uint8_t hash[static 32], uint64_t uses)
{
    x->v[place_of(x, hash)].uses = uses;
}

void
invites_remove(struct invites *x, const uint8_t hash[static 32])
{
    size_t at = place_of(x, hash);

    x->n--;
    memmove(x->v + at, x->v + at + 1, (x->n - at) * sizeof *x->v);
}
