/*
 * members - who is in a group, in memory: a mirror of the store that the loop decides from.
 * Threads: loop thread only.
 */
#ifndef MEMBERS_H
#define MEMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "entry.h"
#include "id.h"
#include "status.h"

#define MEMBER_SESSIONS_MAX 16

enum member_state {
    MEMBER_OUT,     /* was in once */
    MEMBER_JOINING, /* the joined entry is being committed */
    MEMBER_IN,
    MEMBER_LEAVING, /* the entry that ends it is being committed; may do nothing any more */
};

struct session; /* sessions.h */

struct member {
    struct id uuid;
    uint8_t key[32];
    char nick[NAME_MAX_BYTES + 1];
    enum member_state state;
    int64_t since; /* ts of the joined entry of the latest stay */
    int64_t until; /* of the entry that ended it; 0 while in */
    struct session *sessions[MEMBER_SESSIONS_MAX];
    size_t n_sessions;
    unsigned joins;   /* requests to join that are not answered yet */
    bool removal_due; /* put out, but the entry that says so is not stored */
    unsigned strays;  /* subscriptions to tickets that we do not know, this minute */
    unsigned changes; /* of subscriptions, this minute */
    int64_t minute_since_ms;
    bool cut_off; /* for an offence; what still comes was sent before */
};

struct members;

enum status members_new(struct members **out);
void members_free(struct members *m);
/* NULL: never seen. The pointer stays valid until members_free. */
struct member *members_find(const struct members *m, const struct id *uuid);
/* Find, or add one that is MEMBER_OUT. NULL: out of memory. */
struct member *members_add(struct members *m, const struct id *uuid);
/* Forget one that was just added and never became a member. */
void members_drop(struct members *m, struct member *who);
/* All in order of UUID. */
size_t members_total(const struct members *m);
struct member *members_at(const struct members *m, size_t i);
/* Index of the first whose UUID sorts after *after. */
size_t members_after(const struct members *m, const struct id *after);
/* Somebody but `self` who is in or joining and has that nick (ASCII case folded). */
bool members_nick_taken(const struct members *m, struct span nick, const struct id *self);
/* Those who are in or leaving. */
size_t members_in(const struct members *m);

#endif
