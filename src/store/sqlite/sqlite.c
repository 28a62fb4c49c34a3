#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "sqlite/impl.h"

static const char *const texts[Q_COUNT] = {
    [Q_BEGIN] = "BEGIN IMMEDIATE",
    [Q_COMMIT] = "COMMIT",
    [Q_ROLLBACK] = "ROLLBACK",
};

/* ---- transactions ---- */

static enum status
sqlite_begin(struct store *s, bool urgent, struct fault *why)
{
    struct sqlite_store *self = sqlite_self(s);
    enum status st = sqlite_allow(self, urgent, why);

    return st == ST_OK ? sql_run(self->q[Q_BEGIN], "write to", why) : st;
}

static int
note_wal(void *ctx, sqlite3 *db, const char *name, int pages)
{
    struct sqlite_store *self = ctx;

    (void)db;
    (void)name;
    self->wal_pages = pages;
    return SQLITE_OK;
}

static enum status
sqlite_commit(struct store *s, struct fault *why)
{
    struct sqlite_store *self = sqlite_self(s);
    int pages = self->wal_pages;
    enum status st = sqlite_flush(self, why);

    if (st == ST_OK)
        st = sql_run(self->q[Q_COMMIT], "write to", why);
    if (st == ST_OK && self->wal_pages != pages)
        sqlite_checkpoint(self);
    return st;
}

static enum status
sqlite_rollback(struct store *s, struct fault *why)
{
    struct sqlite_store *self = sqlite_self(s);

    block_reset(&self->builder);
    /* After some errors SQLite has rolled back by itself. */
    if (sqlite3_get_autocommit(self->db))
        return ST_OK;
    return sql_run(self->q[Q_ROLLBACK], "roll back", why);
}

/* ---- open and close ---- */

static void
close_db(struct sqlite_store *self)
{
    roster_clear(&self->base.roster);
    sql_finalize(self->q, Q_COUNT);
    sql_finalize(self->log, LOG_COUNT);
    sql_finalize(self->rows, ROW_COUNT);
    sql_finalize(self->upkeep, UPKEEP_COUNT);
    /* Once the disk has failed, leave the log as it is for the next start to look at. */
    if (self->db != NULL && self->base.broken != ST_OK)
        sqlite3_db_config(self->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sql_disconnect(self->db);
    self->db = NULL;
}

static void
sqlite_close(struct store *s)
{
    struct sqlite_store *self = sqlite_self(s);

    close_db(self);
    datadir_close(&self->dir);
    free(self);
}

static enum status
reader_open(struct store_reader **out, struct store *s, struct fault *why)
{
    return sqlite_reader_open(out, sqlite3_db_filename(sqlite_self(s)->db, "main"), why);
}

static const struct datadir *
directory(const struct store *s)
{
    return &((const struct sqlite_store *)s)->dir;
}

static enum status
load(struct sqlite_store *self, struct fault *why)
{
    sqlite3_stmt *tail[TAIL_COUNT] = {NULL};
    enum status st = sql_prepare(self->db, tail, group_tail_sql, TAIL_COUNT, why);

    if (st == ST_OK)
        st = group_read_state(tail, &self->base.state, why);
    if (st == ST_OK)
        st = group_load(self->db, &self->base.state, &self->base.roster, why);
    if (st == ST_OK)
        st = group_past_get(self->db, &self->base.state, &self->base.past, why);
    if (st == ST_OK)
        st = sqlite_check_ends(self, why);
    sql_finalize(tail, TAIL_COUNT);
    return st;
}

static const struct store_ops sqlite_ops = {
    .close = sqlite_close,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .append = sqlite_append,
    .find = sqlite_find,
    .reader_open = reader_open,
    .dir = directory,
    .make_room = sqlite_make_room,
    .refill = sqlite_refill,
    .used = sqlite_used,
    .ts_of = sqlite_ts_of,
    .drop = sqlite_drop,
};

static enum status
open_all(struct sqlite_store *self, const struct store_options *o, struct fault *why)
{
    bool copy = o->restored;
    enum status st = schema_open(&self->db, &group_schema, &self->dir, &copy, why);

    if (st == ST_OK)
        st = sql_prepare(self->db, self->q, texts, Q_COUNT, why);
    if (st == ST_OK)
        st = sqlite_prepare_log(self, why);
    if (st == ST_OK)
        st = sqlite_prepare_rows(self, why);
    if (st == ST_OK)
        st = load(self, why);
    if (st == ST_OK)
        st = sqlite_prepare_upkeep(self, o, why);
    if (st == ST_OK && copy)
        st = sqlite_restore(self, why);
    else if (st == ST_OK && o->restored)
        log_warn("%s/%s is no backup: --restored changes nothing", self->dir.path,
                 group_schema.file);
    return st;
}

/* What is beside a log is there, but not the log: somebody may have moved it away. */
static void
warn_of_remains(const struct datadir *dir)
{
    static const char *const remains[] = {"ballast", "search.db"};
    bool there;

    if (datadir_look(dir, group_schema.file, &there, NULL) != ST_OK || there)
        return;
    for (size_t i = 0; i < sizeof remains / sizeof *remains; i++) {
        (void)datadir_look(dir, remains[i], &there, NULL);
        if (there)
            log_warn("there is a %s in %s, but no %s: a new, empty log begins", remains[i],
                     dir->path, group_schema.file);
    }
}

enum status
store_open(struct store **out, const struct store_options *o, struct fault *why)
{
    struct sqlite_store *self;
    enum status st;

    *out = NULL;
    if (o->ballast < 0 || (o->quota != 0 && o->quota < STORE_QUOTA_MIN))
        return fault_set(why, ST_INVALID, "the quota must be at least %d bytes", STORE_QUOTA_MIN);
    self = calloc(1, sizeof *self);
    if (self == NULL)
        return fault_set(why, ST_NOMEM, "out of memory");
    self->base.ops = &sqlite_ops;
    self->base.rows = &sqlite_rows;
    st = datadir_open(&self->dir, o->dir, why);
    if (st == ST_OK) {
        warn_of_remains(&self->dir);
        st = ballast_open(&self->ballast, &self->dir, o->ballast, why);
    }
    if (st == ST_OK)
        st = open_all(self, o, why);
    /* SQLite needs some room to open a database, and an older one to be brought up to date. */
    if (st == ST_FULL && ballast_give_up(&self->ballast)) {
        close_db(self);
        st = open_all(self, o, why);
    }
    if (st != ST_OK) {
        sqlite_close(&self->base);
        return st;
    }
    sqlite3_wal_hook(self->db, note_wal, self);
    *out = &self->base;
    return ST_OK;
}

enum status
store_open_dir(struct store **out, const char *dir, struct fault *why)
{
    return store_open(out, &(struct store_options){.dir = dir}, why);
}
