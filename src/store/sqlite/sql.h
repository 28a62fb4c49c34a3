/*
 * sql - SQLite as both databases use it: connections, statements, columns that are not trusted,
 * and what its errors mean.
 * Threads: each connection belongs to one thread at a time.
 */
#ifndef SQLITE_SQL_H
#define SQLITE_SQL_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"

#define SQL_CACHE_KIB 16384 /* of pages, for each connection */

/* Open an existing file; flags: SQLITE_OPEN_READWRITE or _READONLY. On failure *out is NULL. */
enum status sql_connect(sqlite3 **out, const char *path, int flags, struct fault *why);
/* NULL is allowed. Statements must be finalized before. */
void sql_disconnect(sqlite3 *db);

/* For messages: its path, or for one without a name what it is. Borrowed. */
const char *sql_name(sqlite3 *db);

/* What SQLite's result means: ST_FULL (no room; later writes may succeed), ST_NOMEM, ST_CORRUPT,
 * ST_BUSY, ST_SYSTEM. The sentence: "cannot DOING PATH: ...". */
enum status sql_fault(struct fault *why, sqlite3 *db, int rc, const char *doing);

enum status sql_exec(sqlite3 *db, const char *text, struct fault *why);
/* Run a statement that gives one integer. */
enum status sql_int(sqlite3 *db, const char *text, int64_t *out, struct fault *why);

/* Prepare texts[0..n) for long use. On failure those prepared are left to sql_finalize. */
enum status sql_prepare(sqlite3 *db, sqlite3_stmt **out, const char *const *texts, size_t n,
                        struct fault *why);
void sql_finalize(sqlite3_stmt **statements, size_t n);
/* Step a statement that gives no row, and reset it. */
enum status sql_run(sqlite3_stmt *q, const char *doing, struct fault *why);

/* The bytes are borrowed until they are bound anew or the statement has run. */
int sql_bind_span(sqlite3_stmt *q, int at, struct span bytes);

/* Read a column of the current row. False: it is of another type, or its length is not within
 * least and most. The span is borrowed until the next step. */
bool sql_column_int(sqlite3_stmt *q, int column, int64_t least, int64_t *out);
bool sql_column_blob(sqlite3_stmt *q, int column, size_t least, size_t most, struct span *out);
bool sql_column_text(sqlite3_stmt *q, int column, size_t most, struct span *out);

#endif
