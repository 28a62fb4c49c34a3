#include "service/service.h"

#include <assert.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "net/watch.h"
#include "service/intake.h"
#include "service/probe.h"

#define REQUESTS_A_ROUND 1000 /* then the door, the feed and the timers get their turn */
#define DRAIN_MS         500
#define LAST_MS          1000 /* for libzmq to end; DRAIN_MS of it for what is queued */
#define BEAT_MS          1000
#define REPORT_BEATS     60
#define HELD_MS          50 /* how late a held answer of the door may come */
#define DOORS_MAX        2

struct door {
    struct watch *watch;
    struct sock *sock;
    bool closed; /* seen to be, by service_probe */
};

struct service {
    struct service_events events;
    struct keypair stranger; /* whom no door lets in, see service_probe */
    const char *listen;
    struct net *net;
    struct auth *auth;
    struct sock *requests;
    struct door doors[DOORS_MAX];
    size_t n_doors;
    struct intake *intake;
    zloop_t *loop;
    int signals;
    bool holding;   /* a timer runs for what the door keeper holds */
    bool exhausted; /* no descriptor is left; told */
    unsigned beats;
    enum status outcome;
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

static void serve_door(struct service *s);

static int
on_held(zloop_t *loop, int id, void *arg)
{
    struct service *s = arg;

    (void)loop;
    (void)id;
    s->holding = false;
    serve_door(s);
    return 0;
}

static void
serve_door(struct service *s)
{
    auth_serve(s->auth, clock_mono_ms());
    if (!s->holding && auth_holds(s->auth))
        s->holding = zloop_timer(s->loop, HELD_MS, 1, on_held, s) > 0;
}

static int
on_door(zloop_t *loop, zmq_pollitem_t *item, void *arg)
{
    (void)loop;
    (void)item;
    serve_door(arg);
    return 0;
}

static int
on_watched(zloop_t *loop, zmq_pollitem_t *item, void *arg)
{
    (void)loop;
    (void)item;
    watch_serve(arg);
    return 0;
}

static int
on_request(zloop_t *loop, zmq_pollitem_t *item, void *arg)
{
    struct service *s = arg;
    struct packet packet;
    int64_t now_ms = clock_mono_ms();

    (void)loop;
    (void)item;
    for (int i = 0; i < REQUESTS_A_ROUND; i++) {
        enum status st = sock_next_request(s->requests, &packet);

        if (st == ST_AGAIN)
            break;
        if (st == ST_OK)
            intake_request(s->intake, &packet, now_ms);
        else if (st == ST_PROTOCOL)
            intake_long_route(s->intake);
        else
            intake_malformed(s->intake);
    }
    if (s->events.drained != NULL)
        s->events.drained(s->events.ctx);
    return 0;
}

static void
report(struct service *s)
{
    if (s->intake != NULL)
        intake_report(s->intake);
    for (size_t i = 0; i < s->n_doors; i++)
        watch_report(s->doors[i].watch);
}

/* libzmq tries to accept connections again and again meanwhile, and says nothing. */
static void
look_for_descriptors(struct service *s)
{
    int fd = fcntl(s->signals, F_DUPFD_CLOEXEC, 0);

    if (fd >= 0)
        close(fd);
    else if (!s->exhausted)
        log_warn("no descriptor is left: connections wait until some end (LimitNOFILE, ulimit -n)");
    else
        return;
    s->exhausted = fd < 0;
}

static int
on_beat(zloop_t *loop, int id, void *arg)
{
    struct service *s = arg;

    (void)loop;
    (void)id;
    sock_beat(s->requests);
    look_for_descriptors(s);
    if (++s->beats % REPORT_BEATS == 0)
        report(s);
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

/* What is needed beside the loop: in the order in which it protects. */
static enum status
open_parts(struct service *s, const struct service_options *o, struct fault *why)
{
    struct intake_options in = {.pace = o->pace,
                                .pass = s->events.request,
                                .ctx = s->events.ctx,
                                .outbox = {.ctx = s, .reply = service_reply}};
    enum status st = endpoint_check(o->listen, true, why);

    if (st == ST_OK)
        st = open_signals(s);
    if (st == ST_OK)
        st = net_open(&s->net, 3, why);
    if (st == ST_OK && o->only_requests)
        net_spread(s->net);
    if (st == ST_OK)
        st = keypair_generate(&s->stranger, "");
    if (st == ST_OK)
        st = auth_open(&s->auth, s->net, s->events.admits, s->events.ctx, why);
    if (st == ST_OK)
        auth_bar(s->auth, s->stranger.cert.key);
    if (st == ST_OK)
        st = intake_new(&s->intake, &in);
    if (st == ST_OK)
        st = sock_server_open(&s->requests, s->net, SOCK_REQUESTS, o->keys, o->domain, why);
    return st;
}

enum status
service_open(struct service **out, const struct service_options *o,
             const struct service_events *events, struct fault *why)
{
    struct service *s = calloc(1, sizeof *s);
    enum status st;

    *out = NULL;
    if (s == NULL)
        return ST_NOMEM;
    s->events = *events;
    s->listen = o->listen;
    s->signals = -1;
    st = open_parts(s, o, why);
    if (st == ST_OK) {
        s->loop = zloop_new();
        /* Signals are ours, not czmq's. */
        zloop_set_nonstop(s->loop, true);
        st = service_watch(s, auth_handle(s->auth), -1, on_door, s);
    }
    if (st == ST_OK)
        st = service_watch(s, NULL, s->signals, on_signal, s);
    if (st == ST_OK)
        st = service_guard(s, s->requests, o->domain, why);
    if (st == ST_OK && zloop_timer(s->loop, BEAT_MS, 0, on_beat, s) < 0)
        st = ST_NOMEM;
    if (st != ST_OK)
        service_close(s);
    else
        *out = s;
    return st;
}

enum status
service_guard(struct service *s, struct sock *door, const char *domain, struct fault *why)
{
    struct watch *w;
    enum status st;

    assert(s->n_doors < DOORS_MAX);
    st = watch_open(&w, s->net, door, domain, why);
    if (st != ST_OK)
        return st;
    s->doors[s->n_doors++] = (struct door){.watch = w, .sock = door};
    return service_watch(s, watch_handle(w), -1, on_watched, w);
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
    if (s == NULL)
        return;
    report(s);
    zloop_destroy(&s->loop);
    for (size_t i = 0; i < s->n_doors; i++)
        watch_close(s->doors[i].watch);
    if (s->requests != NULL)
        sock_linger(s->requests, DRAIN_MS);
    sock_close(s->requests);
    auth_close(s->auth);
    if (net_close_within(s->net, LAST_MS) != ST_OK)
        log_info("the network layer still looks up a name and is left behind");
    intake_free(s->intake);
    if (s->signals >= 0)
        close(s->signals);
    keypair_clear(&s->stranger);
    free(s);
}

enum status
service_probe(struct service *s, enum link_role role, const char *endpoint,
              const uint8_t server_key[static KEY_LEN], struct fault *why)
{
    struct probe p = {.net = s->net,
                      .auth = s->auth,
                      .stranger = &s->stranger,
                      .role = role,
                      .endpoint = endpoint,
                      .server_key = server_key};

    enum status st = probe_door(&p, why);

    for (size_t i = 0; i < s->n_doors; i++)
        if (strcmp(sock_endpoint(s->doors[i].sock), endpoint) == 0)
            s->doors[i].closed = st == ST_OK;
    return st;
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
    for (size_t i = 0; i < s->n_doors; i++)
        if (!s->doors[i].closed) {
            log_error("nobody has seen that the door at %s is closed: not serving",
                      sock_endpoint(s->doors[i].sock));
            return ST_DENIED;
        }
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
