#include "screen/scroll.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "model/talk.h"
#include "screen/phrase.h"

#define FOLD_LEAST 4 /* so many comings and goings in a row become one line */

static bool
comes_or_goes(const struct item *item)
{
    return item->kind == ITEM_ENTRY &&
           (item->what == CONCLAVE_JOINED || item->what == CONCLAVE_LEFT);
}

static bool
add_block(struct scroll *s, struct scroll_block b)
{
    if (!array_room(s->blocks, s->cap, s->n + 1))
        return false;
    s->blocks[s->n++] = b;
    return true;
}

/* The unread line is before this item; n_items: nowhere. */
static size_t
first_unread(const struct talk *t)
{
    for (size_t i = 0; t->unread_from > 0 && i < t->n_items; i++) {
        const struct item *item = &t->items[i];

        if (item->kind == ITEM_ENTRY && item->seq >= t->unread_from && !item->own &&
            item->what == CONCLAVE_MESSAGE)
            return i;
    }
    return t->n_items;
}

/* How many items from i on go into one line. */
static size_t
fold(const struct talk *t, size_t i)
{
    size_t end = i;

    while (end < t->n_items && comes_or_goes(&t->items[end]) &&
           t->items[end].day == t->items[i].day)
        end++;
    return end - i >= FOLD_LEAST ? end - i : 1;
}

bool
scroll_build(struct scroll *s, const struct talk *t)
{
    size_t unread = first_unread(t);
    int day = 0;

    s->n = 0;
    for (size_t i = 0; i < t->n_items;) {
        const struct item *item = &t->items[i];
        size_t n = fold(t, i);
        struct scroll_block b = {.first = i, .last = i + n - 1, .unread = i == unread};

        if (item->kind == ITEM_ENTRY || item->kind == ITEM_PENDING) {
            b.day = item->day != day;
            day = item->day;
        }
        if (!add_block(s, b))
            return false;
        i += n;
    }
    return true;
}

void
scroll_clear(struct scroll *s)
{
    free(s->blocks);
    wrap_clear(&s->wrap);
    buf_clear(&s->text);
    *s = (struct scroll){0};
}

bool
block_is_rule(const struct talk *t, const struct scroll_block *b)
{
    return t->items[b->first].kind == ITEM_LOST || t->items[b->first].kind == ITEM_HOLE;
}

int
scroll_lines(struct scroll *s, const struct talk *t, const struct scroll_block *b, int cols,
             int indent)
{
    int room = cols - indent > 2 ? cols - indent : 2;

    buf_reset(&s->text);
    phrase_block(&s->text, t, b->first, b->last);
    (void)buf_append(&s->text, "", 1);
    if (s->text.failed ||
        !wrap_text(&s->wrap, (const char *)s->text.p, s->text.len - 1, room, room))
        s->wrap.n = 0;
    return b->day + b->unread + (block_is_rule(t, b) ? 1 : (int)s->wrap.n);
}

/* ---- spots ---- */

static int
by_last(const void *block, const void *key)
{
    size_t last = ((const struct scroll_block *)block)->last;
    size_t item = *(const size_t *)key;

    return (last > item) - (last < item);
}

static size_t
block_of(const struct scroll *s, size_t item)
{
    return array_find(s->blocks, s->n - 1, &item, by_last, false);
}

struct spot
scroll_spot(const struct scroll *s, const struct talk *t)
{
    size_t item = t->anchor == 0 ? t->n_items : talk_find(t, t->anchor);

    if (item == t->n_items)
        return (struct spot){.block = s->n - 1};
    return (struct spot){.block = block_of(s, item), .below = t->anchor_below};
}

void
scroll_keep(const struct scroll *s, struct talk *t, struct spot spot)
{
    bool newest = spot.block == s->n - 1 && spot.below == 0;

    t->anchor = newest ? 0 : t->items[s->blocks[spot.block].last].uid;
    t->anchor_below = spot.below;
}

struct spot
scroll_on_top(struct scroll *s, const struct talk *t, size_t block, const struct area *area,
              int indent)
{
    int left = area->rows;

    for (size_t i = block; i < s->n; i++) {
        int lines = scroll_lines(s, t, &s->blocks[i], area->cols, indent);

        if (lines >= left)
            return (struct spot){.block = i, .below = lines - left};
        left -= lines;
    }
    return (struct spot){.block = s->n - 1};
}

/* Are there as many lines from the top to the spot as the area shows? */
static bool
fills(struct scroll *s, const struct talk *t, struct spot spot, const struct area *area, int indent)
{
    int left = area->rows + spot.below;

    for (size_t i = spot.block + 1; i > 0 && left > 0; i--)
        left -= scroll_lines(s, t, &s->blocks[i - 1], area->cols, indent);
    return left <= 0;
}

struct spot
scroll_move(struct scroll *s, const struct talk *t, struct spot from, int lines,
            const struct area *area, int indent)
{
    struct spot spot = {.block = from.block, .below = from.below + lines};

    while (spot.below < 0) {
        if (++spot.block == s->n)
            return (struct spot){.block = s->n - 1};
        spot.below += scroll_lines(s, t, &s->blocks[spot.block], area->cols, indent);
    }
    for (;;) {
        int own = scroll_lines(s, t, &s->blocks[spot.block], area->cols, indent);

        if (spot.below < own)
            break;
        if (spot.block == 0)
            return scroll_on_top(s, t, 0, area, indent);
        spot.below -= own;
        spot.block--;
    }
    return fills(s, t, spot, area, indent) ? spot : scroll_on_top(s, t, 0, area, indent);
}
