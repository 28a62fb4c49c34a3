#include "base/bytes.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define BUF_FIRST_CAP 64

struct span
span_of(const char *text)
{
    return (struct span){(const uint8_t *)text, text != NULL ? strlen(text) : 0};
}

bool
span_equal(struct span a, struct span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

bool
span_next_line(struct span *line, struct span *rest)
{
    const uint8_t *end;
    size_t taken;

    if (rest->len == 0)
        return false;
    end = memchr(rest->p, '\n', rest->len);
    *line = (struct span){rest->p, end != NULL ? (size_t)(end - rest->p) : rest->len};
    taken = line->len + (end != NULL ? 1 : 0);
    *rest = (struct span){rest->p + taken, rest->len - taken};
    return true;
}

void
buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){.max = max};
}

void
buf_clear(struct buf *b)
{
    free(b->p);
    buf_init(b, b->max);
}

void
buf_wipe(struct buf *b)
{
    if (b->cap > 0)
        sodium_memzero(b->p, b->cap);
    buf_clear(b);
}

void
buf_reset(struct buf *b)
{
    b->len = 0;
    b->failed = false;
}

/* Doubling keeps a chain of appends linear; the bound keeps the last step from overshooting. */
static size_t
grown_cap(const struct buf *b, size_t need)
{
    size_t bound = b->max != 0 ? b->max : SIZE_MAX;
    size_t cap = b->cap != 0 ? b->cap : BUF_FIRST_CAP;

    while (cap < need)
        cap = cap > SIZE_MAX / 2 ? need : cap * 2;
    return cap < bound ? cap : bound;
}

enum status
buf_reserve(struct buf *b, size_t more)
{
    size_t bound = b->max != 0 ? b->max : SIZE_MAX;
    size_t cap;
    uint8_t *p;

    if (b->len > bound || more > bound - b->len)
        return ST_FULL;
    if (more <= b->cap - b->len)
        return ST_OK;
    cap = grown_cap(b, b->len + more);
    p = realloc(b->p, cap);
    if (p == NULL)
        return ST_NOMEM;
    b->p = p;
    b->cap = cap;
    return ST_OK;
}

enum status
buf_append(struct buf *b, const void *bytes, size_t len)
{
    /* After a hole nothing may follow. */
    enum status st = b->failed ? ST_FULL : buf_reserve(b, len);

    if (st != ST_OK) {
        b->failed = true;
        return st;
    }
    if (len > 0) {
        memcpy(b->p + b->len, bytes, len);
        b->len += len;
    }
    return ST_OK;
}

struct span
buf_span(const struct buf *b)
{
    return (struct span){b->p, b->len};
}
