/*
 * fold - when are two nicks, or two names of groups, the same to a reader: without regard to case
 * in any script, to compatibility forms and to characters that nobody sees. Threads: any; no state.
 */
#ifndef STORE_FOLD_H
#define STORE_FOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

/* What stands for all names that read the same; fit for comparing bytes. */
struct fold {
    uint8_t bytes[16];
};

/* name is UTF-8, at most NAME_MAX_BYTES. False: nothing of it can be seen, or out of memory. */
bool fold_name(struct fold *out, struct span name);
bool fold_equal(const struct fold *a, const struct fold *b);

#endif
