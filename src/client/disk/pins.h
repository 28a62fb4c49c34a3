/*
 * pins - which key each message server and group had when it was first met, as a table and as the
 * text of a file. One line each:
 *     server ADDRESS KEY
 *     group SERVER-KEY NAME KEY
 * with " at ADDRESS" behind a group where it answered last, and " offered KEY" behind either where
 * another key was shown since and refused. Keys in Z85, one space between words, a
 * newline at each end, no other lines.
 * Pure. Threads: the handle's.
 */
#ifndef DISK_PINS_H
#define DISK_PINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"
#include "net/net.h"

#define PINS_MAX      4096
#define PINS_TEXT_MAX (PINS_MAX * 700)

enum pin_kind { PIN_SERVER, PIN_GROUP };

/* What has a key. */
struct pin_place {
    enum pin_kind kind;
    uint8_t server[KEY_LEN];     /* PIN_GROUP: key of the message server that lists it; else zero */
    char name[ENDPOINT_MAX + 1]; /* PIN_SERVER: address; PIN_GROUP: name */
};

struct pin {
    struct pin_place place;
    uint8_t key[KEY_LEN];
    char address[ENDPOINT_MAX + 1]; /* PIN_GROUP: where it answered last; "": not known */
    bool has_offered;
    uint8_t offered[KEY_LEN];
};

/* Zero-initialise. */
struct pins {
    struct pin *items;
    size_t n;
    size_t cap;
};

void pins_clear(struct pins *p);
/* NULL: nothing is remembered. Valid until the next pins_add. */
struct pin *pins_find(const struct pins *p, const struct pin_place *place);
/* A place that is not there yet. ST_NOMEM, ST_FULL. */
enum status pins_add(struct pins *p, const struct pin *pin);

/* Replaces what *p held. ST_INVALID with the number of the line, ST_NOMEM; *p is then empty. */
enum status pins_parse(struct pins *p, struct span text, struct fault *why);
/* Appends the text; a failure is in out->failed. */
void pins_format(struct buf *out, const struct pins *p);

#endif
