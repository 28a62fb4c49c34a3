/*
 * rows - the rows of a list as the library hands them out: public structs, and the texts that these
 * point to, which stay where they are until the rows are cleared. Zero-initialised: no rows.
 * Threads: the owner's.
 */
#ifndef CLIENT_ROWS_H
#define CLIENT_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"

struct rows {
    void *items;
    size_t n;
    size_t cap;
    size_t given; /* of them, by rows_next */
    struct rows_texts *texts;
    bool failed; /* there was no memory for a text */
};

/* One more row of `size` bytes, zeroed; NULL: no memory, or max reached. */
void *rows_add(struct rows *r, size_t size, size_t max);
/* A copy of text, with its NUL; "" when there is no memory. */
const char *rows_text(struct rows *r, struct span text);
/* Copy the next row to out. False: none is left. */
bool rows_next(struct rows *r, void *out, size_t size);
void rows_clear(struct rows *r);

#endif
