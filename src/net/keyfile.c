#include "net/keyfile.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DRAFTS_MAX 2

/* ---- reading ---- */

static enum status
open_failed(const char *path, struct fault *why)
{
    if (errno == ENOENT)
        return fault_set(why, ST_NOT_FOUND, "%s does not exist", path);
    if (errno == ELOOP)
        return fault_set(why, ST_DENIED, "%s is a symbolic link", path);
    return fault_set(why, ST_SYSTEM, "%s: %s", path, strerror(errno));
}

/* One byte more than fits is asked for, to tell a full buffer from a file that is too large. */
static enum status
read_all(struct keyfile *out, int fd, const char *path, struct fault *why)
{
    char surplus;

    for (;;) {
        bool full = out->len == sizeof out->text;
        ssize_t n = read(fd, full ? &surplus : out->text + out->len,
                         full ? sizeof surplus : sizeof out->text - out->len);

        if (n == 0)
            return ST_OK;
        if (n < 0 && errno != EINTR)
            return fault_set(why, ST_SYSTEM, "%s: %s", path, strerror(errno));
        if (n > 0 && full)
            return fault_set(why, ST_INVALID, "%s is larger than %d bytes", path, KEYFILE_MAX);
        if (n > 0)
            out->len += (size_t)n;
    }
}

enum status
keyfile_read(struct keyfile *out, const char *path, struct fault *why)
{
    /* O_NONBLOCK: opening a FIFO must not wait for its writer. */
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    enum status st;

    out->len = 0;
    if (fd < 0)
        return open_failed(path, why);
    if (fstat(fd, &out->info) != 0)
        st = fault_set(why, ST_SYSTEM, "%s: %s", path, strerror(errno));
    else if (!S_ISREG(out->info.st_mode))
        st = fault_set(why, ST_DENIED, "%s is not a regular file", path);
    else
        st = read_all(out, fd, path, why);
    close(fd);
    return st;
}

void
keyfile_clear(struct keyfile *file)
{
    sodium_memzero(file, sizeof *file);
}

enum status
keyfile_check_secret(const struct keyfile *file, const char *path, struct fault *why)
{
    if (file->info.st_uid != geteuid())
        return fault_set(why, ST_DENIED, "%s belongs to another user", path);
    if ((file->info.st_mode & 077) != 0)
        return fault_set(why, ST_DENIED,
                         "%s holds a secret and is open to others (mode %04o; use chmod 600)", path,
                         (unsigned)file->info.st_mode & 07777);
    return ST_OK;
}

enum status
keyfile_check_public(const struct keyfile *file, const char *path, struct fault *why)
{
    if ((file->info.st_mode & S_IWOTH) != 0)
        return fault_set(why, ST_DENIED, "%s can be changed by anybody (mode %04o)", path,
                         (unsigned)file->info.st_mode & 07777);
    return ST_OK;
}

/* ---- where they are ---- */

static const char *
base_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

enum status
keyfile_check_directory(int fd, const char *dir, struct fault *why)
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
keyfile_check_place(const char *path, struct fault *why)
{
    char dir[PATH_MAX];
    size_t len = (size_t)(base_of(path) - path);
    enum status st;
    int fd;

    if (len >= sizeof dir)
        return fault_set(why, ST_INVALID, "the path of the file is too long");
    memcpy(dir, path, len);
    while (len > 1 && dir[len - 1] == '/')
        len--;
    dir[len] = '\0';
    fd = open(len > 0 ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) /* what is wrong with it shows when the file is opened */
        return ST_OK;
    st = keyfile_check_directory(fd, len > 0 ? dir : ".", why);
    close(fd);
    return st;
}

/* ---- writing ---- */

/* A draft on its way. */
struct work {
    const struct keyfile_draft *draft;
    const char *base; /* the last part of its path */
    char temp[NAME_MAX + 1];
    bool written; /* temp is there */
    bool placed;  /* base is there */
};

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

