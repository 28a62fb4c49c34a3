/*
 * lookup - finds one group on the message server: its key and addresses.
 * Threads: the handle's. Blocking: never; ends inside session_step.
 */
#ifndef CLIENT_LOOKUP_H
#define CLIENT_LOOKUP_H

#include <stdbool.h>
#include <stdint.h>

#include "client/refusal.h"
#include "rpc/session.h"

struct lookup {
    struct session *directory; /* borrowed */
    struct session_call call;
    char name[NAME_MAX_BYTES + 1];
    char after[NAME_MAX_BYTES + 1];

    bool busy;      /* under way; what follows is valid when it is not */
    enum status st; /* ST_OK: found. ST_NOT_FOUND, ST_DENIED (refused), or as a call ends */
    bool passes;    /* refused, but perhaps not a little later */
    struct refusal why;
    uint8_t key[KEY_LEN];
    char address[ENDPOINT_MAX + 1];
    char feed[ENDPOINT_MAX + 1]; /* not checked */
};

/* A name that sorts closely before name, to begin the search after: it without its last
 * character. */
void lookup_prefix(const char *name, char out[static NAME_MAX_BYTES + 1]);

/* name: at most NAME_MAX_BYTES. */
void lookup_init(struct lookup *l, struct session *directory, const char *name);
void lookup_clear(struct lookup *l);
/* Begin, unless one is under way, which then ends by that time too. */
void lookup_start(struct lookup *l, int64_t deadline_ms);

#endif
