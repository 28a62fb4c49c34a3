/*
 * page - the entries of one answer, as conclave_next_entry gives them.
 * Threads: the handle's.
 */
#ifndef CLIENT_PAGE_H
#define CLIENT_PAGE_H

#include "client/handle.h"

/* Forget the last page; c->page is then ready for an answer. */
void page_drop(struct conclave *c);
/* Hand out those entries, which are in the answer c->page, of group k. Waits for names that are not
 * known, until deadline_ms at most. ST_NOMEM. */
enum conclave_status page_open(struct conclave *c, struct remote *k, struct wire_list entries,
                               int64_t deadline_ms);

#endif
