/*
 * group_db - the tables of a group's store, and where its log stands, as writer, readers and tools
 * see it. Internal to the SQLite engine.
 */
#ifndef SQLITE_GROUP_DB_H
#define SQLITE_GROUP_DB_H

#include "sqlite/rows.h"
#include "sqlite/schema.h"
#include "sqlite/sql.h"
#include "store/engine.h"

extern const struct schema group_schema;

/* The one row of meta. */
struct group_meta {
    struct id log;
    int64_t created;
    int64_t base_seq; /* of the last entry let go; 0: none was */
    int64_t base_ts;
};

/* Put it into the row that is prepared from this. */
extern const char *const group_meta_sql;
enum status group_meta_put(sqlite3_stmt *q, const struct group_meta *meta, struct fault *why);

/* The one row of past. */
enum status group_past_get(sqlite3 *db, const struct store_state *state, struct past *out,
                           struct fault *why);
enum status group_past_put(sqlite3 *db, const struct past *past, struct fault *why);

/* What a connection needs to see where the log stands. */
enum { TAIL_META, TAIL_LAST, TAIL_COUNT };
extern const char *const group_tail_sql[TAIL_COUNT];

/* q is TAIL_META. */
enum status group_meta_get(sqlite3_stmt *q, struct group_meta *out, struct fault *why);
/* The log as the transaction under way sees it. */
enum status group_read_state(sqlite3_stmt *const tail[static TAIL_COUNT], struct store_state *out,
                             struct fault *why);

enum status sqlite_reader_open(struct store_reader **out, const char *path, struct fault *why);

#endif
