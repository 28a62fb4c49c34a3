#include "sqlite/group_db.h"

#include <string.h>

#include "base/clock.h"
#include "store/sum.h"

/*
 * The last entry's number is a block's rowid, so the log is read by scanning one tree in order, and
 * a new block goes to its right edge. Ids grow with time, so the list of them is extended at its
 * right edge too. Everything up to base_seq was let go; base_ts is that entry's time. They keep the
 * numbers growing when no entry is left. Each row ends in a checksum over the others of its
 * columns. `about` counts the rows of `standing` and `invite`: one that is lost as a whole, a ban
 * say, has no checksum to be missed by.
 */
static const char *const migrations[] = {
    "CREATE TABLE meta("
    " one INTEGER PRIMARY KEY CHECK (one = 1), log BLOB NOT NULL, created INTEGER NOT NULL,"
    " base_seq INTEGER NOT NULL, base_ts INTEGER NOT NULL, sum INTEGER NOT NULL);"
    "CREATE TABLE past("
    " one INTEGER PRIMARY KEY CHECK (one = 1), logs BLOB NOT NULL, sum INTEGER NOT NULL);"
    "INSERT INTO past VALUES (1, x'', 6529546251394084362);"
    "CREATE TABLE person("
    " no INTEGER PRIMARY KEY, uuid BLOB NOT NULL UNIQUE, key BLOB, nick TEXT NOT NULL,"
    " sum INTEGER NOT NULL);"
    "CREATE TABLE stay("
    " person INTEGER NOT NULL REFERENCES person(no), joined_seq INTEGER NOT NULL,"
    " joined_ts INTEGER NOT NULL, left_seq INTEGER NOT NULL, left_ts INTEGER NOT NULL,"
    " sum INTEGER NOT NULL, PRIMARY KEY (person, joined_seq));"
    "CREATE TABLE standing("
    " person INTEGER PRIMARY KEY REFERENCES person(no), role INTEGER NOT NULL,"
    " role_set INTEGER NOT NULL, invited INTEGER NOT NULL, ban_seq INTEGER NOT NULL,"
    " ban_ts INTEGER NOT NULL, banned_by BLOB NOT NULL, sum INTEGER NOT NULL);"
    "CREATE TABLE invite("
    " hash BLOB PRIMARY KEY NOT NULL, author BLOB NOT NULL, since INTEGER NOT NULL,"
    " uses INTEGER NOT NULL, expires INTEGER NOT NULL, sum INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE about("
    " one INTEGER PRIMARY KEY CHECK (one = 1), topic BLOB NOT NULL, standings INTEGER NOT NULL,"
    " invites INTEGER NOT NULL, sum INTEGER NOT NULL);"
    "INSERT INTO about VALUES (1, x'', 0, 0, 5305099997183632197);"
    "CREATE TABLE block("
    " last INTEGER PRIMARY KEY, first INTEGER NOT NULL, ts INTEGER NOT NULL, data BLOB NOT NULL);"
    "CREATE TABLE entry_at("
    " id BLOB NOT NULL, author INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (id, author))"
    " WITHOUT ROWID;",
};

/* ---- checksums ---- */

static int64_t
meta_sum(const struct group_meta *meta)
{
    struct sum s;

    sum_init(&s);
    sum_bytes(&s, (struct span){meta->log.bytes, ID_LEN});
    sum_int(&s, meta->created);
    sum_int(&s, meta->base_seq);
    sum_int(&s, meta->base_ts);
    return sum_end(&s);
}

/* ---- a new file ---- */

const char *const group_meta_sql =
    "INSERT INTO meta(one, log, created, base_seq, base_ts, sum) VALUES (1, ?1, ?2, ?3, ?4, ?5)"
    " ON CONFLICT (one) DO UPDATE SET log = excluded.log, base_seq = excluded.base_seq, base_ts = "
    "excluded.base_ts,"
    " sum = excluded.sum";

enum status
group_meta_put(sqlite3_stmt *q, const struct group_meta *meta, struct fault *why)
{
    sql_bind_span(q, 1, (struct span){meta->log.bytes, ID_LEN});
    sqlite3_bind_int64(q, 2, meta->created);
    sqlite3_bind_int64(q, 3, meta->base_seq);
    sqlite3_bind_int64(q, 4, meta->base_ts);
    sqlite3_bind_int64(q, 5, meta_sum(meta));
    return sql_run(q, "write to", why);
}

static enum status
fill(sqlite3 *db, struct fault *why)
{
    struct group_meta meta = {.log = id_random(), .created = clock_wall_ns()};
    sqlite3_stmt *q = NULL;
    enum status st = sql_prepare(db, &q, &group_meta_sql, 1, why);

    if (st == ST_OK)
        st = group_meta_put(q, &meta, why);
    sql_finalize(&q, 1);
    return st;
}

const struct schema group_schema = {
    .file = "group.db",
    .kind = "group store",
    .application_id = 0x436c4731, /* "ClG1" */
    .copy_id = 0x436c4742,        /* "ClGB" */
    .migrations = migrations,
    .n_migrations = sizeof migrations / sizeof migrations[0],
    .fill = fill,
};

