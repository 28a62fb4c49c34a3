/*
 * host - a host's name and whether something listens there: plain TCP, to tell what fails before
 * any encryption begins. Nothing is sent.
 * Threads: any; no shared state. Blocking: at most as long as said.
 */
#ifndef CMD_HOST_H
#define CMD_HOST_H

#include <netdb.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "base/status.h"

#define HOST_ADDRESSES_MAX 8
#define HOST_TEXT_MAX      NI_MAXHOST

struct host_addresses {
    size_t n;
    struct host_address {
        struct sockaddr_storage at;
        socklen_t len;
    } addresses[HOST_ADDRESSES_MAX];
};

/* Where the host of "tcp://HOST:PORT" is; further addresses than those that fit are left out.
 * ST_INVALID: not such an address; ST_UNREACHABLE: the name is not known, or nobody can be asked;
 * ST_TIMEOUT, ST_NOMEM. */
enum status host_find(struct host_addresses *out, const char *endpoint, int timeout_ms,
                      struct fault *why);
/* Connect to one address after the other until one takes the connection, which is closed again.
 * *which (may be NULL): that one. ST_UNREACHABLE, with what the last one's failure means;
 * ST_SYSTEM. timeout_ms is for all of them together. */
enum status host_connect(const struct host_addresses *host, int timeout_ms, size_t *which,
                         struct fault *why);
/* "192.0.2.1" */
void host_text(const struct host_address *address, char text[static HOST_TEXT_MAX]);
/* Does the address lead to this machine only? */
bool host_is_loopback(const struct host_address *address);
/* The same of "tcp://HOST:PORT"; of one that cannot be found in a second, no. */
bool host_leads_home(const char *endpoint);

#endif
