/*
 * impl - the inside of the SQLite engine's writer, shared by sqlite.c, log.c, rows.c and upkeep.c
 * only.
 */
#ifndef SQLITE_IMPL_H
#define SQLITE_IMPL_H

#include "sqlite/ballast.h"
#include "sqlite/datadir.h"
#include "sqlite/group_db.h"

enum { UPKEEP_META, UPKEEP_PUT_META, UPKEEP_COUNT };

enum { Q_BEGIN, Q_COMMIT, Q_ROLLBACK, Q_COUNT };

/* log.c */
enum { LOG_PUT_ID, LOG_FIND_ID, LOG_DROP_ID, LOG_PUT, LOG_AT, LOG_DROP, LOG_CUT, LOG_COUNT };

/* rows.c */
enum {
    ROW_PERSON,
    ROW_STAY,
    ROW_STANDING,
    ROW_DROP_STAYS,
    ROW_INVITE,
    ROW_DROP_INVITE,
    ROW_ABOUT,
    ROW_COUNT
};

struct sqlite_store {
    struct store base;
    struct datadir dir;
    sqlite3 *db;
    sqlite3_stmt *q[Q_COUNT];
    sqlite3_stmt *log[LOG_COUNT];
    sqlite3_stmt *rows[ROW_COUNT];
    sqlite3_stmt *upkeep[UPKEEP_COUNT];
    int wal_pages;       /* as of the last commit */
    int checkpoint_at;   /* so many of them: copy them into the database */
    bool cramped;        /* the database had no room for them */
    int restart_least;   /* restart_at begins with so many */
    int restart_at;      /* so many of them: wait for readers, so that the log begins anew */
    int64_t quota_pages; /* 0: none */
    int64_t reserve_pages;
    int64_t allowed_pages; /* as SQLite was told last */
    struct ballast ballast;
    struct block_builder builder; /* what the transaction under way appended last, not a row yet */
};

static inline struct sqlite_store *
sqlite_self(struct store *s)
{
    return (struct sqlite_store *)s;
}

/* log.c: the entries */

enum status sqlite_prepare_log(struct sqlite_store *self, struct fault *why);
/* Before a commit: make a row of what is in the builder. */
enum status sqlite_flush(struct sqlite_store *self, struct fault *why);
/* The first entry is where it should be, and the index leads to the last one. ST_CORRUPT. */
enum status sqlite_check_ends(struct sqlite_store *self, struct fault *why);
/* store_engine: */
enum status sqlite_append(struct store *s, const struct person *author, const struct entry *e,
                          struct fault *why);
enum status sqlite_find(struct store *s, const struct person *author, const struct entry *e,
                        struct store_found *out, struct fault *why);
enum status sqlite_ts_of(struct store *s, uint64_t seq, int64_t *out, struct fault *why);
enum status sqlite_drop(struct store *s, uint64_t first, int64_t base_ts, struct fault *why);

/* rows.c: what is beside the log */

enum status sqlite_prepare_rows(struct sqlite_store *self, struct fault *why);
/* store_engine: */
enum status sqlite_put_person(struct store *s, const struct person *p, struct fault *why);
enum status sqlite_put_standing(struct store *s, const struct person *p, struct fault *why);
enum status sqlite_drop_stays(struct store *s, const struct person *p, struct fault *why);
enum status sqlite_put_invite(struct store *s, const struct invitation *invite, struct fault *why);
enum status sqlite_drop_invite(struct store *s, const uint8_t hash[static 32], struct fault *why);
enum status sqlite_put_about(struct store *s, struct fault *why);

/* upkeep.c: the write-ahead log */

/* Bytes of the write-ahead log after which they are copied into the database, while the commit
 * waits. Measured with batches of 1,000: 2 to 16 MiB all give the same rate, but 16 hold a commit
 * up for 15 ms and 4 for 6. */
#define CHECKPOINT_BYTES     (4 * 1024 * 1024)
#define CHECKPOINT_PAGES_MIN 32

/* Readers that always overlap would let the log grow for ever; from here on, wait for them a
 * little. A backup reads for longer than that; so the log doubles before the next attempt. */
#define RESTART_BYTES (64 * 1024 * 1024)

/* After a commit: move the log into the database when it has become long. */
void sqlite_checkpoint(struct sqlite_store *self);
/* Whatever its length, and give its room back. True: it is empty now. */
bool sqlite_empty_log(struct sqlite_store *self);
/* Whatever is in the log has room in the database, or found it just now. */
bool sqlite_has_room(struct sqlite_store *self);

/* upkeep.c: quota, ballast, and what keeps a store within bounds */

enum status sqlite_prepare_upkeep(struct sqlite_store *self, const struct store_options *o,
                                  struct fault *why);
/* Let the database grow up to the quota, or up to the reserve above it. */
enum status sqlite_allow(struct sqlite_store *self, bool urgent, struct fault *why);
/* Is it the quota that keeps the database from growing? */
bool sqlite_at_quota(struct sqlite_store *self);
bool sqlite_make_room(struct store *s);
void sqlite_refill(struct store *s);
enum status sqlite_used(struct store *s, int64_t *out, struct fault *why);

#endif
