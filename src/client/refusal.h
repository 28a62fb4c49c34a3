/*
 * refusal - why something failed, as the library's users see it: a stable code and a sentence.
 */
#ifndef RPC_REFUSAL_H
#define RPC_REFUSAL_H

#include <stdbool.h>

#include "base/status.h"
#include "conclave.h"
#include "rpc/session.h"
#include "wire/wire.h"

#define REFUSAL_CODE_MAX 40
#define KEY_CHANGED      "key_changed"
#define KEY_OTHER        "other_key"

struct refusal {
    char code[REFUSAL_CODE_MAX];
    char text[FAULT_TEXT_MAX];
};

/* What an error reply says. Its text is from others and is escaped. */
void refusal_of_reply(struct refusal *r, const struct wire_reply *reply);
void refusal_of_code(struct refusal *r, enum wire_code code);
/* A failure on this side. text NULL: the status as a word. */
void refusal_of_status(struct refusal *r, enum status st, const char *text);
/* A failure of a call. */
void refusal_of_session(struct refusal *r, const struct session *s, enum status st,
                        const char *text);
void refusal_set(struct refusal *r, const char *code, const char *text);

/* The same request may well be accepted a little later. */
bool code_is_passing(enum wire_code code);
enum conclave_status status_public(enum status st);

#endif
