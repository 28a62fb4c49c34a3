#include "screen/panes.h"

#include <string.h>

#include "screen/hue.h"
#include "screen/phrase.h"

/* Lines of one block are drawn from `row` on; only those within the area. */
struct strokes {
    struct grid *g;
    const struct area *area;
    const struct talk *t;
    struct scroll *s;
    const struct layout *layout;
};

static bool
in_sight(const struct strokes *k, int row)
{
    return row >= 0 && row < k->area->rows;
}

static void
draw_rule(const struct strokes *k, int row, enum style style, const char *text)
{
    const struct area *a = k->area;
    const struct pen pen = {.style = style};
    int width = width_text(text, strlen(text)) + 2;
    int left = width < a->cols ? (a->cols - width) / 2 : 0;

    if (!in_sight(k, row))
        return;
    grid_fill(k->g, a->row + row, a->col, a->cols, pen, "─");
    left += grid_put(k->g, a->row + row, a->col + left, a->cols - left, pen, " ", 1);
    left += grid_label(k->g, a->row + row, a->col + left, a->cols - left - 1, pen, text);
    grid_put(k->g, a->row + row, a->col + left, a->cols - left, pen, " ", 1);
}

static enum style
style_of(const struct item *item)
{
    switch (item->kind) {
    case ITEM_NOTE:
        return item->error ? STYLE_ERROR : STYLE_NOTE;
    case ITEM_PENDING:
        return item->stored ? STYLE_PLAIN : STYLE_PENDING;
    case ITEM_ENTRY:
        return item->what == CONCLAVE_MESSAGE ? STYLE_PLAIN : STYLE_EVENT;
    default:
        return STYLE_DAY;
    }
}

static const char *
mark_of(const struct item *item)
{
    if (item->kind == ITEM_PENDING && !item->stored)
        return "~";
    if (item->mention)
        return "*";
    return item->kind == ITEM_NOTE && item->error ? "!" : " ";
}

/* Time, mark and name. The name ends where the text begins, but for the gap. */
static void
draw_head(const struct strokes *k, int row, const struct item *item, enum style style)
{
    bool spoken =
        item->kind == ITEM_PENDING || (item->kind == ITEM_ENTRY && item->what == CONCLAVE_MESSAGE);
    int room = k->layout->nick;
    const char *name = !spoken              ? (item->kind == ITEM_NOTE ? "" : "--")
                       : item->nick != NULL ? item->nick
                                            : "";
    int width = width_text(name, strlen(name));
    struct pen pen = {.style = spoken ? STYLE_NAME : style, .hue = hue_of(&item->author)};
    char time[PHRASE_TIME_LEN + 1];
    int at = k->area->row + row, col = k->area->col;

    phrase_time(time, item->ts);
    grid_label(k->g, at, col, TIME_COLS, (struct pen){.style = STYLE_DIM}, time);
    if (item->mention)
        pen.style = STYLE_MENTION;
    grid_label(k->g, at, col + TIME_COLS + 1, 1, pen, mark_of(item));
    col += TIME_COLS + MARKS_COLS + (width < room ? room - width : 0);
    grid_label(k->g, at, col, room, pen, name);
}

static void
draw_text(const struct strokes *k, int row, const struct scroll_block *b)
{
    const struct item *item = &k->t->items[b->last];
    const struct pen pen = {.style = style_of(item)};
    int indent = k->layout->indent;
    const struct area *a = k->area;

    for (size_t i = 0; i < k->s->wrap.n; i++) {
        const struct wrap_line *line = &k->s->wrap.lines[i];
        int at = row + (int)i;

        if (!in_sight(k, at))
            continue;
        if (i == 0)
            draw_head(k, at, item, pen.style);
        if (!k->layout->narrow)
            grid_label(k->g, a->row + at, a->col + indent - 2, 1, (struct pen){.style = STYLE_DIM},
                       "│");
        grid_put(k->g, a->row + at, a->col + indent, a->cols - indent, pen,
                 (const char *)k->s->text.p + line->at, line->len);
    }
}

/* Its text was wrapped last. */
static void
draw_block(const struct strokes *k, int row, const struct scroll_block *b)
{
    const struct item *item = &k->t->items[b->first];
    char day[PHRASE_DAY_LEN + 1];

    if (b->day) {
        phrase_day(day, item->ts);
        draw_rule(k, row++, STYLE_DAY, day);
    }
    if (b->unread)
        draw_rule(k, row++, STYLE_UNREAD, "unread");
    if (block_is_rule(k->t, b)) {
        draw_rule(k, row, item->kind == ITEM_LOST ? STYLE_ERROR : STYLE_DAY,
                  k->s->text.failed ? "" : (const char *)k->s->text.p);
    } else {
        draw_text(k, row, b);
    }
}

static void
look_for_holes(const struct talk *t, const struct scroll_block *b, bool at_top,
               struct view_want *want)
{
    const struct item *item = &t->items[b->first];

    if (item->kind != ITEM_HOLE || want->any)
        return;
    *want = (struct view_want){.any = true, .first = item->seq, .last = item->last, .tail = at_top};
}

void
panes_talk(struct grid *g, const struct layout *l, const struct talk *t, struct scroll *s,
           struct view_want *want)
{
    const struct strokes k = {.g = g, .area = &l->talk, .t = t, .s = s, .layout = l};
    struct spot spot;
    int row;

    if (s->n == 0)
        return;
    spot = scroll_spot(s, t);
    row = l->talk.rows + spot.below;
    for (size_t i = spot.block + 1; i > 0 && row > 0; i--) {
        const struct scroll_block *b = &s->blocks[i - 1];

        row -= scroll_lines(s, t, b, l->talk.cols, l->indent);
        draw_block(&k, row, b);
        look_for_holes(t, b, row <= 0 || i == 1, want);
    }
}
