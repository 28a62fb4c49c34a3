/*
 * width - how many columns text takes on a terminal. The text is escaped (text_escape) or clean
 * UTF-8; what is not UTF-8 nevertheless counts as one column a byte.
 * Threads: any; no state.
 */
#ifndef COLUMNS_WIDTH_H
#define COLUMNS_WIDTH_H

#include <stdbool.h>
#include <stddef.h>

#define UNIT_BYTES 20 /* of a base with its marks */

/* One base character with its marks: what takes one or two columns. */
struct unit {
    const char *text; /* borrowed */
    size_t len;       /* in bytes, 1 to UNIT_BYTES */
    int width;        /* 1 or 2; 0: a newline */
};
/* The first unit of text. False: len is 0. */
bool width_next(const char *text, size_t len, struct unit *out);

/* Columns of text without newlines. */
int width_text(const char *text, size_t len);
/* Bytes of the longest beginning of text that fits in so many columns. */
size_t width_fit(const char *text, size_t len, int columns);

#endif
