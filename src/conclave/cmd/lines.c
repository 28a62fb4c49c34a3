#include "cmd/lines.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define READ_BYTES ((size_t)64 * 1024)

void
lines_init(struct lines *l, size_t max)
{
    *l = (struct lines){.max = max};
    buf_init(&l->in, 0);
}

void
lines_clear(struct lines *l)
{
    buf_clear(&l->in);
}

enum status
lines_read(struct lines *l, int fd)
{
    ssize_t n;
    enum status st;

    if (l->at > 0) {
        l->in.len -= l->at;
        memmove(l->in.p, l->in.p + l->at, l->in.len);
        l->before += l->at;
        l->at = 0;
    }
    st = buf_reserve(&l->in, READ_BYTES);
    if (st != ST_OK)
        return st;
    n = read(fd, l->in.p + l->in.len, READ_BYTES);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? ST_AGAIN : ST_SYSTEM;
    l->in.len += (size_t)n;
    l->ended = n == 0;
    return ST_OK;
}

uint64_t
lines_offset(const struct lines *l)
{
    return l->before + l->at;
}

/* Past the rest of a line that was too long. False: it has not ended yet. */
static bool
skip(struct lines *l)
{
    size_t left = l->in.len - l->at;
    const uint8_t *newline = left > 0 ? memchr(l->in.p + l->at, '\n', left) : NULL;

    l->at = newline != NULL ? (size_t)(newline - l->in.p) + 1 : l->in.len;
    l->skipping = newline == NULL;
    return newline != NULL;
}

enum lines_next
lines_next(struct lines *l, struct span *out)
{
    const uint8_t *newline;
    size_t left;

    if (l->skipping && !skip(l))
        return l->ended ? LINES_END : LINES_MORE;

    left = l->in.len - l->at;
    newline = left > 0 ? memchr(l->in.p + l->at, '\n', left) : NULL;
    if (newline == NULL && left <= l->max && !l->ended)
        return LINES_MORE;
    if (newline == NULL && left == 0)
        return LINES_END;

    l->number++;
    *out = (struct span){l->in.p + l->at, left};
    if (newline != NULL)
        out->len = (size_t)(newline - out->p);
    if (out->len > l->max) {
        l->skipping = true;
        return LINES_TOO_LONG;
    }
    l->at += out->len + (newline != NULL ? 1 : 0);
    return LINES_LINE;
}
