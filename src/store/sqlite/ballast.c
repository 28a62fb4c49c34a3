#include "sqlite/ballast.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/log.h"

#define NAME "ballast"

/* Bytes that we may still write. Unknown counts as plenty: a write will tell. */
static uint64_t
room(const struct ballast *b)
{
    struct statvfs info;

    if (fstatvfs(b->dir->fd, &info) != 0)
        return UINT64_MAX;
    return (uint64_t)info.f_bavail * info.f_frsize;
}

/* Is it there with all of its blocks? */
static bool
is_whole(const struct ballast *b)
{
    struct stat info;

    return fstatat(b->dir->fd, NAME, &info, AT_SYMLINK_NOFOLLOW) == 0 && info.st_size == b->size &&
           (int64_t)info.st_blocks * 512 >= b->size;
}

static enum status
make(struct ballast *b, struct fault *why)
{
    enum status st = datadir_create(b->dir, NAME, why);
    int fd;
    int err;

    if (st != ST_OK)
        return st;
    fd = openat(b->dir->fd, NAME, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
    err = fd < 0 ? errno : posix_fallocate(fd, 0, (off_t)b->size);
    if (fd >= 0)
        close(fd);
    b->there = err == 0;
    if (err == 0)
        return ST_OK;
    (void)unlinkat(b->dir->fd, NAME, 0);
    return fault_set(why, err == ENOSPC || err == EFBIG || err == EDQUOT ? ST_FULL : ST_SYSTEM,
                     "cannot make %s/" NAME ": %s", b->dir->path, strerror(err));
}

static enum status
make_if_room(struct ballast *b, struct fault *why)
{
    if (room(b) / 2 < (uint64_t)b->size)
        return fault_set(why, ST_FULL, "%s has no room for its ballast of %lld bytes", b->dir->path,
                         (long long)b->size);
    return make(b, why);
}

enum status
ballast_open(struct ballast *b, const struct datadir *dir, int64_t size, struct fault *why)
{
    struct fault reason = {0};
    bool there;
    enum status st = datadir_look(dir, NAME, &there, &reason);

    *b = (struct ballast){.dir = dir, .size = size};
    b->there = st == ST_OK && there && size > 0 && is_whole(b);
    if (st == ST_OK && there && !b->there && unlinkat(dir->fd, NAME, 0) != 0)
        st = fault_set(&reason, ST_SYSTEM, "cannot remove %s/" NAME ": %s", dir->path,
                       strerror(errno));
    if (st == ST_OK && size > 0 && !b->there)
        st = make_if_room(b, &reason);
    if (st == ST_FULL) {
        log_warn("%s", reason.text);
        st = ST_OK;
    }
    if (st != ST_OK && why != NULL)
        *why = reason;
    return st;
}

bool
ballast_give(struct ballast *b)
{
    return room(b) < (uint64_t)b->size && ballast_give_up(b);
}

bool
ballast_give_up(struct ballast *b)
{
    if (!b->there || unlinkat(b->dir->fd, NAME, 0) != 0)
        return false;
    b->there = false;
    log_warn("the disk is full: the ballast of %lld bytes was given back", (long long)b->size);
    return true;
}

void
ballast_refill(struct ballast *b)
{
    if (b->size > 0 && !b->there && make_if_room(b, NULL) == ST_OK)
        log_info("there is room again: the ballast was made");
}

bool
ballast_is_needed(const struct ballast *b)
{
    return b->size > 0 && !b->there && room(b) < (uint64_t)b->size / 2;
}
