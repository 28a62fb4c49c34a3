#include "model/memory.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

#define GROUPS_FILE "groups"
#define GROUPS_MAX  256
#define LINE_BYTES  512

struct memory {
    char *dir;
    struct kept_group groups[GROUPS_MAX];
    size_t n;
};

static bool
path_of(const struct memory *k, const char *name, const char *ending, char path[static PATH_MAX])
{
    int n;

    if (k->dir == NULL)
        return false;
    n = snprintf(path, PATH_MAX, "%s/%s%s", k->dir, name, ending);
    return n > 0 && n < PATH_MAX;
}

/* "NAME KEY ADDRESS". What is not like that is left out. */
static bool
read_line(struct span line, struct kept_group *out)
{
    char text[LINE_BYTES];
    char surplus;

    if (line.len >= sizeof text)
        return false;
    memcpy(text, line.p, line.len);
    text[line.len] = '\0';
    return sscanf(text, "%64s %40s %255s%c", out->name, out->key, out->address, &surplus) == 3;
}

/* Also before each change: another chat may have written it. */
static void
load(struct memory *k)
{
    char path[PATH_MAX];
    struct buf text;
    struct span rest, line;

    if (!path_of(k, GROUPS_FILE, "", path))
        return;
    buf_init(&text, GROUPS_MAX * LINE_BYTES);
    if (file_read(&text, NULL, path, FILE_ANY, NULL) == ST_OK) {
        k->n = 0;
        rest = buf_span(&text);
        while (k->n < GROUPS_MAX && span_next_line(&line, &rest)) {
            bool whole = line.p + line.len < text.p + text.len; /* its newline is there */

            k->n += whole && read_line(line, &k->groups[k->n]);
        }
    }
    buf_clear(&text);
}

/* A file that was not written is no failure, and it is not synced: the groups are found without
 * it. */
static void
save(const struct memory *k)
{
    const struct file_how how = {.mode = 0600, .may_vanish = true};
    char path[PATH_MAX], line[LINE_BYTES];
    struct buf text;

    if (!path_of(k, GROUPS_FILE, "", path))
        return;
    buf_init(&text, 0);
    for (size_t i = 0; i < k->n; i++) {
        snprintf(line, sizeof line, "%s %s %s\n", k->groups[i].name, k->groups[i].key,
                 k->groups[i].address);
        buf_append(&text, line, strlen(line));
    }
    if (!text.failed)
        (void)file_replace(path, &how, buf_span(&text), NULL);
    buf_clear(&text);
}

/* What cannot be made is not remembered. */
static void
make_directory(struct memory *k, const char *dir, const struct conclave_id *self)
{
    char text[CONCLAVE_UUID_LEN + 1];

    conclave_id_format(self, text);
    if (asprintf(&k->dir, "%s/%s", dir, text) < 0) {
        k->dir = NULL;
        return;
    }
    (void)mkdir(dir, 0700);
    (void)mkdir(k->dir, 0700);
}

struct memory *
memory_open(const char *dir, const struct conclave_id *self)
{
    struct memory *k = calloc(1, sizeof *k);

    if (k == NULL)
        return NULL;
    if (dir != NULL)
        make_directory(k, dir, self);
    load(k);
    return k;
}

void
memory_close(struct memory *k)
{
    if (k == NULL)
        return;
    free(k->dir);
    free(k);
}

size_t
memory_count(const struct memory *k)
{
    return k->n;
}

const struct kept_group *
memory_at(const struct memory *k, size_t i)
{
    return &k->groups[i];
}

static size_t
find(const struct memory *k, const char *name)
{
    size_t i = 0;

    while (i < k->n && strcmp(k->groups[i].name, name) != 0)
        i++;
    return i;
}

void
memory_group(struct memory *k, const char *name, const char *key, const char *address)
{
    struct kept_group g;
    size_t at;

    load(k);
    at = find(k, name);
    if (at == GROUPS_MAX || strlen(name) >= sizeof g.name || strlen(key) >= sizeof g.key ||
        strlen(address) >= sizeof g.address)
        return;
    memset(&g, 0, sizeof g);
    memcpy(g.name, name, strlen(name));
    memcpy(g.key, key, strlen(key));
    memcpy(g.address, address, strlen(address));
    if (at < k->n && memcmp(&g, &k->groups[at], sizeof g) == 0)
        return;
    k->groups[at] = g;
    k->n += at == k->n;
    save(k);
}

void
memory_forget(struct memory *k, const char *name)
{
    char path[PATH_MAX];
    size_t at;

    load(k);
    at = find(k, name);
    if (at == k->n)
        return;
    k->n--;
    memmove(k->groups + at, k->groups + at + 1, (k->n - at) * sizeof k->groups[0]);
    save(k);
    if (path_of(k, name, ".read", path))
        (void)unlink(path);
}

bool
memory_read(const struct memory *k, const char *name, struct conclave_cursor *out)
{
    char path[PATH_MAX];

    return path_of(k, name, ".read", path) &&
           conclave_cursor_load(path, name, out, NULL, 0) == CONCLAVE_OK;
}

void
memory_set_read(const struct memory *k, const char *name, const struct conclave_cursor *read)
{
    struct conclave_cursor before;
    char path[PATH_MAX];

    if (memory_read(k, name, &before) && before.seq > read->seq &&
        memcmp(&before.log, &read->log, sizeof before.log) == 0)
        return;
    if (path_of(k, name, ".read", path))
        (void)conclave_cursor_save(path, name, read, NULL, 0);
}
