/*
 * wire_examples - the messages that docs/protocol.md shows in hexadecimal.
 */
#ifndef WIRE_EXAMPLES_H
#define WIRE_EXAMPLES_H

#include "wire/wire.h"

/* Append the example of an operation or event to b. Lists are built in *items, which is empty. */
void example_request(struct buf *b, enum wire_op op, struct buf *items);
void example_reply(struct buf *b, enum wire_op op, struct buf *items);
/* get_message backwards, and its answer. */
void example_back_request(struct buf *b);
void example_back_reply(struct buf *b, struct buf *items);
void example_event(struct buf *b, enum wire_event event, struct buf *items);

/* The person whose public key is the bytes first, first + 1 ... Ann is 0, Bob 0x40. */
struct id example_person(unsigned first);

#endif
