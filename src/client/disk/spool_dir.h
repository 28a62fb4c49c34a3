/*
 * spool_dir - one slot of the directory, shared by spool.c, which opens it, and spool_queue.c.
 */
#ifndef DISK_SPOOL_DIR_H
#define DISK_SPOOL_DIR_H

#include <stdbool.h>

#include "disk/spool.h"

#define SPOOL_SUFFIX ".posts"
#define SPOOL_NEW    ".posts.new"

struct spool {
    char *path; /* of the slot */
    int root;   /* the directory with the slots */
    int fd;     /* the slot */
    int lock;
    unsigned slot;
    uint8_t self[KEY_LEN];
    uint8_t server[KEY_LEN];
};

/* Have the name of the slot, and the names in it, on disk. */
bool spool_sync_names(struct spool *s);

#endif
