/*
 * probe - knocks at a door of this process with a key that it never lets in.
 * Threads: the loop's, before it runs. Blocks, at most PROBE_MS.
 */
#ifndef SERVICE_PROBE_H
#define SERVICE_PROBE_H

#include "net/auth.h"
#include "net/net.h"

#define PROBE_MS 5000

struct probe {
    struct net *net;
    struct auth *auth;              /* served meanwhile */
    const struct keypair *stranger; /* whom auth bars */
    enum link_role role;
    const char *endpoint;
    const uint8_t *server_key; /* KEY_LEN bytes */
};

/* ST_OK: the stranger was refused. ST_DENIED: the door is open. ST_TIMEOUT: neither. */
enum status probe_door(const struct probe *p, struct fault *why);
/* Log how a door is that was found in order. open: to every key, but for those that are barred. */
void probe_tell(const char *endpoint, bool open);

#endif
