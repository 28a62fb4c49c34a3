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

/* ---- a backup in its place ---- */

static enum status
put_log(struct sqlite_store *self, const struct id *log, const struct past *past, struct fault *why)
{
    struct group_meta meta;
    enum status st = group_meta_get(self->upkeep[UPKEEP_META], &meta, why);

    meta.log = *log;
    if (st == ST_OK)
        st = group_meta_put(self->upkeep[UPKEEP_PUT_META], &meta, why);
    if (st == ST_OK)
        st = group_past_put(self->db, past, why);
    return st == ST_OK ? schema_mark(self->db, &group_schema, false, why) : st;
}

static enum status
write_all(struct sqlite_store *self, const struct id *log, const struct past *past,
          struct fault *why)
{
    enum status st = sql_run(self->q[Q_BEGIN], "write to", why);

    if (st == ST_OK)
        st = put_log(self, log, past, why);
    return st == ST_OK ? sql_run(self->q[Q_COMMIT], "write to", why) : st;
}

/* The store, which was opened, is a backup: give its log a new id. */
static enum status
restore(struct sqlite_store *self, struct fault *why)
{
    struct store_state *state = &self->base.state;
    struct past past = self->base.past;
    struct id log = id_random();
    char text[ID_TEXT_LEN + 1];
    enum status st;

    past_add(&past, &state->log, state->head);
    st = write_all(self, &log, &past, why);
    if (st != ST_OK)
        return st;
    self->base.past = past;
    state->log = log;
    id_format(&log, text);
    log_info("restored from a backup that ends with entry %llu; the log's new id is %s",
             (unsigned long long)state->head, text);
    return ST_OK;
}

/* ---- open ---- */

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
        st = restore(self, why);
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

static enum status
sqlite_open(struct store **out, const struct store_options *o, struct fault *why)
{
    struct sqlite_store *self = calloc(1, sizeof *self);
    enum status st;

    if (self == NULL)
        return fault_set(why, ST_NOMEM, "out of memory");
    self->base.engine = &sqlite_engine;
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

const struct store_engine sqlite_engine = {
    .open = sqlite_open,
    .close = sqlite_close,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .append = sqlite_append,
    .find = sqlite_find,
    .put_person = sqlite_put_person,
    .put_standing = sqlite_put_standing,
    .drop_stays = sqlite_drop_stays,
    .put_invite = sqlite_put_invite,
    .drop_invite = sqlite_drop_invite,
    .put_about = sqlite_put_about,
    .reader_open = reader_open,
    .dir = directory,
    .make_room = sqlite_make_room,
    .refill = sqlite_refill,
    .used = sqlite_used,
    .ts_of = sqlite_ts_of,
    .drop = sqlite_drop,
};
