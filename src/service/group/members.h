/*
 * members - the people of the roster that the loop decides from, and what is on its way to the
 * store about each of them. Threads: loop thread only.
 */
#ifndef GROUP_MEMBERS_H
#define GROUP_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/entry.h"
#include "base/id.h"
#include "base/status.h"
#include "roster/people.h"
#include "store/fold.h"

#define MEMBER_TICKETS_MAX 16

enum member_state {
    MEMBER_OUT,     /* not in, and nothing under way; perhaps never was */
    MEMBER_JOINING, /* the joined entry is being committed */
    MEMBER_IN,
    MEMBER_LEAVING, /* an entry that ends it is being committed, or due; may do nothing any more */
};

/* What the group itself has decided, and still has to store. */
enum removal { REMOVAL_NONE, REMOVAL_KICK, REMOVAL_OFFENCE, REMOVAL_BAN };

struct ticket; /* tickets.h */

/* A nick, and what it is compared by. */
struct member_nick {
    char text[NAME_MAX_BYTES + 1];
    struct fold fold;
};

struct member {
    struct person p;         /* as stored; the key also before, while they join */
    enum member_state state; /* follows from the rest: members_settle */
    struct fold fold;        /* of their nick */
    /* on its way to the store */
    unsigned under_way; /* changes about them, of any kind */
    unsigned joins;
    unsigned endings; /* leaving, removals, bans */
    unsigned bans;
    unsigned roles;
    enum role least_role; /* while roles: the lowest of what they have and are to have */
    bool joins_invited;   /* one of the joins is by invitation */
    bool naming;          /* they ask to be called `wanted`; so do joins */
    struct member_nick wanted;
    enum removal due;
    bool due_sent;
    /* the feed */
    struct ticket *tickets[MEMBER_TICKETS_MAX];
    size_t n_tickets;
    unsigned n_here;    /* of them, connected */
    uint64_t published; /* last seq that a ticket of theirs that is over was sent; 0: none */
    unsigned changes;   /* of subscriptions, this minute */
    int64_t minute_since_ms;
    bool caught;         /* in an offence, and not in again since */
    bool offended;       /* at offended_ms, the last time; not kept over a restart */
    int64_t offended_ms; /* monotonic */
    bool cut_off; /* caught, and all connections were dropped: what still comes was sent before */
    bool at_feed; /* that door let them in, and nothing has ended such connections since */
    /* members.c only */
    bool counted_in;
    bool counted_coming;
};

struct members;

/* Of people, who are none yet, and stay the caller's. */
enum status members_new(struct members **out, struct people *people);
void members_free(struct members *m);
/* NULL: never seen. The pointer stays valid until they are dropped or forgotten. */
struct member *members_find(const struct members *m, const struct id *uuid);
/* Find, or add one that is MEMBER_OUT. NULL: out of memory. */
struct member *members_add(struct members *m, const struct id *uuid);
/* After every change of who is in or of what is on its way: state, and who is counted. */
void members_settle(struct members *m, struct member *who);
/* Forget one about whom nothing is stored and nothing under way; else nothing happens. */
void members_drop_blank(struct members *m, struct member *who);
/* Forget up to n of those who are out, not banned and were never given a role: who is out for
 * longest goes first. Returns how many went. */
size_t members_forget(struct members *m, size_t n);
/* All in order of UUID. */
size_t members_total(const struct members *m);
struct member *members_at(const struct members *m, size_t i);
/* Index of the first whose UUID sorts after *after. */
size_t members_after(const struct members *m, const struct id *after);
/* Somebody but `self` is called so, or is to be. */
bool members_nick_taken(const struct members *m, const struct fold *nick, const struct id *self);
/* Those who are in, and those who are neither in nor out yet (MEMBER_JOINING). */
size_t members_in(const struct members *m);
size_t members_coming(const struct members *m);
/* Owners but `self` who are sure to stay: nothing under way takes that from them. */
bool members_other_owner(const struct members *m, const struct id *self);

/* text is at most NAME_MAX_BYTES. False: nothing of it can be seen, or out of memory; it then
 * equals no other. */
bool nick_set(struct member_nick *out, struct span text);

/* What they may do now: a role that is about to be taken away does not count any more. */
enum role member_role(const struct member *who);
bool member_is_banned(const struct member *who);

#endif
