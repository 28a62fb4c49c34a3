/*
 * known - a group that the handle has dealt with: who it is, where it is, and what is under way
 * with it. Its key is the one that the message server named first; another one is refused from
 * then on.
 * Threads: the handle's. Blocking: never.
 */
#ifndef KNOWN_H
#define KNOWN_H

#include "feed.h"
#include "lookup.h"
#include "nicks.h"
#include "posts.h"
#include "session.h"

struct known {
    struct known *next;
    char name[NAME_MAX_BYTES + 1];
    struct session session;
    struct lookup lookup;
    bool refreshing; /* lookup runs to see whether the group moved */
    int64_t refreshed_ms;
    struct nicks nicks;
    struct posts posts;
    struct feed *feed; /* NULL: not followed */
    bool posts_turn;
};

/* A group by name, not located yet: start lookup, wait until it is over, then known_locate. */
struct known *known_new(const char *name, struct session *directory);
void known_free(struct known *k);
/* Say where it is. */
void known_point(struct known *k, const uint8_t key[static KEY_LEN], const char *address);
/* Take over what the lookup found. */
void known_locate(struct known *k);

void known_step(struct known *k, int64_t now_ms);
int64_t known_due(const struct known *k, int64_t now_ms);
/* Time passed in which nobody looked. */
void known_away(struct known *k, int64_t ms);
/* The next event of this group; its outcomes and its feed take turns. */
bool known_next(struct known *k, struct conclave_event *out);

#endif
