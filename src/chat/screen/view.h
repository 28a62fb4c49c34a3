/*
 * view - what is on the screen: a pure function of the model, the input and the size.
 */
#ifndef SCREEN_VIEW_H
#define SCREEN_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "model/model.h"
#include "screen/grid.h"

#define VIEW_ROWS_MIN 5
#define VIEW_COLS_MIN 20

struct view; /* memory for its work */

enum view_people { PEOPLE_IF_ROOM, PEOPLE_SHOWN, PEOPLE_HIDDEN };

struct view_input {
    const char *text; /* clean, of any length */
    size_t cursor;    /* in it */
    enum view_people people;
    bool hint; /* an empty input says how to begin */
};

/* What the drawn part of the conversation lacks. */
struct view_want {
    bool any;
    uint64_t first, last; /* not fetched yet */
    bool tail;            /* its end is in sight; else its beginning */
};

/* NULL: no memory. */
struct view *view_new(void);
void view_free(struct view *v);

/* Draw into g, which has its size. Smaller than the minimum: one line that says so. */
void view_draw(struct view *v, const struct model *m, const struct view_input *in, struct grid *g,
               struct view_want *want);

/* Move the current conversation by so many lines (up: positive). */
void view_scroll(struct view *v, struct model *m, const struct view_input *in,
                 const struct grid *size, int lines);
bool view_shows_people(const struct view_input *in, const struct grid *size);
/* Lines of a page. */
int view_page(const struct view_input *in, const struct grid *size);
/* The conversation without frames, see bare.h; so many rows of it. */
void view_bare(struct view *v, const struct model *m, const struct grid *size, int rows,
               struct buf *out);
/* Scroll so that the first entry at or behind seq is in the first line. */
void view_go(struct view *v, struct model *m, const struct view_input *in, const struct grid *size,
             uint64_t seq);

#endif
