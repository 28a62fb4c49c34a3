#include "group/feed_port.h"

#include <dirent.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/log.h"

#define REBIND_MS 20
#define TOLD_MS   1000 /* so long a port that is not free yet is nothing to tell */
#define MOST_MS   60000
#define FD_MOST   (1 << 20)
#define MS_PER_S  1000

#define STRAYS_LOGGED 60 /* a minute */

/* For the descriptor of a connection that was cut: it may be another's when it is asked for next.
 */
#define CUT_ALREADY (-2)

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
    struct fault why = {0};
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
    if (p->fds == NULL)
        log_warn("/proc is not there: who is put out keeps connections to the feed, though "
                 "nothing is sent there");
}

void
feed_port_close(struct feed_port *p)
{
    if (p->fds != NULL)
        closedir(p->fds);
    p->fds = NULL;
    free(p->seats);
    p->seats = NULL;
    p->n_seats = 0;
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

/* ---- connections ---- */

enum presence {
    THERE,
    OVER,    /* libzmq has closed its descriptor, or its peer has ended it */
    UNKNOWN, /* whether it is one of these */
};

static in_port_t
port_of(const struct feed_port *p)
{
    const char *colon = strrchr(sock_endpoint(p->sock), ':');

    return htons((uint16_t)(colon != NULL ? strtoul(colon + 1, NULL, 10) : 0));
}

/* A descriptor that libzmq has closed may be anything by now. */
static enum presence
is_connection_to(int fd, in_port_t port)
{
    union feed_address own;
    socklen_t len = sizeof own;
    int listens = 0;
    socklen_t size = sizeof listens;

    if (getsockname(fd, &own.any, &len) != 0)
        return errno == EBADF || errno == ENOTSOCK ? OVER : UNKNOWN;
    if (own.any.sa_family == AF_INET ? own.v4.sin_port != port
                                     : own.any.sa_family != AF_INET6 || own.v6.sin6_port != port)
        return OVER;
    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0)
        return UNKNOWN;
    return listens ? OVER : THERE;
}

static enum presence
find_address(const struct feed_port *p, const struct subscription *sub, union feed_address *out)
{
    socklen_t len = sizeof *out;
    char host[sizeof sub->address];
    enum presence found;

    memset(out, 0, sizeof *out);
    if (sub->fd < 0 || sub->fd > FD_MOST || !*sub->address || port_of(p) == 0)
        return UNKNOWN;
    found = is_connection_to(sub->fd, port_of(p));
    if (found != THERE)
        return found;
    if (getpeername(sub->fd, &out->any, &len) != 0)
        return errno == EBADF || errno == ENOTSOCK || errno == ENOTCONN ? OVER : UNKNOWN;
    /* The way in which libzmq finds what it calls Peer-Address. */
    if (getnameinfo(&out->any, len, host, sizeof host, NULL, 0, NI_NUMERICHOST) != 0)
        return UNKNOWN;
    return strcmp(host, sub->address) == 0 ? THERE : OVER;
}

static bool
make_seats(struct feed_port *p, int fd)
{
    size_t need = (size_t)fd + 1, n = p->n_seats ? p->n_seats : 64;
    struct feed_seat *seats;

    if (need <= p->n_seats)
        return true;
    while (n < need)
        n *= 2;
    seats = realloc(p->seats, n * sizeof *seats);
    if (seats == NULL)
        return false;
    memset(seats + p->n_seats, 0, (n - p->n_seats) * sizeof *seats);
    p->seats = seats;
    p->n_seats = n;
    return true;
}

/* Notes a connection that was not seen before. *out is only set when it is THERE. */
static enum presence
find_seat(struct feed_port *p, const struct subscription *sub, struct feed_seat **out)
{
    struct feed_seat now = {.strays = 0};
    enum presence found = find_address(p, sub, &now.address);
    struct feed_seat *seat;

    if (found != THERE)
        return found;
    if (!make_seats(p, sub->fd))
        return UNKNOWN;
    seat = &p->seats[sub->fd];
    memcpy(now.peer, sub->peer, sizeof now.peer);
    if (memcmp(seat->peer, now.peer, sizeof now.peer) != 0 ||
        memcmp(&seat->address, &now.address, sizeof now.address) != 0)
        *seat = now;
    *out = seat;
    return THERE;
}

