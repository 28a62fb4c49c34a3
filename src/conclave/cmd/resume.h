/*
 * resume - the places in groups that a feed of some name had come to, in files.
 */
#ifndef CMD_RESUME_H
#define CMD_RESUME_H

#include <stdbool.h>

#include "cmd/cmd.h"

struct resume; /* opaque */

/* Find the directory of c->set.resume and keep others off it. NULL: reported, *status is the exit
 * status. */
struct resume *resume_open(struct cmd *c, int *status);
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

#endif
