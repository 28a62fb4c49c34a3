/*
 * screen - what a terminal shows: its width, and text in lines of it.
 * Threads: any; no state.
 */
#ifndef CLI_SCREEN_H
#define CLI_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"

/* Columns of the terminal at fd; 0: it is not one. */
size_t screen_width(int fd);
/* Append escaped text (text_escape), broken into lines (wrap.h) of at most `width` columns (0: not
 * broken), the second and later ones indented; `at` columns of the first one are taken. A newline
 * in the text begins a line that is indented as well. The last line gets no newline. Failure is in
 * out->failed. */
void screen_wrap(struct buf *out, struct span text, size_t at, size_t indent, size_t width);

#endif
