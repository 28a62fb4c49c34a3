/*
 * budget - how much of what was said is kept in memory. What is let go of becomes a hole, and is
 * fetched again when it comes in sight.
 */
#ifndef MODEL_BUDGET_H
#define MODEL_BUDGET_H

#include "model/model.h"

#define BUDGET_ALL   (16u << 20) /* bytes of all conversations, about, */
#define BUDGET_ONE   (6u << 20)  /* of one, */
#define BUDGET_ITEMS 10000       /* and items of one */

/* What an item takes. */
size_t budget_cost(const struct item *item);
/* Let go of what is over the budget: of what is farthest from what is in sight. What is in sight,
 * the newest and what is to be sent stay. */
void budget_keep(struct model *m, struct talk *t);

#endif