/* ---- one that is cut ---- */

static void
forget_cut(struct feed_port *p, size_t i)
{
    p->cuts[i] = p->cuts[--p->n_cuts];
}

static void
forget_old_cuts(struct feed_port *p, int64_t now_ms)
{
    for (size_t i = p->n_cuts; i-- > 0;)
        if (now_ms - p->cuts[i].since_ms > FEED_CUT_REMEMBER_MS)
            forget_cut(p, i);
}

static void
remember_cut(struct feed_port *p, const struct subscription *sub, const struct feed_seat *seat)
{
    struct feed_cut cut = {.fd = sub->fd, .topic_len = sub->topic_len, .since_ms = clock_mono_ms()};

    forget_old_cuts(p, cut.since_ms);
    if (p->n_cuts == FEED_CUTS_MAX)
        forget_cut(p, 0);
    memcpy(cut.peer, sub->peer, sizeof cut.peer);
    memcpy(cut.topic, sub->topic, sizeof cut.topic);
    if (seat != NULL)
        cut.address = seat->address;
    p->cuts[p->n_cuts++] = cut;
}

/* What libzmq tells in the name of nobody is the end of a connection, topic by topic. */
static void
note_end(struct feed_port *p, const struct subscription *sub)
{
    for (size_t i = 0; i < p->n_cuts; i++) {
        const struct feed_cut *cut = &p->cuts[i];

        if (cut->topic_len == sub->topic_len &&
            memcmp(cut->topic, sub->topic, sizeof cut->topic) == 0) {
            forget_cut(p, i);
            return;
        }
    }
}

/* A descriptor that was shut down says so as long as it is that one. */
static bool
is_shut(int fd)
{
    struct pollfd one = {.fd = fd};

    return poll(&one, 1, 0) > 0 && (one.revents & POLLHUP);
}

/* What was on its way when it was cut, unless the descriptor is another connection's since; that
 * may come from the same port. */
static bool
came_by_cut(struct feed_port *p, const struct subscription *sub)
{
    for (size_t i = 0; i < p->n_cuts; i++) {
        const struct feed_cut *cut = &p->cuts[i];
        union feed_address address;

        if (cut->fd == sub->fd && memcmp(cut->peer, sub->peer, sizeof cut->peer) == 0)
            return find_address(p, sub, &address) != THERE ||
                   (memcmp(&address, &cut->address, sizeof address) == 0 && is_shut(sub->fd));
    }
    forget_old_cuts(p, clock_mono_ms());
    return false;
}

bool
feed_port_cut(struct feed_port *p, const struct subscription *sub)
{
    struct feed_seat *seat = NULL;

    if (sub->fd == CUT_ALREADY)
        return true;
    if (!sub->has_peer || find_seat(p, sub, &seat) == UNKNOWN)
        return false;
    if (seat != NULL && shutdown(sub->fd, SHUT_RDWR) != 0 && errno != ENOTCONN)
        return false;
    remember_cut(p, sub, seat);
    return true;
}

void
feed_port_stray(struct feed_port *p, const struct subscription *sub)
{
    struct feed_seat *seat;
    unsigned missed;

    if (!sub->has_peer || find_seat(p, sub, &seat) != THERE || ++seat->strays <= FEED_STRAYS_MAX)
        return;
    if (feed_port_cut(p, sub) &&
        log_limit_pass(&p->strays, STRAYS_LOGGED, clock_mono_ms(), &missed))
        log_info("a connection to the feed was cut: it asked for more than %d tickets that nobody "
                 "has",
                 FEED_STRAYS_MAX);
}

/* ---- reading and publishing ---- */

