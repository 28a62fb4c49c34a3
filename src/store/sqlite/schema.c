#include "sqlite/schema.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sqlite/sql.h"

#define NAME_ROOM 64

/* Of new files. Half the calls to write that 4 KiB take for a batch, and a lone message is not
 * slower; with 16 KiB it is. */
#define PAGE_SIZE "8192"

/* In a file's header, as SQLite documents it: files that are made or copied have no log yet. */
#define WRITE_FORMAT_AT 18
#define WITHOUT_LOG     1

/* SQLite's number for FULL. */
#define SYNCHRONOUS_FULL 2

static enum status
set_number(sqlite3 *db, const char *pragma, int64_t value, struct fault *why)
{
    char text[64];

    snprintf(text, sizeof text, "PRAGMA %s=%lld", pragma, (long long)value);
    return sql_exec(db, text, why);
}

/* ---- versions ---- */

static enum status
format_of(sqlite3 *db, int64_t *out, struct fault *why)
{
    return sql_int(db, "PRAGMA user_version", out, why);
}

static enum status
run_migrations(sqlite3 *db, const struct schema *schema, int64_t from, int64_t to,
               struct fault *why)
{
    enum status st = ST_OK;

    for (int64_t v = from; st == ST_OK && v < to; v++)
        st = sql_exec(db, schema->migrations[v], why);
    if (st == ST_OK)
        st = set_number(db, "user_version", to, why);
    return st;
}

static enum status
update(sqlite3 *db, const struct schema *schema, struct fault *why)
{
    int64_t newest = (int64_t)schema->n_migrations;
    int64_t version = 0;
    enum status st = format_of(db, &version, why);

    if (st != ST_OK || version == newest)
        return st;
    st = sql_exec(db, "BEGIN IMMEDIATE", why);
    if (st == ST_OK)
        st = run_migrations(db, schema, version, newest, why);
    return st == ST_OK ? sql_exec(db, "COMMIT", why) : st;
}

/* ---- a new file ---- */

static enum status
build(const char *path, const struct schema *schema, struct fault *why)
{
    sqlite3 *db;
    enum status st = sql_connect(&db, path, SQLITE_OPEN_READWRITE, why);

    if (st != ST_OK)
        return st;
    st = sql_exec(db, "PRAGMA page_size=" PAGE_SIZE "; PRAGMA synchronous=FULL; BEGIN IMMEDIATE",
                  why);
    if (st == ST_OK)
        st = set_number(db, "application_id", schema->application_id, why);
    if (st == ST_OK)
        st = run_migrations(db, schema, 0, (int64_t)schema->n_migrations, why);
    if (st == ST_OK && schema->fill != NULL)
        st = schema->fill(db, why);
    if (st == ST_OK)
        st = sql_exec(db, "COMMIT", why);
    sql_disconnect(db);
    return st;
}

/* Made under another name, so that an empty or half-made file under this one is always damage. */
static enum status
create(const struct schema *schema, const struct datadir *dir, struct fault *why)
{
    char name[NAME_ROOM];
    bool there;
    char *path;
    enum status st;

    snprintf(name, sizeof name, "%s-wal", schema->file);
    st = datadir_look(dir, name, &there, why);
    if (st == ST_OK && there)
        return fault_set(why, ST_CORRUPT, "%s/%s is missing, but not its %s", dir->path,
                         schema->file, name);
    snprintf(name, sizeof name, "%s-new", schema->file);
    path = datadir_file(dir, name);
    if (path == NULL)
        return fault_set(why, ST_NOMEM, "out of memory");
    if (st == ST_OK)
        st = datadir_create(dir, name, why);
    if (st == ST_OK)
        st = build(path, schema, why);
    if (st == ST_OK)
        st = datadir_rename(dir, name, schema->file, why);
    free(path);
    return st;
}

/* ---- an existing file ---- */

static enum status
recognise(sqlite3 *db, const struct schema *schema, bool *copy, struct fault *why)
{
    const char *path = sql_name(db);
    int64_t application = 0;
    int64_t version = 0;
    enum status st = sql_int(db, "PRAGMA application_id", &application, why);

    if (st == ST_OK)
        st = format_of(db, &version, why);
    if (st != ST_OK)
        return st;
    *copy = schema->copy_id != 0 && application == schema->copy_id;
    if (application != schema->application_id && !*copy)
        return fault_set(why, ST_CORRUPT, "%s is not a Conclave %s", path, schema->kind);
    if (version > (int64_t)schema->n_migrations)
        return fault_set(why, ST_PROTOCOL,
                         "%s was made by a newer version of Conclave (format %lld; this one knows "
                         "up to %zu)",
                         path, (long long)version, schema->n_migrations);
    if (version < 1)
        return fault_set(why, ST_CORRUPT, "%s has no format version", path);
    return ST_OK;
}

