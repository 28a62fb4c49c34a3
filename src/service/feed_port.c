#include "feed_port.h"

#include <dirent.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "clock.h"
#include "log.h"

#define REBIND_MS 20
#define TOLD_MS   1000 /* so long a port that is not free yet is nothing to tell */
#define MOST_MS   60000

/* libzmq gives the port back in a moment; but somebody else may have taken it. */
static bool
is_worth_waiting(struct feed_port *p, const char *why)
{
    int64_t waited_ms = clock_mono_ms() - p->unbound_ms;

    if (waited_ms >= TOLD_MS && !p->told) {
        p->told = true;
        log_warn("the feed waits for its port: %s", why);
    }
    return waited_ms < MOST_MS;
}

static int
on_rebind(zloop_t *loop, int id, void *arg)
{
    struct feed_port *p = arg;
    struct fault why = {""};
    enum status st = sock_bind(p->sock, sock_endpoint(p->sock), &why);

    (void)id;
    if (st == ST_BUSY && is_worth_waiting(p, why.text)) {
        zloop_timer(loop, REBIND_MS, 1, on_rebind, p);
        return 0;
    }
    if (st != ST_OK) {
        log_error("the feed is closed: %s", why.text);
        service_end(p->service, st);
        return -1;
    }
    if (p->told)
        log_info("the feed has its port again");
    return 0;
}

void
feed_port_open(struct feed_port *p, struct service *service, struct sock *sock)
{
    /* Now, and not when it is needed: there may be no descriptor left then. */
    *p = (struct feed_port){.service = service, .sock = sock, .fds = opendir("/proc/self/fd")};
    if (!p->fds)
        log_warn("/proc is not there: who is put out keeps connections to the feed, though "
                 "nothing is sent there");
}

void
feed_port_close(struct feed_port *p)
{
    if (p->fds)
        closedir(p->fds);
    p->fds = NULL;
}

void
feed_port_reset(struct feed_port *p)
{
    log_info("the feed drops its connections");
    if (sock_unbind(p->sock) != ST_OK)
        return; /* it is unbound already */
    p->unbound_ms = clock_mono_ms();
    p->told = false;
    zloop_timer(service_loop(p->service), 0, 1, on_rebind, p);
}

/* ---- strangers ---- */

static bool
is_connection_to(int fd, in_port_t port)
{
    struct sockaddr_storage own;
    socklen_t len = sizeof own;
    int listens = 0;
    socklen_t size = sizeof listens;

    if (getsockname(fd, (struct sockaddr *)&own, &len) != 0)
        return false;
    if (own.ss_family == AF_INET
            ? ((struct sockaddr_in *)&own)->sin_port != port
            : own.ss_family != AF_INET6 || ((struct sockaddr_in6 *)&own)->sin6_port != port)
        return false;
    return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && !listens;
}

/* libzmq has no way to end one connection. It closes the descriptor when it sees the end, and what
 * it still wants to send does not leave any more. */
void
feed_port_sweep(const struct feed_port *p, feed_port_vouch *vouches, void *ctx)
{
    const char *colon = strrchr(sock_endpoint(p->sock), ':');
    in_port_t port = htons((uint16_t)(colon ? strtoul(colon + 1, NULL, 10) : 0));
    const struct dirent *one;
    size_t cut = 0;

    if (port == 0 || !p->fds)
        return;
    rewinddir(p->fds);
    while ((one = readdir(p->fds))) {
        int fd = atoi(one->d_name);

        if (fd > 0 && is_connection_to(fd, port) && !vouches(ctx, fd) &&
            shutdown(fd, SHUT_RDWR) == 0)
            cut++;
    }
    if (cut > 0)
        log_info("connections to the feed that are nobody's were cut: %zu", cut);
}
