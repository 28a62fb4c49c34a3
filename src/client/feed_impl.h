/*
 * feed_impl - what the two halves of feed share: feed.c connects and fetches, feed_reel.c reads
 * and hands out.
 */
#ifndef FEED_IMPL_H
#define FEED_IMPL_H

#include "feed.h"

/* The connection is of no use any more: begin again after a while. */
void feed_lost(struct feed *f, enum status st, const char *text);
/* The same, but final when the feed was never up. */
void feed_fail(struct feed *f, enum status st, const char *text);
/* Over; f->why is filled in. */
void feed_end(struct feed *f, enum status st);
void feed_end_by(struct feed *f, enum tail_verdict v);
/* Fetch what is between the tail and the head. */
void feed_fill(struct feed *f);
void feed_ask_page(struct feed *f);
void feed_welcomed(struct feed *f, uint64_t head);

/* When it will be time to tell that somebody came or went; CALL_FOR_EVER: nobody did, or it is time
 * already. */
int64_t feed_presence_due(const struct feed *f);

/* A free reel: there is one as long as one of current, page and held is NULL. */
struct reel *reel_take(struct feed *f);
/* Empty *r's reel and set *r to NULL. */
void reel_drop(struct reel **r);
/* Read and handle one frame of the feed socket. False: there is none. */
bool feed_read(struct feed *f);

#endif
