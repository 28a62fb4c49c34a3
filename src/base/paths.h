/*
 * paths - where a person's files are: the XDG directories of conclave, and paths within them.
 * Threads: any; they read the environment.
 */
#ifndef BASE_PATHS_H
#define BASE_PATHS_H

#include <limits.h>
#include <stdbool.h>

#include "base/status.h"

/* A path with its NUL; "" where there is none. */
struct path {
    char text[PATH_MAX];
};

/* ~/.config/conclave/conclave.conf, or below $XDG_CONFIG_HOME. False: there is no home directory,
 * or the path is too long. */
bool paths_config(struct path *out);
/* ~/.local/state/conclave, or below $XDG_STATE_HOME. */
bool paths_state(struct path *out);

/* name within the directory dir, and within the directory that the file `beside` is in. */
bool paths_within(struct path *out, const char *dir, const char *name);
bool paths_beside(struct path *out, const char *beside, const char *name);
/* A path as it stands in the file `base`: "~/" is the home directory, and a relative one begins in
 * the directory of that file. */
bool paths_resolve(struct path *out, const char *base, const char *text);

/* Make the directory and those above it that are not there, with mode 0700. ST_SYSTEM. */
enum status paths_make(const char *dir, struct fault *why);
/* The same for the directory that the file is in. */
enum status paths_make_for(const char *file, struct fault *why);

#endif
