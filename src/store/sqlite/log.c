#include "sqlite/impl.h"

static const char *const texts[LOG_COUNT] = {
    /* One that was let go of may still be in the list, if its block was damaged. */
    [LOG_PUT_ID] = "INSERT INTO entry_at(id, author, seq) VALUES (?1, ?2, ?3)"
                   " ON CONFLICT (id, author) DO UPDATE SET seq = excluded.seq WHERE seq < ?4",
    [LOG_FIND_ID] = "SELECT seq FROM entry_at WHERE id = ?1 AND author = ?2",
    [LOG_DROP_ID] = "DELETE FROM entry_at WHERE id = ?1 AND author = ?2 AND seq = ?3",
    [LOG_PUT] = BLOCK_INSERT,
    [LOG_AT] = "SELECT " BLOCK_COLUMNS " FROM block WHERE last >= ?1 ORDER BY last LIMIT 1",
    [LOG_DROP] = "DELETE FROM block WHERE last < ?1",
    [LOG_CUT] = "UPDATE block SET first = ?2, data = ?3 WHERE last = ?1",
};

enum status
sqlite_prepare_log(struct sqlite_store *self, struct fault *why)
{
    int64_t page_size = 0;
    enum status st = sql_int(self->db, "PRAGMA page_size", &page_size, why);

    block_init(&self->builder, page_size);
    return st == ST_OK ? sql_prepare(self->db, self->log, texts, LOG_COUNT, why) : st;
}

static enum status
no_room(struct sqlite_store *self, int rc, struct fault *why)
{
    if (rc == SQLITE_FULL && sqlite_at_quota(self))
        return fault_set(why, ST_FULL, "the quota of %s/%s is used up", self->dir.path,
                         group_schema.file);
    return sql_fault(why, self->db, rc, "write to");
}

static enum status
damaged(struct sqlite_store *self, uint64_t seq, struct fault *why)
{
    return fault_set(why, ST_CORRUPT, "%s/%s is damaged at entry %llu", self->dir.path,
                     group_schema.file, (unsigned long long)seq);
}

/* ---- appending ---- */

enum status
sqlite_flush(struct sqlite_store *self, struct fault *why)
{
    sqlite3_stmt *q = self->log[LOG_PUT];
    int rc;

    if (self->builder.block.data.len == 0)
        return ST_OK;
    block_bind(q, &self->builder);
    rc = sqlite3_step(q);
    sqlite3_reset(q);
    block_reset(&self->builder);
    return rc == SQLITE_DONE ? ST_OK : no_room(self, rc, why);
}

static enum status
put_id(struct sqlite_store *self, const struct person *author, const struct entry *e,
       struct fault *why)
{
    sqlite3_stmt *q = self->log[LOG_PUT_ID];
    int rc;

    sql_bind_span(q, 1, (struct span){e->id.bytes, ID_LEN});
    sqlite3_bind_int64(q, 2, author->no);
    sqlite3_bind_int64(q, 3, (int64_t)e->seq);
    sqlite3_bind_int64(q, 4, (int64_t)self->base.state.first);
    rc = sqlite3_step(q);
    sqlite3_reset(q);
    if (rc != SQLITE_DONE)
        return no_room(self, rc, why);
    return sqlite3_changes(self->db) == 1 ? ST_OK : ST_EXISTS;
}

enum status
sqlite_append(struct store *s, const struct person *author, const struct entry *e,
              struct fault *why)
{
    struct sqlite_store *self = sqlite_self(s);
    struct block_entry one = {.e = *e, .author = author->no, .sum = entry_sum(e)};
    enum status st = put_id(self, author, e, why);

    if (st != ST_OK || block_put(&self->builder, &one))
        return st;
    st = sqlite_flush(self, why);
    if (st == ST_OK && !block_put(&self->builder, &one))
        st = fault_set(why, ST_INVALID, "an entry is over its bounds");
    return st;
}

/* ---- looking ---- */

