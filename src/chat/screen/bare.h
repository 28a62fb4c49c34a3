/*
 * bare - the conversation without frames: whole lines, which the terminal itself breaks, so that
 * they can be copied as they are.
 */
#ifndef SCREEN_BARE_H
#define SCREEN_BARE_H

#include "base/bytes.h"
#include "screen/scroll.h"

/* Append what ends where the conversation's sight ends and fits into so many rows; one message at
 * least. Clean, each line with its newline. s is for its work. Failure is in out->failed. */
void bare_text(struct buf *out, struct scroll *s, const struct talk *t, int rows, int cols);

#endif
