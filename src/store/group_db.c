#include "group_db.h"

#include <string.h>

#include "clock.h"
#include "sum.h"
#include "text.h"

/*
 * seq is the rowid, so the log is read by scanning its tree in order, and a new entry goes to the
 * right edge. Ids grow with time, so the index over them is extended at its right edge too.
 * Everything up to base_seq was let go; base_ts is that entry's time. They keep the numbers
 * growing when no entry is left. Each row ends in a checksum over the others of its columns.
 */
static const char *const migrations[] = {
    "CREATE TABLE meta("
    " one INTEGER PRIMARY KEY CHECK (one = 1), log BLOB NOT NULL, created INTEGER NOT NULL,"
    " base_seq INTEGER NOT NULL, base_ts INTEGER NOT NULL, sum INTEGER NOT NULL);"
    "CREATE TABLE person("
    " no INTEGER PRIMARY KEY, uuid BLOB NOT NULL UNIQUE, key BLOB, nick TEXT NOT NULL,"
    " sum INTEGER NOT NULL);"
    "CREATE TABLE stay("
    " person INTEGER NOT NULL REFERENCES person(no), joined_seq INTEGER NOT NULL,"
    " joined_ts INTEGER NOT NULL, left_seq INTEGER NOT NULL, left_ts INTEGER NOT NULL,"
    " sum INTEGER NOT NULL, PRIMARY KEY (person, joined_seq));"
    "CREATE TABLE entry("
    " seq INTEGER PRIMARY KEY, ts INTEGER NOT NULL, kind INTEGER NOT NULL,"
    " author INTEGER NOT NULL, id BLOB NOT NULL, sum INTEGER NOT NULL, body BLOB NOT NULL,"
    " ext BLOB NOT NULL);"
    "CREATE UNIQUE INDEX entry_id ON entry(id, author);",
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

int64_t
group_person_sum(const struct person *p)
{
    struct sum s;

    sum_init(&s);
    sum_int(&s, p->no);
    sum_bytes(&s, (struct span){p->uuid.bytes, ID_LEN});
    sum_bytes(&s, (struct span){p->key, p->has_key ? sizeof p->key : 0});
    sum_bytes(&s, (struct span){p->nick, p->nick_len});
    return sum_end(&s);
}

int64_t
group_stay_sum(const struct person *p)
{
    struct sum s;

    sum_init(&s);
    sum_int(&s, p->no);
    sum_int(&s, (int64_t)p->joined_seq);
    sum_int(&s, p->joined_ts);
    sum_int(&s, (int64_t)p->left_seq);
    sum_int(&s, p->left_ts);
    return sum_end(&s);
}

/* ---- a new file ---- */

const char *const group_meta_sql =
    "INSERT INTO meta(one, log, created, base_seq, base_ts, sum) VALUES (1, ?1, ?2, ?3, ?4, ?5)"
    " ON CONFLICT (one) DO UPDATE SET base_seq = excluded.base_seq, base_ts = excluded.base_ts,"
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
    .migrations = migrations,
    .n_migrations = sizeof migrations / sizeof migrations[0],
    .fill = fill,
};

/* ---- where the log stands ---- */

const char *const group_tail_sql[TAIL_COUNT] = {
    [TAIL_META] = "SELECT log, created, base_seq, base_ts, sum FROM meta",
    [TAIL_LAST] = "SELECT seq, ts FROM entry ORDER BY seq DESC LIMIT 1",
};

static enum status
damaged(sqlite3_stmt *q, const char *what, struct fault *why)
{
    return fault_set(why, ST_CORRUPT, "%s is damaged: %s",
                     sqlite3_db_filename(sqlite3_db_handle(q), "main"), what);
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

/* ---- people ---- */

static enum status
take_person(sqlite3_stmt *q, struct people *people, struct fault *why)
{
    struct person *p = NULL;
    struct id uuid;
    struct span bytes;
    struct span key = {NULL, 0};
    struct span nick;
    int64_t no;
    int64_t sum;

    if (!sql_column_int(q, 0, 1, &no) || no != (int64_t)people->n + 1 ||
        !sql_column_blob(q, 1, ID_LEN, ID_LEN, &bytes) ||
        (sqlite3_column_type(q, 2) != SQLITE_NULL &&
         !sql_column_blob(q, 2, sizeof p->key, sizeof p->key, &key)) ||
        !sql_column_text(q, 3, NAME_MAX_BYTES, &nick) || !text_is_utf8(nick) ||
        !sql_column_int(q, 4, INT64_MIN, &sum))
        return damaged(q, "a person", why);
    memcpy(uuid.bytes, bytes.p, ID_LEN);
    if (people_find(people, &uuid) != NULL)
        return damaged(q, "a person is there twice", why);
    if (people_add(people, &uuid, &p) != ST_OK)
        return fault_set(why, ST_NOMEM, "out of memory");
    p->has_key = key.len > 0;
    if (p->has_key)
        memcpy(p->key, key.p, sizeof p->key);
    p->nick_len = (uint8_t)nick.len;
    memcpy(p->nick, nick.p, nick.len);
    return sum == group_person_sum(p) ? ST_OK : damaged(q, "a person", why);
}

static enum status
take_stay(sqlite3_stmt *q, uint64_t head, struct people *people, struct fault *why)
{
    struct person *p;
    int64_t no;
    int64_t joined_seq;
    int64_t joined_ts;
    int64_t left_seq;
    int64_t left_ts;
    int64_t sum;

    if (!sql_column_int(q, 0, 1, &no) || !sql_column_int(q, 1, 1, &joined_seq) ||
        !sql_column_int(q, 2, 1, &joined_ts) || !sql_column_int(q, 3, 0, &left_seq) ||
        !sql_column_int(q, 4, 0, &left_ts) || !sql_column_int(q, 5, INT64_MIN, &sum))
        return damaged(q, "a stay", why);
    p = people_numbered(people, no);
    if (p == NULL || !p->has_key || (uint64_t)joined_seq > head || (uint64_t)left_seq > head ||
        (left_seq != 0 && left_seq <= joined_seq) || person_is_in(p))
        return damaged(q, "a stay that cannot be", why);
    p->joined_seq = (uint64_t)joined_seq;
    p->joined_ts = joined_ts;
    p->left_seq = (uint64_t)left_seq;
    p->left_ts = left_ts;
    return sum == group_stay_sum(p) ? ST_OK : damaged(q, "a stay", why);
}

enum status
group_load_people(sqlite3 *db, uint64_t head, struct people *out, struct fault *why)
{
    static const char *const texts[] = {
        "SELECT no, uuid, key, nick, sum FROM person ORDER BY no",
        "SELECT person, joined_seq, joined_ts, left_seq, left_ts, sum FROM stay"
        " ORDER BY person, joined_seq",
    };
    sqlite3_stmt *q[2] = {NULL, NULL};
    enum status st = sql_prepare(db, q, texts, 2, why);

    for (int i = 0; st == ST_OK && i < 2; i++) {
        int rc = SQLITE_ROW;

        while (st == ST_OK && (rc = sqlite3_step(q[i])) == SQLITE_ROW)
            st = i == 0 ? take_person(q[i], out, why) : take_stay(q[i], head, out, why);
        if (st == ST_OK && rc != SQLITE_DONE)
            st = sql_fault(why, db, rc, "read");
    }
    sql_finalize(q, 2);
    return st;
}
