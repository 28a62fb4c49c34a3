/*
 * jsonl - what conclave has to tell, as one JSON object a line (jansson).
 * Output is ASCII: everything else is \uXXXX, so that text from others cannot act on a terminal.
 * Valid for any bytes: a body that is not UTF-8 is in "body_base64", any other text in the escaped
 * form of text_escape.
 * Each call appends an object without its newline, of what the struct says that its name stands for
 * (plain.h); failure (memory) is in b->failed.
 * Threads: any; no state.
 */
#ifndef TELL_JSONL_H
#define TELL_JSONL_H

#include "base/bytes.h"

void jsonl_entry(struct buf *b, const void *entry);
void jsonl_group(struct buf *b, const void *group);
void jsonl_member(struct buf *b, const void *member);
void jsonl_ban(struct buf *b, const void *ban);
void jsonl_invitation(struct buf *b, const void *invitation);
void jsonl_setting(struct buf *b, const void *setting);
void jsonl_self(struct buf *b, const void *self);
void jsonl_setup(struct buf *b, const void *setup);
void jsonl_info(struct buf *b, const void *info);
void jsonl_topic(struct buf *b, const void *change);
void jsonl_invite(struct buf *b, const void *invite);
void jsonl_joined(struct buf *b, const void *outcome);
void jsonl_left(struct buf *b, const void *outcome);
void jsonl_sent(struct buf *b, const void *outcome);
void jsonl_stored(struct buf *b, const void *outcome);
void jsonl_exported(struct buf *b, const void *outcome);
void jsonl_change(struct buf *b, const void *change);
void jsonl_gap(struct buf *b, const void *event);
void jsonl_state(struct buf *b, const void *event);
void jsonl_failure(struct buf *b, const void *failure);

#endif
