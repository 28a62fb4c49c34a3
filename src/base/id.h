/*
 * id - 16-byte UUIDs (RFC 9562), by libuuid where it has the call.
 */
#ifndef BASE_ID_H
#define BASE_ID_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

#define ID_LEN      16
#define ID_TEXT_LEN 36 /* 8-4-4-4-12, without the NUL */

struct id {
    uint8_t bytes[ID_LEN];
};

/* Version 4, from the system's random source. */
struct id id_random(void);

/* Version 7: Unix milliseconds, 12 bits of their fraction, 62 random bits: ids made later sort
 * later to a quarter of a microsecond. wall_ns: nanoseconds since the Unix epoch. */
struct id id_time_ordered(int64_t wall_ns);

/* A person's or group's UUID: version 5 of Conclave's namespace
 * (a58ac5d5-9b3c-4e0b-8f0e-6c3d2f0a7e41) and the 32-byte public key. */
struct id id_of_key(const uint8_t public_key[static 32]);

/* text becomes lower case and NUL-terminated. */
void id_format(const struct id *id, char text[static ID_TEXT_LEN + 1]);
/* Exactly 36 characters, either case. ST_INVALID. */
enum status id_parse(struct id *out, const char *text);

bool id_equal(const struct id *a, const struct id *b);
bool id_is_zero(const struct id *id);

#endif
