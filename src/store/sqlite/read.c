#include <stdlib.h>
#include <string.h>

#include "sqlite/group_db.h"

enum { Q_BEGIN, Q_END, Q_SCAN, Q_AUTHORS, Q_COUNT };

static const char *const texts[Q_COUNT] = {
    [Q_BEGIN] = "BEGIN",
    [Q_END] = "COMMIT",
    [Q_SCAN] = "SELECT " BLOCK_COLUMNS " FROM block WHERE last > ?1 ORDER BY last",
    [Q_AUTHORS] = "SELECT no, uuid FROM person WHERE no > ?1 ORDER BY no",
};

struct sqlite_reader {
    struct store_reader base;
    sqlite3 *db;
    sqlite3_stmt *q[Q_COUNT];
    sqlite3_stmt *tail[TAIL_COUNT];
    struct block_cursor at;                  /* in the scan under way */
    struct block_entry some[BLOCK_ROWS_MAX]; /* of its block, when it goes backwards */
    uint64_t head;                           /* as last seen */
    struct id *authors;                      /* authors[no - 1] */
    size_t n_authors;
    size_t cap_authors;
};

static struct sqlite_reader *
self_of(struct store_reader *r)
{
    return (struct sqlite_reader *)r;
}

static enum status
damaged(struct sqlite_reader *self, uint64_t seq, struct fault *why)
{
    return fault_set(why, ST_CORRUPT, "%s is damaged at entry %llu", sql_name(self->db),
                     (unsigned long long)seq);
}

/* ---- authors ---- */

static enum status
take_author(struct sqlite_reader *self, struct fault *why)
{
    struct span uuid;
    int64_t no;

    if (!sql_column_int(self->q[Q_AUTHORS], 0, 1, &no) || no != (int64_t)self->n_authors + 1 ||
        !sql_column_blob(self->q[Q_AUTHORS], 1, ID_LEN, ID_LEN, &uuid))
        return fault_set(why, ST_CORRUPT, "%s is damaged: a person", sql_name(self->db));
    if (self->n_authors == self->cap_authors) {
        size_t cap = self->cap_authors == 0 ? 64 : self->cap_authors * 2;
        struct id *more = reallocarray(self->authors, cap, sizeof *more);

        if (more == NULL)
            return fault_set(why, ST_NOMEM, "out of memory");
        self->authors = more;
        self->cap_authors = cap;
    }
    memcpy(self->authors[self->n_authors++].bytes, uuid.p, ID_LEN);
    return ST_OK;
}

static enum status
learn_authors(struct sqlite_reader *self, struct fault *why)
{
    sqlite3_stmt *q = self->q[Q_AUTHORS];
    enum status st = ST_OK;
    int rc = SQLITE_ROW;

    sqlite3_bind_int64(q, 1, (int64_t)self->n_authors);
    while (st == ST_OK && (rc = sqlite3_step(q)) == SQLITE_ROW)
        st = take_author(self, why);
    if (st == ST_OK && rc != SQLITE_DONE)
        st = sql_fault(why, self->db, rc, "read");
    sqlite3_reset(q);
    return st;
}

/* ---- scan ---- */

/* The next block of the scan: it must hold number seq. */
static enum status
next_block(struct sqlite_reader *self, uint64_t seq, struct fault *why)
{
    sqlite3_stmt *q = self->q[Q_SCAN];
    int rc = sqlite3_step(q);
    struct block block;

    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        return sql_fault(why, self->db, rc, "read");
    if (rc == SQLITE_DONE || !block_take(q, &block) || block.first > seq || block.last < seq)
        return damaged(self, seq, why);
    block_start(&self->at, &block);
    return ST_OK;
}

/* Begin with the block that holds number seq. */
static enum status
scan_from(struct sqlite_reader *self, uint64_t seq, struct fault *why)
{
    sqlite3_bind_int64(self->q[Q_SCAN], 1, (int64_t)seq - 1);
    return next_block(self, seq, why);
}

static void
scan_end(struct sqlite_reader *self)
{
    sqlite3_reset(self->q[Q_SCAN]);
}

