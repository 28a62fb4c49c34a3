#include "columns/wrap.h"

#include <stdlib.h>
#include <string.h>

#include <unilbrk.h>

#include "base/array.h"
#include "columns/width.h"

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

static bool
is_ascii(char c)
{
    return (unsigned char)c < 0x80;
}

/* May a line begin at text[at], though the word before it would fit into one? Unicode forbids that
 * before a slash, a dot and a colon, even behind a blank; here they begin words. */
static bool
is_fair(const struct wrap *w, const char *text, size_t at)
{
    bool allowed = w->breaks[at] == UC_BREAK_POSSIBLE;

    if (text[at - 1] == ' ')
        return allowed || (is_ascii(text[at]) && strchr(" !?;", text[at]) == NULL);
    return allowed && (!is_ascii(text[at - 1]) || !is_ascii(text[at]));
}

/* Where the next line after `start` begins: *end is where the present one ends. */
static size_t
find_end(const struct wrap *w, const char *text, size_t len, size_t start, int columns, size_t *end)
{
    size_t at = start;
    size_t fair = start;    /* the last place to break; start: none yet */
    size_t allowed = start; /* the same, within a word */
    struct unit u;

    while (width_next(text + at, len - at, &u)) {
        if (u.width == 0) {
            *end = at;
            return at + u.len;
        }
        if (at > start && is_fair(w, text, at))
            fair = at;
        else if (at > start && w->breaks[at] == UC_BREAK_POSSIBLE)
            allowed = at;
        if (u.width > columns && u.text[0] != ' ') {
            /* A line that is too narrow for one character gets it nevertheless. */
            *end = fair > start ? fair : allowed > start ? allowed : at > start ? at : u.len + at;
            return *end;
        }
        columns -= u.width;
        at += u.len;
    }
    *end = len;
    return len;
}

/* Is the first word too wide for so many columns, but not for a line? */
static bool
is_better_alone(const struct wrap *w, const char *text, size_t len, int first, int columns)
{
    struct unit u;
    size_t at = 0;

    while (width_next(text + at, len - at, &u) && u.width > 0 && u.text[0] != ' ' &&
           (at == 0 || !is_fair(w, text, at)))
        at += u.len;
    return width_text(text, at) > first &&
           (width_text(text, at) <= columns || width_fit(text, at, first) == 0);
}

bool
wrap_text(struct wrap *w, const char *text, size_t len, int first, int columns)
{
    size_t at = 0;

    w->n = 0;
    if (!find_breaks(w, text, len))
        return false;
    if (first < columns && is_better_alone(w, text, len, first, columns)) {
        if (!add_line(w, text, 0, 0))
            return false;
        first = columns;
    }
    do {
        size_t end;
        size_t next = find_end(w, text, len, at, at == 0 ? first : columns, &end);

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
