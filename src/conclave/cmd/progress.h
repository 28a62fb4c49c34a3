/*
 * progress - one line on a terminal that says how far something is: redrawn a few times a second,
 * and gone at the end. Where standard error is no terminal, nothing is said.
 * Threads: a progress belongs to one.
 */
#ifndef CMD_PROGRESS_H
#define CMD_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROGRESS_TEXT_MAX 160

struct progress {
    size_t width;     /* of the terminal; 0: say nothing */
    const char *what; /* "messages stored"; borrowed */
    int64_t start_ms;
    int64_t shown_ms; /* when it was drawn last; 0: not yet */
};

/* now_ms: of the monotonic clock, as in the others. */
void progress_init(struct progress *p, bool quiet, const char *what, int64_t now_ms);
/* `done` things; part of all of it, 0 to 1, or a negative number: not known. */
void progress_show(struct progress *p, uint64_t done, double part, int64_t now_ms);
/* Take the line away. */
void progress_end(struct progress *p);

/* The line's text: "12,345 messages stored, 41 %, 2m 10s left". */
void progress_format(char text[static PROGRESS_TEXT_MAX], const char *what, uint64_t done,
                     double part, int64_t elapsed_ms);

#endif
