/*
 * talk - one group's conversation in the model: what comes in, in whatever order, is put where it
 * belongs.
 * What is kept is bounded, see budget.h.
 * Functions that take memory leave the conversation as it was when there is none.
 */
#ifndef MODEL_TALK_H
#define MODEL_TALK_H

#include "model/model.h"

/* An entry of the feed. True: it is a mention of us that was not read yet. */
bool talk_entry(struct model *m, struct talk *t, const struct conclave_entry *e);

/* Everything from first to last was asked for, and these are all the entries there are: those
 * without a number between become ITEM_LOST. */
void talk_page(struct model *m, struct talk *t, uint64_t first, uint64_t last,
               const struct conclave_entry *entries, size_t n);
/* first..last exist and were not fetched. */
void talk_hole(struct model *m, struct talk *t, uint64_t first, uint64_t last);
void talk_lost(struct model *m, struct talk *t, uint64_t first, uint64_t last);

/* Our own message, posted now. */
void talk_pending(struct model *m, struct talk *t, const struct conclave_id *id, const char *text,
                  int64_t ts);
void talk_acked(struct talk *t, const struct conclave_ack *ack);
/* It becomes a note that says why, with its text. */
void talk_refused(struct model *m, struct talk *t, const struct conclave_id *id, const char *why);

/* The program's own words, at the end of what is there. text is cleaned. */
void talk_note(struct model *m, struct talk *t, bool error, const char *text);
/* The same behind that entry, whether it is there or is still to come. */
void talk_note_behind(struct model *m, struct talk *t, uint64_t seq, bool error, const char *text);

void talk_state(struct talk *t, enum talk_state state, const char *why);
void talk_topic(struct talk *t, const char *topic, size_t len);
/* Who is in: replaces all. Nicks are cleaned; here first, then by nick. */
void talk_people(struct model *m, struct talk *t, const struct conclave_member *members, size_t n);
const struct participant *talk_person(const struct talk *t, const struct conclave_id *id);

/* The log is another one: nothing of the old one stays. */
void talk_restart(struct talk *t);
/* Up to the newest everything was seen. */
void talk_seen(struct talk *t);
/* What is not read of a group that is opened, begins behind this seq. */
void talk_read_from(struct talk *t, uint64_t read);

void talk_keep_draft(struct talk *t, const char *text, size_t cursor);
/* The name of somebody who has none: the beginning of the UUID. */
#define TALK_SHORT_ID 8
/* Index of the item with this uid; n_items: there is none. */
size_t talk_find(const struct talk *t, uint64_t uid);
/* Index of the entry with this seq; n_items: there is none. */
size_t talk_find_seq(const struct talk *t, uint64_t seq);
void item_clear(struct item *item);

/* For budget.c. */
bool item_is_range(const struct item *item);
void items_remove(struct talk *t, size_t at, size_t n);
/* Nothing when first is above last. */
void items_put_range(struct model *m, struct talk *t, enum item_kind kind, uint64_t first,
                     uint64_t last);

#endif
