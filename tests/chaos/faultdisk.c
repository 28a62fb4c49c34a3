/*
 * faultdisk - a library to preload (LD_PRELOAD) into a service whose disk is to fail.
 *   FAULTDISK_DIR         the data directory: nothing else is touched
 *   FAULTDISK_FAIL_AFTER  so many fsync and fdatasync succeed, all later ones fail with EIO
 *   FAULTDISK_UNDO        a directory in which the way back to the last synced content is kept,
 *                         for powercut to go (faultdisk.h)
 *   FAULTDISK_LIES        with UNDO: fsync reports success and syncs nothing
 *   FAULTDISK_HOLD        once this file is there, no fsync returns any more; FILE.held then tells
 *                         that one waits
 * Covers what SQLite and the store call: pwrite, write, ftruncate, fsync, fdatasync, unlink,
 * rename, open with O_CREAT. Memory maps (SQLite's -shm, which a start makes anew) are left out.
 */
#include "faultdisk.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

typedef ssize_t pwrite_fn(int, const void *, size_t, off_t);
typedef ssize_t write_fn(int, const void *, size_t);
typedef int truncate_fn(int, off_t);
typedef int sync_fn(int);
typedef int unlink_fn(const char *);
typedef int unlinkat_fn(int, const char *, int);
typedef int rename_fn(const char *, const char *);
typedef int renameat_fn(int, const char *, int, const char *);
typedef int open_fn(const char *, int, ...);
typedef int openat_fn(int, const char *, int, ...);

static struct calls {
    pwrite_fn *pwrite;
    write_fn *write;
    truncate_fn *ftruncate;
    sync_fn *fsync;
    sync_fn *fdatasync;
    unlink_fn *unlink;
    unlinkat_fn *unlinkat;
    rename_fn *rename;
    renameat_fn *renameat;
    open_fn *open;
    openat_fn *openat;
} found;

static char data[PATH_MAX]; /* "": not asked for */
static char undo[PATH_MAX];
static char hold[PATH_MAX];
static long fail_after = -1;
static long synced;
static bool lies;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void
find(void *slot, const char *name)
{
    void *f = dlsym(RTLD_NEXT, name);

    memcpy(slot, &f, sizeof f);
}

/* Others' constructors may run before ours. */
static const struct calls *
real(void)
{
    if (found.openat)
        return &found;
    find(&found.pwrite, "pwrite");
    find(&found.write, "write");
    find(&found.ftruncate, "ftruncate");
    find(&found.fsync, "fsync");
    find(&found.fdatasync, "fdatasync");
    find(&found.unlink, "unlink");
    find(&found.unlinkat, "unlinkat");
    find(&found.rename, "rename");
    find(&found.renameat, "renameat");
    find(&found.open, "open");
    find(&found.openat, "openat");
    return &found;
}

__attribute__((constructor)) static void
begin(void)
{
    const char *dir = getenv("FAULTDISK_DIR");
    const char *way_back = getenv("FAULTDISK_UNDO");
    const char *after = getenv("FAULTDISK_FAIL_AFTER");
    const char *held = getenv("FAULTDISK_HOLD");

    snprintf(data, sizeof data, "%s", dir ? dir : "");
    snprintf(undo, sizeof undo, "%s", dir && way_back ? way_back : "");
    snprintf(hold, sizeof hold, "%s", held ? held : "");
    fail_after = after ? strtol(after, NULL, 10) : -1;
    lies = getenv("FAULTDISK_LIES") != NULL;
}

/* ---- what is ours ---- */

static void
die(const char *what)
{
    perror(what);
    abort();
}

/* Of an open descriptor: 0: none of ours, 'f': a file in the data directory, 'd': itself. */
static char
kind_of(int fd)
{
    char link[PATH_MAX];
    char path[PATH_MAX];
    size_t len = strlen(data);
    ssize_t n;

    if (len == 0)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    n = readlink(link, path, sizeof path - 1);
    if (n < 0)
        return 0;
    path[n] = '\0';
    if (strncmp(path, data, len) != 0)
        return 0;
    return path[len] == '/' ? 'f' : path[len] == '\0' ? 'd' : 0;
}

/* The name in the data directory that a path means; NULL: another place. */
static const char *
name_in_data(int dirfd, const char *path)
{
    size_t len = strlen(data);

    if (len == 0 || undo[0] == '\0')
        return NULL;
    if (strncmp(path, data, len) == 0 && path[len] == '/')
        return path + len + 1;
    return dirfd != AT_FDCWD && path[0] != '/' && kind_of(dirfd) == 'd' ? path : NULL;
}

