/*
 * lies - what no honest group answers: pages of history and of what was found, frames of the feed,
 * acks. Every one of them is looked at here before any of it is used.
 * What is found is given as the end of a sentence that begins with what was looked at, "the group's
 * history"; NULL: nothing.
 * Pure. Threads: any.
 */
#ifndef CLIENT_LIES_H
#define CLIENT_LIES_H

#include <stddef.h>
#include <stdint.h>

#include "wire/wire.h"

/* What is known of a run of entries, whichever way it was asked for. */
struct lies_run {
    uint64_t first;   /* seq of its first entry; 0: not known */
    uint64_t head;    /* none is above */
    int64_t after_ts; /* all are later; 0: not known, for no entry is earlier */
    uint64_t most;    /* entries; 0: not known */
};

/* Entries that follow each other without a hole, in order of seq and of time. */
const char *lies_in_run(const struct lies_run *run, struct wire_list entries);
/* A page that was asked for so. *ts: time of the entry before it, 0 if that is not known; and then,
 * if this is no lie, of its last entry. Backwards, of the entry behind it, and then of its first
 * one. That the log went backwards or is another one is for the
 * caller to see first (tail.h). */
const char *lies_in_page(const struct wire_get_message *asked, const struct wire_page *page,
                         int64_t *ts);
const char *lies_in_found(const struct wire_search_message *asked, const struct wire_found *found);

struct lies_ack {
    const struct id *id; /* of the message */
    uint64_t seq;
    int64_t ts;
};

/* The acks of one request, but for those that say no; brings them into order of seq. Messages that
 * were stored before may be among them, so they need not rise. */
const char *lies_in_acks(struct lies_ack *acks, size_t n);

#endif
