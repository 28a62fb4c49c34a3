/*
 * feeding - entries of groups as they come: printed, or given to a command, from a place that may
 * be remembered.
 */
#ifndef CMD_FEEDING_H
#define CMD_FEEDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cmd/cmd.h"

struct feed_plan {
    char **groups;
    size_t n;
    const char *after;  /* a time or number as users give it; NULL: from now on, or */
    uint64_t last;      /* with the last so many entries of each group; 0: with none */
    uint64_t count;     /* entries that are wanted; 0: no bound */
    const char *resume; /* the name under which the place is remembered, or NULL */
    const char *exec;   /* what to run for each entry, or NULL: print it */
};

/* Until interrupted, or over by itself; the exit status. */
int feed_run(struct cmd *c, const struct feed_plan *plan);

/* ---- places that are remembered ---- */

struct resume; /* opaque */

/* Find the directory of that name and keep others off it. NULL: reported, *status is the exit
 * status. */
struct resume *resume_open(struct cmd *c, const struct feed_plan *plan, int *status);
/* Saves what was not saved. NULL is allowed. */
void resume_close(struct resume *p);
/* CONCLAVE_OK; CONCLAVE_NONE: none is remembered; else reported. */
enum conclave_status resume_load(struct resume *p, const char *group, struct conclave_cursor *out);
/* The place in that group moved; save it soon, or (now) at once. False: reported. */
bool resume_moved(struct resume *p, const char *group, bool now);
/* Save what is to be saved. False: reported. */
bool resume_save(struct resume *p);
/* Is there something to be saved? */
bool resume_pending(const struct resume *p);

/* ---- a command for each entry ---- */

/* Run it with the entry as JSON on standard input, and wait for its end. *result is its exit
 * status, or 128 and the signal that ended it. False: reported. */
bool feed_exec(struct cmd *c, const char *command, const struct conclave_entry *e, int *result);

#endif
