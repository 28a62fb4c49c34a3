/*
 * posts - messages on their way to one group: packed together, sent in order, each with an outcome.
 * What is posted while requests are out is collected in the next one. Several are out at once;
 * each but the first names the last message of the one before it, so that the group refuses what
 * would overtake. After such a refusal everything that is unanswered is sent again, in order.
 * Threads: the handle's. Blocking: never.
 */
#ifndef CLIENT_POSTS_H
#define CLIENT_POSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conclave.h"
#include "disk/spool.h"
#include "rpc/session.h"

#define POSTS_REQUESTS_MAX 4 /* out at once, so that bursts gather in large requests */
#define POSTS_GATHER_BYTES (16 * 1024)
#define POSTS_BATCH_BYTES  (60 * 1024)                /* of messages in one request */
#define POSTS_KEPT_MAX     (16 * CONCLAVE_POSTED_MAX) /* with the outcomes nobody asked for */

struct post_batch;

struct posts {
    struct session *session;  /* borrowed */
    struct post_batch *first; /* in order of posting */
    struct post_batch *last;
    struct post_batch *live; /* the first that is not settled */
    size_t under_way;        /* messages without an answer */
    size_t kept;             /* messages whose outcome was not given yet */
    unsigned outstanding;    /* requests */
    bool alone;              /* the latest request carried one message */
    bool stalled;            /* send nothing new before all that is out is answered ... */
    int64_t resume_ms;       /* ... and it is this late */
    int64_t step_ms;
    int64_t now_ms;
    struct spool_queue *spool; /* borrowed; NULL: in memory only */
    uint32_t given;            /* outcomes that were given and the spool does not know of */
};

void posts_init(struct posts *p, struct session *session);
void posts_clear(struct posts *p);

/* Take one message over; its bytes are copied. ST_BUSY: CONCLAVE_POSTED_MAX are under way;
 * ST_FULL: too many outcomes wait for posts_next; ST_NOMEM; ST_SYSTEM: the spool, and why. */
enum status posts_add(struct posts *p, const struct wire_message *m, struct fault *why);
/* One that is in the spool already, from before. ST_NOMEM. */
enum status posts_restore(struct posts *p, const struct wire_message *m);
/* Send what can be sent now. */
void posts_step(struct posts *p, int64_t now_ms);
/* So much waits that it is worth a request, and posts_step would send it. Less goes when the
 * handle is polled, so that what is posted in one turn of a program travels together. */
bool posts_gathered(const struct posts *p);
/* Nothing is out, and whoever posts sent one message the time before: most likely nothing follows
 * in this turn either, and what waits need not wait for the next. */
bool posts_alone(const struct posts *p);
/* When to step though nothing arrives: at once when something waits and nothing is out. What waits
 * while something is out goes when that is answered: so much travels together. */
int64_t posts_due(const struct posts *p);
/* The next outcome, in order of posting. Pointers in *out are valid until the next call. */
bool posts_next(struct posts *p, struct conclave_event *out);

#endif
