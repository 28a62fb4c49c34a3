/*
 * dial - how a connection is tried again, and what its failures mean.
 * Pure: the time and the randomness come in as parameters.
 * Threads: the handle's.
 */
#ifndef RPC_DIAL_H
#define RPC_DIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "net/net.h"

#define DIAL_FIRST_MS 50
#define DIAL_MOST_MS  2000
/* The same while our key is not accepted: each attempt is a line in the log of the service. */
#define DIAL_DENIED_MS 30000
#define DIAL_SLOW_MS   1000 /* a refusal comes sooner */
/* So many handshakes ended by the peer in a row, over so long: it is not who we trust. A network
 * that cuts connections can do it to a few that follow each other closely. */
#define DIAL_BROKEN_MAX 3
#define DIAL_BROKEN_MS  1000

/* Zero-initialise. */
struct dial {
    int64_t step_ms; /* of the next back-off; 0: the first */
    int64_t due_ms;  /* do not try before */
    unsigned broken;
    int64_t broken_since_ms;
    int64_t tried_ms;     /* when the present attempt began */
    enum link_event last; /* LINK_NONE: nothing was seen */
    bool slow;            /* last took its time */
    enum status verdict;  /* ST_OK, or what waiting will hardly mend: ST_SERVER_KEY, ST_OWN_KEY,
                             ST_PROTOCOL */
    int64_t verdict_since_ms;
};

enum dial_act { DIAL_NOTHING, DIAL_UP, DIAL_DOWN };

/* step_ms, 50 % more or less. */
int64_t dial_jitter_ms(int64_t step_ms, uint32_t random);
/* The connection was of use: begin with short back-offs again. */
void dial_reset(struct dial *d);
/* An attempt failed, or was given up: set due_ms. */
void dial_later(struct dial *d, int64_t now_ms, uint32_t random);
/* Judge one event of the connection. DIAL_DOWN: it is over, due_ms and verdict are set. */
enum dial_act dial_event(struct dial *d, enum link_event e, int64_t now_ms, uint32_t random);
void dial_set_verdict(struct dial *d, enum status st, int64_t now_ms);
/* The failure in words; returns its status, ST_UNREACHABLE without a verdict. own_key: how the
 * sentence calls the key that was shown, such as "your key". */
enum status dial_explain(const struct dial *d, const char *what, const char *address,
                         const char *own_key, struct fault *why);

uint32_t dial_random(void);

#endif
