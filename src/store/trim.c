#include "store/engine.h"

/* What to let go of. */
struct trim {
    struct store *s;
    uint64_t first;  /* the lowest to stay */
    int64_t base_ts; /* of the one before it */
};

/* The first entry from low to high that is not older than `from`; seq and ts grow together. */
static enum status
bisect(struct store *s, uint64_t low, uint64_t high, int64_t from, uint64_t *out, struct fault *why)
{
    enum status st = ST_OK;

    while (st == ST_OK && low < high) {
        uint64_t mid = low + (high - low) / 2;
        int64_t ts = 0;

        st = s->engine->ts_of(s, mid, &ts, why);
        if (ts < from)
            low = mid + 1;
        else
            high = mid;
    }
    *out = low;
    return st;
}

/* So many entries, if all were alike, use the bytes that are too many. Some more may follow; the
 * rows of people and the fixed parts count as if they were the entries'. */
static enum status
find_surplus(struct store *s, int64_t bytes, uint64_t *out, struct fault *why)
{
    uint64_t kept = s->state.head + 1 - s->state.first;
    int64_t used = 0;
    enum status st = s->engine->used(s, &used, why);

    *out = 0;
    if (st == ST_OK && used > bytes)
        *out = (uint64_t)((double)kept * (double)(used - bytes) / (double)used) + 1;
    return st;
}

/* The lowest entry that stays, but not above limit. */
static enum status
find_first(struct store *s, const struct store_keep *keep, int64_t now_ns, uint64_t limit,
           uint64_t *out, struct fault *why)
{
    const struct store_state *state = &s->state;
    uint64_t first = state->first;
    uint64_t surplus = 0;
    enum status st = ST_OK;

    if (keep->bytes != 0)
        st = find_surplus(s, keep->bytes, &surplus, why);
    if (keep->entries != 0 && state->head + 1 - first > keep->entries)
        first = state->head + 1 - keep->entries;
    if (first < state->first + surplus)
        first = state->first + surplus;
    if (first > limit)
        first = limit;
    if (st == ST_OK && keep->age_ns != 0 && now_ns > keep->age_ns)
        st = bisect(s, first, limit, now_ns - keep->age_ns, &first, why);
    *out = first;
    return st;
}

static enum status
forget_stays_of(struct store *s, struct person *person, uint64_t first, struct fault *why)
{
    if (people_save(&s->roster.people, person) != ST_OK)
        return fault_set(why, ST_NOMEM, "out of memory");
    person_forget_stays(person, first);
    return s->engine->drop_stays(s, person, why);
}

/* What is to be read from the first joining on must not begin later because of it. */
static enum status
forget_stays(struct store *s, uint64_t first, struct fault *why)
{
    struct people *people = &s->roster.people;
    enum status st = ST_OK;

    if (people->forget_at == 0 || people->forget_at > first)
        return ST_OK;
    for (size_t i = 0; st == ST_OK && i < people->n; i++)
        if (person_has_stay_to_forget(people->by_no[i], first))
            st = forget_stays_of(s, people->by_no[i], first, why);
    people_note_forget_at(people);
    return st;
}

static enum status
drop(void *ctx, struct fault *why)
{
    struct trim *t = ctx;
    enum status st = t->s->engine->drop(t->s, t->first, t->base_ts, why);

    if (st == ST_OK)
        st = forget_stays(t->s, t->first, why);
    if (st == ST_OK)
        t->s->next.first = t->first;
    return st;
}

enum status
store_trim(struct store *s, const struct store_keep *keep, int64_t now_ns, size_t max_rows,
           size_t *removed, struct fault *why)
{
    uint64_t first = s->state.first;
    uint64_t kept = s->state.head + 1 - first;
    struct trim t = {.s = s};
    enum status st =
        find_first(s, keep, now_ns, first + (kept < max_rows ? kept : max_rows), &t.first, why);

    *removed = 0;
    if (st != ST_OK || t.first == first)
        return st;
    st = s->engine->ts_of(s, t.first - 1, &t.base_ts, why);
    if (st == ST_OK)
        st = store_transact(s, true, drop, &t, why);
    if (st == ST_OK)
        *removed = (size_t)(t.first - first);
    return st;
}

void
store_refill(struct store *s)
{
    s->engine->refill(s);
}
