#include "net/meter.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define WAYS 8 /* accounts that share a place */

struct meter_place {
    struct account ways[WAYS];
};

struct meter {
    size_t mask;
    uint8_t seed[crypto_shorthash_KEYBYTES];
    struct meter_place *places;
};

struct rate
rate_of(uint32_t tokens, uint32_t a_time_ms, uint32_t depth)
{
    struct rate r = {.token_ns = (int64_t)a_time_ms * 1000000 / tokens};

    if (r.token_ns == 0)
        r.token_ns = 1;
    r.depth_ns = r.token_ns * depth;
    return r;
}

bool
account_take(struct account *a, unsigned bucket, const struct rate *rate, int64_t cost_ns,
             int64_t now_ns)
{
    int64_t full_ns = a->full_ns[bucket] > now_ns ? a->full_ns[bucket] : now_ns;

    if (full_ns - now_ns >= rate->depth_ns)
        return false;
    a->full_ns[bucket] = full_ns + cost_ns;
    return true;
}

enum status
meter_new(struct meter **out, size_t keys)
{
    struct meter *m = calloc(1, sizeof *m);
    size_t places = 1;

    *out = NULL;
    if (m == NULL)
        return ST_NOMEM;
    while (places * WAYS < keys)
        places *= 2;
    m->mask = places - 1;
    randombytes_buf(m->seed, sizeof m->seed);
    m->places = calloc(places, sizeof *m->places);
    if (m->places == NULL) {
        free(m);
        return ST_NOMEM;
    }
    *out = m;
    return ST_OK;
}

void
meter_free(struct meter *m)
{
    if (m == NULL)
        return;
    free(m->places);
    free(m);
}

static int64_t
fullest_ns(const struct account *a)
{
    int64_t last = 0;

    for (size_t i = 0; i < METER_BUCKETS; i++)
        if (a->full_ns[i] > last)
            last = a->full_ns[i];
    return last;
}

/* Keys are the peers' to choose, so the hash that spreads them is keyed. */
struct account *
meter_account(struct meter *m, const uint8_t key[static KEY_LEN])
{
    struct account *oldest = NULL;
    struct meter_place *place;
    uint64_t hash;

    crypto_shorthash((uint8_t *)&hash, key, KEY_LEN, m->seed);
    place = &m->places[hash & m->mask];
    for (size_t i = 0; i < WAYS; i++) {
        struct account *a = &place->ways[i];

        if (memcmp(a->key, key, KEY_LEN) == 0)
            return a;
        if (!a->in_use && (oldest == NULL || fullest_ns(a) < fullest_ns(oldest)))
            oldest = a;
    }
    if (oldest != NULL) {
        memset(oldest, 0, sizeof *oldest);
        memcpy(oldest->key, key, KEY_LEN);
    }
    return oldest;
}
