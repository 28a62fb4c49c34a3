/*
 * names - which key owns a group's name: the message server's only durable state.
 * A name belongs to the key that first took it, also after a restart. All names are in memory;
 * claiming a new one writes and syncs before it returns (rare: once for each new group).
 * Threads: one.
 */
#ifndef NAMES_H
#define NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "bytes.h"
#include "status.h"

struct names;

/* DIR/names.db with a lock on DIR/lock, as store_open_dir. dir NULL: in memory only. */
enum status names_open(struct names **out, const char *dir, struct fault *why);
void names_close(struct names *n);

/* Take name for key, or find that it is its already: ST_OK. ST_CONFLICT: another key's.
 * ST_DENIED: this key has max_per_key names. ST_FULL: the disk is full. */
enum status names_claim(struct names *n, struct span name, const uint8_t key[static 32],
                        size_t max_per_key, int64_t now_ns, struct fault *why);
size_t names_count(const struct names *n);

#endif
