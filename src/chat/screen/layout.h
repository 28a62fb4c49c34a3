/*
 * layout - which part of the screen belongs to what.
 */
#ifndef SCREEN_LAYOUT_H
#define SCREEN_LAYOUT_H

#include <stdbool.h>

#include "columns/width.h"
#include "screen/view.h"

struct area {
    int row, col;
    int rows, cols; /* 0: it is not shown */
};

struct layout {
    struct area title;
    struct area groups;
    struct area talk;
    struct area people;
    struct area status;
    struct area input;
    bool narrow; /* the conversation has little room for names */
    int nick;    /* columns of a name in it */
    int indent;  /* columns in front of the text */
};

/* Columns that what is shown would fill. */
struct needs {
    int groups;
    int people;
    int nick;
};
/* needs may be NULL where widths do not matter. */
struct layout layout_of(int rows, int cols, const struct view_input *in, const struct needs *needs);
#define TIME_COLS  5
#define MARKS_COLS 3 /* a mark between spaces before the name */

/* A place in the area of the input. */
struct input_place {
    int row, col;
};
/* Where the unit after *next is shown, in an area of so many columns; *next moves behind it. It
 * begins at column PROMPT_COLS. */
struct input_place layout_put(struct input_place *next, const struct unit *u, int cols);
/* Where the cursor is behind the first len bytes. */
struct input_place layout_cursor(const char *text, size_t len, int cols);
#define PROMPT_COLS 2

#endif
