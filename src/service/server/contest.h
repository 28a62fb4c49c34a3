/*
 * contest - several processes with one group's key and name: which of them has its place on the
 * list. One holds it while it asks again in time; another one at the same address takes over at
 * once, since two cannot listen there; one at another address waits until the holder lets its time
 * run out. Only when both are seen to live is one of them to end: the later one, unless that was
 * started to take over. Who was told of the other and asks once more lives; a single request may
 * have been on its way when its sender died.
 * Threads: none; no clock: the time is a parameter.
 */
#ifndef SERVER_CONTEST_H
#define SERVER_CONTEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/id.h"
#include "wire/wire.h"

struct contestant {
    struct id instance;
    char address[WIRE_ADDRESS_MAX + 1];
    int64_t until_ms; /* counts as alive before that unless it asks again */
    bool take_over;
};

/* Zero-initialise; then contest_ask. */
struct contest {
    struct contestant holder;
    struct contestant other;
    bool held;        /* there is a holder */
    bool contested;   /* there is another one */
    bool other_first; /* it was the holder, and this one took over at its address */
    bool other_asked; /* since it became the other one */
    bool told;        /* the one that is to stay knows of the one that is not */
    bool proven;      /* and has asked once more */
};

enum contest_place {
    CONTEST_HOLDS, /* the place is its own */
    CONTEST_WAITS, /* not yet, perhaps later */
    CONTEST_ENDS,  /* it is to end */
};

/* What is worth a line in the log. */
enum contest_news {
    CONTEST_NOTHING,
    CONTEST_TAKEN_OVER, /* by another one at the holder's address */
    CONTEST_SECOND,     /* another one waits beside a holder */
};

/* who asks for the place; until_ms is its new deadline. Nothing is forgotten but what is over at
 * now_ms. */
enum contest_place contest_ask(struct contest *c, const struct contestant *who, int64_t now_ms,
                               enum contest_news *news);
/* The one beside instance, if it lives and has asked; else NULL. Borrowed. */
const struct contestant *contest_rival(const struct contest *c, const struct id *instance);
/* It ends by itself. False: it is none of these. */
bool contest_leave(struct contest *c, const struct id *instance);

#endif
