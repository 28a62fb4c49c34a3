/*
 * slowdns - preloaded into a service: a name server that does not answer. Looking up a host takes
 * 40 s and fails; addresses are as always.
 */
#include <dlfcn.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>

#define OUTAGE_S 40

typedef int lookup(const char *, const char *, const struct addrinfo *, struct addrinfo **);

int
getaddrinfo(const char *restrict node, const char *restrict service,
            const struct addrinfo *restrict hints, struct addrinfo **restrict res)
{
    void *symbol = dlsym(RTLD_NEXT, "getaddrinfo");
    lookup *real;

    memcpy(&real, &symbol, sizeof real);
    if (!node || node[strspn(node, "0123456789.:")] == '\0')
        return real(node, service, hints, res);
    sleep(OUTAGE_S);
    return EAI_AGAIN;
}
