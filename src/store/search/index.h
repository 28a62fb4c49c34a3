/*
 * index - which messages hold which words: an index beside the store, made from it and always safe
 * to lose. DIR/search.db (SQLite FTS5) or, for a store in memory, memory. It is not part of what is
 * promised to be durable: without sync, thrown away and made again when it is damaged or belongs to
 * another log.
 * Threads: one at a time. Beside the writer and readers of the store it runs freely.
 */
#ifndef SEARCH_INDEX_H
#define SEARCH_INDEX_H

#include "store/store.h"

struct search;

/* Opens a reader of s of its own; s must outlive it. ST_SYSTEM, ST_FULL, ST_NOMEM. */
enum status search_open(struct search **out, struct store *s, struct fault *why);
/* NULL is allowed. */
void search_close(struct search *x);

/* Index up to max_rows entries that are not indexed yet, and let go of what the store has let go
 * of. *behind: how many entries are left; UINT64_MAX: there is no index at all. ST_FULL: no room;
 * what there is can be searched. */
enum status search_step(struct search *x, size_t max_rows, uint64_t *behind, struct fault *why);

/* Everything up to this entry is indexed. */
uint64_t search_done(const struct search *x);

struct search_ask {
    struct span words; /* each is looked for as it is; no operators. At least one. Case and accents
                          do not count */
    bool by_ts;
    int64_t after_ts;
    uint64_t after_seq;
    const struct id *from;     /* NULL: any author */
    const struct stay *ranges; /* as in struct store_query */
    size_t n_ranges;
    uint64_t max_rows;
    int64_t until_ms; /* of clock_mono_ms: what is not found by then is left for the next time, but
                         something is always searched. 0: no bound */
};
/* Visit the messages found among those that are indexed, oldest first, each as it stands in the
 * store. *next: everything up to it was searched. The visit's ST_FULL ends it before that message.
 * ST_INVALID: no word in words. ST_AGAIN: the index was damaged and begins anew: step again. */
enum status search_find(struct search *x, const struct search_ask *ask, struct store_state *state,
                        uint64_t *next, store_entry_visit *visit, void *ctx, struct fault *why);

#endif
