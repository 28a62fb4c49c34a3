#include "screen/bare.h"

#include <string.h>

#include "columns/width.h"
#include "screen/phrase.h"

static void
put(struct buf *out, const char *text)
{
    (void)buf_append(out, text, strlen(text));
}

/* "10:00 alice: good morning" */
static void
put_block(struct buf *out, const struct talk *t, const struct scroll_block *b)
{
    const struct item *item = &t->items[b->last];
    char time[PHRASE_TIME_LEN + 1], day[PHRASE_DAY_LEN + 1];

    if (b->day) {
        phrase_day(day, item->ts);
        put(out, day);
        put(out, "\n");
    }
    phrase_time(time, item->ts);
    put(out, time);
    put(out, " ");
    if (item->nick != NULL && item->what == CONCLAVE_MESSAGE) {
        put(out, item->nick);
        put(out, ": ");
    }
    phrase_block(out, t, b->first, b->last);
    put(out, "\n");
}

static int
rows_of(const char *text, size_t len, int cols)
{
    int rows = 0;

    while (len > 0) {
        const char *end = memchr(text, '\n', len);
        size_t line = end != NULL ? (size_t)(end - text) : len;
        int width = width_text(text, line);

        rows += width > 0 ? (width + cols - 1) / cols : 1;
        line += end != NULL;
        text += line;
        len -= line;
    }
    return rows;
}

void
bare_text(struct buf *out, struct scroll *s, const struct talk *t, int rows, int cols)
{
    size_t first, last;
    struct buf one;

    if (!scroll_build(s, t) || s->n == 0)
        return;
    buf_init(&one, 0);
    last = scroll_spot(s, t).block;
    for (first = last + 1; first > 0; first--) {
        buf_reset(&one);
        put_block(&one, t, &s->blocks[first - 1]);
        rows -= rows_of((const char *)one.p, one.len, cols);
        if (rows < 0 && first <= last)
            break;
    }
    out->failed |= one.failed;
    buf_clear(&one);
    for (size_t i = first; i <= last; i++)
        put_block(out, t, &s->blocks[i]);
}
