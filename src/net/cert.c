#include "net/cert.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define INDENT 4

/* Where items may stand. */
enum section { SECTION_NONE, SECTION_OTHER, SECTION_METADATA, SECTION_CURVE };

struct reader {
    struct zpl_cert *cert;
    enum section section;
    bool has_metadata;
    bool has_curve;
};

/* One line without comment and outer blanks: "name" or "name = value". */
struct line {
    size_t level;
    struct span name;
    struct span value;
    bool has_value;
};

static bool
is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* RFC 4: alphanumeric or one of $ - _ @ . & + / */
static bool
is_name_char(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("$-_@.&+/", c) != NULL);
}

static void
skip(struct span *s, size_t n)
{
    s->p += n;
    s->len -= n;
}

static void
skip_blanks(struct span *s)
{
    while (s->len > 0 && is_blank(s->p[0]))
        skip(s, 1);
}

/* Only blanks and a comment are left. */
static bool
is_over(struct span s)
{
    skip_blanks(&s);
    return s.len == 0 || s.p[0] == '#';
}

/* In quotes a value holds anything but that quote; a bare one ends at a comment. */
static bool
take_value(struct span *s, struct span *value)
{
    const uint8_t *end;

    if (s->len > 0 && (s->p[0] == '"' || s->p[0] == '\'')) {
        end = memchr(s->p + 1, s->p[0], s->len - 1);
        if (end == NULL)
            return false;
        *value = (struct span){s->p + 1, (size_t)(end - s->p) - 1};
        skip(s, value->len + 2);
        return is_over(*s);
    }
    end = s->len > 0 ? memchr(s->p, '#', s->len) : NULL;
    *value = (struct span){s->p, end != NULL ? (size_t)(end - s->p) : s->len};
    while (value->len > 0 && is_blank(value->p[value->len - 1]))
        value->len--;
    return true;
}

static bool
take_line(struct line *out, struct span s)
{
    size_t indent = 0;

    *out = (struct line){0};
    while (indent < s.len && s.p[indent] == ' ')
        indent++;
    skip(&s, indent);
    out->level = indent / INDENT;
    out->name.p = s.p;
    while (s.len > 0 && is_name_char(s.p[0]))
        skip(&s, 1);
    out->name.len = (size_t)(s.p - out->name.p);
    if (indent % INDENT != 0 || out->name.len == 0)
        return false;
    if (is_over(s))
        return true;
    skip_blanks(&s);
    if (s.p[0] != '=')
        return false;
    skip(&s, 1);
    skip_blanks(&s);
    out->has_value = true;
    return take_value(&s, &out->value);
}

static bool
is_named(const struct line *line, const char *name)
{
    return span_equal(line->name, span_of(name));
}

/* False: a known section for the second time, or with a value of its own. */
static bool
enter_section(struct reader *r, const struct line *line)
{
    bool metadata = is_named(line, "metadata");
    bool curve = is_named(line, "curve");

    if ((metadata && r->has_metadata) || (curve && r->has_curve) ||
        ((metadata || curve) && line->has_value))
        return false;
    r->has_metadata |= metadata;
    r->has_curve |= curve;
    r->section = metadata ? SECTION_METADATA : curve ? SECTION_CURVE : SECTION_OTHER;
    return true;
}

/* False: a known item for the second time, without a value, or where other readers of the format
 * would find it and we would not. */
static bool
accept_item(struct reader *r, const struct line *line)
{
    const struct {
        enum section section;
        const char *name;
        bool anywhere; /* a line of that name is refused outside its section */
        struct span *value;
    } known[] = {
        {SECTION_METADATA, "name", false, &r->cert->name},
        {SECTION_CURVE, "public-key", true, &r->cert->public_key},
        {SECTION_CURVE, "secret-key", true, &r->cert->secret_key},
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (!is_named(line, known[i].name))
            continue;
        if (line->level != 1 || r->section != known[i].section) {
            if (known[i].anywhere)
                return false;
            continue;
        }
        if (!line->has_value || known[i].value->p != NULL)
            return false;
        *known[i].value = line->value;
    }
    return true;
}

static bool
read_line(struct reader *r, struct span s)
{
    struct line line;

    if (is_over(s))
        return true;
    if (memchr(s.p, '\0', s.len) != NULL || !take_line(&line, s))
        return false;
    if (line.level == 0)
        return enter_section(r, &line) && accept_item(r, &line);
    return r->section != SECTION_NONE && accept_item(r, &line);
}

enum status
zpl_parse(struct zpl_cert *out, struct span text, struct fault *why)
{
    struct reader r = {.cert = out};

    *out = (struct zpl_cert){0};
    for (unsigned number = 1; text.len > 0; number++) {
        const uint8_t *end = memchr(text.p, '\n', text.len);
        struct span s = {text.p, end != NULL ? (size_t)(end - text.p) : text.len};

        if (!read_line(&r, s))
            return fault_set(why, ST_INVALID, "line %u is not part of a certificate", number);
        skip(&text, end != NULL ? s.len + 1 : s.len);
    }
    return ST_OK;
}

static void
put(struct buf *out, const char *text)
{
    buf_append(out, text, strlen(text));
}

static void
put_item(struct buf *out, const char *name, struct span value)
{
    put(out, "    ");
    put(out, name);
    put(out, " = \"");
    buf_append(out, value.p, value.len);
    put(out, "\"\n");
}

void
zpl_format(struct buf *out, const struct zpl_cert *cert)
{
    put(out,
        cert->secret_key.p == NULL
            ? "#   CURVE public certificate. Give it to those who should recognise you,\n"
              "#   in a way that lets nobody exchange it.\n\n"
            : "#   CURVE SECRET certificate. Whoever has this file is you: show it to nobody,\n"
              "#   and leave its mode as it is.\n\n");
    put(out, "metadata\n");
    if (cert->name.len > 0)
        put_item(out, "name", cert->name);
    put(out, "curve\n");
    put_item(out, "public-key", cert->public_key);
    if (cert->secret_key.p != NULL)
        put_item(out, "secret-key", cert->secret_key);
}
