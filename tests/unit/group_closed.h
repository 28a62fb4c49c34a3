/*
 * group_closed - a group that lists nobody, with its owner in it, for tests.
 */
#ifndef GROUP_CLOSED_H
#define GROUP_CLOSED_H

#include "group_rig.h"

/* Numbers of actors. */
enum { OWNER = 1, GUEST, OTHER, STRANGER };

struct closed {
    struct rig *rig;
    char dir[DESK_DIR_MAX]; /* the list: nobody is on it */
    struct actor owner;     /* named at the start */
};

/* Setup and teardown of a test; *state is a struct closed. */
int closed_setup(void **state);
int closed_teardown(void **state);
/* Start it again. */
void closed_reopen(struct closed *c);
/* The owner makes an invitation; secret as in rig_invite. */
void closed_invite(struct closed *c, uint8_t secret, uint64_t uses, uint64_t lasts_ms);
/* Join with that secret. */
enum wire_code closed_come(struct closed *c, const struct actor *who, uint8_t secret);
bool closed_admits(const struct closed *c, const char *door, const struct actor *who);

#endif
