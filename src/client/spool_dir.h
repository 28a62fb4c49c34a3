/*
 * spool_dir - the directory, shared by spool.c, which opens it, and spool_queue.c.
 */
#ifndef SPOOL_DIR_H
#define SPOOL_DIR_H

#include "spool.h"

#define SPOOL_SUFFIX ".posts"
#define SPOOL_NEW    ".posts.new"

struct spool {
    char *path;
    int fd;
    int lock;
    uint8_t self[KEY_LEN];
    uint8_t server[KEY_LEN];
};

#endif