/* What lies in a block, of a known author and intact. */
static enum status
take_entry(struct sqlite_reader *self, const struct block_entry *one, struct entry *e,
           struct fault *why)
{
    enum status st = ST_OK;

    if ((uint64_t)one->author > self->n_authors)
        st = learn_authors(self, why);
    if (st != ST_OK)
        return st;
    if ((uint64_t)one->author > self->n_authors)
        return damaged(self, one->e.seq, why);
    *e = one->e;
    e->author = self->authors[one->author - 1];
    return one->sum == entry_sum(e) ? ST_OK : damaged(self, e->seq, why);
}

/* The next entry of the scan, which must be number seq, later than last_ts. */
static enum status
next_entry(struct sqlite_reader *self, uint64_t seq, int64_t last_ts, struct entry *e,
           struct fault *why)
{
    struct block_entry one;
    enum status st = ST_OK;

    if (block_at_end(&self->at))
        st = next_block(self, seq, why);
    if (st != ST_OK)
        return st;
    if (!block_seek(&self->at, seq, &one) || one.e.ts <= last_ts)
        return damaged(self, seq, why);
    return take_entry(self, &one, e, why);
}

/* ---- where to start ---- */

/* The last entry of the block at hand whose time is not above after_ts; 0: none is. */
static uint64_t
last_within(struct block_cursor *c, int64_t after_ts)
{
    struct block_entry one;
    uint64_t last = 0;

    while (!block_at_end(c) && block_next(c, &one) && one.e.ts <= after_ts)
        last = one.e.seq;
    return last;
}

/* The last seq whose ts is not above after_ts: seq and ts grow together. Blocks tell the time of
 * their last entry, so only those in which it could lie are looked into. */
static enum status
bisect(struct sqlite_reader *self, const struct store_state *state, int64_t after_ts,
       uint64_t *after, struct fault *why)
{
    uint64_t low = state->first;
    uint64_t high = state->head + 1;
    uint64_t within = 0;
    enum status st = ST_OK;

    if (after_ts >= state->last_ts)
        low = high;
    while (st == ST_OK && within < low && low < high) {
        const struct block *block = &self->at.block;

        st = scan_from(self, low + (high - low) / 2, why);
        if (st == ST_OK && block->ts <= after_ts) {
            low = block->last + 1;
        } else if (st == ST_OK) {
            high = block->first;
            within = last_within(&self->at, after_ts);
        }
        scan_end(self);
    }
    *after = within < low ? low - 1 : within;
    return st;
}

/* A time that changed on the disk leads the bisection astray, past entries that were asked for.
 * With an intact entry on either side of the place it found, it was not. */
static enum status
check_before(struct sqlite_reader *self, uint64_t seq, int64_t after_ts, struct fault *why)
{
    struct entry e;
    enum status st;

    st = scan_from(self, seq, why);
    if (st == ST_OK)
        st = next_entry(self, seq, 0, &e, why);
    if (st == ST_OK && e.ts > after_ts)
        st = damaged(self, seq, why);
    scan_end(self);
    return st;
}

/* A page, all of it later than after_ts. */
struct scan {
    struct store_page page;
    int64_t after_ts;
};

static enum status
scan(struct sqlite_reader *self, const struct scan *s, store_entry_visit *visit, void *ctx,
     struct fault *why)
{
    struct entry e = {.ts = s->after_ts};
    uint64_t last = s->page.after + s->page.rows;
    enum status st = scan_from(self, s->page.after + 1, why);

    for (uint64_t seq = s->page.after + 1; st == ST_OK && seq <= last; seq++) {
        st = next_entry(self, seq, e.ts, &e, why);
        if (st == ST_OK)
            st = visit(ctx, &e);
    }
    scan_end(self);
    return st == ST_FULL ? ST_OK : st;
}

/* Entries follow each other in a block, so what is wanted of it is found before it is turned round.
 * That are those from number `from` on, or from its first, up to number seq. */
