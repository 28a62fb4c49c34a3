/*
 * table - rows of text in columns that line up, and that fit a terminal.
 * Threads: a table belongs to one at a time.
 */
#ifndef TELL_TABLE_H
#define TELL_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"

#define TABLE_COLUMNS_MAX 8
#define TABLE_ELASTIC     6 /* least width of a column that may be cut */

struct table {
    struct buf text;  /* of all cells, one behind the other */
    struct buf ends;  /* size_t of each cell: where it ends in text */
    size_t columns;   /* 0: nothing was put in */
    unsigned elastic; /* bits of the columns that may be cut, from the last to the first */
    unsigned first;   /* bits of those that are cut before the others */
};

void table_init(struct table *t);
void table_clear(struct table *t);
/* Ready for rows of so many columns. */
void table_begin(struct table *t, size_t columns, unsigned elastic, unsigned first);
/* The next cell, row by row: what was appended to t->text since the last one, escaped. */
void table_cell(struct table *t);
/* Append the rows to out, a line each, and forget them. No line is wider than `width` columns where
 * cutting can do that; 0: nothing is cut. Failure is in out->failed. */
void table_format(struct table *t, struct buf *out, size_t width);

#endif
