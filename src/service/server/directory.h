/*
 * directory - the message server: which groups are live, where, and with which key.
 * A group holds a lease, renewed by registering again, and is dropped when it runs out. A name
 * belongs to the key that first took it. Knows no socket.
 * Threads: the loop's. One write to disk for each new name, and small ones now and then for young
 * names (directory_expire); all else is memory.
 */
#ifndef SERVER_DIRECTORY_H
#define SERVER_DIRECTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "net/keys.h"
#include "service/call.h"
#include "sqlite/names.h"

#define DIRECTORY_LEASE_MS     15000
#define DIRECTORY_RENEW_MS     5000
#define DIRECTORY_GROUPS_MAX   10000 /* live at once; known names find room beyond */
#define DIRECTORY_NAMES_BY_KEY 64

struct directory;

struct directory_options {
    struct names *names;         /* borrowed */
    const struct outbox *outbox; /* borrowed */
    struct keyset *groups;       /* taken; who may register; NULL: everybody */
    struct keyset *users;        /* taken; who may list; NULL: everybody */
    uint64_t lease_ms;           /* 0: DIRECTORY_LEASE_MS */
};

enum status directory_open(struct directory **out, const struct directory_options *o);
void directory_close(struct directory *d);
/* An auth_policy; ctx is the directory. */
bool directory_admits(void *ctx, const char *domain, const uint8_t key[static KEY_LEN]);
/* SIGHUP: other lists; taken. Groups that are not on theirs are dropped. */
void directory_set_allowed(struct directory *d, struct keyset *groups, struct keyset *users);
/* The time that counts for leases, and the wall clock, by which names expire (not in the first
 * hour); set before requests are handed over. */
void directory_set_time(struct directory *d, int64_t now_ms, int64_t wall_ns);
/* Takes the packet's frame. */
void directory_request(struct directory *d, struct packet *packet);
/* About once a second: drop leases that ran out, write how long names were live. */
void directory_expire(struct directory *d);
size_t directory_count(const struct directory *d);

#endif
