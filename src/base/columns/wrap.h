/*
 * wrap - cuts text, as of width.h, into lines of a width: behind blanks; where Unicode allows a
 * break (UAX 14) beside a character beyond ASCII; and within a word that is longer than a line,
 * best where Unicode allows it. So the names of options, paths and UUIDs stay whole while they can.
 */
#ifndef COLUMNS_WRAP_H
#define COLUMNS_WRAP_H

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

/* At least one line, also for empty text. columns: of a line; first: of the first one, which is
 * empty when less than that is left and the first word fits into the next. False: no memory. The
 * lines are valid until the next call. */
bool wrap_text(struct wrap *w, const char *text, size_t len, int first, int columns);
void wrap_clear(struct wrap *w);

#endif
