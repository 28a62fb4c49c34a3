#include "bytes.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "raw.h"

#define NAME_LEN 64
#define MSGID    7 /* of every request that @method begins */

struct reader {
    const char *p;
    struct bytes *out;
    bool *any; /* NULL: no pattern */
    bool *open;
    bytes_lookup *lookup;
    void *ctx;
};

void
bytes_add(struct bytes *b, const void *from, size_t len)
{
    if (len > sizeof b->p - b->len)
        raw_fail("more than %d bytes", BYTES_MAX);
    if (len)
        memcpy(b->p + b->len, from, len);
    b->len += len;
}

void
bytes_add_byte(struct bytes *b, unsigned byte)
{
    uint8_t one = (uint8_t)byte;

    bytes_add(b, &one, 1);
}

void
bytes_add_number(struct bytes *b, uint64_t value, unsigned n)
{
    while (n-- > 0)
        bytes_add_byte(b, (unsigned)(value >> 8 * n & 0xff));
}

/* ---- tokens ---- */

static int
hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool
read_hex(struct reader *r)
{
    int high = hex_digit(r->p[0]), low = high < 0 ? -1 : hex_digit(r->p[1]);

    if (low < 0)
        return false;
    bytes_add_byte(r->out, (unsigned)(high << 4 | low));
    r->p += 2;
    return true;
}

/* 'text' */
static bool
read_text(struct reader *r)
{
    const char *end = strchr(r->p + 1, '\'');

    if (!end)
        return false;
    bytes_add(r->out, r->p + 1, (size_t)(end - r->p - 1));
    r->p = end + 1;
    return true;
}

/* The word behind a mark. */
static bool
read_word(struct reader *r, char out[static NAME_LEN])
{
    size_t n = 0;

    while (isalnum((unsigned char)r->p[1 + n]) || r->p[1 + n] == '_')
        n++;
    if (n == 0 || n >= NAME_LEN)
        return false;
    memcpy(out, r->p + 1, n);
    out[n] = 0;
    r->p += 1 + n;
    return true;
}

static void
add_str(struct bytes *out, const char *text)
{
    size_t len = strlen(text);

    if (len < 32) {
        bytes_add_byte(out, 0xa0 | (unsigned)len);
    } else {
        bytes_add_byte(out, 0xd9);
        bytes_add_byte(out, (unsigned)len);
    }
    bytes_add(out, text, len);
}

/* $name: what it stands for. :field: a str. @method: the head of a request. */
static bool
read_marked(struct reader *r)
{
    char word[NAME_LEN];
    char mark = *r->p;

    if (!read_word(r, word))
        return false;
    if (mark == '$')
        return r->lookup && r->lookup(r->ctx, word, r->out);
    if (mark == '@') {
        bytes_add_byte(r->out, 0x94);
        bytes_add_byte(r->out, 0);
        bytes_add_byte(r->out, MSGID);
    }
    add_str(r->out, word);
    return true;
}

static bool read_all(struct reader *r, char until);

/* xN(...) */
static bool
read_repeat(struct reader *r)
{
    char *end;
    unsigned long times = strtoul(r->p + 1, &end, 10);
    size_t start = r->out->len, len;

    if (end == r->p + 1 || *end != '(' || times > BYTES_MAX)
        return false;
    r->p = end + 1;
    if (!read_all(r, ')'))
        return false;
    r->p++;
    len = r->out->len - start;
    if (times == 0)
        r->out->len = start;
    for (unsigned long i = 1; i < times; i++) {
        if (r->any && len <= BYTES_MAX - r->out->len)
            memcpy(r->any + r->out->len, r->any + start, len * sizeof *r->any);
        bytes_add(r->out, r->out->p + start, len);
    }
    return true;
}

/* .. any byte, ... whatever follows */
static bool
read_any(struct reader *r)
{
    if (!r->any || r->p[1] != '.')
        return false;
    if (r->p[2] == '.') {
        *r->open = true;
        r->p += 3;
        return true;
    }
    r->any[r->out->len] = true;
    bytes_add_byte(r->out, 0);
    r->p += 2;
    return true;
}

static bool
read_one(struct reader *r)
{
    switch (*r->p) {
    case '\'':
        return read_text(r);
    case '$':
    case ':':
    case '@':
        return read_marked(r);
    case 'x':
        return read_repeat(r);
    case '.':
        return read_any(r);
    default:
        return read_hex(r);
    }
}

/* Up to a character, which is not taken. */
static bool
read_all(struct reader *r, char until)
{
    for (;;) {
        while (*r->p == ' ')
            r->p++;
        if (*r->p == until)
            return true;
        if (!read_one(r))
            return false;
    }
}

bool
bytes_parse(struct bytes *out, const char *text, bytes_lookup *lookup, void *ctx,
            const char **wrong)
{
    struct reader r = {.p = text, .out = out, .lookup = lookup, .ctx = ctx};
    bool ok;

    out->len = 0;
    ok = read_all(&r, 0);
    *wrong = r.p;
    return ok;
}

bool
pattern_parse(struct pattern *out, const char *text, bytes_lookup *lookup, void *ctx,
              const char **wrong)
{
    struct reader r = {.p = text,
                       .out = &out->bytes,
                       .any = out->any,
                       .open = &out->open,
                       .lookup = lookup,
                       .ctx = ctx};
    bool ok;

    memset(out, 0, sizeof *out);
    ok = read_all(&r, 0);
    *wrong = r.p;
    return ok;
}

bool
pattern_matches(const struct pattern *p, const struct bytes *b)
{
    if (b->len < p->bytes.len || (b->len > p->bytes.len && !p->open))
        return false;
    for (size_t i = 0; i < p->bytes.len; i++)
        if (!p->any[i] && p->bytes.p[i] != b->p[i])
            return false;
    return true;
}