static enum status
read_one(struct feed_port *p, struct subscription *out)
{
    enum status st = sock_next_subscription(p->sock, out);
    struct feed_seat *seat;

    if (st != ST_OK)
        return st;
    if (!out->has_peer) {
        note_end(p, out);
        return ST_OK;
    }
    if (came_by_cut(p, out))
        return ST_INVALID;
    (void)find_seat(p, out, &seat);
    return ST_OK;
}

enum status
feed_port_next(struct feed_port *p, struct subscription *out)
{
    if (p->n_ahead == 0)
        return read_one(p, out);
    *out = p->ahead[p->first_ahead];
    p->first_ahead = (p->first_ahead + 1) % FEED_AHEAD_MAX;
    p->n_ahead--;
    return ST_OK;
}

/* What could catch any ticket is cut at once; whoever reads it later decides about its sender. */
static void
read_ahead(struct feed_port *p)
{
    while (p->n_ahead < FEED_AHEAD_MAX) {
        struct subscription *sub = &p->ahead[(p->first_ahead + p->n_ahead) % FEED_AHEAD_MAX];
        enum status st = read_one(p, sub);

        if (st == ST_AGAIN)
            return;
        if (st != ST_OK)
            continue;
        p->n_ahead++;
        if (sub->on && sub->topic_len < TICKET_LEN && feed_port_cut(p, sub))
            sub->fd = CUT_ALREADY;
    }
}

/* Who is cut can hide its end, by giving back what it was cut for: the wait for that is bounded. */
static int64_t
await_most(struct feed_port *p, int64_t now_ms)
{
    int64_t last_ms = now_ms, left_ms;

    if (now_ms - p->awaited_since_ms >= MS_PER_S) {
        p->awaited_since_ms = now_ms;
        p->awaited_ms = 0;
    }
    for (size_t i = 0; i < p->n_cuts; i++)
        if (p->cuts[i].since_ms + FEED_CUT_AWAIT_MS > last_ms)
            last_ms = p->cuts[i].since_ms + FEED_CUT_AWAIT_MS;
    left_ms = FEED_AWAIT_MOST_MS - p->awaited_ms;
    return last_ms - now_ms < left_ms ? last_ms - now_ms : left_ms;
}

/* False: there is nothing to wait for. */
static bool
await_ends(struct feed_port *p)
{
    zmq_pollitem_t item = {.socket = sock_handle(p->sock), .events = ZMQ_POLLIN};
    int64_t now_ms = clock_mono_ms(), most_ms = await_most(p, now_ms);

    if (most_ms <= 0 || p->n_ahead == FEED_AHEAD_MAX)
        return false;
    zmq_poll(&item, 1, (long)most_ms);
    read_ahead(p);
    p->awaited_ms += clock_mono_ms() - now_ms;
    return true;
}

enum status
feed_port_publish(struct feed_port *p, const uint8_t *ticket, struct frame *payload)
{
    enum status st = sock_publish(p->sock, ticket, payload);

    if (st == ST_AGAIN) {
        read_ahead(p);
        st = sock_publish(p->sock, ticket, payload);
    }
    while (st == ST_AGAIN && await_ends(p))
        st = sock_publish(p->sock, ticket, payload);
    return st;
}

/* ---- strangers ---- */

/* libzmq closes the descriptor when it sees the end, and what it still wants to send does not leave
 * any more. */
void
feed_port_sweep(const struct feed_port *p, feed_port_vouch *vouches, void *ctx)
{
    in_port_t port = port_of(p);
    const struct dirent *one;
    size_t cut = 0;

    if (port == 0 || p->fds == NULL)
        return;
    rewinddir(p->fds);
    while ((one = readdir(p->fds)) != NULL) {
        int fd = atoi(one->d_name);

        if (fd > 0 && is_connection_to(fd, port) == THERE && !vouches(ctx, fd) &&
            shutdown(fd, SHUT_RDWR) == 0)
            cut++;
    }
    if (cut > 0)
        log_info("connections to the feed that are nobody's were cut: %zu", cut);
}
