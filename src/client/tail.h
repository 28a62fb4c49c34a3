/*
 * tail - where in a group's log a reader is, and what a number that comes in means for it.
 * Pure. Threads: any.
 */
#ifndef CLIENT_TAIL_H
#define CLIENT_TAIL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/id.h"
#include "client/refusal.h"
#include "wire/wire.h"

struct tail {
    struct id log; /* zero: any, until the first answer says which */
    uint64_t seq;  /* the last entry that was taken, */
    int64_t ts;    /* and its time; 0: not known */
    struct id id;  /* zero: not known */
};

enum tail_verdict {
    TAIL_NEXT,        /* the entry after the last one; or: nothing is missing */
    TAIL_OLD,         /* was taken before */
    TAIL_MISSING,     /* something between is missing */
    TAIL_LOG_CHANGED, /* another log than the one that was read so far */
    TAIL_WENT_BACK,   /* the log ends before what was read */
    TAIL_RESTORED, /* it is another one, and goes on from this one's past, which ends before that */
    TAIL_REPLACED, /* it has another entry where the last one was */
};

/* Where a log is, as an answer says. */
struct tail_log {
    struct id log;
    uint64_t head;
    int64_t head_ts; /* 0: not said */
    bool goes_on;    /* from the log that was asked with; the same up to shared */
    uint64_t shared;
};

enum tail_verdict tail_entry(const struct tail *t, uint64_t seq);
/* The head told on the feed. It may be older than what was fetched meanwhile. */
enum tail_verdict tail_feed_head(struct tail *t, const struct id *log, uint64_t head);
/* In an answer to a request that was made after t was reached, and named its log. A log that goes
 * on from what was taken of t's is t's from then on. */
enum tail_verdict tail_answer(struct tail *t, const struct tail_log *now);
/* The entry where t is, if it is among those, is the one that was taken. */
bool tail_is_in(const struct tail *t, struct wire_list entries);
/* The last entry that is gone in front of a page asked for after `after`; 0: none is. */
uint64_t tail_lost_to(const struct wire_page *page, uint64_t after);
/* Where a page begins: the seq before its first entry. */
uint64_t tail_before_page(const struct wire_page *page);
struct tail_log tail_log_of_page(const struct wire_page *page);

/* t cannot go on. */
bool tail_is_over(enum tail_verdict v);
/* Then: "log_changed" or "went_backwards", and why. */
void tail_refuse(struct refusal *why, enum tail_verdict v, const struct tail *t,
                 const struct tail_log *now);

#endif
