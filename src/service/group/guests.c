#include "group/guests.h"

#include <stdlib.h>
#include <string.h>

#include "base/id.h"

#define WATCHED   256 /* keys that gave a wrong secret */
#define MINUTE_MS 60000

struct guesser {
    struct id who;
    int64_t since_ms;
    unsigned wrong;
};

struct guests {
    struct invitation *all; /* sorted by hash */
    size_t n;
    size_t cap;
    struct guesser guessers[WATCHED]; /* each key has one place */
};

enum status
guests_new(struct guests **out)
{
    *out = calloc(1, sizeof **out);
    return *out ? ST_OK : ST_NOMEM;
}

void
guests_free(struct guests *v)
{
    if (!v)
        return;
    free(v->all);
    free(v);
}

/* Index of the first that does not sort before hash (or, with `past`, sorts after it). */
static size_t
lower_bound(const struct guests *v, const uint8_t *hash, bool past)
{
    size_t from = 0, to = v->n;

    while (from < to) {
        size_t mid = from + (to - from) / 2;
        int c = memcmp(v->all[mid].hash, hash, INVITE_HASH_LEN);

        if (c < 0 || (past && c == 0))
            from = mid + 1;
        else
            to = mid;
    }
    return from;
}

static struct invitation *
find(const struct guests *v, const uint8_t *hash)
{
    size_t i = lower_bound(v, hash, false);

    return i < v->n && memcmp(v->all[i].hash, hash, INVITE_HASH_LEN) == 0 ? &v->all[i] : NULL;
}

const struct invitation *
guests_find(const struct guests *v, const uint8_t hash[static INVITE_HASH_LEN])
{
    return find(v, hash);
}

static void
forget_expired(struct guests *v, int64_t now_ns)
{
    size_t kept = 0;

    for (size_t i = 0; i < v->n; i++)
        if (invite_is_valid(&v->all[i], now_ns))
            v->all[kept++] = v->all[i];
    v->n = kept;
}

enum status
guests_add(struct guests *v, const struct invitation *invite, int64_t now_ns)
{
    if (find(v, invite->hash))
        return ST_OK;
    forget_expired(v, now_ns);
    if (v->n == v->cap) {
        size_t cap = v->cap ? v->cap * 2 : 16;
        struct invitation *all = realloc(v->all, cap * sizeof *all);

        if (!all)
            return ST_NOMEM;
        v->all = all;
        v->cap = cap;
    }
    size_t i = lower_bound(v, invite->hash, false);
    memmove(v->all + i + 1, v->all + i, (v->n - i) * sizeof *v->all);
    v->all[i] = *invite;
    v->n++;
    return ST_OK;
}

void
guests_remove(struct guests *v, const uint8_t hash[static INVITE_HASH_LEN])
{
    const struct invitation *one = find(v, hash);

    if (!one)
        return;
    size_t i = (size_t)(one - v->all);
    memmove(v->all + i, v->all + i + 1, (v->n - i - 1) * sizeof *v->all);
    v->n--;
}

void
guests_take_use(struct guests *v, const uint8_t hash[static INVITE_HASH_LEN])
{
    struct invitation *one = find(v, hash);

    if (one && --one->uses == 0)
        guests_remove(v, hash);
}

bool
invite_is_valid(const struct invitation *invite, int64_t now_ns)
{
    return invite->uses > 0 && (invite->expires == 0 || invite->expires > now_ns);
}

size_t
guests_valid(const struct guests *v, int64_t now_ns)
{
    size_t n = 0;

    for (size_t i = 0; i < v->n; i++)
        n += invite_is_valid(&v->all[i], now_ns);
    return n;
}

bool
guests_any(const struct guests *v, int64_t now_ns)
{
    for (size_t i = 0; i < v->n; i++)
        if (invite_is_valid(&v->all[i], now_ns))
            return true;
    return false;
}

size_t
guests_total(const struct guests *v)
{
    return v->n;
}

const struct invitation *
guests_at(const struct guests *v, size_t i)
{
    return &v->all[i];
}

size_t
guests_after(const struct guests *v, const uint8_t hash[static INVITE_HASH_LEN])
{
    return lower_bound(v, hash, true);
}

/* ---- wrong secrets ---- */

/* UUIDs are hashes of keys: their first byte spreads well. */
static const struct guesser *
place_of(const struct guests *v, const struct id *who)
{
    return &v->guessers[who->bytes[0] % WATCHED];
}

bool
guests_may_guess(const struct guests *v, const struct id *who, int64_t now_ms)
{
    const struct guesser *one = place_of(v, who);

    return one->wrong < INVITE_WRONG_MINUTE || !id_equal(&one->who, who) ||
           now_ms - one->since_ms >= MINUTE_MS;
}

void
guests_note_wrong(struct guests *v, const struct id *who, int64_t now_ms)
{
    struct guesser *one = &v->guessers[place_of(v, who) - v->guessers];

    if (!id_equal(&one->who, who) || now_ms - one->since_ms >= MINUTE_MS)
        *one = (struct guesser){.who = *who, .since_ms = now_ms};
    one->wrong++;
}
