/*
 * sqlite_impl - the inside of the SQLite back end's writer, shared by the files sqlite*.c only.
 */
#ifndef SQLITE_IMPL_H
#define SQLITE_IMPL_H

#include "ballast.h"
#include "datadir.h"
#include "group_db.h"

enum { UPKEEP_ENTRY, UPKEEP_DROP, UPKEEP_META, UPKEEP_PUT_META, UPKEEP_COUNT };

enum { Q_BEGIN, Q_COMMIT, Q_ROLLBACK, Q_APPEND, Q_FIND, Q_COUNT };

/* sqlite_rows.c */
enum {
    ROW_PERSON,
    ROW_STAY,
    ROW_STANDING,
    ROW_OLD_STAYS,
    ROW_INVITE,
    ROW_NO_INVITE,
    ROW_ABOUT,
    ROW_COUNT
};

struct sqlite_store {
    struct store base;
    struct datadir dir;
    sqlite3 *db;
    sqlite3_stmt *q[Q_COUNT];
    sqlite3_stmt *rows[ROW_COUNT];
    sqlite3_stmt *upkeep[UPKEEP_COUNT];
    int wal_pages;       /* as of the last commit */
    int checkpoint_at;   /* so many of them: copy them into the database */
    bool cramped;        /* the database had no room for them */
    int restart_at;      /* so many of them: wait for readers, so that the log begins anew */
    int64_t quota_pages; /* 0: none */
    int64_t reserve_pages;
    int64_t allowed_pages; /* as SQLite was told last */
    struct ballast ballast;
};

static inline struct sqlite_store *
sqlite_self(struct store *s)
{
    return (struct sqlite_store *)s;
}

/* sqlite_rows.c: what is beside the log */

extern const struct store_rows sqlite_rows;
enum status sqlite_prepare_rows(struct sqlite_store *self, struct fault *why);

/* sqlite_checkpoint.c */

/* Pages of the write-ahead log after which they are copied into the database, while the commit
 * waits. Measured with batches of 1,000: 500 to 4,000 pages all give the same rate, but 4,000 hold
 * a commit up for 15 ms and 1,000 for 6. */
#define CHECKPOINT_PAGES     1000
#define CHECKPOINT_PAGES_MIN 32

/* After a commit: move the log into the database when it has become long. */
void sqlite_checkpoint(struct sqlite_store *self);
/* Whatever its length, and give its room back. True: it is empty now. */
bool sqlite_empty_log(struct sqlite_store *self);
/* Whatever is in the log has room in the database, or found it just now. */
bool sqlite_has_room(struct sqlite_store *self);

/* sqlite_upkeep.c: quota, ballast, and the store_ops that keep a store within bounds */

enum status sqlite_prepare_upkeep(struct sqlite_store *self, const struct store_options *o,
                                  struct fault *why);
/* Let the database grow up to the quota, or up to the reserve above it. */
enum status sqlite_allow(struct sqlite_store *self, bool urgent, struct fault *why);
/* Is it the quota that keeps the database from growing? */
bool sqlite_at_quota(struct sqlite_store *self);
bool sqlite_make_room(struct store *s);
void sqlite_refill(struct store *s);
enum status sqlite_used(struct store *s, int64_t *out, struct fault *why);
enum status sqlite_ts_of(struct store *s, uint64_t seq, int64_t *out, struct fault *why);
enum status sqlite_drop(struct store *s, uint64_t first, int64_t base_ts, struct fault *why);

#endif
