#include "base/text.h"

#include "base/entry.h"

#include <stdio.h>
#include <string.h>

/* One step through text: a character, or one byte that is not UTF-8. */
struct text_step {
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

static struct text_step
step_invalid(uint8_t byte)
{
    return (struct text_step){byte, 1, false};
}

/* text.len is at least 1. */
static struct text_step
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
    return (struct text_step){c, len, true};
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
        struct text_step s = text_step(text);

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
        struct text_step s = text_step(text);

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
        struct text_step s = text_step(text);

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
        struct text_step s = text_step(text);

        if (!s.valid || is_control(s.c) || is_layout(s.c))
            return false;
        text = span_skip(text, s.len);
    }
    return true;
}

/* ---- what shows as nothing ---- */

struct range {
    uint32_t first, last;
};

static bool
is_within(uint32_t c, const struct range *ranges, size_t n)
{
    for (size_t i = 0; i < n && c >= ranges[i].first; i++)
        if (c <= ranges[i].last)
            return true;
    return false;
}

#define WITHIN(c, ranges) is_within(c, ranges, sizeof(ranges) / sizeof(ranges[0]))

/* Default_Ignorable_Code_Point of Unicode 15, and the annotation controls. */
static bool
is_invisible(uint32_t c)
{
    static const struct range ranges[] = {
        {0xad, 0xad},       {0x34f, 0x34f},   {0x61c, 0x61c},     {0x115f, 0x1160},
        {0x17b4, 0x17b5},   {0x180b, 0x180f}, {0x200b, 0x200f},   {0x202a, 0x202e},
        {0x2060, 0x206f},   {0x3164, 0x3164}, {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},
        {0xffa0, 0xffa0},   {0xfff0, 0xfffb}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a},
        {0xe0000, 0xe0fff},
    };

    return c >= 0xad && WITHIN(c, ranges);
}

/* What emoji are made of (UTS #51), widely. */
static bool
is_picture(uint32_t c)
{
    static const struct range ranges[] = {
        {0xa9, 0xa9},     {0xae, 0xae},     {0x203c, 0x203c},   {0x2049, 0x2049}, {0x20e3, 0x20e3},
        {0x2122, 0x2122}, {0x2139, 0x2139}, {0x2190, 0x2bff},   {0x3030, 0x3030}, {0x303d, 0x303d},
        {0x3297, 0x3297}, {0x3299, 0x3299}, {0x1f000, 0x1faff},
    };

    return WITHIN(c, ranges);
}

/* Letters whose shape a joiner changes: Arabic and its like, Indic, Myanmar, Khmer, Mongolian. */
static bool
is_joined(uint32_t c)
{
    static const struct range ranges[] = {{0x600, 0xdff}, {0x1000, 0x109f}, {0x1780, 0x18af}};

    return WITHIN(c, ranges) && !is_invisible(c);
}

static bool
is_ideograph(uint32_t c)
{
    static const struct range ranges[] = {{0x3400, 0x9fff}, {0xf900, 0xfaff}, {0x20000, 0x3ffff}};

    return WITHIN(c, ranges);
}

/* 0: past the end, or not UTF-8. */
static uint32_t
peek(struct span text)
{
    struct text_step s = {.valid = false};

    if (text.len > 0)
        s = text_step(text);
    return s.valid ? s.c : 0;
}

/* Does writing need c, which is invisible, between what was shown before it and what follows? */
static bool
is_needed(uint32_t before, uint32_t c, uint32_t behind)
{
    bool digit = (before >= '0' && before <= '9') || before == '#' || before == '*';

    switch (c) {
    case 0x200c:
        return is_joined(before) && is_joined(behind);
    case 0x200d:
        return (is_joined(before) && is_joined(behind)) ||
               (is_picture(before) && is_picture(behind));
    case 0xfe0e:
    case 0xfe0f:
        return is_picture(before) || (digit && behind == 0x20e3);
    default:
        return ((c >= 0xfe00 && c <= 0xfe02) || (c >= 0xe0100 && c <= 0xe01ef)) &&
               is_ideograph(before);
    }
}

/* ---- escaping ---- */

/* Steps through text that is to be shown. */
struct shown {
    struct span rest;
    uint32_t before; /* the character that was shown; 0: none, or an escape */
};

/* rest.len is at least 1. hidden: it cannot be seen, and is of no use. */
static struct text_step
shown_step(struct shown *at, bool *hidden)
{
    struct text_step s = text_step(at->rest);
    bool varied = is_picture(at->before) && (s.c == 0xfe0e || s.c == 0xfe0f);

    at->rest = span_skip(at->rest, s.len);
    *hidden = s.valid && is_invisible(s.c) && !is_needed(at->before, s.c, peek(at->rest));
    /* Behind its selector a picture can be joined to the next; a second selector is of no use. */
    if (varied && peek(at->rest) == 0x200d)
        return s;
    at->before = s.valid && !*hidden ? s.c : 0;
    return s;
}

/* How one step is shown; 0: as it is. */
static size_t
escape_step(char piece[static PIECE_MAX], struct text_step s, bool hidden)
{
    int n = 0;

    if (s.c == '\n')
        n = snprintf(piece, PIECE_MAX, "\\n");
    else if (s.c == '\t')
        n = snprintf(piece, PIECE_MAX, "\\t");
    else if (!s.valid || s.c < 0x20 || s.c == 0x7f)
        n = snprintf(piece, PIECE_MAX, "\\x%02x", (unsigned)s.c);
    else if (is_control(s.c) || is_layout(s.c) || hidden)
        n = snprintf(piece, PIECE_MAX, "\\u{%04X}", (unsigned)s.c);
    return n > 0 ? (size_t)n : 0;
}

void
text_escape(struct buf *out, struct span text, bool keep_newlines)
{
    struct shown at = {.rest = text};
    char piece[PIECE_MAX];
    bool hidden;

    while (at.rest.len > 0) {
        const uint8_t *from = at.rest.p;
        struct text_step s = shown_step(&at, &hidden);
        bool keep = keep_newlines && s.valid && s.c == '\n';
        size_t n = keep ? 0 : escape_step(piece, s, hidden);

        if (s.valid && s.c == '\\')
            buf_append(out, "\\\\", 2);
        else if (n > 0)
            buf_append(out, piece, n);
        else
            buf_append(out, from, s.len);
    }
}

size_t
text_escape_fixed(char *out, size_t size, const char *text)
{
    struct shown at = {.rest = span_of(text)};
    char piece[PIECE_MAX];
    size_t len = 0;
    bool hidden;

    while (at.rest.len > 0) {
        const void *whole = at.rest.p;
        struct text_step s = shown_step(&at, &hidden);
        size_t n = escape_step(piece, s, hidden);
        const void *from = n > 0 ? piece : whole;

        n = n > 0 ? n : s.len;
        if (n >= size - len)
            break;
        memcpy(out + len, from, n);
        len += n;
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
