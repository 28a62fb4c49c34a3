/*
 * spool_impl - the file of one group, shared by spool_queue.c, which writes it, spool_load.c, which
 * reads it back, and spool_file.c, which knows its bytes.
 *
 * Header: "CCLVPOST", own key, key of the message server, and the checksum of these.
 * Record: mark (4 bytes), length of the rest (4 bytes, little-endian), checksum of the rest, rest.
 * The rest is a type, and of a message its id and body, of a `done` a count (4 bytes).
 * Checksums are BLAKE2b-128.
 */
#ifndef DISK_SPOOL_IMPL_H
#define DISK_SPOOL_IMPL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "disk/spool_dir.h"

#define SPOOL_SUM_LEN    16
#define SPOOL_HEADER_LEN (8 + 2 * KEY_LEN + SPOOL_SUM_LEN)
#define SPOOL_HEAD_LEN   (4 + 4 + SPOOL_SUM_LEN) /* of a record */
#define SPOOL_REST_MAX   (1 + ID_LEN + BODY_MAX_BYTES)
#define SPOOL_FILE_MAX   (4L * SPOOL_QUEUE_MAX)

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

/* Where a message is in the file. */
struct place {
    off_t at;
    uint32_t size;
};

struct spool_queue {
    struct spool *dir; /* borrowed */
    char name[NAME_MAX_BYTES + sizeof SPOOL_SUFFIX];
    int fd; /* -1: there is no file */
    off_t end;
    bool dirty;       /* not all of it is on disk */
    bool fresh;       /* nor its name */
    bool loaded;      /* what was in it is known */
    bool broken;      /* a sync failed: what is on disk is not known */
    struct buf write; /* records on their way into the file */

    struct place *places; /* a ring of messages without an outcome */
    size_t first;
    size_t n;
    size_t cap;
    off_t bytes; /* of them */
};

/* A failure of the system, in errno. ST_FULL: the disk; ST_SYSTEM. */
enum status spool_failed(const struct spool_queue *q, const char *what, struct fault *why);
/* There is a message at that place, behind the others. ST_NOMEM. */
enum status spool_note(struct spool_queue *q, off_t at, size_t size);
/* The first n are of no interest any more. */
void spool_forget(struct spool_queue *q, uint32_t n);
/* Read the file q->fd: as spool_queue_open. */
enum status spool_load(struct spool_queue *q, spool_message_visit *visit, void *ctx,
                       struct fault *why);

#endif
