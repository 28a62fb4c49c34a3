#include "cli/screen.h"

#include <stdint.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <unistr.h>
#include <uniwidth.h>

#define WIDTH_UNKNOWN 80
#define WIDTH_LEAST   20

size_t
screen_width(int fd)
{
    struct winsize size;

    if (isatty(fd) != 1)
        return 0;
    if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return WIDTH_UNKNOWN;
    return size.ws_col < WIDTH_LEAST ? WIDTH_LEAST : size.ws_col;
}

/* The first character of text, which is not empty: its length and columns. */
static size_t
first_char(struct span text, size_t *columns)
{
    ucs4_t c = 0;
    int n = u8_mbtoucr(&c, text.p, text.len);
    int width = n > 0 ? uc_width(c, "UTF-8") : 1;

    *columns = width > 0 ? (size_t)width : 0;
    return n > 0 ? (size_t)n : 1;
}

size_t
screen_columns(struct span text)
{
    return text.len > 0 ? (size_t)u8_width(text.p, text.len, "UTF-8") : 0;
}

size_t
screen_cut(struct span text, size_t columns)
{
    size_t taken = 0;
    size_t at = 0;

    while (at < text.len) {
        size_t width;
        size_t n = first_char((struct span){text.p + at, text.len - at}, &width);

        if (taken + width > columns)
            break;
        taken += width;
        at += n;
    }
    return at;
}

/* ---- wrapping ---- */

/* Where a text is being put. */
struct wrapping {
    struct buf *out;
    size_t at;
    size_t indent;
    size_t width;
    bool begun; /* the line holds something of the text */
};

static void
begin_line(struct wrapping *w, bool indented)
{
    buf_append(w->out, "\n", 1);
    for (size_t i = 0; indented && i < w->indent; i++)
        buf_append(w->out, " ", 1);
    w->at = w->indent;
    w->begun = false;
}

/* A word, in pieces when it is wider than a line. */
static void
put_word(struct wrapping *w, struct span word)
{
    while (word.len > 0) {
        size_t room = w->width > w->at ? w->width - w->at : 0;
        size_t n = screen_cut(word, room);

        if (n == 0 && w->begun) {
            begin_line(w, true);
            continue;
        }
        /* A line that is too narrow for one character gets it nevertheless. */
        if (n == 0)
            n = screen_cut(word, 2) > 0 ? screen_cut(word, 2) : word.len;
        buf_append(w->out, word.p, n);
        w->at += screen_columns((struct span){word.p, n});
        w->begun = true;
        word = (struct span){word.p + n, word.len - n};
    }
}

static size_t
word_length(struct span text)
{
    size_t n = 0;

    while (n < text.len && text.p[n] != ' ' && text.p[n] != '\n')
        n++;
    return n;
}

void
screen_wrap(struct buf *out, struct span text, size_t at, size_t indent, size_t width)
{
    struct wrapping w = {.out = out,
                         .at = at,
                         .indent = indent,
                         .width = width > 0 ? width : SIZE_MAX,
                         .begun = at > 0};
    bool blank = false; /* a blank is owed before the next word */

    while (text.len > 0) {
        struct span word = {text.p, word_length(text)};
        size_t columns = screen_columns(word);

        if (blank && w.at + 1 + columns > w.width && w.begun) {
            begin_line(&w, true);
        } else if (blank) {
            buf_append(out, " ", 1);
            w.at++;
            w.begun = true;
        } else if (w.begun && w.at + columns > w.width && w.indent + columns <= w.width) {
            begin_line(&w, true);
        }
        put_word(&w, word);
        text = (struct span){text.p + word.len, text.len - word.len};
        blank = text.len > 0 && text.p[0] == ' ';
        if (text.len > 0 && text.p[0] == '\n')
            begin_line(&w, text.len > 1 && text.p[1] != '\n');
        if (text.len > 0)
            text = (struct span){text.p + 1, text.len - 1};
    }
}
