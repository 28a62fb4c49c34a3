#include "client/rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

#define BLOCK 4096

/* Texts one after another. A full block is not made larger, for rows point into it. */
struct rows_texts {
    struct rows_texts *next;
    size_t len;
    size_t cap;
    char bytes[];
};

void *
rows_add(struct rows *r, size_t size, size_t max)
{
    uint8_t *item;

    if (r->n >= max || !array_grow(&r->items, &r->cap, r->n + 1, size))
        return NULL;
    item = (uint8_t *)r->items + r->n++ * size;
    memset(item, 0, size);
    return item;
}

const char *
rows_text(struct rows *r, struct span text)
{
    struct rows_texts *t = r->texts;
    char *copy;

    if (t == NULL || text.len >= t->cap - t->len) {
        size_t cap = text.len < BLOCK ? BLOCK : text.len + 1;

        t = malloc(sizeof *t + cap);
        if (t == NULL) {
            r->failed = true;
            return "";
        }
        *t = (struct rows_texts){.next = r->texts, .cap = cap};
        r->texts = t;
    }
    copy = t->bytes + t->len;
    if (text.len > 0)
        memcpy(copy, text.p, text.len);
    copy[text.len] = '\0';
    t->len += text.len + 1;
    return copy;
}

bool
rows_next(struct rows *r, void *out, size_t size)
{
    if (r->given == r->n)
        return false;
    memcpy(out, (const uint8_t *)r->items + r->given++ * size, size);
    return true;
}

void
rows_clear(struct rows *r)
{
    while (r->texts != NULL) {
        struct rows_texts *t = r->texts;

        r->texts = t->next;
        free(t);
    }
    free(r->items);
    *r = (struct rows){0};
}
