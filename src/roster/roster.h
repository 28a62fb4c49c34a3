/*
 * roster - all that a group knows beside its log: people, invitations, topic; and what each deed
 * does to them, once for whoever keeps one: the store, which takes it back when the disk fails, and
 * the loop, which decides from it. Pure: over base, in memory as a whole.
 * Threads: those of who holds it.
 */
#ifndef ROSTER_ROSTER_H
#define ROSTER_ROSTER_H

#include "base/entry.h"
#include "roster/invitations.h"
#include "roster/people.h"

struct topic {
    size_t len;
    uint8_t text[TOPIC_MAX_BYTES];
};

struct roster {
    struct people people;
    struct invitations invitations;
    uint64_t standings; /* how many have one */
    struct topic topic;
    uint64_t standings_were; /* at the mark */
    struct topic topic_was;
};

void roster_clear(struct roster *r);
/* Changes from here on can be taken back, until the next mark. */
void roster_mark(struct roster *r);
void roster_undo(struct roster *r);

/* A deed that was done: checked, and where there is an entry of it, with its number and time. */
struct act {
    enum entry_kind kind; /* what others do changes nothing here */
    uint64_t seq;
    int64_t ts;
    const struct id *author;
    const struct id *subject; /* whom it is about; else the author */
    enum role role;           /* ENTRY_ROLE */
    struct span text;         /* ENTRY_JOINED, ENTRY_NICK: the nick; ENTRY_TOPIC: the topic */
    const uint8_t *key;       /* ENTRY_JOINED: 32 bytes */
    const uint8_t *hash;      /* ENTRY_JOINED: of the invitation that it takes a use of, NULL: of
                                 none; DEED_REVOKE */
    const struct invitation *invite; /* DEED_INVITE */
};

/* A subject who is not known yet becomes known; an invitation that is there already stays as it is,
 * and where there are INVITATIONS_MAX, those that were expired at a->invite->since are forgotten.
 * ST_NOMEM: may be half done, and is to be taken back. Where nothing was marked, only an
 * invitation, a new person or a stay that was not reserved wants memory, and nothing is half done.
 * ST_FULL. */
enum status roster_apply(struct roster *r, const struct act *a);

#endif
