/*
 * manual - manual pages (groff, man macros) made from the tables of options.
 */
#ifndef CLI_MANUAL_H
#define CLI_MANUAL_H

#include "base/bytes.h"
#include "cli/opts.h"

/* Print a document to standard output: "man", "man5" (of the configuration), or, a line each,
 * "commands", their names, or "examples", all of examples.h. The exit status; CONCLAVE_INVALID: no
 * such form. */
int manual_generate(const struct opt_set *set, const char *form);

void manual_page(struct buf *out, const struct opt_set *set);
void manual_config_page(struct buf *out);

#endif
