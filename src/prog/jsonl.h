/*
 * jsonl - what conclave has to tell, as one JSON object a line (jansson).
 * Output is ASCII: everything else is \uXXXX, so that text from others cannot act on a terminal.
 * Valid for any bytes: a body that is not UTF-8 is in "body_base64", any other text in the escaped
 * form of text_escape.
 * Each call appends an object without its newline; failure (memory) is in b->failed.
 * Threads: any; no state.
 */
#ifndef JSONL_H
#define JSONL_H

#include "show.h"

void jsonl_entry(struct buf *b, const struct conclave_entry *e);
void jsonl_group(struct buf *b, const struct conclave_group *g);
void jsonl_member(struct buf *b, const struct conclave_member *m);
void jsonl_self(struct buf *b, const struct show_identity *self);
void jsonl_joined(struct buf *b, const char *group, bool already, const char *nick);
void jsonl_left(struct buf *b, const char *group);
void jsonl_sent(struct buf *b, const char *group, const struct conclave_ack *ack);
void jsonl_stored(struct buf *b, const char *group, uint64_t stored, uint64_t messages);
void jsonl_gap(struct buf *b, const struct conclave_event *e);
void jsonl_state(struct buf *b, const struct conclave_event *e);
void jsonl_failure(struct buf *b, const struct show_failure *f);

#endif
