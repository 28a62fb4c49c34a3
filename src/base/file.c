#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"

#define LOCK_STEP_MS 5

static const char *
name_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

/* The directory that path is in. */
static enum status
directory_of(char dir[static PATH_MAX], const char *path, struct fault *why)
{
    size_t len = (size_t)(name_of(path) - path);

    if (len >= PATH_MAX)
        return fault_set(why, ST_INVALID, "the path of the file is too long");
    while (len > 1 && path[len - 1] == '/')
        len--;
    snprintf(dir, PATH_MAX, "%.*s", len > 0 ? (int)len : 1, len > 0 ? path : ".");
    return ST_OK;
}

/* Open the directory that path is in, and give its name. ST_OK with *fd -1: it cannot be opened,
 * and errno says why. */
static enum status
open_place(int *fd, char dir[static PATH_MAX], const char *path, struct fault *why)
{
    enum status st = directory_of(dir, path, why);

    *fd = st == ST_OK ? open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    return st;
}

/* EINVAL, EROFS: a file system that knows no sync of directories, or where nothing is written. */
static bool
sync_directory(int fd)
{
    return fsync(fd) == 0 || errno == EINVAL || errno == EROFS;
}

/* ---- reading ---- */

static enum status
open_failed(const char *path, enum file_rule rule, struct fault *why)
{
    if (rule == FILE_TRUSTED)
        return fault_set(why, errno == ENOENT ? ST_NOT_FOUND : ST_SYSTEM, "cannot open %s: %s",
                         path, strerror(errno));
    if (errno == ENOENT)
        return fault_set(why, ST_NOT_FOUND, "%s does not exist", path);
    if (errno == ELOOP)
        return fault_set(why, ST_DENIED, "%s is a symbolic link", path);
    return fault_set(why, ST_SYSTEM, "cannot read %s: %s", path, strerror(errno));
}

/* One byte more than fits is asked for, to tell a full buffer from a file that is too large. */
static enum status
read_all(struct buf *out, int fd, const char *path, struct fault *why)
{
    uint8_t surplus;

    if (buf_reserve(out, out->max) != ST_OK)
        return fault_set(why, ST_NOMEM, "out of memory");
    for (;;) {
        bool full = out->len == out->max;
        ssize_t n = read(fd, full ? &surplus : out->p + out->len,
                         full ? sizeof surplus : out->max - out->len);

        if (n == 0)
            return ST_OK;
        if (n < 0 && errno != EINTR)
            return fault_set(why, ST_SYSTEM, "cannot read %s: %s", path, strerror(errno));
        if (n > 0 && full)
            return fault_set(why, ST_INVALID, "%s is too large: larger than %zu bytes", path,
                             out->max);
        if (n > 0)
            out->len += (size_t)n;
    }
}

enum status
file_read(struct buf *out, struct stat *info, const char *path, enum file_rule rule,
          struct fault *why)
{
    /* O_NONBLOCK: opening a FIFO must not wait for its writer. */
    int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    int fd = open(path, rule == FILE_TRUSTED ? flags : flags | O_NOFOLLOW);
    struct stat of_fd;
    enum status st;

    if (fd < 0)
        return open_failed(path, rule, why);
    if (fstat(fd, &of_fd) != 0)
        st = fault_set(why, ST_SYSTEM, "cannot read %s: %s", path, strerror(errno));
    else if (!S_ISREG(of_fd.st_mode))
        st = fault_set(why, ST_DENIED, "%s is not a regular file", path);
    else
        st = file_check(&of_fd, path, rule, why);
    if (st == ST_OK)
        st = read_all(out, fd, path, why);
    if (st == ST_OK && info != NULL)
        *info = of_fd;
    close(fd);
    return st;
}

