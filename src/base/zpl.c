#include "base/zpl.h"

#include <stdint.h>
#include <string.h>

#define INDENT 4

static struct span
after(struct span s, size_t n)
{
    return (struct span){s.p + n, s.len - n};
}

static bool
is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct span
skip_blanks(struct span s)
{
    while (s.len > 0 && is_blank(s.p[0]))
        s = after(s, 1);
    return s;
}

/* Only blanks and a comment are left. */
static bool
is_over(struct span s)
{
    s = skip_blanks(s);
    return s.len == 0 || s.p[0] == '#';
}

/* Alphanumeric, or one of $ - _ @ . & + / */
static bool
is_name_char(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("$-_@.&+/", c) != NULL);
}

/* In quotes a value holds anything but that quote; a bare one ends at a comment. */
static enum zpline_kind
read_value(struct span *value, struct span s)
{
    const uint8_t *end;

    s = skip_blanks(s);
    if (s.len > 0 && (s.p[0] == '"' || s.p[0] == '\'')) {
        end = memchr(s.p + 1, s.p[0], s.len - 1);
        if (end == NULL)
            return ZPLINE_WRONG;
        *value = (struct span){s.p + 1, (size_t)(end - s.p) - 1};
        return is_over(after(s, value->len + 2)) ? ZPLINE_ITEM : ZPLINE_WRONG;
    }
    end = s.len > 0 ? memchr(s.p, '#', s.len) : NULL;
    *value = (struct span){s.p, end != NULL ? (size_t)(end - s.p) : s.len};
    while (value->len > 0 && is_blank(value->p[value->len - 1]))
        value->len--;
    return value->len > 0 ? ZPLINE_ITEM : ZPLINE_EMPTY;
}

enum zpline_kind
zpline_read(struct zpline *out, struct span line)
{
    size_t indent = 0;

    *out = (struct zpline){0};
    if (is_over(line))
        return ZPLINE_BLANK;
    while (line.p[indent] == ' ')
        indent++;
    line = after(line, indent);
    while (out->name.len < line.len && is_name_char(line.p[out->name.len]))
        out->name.len++;
    out->name.p = line.p;
    out->level = indent / INDENT;
    if (indent % INDENT != 0 || out->name.len == 0)
        return ZPLINE_WRONG;
    line = skip_blanks(after(line, out->name.len));
    if (is_over(line))
        return ZPLINE_ITEM;
    if (line.p[0] != '=')
        return ZPLINE_WRONG;
    out->has_value = true;
    return read_value(&out->value, after(line, 1));
}
