/*
 * story - do members and log tell the same? For verify; internal to the SQLite back end.
 * Threads: any; no state.
 */
#ifndef STORY_H
#define STORY_H

#include <sqlite3.h>
#include <stdint.h>

#include "status.h"

/* At entry seq something is told of which the other side does not know. */
typedef void story_gap(void *ctx, int64_t seq, const char *sentence);

/* Of a database of that format version. What was let go of cannot be compared. */
enum status story_check(sqlite3 *db, int64_t version, story_gap *tell, void *ctx,
                        struct fault *why);

#endif
