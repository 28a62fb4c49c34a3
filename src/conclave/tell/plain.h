/*
 * plain - what conclave has to tell, as lines for people. Text from others is escaped, times are
 * local. Each call appends to s->out what the struct says that its name stands for, without the
 * last newline; those of lists append a row to s->rows. Failure (memory) is in their buf.
 * Threads: the show's.
 */
#ifndef TELL_PLAIN_H
#define TELL_PLAIN_H

#include "tell/show.h"

/* How something ended; each kind uses some of it. */
struct show_outcome {
    const char *group;
    const char *nick;
    const char *file;
    bool already;
    const struct conclave_ack *ack;
    uint64_t done;
    uint64_t all;
};

void plain_entry(struct show *s, const void *entry);           /* conclave_entry */
void plain_group(struct show *s, const void *group);           /* conclave_group; a row */
void plain_member(struct show *s, const void *member);         /* conclave_member; a row */
void plain_ban(struct show *s, const void *ban);               /* conclave_banned; a row */
void plain_invitation(struct show *s, const void *invitation); /* conclave_invitation; a row */
void plain_setting(struct show *s, const void *setting);       /* show_setting; a row */
void plain_self(struct show *s, const void *self);             /* show_identity */
void plain_setup(struct show *s, const void *setup);           /* show_setup */
void plain_info(struct show *s, const void *info);             /* show_group_info */
void plain_topic(struct show *s, const void *change);          /* show_change */
void plain_invite(struct show *s, const void *invite);         /* show_invite */
void plain_joined(struct show *s, const void *outcome);        /* show_outcome, and below */
void plain_left(struct show *s, const void *outcome);
void plain_sent(struct show *s, const void *outcome);
void plain_stored(struct show *s, const void *outcome);
void plain_exported(struct show *s, const void *outcome);
void plain_change(struct show *s, const void *change);   /* show_change */
void plain_gap(struct show *s, const void *event);       /* conclave_event */
void plain_state(struct show *s, const void *event);     /* conclave_event */
void plain_failure(struct show *s, const void *failure); /* show_failure */
void plain_remark(struct show *s, const void *text);     /* a string */

#endif
