/*
 * panes - draws each part of the screen.
 */
#ifndef SCREEN_PANES_H
#define SCREEN_PANES_H

#include "model/model.h"
#include "screen/grid.h"
#include "screen/layout.h"
#include "screen/scroll.h"

/* How wide what the panes hold of m is. */
struct needs panes_needs(const struct model *m);

void panes_title(struct grid *g, const struct area *a, const struct talk *t);
void panes_groups(struct grid *g, const struct area *a, const struct model *m);
void panes_people(struct grid *g, const struct area *a, const struct talk *t);
void panes_status(struct grid *g, const struct layout *l, const struct model *m);
/* s was built of t. */
void panes_talk(struct grid *g, const struct layout *l, const struct talk *t, struct scroll *s,
                struct view_want *want);

#endif