static enum status
set_wal(sqlite3 *db, bool *is_wal, struct fault *why)
{
    static const char *const text = "PRAGMA journal_mode=WAL";
    sqlite3_stmt *q = NULL;
    struct span mode;
    enum status st = sql_prepare(db, &q, &text, 1, why);
    int rc;

    if (st != ST_OK)
        return st;
    rc = sqlite3_step(q);
    if (rc != SQLITE_ROW)
        st = sql_fault(why, db, rc, "open");
    else
        *is_wal = sql_column_text(q, 0, 3, &mode) && span_equal(mode, span_of("wal"));
    sql_finalize(&q, 1);
    return st;
}

static enum status
make_durable(sqlite3 *db, struct fault *why)
{
    bool is_wal = false;
    int64_t synchronous = 0;
    int64_t foreign_keys = 0;
    enum status st = set_wal(db, &is_wal, why);

    if (st == ST_OK)
        st = sql_exec(db, "PRAGMA synchronous=FULL; PRAGMA journal_size_limit=67108864", why);
    if (st == ST_OK)
        st = sql_int(db, "PRAGMA synchronous", &synchronous, why);
    if (st == ST_OK)
        st = sql_int(db, "PRAGMA foreign_keys", &foreign_keys, why);
    if (st == ST_OK && (!is_wal || synchronous != SYNCHRONOUS_FULL || foreign_keys != 1))
        st = fault_set(why, ST_SYSTEM, "%s: this SQLite does not sync its log at each commit",
                       sql_name(db));
    return st;
}

#define SQL_OBJECTS    "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name"
#define OBJECT_COLUMNS 4

static bool
same_text(const unsigned char *a, const unsigned char *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return strcmp((const char *)a, (const char *)b) == 0;
}

static bool
same_row(sqlite3_stmt *a, sqlite3_stmt *b)
{
    for (int i = 0; i < OBJECT_COLUMNS; i++) {
        if (!same_text(sqlite3_column_text(a, i), sqlite3_column_text(b, i)))
            return false;
    }
    return true;
}

static enum status
compare_objects(sqlite3 *db, sqlite3 *model, struct fault *why)
{
    static const char *const text = SQL_OBJECTS;
    sqlite3_stmt *have = NULL;
    sqlite3_stmt *want = NULL;
    enum status st = sql_prepare(db, &have, &text, 1, why);
    int rc = SQLITE_ROW;

    if (st == ST_OK)
        st = sql_prepare(model, &want, &text, 1, why);
    while (st == ST_OK && rc == SQLITE_ROW) {
        rc = sqlite3_step(have);
        if (rc != SQLITE_ROW && rc != SQLITE_DONE)
            st = sql_fault(why, db, rc, "read");
        else if (sqlite3_step(want) != rc || (rc == SQLITE_ROW && !same_row(have, want)))
            st = fault_set(why, ST_CORRUPT, "the tables of %s are not what they should be",
                           sql_name(db));
    }
    sql_finalize(&have, 1);
    sql_finalize(&want, 1);
    return st;
}

/* The file must hold the tables that the migrations make, and nothing else: no trigger or view of
 * somebody else's runs when we write. */
enum status
schema_check(sqlite3 *db, const struct schema *schema, struct fault *why)
{
    sqlite3 *model = NULL;
    int64_t version = 0;
    enum status st = format_of(db, &version, why);

    if (st == ST_OK)
        st = sql_connect(&model, ":memory:", SQLITE_OPEN_READWRITE, why);
    if (st == ST_OK)
        st = run_migrations(model, schema, 0, version, why);
    if (st == ST_OK)
        st = compare_objects(db, model, why);
    sql_disconnect(model);
    return st;
}

enum status
schema_mark(sqlite3 *db, const struct schema *schema, bool copy, struct fault *why)
{
    return set_number(db, "application_id", copy ? schema->copy_id : schema->application_id, why);
}

enum status
schema_sync_log(const struct schema *schema, const struct datadir *dir, struct fault *why)
{
    char name[NAME_ROOM];

    snprintf(name, sizeof name, "%s-wal", schema->file);
    return datadir_sync(dir, name, why);
}

/* SQLite would take a log for the file's own, whatever file it was written for. */
static enum status
check_log(const struct schema *schema, const struct datadir *dir, struct fault *why)
{
    char name[NAME_ROOM];
    bool there;
    uint8_t format = 0;
    enum status st;
    int fd;

    snprintf(name, sizeof name, "%s-wal", schema->file);
    st = datadir_look(dir, name, &there, why);
    if (st != ST_OK || !there)
        return st;
    fd = openat(dir->fd, schema->file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0 && pread(fd, &format, 1, WRITE_FORMAT_AT) == 1 && format == WITHOUT_LOG)
        st = fault_set(why, ST_CORRUPT,
                       "%s/%s is not the log of the %s beside it; a backup belongs into an empty "
                       "directory",
                       dir->path, name, schema->file);
    if (fd >= 0)
        close(fd);
    return st;
}

