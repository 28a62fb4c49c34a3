/*
 * attacks - what a hostile person does, again and again. Each attack runs in a process of its
 * own, with a key that is on the group's list. One that succeeds ends the process, by raw_fail.
 */
#ifndef ATTACKS_H
#define ATTACKS_H

#include <stdatomic.h>

#include "stage.h"

struct attack {
    const struct stage *stage;
    struct zmtp_key key;
    const struct zmtp_key *spares; /* for who is banned with the one before; on the list as well */
    unsigned n_spares;
    struct zmtp_key victim; /* public half and UUID of an honest member */
    char from[STAGE_ADDRESS];
    atomic_uint_fast64_t *done; /* how often it was done */
};

struct attack_kind {
    const char *name;
    void (*once)(struct attack *a);
    int pause_ms; /* between two; 0: none */
};

extern const struct attack_kind attack_kinds[];
extern const unsigned n_attack_kinds;

#endif