enum status
file_check(const struct stat *info, const char *path, enum file_rule rule, struct fault *why)
{
    bool ours = info->st_uid == geteuid();
    unsigned mode = (unsigned)info->st_mode & 07777;

    if ((rule == FILE_OURS || rule == FILE_SECRET) && !ours)
        return fault_set(why, ST_DENIED, "%s belongs to another user", path);
    if (rule == FILE_TRUSTED && ((!ours && info->st_uid != 0) || (mode & 022) != 0))
        return fault_set(why, ST_DENIED, "others can change %s; make it yours, with: chmod go-w %s",
                         path, path);
    if (rule == FILE_SECRET && (mode & 077) != 0)
        return fault_set(why, ST_DENIED,
                         "%s holds a secret and is open to others (mode %04o; use chmod 600)", path,
                         mode);
    if (rule == FILE_OURS && (mode & 022) != 0)
        return fault_set(why, ST_DENIED, "%s can be changed by others (use chmod 600)", path);
    if (rule == FILE_PUBLIC && (mode & 02) != 0)
        return fault_set(why, ST_DENIED, "%s can be changed by anybody (mode %04o)", path, mode);
    return ST_OK;
}

enum status
file_settle(const char *path, struct fault *why)
{
    char dir[PATH_MAX];
    int fd;
    enum status st = open_place(&fd, dir, path, why);

    if (fd < 0) /* a draft opens it as well: nobody wrote there like that */
        return st;
    if (!sync_directory(fd))
        st =
            fault_set(why, ST_SYSTEM, "cannot sync the directory of %s: %s", path, strerror(errno));
    close(fd);
    return st;
}

/* ---- directories ---- */

enum status
file_check_directory(int fd, const char *dir, struct fault *why)
{
    struct stat info;

    if (fstat(fd, &info) != 0)
        return fault_set(why, ST_SYSTEM, "%s: %s", dir, strerror(errno));
    if (info.st_uid != geteuid() && info.st_uid != 0)
        return fault_set(why, ST_DENIED, "the directory %s belongs to another user", dir);
    if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return fault_set(why, ST_DENIED,
                         "the directory %s can be changed by others (mode %04o; use chmod go-w)",
                         dir, (unsigned)info.st_mode & 07777);
    return ST_OK;
}

enum status
file_check_place(const char *path, struct fault *why)
{
    char dir[PATH_MAX];
    int fd;
    enum status st = open_place(&fd, dir, path, why);

    if (fd < 0) /* what is wrong with it shows when the file is opened */
        return st;
    st = file_check_directory(fd, dir, why);
    close(fd);
    return st;
}

enum status
file_make_place(const char *path, struct fault *why)
{
    char dir[PATH_MAX];
    enum status st = directory_of(dir, path, why);

    /* More than one missing directory is rather a mistyped path. Whatever else may be wrong with it
     * shows when it is opened. */
    if (st == ST_OK && mkdir(dir, 0700) != 0 && errno == ENOENT)
        st = fault_set(why, ST_SYSTEM,
                       "cannot write %s: the directory in which %.*s would be made does not exist",
                       path, (int)(name_of(path) - path), path);
    return st;
}

/* ---- writing ---- */

static enum status
write_failed(const char *path, struct fault *why)
{
    enum status st = ST_SYSTEM;

    if (errno == EEXIST)
        return fault_set(why, ST_EXISTS, "%s exists", path);
    if (errno == ENOSPC || errno == EDQUOT || errno == EFBIG)
        st = ST_FULL;
    return fault_set(why, st, "cannot write %s: %s", path, strerror(errno));
}

