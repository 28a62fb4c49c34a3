/*
 * clean - text from others made harmless once, when it comes in.
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

/* Append text to out. Controls show as their pictures (U+2400 and on), what is not UTF-8 and what
 * would reorder text as U+FFFD; a mark without a base gets a dotted circle. A tab is four spaces.
 * With lines, newlines stay; else they become a space. Failure is in out->failed. */
void clean_text(struct buf *out, struct span text, bool lines);

/* The same into fixed memory, NUL-terminated, cut at a whole unit; no newlines. */
void clean_fixed(char *out, size_t size, struct span text);

/* The same as a new string, NULL when there is no memory. len may be NULL. */
char *clean_new(struct span text, bool lines, size_t *len);

#endif
