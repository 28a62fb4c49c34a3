#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "search/impl.h"
#include "sqlite/datadir.h"

#define FILE_NAME      "search.db"
#define APPLICATION_ID 1130845011 /* "CgSS" */
#define FORMAT         1

#define STRING_OF(x) #x
#define STRING(x)    STRING_OF(x)

/* Synced at checkpoints only: after a power cut the index may lack its end, which it then makes
 * again, but it is whole. */
static const char setup[] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
                            "PRAGMA cache_size=-4096";

static const char tables[] =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE meta(one INTEGER PRIMARY KEY CHECK (one = 1),"
    " log BLOB NOT NULL, done INTEGER NOT NULL, done_ts INTEGER NOT NULL)"
    " STRICT;"
    "CREATE TABLE segment(n INTEGER PRIMARY KEY) STRICT;"
    "PRAGMA application_id=" STRING(APPLICATION_ID) ";"
                                                    "PRAGMA user_version=" STRING(FORMAT) ";"
                                                                                          "COMMIT";

static const char *const texts[SEARCH_COUNT] = {
    [SEARCH_BEGIN] = "BEGIN IMMEDIATE",
    [SEARCH_COMMIT] = "COMMIT",
    [SEARCH_ROLLBACK] = "ROLLBACK",
    [SEARCH_PUT] = "UPDATE meta SET done = ?1, done_ts = ?2",
    [SEARCH_SEGMENT] = "SELECT n FROM segment WHERE n = ?1",
    [SEARCH_ADD_SEGMENT] = "INSERT INTO segment(n) VALUES (?1)",
    [SEARCH_NO_SEGMENT] = "DELETE FROM segment WHERE n = ?1",
    [SEARCH_FIRST_SEGMENT] = "SELECT n FROM segment ORDER BY n LIMIT 1",
};

void
search_detach(struct search *x)
{
    sql_finalize(&x->insert, 1);
    x->insert = NULL;
    sql_finalize(x->q, SEARCH_COUNT);
    memset(x->q, 0, sizeof x->q);
    sql_disconnect(x->db);
    x->db = NULL;
    x->done = 0;
    x->done_ts = 0;
}

static enum status
connect_file(struct search *x, struct fault *why)
{
    char *path = datadir_file(x->dir, FILE_NAME);
    enum status st;

    if (path == NULL)
        return fault_set(why, ST_NOMEM, "out of memory");
    st = sql_connect(&x->db, path, SQLITE_OPEN_READWRITE, why);
    free(path);
    if (st == ST_OK)
        st = sql_exec(x->db, setup, why);
    return st;
}

/* ---- an index that is there ---- */

static enum status
foreign(struct fault *why, const char *what)
{
    return fault_set(why, ST_CORRUPT, "%s", what);
}

static enum status
take_meta(struct search *x, struct id *log, struct fault *why)
{
    static const char *const text = "SELECT log, done, done_ts FROM meta WHERE one = 1";
    sqlite3_stmt *q = NULL;
    enum status st = sql_prepare(x->db, &q, &text, 1, why);
    struct span bytes;
    int64_t done = 0;

    if (st != ST_OK)
        return st;
    if (sqlite3_step(q) != SQLITE_ROW || !sql_column_blob(q, 0, ID_LEN, ID_LEN, &bytes) ||
        !sql_column_int(q, 1, 0, &done) || !sql_column_int(q, 2, INT64_MIN, &x->done_ts))
        st = foreign(why, "its first table is damaged");
    else
        memcpy(log->bytes, bytes.p, ID_LEN);
    x->done = (uint64_t)done;
    sql_finalize(&q, 1);
    return st;
}

/* A store that was put back to an earlier state has the same log, and other entries. */
static enum status
check_last(struct search *x, struct fault *why)
{
    struct store_query query = {.after_seq = x->done - 1, .max_rows = 1};
    struct store_state state = {.head = 0};
    struct entry last;
    enum status st;

    if (x->done == 0)
        return ST_OK;
    st = search_peek(x, &query, &state, &last, why);
    if (st == ST_CORRUPT && state.head >= x->done)
        return ST_OK; /* a damaged entry: the index can be right about the others */
    if (st == ST_OK && (state.head < x->done || (last.seq == x->done && last.ts != x->done_ts)))
        st = foreign(why, "the log went back behind it");
    return st;
}

static enum status
recognise(struct search *x, struct fault *why)
{
    static const char *const ours = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND"
                                    " name IN ('meta', 'segment')";
    int64_t application_id = 0, format = 0, n = 0;
    struct id log = {0};
    enum status st = sql_int(x->db, "PRAGMA application_id", &application_id, why);

    if (st == ST_OK)
        st = sql_int(x->db, "PRAGMA user_version", &format, why);
    if (st == ST_OK && (application_id != APPLICATION_ID || format != FORMAT))
        st = foreign(why, "it is something else, or of another version");
    if (st == ST_OK)
        st = sql_int(x->db, ours, &n, why);
    if (st == ST_OK && n != 2)
        st = foreign(why, "its first tables are not there");
    if (st == ST_OK)
        st = take_meta(x, &log, why);
    if (st == ST_OK && !id_equal(&log, &x->log))
        st = foreign(why, "it belongs to another log");
    if (st == ST_OK)
        st = check_last(x, why);
    if (st == ST_OK)
        st = sql_prepare(x->db, x->q, texts, SEARCH_COUNT, why);
    return st;
}

/* ---- a new one ---- */

static enum status
put_meta(struct search *x, struct fault *why)
{
    static const char *const text = "INSERT INTO meta VALUES (1, ?1, 0, 0)";
    sqlite3_stmt *q = NULL;
    enum status st = sql_prepare(x->db, &q, &text, 1, why);

    if (st != ST_OK)
        return st;
    sql_bind_span(q, 1, (struct span){x->log.bytes, ID_LEN});
    st = sql_run(q, "write to", why);
    sql_finalize(&q, 1);
    return st;
}

static enum status
create_file(struct search *x, struct fault *why)
{
    /* What SQLite keeps beside a database must not be taken for the new one's. */
    static const char *const beside[] = {FILE_NAME "-wal", FILE_NAME "-shm"};
    enum status st = datadir_create(x->dir, FILE_NAME, why);

    for (size_t i = 0; st == ST_OK && i < sizeof beside / sizeof *beside; i++)
        if (unlinkat(x->dir->fd, beside[i], 0) != 0 && errno != ENOENT)
            st = fault_set(why, ST_SYSTEM, "cannot remove %s/%s: %s", x->dir->path, beside[i],
                           strerror(errno));
    return st == ST_OK ? connect_file(x, why) : st;
}

static enum status
create(struct search *x, struct fault *why)
{
    enum status st;

    if (x->dir != NULL)
        st = create_file(x, why);
    else
        st = sql_connect(&x->db, ":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY, why);
    if (st == ST_OK)
        st = sql_exec(x->db, tables, why);
    if (st == ST_OK)
        st = put_meta(x, why);
    if (st == ST_OK)
        st = sql_prepare(x->db, x->q, texts, SEARCH_COUNT, why);
    return st;
}

enum status
search_renew(struct search *x, struct fault *why)
{
    enum status st;

    search_detach(x);
    st = create(x, why);
    if (st != ST_OK)
        search_detach(x);
    return st;
}

bool
search_is_spoilt(enum status st)
{
    return st == ST_CORRUPT || st == ST_SYSTEM;
}

enum status
search_restart(struct search *x, struct fault *reason)
{
    log_warn("the search index is made again: %s", reason->text);
    return search_renew(x, reason);
}

enum status
search_attach(struct search *x, struct fault *why)
{
    struct fault reason = {0};
    bool there = false;
    enum status st;

    if (x->dir == NULL)
        return search_renew(x, why);
    st = datadir_look(x->dir, FILE_NAME, &there, &reason);
    if (st == ST_OK && !there)
        return search_renew(x, why);
    if (st == ST_OK)
        st = connect_file(x, &reason);
    if (st == ST_OK)
        st = recognise(x, &reason);
    if (st == ST_CORRUPT || st == ST_DENIED) {
        log_warn("the search index in %s is made again: %s", x->dir->path, reason.text);
        return search_renew(x, why);
    }
    if (st != ST_OK && why != NULL)
        *why = reason;
    return st;
}
