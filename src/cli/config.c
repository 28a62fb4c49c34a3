#include "cli/config.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/paths.h"
#include "base/text.h"
#include "base/zpl.h"
#include "cli/settings.h"

#define PROBLEM_MAX 256
#define SHOWN_MAX   64 /* of a name that is wrong */
#define CHANGES_MAX 8

struct config_reading {
    struct config *out;
    const char *path;
    config_tell *tell;
    void *ctx;
    unsigned line;
    bool wrong;
    bool no_memory;
    struct opt rows[OPTIONS_MAX];
    size_t n_rows;
};

static void __attribute__((format(printf, 2, 3)))
problem(struct config_reading *r, const char *format, ...)
{
    char text[PROBLEM_MAX];
    char shown[PROBLEM_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    text_escape_fixed(shown, sizeof shown, text);
    r->wrong = true;
    r->tell(r->ctx, r->line, shown);
}

static const struct opt *
find_row(const struct config_reading *r, struct span name)
{
    for (size_t i = 0; i < r->n_rows; i++)
        if (span_equal(name, span_of(r->rows[i].name)))
            return &r->rows[i];
    return NULL;
}

static const struct config_item *
find_item(const struct config *c, const char *name)
{
    for (size_t i = 0; i < c->n; i++)
        if (strcmp(c->items[i].name, name) == 0)
            return &c->items[i];
    return NULL;
}

/* Does a value of that option name a file? A key in Z85 does not; it has 40 characters. */
static bool
is_path(const struct opt *row, const char *value)
{
    if (row->arg == NULL || (strncmp(row->arg, "FILE", 4) != 0 && strcmp(row->arg, "DIR") != 0))
        return false;
    return strchr(row->arg, '|') == NULL || strlen(value) != 40;
}

static void
add(struct config_reading *r, const struct opt *row, const char *value)
{
    struct config *c = r->out;
    struct path path;
    char *kept = NULL;

    if (is_path(row, value)) {
        if (!paths_resolve(&path, r->path, value)) {
            problem(r, "%s: the path is too long, or there is no home directory", row->name);
            return;
        }
        value = path.text;
    }
    if (c->n < CONFIG_ITEMS_MAX)
        kept = strdup(value);
    if (kept == NULL) {
        r->no_memory = true;
        return;
    }
    c->items[c->n].name = row->name;
    c->items[c->n].value = kept;
    c->items[c->n].line = r->line;
    c->n++;
}

static bool
is_switch_value(const char *value)
{
    return strcmp(value, "yes") == 0 || strcmp(value, "no") == 0;
}

static void
read_value(struct config_reading *r, const struct opt *row, struct span value)
{
    char text[PATH_MAX];
    char why[PROBLEM_MAX];

    if (value.len >= sizeof text || !text_is_line(value, sizeof text)) {
        problem(r, "%s: the value is too long, or is not plain text", row->name);
        return;
    }
    memcpy(text, value.p, value.len);
    text[value.len] = '\0';
    if (row->arg == NULL && !is_switch_value(text))
        problem(r, "%s: yes or no is needed", row->name);
    else if (row->arg != NULL && !opts_fits(row, text, why, sizeof why))
        problem(r, "%s", why + strlen("--"));
    else
        add(r, row, text);
}

static void
read_line(struct config_reading *r, struct span text)
{
    struct zpline line;
    const struct opt *row;
    const struct config_item *before;

    switch (zpline_read(&line, text)) {
    case ZPLINE_BLANK:
        return;
    case ZPLINE_EMPTY: /* a value that was forgotten, not one that is meant to be empty */
    case ZPLINE_WRONG:
        problem(r, "this is not NAME = VALUE");
        return;
    case ZPLINE_ITEM:
        break;
    }
    row = find_row(r, line.name);
    before = row != NULL ? find_item(r->out, row->name) : NULL;
    if (line.level > 0 || !line.has_value)
        problem(r, "there are no sections here: NAME = VALUE at the beginning of the line");
    else if (row == NULL)
        problem(r, "there is no setting %.*s",
                line.name.len < SHOWN_MAX ? (int)line.name.len : SHOWN_MAX,
                (const char *)line.name.p);
    else if (before != NULL)
        problem(r, "%s is set in line %u already", row->name, before->line);
    else
        read_value(r, row, line.value);
}

enum status
config_parse(struct config *out, struct span text, const char *path, config_tell *tell, void *ctx)
{
    struct config_reading r = {.out = out, .path = path, .tell = tell, .ctx = ctx};
    struct span line;

    *out = (struct config){0};
    r.n_rows = settings_configured(r.rows, NULL);
    if (text.len > CONFIG_BYTES_MAX) {
        problem(&r, "the file is too large");
        return ST_INVALID;
    }
    while (!r.no_memory && span_next_line(&line, &text)) {
        r.line++;
        read_line(&r, line);
    }
    return r.no_memory ? ST_NOMEM : r.wrong ? ST_INVALID : ST_OK;
}

void
config_clear(struct config *c)
{
    for (size_t i = 0; i < c->n; i++)
        free(c->items[i].value);
    c->n = 0;
}

const char *
config_value(const void *ctx, const char *name)
{
    const struct config_item *item = find_item(ctx, name);

    return item != NULL ? item->value : NULL;
}

/* ---- the file ---- */

bool
config_is_nothing(const char *path)
{
    return strcmp(path, "/dev/null") == 0;
}

enum status
config_load(struct config *out, const char *path, config_tell *tell, void *ctx, struct fault *why)
{
    struct buf text;
    enum status st;

    *out = (struct config){0};
    if (config_is_nothing(path))
        return ST_OK;
    buf_init(&text, CONFIG_BYTES_MAX);
    /* Whoever can change it says which server is to be trusted. */
    st = file_read(&text, NULL, path, FILE_TRUSTED, why);
    if (st == ST_OK)
        st = config_parse(out, buf_span(&text), path, tell, ctx);
    buf_clear(&text);
    return st;
}

/* ---- changes ---- */

static void
put(struct buf *out, const char *text)
{
    buf_append(out, text, strlen(text));
}

static void
put_item(struct buf *out, const struct config_change *change)
{
    put(out, change->name);
    put(out, " = \"");
    put(out, change->value);
    put(out, "\"\n");
}

static size_t
find_change(const struct config_change *changes, size_t n, struct span line)
{
    struct zpline item;

    for (size_t i = 0; zpline_read(&item, line) == ZPLINE_ITEM && i < n; i++)
        if (item.level == 0 && span_equal(item.name, span_of(changes[i].name)))
            return i;
    return n;
}

void
config_edit(struct buf *out, struct span text, const struct config_change *changes, size_t n)
{
    bool done[CHANGES_MAX] = {false};
    struct span line;

    if (text.len == 0)
        put(out, "#   Settings of conclave; conclave.conf(5) tells which there are.\n"
                 "#   'conclave config check' says what is wrong with this file.\n\n");
    while (span_next_line(&line, &text)) {
        size_t i = find_change(changes, n < CHANGES_MAX ? n : CHANGES_MAX, line);

        if (i == n) {
            buf_append(out, line.p, line.len);
            put(out, "\n");
        } else if (!done[i]) {
            put_item(out, &changes[i]);
            done[i] = true;
        }
    }
    for (size_t i = 0; i < n && i < CHANGES_MAX; i++)
        if (!done[i])
            put_item(out, &changes[i]);
}

enum status
config_save(const char *path, const struct config_change *changes, size_t n, struct fault *why)
{
    const struct file_how how = {.mode = 0600, .links = true};
    struct buf before;
    struct buf text;
    enum status st;

    if (n == 0)
        return ST_OK;
    buf_init(&before, CONFIG_BYTES_MAX);
    buf_init(&text, CONFIG_BYTES_MAX);
    st = file_read(&before, NULL, path, FILE_TRUSTED, why);
    if (st == ST_NOT_FOUND)
        st = paths_make_for(path, why);
    if (st == ST_OK) {
        config_edit(&text, buf_span(&before), changes, n);
        st = text.failed ? fault_set(why, ST_FULL, "%s would become too large", path)
                         : file_replace(path, &how, buf_span(&text), why);
    }
    buf_clear(&before);
    buf_clear(&text);
    return st;
}
