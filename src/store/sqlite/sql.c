#include "sqlite/sql.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define BUSY_TIMEOUT_MS 2000

#define STRING_OF(x) #x
#define STRING(x)    STRING_OF(x)

/* ---- errors ---- */

static bool
is_no_room(int err)
{
    return err == ENOSPC || err == EFBIG || err == EDQUOT;
}

/* What the system said. SQLite does not pass it on when COMMIT fails; the file that was written to
 * still knows: the log, and without one the database. */
static int
errno_of(sqlite3 *db)
{
    int err = sqlite3_system_errno(db);
    sqlite3_file *log = NULL;

    if (err == 0)
        sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
    if (log != NULL && log->pMethods != NULL)
        log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &err);
    if (err == 0)
        sqlite3_file_control(db, "main", SQLITE_FCNTL_LAST_ERRNO, &err);
    return err;
}

static enum status
status_of(int rc, int err)
{
    switch (rc) {
    case SQLITE_FULL:
    case SQLITE_IOERR_SHMSIZE: /* the index of the log could not grow */
        return ST_FULL;
    case SQLITE_IOERR_WRITE:
        return is_no_room(err) ? ST_FULL : ST_SYSTEM;
    case SQLITE_IOERR_SHORT_READ:
        return ST_CORRUPT;
    case SQLITE_NOMEM:
    case SQLITE_IOERR_NOMEM:
        return ST_NOMEM;
    }
    switch (rc & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
    case SQLITE_CONSTRAINT: /* never broken by what we write beside what we wrote */
        return ST_CORRUPT;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ST_BUSY;
    }
    return ST_SYSTEM;
}

const char *
sql_name(sqlite3 *db)
{
    const char *path = sqlite3_db_filename(db, "main");

    return path != NULL && path[0] != '\0' ? path : "the database";
}

enum status
sql_fault(struct fault *why, sqlite3 *db, int rc, const char *doing)
{
    int kind = rc & 0xff;
    int err = kind == SQLITE_IOERR || kind == SQLITE_CANTOPEN ? errno_of(db) : 0;
    const char *detail = "";

    if (err != 0)
        detail = strerror(err);
    return fault_set(why, status_of(rc, err), "cannot %s %s: %s%s%s", doing, sql_name(db),
                     sqlite3_errstr(rc), detail[0] ? ", " : "", detail);
}

/* ---- connections ---- */

/* SQLite counts its memory under one lock, twice for every entry. Nobody reads the count. The
 * setting is the library's, and is refused, rightly, once somebody else has begun to use it. */
static void
configure(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

enum status
sql_connect(sqlite3 **out, const char *path, int flags, struct fault *why)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    sqlite3 *db = NULL;
    int rc;
    enum status st;

    pthread_once(&once, configure);
    rc = sqlite3_open_v2(path, &db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    st = ST_OK;

    *out = NULL;
    if (db == NULL)
        return fault_set(why, ST_NOMEM, "out of memory");
    if (rc == SQLITE_OK)
        rc = sqlite3_busy_timeout(db, BUSY_TIMEOUT_MS);
    if (rc == SQLITE_OK)
        rc = sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    if (rc != SQLITE_OK)
        st = sql_fault(why, db, rc, "open");
    if (st == ST_OK)
        st = sql_exec(db,
                      "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON;"
                      "PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY;"
                      "PRAGMA cache_size=-" STRING(SQL_CACHE_KIB),
                      why);
    if (st != ST_OK) {
        sql_disconnect(db);
        return st;
    }
    *out = db;
    return ST_OK;
}

void
sql_disconnect(sqlite3 *db)
{
    /* The last connection's close moves the log into the database; should that fail, the log
     * stays and is read at the next open. */
    (void)sqlite3_close_v2(db);
}

/* ---- statements ---- */

enum status
sql_exec(sqlite3 *db, const char *text, struct fault *why)
{
    int rc = sqlite3_exec(db, text, NULL, NULL, NULL);

    return rc == SQLITE_OK ? ST_OK : sql_fault(why, db, rc, "use");
}

enum status
sql_int(sqlite3 *db, const char *text, int64_t *out, struct fault *why)
{
    sqlite3_stmt *q = NULL;
    int rc = sqlite3_prepare_v2(db, text, -1, &q, NULL);
    enum status st = ST_OK;

    if (rc == SQLITE_OK)
        rc = sqlite3_step(q);
    if (rc == SQLITE_ROW)
        *out = sqlite3_column_int64(q, 0);
    else
        st = sql_fault(why, db, rc, "read");
    sqlite3_finalize(q);
    return st;
}

enum status
sql_prepare(sqlite3 *db, sqlite3_stmt **out, const char *const *texts, size_t n, struct fault *why)
{
    for (size_t i = 0; i < n; i++) {
        int rc = sqlite3_prepare_v3(db, texts[i], -1, SQLITE_PREPARE_PERSISTENT, &out[i], NULL);

        if (rc != SQLITE_OK)
            return sql_fault(why, db, rc, "use");
    }
    return ST_OK;
}

void
sql_finalize(sqlite3_stmt **statements, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        sqlite3_finalize(statements[i]);
        statements[i] = NULL;
    }
}

enum status
sql_run(sqlite3_stmt *q, const char *doing, struct fault *why)
{
    int rc = sqlite3_step(q);
    enum status st = ST_OK;

    if (rc != SQLITE_DONE)
        st = sql_fault(why, sqlite3_db_handle(q), rc, doing);
    sqlite3_reset(q);
    return st;
}

int
sql_bind_span(sqlite3_stmt *q, int at, struct span bytes)
{
    /* A null pointer would store NULL instead of no bytes. */
    return sqlite3_bind_blob(q, at, bytes.len > 0 ? (const void *)bytes.p : "", (int)bytes.len,
                             SQLITE_STATIC);
}

/* ---- columns ---- */

bool
sql_column_int(sqlite3_stmt *q, int column, int64_t least, int64_t *out)
{
    if (sqlite3_column_type(q, column) != SQLITE_INTEGER)
        return false;
    *out = sqlite3_column_int64(q, column);
    return *out >= least;
}

bool
sql_column_blob(sqlite3_stmt *q, int column, size_t least, size_t most, struct span *out)
{
    if (sqlite3_column_type(q, column) != SQLITE_BLOB)
        return false;
    out->p = sqlite3_column_blob(q, column);
    out->len = (size_t)sqlite3_column_bytes(q, column);
    return out->len >= least && out->len <= most && (out->p != NULL || out->len == 0);
}

bool
sql_column_text(sqlite3_stmt *q, int column, size_t most, struct span *out)
{
    if (sqlite3_column_type(q, column) != SQLITE_TEXT)
        return false;
    out->p = sqlite3_column_text(q, column);
    out->len = (size_t)sqlite3_column_bytes(q, column);
    return out->p != NULL && out->len <= most;
}
