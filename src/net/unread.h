/*
 * unread - bounds the answers that wait for peers who do not read them.
 * libzmq counts messages, not bytes: 128 pages of history for each of many connections would be
 * all of a machine's memory. So an answer goes to a connection whose buffer in the kernel is full
 * only as long as what waits there, and what waits for all, is within the bounds below. Who reads
 * as fast as their line allows, and has no more under way than UNREAD_EACH, is never refused one.
 * Threads: one.
 */
#ifndef NET_UNREAD_H
#define NET_UNREAD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

#define UNREAD_SMALL 1024               /* bytes; up to that, the count of messages is enough */
#define UNREAD_EACH  (1024 * 1024)      /* waiting for one connection */
#define UNREAD_ALL   (64 * 1024 * 1024) /* waiting for all */

struct unread;

enum status unread_new(struct unread **out);
void unread_free(struct unread *u);
/* Whether an answer of so many bytes may go to the connection with this descriptor. One that was
 * closed, or is another's by now, does no harm: such an answer goes nowhere. */
bool unread_allows(struct unread *u, int fd, size_t bytes);
/* About once a second: forget all of those whose connection has room. */
void unread_sweep(struct unread *u);

#endif
