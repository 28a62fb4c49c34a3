#include <stdio.h>
#include <sys/resource.h>

#include "base/log.h"
#include "sqlite/impl.h"

/* The largest entry needs a few pages, so the last few below the quota may stay unused. */
#define ENTRY_PAGES 8

#define RESTART_WAIT_MS  10
#define ORDINARY_WAIT_MS 2000

/* ---- the write-ahead log ---- */

/* SQLite ignores a checkpoint that fails. We must not: after a failed fsync nobody knows what is
 * on the disk. A full disk is none of this; the log keeps what the database has no room for. But
 * it must not grow on: the ballast holds as much as a log of ordinary length. */
static bool
run(struct sqlite_store *self, int mode)
{
    struct fault reason;
    enum status st;
    int rc;

    sqlite3_busy_timeout(self->db, RESTART_WAIT_MS);
    rc = sqlite3_wal_checkpoint_v2(self->db, NULL, mode, NULL, NULL);
    sqlite3_busy_timeout(self->db, ORDINARY_WAIT_MS);
    if (rc == SQLITE_OK) {
        self->cramped = false;
        return true;
    }
    st = sql_fault(&reason, self->db, rc, "checkpoint");
    self->cramped |= st == ST_FULL;
    if (st != ST_BUSY && st != ST_FULL && st != ST_NOMEM) {
        log_error("store: %s", reason.text);
        store_break(&self->base, st, &reason);
    }
    return false;
}

void
sqlite_checkpoint(struct sqlite_store *self)
{
    if (self->wal_pages < self->checkpoint_at)
        return;
    if (self->wal_pages < self->restart_least)
        self->restart_at = self->restart_least;
    if (self->wal_pages < self->restart_at)
        run(self, SQLITE_CHECKPOINT_PASSIVE);
    else if (!run(self, SQLITE_CHECKPOINT_RESTART))
        self->restart_at = self->wal_pages < INT32_MAX / 2 ? self->wal_pages * 2 : INT32_MAX;
}

bool
sqlite_empty_log(struct sqlite_store *self)
{
    if (self->wal_pages == 0 || !run(self, SQLITE_CHECKPOINT_TRUNCATE))
        return false;
    self->wal_pages = 0;
    return true;
}

bool
sqlite_has_room(struct sqlite_store *self)
{
    return !self->cramped || run(self, SQLITE_CHECKPOINT_PASSIVE);
}

/* ---- quota ---- */

/* A file-size limit bounds the database like a quota, with the reserve below it. */
static int64_t
file_size_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur >= INT64_MAX)
        return 0;
    return (int64_t)limit.rlim_cur;
}

/* The log is a file too, and must hold a batch beside what waits in it; and what waits in it must
 * have room in the database once the ballast is given back. Zero: no bound. */
static int
checkpoint_pages(int64_t file_bytes, int64_t ballast_bytes, int64_t page_size)
{
    int64_t pages = CHECKPOINT_BYTES / page_size;

    if (file_bytes != 0 && file_bytes / page_size < pages)
        pages = file_bytes / page_size;
    if (ballast_bytes != 0 && ballast_bytes / page_size < pages)
        pages = ballast_bytes / page_size;
    return pages < CHECKPOINT_PAGES_MIN ? CHECKPOINT_PAGES_MIN : (int)pages;
}

enum status
sqlite_prepare_upkeep(struct sqlite_store *self, const struct store_options *o, struct fault *why)
{
    const char *const texts[UPKEEP_COUNT] = {
        [UPKEEP_META] = group_tail_sql[TAIL_META],
        [UPKEEP_PUT_META] = group_meta_sql,
    };
    int64_t file_limit = file_size_limit();
    int64_t quota = o->quota;
    int64_t reserve = STORE_RESERVE;
    int64_t page_size = 0;
    enum status st = sql_int(self->db, "PRAGMA page_size", &page_size, why);

    if (file_limit != 0 && file_limit / 8 < reserve)
        reserve = file_limit / 8;
    if (file_limit != 0 && (quota == 0 || quota > file_limit - reserve))
        quota = file_limit - reserve;
    if (st == ST_OK) {
        self->checkpoint_at = checkpoint_pages(file_limit / 4, o->ballast / 2, page_size);
        self->restart_least = (int)(RESTART_BYTES / page_size);
        self->quota_pages = quota / page_size;
        self->reserve_pages = reserve / page_size;
        st = sql_prepare(self->db, self->upkeep, texts, UPKEEP_COUNT, why);
    }
    return st;
}

enum status
sqlite_allow(struct sqlite_store *self, bool urgent, struct fault *why)
{
    int64_t pages = self->quota_pages + (urgent ? self->reserve_pages : 0);
    enum status st = ST_OK;
    char text[64];

    if (!urgent && (ballast_is_needed(&self->ballast) || !sqlite_has_room(self)))
        return fault_set(why, ST_FULL, "the disk of %s is full", self->dir.path);
    if (self->quota_pages != 0 && pages != self->allowed_pages) {
        snprintf(text, sizeof text, "PRAGMA max_page_count=%lld", (long long)pages);
        st = sql_exec(self->db, text, why);
        self->allowed_pages = st == ST_OK ? pages : 0;
    }
    return st;
}

bool
sqlite_at_quota(struct sqlite_store *self)
{
    int64_t pages = 0;

    return self->allowed_pages != 0 &&
           sql_int(self->db, "PRAGMA page_count", &pages, NULL) == ST_OK &&
           pages + ENTRY_PAGES > self->allowed_pages;
}

/* ---- a full disk ---- */

bool
sqlite_make_room(struct store *s)
{
    struct sqlite_store *self = sqlite_self(s);

    return s->broken == ST_OK && (ballast_give(&self->ballast) || sqlite_empty_log(self));
}

void
sqlite_refill(struct store *s)
{
    ballast_refill(&sqlite_self(s)->ballast);
}

/* ---- retention ---- */

enum status
sqlite_used(struct store *s, int64_t *out, struct fault *why)
{
    struct sqlite_store *self = sqlite_self(s);
    int64_t pages = 0;
    int64_t unused = 0;
    int64_t size = 0;
    enum status st = sql_int(self->db, "PRAGMA page_count", &pages, why);

    if (st == ST_OK)
        st = sql_int(self->db, "PRAGMA freelist_count", &unused, why);
    if (st == ST_OK)
        st = sql_int(self->db, "PRAGMA page_size", &size, why);
    *out = (pages - unused) * size;
    return st;
}