/* The block that holds number seq, or the next one. The caller resets LOG_AT. ST_NOT_FOUND. */
static enum status
block_at(struct sqlite_store *self, uint64_t seq, struct block *out, struct fault *why)
{
    sqlite3_stmt *q = self->log[LOG_AT];
    int rc;

    sqlite3_bind_int64(q, 1, (int64_t)seq);
    rc = sqlite3_step(q);
    if (rc == SQLITE_DONE)
        return ST_NOT_FOUND;
    if (rc != SQLITE_ROW)
        return sql_fault(why, self->db, rc, "read");
    return block_take(q, out) ? ST_OK : damaged(self, seq, why);
}

/* Entry seq, intact. Its spans are borrowed until LOG_AT is reset, or the builder is. */
static enum status
entry_at(struct sqlite_store *self, uint64_t seq, struct block_entry *out, struct fault *why)
{
    struct block block = self->builder.block;
    struct block_cursor c;
    const struct person *author;
    enum status st = ST_OK;

    if (block.data.len == 0 || seq < block.first)
        st = block_at(self, seq, &block, why);
    if (st == ST_NOT_FOUND || (st == ST_OK && seq < block.first))
        return damaged(self, seq, why);
    if (st != ST_OK)
        return st;
    block_start(&c, &block);
    if (!block_seek(&c, seq, out) ||
        (author = people_numbered(&self->base.roster.people, out->author)) == NULL)
        return damaged(self, seq, why);
    out->e.author = author->uuid;
    return out->sum == entry_sum(&out->e) ? ST_OK : damaged(self, seq, why);
}

/* Where the index says that (author, id) is. */
static enum status
seq_of(struct sqlite_store *self, const struct person *author, const struct id *id, uint64_t *out,
       struct fault *why)
{
    sqlite3_stmt *q = self->log[LOG_FIND_ID];
    int64_t seq = 0;
    enum status st = ST_OK;
    int rc;

    sql_bind_span(q, 1, (struct span){id->bytes, ID_LEN});
    sqlite3_bind_int64(q, 2, author->no);
    rc = sqlite3_step(q);
    if (rc == SQLITE_DONE)
        st = ST_NOT_FOUND;
    else if (rc != SQLITE_ROW)
        st = sql_fault(why, self->db, rc, "read");
    else if (!sql_column_int(q, 0, 1, &seq))
        st = fault_set(why, ST_CORRUPT, "%s/%s is damaged: its list of ids", self->dir.path,
                       group_schema.file);
    sqlite3_reset(q);
    *out = (uint64_t)seq;
    return st == ST_OK && *out < self->base.state.first ? ST_NOT_FOUND : st;
}

enum status
sqlite_find(struct store *s, const struct person *author, const struct entry *e,
            struct store_found *out, struct fault *why)
{
    struct sqlite_store *self = sqlite_self(s);
    struct block_entry found;
    uint64_t seq;
    enum status st = seq_of(self, author, &e->id, &seq, why);

    if (st != ST_OK)
        return st;
    st = entry_at(self, seq, &found, why);
    if (st == ST_OK && (found.author != author->no || !id_equal(&found.e.id, &e->id)))
        st = damaged(self, seq, why);
    if (st == ST_OK)
        *out = (struct store_found){
            .seq = seq,
            .ts = found.e.ts,
            .same = store_entry_same(&found.e, e),
            .is_message = found.e.kind == ENTRY_MESSAGE,
        };
    sqlite3_reset(self->log[LOG_AT]);
    return st;
}

/* Of an entry that is intact: to let go of others by a time that changed on the disk would be
 * damage upon damage. */
enum status
sqlite_ts_of(struct store *s, uint64_t seq, int64_t *out, struct fault *why)
{
    struct sqlite_store *self = sqlite_self(s);
    struct block_entry found;
    enum status st = entry_at(self, seq, &found, why);

    if (st == ST_OK)
        *out = found.e.ts;
    sqlite3_reset(self->log[LOG_AT]);
    return st;
}

enum status
sqlite_check_ends(struct sqlite_store *self, struct fault *why)
{
    const struct store_state *state = &self->base.state;
    struct block front = {.first = 0};
    struct block_entry last;
    uint64_t seq = 0;
    enum status st;

    if (state->head < state->first)
        return ST_OK;
    st = block_at(self, 0, &front, why);
    sqlite3_reset(self->log[LOG_AT]);
    if (st == ST_OK && (front.first > state->first || front.last < state->first))
        st = ST_CORRUPT;
    if (st == ST_OK)
        st = entry_at(self, state->head, &last, why);
    if (st == ST_OK)
        st = seq_of(self, people_numbered(&self->base.roster.people, last.author), &last.e.id, &seq,
                    why);
    sqlite3_reset(self->log[LOG_AT]);
    if (st == ST_CORRUPT || st == ST_NOT_FOUND || (st == ST_OK && seq != state->head))
        st = fault_set(why, ST_CORRUPT, "%s/%s is damaged: its first or last entry", self->dir.path,
                       group_schema.file);
    return st;
}

