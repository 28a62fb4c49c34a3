#include "base/id.h"

#include <sodium.h>
#include <string.h>
#include <uuid/uuid.h>

#include "base/clock.h"

_Static_assert(sizeof(uuid_t) == ID_LEN, "libuuid's type is the 16 bytes of the UUID");

/* Conclave's namespace, a58ac5d5-9b3c-4e0b-8f0e-6c3d2f0a7e41. Changing it renames everybody. */
static const uuid_t key_namespace = {0xa5, 0x8a, 0xc5, 0xd5, 0x9b, 0x3c, 0x4e, 0x0b,
                                     0x8f, 0x0e, 0x6c, 0x3d, 0x2f, 0x0a, 0x7e, 0x41};

struct id
id_random(void)
{
    struct id id;

    uuid_generate_random(id.bytes);
    return id;
}

/* RFC 9562, section 5.7: version 7, variant 10; the 12 bits behind the milliseconds hold the
 * fraction of the millisecond (section 6.2, method 3), so ids that follow each other closely sort
 * as they were made, and an index over them grows at its end only. */
struct id
id_time_ordered(int64_t wall_ns)
{
    uint64_t ns = wall_ns > 0 ? (uint64_t)wall_ns : 0;
    uint64_t ms = ns / NS_PER_MS;
    uint64_t fraction = ns % NS_PER_MS * 4096 / NS_PER_MS;
    struct id id;

    randombytes_buf(id.bytes + 8, sizeof id.bytes - 8);
    for (int i = 0; i < 6; i++)
        id.bytes[i] = (uint8_t)(ms >> (40 - 8 * i));
    id.bytes[6] = (uint8_t)(0x70 | fraction >> 8);
    id.bytes[7] = (uint8_t)fraction;
    id.bytes[8] = (uint8_t)(0x80 | (id.bytes[8] & 0x3f));
    return id;
}

struct id
id_of_key(const uint8_t public_key[static 32])
{
    struct id id;

    uuid_generate_sha1(id.bytes, key_namespace, (const char *)public_key, 32);
    return id;
}

void
id_format(const struct id *id, char text[static ID_TEXT_LEN + 1])
{
    uuid_unparse_lower(id->bytes, text);
}

enum status
id_parse(struct id *out, const char *text)
{
    struct id id;

    if (strnlen(text, ID_TEXT_LEN + 1) != ID_TEXT_LEN || uuid_parse(text, id.bytes) != 0)
        return ST_INVALID;
    *out = id;
    return ST_OK;
}

bool
id_equal(const struct id *a, const struct id *b)
{
    return memcmp(a->bytes, b->bytes, ID_LEN) == 0;
}

bool
id_is_zero(const struct id *id)
{
    return uuid_is_null(id->bytes) != 0;
}
