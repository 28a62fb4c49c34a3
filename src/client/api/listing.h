/*
 * listing - lists that a service gives in pages, fetched whole.
 * Threads: the handle's. Blocking: up to the deadline.
 */
#ifndef API_LISTING_H
#define API_LISTING_H

#include "client/handle.h"

/* One kind of list. A row begins with its key, by which rows rise. */
struct listing {
    const char *what;  /* "members", for messages */
    const char *giver; /* "the group" */
    size_t row_size;
    size_t key_size;
    size_t most; /* rows */
    /* Ask for what comes after the row. */
    void (*after)(struct wire_request *req, const void *row);
    /* Where the items of a page are; *end says whether it is the last. */
    struct wire_list (*items)(const struct wire_reply *page, bool *end);
    /* Take the next item, which is there, into a zeroed row. */
    void (*take)(struct wire_list *items, void *row);
};

/* Replace *to with all rows; empty on failure. first is the request for the first page. */
enum conclave_status listing_fetch(struct conclave *c, struct session *s,
                                   const struct listing *kind, const struct wire_request *first,
                                   int64_t deadline_ms, struct rows *to);
/* The same from a group, by name. *k: which it is, on success. */
enum conclave_status listing_of_group(struct conclave *c, const char *group,
                                      const struct listing *kind, const struct wire_request *first,
                                      int64_t deadline_ms, struct rows *to, struct remote **k);

#endif
