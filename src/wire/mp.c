#include "wire/mp.h"

#include <endian.h>
#include <string.h>

/* Deepest nesting that mp_skip can follow, whatever its caller asks for. */
#define LEVELS_MAX 32

/* The first bytes of an object: what it is, and n, which is its value, length or count. */
struct head {
    enum mp_type type;
    uint8_t size;
    uint64_t n;
};

/* The formats 0xc0 to 0xdf: type, and how many bytes of n follow. */
static const struct form {
    uint8_t type;
    uint8_t width;
} forms[32] = {
    {MP_NIL, 0},  {MP_BAD, 0},  {MP_BOOL, 0}, {MP_BOOL, 0}, {MP_BIN, 1},   {MP_BIN, 2},
    {MP_BIN, 4},  {MP_EXT, 1},  {MP_EXT, 2},  {MP_EXT, 4},  {MP_FLOAT, 4}, {MP_FLOAT, 8},
    {MP_UINT, 1}, {MP_UINT, 2}, {MP_UINT, 4}, {MP_UINT, 8}, {MP_INT, 1},   {MP_INT, 2},
    {MP_INT, 4},  {MP_INT, 8},  {MP_EXT, 0},  {MP_EXT, 0},  {MP_EXT, 0},   {MP_EXT, 0},
    {MP_EXT, 0},  {MP_STR, 1},  {MP_STR, 2},  {MP_STR, 4},  {MP_ARRAY, 2}, {MP_ARRAY, 4},
    {MP_MAP, 2},  {MP_MAP, 4},
};

struct mp
mp_of(struct span bytes)
{
    const uint8_t *end = bytes.len > 0 ? bytes.p + bytes.len : bytes.p;

    return (struct mp){.p = bytes.p, .end = end};
}

size_t
mp_left(const struct mp *m)
{
    return (size_t)(m->end - m->p);
}

static uint64_t
read_big_endian(const uint8_t *p, uint8_t width)
{
    uint16_t n16;
    uint32_t n32;
    uint64_t n64;

    switch (width) {
    case 1:
        return *p;
    case 2:
        memcpy(&n16, p, sizeof n16);
        return be16toh(n16);
    case 4:
        memcpy(&n32, p, sizeof n32);
        return be32toh(n32);
    case 8:
        memcpy(&n64, p, sizeof n64);
        return be64toh(n64);
    default:
        return 0;
    }
}

static uint64_t
sign_extend(uint64_t n, uint8_t width)
{
    switch (width) {
    case 1:
        return (uint64_t)(int8_t)n;
    case 2:
        return (uint64_t)(int16_t)n;
    case 4:
        return (uint64_t)(int32_t)n;
    default:
        return n;
    }
}

static enum mp_type
read_long_head(const struct mp *m, struct head *h)
{
    uint8_t first = *m->p;
    struct form form = forms[first - 0xc0];

    h->type = (enum mp_type)form.type;
    if (form.width > mp_left(m) - 1)
        return MP_BAD;
    h->size = (uint8_t)(1 + form.width);
    h->n = read_big_endian(m->p + 1, form.width);
    if (h->type == MP_BOOL) {
        h->n = first & 1;
    } else if (h->type == MP_INT) {
        h->n = sign_extend(h->n, form.width);
        h->type = (int64_t)h->n < 0 ? MP_INT : MP_UINT;
    } else if (h->type == MP_EXT) {
        /* One byte tells the extension's type; 0xd4 to 0xd8 imply 1, 2, 4, 8, 16 bytes. */
        h->n = 1 + (form.width > 0 ? h->n : UINT64_C(1) << (first - 0xd4));
    }
    return h->type;
}

/* MP_BAD: the head itself, or what it claims, is longer than what is left. */
static enum mp_type
read_head(const struct mp *m, struct head *h)
{
    uint8_t first;
    size_t behind;

    if (m->p == m->end)
        return MP_END;
    first = *m->p;
    h->size = 1;
    if (first < 0x80) {
        h->n = first;
        return h->type = MP_UINT;
    }
    if (first >= 0xe0) {
        h->n = sign_extend(first, 1);
        return h->type = MP_INT;
    }
    if (first < 0xc0) {
        h->type = first < 0x90 ? MP_MAP : first < 0xa0 ? MP_ARRAY : MP_STR;
        h->n = first & (first < 0xa0 ? 0x0f : 0x1f);
    } else if (read_long_head(m, h) == MP_BAD) {
        return MP_BAD;
    }
    behind = mp_left(m) - h->size;
    switch (h->type) {
    case MP_STR:
    case MP_BIN:
    case MP_EXT:
    case MP_ARRAY:
        return h->n <= behind ? h->type : MP_BAD;
    case MP_MAP:
        return h->n <= behind / 2 ? h->type : MP_BAD;
    default:
        return h->type;
    }
}

