/*
 * fold - when are two nicks the same to a reader: without regard to case in any script, to
 * compatibility forms and to characters that nobody sees.
 * Threads: any; no state.
 */
#ifndef FOLD_H
#define FOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"

/* What stands for all nicks that read the same; fit for comparing bytes. */
struct fold {
    uint8_t bytes[16];
};

/* nick is UTF-8, at most NAME_MAX_BYTES. False: nothing of it can be seen, or out of memory. */
bool fold_nick(struct fold *out, struct span nick);
bool fold_equal(const struct fold *a, const struct fold *b);

#endif
