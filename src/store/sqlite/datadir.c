#include "sqlite/datadir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

#define LOCK_NAME "lock"

static enum status
refuse(const struct datadir *d, const char *name, int err, const char *doing, struct fault *why)
{
    enum status st = ST_SYSTEM;

    if (err == EACCES || err == EPERM || err == ELOOP)
        st = ST_DENIED;
    else if (err == ENOENT)
        st = ST_NOT_FOUND;
    else if (err == ENOSPC || err == EDQUOT)
        st = ST_FULL;
    return fault_set(why, st, "cannot %s %s%s%s: %s", doing, d->path, name[0] ? "/" : "", name,
                     strerror(err));
}

/* A directory that was made can vanish in a power cut until its parent is synced. A parent that we
 * may not read is the business of whoever made the directory. */
static enum status
sync_above(const struct datadir *d, int dir, bool made, struct fault *why)
{
    int fd = openat(dir, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum status st = ST_OK;

    if (fd < 0 && errno == EACCES && !made)
        return ST_OK;
    if (fd < 0 || fsync(fd) != 0)
        st = refuse(d, "..", errno, "sync", why);
    if (fd >= 0)
        close(fd);
    return st;
}

/* Whoever made the directory may have been killed before this; one that has a lock in it came
 * further. */
static enum status
sync_parent(const struct datadir *d, bool made, struct fault *why)
{
    bool locked = faccessat(d->fd, LOCK_NAME, F_OK, AT_SYMLINK_NOFOLLOW) == 0;

    return locked ? ST_OK : sync_above(d, d->fd, made, why);
}

static enum status
open_directory(struct datadir *d, struct fault *why)
{
    struct stat info;

    d->fd = open(d->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (d->fd < 0 || fstat(d->fd, &info) != 0)
        return refuse(d, "", errno, "open", why);
    if (info.st_uid != geteuid())
        return fault_set(why, ST_DENIED, "%s belongs to another user", d->path);
    if ((info.st_mode & 022) != 0)
        return fault_set(why, ST_DENIED, "others can write to %s; make it private (chmod 700)",
                         d->path);
    return ST_OK;
}

static enum status
make_one(const struct datadir *d, bool *made, struct fault *why)
{
    *made = mkdir(d->path, 0700) == 0;
    return *made || errno == EEXIST ? ST_OK : refuse(d, "", errno, "make", why);
}

/* The directory that path is cut to; also when it is there, it may have been made by one who was
 * killed before it was synced. */
static enum status
make_parent(const struct datadir *d, struct fault *why)
{
    bool made = false;
    enum status st = make_one(d, &made, why);
    int fd;

    if (st != ST_OK)
        return st;
    fd = open(d->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    st = fd >= 0 ? sync_above(d, fd, made, why) : refuse(d, "", errno, "open", why);
    if (fd >= 0)
        close(fd);
    return st;
}

static enum status
make_parents(const struct datadir *d, struct fault *why)
{
    char *slash = d->path + strspn(d->path, "/");
    enum status st = ST_OK;

    for (; st == ST_OK && (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        st = make_parent(d, why);
        *slash = '/';
    }
    return st;
}

static enum status
make_directory(const struct datadir *d, bool *made, struct fault *why)
{
    struct stat info;
    enum status st = ST_OK;

    if (stat(d->path, &info) == 0 || errno != ENOENT)
        return ST_OK;
    st = make_parents(d, why);
    return st == ST_OK ? make_one(d, made, why) : st;
}

static bool
is_read_only(int err)
{
    return err == EROFS || err == EACCES;
}

/* Where nothing can be written, a lock that is there will do for a tool, and none too: nobody else
 * can begin to write there either. */
static enum status
take_lock(struct datadir *d, bool for_tool, struct fault *why)
{
    enum status st = file_lock(&d->lock_fd, d->fd, LOCK_NAME, 0);

    if (st == ST_SYSTEM && for_tool && is_read_only(errno)) {
        d->lock_fd = openat(d->fd, LOCK_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        if (d->lock_fd < 0 && errno == ENOENT)
            return ST_OK;
        if (d->lock_fd >= 0)
            st = file_lock_open(d->lock_fd, 0);
    }
    if (st == ST_BUSY)
        return fault_set(why, ST_BUSY, "%s is in use by another process", d->path);
    return st == ST_OK ? ST_OK : refuse(d, LOCK_NAME, errno, "open", why);
}

static enum status
start(struct datadir *d, const char *path, struct fault *why)
{
    *d = (struct datadir){.path = strdup(path), .fd = -1, .lock_fd = -1};
    return d->path != NULL ? ST_OK : fault_set(why, ST_NOMEM, "out of memory");
}

enum status
datadir_open(struct datadir *d, const char *path, struct fault *why)
{
    bool made = false;
    enum status st = start(d, path, why);

    if (st == ST_OK)
        st = make_directory(d, &made, why);
    if (st == ST_OK)
        st = open_directory(d, why);
    if (st == ST_OK)
        st = sync_parent(d, made, why);
    if (st == ST_OK)
        st = take_lock(d, false, why);
    if (st != ST_OK)
        datadir_close(d);
    return st;
}

enum status
datadir_visit(struct datadir *d, const char *path, bool lock, struct fault *why)
{
    enum status st = start(d, path, why);

    if (st == ST_OK)
        st = open_directory(d, why);
    if (st == ST_OK && lock)
        st = take_lock(d, true, why);
    if (st != ST_OK)
        datadir_close(d);
    return st;
}

void
datadir_close(struct datadir *d)
{
    if (d->path == NULL)
        return;
    if (d->lock_fd >= 0)
        close(d->lock_fd);
    if (d->fd >= 0)
        close(d->fd);
    free(d->path);
    *d = (struct datadir){.path = NULL, .fd = -1, .lock_fd = -1};
}

char *
datadir_file(const struct datadir *d, const char *name)
{
    char *path = NULL;

    return asprintf(&path, "%s/%s", d->path, name) < 0 ? NULL : path;
}

bool
datadir_is_writable(const struct datadir *d)
{
    return faccessat(d->fd, ".", W_OK, AT_EACCESS) == 0 || !is_read_only(errno);
}

enum status
datadir_look(const struct datadir *d, const char *name, bool *there, struct fault *why)
{
    struct stat info;

    *there = false;
    if (fstatat(d->fd, name, &info, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? ST_OK : refuse(d, name, errno, "look at", why);
    *there = true;
    if (!S_ISREG(info.st_mode))
        return fault_set(why, ST_DENIED, "%s/%s is not a regular file", d->path, name);
    if (info.st_uid != geteuid())
        return fault_set(why, ST_DENIED, "%s/%s belongs to another user", d->path, name);
    if ((info.st_mode & 077) != 0)
        return fault_set(why, ST_DENIED, "others can read or write %s/%s (chmod 600)", d->path,
                         name);
    return ST_OK;
}

enum status
datadir_create(const struct datadir *d, const char *name, struct fault *why)
{
    int fd;

    if (unlinkat(d->fd, name, 0) != 0 && errno != ENOENT)
        return refuse(d, name, errno, "replace", why);
    fd = openat(d->fd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return refuse(d, name, errno, "make", why);
    close(fd);
    return ST_OK;
}

enum status
datadir_sync(const struct datadir *d, const char *name, struct fault *why)
{
    int fd = openat(d->fd, name[0] ? name : ".", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    enum status st = ST_OK;

    if (fd < 0 && errno == ENOENT)
        return ST_OK;
    if (fd < 0 || fsync(fd) != 0)
        st = refuse(d, name, errno, "sync", why);
    if (fd >= 0)
        close(fd);
    return st;
}

enum status
datadir_rename(const struct datadir *d, const char *from, const char *to, struct fault *why)
{
    if (renameat(d->fd, from, d->fd, to) != 0)
        return refuse(d, to, errno, "make", why);
    if (fsync(d->fd) != 0)
        return refuse(d, "", errno, "sync", why);
    return ST_OK;
}
