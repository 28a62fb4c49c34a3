/*
 * block - neighbours of the log as one value: a commit's entries become a few rows of a page each
 * instead of a row each, which is most of what storing them costs. Stored bytes are read as
 * hostile. Knows no engine.
 *
 * An entry, little-endian: ts (8), checksum (8), author's number (4), length of body (2) and of ext
 * (2), kind (1), id (16), body, ext. Its seq is its place.
 * Threads: a cursor or builder belongs to one thread at a time.
 */
#ifndef STORE_BLOCK_H
#define STORE_BLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/entry.h"

#define BLOCK_ENTRY_HEAD 41
#define BLOCK_MAX        (BLOCK_ENTRY_HEAD + BODY_MAX_BYTES + EXT_MAX_BYTES) /* bytes */
#define BLOCK_ROWS_MAX   (BLOCK_MAX / BLOCK_ENTRY_HEAD)

/* ---- an entry ---- */

/* Over all fields, and the author's UUID instead of their number, so that a UUID which changed
 * on the disk puts no words into another's mouth. */
int64_t entry_sum(const struct entry *e);

struct block_entry {
    struct entry e; /* e.author is left to the caller; spans are borrowed from the block */
    int64_t author; /* number of a person */
    int64_t sum;    /* as stored */
};

/* ---- reading ---- */

struct block {
    uint64_t first;
    uint64_t last;
    int64_t ts; /* of the last */
    struct span data;
};

struct block_cursor {
    struct block block;
    uint64_t next;    /* seq of what block_next gives; block.last + 1 at the end */
    struct span left; /* from there on */
};

void block_start(struct block_cursor *c, const struct block *block);
bool block_at_end(const struct block_cursor *c);
/* The next entry, not at the end. False: the bytes are no entry, or no last one. */
bool block_next(struct block_cursor *c, struct block_entry *out);
/* The same for number seq, which is not before c->next. */
bool block_seek(struct block_cursor *c, uint64_t seq, struct block_entry *out);

/* ---- writing ---- */

struct block_builder {
    size_t full; /* bytes that lie on one page */
    uint8_t data[BLOCK_MAX];
    struct block block; /* of what is in it; block.data.len is 0: nothing */
};

/* For a database with pages of that size. */
void block_init(struct block_builder *b, int64_t page_bytes);
/* Forget what is in it. */
void block_reset(struct block_builder *b);
/* False: it does not fit any more, or does not follow what is there. An empty builder takes every
 * entry whose body and ext are within their bounds. */
bool block_put(struct block_builder *b, const struct block_entry *e);

#endif
