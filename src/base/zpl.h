/*
 * zpl - one line of a ZPL text (rfc.zeromq.org/spec/4): NAME, or NAME = VALUE, indented by four
 * blanks a level; # begins a comment. A value is bare, or in single or double quotes. Certificates
 * and the configuration stand on it.
 * Threads: any; no state. Allocates nothing.
 */
#ifndef BASE_ZPL_H
#define BASE_ZPL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"

enum zpline_kind {
    ZPLINE_BLANK, /* nothing but blanks and a comment */
    ZPLINE_ITEM,
    ZPLINE_EMPTY, /* NAME = and nothing behind it: pyzmq writes an empty value like that */
    ZPLINE_WRONG,
};

struct zpline { /* borrowed from the line */
    size_t level;
    struct span name;
    struct span value;
    bool has_value;
};

enum zpline_kind zpline_read(struct zpline *out, struct span line);

#endif
