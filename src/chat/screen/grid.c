#include "screen/grid.h"

#include <stdlib.h>
#include <string.h>

bool
grid_reset(struct grid *g, int rows, int cols)
{
    size_t n = (size_t)rows * (size_t)cols;

    if (rows != g->rows || cols != g->cols || g->cells == NULL) {
        struct cell *cells = calloc(n > 0 ? n : 1, sizeof *cells);

        if (cells == NULL)
            return false;
        free(g->cells);
        g->cells = cells;
        g->rows = rows;
        g->cols = cols;
    }
    for (size_t i = 0; i < n; i++)
        g->cells[i] = (struct cell){.text = " "};
    g->cursor_row = g->cursor_col = 0;
    return true;
}

void
grid_clear(struct grid *g)
{
    free(g->cells);
    *g = (struct grid){0};
}

struct cell *
grid_at(const struct grid *g, int row, int col)
{
    return &g->cells[(size_t)row * (size_t)g->cols + (size_t)col];
}

static void
put_unit(struct grid *g, int row, int col, struct pen pen, const struct unit *u)
{
    struct cell *c = grid_at(g, row, col);

    *c = (struct cell){.style = (uint8_t)pen.style, .hue = pen.hue};
    if (u->width == 0)
        c->text[0] = ' ';
    else
        memcpy(c->text, u->text, u->len);
    if (u->width == 2)
        c[1] = (struct cell){.style = (uint8_t)pen.style, .hue = pen.hue};
}

int
grid_put(struct grid *g, int row, int col, int room, struct pen pen, const char *text, size_t len)
{
    int used = 0;
    struct unit u;

    if (row < 0 || row >= g->rows || col < 0)
        return 0;
    if (room > g->cols - col)
        room = g->cols - col;
    for (size_t at = 0; width_next(text + at, len - at, &u); at += u.len) {
        int width = u.width > 0 ? u.width : 1;

        if (width > room - used)
            break;
        put_unit(g, row, col + used, pen, &u);
        used += width;
    }
    return used;
}

int
grid_label(struct grid *g, int row, int col, int room, struct pen pen, const char *text)
{
    static const char ellipsis[] = "…";
    size_t len = strlen(text);
    int used;

    if (width_text(text, len) <= room)
        return grid_put(g, row, col, room, pen, text, len);
    if (room < 1)
        return 0;
    used = grid_put(g, row, col, room - 1, pen, text, width_fit(text, len, room - 1));
    return used + grid_put(g, row, col + used, 1, pen, ellipsis, sizeof ellipsis - 1);
}

void
grid_fill(struct grid *g, int row, int col, int room, struct pen pen, const char *unit)
{
    for (int i = 0; i < room; i++)
        grid_put(g, row, col + i, 1, pen, unit, strlen(unit));
}
