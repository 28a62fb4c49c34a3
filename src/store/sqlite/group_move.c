#include <string.h>

#include "sqlite/block.h"
#include "sqlite/group_db.h"

/* Rows that are moved before they are deleted, so that the next blocks take their pages: the file
 * does not become twice as long, and the log of the one transaction no longer than the file. */
#define STEP_ROWS 1000

enum { MOVE_READ, MOVE_PUT, MOVE_DROP, MOVE_COUNT };

static const char *const texts[MOVE_COUNT] = {
    [MOVE_READ] = "SELECT seq, ts, kind, author, id, sum, body, ext FROM entry ORDER BY seq"
                  " LIMIT ?1",
    [MOVE_PUT] = BLOCK_INSERT,
    [MOVE_DROP] = "DELETE FROM entry WHERE seq <= ?1",
};

/* The checksum goes along as it is, so that what was damaged before is seen to be. */
static bool
take(sqlite3_stmt *q, struct block_entry *out)
{
    struct span id;
    int64_t seq;
    int64_t kind;

    if (!sql_column_int(q, 0, 1, &seq) || !sql_column_int(q, 1, 1, &out->e.ts) ||
        !sql_column_int(q, 2, 1, &kind) || kind > ENTRY_KIND_MAX ||
        !sql_column_int(q, 3, 1, &out->author) || out->author > UINT32_MAX ||
        !sql_column_blob(q, 4, ID_LEN, ID_LEN, &id) ||
        !sql_column_int(q, 5, INT64_MIN, &out->sum) ||
        !sql_column_blob(q, 6, 0, BODY_MAX_BYTES, &out->e.body) ||
        !sql_column_blob(q, 7, 0, EXT_MAX_BYTES, &out->e.ext))
        return false;
    out->e.seq = (uint64_t)seq;
    out->e.kind = (uint8_t)kind;
    memcpy(out->e.id.bytes, id.p, ID_LEN);
    return true;
}

static enum status
put(sqlite3_stmt *q, struct block_builder *b, struct fault *why)
{
    enum status st;

    if (b->block.data.len == 0)
        return ST_OK;
    block_bind(q, b);
    st = sql_run(q, "write to", why);
    block_reset(b);
    return st;
}

static enum status
refuse(sqlite3 *db, int64_t seq, struct fault *why)
{
    return fault_set(why, ST_CORRUPT,
                     "%s is damaged at entry %lld: it cannot be brought up to date", sql_name(db),
                     (long long)seq);
}

static enum status
move_one(sqlite3_stmt *const *q, struct block_builder *b, const struct block_entry *one,
         struct fault *why)
{
    enum status st;

    if (block_put(b, one))
        return ST_OK;
    st = put(q[MOVE_PUT], b, why);
    if (st == ST_OK)
        block_put(b, one);
    return st;
}

struct move {
    sqlite3 *db;
    sqlite3_stmt *q[MOVE_COUNT];
    struct block_builder b;
    int64_t last; /* row that was moved */
};

/* How many rows; in a damaged tree they need not be in order. */
static enum status
move_some(struct move *m, int *rows, struct fault *why)
{
    sqlite3_stmt *q = m->q[MOVE_READ];
    struct block_entry one;
    enum status st = ST_OK;
    int rc = SQLITE_ROW;

    sqlite3_bind_int64(q, 1, STEP_ROWS);
    for (*rows = 0; st == ST_OK && (rc = sqlite3_step(q)) == SQLITE_ROW; ++*rows) {
        int64_t before = m->last;

        m->last = sqlite3_column_int64(q, 0);
        st = m->last > before && take(q, &one) ? move_one(m->q, &m->b, &one, why)
                                               : refuse(m->db, m->last, why);
    }
    if (st == ST_OK && rc != SQLITE_DONE)
        st = sql_fault(why, m->db, rc, "read");
    sqlite3_reset(q);
    return st;
}

/* Just those that were moved. */
static enum status
drop_some(struct move *m, int rows, struct fault *why)
{
    enum status st;

    sqlite3_bind_int64(m->q[MOVE_DROP], 1, m->last);
    st = sql_run(m->q[MOVE_DROP], "write to", why);
    return st == ST_OK && sqlite3_changes(m->db) != rows ? refuse(m->db, m->last, why) : st;
}

static enum status
move_all(struct move *m, struct fault *why)
{
    int rows = 0;
    enum status st;

    do {
        st = move_some(m, &rows, why);
        if (st == ST_OK && rows > 0)
            st = drop_some(m, rows, why);
    } while (st == ST_OK && rows > 0);
    return st == ST_OK ? put(m->q[MOVE_PUT], &m->b, why) : st;
}

/* The list of ids first: there is an index in its order, which is deleted with the rows. A table
 * that is not empty would be copied to memory while it is dropped. */
enum status
group_move_entries(sqlite3 *db, struct fault *why)
{
    static const char *const ids =
        "INSERT INTO entry_at SELECT id, author, seq FROM entry ORDER BY id, author";
    struct move m = {.db = db};
    int64_t page_size = 0;
    enum status st = sql_int(db, "PRAGMA page_size", &page_size, why);

    block_init(&m.b, page_size);
    if (st == ST_OK)
        st = sql_exec(db, ids, why);
    if (st == ST_OK)
        st = sql_prepare(db, m.q, texts, MOVE_COUNT, why);
    if (st == ST_OK)
        st = move_all(&m, why);
    sql_finalize(m.q, MOVE_COUNT);
    return st == ST_OK ? sql_exec(db, "DROP TABLE entry", why) : st;
}
