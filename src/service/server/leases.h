/*
 * leases - the groups that are live: a list in order of name.
 * Threads: none. Memory of what it holds is its own.
 */
#ifndef SERVER_LEASES_H
#define SERVER_LEASES_H

#include <stddef.h>

#include "base/entry.h"
#include "net/keys.h"
#include "server/contest.h"

struct lease {
    char name[NAME_MAX_BYTES + 1];
    uint8_t key[KEY_LEN];
    struct contest contest; /* who holds it, until when and at which address */
    char feed[WIRE_ADDRESS_MAX + 1];
    char description[WIRE_DESCRIPTION_MAX + 1];
    uint64_t members;
};

struct leases { /* zero-initialise */
    struct lease **all;
    size_t n;
    size_t cap;
};

void leases_clear(struct leases *l);
/* Index of the first lease whose name does not sort before (with `past`: sorts after) name. */
size_t leases_place(const struct leases *l, struct span name, bool past);
/* NULL: there is none. Borrowed until it is dropped. */
struct lease *leases_find(const struct leases *l, struct span name);
/* A new one, all zero but its name, which is not yet there. NULL: out of memory. */
struct lease *leases_add(struct leases *l, struct span name);
void leases_drop(struct leases *l, size_t i);

#endif
