/*
 * history - the entries of a group that are there already.
 */
#ifndef CMD_HISTORY_H
#define CMD_HISTORY_H

#include <stdint.h>

#include "cmd/cmd.h"

/* The place in front of the last n entries. CONCLAVE_NONE: there is no entry. */
enum conclave_status history_last(struct cmd *c, const char *group, uint64_t n,
                                  struct conclave_cursor *out);

#endif
