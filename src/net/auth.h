/*
 * auth - decides which CURVE keys may connect, and gives each connection its name.
 * Answers libzmq's ZAP requests (rfc.zeromq.org/spec/27) on the service's own loop. Must be open
 * before any server socket binds: without a handler libzmq lets every key in.
 * Accepted connections carry the key in Z85 as User-Id; refusals are 400, never 300 (of which a
 * client sees nothing).
 * Threads: loop thread only. Logs every refusal, rate-limited, with key and domain.
 */
#ifndef AUTH_H
#define AUTH_H

#include <stdbool.h>
#include <stdint.h>

#include "keys.h"
#include "net.h"
#include "status.h"

struct auth;

/* Says whether key may connect to domain. Answers from memory. */
typedef bool auth_policy(void *ctx, const char *domain, const uint8_t key[static KEY_LEN]);

/* policy and ctx are borrowed until auth_close. ST_BUSY: another handler owns this context. */
enum status auth_open(struct auth **out, struct net *net, auth_policy *policy, void *ctx,
                      struct fault *why);
/* Never let this key in, whatever policy says, and do not log it: the service's own probe. */
void auth_bar(struct auth *a, const uint8_t key[static KEY_LEN]);
/* Stop answering: from here on nobody gets in. NULL is allowed. */
void auth_close(struct auth *a);
/* What to poll for input. */
void *auth_handle(struct auth *a);
/* Answer all requests that wait. */
void auth_serve(struct auth *a);

#endif
