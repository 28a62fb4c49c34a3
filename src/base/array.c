#include "base/array.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAP 8

/* Doubling keeps a chain of additions linear. */
bool
array_grow(void *items, size_t *cap, size_t need, size_t size)
{
    size_t wanted = *cap > 0 ? *cap : FIRST_CAP;
    void *before;
    void *grown;

    if (need <= *cap)
        return true;
    if (need > PTRDIFF_MAX / size)
        return false;
    while (wanted < need)
        wanted *= 2;
    /* Copied, for a pointer to elements is no void pointer. */
    memcpy(&before, items, sizeof before);
    grown = reallocarray(before, wanted, size);
    if (grown == NULL)
        return false;
    memcpy(items, &grown, sizeof grown);
    *cap = wanted;
    return true;
}

size_t
array_bisect(const void *items, size_t n, size_t size, const void *key, array_order *order,
             bool past)
{
    size_t low = 0;
    size_t high = n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int at = order((const char *)items + middle * size, key);

        if (at < 0 || (past && at == 0))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
