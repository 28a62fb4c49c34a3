/*
 * verify_story - do members and log tell the same? For verify; internal to the SQLite back end.
 * Threads: any; no state.
 */
#ifndef TOOLS_VERIFY_STORY_H
#define TOOLS_VERIFY_STORY_H

#include <sqlite3.h>
#include <stdint.h>

#include "base/status.h"

/* At entry seq something is told of which the other side does not know. */
typedef void verify_story_gap(void *ctx, int64_t seq, const char *sentence);

/* The statements look at a table that verify makes of the entries which are no messages. What was
 * let go of cannot be compared. */
#define STORY_TABLE                                                                              \
    "CREATE TEMP TABLE entry(seq INTEGER PRIMARY KEY, ts INTEGER, kind INTEGER, author INTEGER," \
    " body BLOB)"
#define STORY_PUT                                                   \
    "INSERT OR IGNORE INTO temp.entry(seq, ts, kind, author, body)" \
    " VALUES (?1, ?2, ?3, ?4, ?5)"
enum status verify_story_check(sqlite3 *db, verify_story_gap *tell, void *ctx, struct fault *why);

#endif
