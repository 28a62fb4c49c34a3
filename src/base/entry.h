/*
 * entry - one entry of a group's log, as the store keeps it and the wire carries it.
 */
#ifndef ENTRY_H
#define ENTRY_H

#include <stdint.h>

#include "bytes.h"
#include "id.h"

/* Numbers are stored and sent: never reuse one. */
enum entry_kind {
    ENTRY_MESSAGE = 1, /* body: what was said */
    ENTRY_JOINED = 2,  /* body: the nick */
    ENTRY_LEFT = 3,    /* body: empty */
    ENTRY_KICKED = 4,  /* body: the 16-byte UUID of who was removed; author: who did it */
    ENTRY_KIND_MAX = 255,
};

struct entry {
    uint64_t seq; /* 1, 2, 3 ... without holes */
    int64_t ts;   /* nanoseconds since the Unix epoch, strictly increasing */
    uint8_t kind; /* enum entry_kind; unknown kinds are kept and passed on */
    struct id author;
    struct id id; /* chosen by the author's client; (author, id) is unique */
    struct span body;
    struct span ext; /* opaque, for later use */
};

/* "message", "joined", ... "unknown". */
const char *entry_kind_name(uint8_t kind);

/* Text from others, as one would say it aloud: the bounds that all layers share. */
#define NAME_MAX_BYTES 64          /* a group's name, a nick */
#define BODY_MAX_BYTES (16 * 1024) /* an entry's body */
#define EXT_MAX_BYTES  1024        /* an entry's ext */

#endif
