/*
 * examples - how commands are used, for the help and the manual pages. They are whole lines for a
 * shell, and tests/cli/examples.sh runs all of them as they stand.
 * Threads: any; constant.
 */
#ifndef CLI_EXAMPLES_H
#define CLI_EXAMPLES_H

#include <stddef.h>

struct example {
    const char *program; /* "conclave send" */
    const char *line;
    const char *what; /* it does, in a few words */
};

/* The i-th of a program or command; NULL: there are fewer. */
const struct example *examples_of(const char *program, size_t i);
/* Of all, in the order in which they can be run. NULL: past the last. */
const struct example *examples_at(size_t i);

#endif
