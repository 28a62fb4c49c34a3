/*
 * file - small files as wholes: read with care, replaced so that no reader and no power cut finds a
 * half, and locks between programs.
 * What is replaced is written and synced under another name, renamed, and the directory is synced:
 * then it is there after a power cut too, and until then what was there before is.
 * Threads: any; no shared state. Blocking: on the disk, and file_lock for as long as it says.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "base/bytes.h"
#include "base/status.h"

/* ---- reading ---- */

/* Whose a file must be, so that what it says counts. */
enum file_rule {
    FILE_ANY,     /* anybody's */
    FILE_PUBLIC,  /* not everybody may change it */
    FILE_OURS,    /* ours, and nobody else may change it */
    FILE_SECRET,  /* ours, and closed to group and others */
    FILE_TRUSTED, /* ours or root's, and nobody else may change it; may be reached through a link */
};

/* Append all of a regular file to *out, which is empty and has a bound: the most bytes. Memory is
 * taken once, so a secret leaves no copies; wipe it with buf_wipe. info (NULL: not wanted) is of
 * the file that was read. ST_NOT_FOUND, ST_DENIED (a link, no regular file, against the rule),
 * ST_INVALID (too large), ST_NOMEM, ST_SYSTEM. */
enum status file_read(struct buf *out, struct stat *info, const char *path, enum file_rule rule,
                      struct fault *why);
/* ST_DENIED when the file that was read is against the rule. */
enum status file_check(const struct stat *info, const char *path, enum file_rule rule,
                       struct fault *why);
/* What path names now, it names after a power cut too, also when who put it there was killed before
 * that was on disk: for readers that act on it. ST_SYSTEM. */
enum status file_settle(const char *path, struct fault *why);

/* ---- directories ---- */

/* ST_DENIED when others could put files into this directory, or take them away: it belongs to
 * another user who is not root, or group or others may write to it. */
enum status file_check_directory(int fd, const char *dir, struct fault *why);
/* The same of the directory that path is in, where there is one. */
enum status file_check_place(const char *path, struct fault *why);
/* Make the directory that path is in with mode 0700, if only that is missing. */
enum status file_make_place(const char *path, struct fault *why);

/* ---- writing ---- */

struct file_how {
    mode_t mode;
    bool fresh;      /* nothing is replaced: ST_EXISTS */
    bool links;      /* a symbolic link is replaced like a regular file; else only that is */
    bool may_vanish; /* nothing is synced: after a power cut it may be gone, or cut short */
};

/* Replace path, or make it. On failure what was there before is there. ST_EXISTS, ST_DENIED (not a
 * regular file), ST_FULL, ST_INVALID, ST_SYSTEM. */
enum status file_replace(const char *path, const struct file_how *how, struct span content,
                         struct fault *why);

/* The same in steps, for what is written in parts or together with another file. After _begin,
 * also when it failed, comes _end. */
struct file_draft {
    int fd;           /* to write to; -1: there is none */
    const char *path; /* borrowed */
    struct file_how how;
    int dir;
    char temp[NAME_MAX + 1]; /* its name until it is placed; "": it has none */
    bool synced;
};
enum status file_draft_begin(struct file_draft *d, const char *path, const struct file_how *how,
                             struct fault *why);
/* Write and sync. */
enum status file_draft_write(struct file_draft *d, struct span content, struct fault *why);
/* Sync what is not, and put it into place. */
enum status file_draft_place(struct file_draft *d, struct fault *why);
/* What was not placed is gone. */
void file_draft_end(struct file_draft *d);

/* ---- locks ---- */

/* Open the file dir/name (dir: a descriptor, or AT_FDCWD), made with mode 0600 where it is not
 * there, and take an exclusive lock on it, which ends with *fd. Waits at most so long for another
 * process. ST_BUSY: that still has it. ST_SYSTEM: errno says why. *fd is -1 on failure. */
enum status file_lock(int *fd, int dir, const char *name, int wait_ms);
/* The same of a file that is open. */
enum status file_lock_open(int fd, int wait_ms);

#endif
