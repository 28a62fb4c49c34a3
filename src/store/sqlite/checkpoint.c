#include "base/log.h"
#include "sqlite/impl.h"

#define RESTART_WAIT_MS  10
#define ORDINARY_WAIT_MS 2000

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
