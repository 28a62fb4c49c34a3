/*
 * tail - where in a group's log a reader is, and what a number that comes in means for it.
 * Pure. Threads: any.
 */
#ifndef TAIL_H
#define TAIL_H

#include <stdint.h>

#include "id.h"
#include "wire.h"

struct tail {
    struct id log; /* zero: any, until the first answer says which */
    uint64_t seq;  /* the last entry that was taken, */
    int64_t ts;    /* and its time; 0: not known */
};

enum tail_verdict {
    TAIL_NEXT,        /* the entry after the last one; or: nothing is missing */
    TAIL_OLD,         /* was taken before */
    TAIL_MISSING,     /* something between is missing */
    TAIL_LOG_CHANGED, /* another log than the one that was read so far */
    TAIL_WENT_BACK,   /* the log ends before what was read */
};

enum tail_verdict tail_entry(const struct tail *t, uint64_t seq);
/* The head told on the feed. It may be older than what was fetched meanwhile. */
enum tail_verdict tail_feed_head(struct tail *t, const struct id *log, uint64_t head);
/* The head in an answer to a request that was made after t was reached. */
enum tail_verdict tail_answer_head(struct tail *t, const struct id *log, uint64_t head);
/* The last entry that is gone in front of a page asked for after `after`; 0: none is. */
uint64_t tail_lost_to(const struct wire_page *page, uint64_t after);
/* Where a page begins: the seq before its first entry. */
uint64_t tail_before_page(const struct wire_page *page);

const char *tail_code(enum tail_verdict v); /* "log_changed", "went_backwards", "" */
const char *tail_text(enum tail_verdict v);

#endif
