#include "net/cert.h"

#include <stdbool.h>
#include <string.h>

#include "base/zpl.h"

/* Where items may stand. */
enum section { SECTION_NONE, SECTION_OTHER, SECTION_METADATA, SECTION_CURVE };

struct reader {
    struct cert_text *cert;
    enum section section;
    bool has_metadata;
    bool has_curve;
};

static bool
is_named(const struct zpline *line, const char *name)
{
    return span_equal(line->name, span_of(name));
}

/* False: a known section for the second time, or with a value of its own. */
static bool
enter_section(struct reader *r, const struct zpline *line)
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
accept_item(struct reader *r, const struct zpline *line)
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
read_line(struct reader *r, struct span text)
{
    struct zpline line;
    enum zpline_kind kind = zpline_read(&line, text);

    if (kind == ZPLINE_BLANK)
        return true;
    if (kind == ZPLINE_WRONG || memchr(text.p, '\0', text.len) != NULL)
        return false;
    if (line.level == 0)
        return enter_section(r, &line) && accept_item(r, &line);
    return r->section != SECTION_NONE && accept_item(r, &line);
}

enum status
cert_parse(struct cert_text *out, struct span text, struct fault *why)
{
    struct reader r = {.cert = out};
    struct span line;

    *out = (struct cert_text){0};
    for (unsigned number = 1; span_next_line(&line, &text); number++)
        if (!read_line(&r, line))
            return fault_set(why, ST_INVALID, "line %u is not part of a certificate", number);
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
cert_format(struct buf *out, const struct cert_text *cert)
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