/* Make path's directory, if only that is missing, and open it. */
static enum status
open_parent(int *out, const char *path, struct fault *why)
{
    char dir[PATH_MAX];
    size_t len = (size_t)(base_of(path) - path);

    if (len >= sizeof dir)
        return fault_set(why, ST_INVALID, "the path of the key file is too long");
    memcpy(dir, path, len);
    dir[len] = '\0';
    /* More than one missing directory is rather a mistyped path. Whatever else may be wrong with it
     * shows when it is opened. */
    if (len > 0 && mkdir(dir, 0700) != 0 && errno == ENOENT)
        return fault_set(why, ST_SYSTEM,
                         "cannot write %s: the directory in which %s would be made does not exist",
                         path, dir);
    *out = open(len > 0 ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return *out >= 0 ? ST_OK : write_failed(path, why);
}

static enum status
check_target(const struct work *w, int dir, bool force, struct fault *why)
{
    struct stat info;

    if (fstatat(dir, w->base, &info, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? ST_OK : write_failed(w->draft->path, why);
    if (!S_ISREG(info.st_mode))
        return fault_set(why, ST_DENIED, "%s is there and is not a regular file", w->draft->path);
    if (!force)
        return fault_set(why, ST_EXISTS, "%s exists", w->draft->path);
    return ST_OK;
}

static bool
write_all(int fd, struct span content)
{
    while (content.len > 0) {
        ssize_t n = write(fd, content.p, content.len);

        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0) {
            content.p += n;
            content.len -= (size_t)n;
        }
    }
    return true;
}

/* The other name begins with a dot, so that no reader of the directory takes it for a key. */
static enum status
write_temp(struct work *w, int dir, struct fault *why)
{
    int n = snprintf(w->temp, sizeof w->temp, ".%s.%08x", w->base, randombytes_random());
    enum status st = ST_OK;
    int fd;

    if (n < 0 || (size_t)n >= sizeof w->temp)
        return fault_set(why, ST_INVALID, "the name of the key file is too long");
    fd = openat(dir, w->temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return write_failed(w->draft->path, why);
    w->written = true;
    /* The program's umask must not decide who may read a public certificate. */
    if (fchmod(fd, w->draft->mode) != 0 || !write_all(fd, w->draft->content) || fsync(fd) != 0)
        st = write_failed(w->draft->path, why);
    close(fd);
    return st;
}

static enum status
place(struct work *w, int dir, bool force, struct fault *why)
{
    /* A rename would replace a file that came up since the check; a link does not. */
    int result =
        force ? renameat(dir, w->temp, dir, w->base) : linkat(dir, w->temp, dir, w->base, 0);

    if (result != 0)
        return write_failed(w->draft->path, why);
    w->placed = true;
    if (force)
        w->written = false;
    return ST_OK;
}

/* Remove the other names, and of a failure without force also what was placed. */
static void
tidy(const struct work *works, size_t count, int dir, bool keep_placed)
{
    for (size_t i = 0; i < count; i++) {
        if (works[i].written)
            unlinkat(dir, works[i].temp, 0);
        if (works[i].placed && !keep_placed)
            unlinkat(dir, works[i].base, 0);
    }
}

enum status
keyfile_write(const struct keyfile_draft *drafts, size_t count, bool force, struct fault *why)
{
    struct work works[DRAFTS_MAX] = {0};
    enum status st;
    int dir = -1;

    assert(count >= 1 && count <= DRAFTS_MAX);
    st = open_parent(&dir, drafts[0].path, why);
    if (st != ST_OK)
        return st;
    for (size_t i = 0; i < count && st == ST_OK; i++) {
        works[i] = (struct work){.draft = &drafts[i], .base = base_of(drafts[i].path)};
        st = check_target(&works[i], dir, force, why);
    }
    for (size_t i = 0; i < count && st == ST_OK; i++)
        st = write_temp(&works[i], dir, why);
    for (size_t i = 0; i < count && st == ST_OK; i++)
        st = place(&works[i], dir, force, why);
    if (st == ST_OK && fsync(dir) != 0)
        st = write_failed(drafts[0].path, why);
    tidy(works, count, dir, st == ST_OK || force);
    close(dir);
    return st;
}

/* ---- what others wrote ---- */

enum status
keyfile_settle(const char *path, struct fault *why)
{
    char dir[PATH_MAX];
    int n = snprintf(dir, sizeof dir, "%.*s", (int)(base_of(path) - path), path);
    enum status st = ST_OK;
    int fd;

    if (n < 0 || (size_t)n >= sizeof dir)
        return fault_set(why, ST_INVALID, "the path %s is too long", path);
    fd = open(n > 0 ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return ST_OK; /* keyfile_write opens it: nobody wrote there like that */
    if (fsync(fd) != 0 && errno != EINVAL && errno != EROFS)
        st =
            fault_set(why, ST_SYSTEM, "cannot sync the directory of %s: %s", path, strerror(errno));
    close(fd);
    return st;
}
