/*
 * datadir - the directory that holds one store: private to its owner, one process at a time.
 * Threads: one.
 */
#ifndef SQLITE_DATADIR_H
#define SQLITE_DATADIR_H

#include <stdbool.h>

#include "base/status.h"

struct datadir {
    char *path;
    int fd;
    int lock_fd; /* holds an exclusive flock on PATH/lock for as long as it is open */
};

/* Make path and its parents (0700) where they are not there, durably, and lock it. ST_BUSY:
 * another process has it. ST_DENIED: it belongs to another user, others can write to it, or we
 * may not. ST_NOT_FOUND, ST_SYSTEM, ST_NOMEM. On failure *d is closed. */
enum status datadir_open(struct datadir *d, const char *path, struct fault *why);
/* Open what is there, for a tool; without lock beside the process that has it. As above, and
 * ST_NOT_FOUND. */
enum status datadir_visit(struct datadir *d, const char *path, bool lock, struct fault *why);
void datadir_close(struct datadir *d);

/* PATH/name, the caller's to free; NULL: out of memory. */
char *datadir_file(const struct datadir *d, const char *name);

/* Can names be made in it? */
bool datadir_is_writable(const struct datadir *d);
/* Is name there? ST_DENIED: as something else than a regular file of ours that others can
 * neither read nor write. */
enum status datadir_look(const struct datadir *d, const char *name, bool *there, struct fault *why);
/* Make name, empty and 0600, in place of a left-over one. */
enum status datadir_create(const struct datadir *d, const char *name, struct fault *why);
/* Bring name, if it is there, or with "" the directory itself, to the disk. Whoever wrote it may
 * have been killed before its sync; until then it can vanish in a power cut, so nothing may be
 * answered from it. Not for a database that this process has open: closing it gives up SQLite's
 * locks. */
enum status datadir_sync(const struct datadir *d, const char *name, struct fault *why);
/* Rename, durably. */
enum status datadir_rename(const struct datadir *d, const char *from, const char *to,
                           struct fault *why);

#endif
