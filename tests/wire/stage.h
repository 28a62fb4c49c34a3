/*
 * stage - a message server and a group on loopback with data of their own, and people with keys.
 */
#ifndef STAGE_H
#define STAGE_H

#include <sys/types.h>

#include "zmtp.h"

#define STAGE_GROUP   "wire" /* the group's name */
#define STAGE_PATH    256
#define STAGE_ADDRESS 32 /* room for an address to call from */

enum door { DOOR_SERVER, DOOR_GROUP, DOOR_FEED, DOOR_COUNT };

extern const char *const door_names[DOOR_COUNT];

/* On which lists a key is. */
enum list { LIST_USERS, LIST_GROUPS, LIST_MEMBERS, LIST_COUNT };

struct stage {
    char dir[STAGE_PATH];
    char bin[STAGE_PATH]; /* where the programs are */
    struct zmtp_key server_key;
    struct zmtp_key group_key;
    struct zmtp_key owner;
    pid_t server;
    pid_t group;
    in_port_t ports[DOOR_COUNT];
};

/* Makes the directory; nothing runs yet. */
void stage_open(struct stage *s, const char *bin);
/* Put a key on a list, under a number that is new there. */
void stage_admit(const struct stage *s, enum list list, const struct zmtp_key *key,
                 unsigned number);
void stage_start(struct stage *s);
/* Whether both services still run. */
bool stage_lives(const struct stage *s);
/* Resident memory of a service, in KiB: now, and at its highest. */
void stage_memory(pid_t pid, long *now, long *peak);
/* Ends the services and removes the directory. False: one did not end with 0. */
bool stage_close(struct stage *s);

/* A connection that is ready, or why not. */
enum zmtp_status stage_call(const struct stage *s, enum door door, const struct zmtp_key *me,
                            const char *from, struct zmtp *out);
const uint8_t *stage_key_of(const struct stage *s, enum door door);
const char *stage_type_for(enum door door);

#endif