static uint64_t
inode_of(const char *name)
{
    char path[2 * PATH_MAX];
    struct stat info;

    snprintf(path, sizeof path, "%s/%s", data, name);
    return lstat(path, &info) == 0 ? info.st_ino : 0;
}

/* ---- the way back ---- */

static void
note(const char *file, const void *record, size_t len, const void *more, size_t more_len)
{
    char path[2 * PATH_MAX];
    int fd;

    snprintf(path, sizeof path, "%s/%s.undo", undo, file);
    fd = real()->open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0 || real()->write(fd, record, len) != (ssize_t)len ||
        real()->write(fd, more, more_len) != (ssize_t)more_len)
        die(path);
    close(fd);
}

static void
forget(const char *file)
{
    char path[2 * PATH_MAX];

    snprintf(path, sizeof path, "%s/%s.undo", undo, file);
    real()->unlink(path);
}

/* Before `len` bytes at `offset` change, or with len 0 the length. */
static void
note_write(int fd, off_t offset, size_t len, off_t new_size)
{
    struct stat info;
    struct undo_write u = {.offset = (uint64_t)offset};
    char file[32];
    char *old;
    ssize_t n;

    if (fstat(fd, &info) != 0)
        die("faultdisk: fstat");
    u.size = (uint64_t)info.st_size;
    if (len == 0 && new_size < info.st_size) {
        u.offset = (uint64_t)new_size;
        len = (size_t)(info.st_size - new_size);
    }
    old = malloc(len + 1);
    n = old ? pread(fd, old, len, (off_t)u.offset) : -1;
    /* A descriptor that is open for writing only holds nothing that a start would read. */
    u.len = n > 0 ? (uint64_t)n : 0;
    snprintf(file, sizeof file, "%llu", (unsigned long long)info.st_ino);
    note(file, &u, sizeof u, old ? old : "", u.len);
    free(old);
}

static void
note_name(enum undo_what what, const char *name, const char *to)
{
    struct undo_name u = {.what = what};
    const char *goes = what == UNDO_RENAMED ? to : name;
    char from[2 * PATH_MAX];
    char kept[2 * PATH_MAX];

    if (what != UNDO_MADE)
        u.kept = inode_of(goes);
    if (u.kept != 0) {
        snprintf(from, sizeof from, "%s/%s", data, goes);
        snprintf(kept, sizeof kept, "%s/%llu.kept", undo, (unsigned long long)u.kept);
        if (link(from, kept) != 0 && errno != EEXIST)
            die(kept);
    }
    snprintf(u.name, sizeof u.name, "%s", name);
    snprintf(u.to, sizeof u.to, "%s", to ? to : "");
    note("names", &u, sizeof u, "", 0);
}

static void
note_synced(int fd, char kind)
{
    struct stat info;
    char file[32] = "names";

    if (kind == 'f') {
        if (fstat(fd, &info) != 0)
            die("faultdisk: fstat");
        snprintf(file, sizeof file, "%llu", (unsigned long long)info.st_ino);
    }
    forget(file);
}

/* ---- what is preloaded ---- */

static void
wait_if_held(void)
{
    char path[PATH_MAX + 8];

    if (hold[0] == '\0' || access(hold, F_OK) != 0)
        return;
    snprintf(path, sizeof path, "%s.held", hold);
    if (real()->open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) < 0)
        die(path);
    for (;;)
        pause();
}

static int
sync_or_fail(int fd, sync_fn *sync)
{
    char kind = kind_of(fd);
    int result = 0;

    if (kind == 0)
        return sync(fd);
    wait_if_held();
    pthread_mutex_lock(&lock);
    if (fail_after >= 0 && synced >= fail_after) {
        errno = EIO;
        result = -1;
    } else if (!lies) {
        synced++;
        result = undo[0] != '\0' ? 0 : sync(fd); /* a cut is made here, not by the machine */
        if (result == 0 && undo[0] != '\0')
            note_synced(fd, kind);
    }
    pthread_mutex_unlock(&lock);
    return result;
}

EXPORT int
fsync(int fd)
{
    return sync_or_fail(fd, real()->fsync);
}

EXPORT int
fdatasync(int fd)
{
    return sync_or_fail(fd, real()->fdatasync);
}

