#include "model/memory.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
read_line(const char *line, struct kept_group *out)
{
    char end;

    return sscanf(line, "%64s %40s %255s%c", out->name, out->key, out->address, &end) == 4 &&
           end == '\n';
}

/* Also before each change: another chat may have written it. */
static void
load(struct memory *k)
{
    char path[PATH_MAX], line[LINE_BYTES];
    FILE *f;

    if (!path_of(k, GROUPS_FILE, "", path))
        return;
    f = fopen(path, "re");
    if (f == NULL)
        return;
    k->n = 0;
    while (k->n < GROUPS_MAX && fgets(line, sizeof line, f) != NULL)
        if (read_line(line, &k->groups[k->n]))
            k->n++;
    fclose(f);
}

/* A file that was not written is no failure: the groups are found without it. */
static void
save(const struct memory *k)
{
    char path[PATH_MAX], next[PATH_MAX], ending[32];
    bool good = true;
    FILE *f;

    snprintf(ending, sizeof ending, ".new.%ld", (long)getpid());
    if (!path_of(k, GROUPS_FILE, "", path) || !path_of(k, GROUPS_FILE, ending, next))
        return;
    f = fopen(next, "we");
    if (f == NULL)
        return;
    for (size_t i = 0; i < k->n; i++)
        good = fprintf(f, "%s %s %s\n", k->groups[i].name, k->groups[i].key, k->groups[i].address) >
                   0 &&
               good;
    good = fclose(f) == 0 && good;
    if (!good || rename(next, path) != 0)
        (void)unlink(next);
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
keep_at(const struct memory *k, size_t i)
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
