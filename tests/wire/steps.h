/*
 * steps - the parts of a run.
 */
#ifndef STEPS_H
#define STEPS_H

#include "run.h"

enum start { START_TCP, START_GREETING, START_WELCOME, START_READY };

struct act {
    struct run *run;
    bytes_lookup *look_up; /* called with the act */
    struct zmtp wire;      /* the connection that the case is about */
    struct honest me;      /* the case's person as they behave beside it */
    struct honest witness;
    uint8_t id[RAW_ID_LEN];
};

/* As far as the driver goes by itself. */
void act_open(struct act *a, enum start start);
/* A case that begins before the handshake is over: edited commands, then bytes as they are. */
void act_raw(struct act *a, enum start start);
/* A case behind the handshake: messages. */
void act_talk(struct act *a);
/* Whether the case's person is a member now. */
void act_check_standing(struct act *a, bool member);
void act_close(struct act *a);

/* A number among the fields of an object. */
unsigned act_number(const json_t *object, const char *field, unsigned otherwise);
/* Bytes of the case; what cannot be read ends the run. */
void act_bytes(struct act *a, const char *text, struct bytes *out);
/* Nothing but the end may come any more. */
void act_must_end(struct act *a);
/* What came, to show it. */
_Noreturn void act_surprise(const char *expected, const struct bytes *came);

#endif