EXPORT ssize_t
pwrite(int fd, const void *bytes, size_t len, off_t offset)
{
    ssize_t n;

    if (undo[0] == '\0' || kind_of(fd) != 'f')
        return real()->pwrite(fd, bytes, len, offset);
    pthread_mutex_lock(&lock);
    note_write(fd, offset, len, 0);
    n = real()->pwrite(fd, bytes, len, offset);
    pthread_mutex_unlock(&lock);
    return n;
}

EXPORT ssize_t
pwrite64(int fd, const void *bytes, size_t len, off_t offset)
{
    return pwrite(fd, bytes, len, offset);
}

EXPORT ssize_t
write(int fd, const void *bytes, size_t len)
{
    off_t at;

    if (undo[0] == '\0' || kind_of(fd) != 'f')
        return real()->write(fd, bytes, len);
    at = lseek(fd, 0, SEEK_CUR);
    pthread_mutex_lock(&lock);
    note_write(fd, at < 0 ? 0 : at, len, 0);
    pthread_mutex_unlock(&lock);
    return real()->write(fd, bytes, len);
}

EXPORT int
ftruncate(int fd, off_t size)
{
    int result;

    if (undo[0] == '\0' || kind_of(fd) != 'f')
        return real()->ftruncate(fd, size);
    pthread_mutex_lock(&lock);
    note_write(fd, 0, 0, size);
    result = real()->ftruncate(fd, size);
    pthread_mutex_unlock(&lock);
    return result;
}

EXPORT int
ftruncate64(int fd, off_t size)
{
    return ftruncate(fd, size);
}

EXPORT int
unlinkat(int dirfd, const char *path, int flags)
{
    const char *name = name_in_data(dirfd, path);
    int result;

    if (!name)
        return real()->unlinkat(dirfd, path, flags);
    pthread_mutex_lock(&lock);
    if (inode_of(name) != 0)
        note_name(UNDO_REMOVED, name, NULL);
    result = real()->unlinkat(dirfd, path, flags);
    pthread_mutex_unlock(&lock);
    return result;
}

EXPORT int
unlink(const char *path)
{
    return name_in_data(AT_FDCWD, path) ? unlinkat(AT_FDCWD, path, 0) : real()->unlink(path);
}

EXPORT int
renameat(int from_fd, const char *from, int to_fd, const char *to)
{
    const char *name = name_in_data(from_fd, from);
    const char *new_name = name_in_data(to_fd, to);
    int result;

    if (!name || !new_name)
        return real()->renameat(from_fd, from, to_fd, to);
    pthread_mutex_lock(&lock);
    note_name(UNDO_RENAMED, name, new_name);
    result = real()->renameat(from_fd, from, to_fd, to);
    pthread_mutex_unlock(&lock);
    return result;
}

EXPORT int
rename(const char *from, const char *to)
{
    return name_in_data(AT_FDCWD, from) ? renameat(AT_FDCWD, from, AT_FDCWD, to)
                                        : real()->rename(from, to);
}

EXPORT int
openat(int dirfd, const char *path, int flags, ...)
{
    const char *name = (flags & O_CREAT) ? name_in_data(dirfd, path) : NULL;
    mode_t mode = 0;
    bool fresh;
    int fd;

    if (flags & (O_CREAT | O_TMPFILE)) {
        va_list args;

        va_start(args, flags);
        mode = va_arg(args, mode_t);
        va_end(args);
    }
    if (!name)
        return real()->openat(dirfd, path, flags, mode);
    pthread_mutex_lock(&lock);
    fresh = inode_of(name) == 0;
    fd = real()->openat(dirfd, path, flags, mode);
    if (fd >= 0 && fresh)
        note_name(UNDO_MADE, name, NULL);
    pthread_mutex_unlock(&lock);
    return fd;
}

EXPORT int
open(const char *path, int flags, ...)
{
    mode_t mode = 0;

    if (flags & (O_CREAT | O_TMPFILE)) {
        va_list args;

        va_start(args, flags);
        mode = va_arg(args, mode_t);
        va_end(args);
    }
    return openat(AT_FDCWD, path, flags, mode);
}

EXPORT int
open64(const char *path, int flags, ...)
{
    mode_t mode = 0;

    if (flags & (O_CREAT | O_TMPFILE)) {
        va_list args;

        va_start(args, flags);
        mode = va_arg(args, mode_t);
        va_end(args);
    }
    return openat(AT_FDCWD, path, flags, mode);
}
