#include "store/engine.h"

/* ---- open and close ---- */

enum status
store_open(struct store **out, const struct store_options *o, struct fault *why)
{
    *out = NULL;
    if (o->ballast < 0 || (o->quota != 0 && o->quota < STORE_QUOTA_MIN))
        return fault_set(why, ST_INVALID, "the quota must be at least %d bytes", STORE_QUOTA_MIN);
    return sqlite_engine.open(out, o, why);
}

void
store_close(struct store *s)
{
    if (s != NULL)
        s->engine->close(s);
}

/* ---- transactions ---- */

void
store_break(struct store *s, enum status st, const struct fault *why)
{
    if (s->broken != ST_OK)
        return;
    s->broken = st == ST_CORRUPT ? ST_CORRUPT : ST_SYSTEM;
    s->broken_why = *why;
}

static enum status
undo(struct store *s, enum status st, const struct fault *why)
{
    struct fault second = {0};

    roster_undo(&s->roster);
    if (st != ST_FULL && st != ST_NOMEM)
        store_break(s, st, why);
    if (s->engine->rollback(s, &second) != ST_OK)
        store_break(s, ST_SYSTEM, &second);
    return s->broken != ST_OK ? s->broken : st;
}

static enum status
attempt(struct store *s, bool urgent, store_body *body, void *ctx, struct fault *why)
{
    enum status st;

    s->next = s->state;
    roster_mark(&s->roster);
    st = s->engine->begin(s, urgent, why);
    if (st == ST_OK)
        st = body(ctx, why);
    if (st == ST_OK)
        st = s->engine->commit(s, why);
    if (st != ST_OK)
        return undo(s, st, why);
    s->state = s->next;
    return ST_OK;
}

enum status
store_transact(struct store *s, bool urgent, store_body *body, void *ctx, struct fault *why)
{
    struct fault reason = s->broken_why;
    enum status st = s->broken;

    if (st == ST_OK)
        st = attempt(s, urgent, body, ctx, &reason);
    while (st == ST_FULL && urgent && s->engine->make_room(s))
        st = attempt(s, urgent, body, ctx, &reason);
    if (st != ST_OK && why != NULL)
        *why = reason;
    return st;
}

/* ---- looking ---- */

enum status
store_state(struct store *s, struct store_state *out)
{
    *out = s->state;
    return ST_OK;
}

bool
store_goes_on_from(const struct store *s, const struct id *log, uint64_t *head)
{
    return past_find(&s->past, log, head);
}

const struct roster *
store_roster(const struct store *s)
{
    return &s->roster;
}

/* ---- reading ---- */

/* Of a range, what is kept. False: nothing. */
static bool
clip(struct stay *range, const struct store_state *state)
{
    if (range->first < state->first)
        range->first = state->first;
    if (range->last > state->head)
        range->last = state->head;
    return range->first <= range->last;
}

static void
page_behind(const struct stay *kept, uint64_t after, uint64_t max_rows, struct store_page *out)
{
    if (after >= kept->last)
        return;
    out->after = after < kept->first ? kept->first - 1 : after;
    out->rows = kept->last - out->after < max_rows ? kept->last - out->after : max_rows;
}

static void
page_before(const struct stay *kept, uint64_t before, uint64_t max_rows, struct store_page *out)
{
    uint64_t last = before <= kept->last ? before - 1 : kept->last;

    if (last < kept->first)
        return;
    out->rows = last - kept->first < max_rows ? last - kept->first + 1 : max_rows;
    out->after = last - out->rows;
}

void
store_find_page(const struct store_query *q, uint64_t after, struct store_state *state,
                struct store_page *out)
{
    const struct stay all = {.first = 1, .last = UINT64_MAX};
    size_t n = q->n_ranges > 0 ? q->n_ranges : 1;
    uint64_t first = q->n_ranges > 0 ? state->head + 1 : state->first;

    *out = (struct store_page){.after = after};
    state->lowest = state->head + 1;
    for (size_t i = 0; i < n; i++) {
        struct stay kept = q->n_ranges > 0 ? q->ranges[i] : all;
        struct store_page page = {.rows = 0};

        if (!clip(&kept, state))
            continue;
        if (kept.first < state->lowest)
            state->lowest = kept.first;
        if (q->before_seq != 0)
            page_before(&kept, q->before_seq, q->max_rows, &page);
        else if (out->rows == 0)
            page_behind(&kept, after, q->max_rows, &page);
        if (page.rows > 0) {
            *out = page;
            first = kept.first;
        }
    }
    state->first = first;
}

enum status
store_reader_open(struct store_reader **out, struct store *s, struct fault *why)
{
    return s->engine->reader_open(out, s, why);
}

enum status
store_read(struct store_reader *r, const struct store_query *q, struct store_state *state,
           store_entry_visit *visit, void *ctx, struct fault *why)
{
    return r->ops->read(r, q, state, visit, ctx, why);
}

void
store_reader_close(struct store_reader *r)
{
    if (r != NULL)
        r->ops->close(r);
}