/* ---- letting go ---- */

static enum status
drop_id(struct sqlite_store *self, const struct block_entry *e, struct fault *why)
{
    sqlite3_stmt *q = self->log[LOG_DROP_ID];

    sql_bind_span(q, 1, (struct span){e->e.id.bytes, ID_LEN});
    sqlite3_bind_int64(q, 2, e->author);
    sqlite3_bind_int64(q, 3, (int64_t)e->e.seq);
    return sql_run(q, "write to", why);
}

/* Forget the ids of a block's entries below first; *c stands behind them. ST_CORRUPT: some of them
 * cannot be read. */
static enum status
drop_ids(struct sqlite_store *self, struct block_cursor *c, uint64_t first, struct fault *why)
{
    struct block_entry one;
    enum status st = ST_OK;

    while (st == ST_OK && c->next < first && !block_at_end(c))
        st = block_next(c, &one) ? drop_id(self, &one, why) : ST_CORRUPT;
    return st;
}

/* Keep of a block what is behind c. */
static enum status
cut(struct sqlite_store *self, const struct block_cursor *c, struct fault *why)
{
    sqlite3_stmt *q = self->log[LOG_CUT];

    sqlite3_bind_int64(q, 1, (int64_t)c->block.last);
    sqlite3_bind_int64(q, 2, (int64_t)c->next);
    sqlite3_bind_blob(q, 3, c->left.p, (int)c->left.len, SQLITE_TRANSIENT);
    sqlite3_reset(self->log[LOG_AT]);
    return sql_run(q, "write to", why);
}

/* The ids of one block. One that is damaged stays as it is until it goes as a whole: what was let
 * go of is not read, and its ids can be used again. */
static enum status
drop_front(struct sqlite_store *self, const struct block *block, uint64_t first, struct fault *why)
{
    struct block_cursor c;
    enum status st;

    block_start(&c, block);
    st = drop_ids(self, &c, first, why);
    if (st == ST_OK && block->first < first && first <= block->last)
        st = cut(self, &c, why);
    return st == ST_CORRUPT ? ST_OK : st;
}

/* Block after block, as the number of the last entry, which is the row's, says. */
static enum status
drop_fronts(struct sqlite_store *self, uint64_t first, struct fault *why)
{
    sqlite3_stmt *q = self->log[LOG_AT];
    uint64_t last = 0;
    enum status st = ST_OK;

    while (st == ST_OK && last + 1 < first) {
        struct block block;
        int rc;

        sqlite3_bind_int64(q, 1, (int64_t)last + 1);
        rc = sqlite3_step(q);
        if (rc != SQLITE_ROW && rc != SQLITE_DONE)
            st = sql_fault(why, self->db, rc, "read");
        last = rc == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(q, 0) : first;
        if (rc == SQLITE_ROW && block_take(q, &block))
            st = drop_front(self, &block, first, why);
        sqlite3_reset(q);
    }
    return st;
}

enum status
sqlite_drop(struct store *s, uint64_t first, int64_t base_ts, struct fault *why)
{
    struct sqlite_store *self = sqlite_self(s);
    struct group_meta meta;
    enum status st = drop_fronts(self, first, why);

    sqlite3_bind_int64(self->log[LOG_DROP], 1, (int64_t)first);
    if (st == ST_OK)
        st = sql_run(self->log[LOG_DROP], "write to", why);
    if (st == ST_OK)
        st = group_meta_get(self->upkeep[UPKEEP_META], &meta, why);
    if (st != ST_OK)
        return st;
    meta.base_seq = (int64_t)first - 1;
    meta.base_ts = base_ts;
    return group_meta_put(self->upkeep[UPKEEP_PUT_META], &meta, why);
}
