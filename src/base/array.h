/*
 * array - plain arrays that grow, and places in sorted ones. items is the array's own variable, so
 * a struct that has one keeps it as three fields: items, how many they are, and the capacity.
 * Threads: any; no state.
 */
#ifndef BASE_ARRAY_H
#define BASE_ARRAY_H

#include <stdbool.h>
#include <stddef.h>

/* Make room in items, of capacity cap (a size_t), for so many. False: out of memory, and both are
 * as before. */
#define array_room(items, cap, need) array_grow(&(items), &(cap), (need), sizeof *(items))
/* items: the address of a pointer to elements of that size. */
bool array_grow(void *items, size_t *cap, size_t need, size_t size);

/* Below zero: item comes before key; zero: it is the one; else it comes behind. */
typedef int array_order(const void *item, const void *key);

/* The first of n sorted items that does not come before key; with past, the first that comes behind
 * it. n: there is none. */
#define array_find(items, n, key, order, past) \
    array_bisect((items), (n), sizeof *(items), (key), (order), (past))
size_t array_bisect(const void *items, size_t n, size_t size, const void *key, array_order *order,
                    bool past);

#endif
