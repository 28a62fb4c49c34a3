#include "tell/table.h"

#include <string.h>

#include "columns/width.h"

#define GAP      2 /* blanks between columns */
#define ELLIPSIS "\xe2\x80\xa6"

void
table_init(struct table *t)
{
    *t = (struct table){0};
    buf_init(&t->text, 0);
    buf_init(&t->ends, 0);
}

void
table_clear(struct table *t)
{
    buf_clear(&t->text);
    buf_clear(&t->ends);
    t->columns = 0;
}

void
table_begin(struct table *t, size_t columns, unsigned elastic, unsigned first)
{
    t->columns = columns;
    t->elastic = elastic;
    t->first = first;
}

void
table_cell(struct table *t)
{
    buf_append(&t->ends, &t->text.len, sizeof t->text.len);
}

static size_t
cell_count(const struct table *t)
{
    return t->ends.len / sizeof(size_t);
}

static size_t
cell_end(const struct table *t, size_t i)
{
    size_t end;

    memcpy(&end, t->ends.p + i * sizeof end, sizeof end);
    return end;
}

static struct span
cell(const struct table *t, size_t i)
{
    size_t start = i > 0 ? cell_end(t, i - 1) : 0;

    return (struct span){t->text.p + start, cell_end(t, i) - start};
}

static size_t
measure(const struct table *t, size_t widths[static TABLE_COLUMNS_MAX])
{
    size_t all = 0;

    memset(widths, 0, TABLE_COLUMNS_MAX * sizeof widths[0]);
    for (size_t i = 0; i < cell_count(t); i++) {
        size_t *width = &widths[i % t->columns];
        struct span text = cell(t, i);
        size_t columns = (size_t)width_text((const char *)text.p, text.len);

        *width = columns > *width ? columns : *width;
    }
    for (size_t i = 0; i < t->columns; i++)
        all += widths[i] + (i > 0 && widths[i] > 0 ? GAP : 0);
    return all;
}

/* Take what is too much from these columns, the last first. Returns what is left of it. */
static size_t
shrink(const struct table *t, size_t widths[static TABLE_COLUMNS_MAX], unsigned columns,
       size_t excess)
{
    for (size_t i = t->columns; i-- > 0 && excess > 0;) {
        size_t spare = widths[i] > TABLE_ELASTIC ? widths[i] - TABLE_ELASTIC : 0;

        if ((columns & 1u << i) == 0)
            continue;
        spare = spare < excess ? spare : excess;
        widths[i] -= spare;
        excess -= spare;
    }
    return excess;
}

static void
put_blanks(struct buf *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_append(out, " ", 1);
}

/* Returns how many columns it took. */
static size_t
put_cell(struct buf *out, struct span text, size_t width)
{
    size_t columns = (size_t)width_text((const char *)text.p, text.len);

    if (columns <= width) {
        buf_append(out, text.p, text.len);
        return columns;
    }
    text.len = width_fit((const char *)text.p, text.len, (int)width - 1);
    buf_append(out, text.p, text.len);
    buf_append(out, ELLIPSIS, strlen(ELLIPSIS));
    return (size_t)width_text((const char *)text.p, text.len) + 1;
}

static void
put_row(const struct table *t, struct buf *out, size_t first,
        const size_t widths[static TABLE_COLUMNS_MAX])
{
    size_t owed = 0; /* blanks before the next cell */

    for (size_t i = 0; i < t->columns; i++) {
        struct span text = cell(t, first + i);

        if (widths[i] == 0)
            continue;
        if (text.len > 0) {
            put_blanks(out, owed);
            owed = widths[i] + GAP - put_cell(out, text, widths[i]);
        } else {
            owed += widths[i] + GAP;
        }
    }
    buf_append(out, "\n", 1);
}

void
table_format(struct table *t, struct buf *out, size_t width)
{
    size_t widths[TABLE_COLUMNS_MAX];

    if (t->text.failed || t->ends.failed) {
        out->failed = true;
    } else if (t->columns > 0) {
        size_t all = measure(t, widths);

        if (width > 0 && all > width)
            shrink(t, widths, t->elastic, shrink(t, widths, t->first, all - width));
        for (size_t i = 0; i + t->columns <= cell_count(t); i += t->columns)
            put_row(t, out, i, widths);
    }
    buf_reset(&t->text);
    buf_reset(&t->ends);
    t->columns = 0;
}
