/*
 * scroll - the conversation as blocks of lines, and which of them are in sight.
 * A block is an entry, a note, or many comings and goings folded into one, together with the day
 * and the unread line in front of it.
 */
#ifndef SCREEN_SCROLL_H
#define SCREEN_SCROLL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "columns/wrap.h"
#include "model/model.h"
#include "screen/layout.h"

struct scroll_block {
    size_t first, last; /* items */
    bool day;
    bool unread;
};

struct scroll {
    struct scroll_block *blocks;
    size_t n;
    size_t cap;
    struct wrap wrap;
    struct buf text; /* of the block that was wrapped last, with a NUL */
};

/* Zero-initialise; then of one talk at one size. False: no memory. */
bool scroll_build(struct scroll *s, const struct talk *t);
void scroll_clear(struct scroll *s);

/* indent: columns in front of the text. Wrap the block's text into s->wrap and s->text. Returns all
 * its lines with those in front. */
int scroll_lines(struct scroll *s, const struct talk *t, const struct scroll_block *b, int cols,
                 int indent);
/* A rule or a paragraph over the whole width. */
bool block_is_rule(const struct talk *t, const struct scroll_block *b);

struct spot {
    size_t block;
    int below; /* lines of it under the edge */
};
/* The lowest block in sight. There is at least one block. */
struct spot scroll_spot(const struct scroll *s, const struct talk *t);
void scroll_keep(const struct scroll *s, struct talk *t, struct spot spot);
/* Up by so many lines (negative: down), but not over the ends. */
struct spot scroll_move(struct scroll *s, const struct talk *t, struct spot from, int lines,
                        const struct area *area, int indent);
/* The spot at which a block is on top. */
struct spot scroll_on_top(struct scroll *s, const struct talk *t, size_t block,
                          const struct area *area, int indent);

#endif
