#include "disk/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "disk/spool_dir.h"

#define WHO_LEN        8 /* bytes of the hash that are in the name of a slot */
#define SLOT_NAME_SIZE (2 * WHO_LEN + 12)

static enum status
failed(const char *path, struct fault *why)
{
    return fault_set(why, ST_SYSTEM, "%s: %s", path, strerror(errno));
}

/* ---- the directory ---- */

static enum status
open_root(struct spool *s, const char *path, struct fault *why)
{
    struct stat info;

    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return failed(path, why);
    s->root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (s->root < 0 || fstat(s->root, &info) != 0)
        return failed(path, why);
    if (info.st_uid != geteuid())
        return fault_set(why, ST_DENIED, "%s belongs to another user", path);
    if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return fault_set(why, ST_DENIED, "%s can be changed by others (use chmod 700)", path);
    return ST_OK;
}

bool
spool_sync_names(struct spool *s)
{
    int above = openat(s->root, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    /* What may not be opened was not made by us. */
    if (above >= 0) {
        (void)fsync(above);
        close(above);
    }
    return fsync(s->root) == 0 && fsync(s->fd) == 0;
}

/* ---- slots ---- */

static void
slot_name(char out[static SLOT_NAME_SIZE], const struct spool *s, unsigned slot)
{
    uint8_t who[2 * KEY_LEN];
    uint8_t hash[crypto_generichash_BYTES_MIN];
    char text[2 * WHO_LEN + 1];

    memcpy(who, s->self, KEY_LEN);
    memcpy(who + KEY_LEN, s->server, KEY_LEN);
    crypto_generichash(hash, sizeof hash, who, sizeof who, NULL, 0);
    sodium_bin2hex(text, sizeof text, hash, WHO_LEN);
    snprintf(out, SLOT_NAME_SIZE, "%s.%u", text, slot);
}

static void
leave_slot(struct spool *s)
{
    if (s->lock >= 0)
        close(s->lock);
    if (s->fd >= 0)
        close(s->fd);
    free(s->path);
    s->lock = s->fd = -1;
    s->path = NULL;
}

/* ST_BUSY: somebody holds it. ST_NOT_FOUND: it is not there, and is not to be made. */
static enum status
enter_slot(struct spool *s, const char *root, unsigned slot, bool make, struct fault *why)
{
    char name[SLOT_NAME_SIZE];
    enum status st = ST_OK;

    slot_name(name, s, slot);
    s->slot = slot;
    if (asprintf(&s->path, "%s/%s", root, name) < 0) {
        s->path = NULL;
        return fault_set(why, ST_NOMEM, "out of memory");
    }
    if (make && mkdirat(s->root, name, 0700) != 0 && errno != EEXIST)
        st = failed(s->path, why);
    if (st == ST_OK) {
        s->fd = openat(s->root, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (s->fd < 0)
            st = errno == ENOENT && !make ? ST_NOT_FOUND : failed(s->path, why);
    }
    if (st == ST_OK) {
        st = file_lock(&s->lock, s->fd, "lock", 0);
        if (st == ST_SYSTEM)
            failed(s->path, why);
    }
    if (st != ST_OK)
        leave_slot(s);
    return st;
}

static enum status
find_slot(struct spool *s, const char *root, struct fault *why)
{
    enum status st = ST_BUSY;

    for (unsigned i = 0; i < SPOOL_SLOTS_MAX && st == ST_BUSY; i++)
        st = enter_slot(s, root, i, true, why);
    return st != ST_BUSY
               ? st
               : fault_set(why, st, "%s is in use by %d other programs", root, SPOOL_SLOTS_MAX);
}

static struct spool *
spool_new(const struct spool_options *o)
{
    struct spool *s = calloc(1, sizeof *s);

    if (s == NULL)
        return NULL;
    s->root = s->fd = s->lock = -1;
    memcpy(s->self, o->self, KEY_LEN);
    memcpy(s->server, o->server, KEY_LEN);
    return s;
}

enum status
spool_open(struct spool **out, const struct spool_options *o, struct fault *why)
{
    struct spool *s = spool_new(o);
    enum status st;

    *out = NULL;
    if (s == NULL)
        return fault_set(why, ST_NOMEM, "out of memory");
    st = open_root(s, o->path, why);
    if (st == ST_OK)
        st = find_slot(s, o->path, why);
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
    leave_slot(s);
    if (s->root >= 0)
        close(s->root);
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

/* ---- slots that nobody holds ---- */

struct left {
    struct spool *from;
    spool_left_visit *visit;
    void *ctx;
};

static enum status
visit_left(void *ctx, const char *group, struct fault *why)
{
    const struct left *l = ctx;

    return l->visit(l->ctx, l->from, group, why);
}

enum status
spool_left(struct spool *s, spool_left_visit *visit, void *ctx, struct fault *why)
{
    struct spool other = *s;
    enum status st = ST_OK;
    char root[PATH_MAX];

    snprintf(root, sizeof root, "%.*s", (int)(strrchr(s->path, '/') - s->path), s->path);
    for (unsigned i = 0; i < SPOOL_SLOTS_MAX && st == ST_OK; i++) {
        struct left l = {.from = &other, .visit = visit, .ctx = ctx};

        other.fd = other.lock = -1;
        st = i == s->slot ? ST_BUSY : enter_slot(&other, root, i, false, why);
        if (st == ST_OK) {
            st = spool_groups(&other, visit_left, &l, why);
            leave_slot(&other);
        } else if (st == ST_BUSY) {
            st = ST_OK;
        }
    }
    return st == ST_NOT_FOUND ? ST_OK : st; /* behind the last */
}
