#include <string.h>

#include "block.h"
#include "group_db.h"

enum { MOVE_READ, MOVE_PUT, MOVE_COUNT };

static const char *const texts[MOVE_COUNT] = {
    [MOVE_READ] = "SELECT seq, ts, kind, author, id, sum, body, ext FROM entry ORDER BY seq",
    [MOVE_PUT] = BLOCK_INSERT,
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
    const char *path = sqlite3_db_filename(db, "main");

    return fault_set(why, ST_CORRUPT,
                     "%s is damaged at entry %lld: it cannot be brought up to date",
                     path != NULL && *path != '\0' ? path : "the store", (long long)seq);
}

static enum status
move_all(sqlite3 *db, sqlite3_stmt *const *q, struct block_builder *b, struct fault *why)
{
    struct block_entry one;
    enum status st = ST_OK;
    int rc = SQLITE_ROW;

    while (st == ST_OK && (rc = sqlite3_step(q[MOVE_READ])) == SQLITE_ROW) {
        if (!take(q[MOVE_READ], &one))
            return refuse(db, sqlite3_column_int64(q[MOVE_READ], 0), why);
        if (block_put(b, &one))
            continue;
        st = put(q[MOVE_PUT], b, why);
        if (st == ST_OK)
            block_put(b, &one);
    }
    if (st == ST_OK && rc != SQLITE_DONE)
        st = sql_fault(why, db, rc, "read");
    return st == ST_OK ? put(q[MOVE_PUT], b, why) : st;
}

enum status
group_move_entries(sqlite3 *db, struct fault *why)
{
    static const char *const end =
        "INSERT INTO entry_at SELECT id, author, seq FROM entry ORDER BY id, author;"
        "DROP TABLE entry";
    sqlite3_stmt *q[MOVE_COUNT] = {NULL};
    struct block_builder b;
    int64_t page_size = 0;
    enum status st = sql_int(db, "PRAGMA page_size", &page_size, why);

    block_init(&b, page_size);
    if (st == ST_OK)
        st = sql_prepare(db, q, texts, MOVE_COUNT, why);
    if (st == ST_OK)
        st = move_all(db, q, &b, why);
    sql_finalize(q, MOVE_COUNT);
    return st == ST_OK ? sql_exec(db, end, why) : st;
}
