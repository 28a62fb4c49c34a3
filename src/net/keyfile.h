/*
 * keyfile - key files as files: what may be read, and writing that leaves no half.
 * Threads: any; no shared state.
 */
#ifndef NET_KEYFILE_H
#define NET_KEYFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/bytes.h"
#include "base/status.h"

#define KEYFILE_MAX 4096 /* bytes of a certificate file */

/* A file that was read. May hold a secret: wipe with keyfile_clear on every path. */
struct keyfile {
    char text[KEYFILE_MAX];
    size_t len;
    struct stat info; /* of the descriptor that was read */
};

/* Reads a regular file, not through a link. ST_NOT_FOUND, ST_DENIED, ST_INVALID (too large),
 * ST_SYSTEM. */
enum status keyfile_read(struct keyfile *out, const char *path, struct fault *why);
void keyfile_clear(struct keyfile *file);

/* ST_DENIED unless the file is ours and closed to group and others. */
enum status keyfile_check_secret(const struct keyfile *file, const char *path, struct fault *why);
/* ST_DENIED when anybody on the machine could have changed the file. */
enum status keyfile_check_public(const struct keyfile *file, const char *path, struct fault *why);

/* ST_DENIED when others could put files into this directory, or take them away: it belongs to
 * another user who is not root, or group or others may write to it. */
enum status keyfile_check_directory(int fd, const char *dir, struct fault *why);
/* The same of the directory that path is in, where there is one. */
enum status keyfile_check_place(const char *path, struct fault *why);

/* One file to be written. */
struct keyfile_draft {
    const char *path;
    mode_t mode;
    struct span content;
};

/* Write all drafts, which are in one directory, completely to disk under other names, then put
 * them into place one after the other. On failure none of them is there (with force: what was
 * there before stays, unless the last steps fail half way). A missing
 * directory is made with mode 0700, if the one above it is there. ST_EXISTS unless force; nothing
 * but a regular file is ever replaced. */
enum status keyfile_write(const struct keyfile_draft *drafts, size_t count, bool force,
                          struct fault *why);

/* What path names now, it names after a power cut too, also when who put it there with
 * keyfile_write was killed before that was on disk: for readers that act on it. ST_SYSTEM. */
enum status keyfile_settle(const char *path, struct fault *why);

#endif
