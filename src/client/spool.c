#include "spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spool_dir.h"
#include "text.h"

static enum status
failed(const char *path, struct fault *why)
{
    return fault_set(why, ST_SYSTEM, "%s: %s", path, strerror(errno));
}

static enum status
open_dir(struct spool *s, struct fault *why)
{
    struct stat info;

    if (mkdir(s->path, 0700) != 0 && errno != EEXIST)
        return failed(s->path, why);
    s->fd = open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (s->fd < 0 || fstat(s->fd, &info) != 0)
        return failed(s->path, why);
    if (info.st_uid != geteuid())
        return fault_set(why, ST_DENIED, "%s belongs to another user", s->path);
    if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return fault_set(why, ST_DENIED, "%s can be changed by others (use chmod 700)", s->path);
    return ST_OK;
}

static enum status
lock_dir(struct spool *s, struct fault *why)
{
    s->lock = openat(s->fd, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (s->lock < 0)
        return failed(s->path, why);
    if (flock(s->lock, LOCK_EX | LOCK_NB) == 0)
        return ST_OK;
    if (errno == EWOULDBLOCK)
        return fault_set(why, ST_BUSY, "%s is in use by another program", s->path);
    return failed(s->path, why);
}

enum status
spool_open(struct spool **out, const struct spool_options *o, struct fault *why)
{
    struct spool *s = calloc(1, sizeof *s);
    enum status st = ST_NOMEM;

    *out = NULL;
    if (s != NULL) {
        s->fd = s->lock = -1;
        memcpy(s->self, o->self, KEY_LEN);
        memcpy(s->server, o->server, KEY_LEN);
        s->path = strdup(o->path);
    }
    if (s == NULL || s->path == NULL)
        fault_set(why, st, "out of memory");
    else
        st = open_dir(s, why);
    if (st == ST_OK)
        st = lock_dir(s, why);
    if (st == ST_OK)
        *out = s;
    else
        spool_close(s);
    return st;
}

void
spool_close(struct spool *s)
{
    if (s == NULL)
        return;
    if (s->lock >= 0)
        close(s->lock);
    if (s->fd >= 0)
        close(s->fd);
    free(s->path);
    free(s);
}

/* ---- which groups ---- */

/* NAME.posts; a half made replacement, .NAME.posts.new, is of no use to anybody. */
static enum status
visit_file(struct spool *s, const char *file, spool_group_visit *visit, void *ctx,
           struct fault *why)
{
    size_t len = strlen(file);
    size_t suffix = strlen(SPOOL_SUFFIX);
    char group[NAME_MAX_BYTES + 1];

    if (file[0] == '.' && len > strlen(SPOOL_NEW) &&
        strcmp(file + len - strlen(SPOOL_NEW), SPOOL_NEW) == 0)
        unlinkat(s->fd, file, 0);
    if (file[0] == '.' || len <= suffix || strcmp(file + len - suffix, SPOOL_SUFFIX) != 0)
        return ST_OK;
    if (!text_is_group_name((struct span){(const uint8_t *)file, len - suffix}))
        return fault_set(why, ST_INVALID, "%s holds a file that is not of a group", s->path);
    snprintf(group, sizeof group, "%.*s", (int)(len - suffix), file);
    return visit(ctx, group, why);
}

enum status
spool_groups(struct spool *s, spool_group_visit *visit, void *ctx, struct fault *why)
{
    enum status st = ST_OK;
    struct dirent **files = NULL;
    int n = scandirat(s->fd, ".", &files, NULL, alphasort);

    if (n < 0)
        return failed(s->path, why);
    for (int i = 0; i < n; i++) {
        if (st == ST_OK)
            st = visit_file(s, files[i]->d_name, visit, ctx, why);
        free(files[i]);
    }
    free(files);
    return st;
}
