#include "service.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"

#define REQUESTS_A_ROUND 1000 /* then the door, the feed and the timers get their turn */
#define DRAIN_MS         500
#define PROBE_MS         5000

struct service {
    struct service_events events;
    struct keypair stranger; /* whom no door lets in, see service_probe */
    const char *listen;
    struct net *net;
    struct auth *auth;
    struct sock *requests;
    zloop_t *loop;
    int signals;
    enum status outcome;
    uint64_t malformed;
};

static void
watched_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGHUP);
}

void
service_block_signals(void)
{
    sigset_t set;

    watched_signals(&set);
    sigprocmask(SIG_BLOCK, &set, NULL);
}

/* ---- events ---- */

/* -1 ends the loop. */
static int
on_end(zloop_t *loop, int id, void *arg)
{
    (void)loop;
    (void)id;
    (void)arg;
    return -1;
}

static int
on_door(zloop_t *loop, zmq_pollitem_t *item, void *arg)
{
    struct service *s = arg;

    (void)loop;
    (void)item;
    auth_serve(s->auth);
    return 0;
}

static int
on_request(zloop_t *loop, zmq_pollitem_t *item, void *arg)
{
    struct service *s = arg;
    struct packet packet;

    (void)loop;
    (void)item;
    for (int i = 0; i < REQUESTS_A_ROUND; i++) {
        enum status st = sock_next_request(s->requests, &packet);

        if (st == ST_AGAIN)
            break;
        if (st == ST_OK)
            s->events.request(s->events.ctx, &packet);
        else
            s->malformed++;
    }
    if (s->events.drained)
        s->events.drained(s->events.ctx);
    return 0;
}

static int
on_signal(zloop_t *loop, zmq_pollitem_t *item, void *arg)
{
    struct service *s = arg;
    struct signalfd_siginfo info;

    (void)loop;
    (void)item;
    while (read(s->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGHUP)
            s->events.reload(s->events.ctx);
        else
            s->events.stop(s->events.ctx);
    }
    return 0;
}

/* ---- life ---- */

static enum status
open_signals(struct service *s)
{
    sigset_t set;

    watched_signals(&set);
    s->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return s->signals < 0 ? ST_SYSTEM : ST_OK;
}

enum status
service_open(struct service **out, const struct service_options *o,
             const struct service_events *events, struct fault *why)
{
    struct service *s = calloc(1, sizeof *s);
    enum status st;

    *out = NULL;
    if (!s)
        return ST_NOMEM;
    s->events = *events;
    s->listen = o->listen;
    s->signals = -1;
    st = endpoint_check(o->listen, true, why);
    if (st == ST_OK)
        st = open_signals(s);
    if (st == ST_OK)
        st = net_open(&s->net, 2, why);
    if (st == ST_OK)
        st = keypair_generate(&s->stranger, "");
    if (st == ST_OK)
        st = auth_open(&s->auth, s->net, events->admits, events->ctx, why);
    if (st == ST_OK)
        auth_bar(s->auth, s->stranger.cert.key);
    if (st == ST_OK)
        st = sock_server_open(&s->requests, s->net, SOCK_REQUESTS, o->keys, o->domain, why);
    if (st == ST_OK) {
        s->loop = zloop_new();
        /* Signals are ours, not czmq's. */
        zloop_set_nonstop(s->loop, true);
        st = service_watch(s, auth_handle(s->auth), -1, on_door, s);
    }
    if (st == ST_OK)
        st = service_watch(s, NULL, s->signals, on_signal, s);
    if (st != ST_OK)
        service_close(s);
    else
        *out = s;
    return st;
}

enum status
service_listen(struct service *s, struct fault *why)
{
    enum status st = sock_bind(s->requests, s->listen, why);

    if (st == ST_OK)
        st = service_watch(s, sock_handle(s->requests), -1, on_request, s);
    return st;
}

void
service_close(struct service *s)
{
    if (!s)
        return;
    if (s->malformed)
        log_info("%llu requests were not whole and were dropped", (unsigned long long)s->malformed);
    zloop_destroy(&s->loop);
    if (s->requests)
        sock_linger(s->requests, DRAIN_MS);
    sock_close(s->requests);
    auth_close(s->auth);
    net_close(s->net);
    if (s->signals >= 0)
        close(s->signals);
    keypair_clear(&s->stranger);
    free(s);
}

/* Serve the door until the connection has come to an end or is ready. */
static enum link_event
knock(struct service *s, struct sock *link)
{
    int64_t end = clock_mono_ms() + PROBE_MS;
    enum link_event ev = LINK_NONE;

    while ((ev == LINK_NONE || ev == LINK_CONNECTED) && clock_mono_ms() < end) {
        zmq_pollitem_t items[] = {{.socket = auth_handle(s->auth), .events = ZMQ_POLLIN},
                                  {.socket = link_monitor(link), .events = ZMQ_POLLIN}};

        zmq_poll(items, 2, 100);
        auth_serve(s->auth);
        ev = link_next_event(link);
    }
    return ev;
}

enum status
service_probe(struct service *s, enum link_role role, const char *endpoint,
              const uint8_t server_key[static KEY_LEN], struct fault *why)
{
    static const uint8_t ticket[TICKET_LEN] = {0};
    struct link_options o = {.role = role,
                             .keys = &s->stranger,
                             .server_key = server_key,
                             .endpoint = endpoint,
                             .ticket = role == LINK_FEED ? ticket : NULL,
                             .largest = WIRE_REPLY_MAX,
                             .connect_timeout_ms = PROBE_MS};
    struct sock *link;
    enum status st = link_open(&link, s->net, &o, why);

    if (st != ST_OK)
        return st;
    enum link_event ev = knock(s, link);
    sock_close(link);
    if (ev == LINK_DENIED) {
        log_info("the door at %s keeps strangers out", endpoint);
        return ST_OK;
    }
    if (ev == LINK_READY)
        return fault_set(why, ST_DENIED, "the door at %s lets strangers in: not serving", endpoint);
    return fault_set(why, ST_TIMEOUT, "the door at %s does not answer as it must: not serving",
                     endpoint);
}

struct net *
service_net(struct service *s)
{
    return s->net;
}

zloop_t *
service_loop(struct service *s)
{
    return s->loop;
}

const char *
service_endpoint(const struct service *s)
{
    return sock_endpoint(s->requests);
}

void
service_reply(void *ctx, const struct route *to, struct frame *frame)
{
    struct service *s = ctx;

    if (sock_reply(s->requests, to, frame) != ST_OK)
        log_debug("an answer was lost: its peer went away or does not read");
}

enum status
service_watch(struct service *s, void *socket, int fd, zloop_fn *fn, void *arg)
{
    zmq_pollitem_t item = {.socket = socket, .fd = fd, .events = ZMQ_POLLIN};

    if (zloop_poller(s->loop, &item, fn, arg) != 0)
        return ST_NOMEM;
    zloop_poller_set_tolerant(s->loop, &item);
    return ST_OK;
}

void
service_unwatch(struct service *s, void *socket, int fd)
{
    zmq_pollitem_t item = {.socket = socket, .fd = fd, .events = ZMQ_POLLIN};

    zloop_poller_end(s->loop, &item);
}

enum status
service_run(struct service *s)
{
    zloop_start(s->loop);
    return s->outcome;
}

void
service_end(struct service *s, enum status outcome)
{
    s->outcome = outcome;
    /* Whoever calls this, from whichever event, need not pass it on to the loop. */
    zloop_timer(s->loop, 0, 1, on_end, NULL);
}