/* Of a process that was killed between writing and syncing, SQLite reads what it wrote. */
static enum status
sync_left(const struct schema *schema, const struct datadir *dir, struct fault *why)
{
    enum status st = check_log(schema, dir, why);

    if (st == ST_OK)
        st = datadir_sync(dir, schema->file, why);
    if (st == ST_OK)
        st = schema_sync_log(schema, dir, why);
    return st == ST_OK ? datadir_sync(dir, "", why) : st;
}

static enum status
recognise_for_use(sqlite3 *db, const struct schema *schema, bool *copy, struct fault *why)
{
    bool allowed = *copy;
    enum status st = recognise(db, schema, copy, why);

    if (st == ST_OK && *copy && !allowed)
        return fault_set(why, ST_INVALID,
                         "%s is a backup; start it once with --restored, so that members are told "
                         "what it lacks",
                         sql_name(db));
    return st;
}

enum status
schema_open(sqlite3 **out, const struct schema *schema, const struct datadir *dir, bool *copy,
            struct fault *why)
{
    char *path = datadir_file(dir, schema->file);
    bool there = false;
    enum status st = ST_OK;

    *out = NULL;
    if (path == NULL)
        return fault_set(why, ST_NOMEM, "out of memory");
    st = datadir_look(dir, schema->file, &there, why);
    if (st == ST_OK)
        st = there ? sync_left(schema, dir, why) : create(schema, dir, why);
    if (st == ST_OK)
        st = sql_connect(out, path, SQLITE_OPEN_READWRITE, why);
    if (st == ST_OK)
        st = recognise_for_use(*out, schema, copy, why);
    if (st == ST_OK)
        st = make_durable(*out, why);
    if (st == ST_OK)
        st = schema_check(*out, schema, why);
    if (st == ST_OK)
        st = update(*out, schema, why);
    if (st != ST_OK) {
        sql_disconnect(*out);
        *out = NULL;
    }
    free(path);
    return st;
}

static bool
is_plain(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' ||
           c == '.' || c == '-' || c == '_';
}

/* As a URI, with a promise that nobody writes to it. NULL: out of memory. */
static char *
immutable_uri(const char *path)
{
    static const char digits[] = "0123456789abcdef";
    char *uri = malloc(sizeof "file:?immutable=1" + 3 * strlen(path));
    char *at = uri;

    if (uri == NULL)
        return NULL;
    at = stpcpy(at, "file:");
    for (; *path != '\0'; path++) {
        unsigned char c = (unsigned char)*path;

        if (is_plain(c)) {
            *at++ = (char)c;
        } else {
            *at++ = '%';
            *at++ = digits[c >> 4];
            *at++ = digits[c & 15];
        }
    }
    strcpy(at, "?immutable=1");
    return uri;
}

/* SQLite makes two files beside one that it reads. Where it cannot, those that are there will do,
 * and none too; but not the log without its index. */
static enum status
connect_reading(sqlite3 **out, const struct schema *schema, const struct datadir *dir,
                const char *path, struct fault *why)
{
    char log[NAME_ROOM];
    char index[NAME_ROOM];
    bool has_log = false;
    bool has_index = false;
    char *uri;
    enum status st;

    if (datadir_is_writable(dir))
        return sql_connect(out, path, SQLITE_OPEN_READONLY, why);
    snprintf(log, sizeof log, "%s-wal", schema->file);
    snprintf(index, sizeof index, "%s-shm", schema->file);
    st = datadir_look(dir, log, &has_log, why);
    if (st == ST_OK)
        st = datadir_look(dir, index, &has_index, why);
    if (st == ST_OK && has_log && !has_index)
        st = fault_set(why, ST_SYSTEM,
                       "%s/%s cannot be read where nothing can be written; copy the directory to "
                       "another place",
                       dir->path, log);
    if (st != ST_OK || has_log)
        return st == ST_OK ? sql_connect(out, path, SQLITE_OPEN_READONLY, why) : st;
    uri = immutable_uri(path);
    if (uri == NULL)
        return fault_set(why, ST_NOMEM, "out of memory");
    st = sql_connect(out, uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, why);
    free(uri);
    return st;
}

enum status
schema_open_reading(sqlite3 **out, const struct schema *schema, const struct datadir *dir,
                    struct fault *why)
{
    char *path = datadir_file(dir, schema->file);
    bool there = false;
    bool copy;
    enum status st;

    *out = NULL;
    if (path == NULL)
        return fault_set(why, ST_NOMEM, "out of memory");
    st = datadir_look(dir, schema->file, &there, why);
    if (st == ST_OK && !there)
        st = fault_set(why, ST_NOT_FOUND, "there is no %s", path);
    if (st == ST_OK)
        st = connect_reading(out, schema, dir, path, why);
    if (st == ST_OK)
        st = recognise(*out, schema, &copy, why);
    if (st != ST_OK) {
        sql_disconnect(*out);
        *out = NULL;
    }
    free(path);
    return st;
}
