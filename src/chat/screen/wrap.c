#include "screen/wrap.h"

#include <stdlib.h>

#include <unilbrk.h>

#include "base/array.h"
#include "model/clean.h"

static bool
add_line(struct wrap *w, const char *text, size_t at, size_t end)
{
    if (!array_room(w->lines, w->cap, w->n + 1))
        return false;
    while (end > at && text[end - 1] == ' ')
        end--;
    w->lines[w->n++] = (struct wrap_line){.at = at, .len = end - at};
    return true;
}

static bool
find_breaks(struct wrap *w, const char *text, size_t len)
{
    if (!array_room(w->breaks, w->breaks_cap, len))
        return false;
    if (len > 0)
        u8_possible_linebreaks((const uint8_t *)text, len, "UTF-8", w->breaks);
    return true;
}

/* Where the next line after `start` begins: *end is where the present one ends. */
static size_t
find_end(const struct wrap *w, const char *text, size_t len, size_t start, int columns, size_t *end)
{
    size_t at = start;
    size_t fair = 0; /* the last place to break; 0: none yet */
    struct unit u;

    while (clean_next(text + at, len - at, &u)) {
        if (u.width == 0) {
            *end = at;
            return at + u.len;
        }
        if (at > start && w->breaks[at] == UC_BREAK_POSSIBLE)
            fair = at;
        if (u.width > columns && u.text[0] != ' ') {
            *end = fair > start ? fair : at;
            return *end;
        }
        columns -= u.width;
        at += u.len;
    }
    *end = len;
    return len;
}

bool
wrap_text(struct wrap *w, const char *text, size_t len, int columns)
{
    size_t at = 0;

    w->n = 0;
    if (!find_breaks(w, text, len))
        return false;
    do {
        size_t end;
        size_t next = find_end(w, text, len, at, columns, &end);

        if (!add_line(w, text, at, end))
            return false;
        /* A newline at the end begins another, empty line. */
        if (next == len && end < len && !add_line(w, text, len, len))
            return false;
        at = next;
    } while (at < len);
    return true;
}

void
wrap_clear(struct wrap *w)
{
    free(w->lines);
    free(w->breaks);
    *w = (struct wrap){0};
}
