/*
 * pace - how fast each key may ask, decided before a request is decoded.
 * A request costs one token and, for its length, another for each PACE_TOKEN_BYTES. Whoever has
 * none left is told so, a tenth as often; beyond that requests are dropped without a word. A key
 * may also have only so many requests in work at once.
 * Threads: the loop's. Allocates nothing after pace_new.
 */
#ifndef SERVICE_PACE_H
#define SERVICE_PACE_H

#include "net/meter.h"

#define PACE_RATE        10000 /* tokens a second, where nothing else was asked for */
#define PACE_BURST       20000
#define PACE_RATE_MAX    1000000
#define PACE_BURST_MAX   10000000
#define PACE_TOKEN_BYTES 32768
#define PACE_IN_WORK     64    /* requests of one key that are not answered yet */
#define PACE_KEYS        16384 /* that are remembered */

struct pace_options { /* 0: as above */
    uint32_t rate;
    uint32_t burst;
};

enum pace_verdict {
    PACE_GO,       /* run it; its account counts it as in work until it is let go of */
    PACE_TOO_FAST, /* say so */
    PACE_DROP,     /* not even that */
};

struct pace;

enum status pace_new(struct pace **out, const struct pace_options *o);
void pace_free(struct pace *p);
/* PACE_GO: whoever ends the request takes one off *in_work. */
enum pace_verdict pace_ask(struct pace *p, const uint8_t key[static KEY_LEN], size_t bytes,
                           int64_t now_ns, unsigned **in_work);

#endif