/* ---- earlier logs ---- */

static int64_t
past_sum(struct span logs)
{
    struct sum s;

    sum_init(&s);
    sum_bytes(&s, logs);
    return sum_end(&s);
}

enum status
group_past_put(sqlite3 *db, const struct past *past, struct fault *why)
{
    static const char *const text = "UPDATE past SET logs = ?1, sum = ?2";
    uint8_t bytes[PAST_MAX * PAST_LOG_BYTES];
    struct span logs = {bytes, past->n * PAST_LOG_BYTES};
    sqlite3_stmt *q = NULL;
    enum status st = sql_prepare(db, &q, &text, 1, why);

    if (st == ST_OK) {
        past_pack(past, bytes);
        sql_bind_span(q, 1, logs);
        sqlite3_bind_int64(q, 2, past_sum(logs));
        st = sql_run(q, "write to", why);
    }
    sql_finalize(&q, 1);
    return st;
}

enum status
group_past_get(sqlite3 *db, const struct store_state *state, struct past *out, struct fault *why)
{
    static const char *const text = "SELECT logs, sum FROM past";
    sqlite3_stmt *q = NULL;
    enum status st = sql_prepare(db, &q, &text, 1, why);
    struct span logs;
    int64_t sum;
    int rc = SQLITE_DONE;

    if (st == ST_OK)
        rc = sqlite3_step(q);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        st = sql_fault(why, db, rc, "read");
    else if (st == ST_OK &&
             (rc != SQLITE_ROW || !sql_column_blob(q, 0, 0, PAST_MAX * PAST_LOG_BYTES, &logs) ||
              !sql_column_int(q, 1, INT64_MIN, &sum) || sum != past_sum(logs) ||
              !past_unpack(out, logs, state->head)))
        st = fault_set(why, ST_CORRUPT, "%s is damaged: its earlier logs", sql_name(db));
    sql_finalize(&q, 1);
    return st;
}

/* ---- where the log stands ---- */

const char *const group_tail_sql[TAIL_COUNT] = {
    [TAIL_META] = "SELECT log, created, base_seq, base_ts, sum FROM meta",
    [TAIL_LAST] = "SELECT last, ts FROM block ORDER BY last DESC LIMIT 1",
};

static enum status
damaged(sqlite3_stmt *q, const char *what, struct fault *why)
{
    return fault_set(why, ST_CORRUPT, "%s is damaged: %s", sql_name(sqlite3_db_handle(q)), what);
}

enum status
group_meta_get(sqlite3_stmt *q, struct group_meta *out, struct fault *why)
{
    int rc = sqlite3_step(q);
    enum status st = ST_OK;
    struct span log = {NULL, 0};
    int64_t sum = 0;

    if (rc == SQLITE_DONE)
        st = damaged(q, "it has no log id", why);
    else if (rc != SQLITE_ROW)
        st = sql_fault(why, sqlite3_db_handle(q), rc, "read");
    else if (!sql_column_blob(q, 0, ID_LEN, ID_LEN, &log) ||
             !sql_column_int(q, 1, INT64_MIN, &out->created) ||
             !sql_column_int(q, 2, 0, &out->base_seq) || !sql_column_int(q, 3, 0, &out->base_ts) ||
             !sql_column_int(q, 4, INT64_MIN, &sum))
        st = damaged(q, "its log id or base", why);
    if (st == ST_OK) {
        memcpy(out->log.bytes, log.p, ID_LEN);
        if (sum != meta_sum(out) || out->base_ts == INT64_MAX)
            st = damaged(q, "its log id or base", why);
    }
    sqlite3_reset(q);
    return st;
}

static enum status
read_last(sqlite3_stmt *q, struct store_state *out, struct fault *why)
{
    int rc = sqlite3_step(q);
    enum status st = ST_OK;
    int64_t seq;
    int64_t ts;

    if (rc == SQLITE_ROW) {
        if (sql_column_int(q, 0, (int64_t)out->first, &seq) &&
            sql_column_int(q, 1, out->last_ts + 1, &ts)) {
            out->head = (uint64_t)seq;
            out->last_ts = ts;
        } else {
            st = damaged(q, "the last entry", why);
        }
    } else if (rc != SQLITE_DONE) {
        st = sql_fault(why, sqlite3_db_handle(q), rc, "read");
    }
    sqlite3_reset(q);
    return st;
}

enum status
group_read_state(sqlite3_stmt *const tail[static TAIL_COUNT], struct store_state *out,
                 struct fault *why)
{
    struct group_meta meta;
    enum status st = group_meta_get(tail[TAIL_META], &meta, why);

    *out = (struct store_state){0};
    if (st != ST_OK)
        return st;
    out->log = meta.log;
    out->head = (uint64_t)meta.base_seq;
    out->first = out->head + 1;
    out->last_ts = meta.base_ts;
    return read_last(tail[TAIL_LAST], out, why);
}
