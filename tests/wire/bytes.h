/*
 * bytes - what goes over the wire, written down: the notation of the case files (README.md).
 */
#ifndef WIRE_BYTES_H
#define WIRE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BYTES_MAX (512 * 1024)

struct bytes {
    size_t len;
    uint8_t p[BYTES_MAX];
};

/* A byte that may be anything is only allowed in a pattern. */
struct pattern {
    struct bytes bytes;
    bool any[BYTES_MAX];
    bool open; /* more may follow */
};

/* What $name stands for; ctx is the caller's. False: there is no such name. */
typedef bool bytes_lookup(void *ctx, const char *name, struct bytes *out);

void bytes_add(struct bytes *b, const void *from, size_t len);
void bytes_add_byte(struct bytes *b, unsigned byte);
/* Big-endian. */
void bytes_add_number(struct bytes *b, uint64_t value, unsigned n);

/* False: not in the notation; *wrong points at what is not. */
bool bytes_parse(struct bytes *out, const char *text, bytes_lookup *lookup, void *ctx,
                 const char **wrong);
bool pattern_parse(struct pattern *out, const char *text, bytes_lookup *lookup, void *ctx,
                   const char **wrong);
bool pattern_matches(const struct pattern *p, const struct bytes *b);

#endif
