/*
 * group_cast - an open group with one person of each kind in it, for tests.
 */
#ifndef GROUP_CAST_H
#define GROUP_CAST_H

#include "group_rig.h"

/* Numbers of actors. */
enum {
    OWNER = 1, /* named at the start */
    MODERATOR,
    PLAIN,  /* a member */
    TARGET, /* another one */
    PAST,   /* who left */
    BANNED,
    STRANGER, /* who was never in */
};

/* Setup of a test; ends with rig_teardown. */
int cast_setup(void **state);
/* The last entry of the log, as who reads it. */
struct entry cast_last_entry(struct rig *r, const struct actor *who);
/* It is of that kind, by somebody about somebody. */
void cast_expect_about(struct rig *r, enum entry_kind kind, const struct actor *by,
                       const struct actor *who, const char *nick, enum role role);

#endif
