/*
 * lines - cuts a stream of bytes into lines of bounded length.
 * A line ends at '\n', which is not part of it, or at the end of the stream; its bytes are not
 * changed. A line over the bound is skipped whole, and costs no memory.
 */
#ifndef CMD_LINES_H
#define CMD_LINES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

struct lines {
    struct buf in;
    size_t at; /* the next line begins here */
    size_t max;
    uint64_t number; /* of the line given last; 1 is the first */
    uint64_t before; /* bytes of the stream before what is in `in` */
    bool skipping;   /* within a line that was too long */
    bool ended;      /* the stream has no more bytes */
};

enum lines_next {
    LINES_LINE,
    LINES_TOO_LONG,
    LINES_MORE, /* lines_read first */
    LINES_END,
};

void lines_init(struct lines *l, size_t max);
void lines_clear(struct lines *l);

/* Read once from fd, which may block. ST_OK; ST_AGAIN: nothing there now; ST_SYSTEM (errno);
 * ST_NOMEM. */
enum status lines_read(struct lines *l, int fd);

/* *out is valid until the next lines_read. */
enum lines_next lines_next(struct lines *l, struct span *out);

/* How many bytes of the stream were given, or skipped. */
uint64_t lines_offset(const struct lines *l);

#endif
