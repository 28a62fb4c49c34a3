/*
 * fake_link - the client half of net.h without a network: tests decide what the connection sees
 * and what arrives, and look at what was sent. Replaces link.c and sock.c at link time.
 */
#ifndef FAKE_LINK_H
#define FAKE_LINK_H

#include "base/bytes.h"
#include "net/net.h"
#include "wire/wire.h"

/* Forget everything; every sock must have been closed. */
void fake_reset(void);
/* Connections opened so far, of both roles. */
size_t fake_opened(void);
/* The newest open connection of that role; NULL: none. */
struct sock *fake_link(enum link_role role);
void fake_event(struct sock *s, enum link_event e);
/* Let a frame arrive; b is emptied. */
void fake_arrive(struct sock *s, struct buf *b);
/* The next request that was sent on s; *out points into memory that stays until fake_reset. */
bool fake_sent(struct sock *s, struct wire_request *out);
/* What a feed connection is subscribed to; NULL: nothing. */
const uint8_t *fake_ticket(const struct sock *s);
/* The next so many sends find no room. */
void fake_is_full(struct sock *s, unsigned times);
/* Frames that arrived and were not read. */
size_t fake_unread(const struct sock *s);

#endif
