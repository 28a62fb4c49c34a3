/*
 * tools - what an operator does to a store beside the group: check it, copy it.
 * Threads: any; each call opens its own connection, which only reads.
 */
#ifndef TOOLS_TOOLS_H
#define TOOLS_TOOLS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

/* ---- check ---- */

#define VERIFY_LINES_MAX 100 /* problems that are told; the others are counted */

struct verify_result {
    uint64_t problems;
    uint64_t first; /* the log's ends, if they can be read */
    uint64_t head;
    uint64_t entries; /* read and found intact */
    uint64_t people;
    uint64_t members; /* in at present */
};

typedef void verify_problem(void *ctx, const char *text);

/* Read all of DIR/group.db and tell what is wrong with it. Changes nothing; holds DIR's lock.
 * ST_OK: result says. ST_BUSY: a group runs on it. ST_NOT_FOUND, ST_DENIED, ST_PROTOCOL (made by
 * a newer version), ST_SYSTEM, ST_NOMEM: it could not be checked. */
enum status store_verify(const char *dir, verify_problem *tell, void *ctx,
                         struct verify_result *result, struct fault *why);

/* ---- copy ---- */

/* A copy of DIR/group.db as of one moment into file, while a group runs on it or not; the writer
 * goes on beside it, only that its log cannot be emptied meanwhile. Durable and complete under its
 * name on return, or not there. It is marked as a backup: see store_options. ST_EXISTS: file is
 * there, and not `replace`. ST_INVALID: file would lie in DIR. Else as store_verify, and
 * ST_CORRUPT, ST_FULL. */
enum status store_backup(const char *dir, const char *file, bool replace, struct fault *why);

#endif
