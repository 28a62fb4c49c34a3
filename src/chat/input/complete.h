/*
 * complete - completes the word before the cursor; again and again it goes through all that fit.
 */
#ifndef INPUT_COMPLETE_H
#define INPUT_COMPLETE_H

#include <stdbool.h>
#include <stddef.h>

#include "input/editor.h"

struct candidate {
    const char *word;   /* borrowed */
    const char *behind; /* what follows it: " ", ": " */
};

/* Zero-initialise. */
struct completion {
    bool active;
    size_t from; /* the word begins here */
    char *typed; /* what it was */
    size_t turn; /* which of those that fit is shown */
};

/* Where the word before the cursor begins. */
size_t complete_from(const struct editor *e);
/* Put the next of the candidates that begin like the word (without regard to ASCII case) in its
 * place, after the last the word itself again. False: none fits. */
bool complete_next(struct completion *c, struct editor *e, const struct candidate *all, size_t n);
/* Another key was pressed. */
void complete_reset(struct completion *c);

#endif
