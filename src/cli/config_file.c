/* The configuration as a file: read with care, changed as a whole. */
#include <string.h>

#include "base/file.h"
#include "base/paths.h"
#include "base/zpl.h"
#include "cli/config.h"

#define CHANGES_MAX 8

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
