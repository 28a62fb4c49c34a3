/*
 * member - an honest member of a group under attack: talks, listens, and counts what it notices.
 */
#ifndef MEMBER_H
#define MEMBER_H

#include <stdatomic.h>

#include "honest.h"

#define MEMBERS     3
#define PHASES      2 /* in peace, under attack */
#define LATENCY_MAX 200000

/* Times of one member in one phase, in microseconds. */
struct latencies {
    size_t n;
    uint32_t us[LATENCY_MAX];
};

/* Shared by all processes; each writes its own part only. */
struct record {
    struct latencies acks[PHASES]; /* from sending to the answer */
    struct latencies news[PHASES]; /* from another's sending to hearing it */
    uint64_t sent;
    uint64_t heard;
    uint64_t lost;  /* numbers of a sender that never came */
    uint64_t twice; /* that came again */
    uint64_t cuts;  /* of the feed */
    uint64_t fetched;
};

struct watch {
    struct record records[MEMBERS];
    atomic_int phase; /* from PHASES on: talk no more */
    atomic_int ready; /* members who follow */
    atomic_int done;  /* members who have said all they will */
};

/* Talk and listen until the phase is over and everything said has been heard. */
void member_run(const struct stage *stage, const struct zmtp_key *key, const char *from,
                struct watch *watch, unsigned index);

#endif
