/*
 * plain - what conclave has to tell, as a line for people. Text from others is escaped, times are
 * local. Each call appends a line without its newline (plain_self: four lines); failure (memory)
 * is in b->failed.
 * Threads: any; no state.
 */
#ifndef PLAIN_H
#define PLAIN_H

#include "show.h"

void plain_entry(struct buf *b, const struct conclave_entry *e, bool with_group);
void plain_group(struct buf *b, const struct conclave_group *g);
void plain_member(struct buf *b, const struct conclave_member *m);
void plain_self(struct buf *b, const struct show_identity *self);
void plain_joined(struct buf *b, const char *group, bool already, const char *nick);
void plain_left(struct buf *b, const char *group);
void plain_sent(struct buf *b, const char *group, const struct conclave_ack *ack);
void plain_stored(struct buf *b, uint64_t stored, uint64_t messages);
void plain_gap(struct buf *b, const struct conclave_event *e);
void plain_state(struct buf *b, const struct conclave_event *e);
void plain_failure(struct buf *b, const struct show_failure *f);

#endif
