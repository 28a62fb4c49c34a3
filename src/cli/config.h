/*
 * config - the client's configuration: lines "NAME = VALUE" in the ZPL format that czmq reads
 * (rfc.zeromq.org/spec/4), each NAME once, one of the table of settings (settings.h), with a value
 * that fits it. Paths in it begin in the directory of the file, or with "~/".
 * Strict: whatever is not that is a problem, told with its line. Threads: any; no shared state.
 */
#ifndef CLI_CONFIG_H
#define CLI_CONFIG_H

#include <stddef.h>

#include "base/bytes.h"
#include "base/status.h"

#define CONFIG_BYTES_MAX 65536 /* of a file */
#define CONFIG_ITEMS_MAX 24

struct config_item {
    const char *name; /* of the table */
    char *value;
    unsigned line;
};

struct config {
    struct config_item items[CONFIG_ITEMS_MAX];
    size_t n;
};

/* Told of each problem: the line's number, from 1 on, and a sentence that is safe to show. */
typedef void config_tell(void *ctx, unsigned line, const char *text);

/* Read a configuration. path: of its file, for paths in it. ST_OK; ST_INVALID: there were problems,
 * and *out holds what was right; ST_NOMEM. *out is the caller's to clear in each case. */
enum status config_parse(struct config *out, struct span text, const char *path, config_tell *tell,
                         void *ctx);
/* The same from a file, which must be a regular one that nobody else can change, or /dev/null: an
 * empty one. ST_NOT_FOUND; *why tells what is not told by line. */
enum status config_load(struct config *out, const char *path, config_tell *tell, void *ctx,
                        struct fault *why);
void config_clear(struct config *c);
/* /dev/null, which is an empty one and is never written. */
bool config_is_nothing(const char *path);

/* NULL: it does not say. ctx is a struct config (opts_lookup). */
const char *config_value(const void *ctx, const char *name);

/* A setting to be written. */
struct config_change {
    const char *name;
    const char *value; /* without a quote and control characters */
};
/* Put settings into the text of a configuration, which may be empty: lines of those names are
 * replaced, others kept, and what is new is put at the end. Failure is in out->failed. */
void config_edit(struct buf *out, struct span text, const struct config_change *changes, size_t n);
/* The same in a file, as a whole and on disk on return; it is made when it is not there, with its
 * directory. Nothing to change: nothing is written. */
enum status config_save(const char *path, const struct config_change *changes, size_t n,
                        struct fault *why);

#endif