enum mp_type
mp_peek(const struct mp *m)
{
    struct head h;

    return read_head(m, &h);
}

bool
mp_nil(struct mp *m)
{
    if (m->p == m->end || *m->p != 0xc0)
        return false;
    m->p++;
    return true;
}

bool
mp_bool(struct mp *m, bool *out)
{
    if (m->p == m->end || (*m->p & 0xfe) != 0xc2)
        return false;
    *out = (*m->p++ & 1) != 0;
    return true;
}

bool
mp_uint(struct mp *m, uint64_t *out)
{
    struct head h;

    if (read_head(m, &h) != MP_UINT)
        return false;
    *out = h.n;
    m->p += h.size;
    return true;
}

bool
mp_int(struct mp *m, int64_t *out)
{
    struct head h;
    enum mp_type type = read_head(m, &h);

    if (type != MP_INT && (type != MP_UINT || h.n > INT64_MAX))
        return false;
    *out = (int64_t)h.n;
    m->p += h.size;
    return true;
}

static bool
take_bytes(struct mp *m, enum mp_type type, struct span *out)
{
    struct head h;

    if (read_head(m, &h) != type)
        return false;
    *out = (struct span){.p = m->p + h.size, .len = (size_t)h.n};
    m->p += h.size + (size_t)h.n;
    return true;
}

bool
mp_str(struct mp *m, struct span *out)
{
    return take_bytes(m, MP_STR, out);
}

bool
mp_bin(struct mp *m, struct span *out)
{
    return take_bytes(m, MP_BIN, out);
}

static bool
take_count(struct mp *m, enum mp_type type, uint32_t *count)
{
    struct head h;

    if (read_head(m, &h) != type)
        return false;
    *count = (uint32_t)h.n;
    m->p += h.size;
    return true;
}

bool
mp_array(struct mp *m, uint32_t *count)
{
    return take_count(m, MP_ARRAY, count);
}

bool
mp_map(struct mp *m, uint32_t *pairs)
{
    return take_count(m, MP_MAP, pairs);
}

/* Step over one head, and over the payload of all but arrays and maps, whose number of children
 * is given out. */
static enum mp_type
step(struct mp *m, uint64_t *children)
{
    struct head h;
    enum mp_type type = read_head(m, &h);

    *children = 0;
    if (type == MP_BAD || type == MP_END)
        return type;
    if (type == MP_STR || type == MP_BIN || type == MP_EXT)
        m->p += (size_t)h.n;
    else if (type == MP_ARRAY)
        *children = h.n;
    else if (type == MP_MAP)
        *children = 2 * h.n;
    m->p += h.size;
    return type;
}

bool
mp_skip(struct mp *m, unsigned depth, size_t *nodes)
{
    uint64_t open[LEVELS_MAX + 1] = {1}; /* objects still to come, by level */
    unsigned level = 0;
    size_t budget = *nodes;
    struct mp at = *m;

    if (depth > LEVELS_MAX)
        depth = LEVELS_MAX;
    while (level > 0 || open[0] > 0) {
        uint64_t children;
        enum mp_type type;

        if (open[level] == 0) {
            level--;
            continue;
        }
        if (budget == 0)
            return false;
        budget--;
        open[level]--;
        type = step(&at, &children);
        if (type == MP_BAD || type == MP_END)
            return false;
        if ((type == MP_ARRAY || type == MP_MAP) && level == depth)
            return false;
        if (children > 0)
            open[++level] = children;
    }
    *m = at;
    *nodes = budget;
    return true;
}

bool
mp_shape_ok(struct span bytes, unsigned depth, size_t nodes)
{
    struct mp m = mp_of(bytes);

    return mp_skip(&m, depth, &nodes) && mp_left(&m) == 0;
}

/* ---- packing ---- */

static int
append(void *data, const char *bytes, size_t len)
{
    return buf_append(data, bytes, len) == ST_OK ? 0 : -1;
}

msgpack_packer
mp_packer(struct buf *b)
{
    msgpack_packer pk;

    msgpack_packer_init(&pk, b, append);
    return pk;
}

void
mp_pack_str(msgpack_packer *pk, struct span text)
{
    msgpack_pack_str(pk, text.len);
    if (text.len > 0)
        msgpack_pack_str_body(pk, text.p, text.len);
}

void
mp_pack_text(msgpack_packer *pk, const char *text)
{
    mp_pack_str(pk, span_of(text));
}

void
mp_pack_bin(msgpack_packer *pk, const void *bytes, size_t len)
{
    msgpack_pack_bin(pk, len);
    if (len > 0)
        msgpack_pack_bin_body(pk, bytes, len);
}
