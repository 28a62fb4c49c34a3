/*
 * recent - what members have changed lately, so that a change that is asked for again is answered
 * as the first time, even where by now it would be refused: the change itself may have taken away
 * the right to it. What is not remembered here, messages above all, is recognised by the store:
 * answer_twin in store/commit.c.
 * Threads: loop thread only.
 */
#ifndef GROUP_RECENT_H
#define GROUP_RECENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "service/call.h"

#define RECENT_MAX 512 /* changes that are remembered */

struct recent;

struct outcome {
    bool done; /* false: it is on its way to the store */
    uint64_t seq;
    int64_t ts;
    uint64_t last; /* of a kick or ban: as in struct wire_removed */
};

enum status recent_new(struct recent **out);
void recent_free(struct recent *r);

/* The same request of the same author. NULL: not remembered. */
const struct outcome *recent_find(const struct recent *r, const struct call *call);
/* An invitation with this hash was made: whoever revoked one before may have to do it again. */
void recent_forget_revoked(struct recent *r, const uint8_t hash[static WIRE_KEY_LEN]);
/* It is on its way now. */
void recent_begin(struct recent *r, const struct call *call);
/* It is done; or (NULL) it was not, and is forgotten. */
void recent_end(struct recent *r, const struct call *call, const struct outcome *outcome);

#endif
