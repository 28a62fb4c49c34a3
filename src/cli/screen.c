#include "cli/screen.h"

#include <limits.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "columns/wrap.h"

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

void
screen_wrap(struct buf *out, struct span text, size_t at, size_t indent, size_t width)
{
    int columns = width > 0 ? (int)width : INT_MAX;
    struct wrap w = {0};
    size_t end;

    if (width == 0 && (text.len == 0 || memchr(text.p, '\n', text.len) == NULL)) {
        buf_append(out, text.p, text.len);
        return;
    }
    if (!wrap_text(&w, (const char *)text.p, text.len, columns - (int)at, columns - (int)indent))
        out->failed = true;
    for (size_t i = 0; i < w.n; i++) {
        buf_append(out, "\n", i > 0 ? 1 : 0);
        for (size_t j = 0; i > 0 && w.lines[i].len > 0 && j < indent; j++)
            buf_append(out, " ", 1);
        /* Spaces are left out where a line was broken, not where it ends by itself. */
        end = w.lines[i].at + w.lines[i].len;
        while (end < text.len && text.p[end] == ' ')
            end++;
        if (end < text.len && text.p[end] != '\n')
            end = w.lines[i].at + w.lines[i].len;
        if (end > w.lines[i].at)
            buf_append(out, text.p + w.lines[i].at, end - w.lines[i].at);
    }
    wrap_clear(&w);
}
