/*
 * mp - MessagePack. Read in place: no allocation, every length checked against what is left; each
 * reader returns false, and leaves the cursor where it was, when the next object is something
 * else or does not fit. Packed by msgpack-c into a buf, whose `failed` says whether it fitted.
 */
#ifndef WIRE_MP_H
#define WIRE_MP_H

#include <msgpack/pack.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct mp {
    const uint8_t *p;
    const uint8_t *end;
};

enum mp_type {
    MP_NIL,
    MP_BOOL,
    MP_UINT,
    MP_INT,
    MP_FLOAT,
    MP_STR,
    MP_BIN,
    MP_ARRAY,
    MP_MAP,
    MP_EXT,
    MP_END,
    MP_BAD
};

struct mp mp_of(struct span bytes);
size_t mp_left(const struct mp *m);
/* Type of the next object; MP_END at the end, MP_BAD for a lie about length. Negative integers
 * are MP_INT, others MP_UINT. */
enum mp_type mp_peek(const struct mp *m);
bool mp_nil(struct mp *m);
bool mp_bool(struct mp *m, bool *out);
bool mp_uint(struct mp *m, uint64_t *out);
bool mp_int(struct mp *m, int64_t *out); /* any integer that fits */
bool mp_str(struct mp *m, struct span *out);
bool mp_bin(struct mp *m, struct span *out);
bool mp_array(struct mp *m, uint32_t *count);
bool mp_map(struct mp *m, uint32_t *pairs);
/* Skip one whole object, at most `depth` levels deep and, counted down from *nodes, so many
 * objects. Iterative. */
bool mp_skip(struct mp *m, unsigned depth, size_t *nodes);

/* Well-formed and affordable: exactly one object, no trailing bytes, within depth and nodes. */
bool mp_shape_ok(struct span bytes, unsigned depth, size_t nodes);

/* A packer that appends to b. */
msgpack_packer mp_packer(struct buf *b);
void mp_pack_str(msgpack_packer *pk, struct span text);
void mp_pack_text(msgpack_packer *pk, const char *text);
void mp_pack_bin(msgpack_packer *pk, const void *bytes, size_t len);

#endif
