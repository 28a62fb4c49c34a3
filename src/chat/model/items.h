/*
 * items - the items of a conversation in their order, for talk.c and talk_people.c.
 */
#ifndef MODEL_ITEMS_H
#define MODEL_ITEMS_H

#include <string.h>

#include "model/talk.h"

static inline bool
id_is(const struct conclave_id *a, const struct conclave_id *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

/* A number that differs for times of different days in the local zone. */
int items_day(int64_t ts);
bool item_is_range(const struct item *item);

/* Where an item with that seq stands: behind all that are not above it. */
size_t items_place(const struct talk *t, uint64_t seq);
/* Takes what *item owns; on failure that is freed. NULL: no memory. */
struct item *items_put(struct model *m, struct talk *t, size_t at, struct item *item);
void items_remove(struct talk *t, size_t at, size_t n);
/* Is that seq there, or known to be lost? */
bool items_have(const struct talk *t, uint64_t seq);
/* Nothing when first is above last. */
void items_put_range(struct model *m, struct talk *t, enum item_kind kind, uint64_t first,
                     uint64_t last);
/* Known to be lost; nothing when it is there. */
void items_put_lost(struct model *m, struct talk *t, uint64_t first, uint64_t last);
/* No hole reaches into first..last any more. */
void items_cut_holes(struct model *m, struct talk *t, uint64_t first, uint64_t last);

/* As a word of its own, without regard to ASCII case. */
bool talk_text_names(const char *text, const char *nick);

#endif
