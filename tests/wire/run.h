/*
 * run - one case at one door, in a process of its own: does what the case says, compares, and
 * then sees that an honest person is served. README.md describes a case.
 */
#ifndef RUN_H
#define RUN_H

#include <jansson.h>

#include "honest.h"

struct run {
    const struct stage *stage;
    const json_t *one; /* the case */
    enum door door;
    struct zmtp_key key;      /* on the lists that the case says, and nobody else's */
    struct zmtp_key witness;  /* of who is honest; runs at the same time have different ones */
    char from[STAGE_ADDRESS]; /* address to call from, nobody else's */
    char witness_from[STAGE_ADDRESS];
};

/* On which lists a run's key has to be. */
bool run_needs(const json_t *one, enum list list);
/* The case must have the services to itself. */
bool run_is_alone(const json_t *one);
/* Fields that a case does not have, and the like: NULL when it is well-formed. */
const char *run_complaint(const json_t *one);
/* Returns when all is as it has to be; else raw_fail. */
void run_case(struct run *r);

#endif
