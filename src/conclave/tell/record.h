/*
 * record - a JSON object that is being filled (jansson), and its line. One failed field spoils it.
 * Threads: a record belongs to one; no state beside it.
 */
#ifndef TELL_RECORD_H
#define TELL_RECORD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "conclave.h"

struct record {
    json_t *object;
    bool failed;
};

struct record record_new(void);
/* Append the object to b as one line of ASCII without its newline, and free it. */
void record_end(struct record *r, struct buf *b);

/* Takes value. */
void record_put(struct record *r, const char *key, json_t *value);
void record_put_number(struct record *r, const char *key, uint64_t value);
/* A name or sentence. It should be UTF-8; where it is not, its escaped form is put. */
void record_put_text(struct record *r, const char *key, const char *text);
void record_put_id(struct record *r, const char *key, const struct conclave_id *id);
/* Nanoseconds since the epoch. */
void record_put_time(struct record *r, const char *key, int64_t ns);
void record_put_base64(struct record *r, const char *key, struct span bytes);

#endif
