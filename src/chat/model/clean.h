/*
 * clean - text from others made harmless once, when it comes in, and how wide it is on a terminal.
 * Clean text is well-formed UTF-8 without controls (newlines stay if asked for), without
 * bidirectional controls and invisible characters, and with at most CLEAN_MARKS combining marks on
 * a base. Everything else of this folder takes clean text only.
 */
#ifndef MODEL_CLEAN_H
#define MODEL_CLEAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"

#define CLEAN_MARKS 4
#define UNIT_BYTES  20 /* of a base with its marks */

/* Append text to out. Controls show as their pictures (U+2400 and on), what is not UTF-8 and what
 * would reorder text as U+FFFD; a mark without a base gets a dotted circle. A tab is four spaces.
 * With lines, newlines stay; else they become a space. Failure is in out->failed. */
void clean_text(struct buf *out, struct span text, bool lines);

/* The same into fixed memory, NUL-terminated, cut at a whole unit; no newlines. */
void clean_fixed(char *out, size_t size, struct span text);

/* The same as a new string, NULL when there is no memory. len may be NULL. */
char *clean_new(struct span text, bool lines, size_t *len);

/* One base character with its marks: what takes one or two columns. */
struct unit {
    const char *text; /* borrowed */
    size_t len;       /* in bytes, 1 to UNIT_BYTES */
    int width;        /* 1 or 2; 0: a newline */
};
/* The first unit of clean text. False: len is 0. */
bool clean_next(const char *text, size_t len, struct unit *out);

/* Columns of clean text without newlines. */
int clean_width(const char *text, size_t len);
/* Bytes of the longest beginning of clean text that fits in so many columns. */
size_t clean_fit(const char *text, size_t len, int columns);

#endif
