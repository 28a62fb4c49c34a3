#include "synced.h"

#include <errno.h>
#include <sys/stat.h>

static struct {
    ino_t last;
    unsigned count;
    unsigned failing;
} synced;

int __real_fsync(int fd);
int __wrap_fsync(int fd);

int
__wrap_fsync(int fd)
{
    struct stat info;

    if (fstat(fd, &info) != 0)
        return -1;
    synced.last = info.st_ino;
    if (++synced.count != synced.failing)
        return __real_fsync(fd);
    errno = EIO;
    return -1;
}

void
synced_reset(unsigned failing)
{
    synced.last = 0;
    synced.count = 0;
    synced.failing = failing;
}

unsigned
synced_count(void)
{
    return synced.count;
}

bool
synced_last(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && info.st_ino == synced.last;
}
