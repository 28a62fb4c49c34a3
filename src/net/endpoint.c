#include <string.h>

#include "net/net.h"

#define SCHEME "tcp://"

static bool
host_ok(const char *host, size_t len, bool for_server)
{
    if (for_server && len == 1 && *host == '*')
        return true;
    if (len >= 4 && host[0] == '[' && host[len - 1] == ']')
        return strspn(host + 1, "0123456789abcdefABCDEF:.%") == len - 2;
    return len > 0 && len == strspn(host, "abcdefghijklmnopqrstuvwxyz"
                                          "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_");
}

static bool
port_ok(const char *port, bool for_server)
{
    size_t len = strlen(port);
    unsigned value = 0;

    if (for_server && (strcmp(port, "*") == 0 || strcmp(port, "0") == 0))
        return true;
    if (len == 0 || len > 5 || strspn(port, "0123456789") != len || *port == '0')
        return false;
    for (size_t i = 0; i < len; i++)
        value = value * 10 + (unsigned)(port[i] - '0');
    return value <= 65535;
}

enum status
endpoint_check(const char *endpoint, bool for_server, struct fault *why)
{
    const char *host = endpoint + strlen(SCHEME);
    const char *colon;

    if (strlen(endpoint) > ENDPOINT_MAX || strncmp(endpoint, SCHEME, strlen(SCHEME)) != 0)
        return fault_set(why, ST_INVALID, "\"%.80s\" is not an address: it must be tcp://HOST:PORT",
                         endpoint);
    colon = strrchr(host, ':');
    if (colon == NULL || !host_ok(host, (size_t)(colon - host), for_server) ||
        !port_ok(colon + 1, for_server))
        return fault_set(why, ST_INVALID,
                         "\"%.80s\" is not an address: it must be tcp://HOST:PORT with a port from "
                         "1 to 65535",
                         endpoint);
    return ST_OK;
}
