/*
 * feed_impl - what the parts of feed share: feed.c subscribes and connects, feed_pages.c fetches,
 * frame_queue.c reads and hands out.
 */
#ifndef CLIENT_FEED_IMPL_H
#define CLIENT_FEED_IMPL_H

#include "client/feed.h"

/* The connection is of no use any more: begin again after a while. */
void feed_lost(struct feed *f, enum status st, const char *text);
/* The same, but final when the feed was never up. */
void feed_fail(struct feed *f, enum status st, const char *text);
/* The same: what the group gave is a lie. what: "history", "feed"; lie: from lies.h. */
void feed_lied_to(struct feed *f, const char *what, const char *lie);
/* Over; f->why is filled in. */
void feed_end(struct feed *f, enum status st);
void feed_end_by(struct feed *f, enum tail_verdict v, const struct tail_log *now);
void feed_welcomed(struct feed *f, uint64_t head);
/* call->done is filled in. */
void feed_submit(struct feed *f, struct session_call *call, struct wire_request *req);
/* False: the reply is no answer, and what that means for the feed was done. */
bool feed_decode(struct feed *f, struct wire_reply *r, enum wire_op op, struct frame *reply);

/* ---- pages ---- */

void pages_init(struct feed *f);

/* Fetch what is between the tail and the head. */
void feed_fill(struct feed *f);
/* Ask for what can be asked for now. */
void pages_ask(struct feed *f);
/* The same, and see to those that stay away; due: when that is to be done next. */
void pages_step(struct feed *f);
int64_t pages_due(const struct feed *f);
/* The next page, if it is there: a queue that belongs to the caller. */
struct frame_queue *pages_take(struct feed *f);
/* None is there or under way, and nothing more is to be had. */
bool pages_done(const struct feed *f);
/* None is there. */
bool pages_empty(const struct feed *f);
void pages_drop(struct feed *f);
/* Forget those that were not looked at: nothing comes behind the others any more. */
void pages_keep_taken(struct feed *f);
void pages_clear(struct feed *f);

/* When it will be time to tell that somebody came or went; CALL_FOR_EVER: nobody did, or it is time
 * already. */
int64_t feed_presence_due(const struct feed *f);

/* A free one: there is one as long as one of current, held and the pages is missing. */
struct frame_queue *frame_queue_take(struct feed *f);
/* Empty *r and set *r to NULL. */
void frame_queue_drop(struct frame_queue **r);
/* Read and handle one frame of the feed socket. False: there is none. */
bool feed_read(struct feed *f);
/* The connection is over. Of what it brought and nobody has read only why the group ended it
 * counts, and is handled: entries are fetched. False: that is not among it. */
bool feed_last_word(struct feed *f);

#endif
