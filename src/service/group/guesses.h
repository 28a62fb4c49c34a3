/*
 * guesses - wrong secrets of invitations, and who gave them. Who guesses too often is not listened
 * to until the minute is over. A fixed number of keys is watched, so one that comes later may take
 * another's place: this bounds work, the length of the secret is what makes guessing vain.
 * Threads: loop thread only.
 */
#ifndef GROUP_GUESSES_H
#define GROUP_GUESSES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/id.h"

#define GUESSES_WATCHED     256
#define INVITE_WRONG_MINUTE 5 /* wrong secrets of one key a minute; the next ones do not count */

struct guesses {
    struct guesser {
        struct id who;
        int64_t since_ms;
        unsigned wrong;
    } v[GUESSES_WATCHED]; /* each key has one place */
};

bool guesses_allow(const struct guesses *g, const struct id *who, int64_t now_ms);
void guesses_note_wrong(struct guesses *g, const struct id *who, int64_t now_ms);

#endif
