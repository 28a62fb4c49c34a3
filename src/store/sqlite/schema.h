/*
 * schema - opens a database file of one kind: makes it, recognises it, brings it up to date, and
 * refuses one that is not what it should be.
 */
#ifndef SQLITE_SCHEMA_H
#define SQLITE_SCHEMA_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "sqlite/datadir.h"

struct schema {
    const char *file;       /* in the data directory */
    const char *kind;       /* for messages: "group store" */
    int32_t application_id; /* marks the file as of this kind */
    int32_t copy_id;        /* marks it as a backup of such a file; 0: there are none */
    /* migrations[v] is the SQL that takes format v to v + 1. Add to the end; never change one that
     * was in use. */
    const char *const *migrations;
    size_t n_migrations;
    /* First rows of a new file, in the transaction that makes it; may be NULL. */
    enum status (*fill)(sqlite3 *db, struct fault *why);
};

/* The writer's connection: write-ahead log, synced at each commit, both verified. What an earlier
 * process left is synced before it is read, and a file of an earlier format is brought up to the
 * newest, in one transaction. Else cheap, whatever the size. ST_CORRUPT, ST_PROTOCOL (made by a
 * newer version), ST_DENIED, ST_FULL, ST_SYSTEM.
 * *copy: whether it may be a backup, and then whether it is one; one that may not is ST_INVALID. */
enum status schema_open(sqlite3 **out, const struct schema *schema, const struct datadir *dir,
                        bool *copy, struct fault *why);

/* Sync the write-ahead log, beside whoever uses it: what was read until now is then on the disk. */
enum status schema_sync_log(const struct schema *schema, const struct datadir *dir,
                            struct fault *why);
/* A connection that only reads, beside a writer or alone, also where nothing can be written:
 * ST_NOT_FOUND, else as schema_open. */
enum status schema_open_reading(sqlite3 **out, const struct schema *schema,
                                const struct datadir *dir, struct fault *why);
/* Make it a backup, or one no more. */
enum status schema_mark(sqlite3 *db, const struct schema *schema, bool copy, struct fault *why);
/* Are the tables what they should be in that format? ST_CORRUPT. */
enum status schema_check(sqlite3 *db, const struct schema *schema, struct fault *why);

#endif
