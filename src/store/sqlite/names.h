/*
 * names - which key owns a group's name: the message server's only durable state.
 * A name belongs to the key that first took it, also after a restart, and so do all that read the
 * same (fold.h). One that was live for less than a day in all, and away for thirty, is free again
 * for whoever asks. All names are in memory; claiming a new one writes and syncs before it returns.
 * Threads: one.
 */
#ifndef SQLITE_NAMES_H
#define SQLITE_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"

#define NAMES_MAX        100000
#define NAMES_SETTLED_MS INT64_C(86400000)              /* live for so long: it does not expire */
#define NAMES_AWAY_NS    (30 * INT64_C(86400000000000)) /* away for so long: one that is not does */

struct names;

/* DIR/names.db with a lock on DIR/lock, as store_open. dir NULL: in memory only. */
enum status names_open(struct names **out, const char *dir, struct fault *why);
/* What names_live counted is written. NULL is allowed. */
void names_close(struct names *n);

struct names_claim {
    struct span name;
    const uint8_t *key; /* 32 bytes */
    size_t max_per_key;
    int64_t now_ns;
    bool may_expire; /* now_ns may be believed */
};
/* Take a name, or find that it is the key's already: ST_OK. ST_CONFLICT: it is another key's, or
 * reads like another name. ST_DENIED: the key has max_per_key names, or there are NAMES_MAX.
 * ST_INVALID: no name, or one of which nothing can be seen. ST_FULL: the disk is full. */
enum status names_claim(struct names *n, const struct names_claim *c, struct fault *why);
/* It is this key's. */
bool names_known(const struct names *n, struct span name, const uint8_t key[static 32]);
/* It is live at now_ns, and was for the lived_ms before. In memory; see names_save. */
void names_live(struct names *n, struct span name, int64_t lived_ms, int64_t now_ns);
/* Write what names_live counted, of so many names at most: about once a second, so that a process
 * that is killed forgets ten minutes of each. */
enum status names_save(struct names *n, size_t most, struct fault *why);
size_t names_count(const struct names *n);

#endif
