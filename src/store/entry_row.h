/*
 * entry_row - an entry as a row of its table: the columns, the reading, and the checksum.
 * Internal to the SQLite back end.
 */
#ifndef ENTRY_ROW_H
#define ENTRY_ROW_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "entry.h"

#define ENTRY_COLUMNS "seq, ts, kind, author, id, sum, body, ext"

/* Over all fields, and the author's UUID instead of their number, so that a UUID which changed
 * on the disk puts no words into another's mouth. */
int64_t entry_row_sum(const struct entry *e);

/* Read ENTRY_COLUMNS of the current row; e->author is left to the caller. False: a column is not
 * what it can be. The spans are borrowed until the next step. */
bool entry_row_take(sqlite3_stmt *q, struct entry *e, int64_t *author, int64_t *sum);
void entry_row_bind(sqlite3_stmt *q, const struct entry *e, int64_t author);

#endif
