/*
 * spool_format - the bytes of a spool file.
 *
 * Header: "CCLVPOST", own key, key of the message server, and the checksum of these.
 * Record: mark (4 bytes), length of the rest (4 bytes, little-endian), checksum of the rest, rest.
 * The rest is a type, and of a message its id and body, of a `done` a count (4 bytes).
 * Checksums are BLAKE2b-128. Pure. Threads: any; no shared state.
 */
#ifndef DISK_SPOOL_FORMAT_H
#define DISK_SPOOL_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

#include "disk/spool.h"

#define SPOOL_SUM_LEN    16
#define SPOOL_HEADER_LEN (8 + 2 * KEY_LEN + SPOOL_SUM_LEN)
#define SPOOL_HEAD_LEN   (4 + 4 + SPOOL_SUM_LEN) /* of a record */
#define SPOOL_REST_MAX   (1 + ID_LEN + BODY_MAX_BYTES)

enum spool_type { SPOOL_POST = 1, SPOOL_DONE = 2 };

struct spool_record {
    enum spool_type type;
    struct id id;     /* SPOOL_POST */
    struct span body; /* SPOOL_POST: borrowed */
    uint32_t count;   /* SPOOL_DONE */
    size_t size;      /* of the whole record */
};

void spool_header(uint8_t out[static SPOOL_HEADER_LEN], const uint8_t self[static KEY_LEN],
                  const uint8_t server[static KEY_LEN]);
/* Appends; a failure is in out->failed. */
void spool_pack(struct buf *out, const struct spool_record *r);
/* The header at the beginning of bytes. False: there is none that is whole. */
bool spool_read_header(struct span bytes, uint8_t self[static KEY_LEN],
                       uint8_t server[static KEY_LEN]);
/* The record at the beginning of bytes. False: there is none that is whole. */
bool spool_unpack(struct spool_record *out, struct span bytes);
/* Whether a whole record begins anywhere in bytes. */
bool spool_has_record(struct span bytes);

#endif
