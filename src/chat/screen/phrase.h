/*
 * phrase - what the chat says about entries and states, in words.
 */
#ifndef SCREEN_PHRASE_H
#define SCREEN_PHRASE_H

#include "base/bytes.h"
#include "model/model.h"

/* The text of items first to last: of one item, or of comings and goings in one sentence. Clean;
 * failure (memory) is in out->failed. */
void phrase_block(struct buf *out, const struct talk *t, size_t first, size_t last);

/* "connected", "reconnecting", ... */
const char *phrase_state(enum talk_state state);

#define PHRASE_SPAN_LEN 32
/* "24 hours", "7 days", "90 minutes" */
void phrase_span(char out[static PHRASE_SPAN_LEN + 1], int64_t seconds);

#define PHRASE_TIME_LEN 5
#define PHRASE_DAY_LEN  24
/* "14:05", local */
void phrase_time(char out[static PHRASE_TIME_LEN + 1], int64_t ts);
/* "Mon 2026-11-23", local */
void phrase_day(char out[static PHRASE_DAY_LEN + 1], int64_t ts);

#endif
