/*
 * sending - messages from input.
 */
#ifndef CMD_SENDING_H
#define CMD_SENDING_H

#include "cmd/cmd.h"

/* Each line of the input is a message; the exit status. */
int sending_lines(struct cmd *c, const char *group, int input);

#endif