static enum status
turn_block(struct sqlite_reader *self, uint64_t from, uint64_t seq, size_t *n, struct fault *why)
{
    enum status st = scan_from(self, seq, why);

    *n = 0;
    if (st != ST_OK)
        return st;
    if (from < self->at.block.first)
        from = self->at.block.first;
    for (uint64_t i = from; i <= seq; i++)
        if (!block_seek(&self->at, i, &self->some[(*n)++]))
            return damaged(self, i, why);
    return ST_OK;
}

static enum status
scan_back(struct sqlite_reader *self, const struct scan *s, store_entry_visit *visit, void *ctx,
          struct fault *why)
{
    struct entry e = {.seq = 0};
    uint64_t seq = s->page.after + s->page.rows;
    enum status st = ST_OK;

    while (st == ST_OK && seq > s->page.after) {
        size_t n;

        st = turn_block(self, s->page.after + 1, seq, &n, why);
        for (; st == ST_OK && n > 0; n--, seq--) {
            const struct block_entry *one = &self->some[n - 1];

            if (e.seq > 0 && one->e.ts >= e.ts)
                st = damaged(self, seq, why);
            if (st == ST_OK)
                st = take_entry(self, one, &e, why);
            if (st == ST_OK)
                st = visit(ctx, &e);
        }
        scan_end(self);
    }
    return st == ST_FULL ? ST_OK : st;
}

static enum status
find_start(struct sqlite_reader *self, const struct store_query *q, struct store_state *state,
           struct scan *out, struct fault *why)
{
    uint64_t after = q->after_seq;
    enum status st = ST_OK;

    *out = (struct scan){.after_ts = 0};
    if (q->by_ts) {
        out->after_ts = q->after_ts;
        st = bisect(self, state, q->after_ts, &after, why);
        if (st == ST_OK && after >= state->first)
            st = check_before(self, after, q->after_ts, why);
    }
    if (st == ST_OK)
        store_find_page(q, after, state, &out->page);
    return st;
}

static enum status
sqlite_read(struct store_reader *r, const struct store_query *q, struct store_state *state,
            store_entry_visit *visit, void *ctx, struct fault *why)
{
    struct sqlite_reader *self = self_of(r);
    struct scan start;
    enum status st = sql_run(self->q[Q_BEGIN], "read", why);

    if (st == ST_OK)
        st = group_read_state(self->tail, state, why);
    if (st == ST_OK && state->head < self->head)
        st = damaged(self, self->head, why);
    if (st == ST_OK) {
        self->head = state->head;
        st = find_start(self, q, state, &start, why);
    }
    if (st == ST_OK && start.page.rows > 0)
        st = (q->before_seq != 0 ? scan_back : scan)(self, &start, visit, ctx, why);
    if (!sqlite3_get_autocommit(self->db)) {
        enum status end = sql_run(self->q[Q_END], "read", st == ST_OK ? why : NULL);

        st = st == ST_OK ? end : st;
    }
    return st;
}

/* ---- open and close ---- */

static void
sqlite_reader_close(struct store_reader *r)
{
    struct sqlite_reader *self = self_of(r);

    sql_finalize(self->q, Q_COUNT);
    sql_finalize(self->tail, TAIL_COUNT);
    sql_disconnect(self->db);
    free(self->authors);
    free(self);
}

static const struct store_reader_ops reader_ops = {
    .close = sqlite_reader_close,
    .read = sqlite_read,
};

enum status
sqlite_reader_open(struct store_reader **out, const char *path, struct fault *why)
{
    struct sqlite_reader *self = calloc(1, sizeof *self);
    enum status st;

    *out = NULL;
    if (self == NULL)
        return fault_set(why, ST_NOMEM, "out of memory");
    self->base.ops = &reader_ops;
    st = sql_connect(&self->db, path, SQLITE_OPEN_READONLY, why);
    if (st == ST_OK)
        st = sql_prepare(self->db, self->q, texts, Q_COUNT, why);
    if (st == ST_OK)
        st = sql_prepare(self->db, self->tail, group_tail_sql, TAIL_COUNT, why);
    if (st == ST_OK)
        *out = &self->base;
    else
        sqlite_reader_close(&self->base);
    return st;
}
