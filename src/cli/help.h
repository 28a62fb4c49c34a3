/*
 * help - what --help and --version print, as wide as the terminal.
 */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "base/bytes.h"
#include "cli/opts.h"

/* Print to standard output; the exit status. */
int help_print(const struct opt_set *set);
int help_print_version(const struct opt_set *set);

/* The help as text for lines of `width` columns. */
void help_format(struct buf *out, const struct opt_set *set, size_t width);

/* What an exit status means, which is one of enum conclave_status: a few words. NULL: not one. */
#define HELP_EXITS (CONCLAVE_NONE + 1)
const char *help_exit_meaning(int status);

#endif
