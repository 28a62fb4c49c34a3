#include "sqlite/names_roll.h"

#include <stdlib.h>
#include <string.h>

/* The first place in a list, sorted by the len bytes at offset, whose bytes are not below these
 * (with `past`: are above them). */
static size_t
place_of(struct owned *const *all, size_t n, size_t offset, const uint8_t *bytes, size_t len,
         bool past)
{
    size_t low = 0;
    size_t high = n;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int order = memcmp((const uint8_t *)all[mid] + offset, bytes, len);

        if (order < 0 || (past && order == 0))
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static size_t
place_by_fold(const struct roll *r, const struct fold *fold)
{
    return place_of(r->by_fold, r->n, offsetof(struct owned, fold), fold->bytes, sizeof fold->bytes,
                    false);
}

static size_t
place_by_key(const struct roll *r, const uint8_t key[static NAME_KEY_LEN], bool past)
{
    return place_of(r->by_key, r->n, offsetof(struct owned, key), key, NAME_KEY_LEN, past);
}

void
roll_clear(struct roll *r)
{
    for (size_t i = 0; i < r->n; i++)
        free(r->by_fold[i]);
    free(r->by_fold);
    free(r->by_key);
    *r = (struct roll){0};
}

struct owned *
roll_find(const struct roll *r, const struct fold *fold)
{
    size_t at = place_by_fold(r, fold);

    return at < r->n && fold_equal(&r->by_fold[at]->fold, fold) ? r->by_fold[at] : NULL;
}

size_t
roll_count_of(const struct roll *r, const uint8_t key[static NAME_KEY_LEN])
{
    return place_by_key(r, key, true) - place_by_key(r, key, false);
}

static bool
grow(struct owned ***list, size_t cap)
{
    struct owned **more = reallocarray(*list, cap, sizeof(struct owned *));

    if (more == NULL)
        return false;
    *list = more;
    return true;
}

enum status
roll_reserve(struct roll *r)
{
    size_t cap = r->cap == 0 ? 64 : r->cap * 2;

    if (r->n < r->cap)
        return ST_OK;
    if (!grow(&r->by_fold, cap) || !grow(&r->by_key, cap))
        return ST_NOMEM;
    r->cap = cap;
    return ST_OK;
}

static void
insert(struct owned **list, size_t n, size_t at, struct owned *o)
{
    memmove(list + at + 1, list + at, (n - at) * sizeof(struct owned *));
    list[at] = o;
}

void
roll_add(struct roll *r, struct owned *o)
{
    insert(r->by_fold, r->n, place_by_fold(r, &o->fold), o);
    insert(r->by_key, r->n, place_by_key(r, o->key, false), o);
    r->n++;
}

static void
take_out(struct owned **list, size_t n, size_t at)
{
    memmove(list + at, list + at + 1, (n - at - 1) * sizeof(struct owned *));
}

void
roll_remove(struct roll *r, struct owned *o)
{
    size_t at = place_by_key(r, o->key, false);

    while (r->by_key[at] != o)
        at++;
    take_out(r->by_key, r->n, at);
    take_out(r->by_fold, r->n, place_by_fold(r, &o->fold));
    r->n--;
}
