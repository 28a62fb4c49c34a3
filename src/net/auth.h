/*
 * auth - decides which CURVE keys may connect, and gives each connection its name.
 * Answers libzmq's ZAP requests (rfc.zeromq.org/spec/27) on the service's own loop. Must be open
 * before any server socket binds: without a handler libzmq lets every key in.
 * Accepted connections carry the key in Z85 as User-Id; refusals are 400, never 300 (of which a
 * client sees nothing).
 * A key or an address that is refused again and again, and a key that connects again and again, is
 * answered AUTH_HOLD_MS later. At most AUTH_HELD_MAX answers are held; beyond that the refused are
 * answered at once, and who connects too often is refused. A key that is accepted never waits for
 * what others at its address do.
 * Threads: loop thread only. Logs every refusal, rate-limited, with key and domain.
 */
#ifndef NET_AUTH_H
#define NET_AUTH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "net/keys.h"
#include "net/net.h"

#define AUTH_REFUSALS      10 /* at once; after that one for each AUTH_REFUSAL_MS */
#define AUTH_REFUSAL_MS    6000
#define AUTH_CONNECTIONS   500 /* of one key at once; after that so many a second */
#define AUTH_CONNECTIONS_S 50
#define AUTH_HOLD_MS       1000 /* well below the handshake limit */
#define AUTH_HELD_MAX      256

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
/* Answer all requests that wait, and those that were held long enough. */
void auth_serve(struct auth *a, int64_t now_ms);
/* Answers are held: call auth_serve again soon, also without input. */
bool auth_holds(const struct auth *a);

#endif
