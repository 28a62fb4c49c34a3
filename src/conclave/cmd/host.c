#include "cmd/host.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

#define HOME_MS 1000

#define SCHEME   "tcp://"
#define HOST_MAX 256
#define PORT_MAX 8

/* ---- the name ---- */

/* A question to the resolver, which reads it for as long as the question is open. */
struct host_question {
    struct gaicb ask;
    struct addrinfo hints;
    char host[HOST_MAX];
    char port[PORT_MAX];
};

static enum status
split(struct host_question *q, const char *endpoint, struct fault *why)
{
    const char *host = endpoint + strlen(SCHEME);
    const char *colon = NULL;
    size_t len;

    if (strncmp(endpoint, SCHEME, strlen(SCHEME)) == 0)
        colon = strrchr(host, ':');
    if (colon == NULL)
        return fault_set(why, ST_INVALID, "\"%.80s\" is not an address", endpoint);
    len = (size_t)(colon - host);
    if (len >= 2 && host[0] == '[' && host[len - 1] == ']') {
        host++;
        len -= 2;
    }
    if (len == 0 || len >= sizeof q->host || strlen(colon + 1) >= sizeof q->port)
        return fault_set(why, ST_INVALID, "\"%.80s\" is not an address", endpoint);
    memcpy(q->host, host, len);
    snprintf(q->port, sizeof q->port, "%s", colon + 1);
    return ST_OK;
}

static void
take_addresses(struct host_addresses *out, const struct addrinfo *all)
{
    out->n = 0;
    for (const struct addrinfo *a = all; a != NULL && out->n < HOST_ADDRESSES_MAX; a = a->ai_next) {
        if (a->ai_addrlen > sizeof out->addresses[0].at)
            continue;
        memcpy(&out->addresses[out->n].at, a->ai_addr, a->ai_addrlen);
        out->addresses[out->n++].len = a->ai_addrlen;
    }
}

static enum status
explain(int error, const char *host, struct fault *why)
{
    switch (error) {
    case EAI_AGAIN:
        return fault_set(why, ST_UNREACHABLE, "no name server answers for the host \"%s\"", host);
    case EAI_MEMORY:
        return fault_set(why, ST_NOMEM, "out of memory");
    default:
        return fault_set(why, ST_UNREACHABLE, "the host \"%s\" is not known (%s)", host,
                         gai_strerror(error));
    }
}

/* EAI_INPROGRESS: not answered in time. */
static int
await_answer(struct host_question *q, int timeout_ms)
{
    const struct gaicb *const list[] = {&q->ask};
    int64_t until = clock_mono_ms() + timeout_ms;
    int64_t left;

    while (gai_error(&q->ask) == EAI_INPROGRESS && (left = until - clock_mono_ms()) > 0) {
        struct timespec t = {left / 1000, left % 1000 * (long)NS_PER_MS};
        gai_suspend(list, 1, &t);
    }
    return gai_error(&q->ask);
}

static enum status
ask(struct host_addresses *out, struct host_question **question, int timeout_ms, struct fault *why)
{
    struct host_question *q = *question;
    struct gaicb *list[] = {&q->ask};
    int error;

    q->hints = (struct addrinfo){.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    q->ask = (struct gaicb){.ar_name = q->host, .ar_service = q->port, .ar_request = &q->hints};
    error = getaddrinfo_a(GAI_NOWAIT, list, 1, NULL);
    if (error == 0)
        error = await_answer(q, timeout_ms);
    if (error == EAI_INPROGRESS) {
        fault_set(why, ST_TIMEOUT, "no name server answered for the host \"%s\" in time", q->host);
        /* The resolver goes on with what it has begun, and then writes into the question. */
        if (gai_cancel(&q->ask) == EAI_NOTCANCELED)
            *question = NULL;
        return ST_TIMEOUT;
    }
    if (error != 0)
        return explain(error, q->host, why);
    take_addresses(out, q->ask.ar_result);
    freeaddrinfo(q->ask.ar_result);
    return out->n > 0 ? ST_OK : explain(EAI_NONAME, q->host, why);
}

enum status
host_find(struct host_addresses *out, const char *endpoint, int timeout_ms, struct fault *why)
{
    struct host_question *q = calloc(1, sizeof *q);
    enum status st;

    out->n = 0;
    if (q == NULL)
        return fault_set(why, ST_NOMEM, "out of memory");
    st = split(q, endpoint, why);
    if (st == ST_OK)
        st = ask(out, &q, timeout_ms, why);
    free(q);
    return st;
}

/* ---- the connection ---- */

/* 0, or the errno of what became of it; ETIMEDOUT: nothing in time. */
static int
await_connection(int fd, int64_t until_ms)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    socklen_t len = sizeof(int);
    int error = 0;
    int n = 0;

    for (;;) {
        int64_t left = until_ms - clock_mono_ms();
        n = poll(&p, 1, left > 0 ? (int)left : 0);
        if (n > 0)
            break;
        if (n == 0)
            return ETIMEDOUT;
        if (errno != EINTR)
            return errno;
    }
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 ? error : errno;
}

static int
connect_to(const struct host_address *a, int64_t until_ms)
{
    int fd = socket(a->at.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int error = 0;

    if (fd < 0)
        return errno;
    if (connect(fd, (const struct sockaddr *)&a->at, a->len) != 0)
        error = errno == EINPROGRESS ? await_connection(fd, until_ms) : errno;
    close(fd);
    return error;
}

static enum status
explain_connection(int error, struct fault *why)
{
    switch (error) {
    case ECONNREFUSED:
        return fault_set(why, ST_UNREACHABLE, "nobody listens there");
    case ETIMEDOUT:
        return fault_set(why, ST_UNREACHABLE, "no connection in time");
    case ENETUNREACH:
    case EHOSTUNREACH:
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
        return fault_set(why, ST_UNREACHABLE, "there is no way from here to that address (%s)",
                         strerror(error));
    default:
        return fault_set(why, ST_SYSTEM, "%s", strerror(error));
    }
}

enum status
host_connect(const struct host_addresses *host, int timeout_ms, size_t *which, struct fault *why)
{
    int64_t until_ms = clock_mono_ms() + timeout_ms;
    int error = EADDRNOTAVAIL;

    for (size_t i = 0; i < host->n; i++) {
        int64_t share = (until_ms - clock_mono_ms()) / (int64_t)(host->n - i);

        error = connect_to(&host->addresses[i], clock_mono_ms() + share);
        if (error == 0) {
            if (which != NULL)
                *which = i;
            return ST_OK;
        }
    }
    return explain_connection(error, why);
}

void
host_text(const struct host_address *address, char text[static HOST_TEXT_MAX])
{
    if (getnameinfo((const struct sockaddr *)&address->at, address->len, text, HOST_TEXT_MAX, NULL,
                    0, NI_NUMERICHOST) != 0)
        snprintf(text, HOST_TEXT_MAX, "?");
}

bool
host_is_loopback(const struct host_address *address)
{
    if (address->at.ss_family == AF_INET)
        return ntohl(((const struct sockaddr_in *)&address->at)->sin_addr.s_addr) >> 24 ==
               IN_LOOPBACKNET;
    if (address->at.ss_family == AF_INET6)
        return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)&address->at)->sin6_addr);
    return false;
}

bool
host_leads_home(const char *endpoint)
{
    struct host_addresses host;
    struct fault why;

    return host_find(&host, endpoint, HOME_MS, &why) == ST_OK && host.n > 0 &&
           host_is_loopback(&host.addresses[0]);
}
