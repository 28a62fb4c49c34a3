/*
 * wrap - cuts clean text into lines of a width: where Unicode allows a break, and within a word
 * that is longer than a line.
 */
#ifndef SCREEN_WRAP_H
#define SCREEN_WRAP_H

#include <stdbool.h>
#include <stddef.h>

struct wrap_line {
    size_t at;  /* in the text */
    size_t len; /* without the spaces and the newline it ends with */
};

/* Zero-initialise. */
struct wrap {
    struct wrap_line *lines;
    size_t n;
    size_t cap;
    char *breaks;
    size_t breaks_cap;
};

/* At least one line, also for empty text. columns: 2 or more. False: no memory. The lines are
 * valid until the next call. */
bool wrap_text(struct wrap *w, const char *text, size_t len, int columns);
void wrap_clear(struct wrap *w);

#endif
