#include "group/guesses.h"

#define MINUTE_MS 60000

/* UUIDs are hashes of keys: their first byte spreads well. */
static size_t
place_of(const struct id *who)
{
    return who->bytes[0] % GUESSES_WATCHED;
}

bool
guesses_allow(const struct guesses *g, const struct id *who, int64_t now_ms)
{
    const struct guesser *one = &g->v[place_of(who)];

    return one->wrong < INVITE_WRONG_MINUTE || !id_equal(&one->who, who) ||
           now_ms - one->since_ms >= MINUTE_MS;
}

void
guesses_note_wrong(struct guesses *g, const struct id *who, int64_t now_ms)
{
    struct guesser *one = &g->v[place_of(who)];

    if (!id_equal(&one->who, who) || now_ms - one->since_ms >= MINUTE_MS)
        *one = (struct guesser){.who = *who, .since_ms = now_ms};
    one->wrong++;
}
