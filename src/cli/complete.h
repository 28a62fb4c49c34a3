/*
 * complete - what may stand at the end of a command line, from the tables of options and commands.
 * `PROGRAM --complete WORD...` prints it for the stubs of the shells (cmake/completion): WORDs are
 * what is typed so far behind PROGRAM, the last of them not yet whole. A line each: a word that
 * begins so, and behind a tab what it is; ":files" or ":dirs" stands for those that the shell
 * finds. Threads: any; no state.
 */
#ifndef CLI_COMPLETE_H
#define CLI_COMPLETE_H

#include <stdio.h>

#include "cli/opts.h"

struct complete;

/* Offer what no table holds. what: an operand as the synopsis names it ("GROUP"), or the name of an
 * option whose value is wanted ("resume"). Values of options in front of it are in set's rows. */
typedef void complete_names(struct complete *c, const char *what);

struct complete {
    const struct opt_set *set; /* rows of all options that the line may hold; a program with
                                  commands offers those without one that are common */
    FILE *out;
    complete_names *names; /* NULL: there are none */
    void *ctx;             /* of names */
    const char *command;   /* from here on set by complete_line; NULL: none is named */
    char **operands;       /* in front of the word; of the command, if there is one */
    size_t n_operands;
    const char *glued; /* what of the word stays in front: "--color=" */
    size_t glued_len;
    const char *typed; /* the rest of it */
};

/* words: what `--complete` was followed by, which are put in another order. The exit status. */
int complete_line(struct complete *c, char **words, size_t n);

/* The word, if it begins as what is typed and a terminal shows it as it is. about "": nothing is
 * said of it. */
void complete_offer(struct complete *c, const char *word, const char *about);

#endif
