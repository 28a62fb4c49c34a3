#include "server/leases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t
leases_place(const struct leases *l, struct span name, bool past)
{
    size_t from = 0, to = l->n;

    while (from < to) {
        size_t mid = from + (to - from) / 2;
        size_t len = strlen(l->all[mid]->name);
        int c = memcmp(l->all[mid]->name, name.p, len < name.len ? len : name.len);

        if (c == 0)
            c = (len > name.len) - (len < name.len);
        if (c < 0 || (past && c == 0))
            from = mid + 1;
        else
            to = mid;
    }
    return from;
}

struct lease *
leases_find(const struct leases *l, struct span name)
{
    size_t i = leases_place(l, name, false);

    return i < l->n && span_equal(span_of(l->all[i]->name), name) ? l->all[i] : NULL;
}

void
leases_drop(struct leases *l, size_t i)
{
    free(l->all[i]);
    memmove(l->all + i, l->all + i + 1, (l->n - i - 1) * sizeof *l->all);
    l->n--;
}

struct lease *
leases_add(struct leases *l, struct span name)
{
    size_t i = leases_place(l, name, false);
    struct lease *lease;

    if (l->n == l->cap) {
        size_t cap = l->cap ? l->cap * 2 : 16;
        struct lease **all = reallocarray(l->all, cap, sizeof *all);

        if (!all)
            return NULL;
        l->all = all;
        l->cap = cap;
    }
    lease = calloc(1, sizeof *lease);
    if (!lease)
        return NULL;
    snprintf(lease->name, sizeof lease->name, "%.*s", (int)name.len, (const char *)name.p);
    memmove(l->all + i + 1, l->all + i, (l->n - i) * sizeof *l->all);
    l->all[i] = lease;
    l->n++;
    return lease;
}

void
leases_clear(struct leases *l)
{
    while (l->n)
        leases_drop(l, l->n - 1);
    free(l->all);
    l->all = NULL;
    l->cap = 0;
}
