/*
 * screen - what a terminal shows: its width, and how wide text is on it.
 * Threads: any; no state.
 */
#ifndef CLI_SCREEN_H
#define CLI_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"

/* Columns of the terminal at fd; 0: it is not one. */
size_t screen_width(int fd);
/* Columns of escaped UTF-8 text (text_escape), wide characters as two. */
size_t screen_columns(struct span text);
/* The length of the longest beginning of text that is at most so many columns wide; it does not
 * part a character from its combining marks. */
size_t screen_cut(struct span text, size_t columns);
/* Append text, broken at blanks into lines of at most `width` columns (0: not broken), the second
 * and later ones indented; `at` columns of the first one are taken. A word that is wider than a
 * line is broken too. A newline in the text begins a line that is indented as well. The last line
 * gets no newline. Failure is in out->failed. */
void screen_wrap(struct buf *out, struct span text, size_t at, size_t indent, size_t width);

#endif
