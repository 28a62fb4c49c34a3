/*
 * powercut - after a service that ran with faultdisk was killed: take back everything in its data
 * directory that was not synced, newest first, as if the machine had lost its power.
 * Usage: powercut DATA UNDO
 * Prints how much was taken back.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "faultdisk.h"

struct bytes {
    char *p;
    size_t len;
};

struct cut {
    const char *data;
    const char *undo;
    unsigned long writes;
    unsigned long names;
};

static void
die(const char *what)
{
    fprintf(stderr, "powercut: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void
join(char path[static 2 * PATH_MAX], const char *dir, const char *name)
{
    snprintf(path, 2 * PATH_MAX, "%s/%s", dir, name);
}

/* All of a file; empty if it is not there. */
static struct bytes
load(const char *dir, const char *name)
{
    char path[2 * PATH_MAX];
    struct bytes b = {NULL, 0};
    struct stat info;
    FILE *f;

    join(path, dir, name);
    f = fopen(path, "rb");
    if (f == NULL)
        return b;
    if (fstat(fileno(f), &info) != 0 || !(b.p = malloc((size_t)info.st_size + 1)))
        die(path);
    b.len = fread(b.p, 1, (size_t)info.st_size, f);
    fclose(f);
    return b;
}

/* ---- writes ---- */

static void
take_back(int fd, const struct undo_write *u, const char *old)
{
    if (pwrite(fd, old, u->len, (off_t)u->offset) != (ssize_t)u->len ||
        ftruncate(fd, (off_t)u->size) != 0)
        die("writing back");
}

/* Where each whole record begins; a kill may have cut off the last one, whose write then was
 * never made. */
static size_t *
find_records(const struct bytes *b, size_t *n)
{
    size_t *at = malloc((b->len / sizeof(struct undo_write) + 1) * sizeof *at);
    size_t pos = 0;
    struct undo_write u;

    if (!at)
        die("records");
    for (*n = 0; b->len - pos >= sizeof u; pos += sizeof u + u.len) {
        memcpy(&u, b->p + pos, sizeof u);
        if (u.len > b->len - pos - sizeof u)
            break;
        at[(*n)++] = pos;
    }
    return at;
}

static void
take_back_writes(struct cut *c, int fd, const char *file)
{
    struct bytes b = load(c->undo, file);
    size_t n;
    size_t *at = find_records(&b, &n);

    while (n > 0) {
        struct undo_write u;
        const char *record = b.p + at[--n];

        memcpy(&u, record, sizeof u);
        take_back(fd, &u, record + sizeof u);
        c->writes++;
    }
    free(at);
    free(b.p);
}

static void
take_back_all_writes(struct cut *c, const char *dir_path)
{
    DIR *dir = opendir(dir_path);
    struct dirent *e;

    if (!dir)
        die(dir_path);
    while ((e = readdir(dir)) != NULL) {
        char path[2 * PATH_MAX];
        char file[32];
        int fd;

        join(path, dir_path, e->d_name);
        if (e->d_type != DT_REG || (strcmp(dir_path, c->undo) == 0 && !strstr(path, ".kept")))
            continue;
        fd = open(path, O_RDWR | O_CLOEXEC);
        if (fd < 0)
            die(path);
        snprintf(file, sizeof file, "%llu.undo", (unsigned long long)e->d_ino);
        take_back_writes(c, fd, file);
        close(fd);
    }
    closedir(dir);
}

/* ---- names ---- */

static void
bring_back(const struct cut *c, uint64_t inode, const char *name)
{
    char from[2 * PATH_MAX];
    char to[2 * PATH_MAX];
    char file[32];

    if (inode == 0)
        return;
    snprintf(file, sizeof file, "%llu.kept", (unsigned long long)inode);
    join(from, c->undo, file);
    join(to, c->data, name);
    if (link(from, to) != 0 && errno != EEXIST)
        die(to);
}

static void
take_back_name(struct cut *c, const struct undo_name *u)
{
    char name[2 * PATH_MAX];
    char to[2 * PATH_MAX];

    join(name, c->data, u->name);
    join(to, c->data, u->to);
    if (u->what == UNDO_MADE) {
        unlink(name);
    } else if (u->what == UNDO_REMOVED) {
        bring_back(c, u->kept, u->name);
    } else {
        if (rename(to, name) != 0 && errno != ENOENT)
            die(name);
        bring_back(c, u->kept, u->to);
    }
    c->names++;
}

static void
take_back_names(struct cut *c)
{
    struct bytes b = load(c->undo, "names.undo");
    struct undo_name u;

    for (size_t n = b.len / sizeof u; n > 0; n--) {
        memcpy(&u, b.p + (n - 1) * sizeof u, sizeof u);
        take_back_name(c, &u);
    }
    free(b.p);
}

static void
empty_undo(const struct cut *c)
{
    DIR *dir = opendir(c->undo);
    struct dirent *e;

    if (!dir)
        die(c->undo);
    while ((e = readdir(dir)) != NULL)
        if (e->d_type == DT_REG)
            unlinkat(dirfd(dir), e->d_name, 0);
    closedir(dir);
}

int
main(int argc, char **argv)
{
    struct cut c = {0};

    if (argc != 3) {
        fprintf(stderr, "usage: powercut DATA UNDO\n");
        return 2;
    }
    c.data = argv[1];
    c.undo = argv[2];
    take_back_all_writes(&c, c.data);
    take_back_all_writes(&c, c.undo);
    take_back_names(&c);
    empty_undo(&c);
    printf("%lu writes and %lu names taken back\n", c.writes, c.names);
    return 0;
}
