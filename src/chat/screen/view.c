#include "screen/view.h"

#include <stdlib.h>
#include <string.h>

#include "screen/bare.h"
#include "screen/layout.h"
#include "screen/panes.h"
#include "screen/scroll.h"

#define HINT_COLS 50 /* from which the whole hint fits */

struct view {
    struct scroll scroll;
};

struct view *
view_new(void)
{
    return calloc(1, sizeof(struct view));
}

void
view_free(struct view *v)
{
    if (v == NULL)
        return;
    scroll_clear(&v->scroll);
    free(v);
}

static void
draw_line_between(struct grid *g, int col, const struct area *beside)
{
    if (beside->cols > 0)
        for (int row = 0; row < beside->rows; row++)
            grid_label(g, beside->row + row, col, 1, (struct pen){.style = STYLE_DIM}, "│");
}

static void
draw_input(struct grid *g, const struct area *a, const struct view_input *in)
{
    size_t len = strlen(in->text);
    struct input_place cursor = layout_cursor(in->text, in->cursor, a->cols);
    int above = cursor.row >= a->rows ? cursor.row - a->rows + 1 : 0;
    struct input_place next = {.col = PROMPT_COLS};
    const struct pen dim = {.style = STYLE_DIM};
    struct unit u;

    if (above == 0)
        grid_label(g, a->row, 0, 1, dim, "›");
    if (in->hint && len == 0)
        grid_label(g, a->row, PROMPT_COLS, a->cols - PROMPT_COLS, dim,
                   a->cols < HINT_COLS ? "/help, /quit"
                                       : "/help lists the commands and keys, /quit ends");
    for (size_t at = 0; width_next(in->text + at, len - at, &u); at += u.len) {
        struct input_place p = layout_put(&next, &u, a->cols);

        if (u.width > 0 && p.row >= above && p.row - above < a->rows)
            grid_put(g, a->row + p.row - above, p.col, u.width, (struct pen){.style = STYLE_PLAIN},
                     u.text, u.len);
    }
    g->cursor_row = a->row + cursor.row - above;
    g->cursor_col = cursor.col < a->cols ? cursor.col : a->cols - 1;
}

static bool
is_too_small(const struct grid *g)
{
    return g->rows < VIEW_ROWS_MIN || g->cols < VIEW_COLS_MIN;
}

void
view_draw(struct view *v, const struct model *m, const struct view_input *in, struct grid *g,
          struct view_want *want)
{
    const struct talk *t = model_current(m);
    const struct needs needs = panes_needs(m);
    struct layout l = layout_of(g->rows, g->cols, in, &needs);

    *want = (struct view_want){0};
    if (is_too_small(g)) {
        grid_label(g, 0, 0, g->cols, (struct pen){.style = STYLE_PLAIN}, "too small");
        return;
    }
    panes_title(g, &l.title, t);
    panes_groups(g, &l.groups, m);
    draw_line_between(g, l.talk.col - 1, &l.groups);
    if (scroll_build(&v->scroll, t))
        panes_talk(g, &l, t, &v->scroll, want);
    draw_line_between(g, l.people.col - 1, &l.people);
    panes_people(g, &l.people, t);
    panes_status(g, &l, m);
    draw_input(g, &l.input, in);
}

void
view_scroll(struct view *v, struct model *m, const struct view_input *in, const struct grid *size,
            int lines)
{
    struct talk *t = model_current(m);
    const struct needs needs = panes_needs(m);
    struct layout l = layout_of(size->rows, size->cols, in, &needs);

    if (is_too_small(size) || !scroll_build(&v->scroll, t) || v->scroll.n == 0)
        return;
    scroll_keep(&v->scroll, t,
                scroll_move(&v->scroll, t, scroll_spot(&v->scroll, t), lines, &l.talk, l.indent));
}

bool
view_shows_people(const struct view_input *in, const struct grid *size)
{
    return layout_of(size->rows, size->cols, in, NULL).people.cols > 0;
}

int
view_page(const struct view_input *in, const struct grid *size)
{
    int rows = layout_of(size->rows, size->cols, in, NULL).talk.rows;

    return rows > 2 ? rows - 1 : 1;
}

void
view_go(struct view *v, struct model *m, const struct view_input *in, const struct grid *size,
        uint64_t seq)
{
    struct talk *t = model_current(m);
    const struct needs needs = panes_needs(m);
    struct layout l = layout_of(size->rows, size->cols, in, &needs);
    size_t block = 0;

    if (is_too_small(size) || !scroll_build(&v->scroll, t) || v->scroll.n == 0)
        return;
    while (block + 1 < v->scroll.n && t->items[v->scroll.blocks[block].last].seq < seq)
        block++;
    scroll_keep(&v->scroll, t, scroll_on_top(&v->scroll, t, block, &l.talk, l.indent));
}

void
view_bare(struct view *v, const struct model *m, const struct grid *size, int rows, struct buf *out)
{
    if (!is_too_small(size))
        bare_text(out, &v->scroll, model_current(m), rows, size->cols);
}
