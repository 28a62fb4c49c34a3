/*
 * grid - a screen as cells: what the view draws and the screen shows.
 */
#ifndef SCREEN_GRID_H
#define SCREEN_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "columns/width.h"

/* How a cell looks; theme.h says what that is in colours. */
enum style {
    STYLE_PLAIN,
    STYLE_DIM,     /* times, lines between panes */
    STYLE_TITLE,   /* the first line */
    STYLE_STATUS,  /* the line above the input */
    STYLE_TROUBLE, /* the same when not connected */
    STYLE_DAY,
    STYLE_UNREAD,
    STYLE_EVENT, /* joined, left, ... */
    STYLE_NOTE,  /* the program's own words */
    STYLE_ERROR,
    STYLE_PENDING,
    STYLE_MENTION,
    STYLE_CURRENT, /* the current group in the list */
    STYLE_NAME,    /* with a hue */
};
#define STYLES (STYLE_NAME + 1)
#define HUES   12

struct cell {
    char text[UNIT_BYTES + 1]; /* "": covered by the wide one before it */
    uint8_t style;
    uint8_t hue;
};

struct grid {
    int rows;
    int cols;
    struct cell *cells;
    int cursor_row, cursor_col;
};

/* Zero-initialise. All cells become plain spaces. False: no memory. */
bool grid_reset(struct grid *g, int rows, int cols);
void grid_clear(struct grid *g);
struct cell *grid_at(const struct grid *g, int row, int col);

struct pen {
    enum style style;
    uint8_t hue;
};
/* Write clean text (newlines as spaces) from col on, in at most `room` columns; what goes over the
 * edge is not written. Returns the columns it took. */
int grid_put(struct grid *g, int row, int col, int room, struct pen pen, const char *text,
             size_t len);
/* The same for a string; when it does not fit, it ends with an ellipsis. */
int grid_label(struct grid *g, int row, int col, int room, struct pen pen, const char *text);
void grid_fill(struct grid *g, int row, int col, int room, struct pen pen, const char *unit);

#endif
