/*
 * bytes - borrowed spans and a growable, bounded buffer.
 * Threads: a buf belongs to one thread at a time.
 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Borrowed bytes: valid as long as whatever they point into. p may be NULL when len is 0. */
struct span {
    const uint8_t *p;
    size_t len;
};

/* The characters of a string, without its NUL. */
struct span span_of(const char *text);
bool span_equal(struct span a, struct span b);
/* Take the next line, without its newline, off the front of *rest. False: there is none. */
bool span_next_line(struct span *line, struct span *rest);

/* Growable bytes, never more than max (0: no bound). A failed append leaves the content as it
 * was and sets `failed`, so a chain of appends needs one check at its end. */
struct buf {
    uint8_t *p;
    size_t len;
    size_t cap;
    size_t max;
    bool failed;
};

void buf_init(struct buf *b, size_t max);
/* Free the memory; the buf is empty and usable again. */
void buf_clear(struct buf *b);
/* The same of a secret: its memory is overwritten first. */
void buf_wipe(struct buf *b);
/* Forget the content and the failure, keep the memory. */
void buf_reset(struct buf *b);
/* Room for more bytes behind len. ST_NOMEM, ST_FULL (over max). */
enum status buf_reserve(struct buf *b, size_t more);
enum status buf_append(struct buf *b, const void *bytes, size_t len);
struct span buf_span(const struct buf *b);

#endif
