/*
 * completion - what the completions of all shells have in common.
 * Names of groups are those whose keys are remembered: no server is asked.
 * Threads: any; no state. Failure is in the buf.
 */
#ifndef CLI_COMPLETION_H
#define CLI_COMPLETION_H

#include <stdbool.h>

#include "base/bytes.h"
#include "cli/opts.h"

/* A command for sh that prints the names of groups. */
extern const char completion_groups[];

/* The options that every program has. */
#define COMPLETION_OWN 2
extern const struct opt completion_own[COMPLETION_OWN];

enum takes { TAKES_FILE, TAKES_DIR, TAKES_CHOICE, TAKES_OTHER };
/* What an option with an argument takes. */
enum takes completion_takes(const struct opt *opt);
/* Are the operands of that synopsis names of groups? */
bool completion_takes_groups(const char *synopsis);

void completion_put(struct buf *out, const char *text);
/* The choices of an option, with blanks between. */
void completion_put_choices(struct buf *out, const struct opt *opt);
/* The name of a shell function: "_conclave_server". */
#define COMPLETION_NAME_MAX 64
void completion_function(char name[static COMPLETION_NAME_MAX], const char *program);

#endif