static enum status
check_target(const struct file_draft *d, struct fault *why)
{
    struct stat info;

    if (fstatat(d->dir, name_of(d->path), &info, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? ST_OK : write_failed(d->path, why);
    if (!S_ISREG(info.st_mode) && !(S_ISLNK(info.st_mode) && d->how.links))
        return fault_set(why, ST_DENIED, "%s is there and is not a regular file", d->path);
    if (d->how.fresh)
        return fault_set(why, ST_EXISTS, "%s exists", d->path);
    return ST_OK;
}

/* The other name begins with a dot, so that no reader of the directory takes it for a key. */
static enum status
make_temp(struct file_draft *d, struct fault *why)
{
    char temp[NAME_MAX + 1];
    int n = snprintf(temp, sizeof temp, ".%s.%08x", name_of(d->path), randombytes_random());

    if (n < 0 || (size_t)n >= sizeof temp)
        return fault_set(why, ST_INVALID, "the name of the file is too long");
    d->fd = openat(d->dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (d->fd < 0)
        return write_failed(d->path, why);
    memcpy(d->temp, temp, sizeof d->temp);
    /* The program's umask must not decide who may read a public certificate. */
    return fchmod(d->fd, d->how.mode) == 0 ? ST_OK : write_failed(d->path, why);
}

enum status
file_draft_begin(struct file_draft *d, const char *path, const struct file_how *how,
                 struct fault *why)
{
    char dir[PATH_MAX];
    enum status st;

    *d = (struct file_draft){.fd = -1, .dir = -1, .path = path, .how = *how};
    st = open_place(&d->dir, dir, path, why);
    if (st != ST_OK)
        return st;
    if (d->dir < 0)
        return write_failed(path, why);
    st = check_target(d, why);
    return st == ST_OK ? make_temp(d, why) : st;
}

enum status
file_draft_write(struct file_draft *d, struct span content, struct fault *why)
{
    while (content.len > 0) {
        ssize_t n = write(d->fd, content.p, content.len);

        if (n < 0 && errno != EINTR)
            return write_failed(d->path, why);
        if (n > 0)
            content = (struct span){content.p + n, content.len - (size_t)n};
    }
    d->synced = d->how.may_vanish || fsync(d->fd) == 0;
    return d->synced ? ST_OK : write_failed(d->path, why);
}

enum status
file_draft_place(struct file_draft *d, struct fault *why)
{
    const char *name = name_of(d->path);
    enum status st = check_target(d, why);
    int result;

    if (st != ST_OK)
        return st;
    if (!d->synced && !d->how.may_vanish && fsync(d->fd) != 0)
        return write_failed(d->path, why);
    /* A rename would replace a file that came up since the check; a link does not. */
    result = d->how.fresh ? linkat(d->dir, d->temp, d->dir, name, 0)
                          : renameat(d->dir, d->temp, d->dir, name);
    if (result != 0)
        return write_failed(d->path, why);
    if (!d->how.fresh)
        d->temp[0] = '\0';
    if (!d->how.may_vanish && !sync_directory(d->dir)) {
        st = write_failed(d->path, why);
        if (d->how.fresh)
            unlinkat(d->dir, name, 0);
    }
    return st;
}

void
file_draft_end(struct file_draft *d)
{
    if (d->temp[0] != '\0')
        unlinkat(d->dir, d->temp, 0);
    if (d->fd >= 0)
        close(d->fd);
    if (d->dir >= 0)
        close(d->dir);
}

enum status
file_replace(const char *path, const struct file_how *how, struct span content, struct fault *why)
{
    struct file_draft d;
    enum status st = file_draft_begin(&d, path, how, why);

    if (st == ST_OK)
        st = file_draft_write(&d, content, why);
    if (st == ST_OK)
        st = file_draft_place(&d, why);
    file_draft_end(&d);
    return st;
}

/* ---- locks ---- */

/* flock has no time-out of its own. */
enum status
file_lock_open(int fd, int wait_ms)
{
    int64_t until = clock_mono_ms() + wait_ms;

    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return ST_SYSTEM;
        if (errno == EWOULDBLOCK && clock_mono_ms() >= until)
            return ST_BUSY;
        poll(NULL, 0, LOCK_STEP_MS);
    }
    return ST_OK;
}

enum status
file_lock(int *fd, int dir, const char *name, int wait_ms)
{
    enum status st;
    int err;

    *fd = openat(dir, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (*fd < 0)
        return ST_SYSTEM;
    st = file_lock_open(*fd, wait_ms);
    if (st != ST_OK) {
        err = errno;
        close(*fd);
        *fd = -1;
        errno = err;
    }
    return st;
}
