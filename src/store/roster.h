/*
 * roster - all that a store keeps beside its log: people, invitations, topic. In memory as a whole;
 * changes made since roster_mark can be taken back.
 * Threads: the writer's.
 */
#ifndef STORE_ROSTER_H
#define STORE_ROSTER_H

#include "store/invites.h"
#include "store/people.h"

/* What there is once. */
struct about {
    uint64_t standings; /* people of whom there is a row of standing */
    size_t topic_len;
    uint8_t topic[TOPIC_MAX_BYTES];
};

struct roster {
    struct people people;
    struct invites invites;
    struct about about;
    struct about about_was; /* at the mark */
};

void roster_clear(struct roster *r);
void roster_mark(struct roster *r);
void roster_undo(struct roster *r);

#endif
