/*
 * sending - messages from input.
 */
#ifndef SENDING_H
#define SENDING_H

#include "cmd.h"

/* Each line of the input is a message; the exit status. */
int sending_lines(struct cmd *c, const char *group, int input);

#endif
