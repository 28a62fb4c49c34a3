/*
 * nicks - who was called what, and when, in one group: from the members' list, and from the
 * entries in which somebody joins or takes another nick.
 * The list knows only today's nick. So a nick that an entry gave counts from that entry on, and the
 * list's counts where no entry is known, and for what is newer than the list.
 * Threads: the handle's. Blocking: never.
 */
#ifndef CLIENT_NICKS_H
#define CLIENT_NICKS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/entry.h"
#include "rpc/session.h"

#define NICKS_MAX     (1u << 16) /* people; whoever comes later is called "unknown" */
#define NICKS_OLD_MAX 16         /* of one person, from entries; the oldest is forgotten */
#define NICKS_OLD_ALL (1u << 15) /* of all people; beyond it, a person has one */

/* A nick from an entry of that time. */
struct nick_since {
    int64_t since;
    char text[NAME_MAX_BYTES + 1];
};

struct nick {
    struct id who;
    int64_t listed_ts; /* the list is newer than entries of before */
    bool made_up;      /* `listed` is the beginning of the UUID */
    uint8_t n_old;
    struct nick_since *old;          /* by time */
    char listed[NAME_MAX_BYTES + 1]; /* "": not in the list */
};

struct nicks {
    struct session *session; /* borrowed */
    struct session_call call;
    struct id group; /* the group's own, once its key is known: nobody's */
    bool loading;
    bool loaded;
    struct id after;   /* whom the page that is asked for begins behind */
    int64_t newest_ts; /* of all entries that were learnt from; INT64_MIN: none */

    struct nick *rows;
    uint32_t n_rows;
    uint32_t cap_rows;
    uint32_t n_old;  /* of all rows */
    uint32_t *slots; /* index into rows plus 1; 0: free. Twice cap_rows, a power of two */
    uint64_t seed;   /* members choose their keys: do not let them choose their slots */
};

void nicks_init(struct nicks *n, struct session *session);
void nicks_clear(struct nicks *n);

/* Begin to fetch the members, those of the past too, unless that is under way. When `loading` is
 * over, `loaded` says whether it worked. */
void nicks_load(struct nicks *n, int64_t deadline_ms);

/* What who was called at that time, as far as known; NULL: not at all. Valid until something is
 * learnt. */
const char *nicks_find(const struct nicks *n, const struct id *who, int64_t ts);
/* The nick who has today, as a list says that is newer than entries of before ts. */
void nicks_set(struct nicks *n, const struct id *who, struct span nick, int64_t ts);
/* What an entry says: joined and nick; other kinds say nothing. */
void nicks_learn(struct nicks *n, const struct entry *e);
/* As nicks_find, or else, from then on, the first 8 characters of the UUID. Never NULL. */
const char *nicks_name(struct nicks *n, const struct id *who, int64_t ts);

#endif
