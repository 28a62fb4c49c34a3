/*
 * session_impl - what the two halves of session share: session.c keeps the connection and moves
 * bytes, session_calls.c knows which calls wait, and ends them.
 */
#ifndef RPC_SESSION_IMPL_H
#define RPC_SESSION_IMPL_H

#include "rpc/session.h"

/* Over: tell its owner, who may submit it again. reply and why as call_done says. */
void call_end(struct call *c, enum status st, struct frame *reply, const struct fault *why);
/* When it ends without an answer; CALL_FOR_EVER: never. */
int64_t call_until(const struct session *s, const struct call *c);

/* End the calls that have no patience with the verdict of s->dial any more; s->why says it. */
void session_end_by_verdict(struct session *s, int64_t now_ms);
/* End the calls that will not wait for ever: the attempt to connect failed, as s->why says. */
void session_end_impatient(struct session *s);
/* End the calls whose time is over. */
void session_end_overdue(struct session *s, int64_t now_ms);
/* A call was sent on the present connection. */
bool session_awaits_answer(const struct session *s);
/* The call that was sent under that number; NULL: nobody waits for it. */
struct call *session_find_call(const struct session *s, uint32_t msgid);

#endif
