/*
 * courier - carries errands to libconclave and news back, on two threads of its own with a handle
 * each, so that whoever gives errands never waits: one follows and posts, the other asks.
 * Errands of a thread are done in order. Messages are posted as soon as their group can be found,
 * in order, however long that takes.
 * Threads: its functions are for one thread.
 */
#ifndef CHAT_COURIER_H
#define CHAT_COURIER_H

#include "chat/news.h"

struct courier;

/* *out is NULL on failure, and then *why (size bytes) says why. options: as conclave_open, spool
 * for the handle that posts. */
enum conclave_status courier_open(struct courier **out, const struct conclave_options *options,
                                  char *why, size_t size);
/* Gives what was posted a moment to be answered. False: a call is still waiting for its answer, and
 * the threads live on with all that is theirs: only the end of the process is left. */
bool courier_close(struct courier *c);

struct conclave_id courier_self(const struct courier *c);
/* The name in our certificate, or "". */
const char *courier_self_name(const struct courier *c);

/* Remember where a group was last; before its first errand. Wrong places do no harm. */
void courier_locate(struct courier *c, const char *group, const char *key, const char *address);

/* Takes the errand; NULL is allowed and does nothing. */
void courier_send(struct courier *c, struct errand *e);
/* Can be read when there are news. */
int courier_fd(const struct courier *c);
/* The next, for the caller to free; NULL: none. */
struct news *courier_next(struct courier *c);

#endif
