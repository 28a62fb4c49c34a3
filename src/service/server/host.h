/*
 * host - runs the message server as a process. Blocks until a signal ends it.
 */
#ifndef SERVER_HOST_H
#define SERVER_HOST_H

#include "base/status.h"
#include "service/pace.h"

struct server_host_options { /* all text borrowed */
    const char *key;
    const char *listen;
    const char *data;
    const char *groups; /* directory of certificates; NULL: every group */
    const char *users;  /* the same for users */
    long long lease_ms;
    struct pace_options pace; /* how fast each key may ask */
};

/* ST_OK: ended by a signal. ST_INVALID: an option's value. Anything else: a local file, key, list
 * or socket. */
enum status server_host_run(const struct server_host_options *o, struct fault *why);

#endif
