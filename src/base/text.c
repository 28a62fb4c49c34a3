#include "text.h"

#include "entry.h"

#include <stdio.h>
#include <string.h>

/* One step through text: a character, or one byte that is not UTF-8. */
struct step {
    uint32_t c;
    size_t len;
    bool valid;
};

/* The longest escape is "\u{10FFFF}". */
#define PIECE_MAX 16

/* Unicode 15, table 3-7: only the second byte's range depends on the first. */
static bool
second_byte_fits(uint8_t first, uint8_t second)
{
    switch (first) {
    case 0xe0:
        return second >= 0xa0;
    case 0xed:
        return second <= 0x9f;
    case 0xf0:
        return second >= 0x90;
    case 0xf4:
        return second <= 0x8f;
    default:
        return true;
    }
}

static size_t
sequence_len(uint8_t first)
{
    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first <= 0xdf)
        return 2;
    if (first >= 0xe0 && first <= 0xef)
        return 3;
    return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

static struct step
step_invalid(uint8_t byte)
{
    return (struct step){byte, 1, false};
}

/* text.len is at least 1. */
static struct step
text_step(struct span text)
{
    static const uint8_t first_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint8_t first = text.p[0];
    size_t len = sequence_len(first);
    uint32_t c;

    if (len == 0 || len > text.len)
        return step_invalid(first);
    if (len > 1 && !second_byte_fits(first, text.p[1]))
        return step_invalid(first);
    c = first & first_bits[len];
    for (size_t i = 1; i < len; i++) {
        if ((text.p[i] & 0xc0) != 0x80)
            return step_invalid(first);
        c = c << 6 | (text.p[i] & 0x3f);
    }
    return (struct step){c, len, true};
}

static struct span
span_skip(struct span text, size_t n)
{
    return (struct span){text.p + n, text.len - n};
}

static bool
is_control(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c <= 0x9f);
}

/* What reorders or breaks a line without being a control character: the bidirectional controls
 * of UAX #9, and the line and paragraph separators. */
static bool
is_layout(uint32_t c)
{
    return c == 0x061c || c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069);
}

/* General category Zs. */
static bool
is_space(uint32_t c)
{
    return c == 0x20 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x202f ||
           c == 0x205f || c == 0x3000;
}

bool
text_is_utf8(struct span text)
{
    while (text.len > 0) {
        struct step s = text_step(text);

        if (!s.valid)
            return false;
        text = span_skip(text, s.len);
    }
    return true;
}

bool
text_is_name(struct span text, size_t max)
{
    uint32_t last = 0;

    if (text.len == 0 || !text_is_line(text, max) || is_space(text_step(text).c))
        return false;
    while (text.len > 0) {
        struct step s = text_step(text);

        last = s.c;
        text = span_skip(text, s.len);
    }
    return !is_space(last);
}

bool
text_is_word(struct span text, size_t max)
{
    if (!text_is_name(text, max))
        return false;
    while (text.len > 0) {
        struct step s = text_step(text);

        if (is_space(s.c))
            return false;
        text = span_skip(text, s.len);
    }
    return true;
}

bool
text_is_group_name(struct span text)
{
    return text_is_word(text, NAME_MAX_BYTES) && text.p[0] != '-' && text.p[0] != '.' &&
           memchr(text.p, '/', text.len) == NULL;
}

bool
text_is_line(struct span text, size_t max)
{
    if (text.len > max)
        return false;
    while (text.len > 0) {
        struct step s = text_step(text);

        if (!s.valid || is_control(s.c) || is_layout(s.c))
            return false;
        text = span_skip(text, s.len);
    }
    return true;
}

/* How one step is shown; 0: as it is. */
static size_t
escape_step(char piece[static PIECE_MAX], struct step s)
{
    int n = 0;

    if (s.c == '\n')
        n = snprintf(piece, PIECE_MAX, "\\n");
    else if (s.c == '\t')
        n = snprintf(piece, PIECE_MAX, "\\t");
    else if (!s.valid || s.c < 0x20 || s.c == 0x7f)
        n = snprintf(piece, PIECE_MAX, "\\x%02x", (unsigned)s.c);
    else if (is_control(s.c) || is_layout(s.c))
        n = snprintf(piece, PIECE_MAX, "\\u{%04X}", (unsigned)s.c);
    return n > 0 ? (size_t)n : 0;
}

void
text_escape(struct buf *out, struct span text, bool keep_newlines)
{
    char piece[PIECE_MAX];

    while (text.len > 0) {
        struct step s = text_step(text);
        bool keep = keep_newlines && s.valid && s.c == '\n';
        size_t n = keep ? 0 : escape_step(piece, s);

        if (s.valid && s.c == '\\')
            buf_append(out, "\\\\", 2);
        else if (n > 0)
            buf_append(out, piece, n);
        else
            buf_append(out, text.p, s.len);
        text = span_skip(text, s.len);
    }
}

size_t
text_escape_fixed(char *out, size_t size, const char *text)
{
    struct span rest = span_of(text);
    char piece[PIECE_MAX];
    size_t len = 0;

    while (rest.len > 0) {
        struct step s = text_step(rest);
        size_t n = escape_step(piece, s);
        const void *from = n > 0 ? (const void *)piece : rest.p;

        n = n > 0 ? n : s.len;
        if (n >= size - len)
            break;
        memcpy(out + len, from, n);
        len += n;
        rest = span_skip(rest, s.len);
    }
    out[len] = '\0';
    return len;
}

static uint8_t
ascii_lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

bool
text_equal_nocase(struct span a, struct span b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        if (ascii_lower(a.p[i]) != ascii_lower(b.p[i]))
            return false;
    }
    return true;
}
