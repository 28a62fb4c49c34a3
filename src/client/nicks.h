/*
 * nicks - who is called what in one group: from the members' list, kept up by joined entries.
 * Threads: the handle's. Blocking: never.
 */
#ifndef NICKS_H
#define NICKS_H

#include <stdbool.h>
#include <stdint.h>

#include "entry.h"
#include "session.h"

#define NICKS_MAX (1u << 20) /* rows; whoever comes later is called "unknown" */

struct nick {
    struct id who;
    int64_t since; /* ts of the joined entry; INT64_MIN: made up from the UUID */
    char text[NAME_MAX_BYTES + 1];
};

struct nicks {
    struct session *session; /* borrowed */
    struct call call;
    bool loading;
    bool loaded;

    struct nick *rows;
    uint32_t n_rows;
    uint32_t cap_rows;
    uint32_t *slots; /* index into rows plus 1; 0: free. Twice cap_rows, a power of two */
    uint64_t seed;   /* members choose their keys: do not let them choose their slots */
};

void nicks_init(struct nicks *n, struct session *session);
void nicks_clear(struct nicks *n);

/* Begin to fetch the members, those of the past too, unless that is under way. When `loading` is
 * over, `loaded` says whether it worked. */
void nicks_load(struct nicks *n, int64_t deadline_ms);

/* NULL: not known. Valid until something is learnt. */
const char *nicks_find(const struct nicks *n, const struct id *who);
/* The nick who has had since that time; an older one than is known is ignored. */
void nicks_set(struct nicks *n, const struct id *who, struct span nick, int64_t since);
/* What a joined entry says; other kinds say nothing. */
void nicks_learn(struct nicks *n, const struct entry *e);
/* The nick, or, from then on, the first 8 characters of the UUID. Never NULL. */
const char *nicks_name(struct nicks *n, const struct id *who);

#endif
