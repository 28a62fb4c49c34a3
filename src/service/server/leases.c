#include "server/leases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

static int
by_name(const void *item, const void *key)
{
    const char *name = (*(struct lease *const *)item)->name;
    const struct span *wanted = key;
    size_t len = strlen(name);
    int order = memcmp(name, wanted->p, len < wanted->len ? len : wanted->len);

    return order != 0 ? order : (len > wanted->len) - (len < wanted->len);
}

size_t
leases_place(const struct leases *l, struct span name, bool past)
{
    return array_find(l->all, l->n, &name, by_name, past);
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

    if (!array_room(l->all, l->cap, l->n + 1))
        return NULL;
    lease = calloc(1, sizeof *lease);
    if (lease == NULL)
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
