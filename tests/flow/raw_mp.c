#include <string.h>

#include "raw.h"

static uint32_t last_msgid;

/* ---- writing ---- */

static void
put(struct raw_out *o, const void *bytes, size_t len)
{
    if (len > sizeof o->bytes - o->len)
        raw_fail("the request does not fit");
    if (len)
        memcpy(o->bytes + o->len, bytes, len);
    o->len += len;
}

/* A format byte, then value in n bytes, big-endian. */
static void
put_number(struct raw_out *o, uint8_t format, uint64_t value, unsigned n)
{
    uint8_t bytes[9] = {format};

    for (unsigned i = 0; i < n; i++)
        bytes[n - i] = (uint8_t)(value >> 8 * i);
    put(o, bytes, n + 1);
}

void
raw_array(struct raw_out *o, unsigned n)
{
    put_number(o, 0xdc, n, 2);
}

void
raw_uint(struct raw_out *o, uint64_t value)
{
    if (value < 128)
        put_number(o, (uint8_t)value, 0, 0);
    else
        put_number(o, 0xcf, value, 8);
}

void
raw_str(struct raw_out *o, const char *text)
{
    put_number(o, 0xd9, strlen(text), 1);
    put(o, text, strlen(text));
}

void
raw_bin(struct raw_out *o, const void *bytes, size_t len)
{
    put_number(o, 0xc5, len, 2);
    put(o, bytes, len);
}

void
raw_begin(struct raw_out *o, const char *method, unsigned n_fields)
{
    o->len = 0;
    o->msgid = ++last_msgid;
    raw_array(o, 4);
    raw_uint(o, 0);
    raw_uint(o, o->msgid);
    raw_str(o, method);
    put_number(o, 0xde, n_fields, 2);
}

/* ---- reading ---- */

static const uint8_t *
take(struct raw_in *in, size_t n)
{
    const uint8_t *p = in->p;

    if (n > in->left)
        raw_fail("a message ends too early");
    in->p += n;
    in->left -= n;
    return p;
}

static uint64_t
take_number(struct raw_in *in, unsigned n)
{
    const uint8_t *p = take(in, n);
    uint64_t value = 0;

    for (unsigned i = 0; i < n; i++)
        value = value << 8 | p[i];
    return value;
}

/* A length: `fix` in the low bits of format (mask), or 1, 2, 4 bytes behind base, base+1 ... */
static uint32_t
read_len(struct raw_in *in, uint8_t fix, uint8_t mask, uint8_t base, unsigned first)
{
    uint8_t format = *take(in, 1);

    if (mask && (format & (uint8_t)~mask) == fix)
        return format & mask;
    for (unsigned n = first; n <= 4; n *= 2, base++)
        if (format == base)
            return (uint32_t)take_number(in, n);
    raw_fail("format 0x%02x where 0x%02x and the like were expected", format, base);
}

uint32_t
raw_read_array(struct raw_in *in)
{
    return read_len(in, 0x90, 0x0f, 0xdc, 2);
}

uint32_t
raw_read_map(struct raw_in *in)
{
    return read_len(in, 0x80, 0x0f, 0xde, 2);
}

uint64_t
raw_read_uint(struct raw_in *in)
{
    uint8_t format = *take(in, 1);

    if (format < 0x80)
        return format;
    if (format < 0xcc || format > 0xcf)
        raw_fail("format 0x%02x where a number was expected", format);
    return take_number(in, 1u << (format - 0xcc));
}

bool
raw_read_bool(struct raw_in *in)
{
    uint8_t format = *take(in, 1);

    if (format != 0xc2 && format != 0xc3)
        raw_fail("format 0x%02x where true or false was expected", format);
    return format == 0xc3;
}

bool
raw_read_nil(struct raw_in *in)
{
    if (!in->left || *in->p != 0xc0)
        return false;
    take(in, 1);
    return true;
}

void
raw_read_str(struct raw_in *in, char out[static RAW_TEXT])
{
    uint32_t len = read_len(in, 0xa0, 0x1f, 0xd9, 1);

    if (len >= RAW_TEXT)
        raw_fail("a text of %u bytes", len);
    memcpy(out, take(in, len), len);
    out[len] = 0;
}

const uint8_t *
raw_read_bin(struct raw_in *in, size_t *len)
{
    *len = read_len(in, 0, 0, 0xc4, 1);
    return take(in, *len);
}

void
raw_read_fixed(struct raw_in *in, uint8_t *out, size_t len)
{
    size_t n;
    const uint8_t *p = raw_read_bin(in, &n);

    if (n != len)
        raw_fail("a bin of %zu bytes where %zu were expected", n, len);
    memcpy(out, p, len);
}

/* One level of it; the caller counts what it holds. */
static uint32_t
skip_head(struct raw_in *in)
{
    uint8_t format = *in->p;

    if (format < 0x80 || format >= 0xe0 || (format >= 0xc0 && format <= 0xc3)) {
        take(in, 1);
        return 0;
    }
    if (format < 0x90 || format == 0xde || format == 0xdf)
        return raw_read_map(in) * 2;
    if (format < 0xa0 || format == 0xdc || format == 0xdd)
        return raw_read_array(in);
    if (format < 0xc0 || (format >= 0xd9 && format <= 0xdb))
        take(in, read_len(in, 0xa0, 0x1f, 0xd9, 1));
    else if (format >= 0xc4 && format <= 0xc6)
        take(in, read_len(in, 0, 0, 0xc4, 1));
    else if (format >= 0xcc && format <= 0xcf)
        raw_read_uint(in);
    else if (format >= 0xd0 && format <= 0xd3)
        take(in, 1 + (1u << (format - 0xd0)));
    else
        raw_fail("format 0x%02x", format);
    return 0;
}

void
raw_skip(struct raw_in *in)
{
    for (uint64_t n = 1; n > 0; n--) {
        if (!in->left)
            raw_fail("a message ends too early");
        n += skip_head(in);
    }
}

struct raw_in
raw_field(struct raw_in map, const char *name)
{
    char key[RAW_TEXT];

    for (uint32_t n = raw_read_map(&map); n > 0; n--) {
        raw_read_str(&map, key);
        if (strcmp(key, name) == 0)
            return map;
        raw_skip(&map);
    }
    raw_fail("there is no field \"%s\"", name);
}

uint64_t
raw_field_uint(struct raw_in map, const char *name)
{
    struct raw_in value = raw_field(map, name);

    return raw_read_uint(&value);
}
