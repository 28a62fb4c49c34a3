#include "group/host.h"

#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "group/feed_port.h"
#include "group/registrar.h"
#include "service/probe.h"
#include "service/service.h"

#define QUIET_BEATS    8
#define BEAT_MS        1000
#define NUDGE_MS       50
#define ENDING_MS      10
#define ENDING_MOST_MS 1500

struct group_host {
    const struct group_host_options *o;
    struct outbox outbox;
    struct keypair keys;
    struct cert server;
    struct store *store;
    struct group *group;
    struct service *service;
    struct sock *feed;
    struct feed_port port; /* of feed */
    struct registrar *registrar;
    char address[ENDPOINT_MAX + 1];
    char feed_address[ENDPOINT_MAX + 1];
    bool nudging;         /* a timer runs */
    unsigned quiet_beats; /* without a request */
    bool stopping;
    bool leaving; /* the list */
    int64_t stop_by_ms;
    enum status outcome;
};

/* ---- outbox ---- */

static void
reply(void *ctx, const struct route *to, struct frame *frame)
{
    struct group_host *h = ctx;

    service_reply(h->service, to, frame);
}

static enum status
publish(void *ctx, const uint8_t *ticket, struct frame *payload)
{
    struct group_host *h = ctx;

    return feed_port_publish(&h->port, ticket, payload);
}

static void drain_subscriptions(struct group_host *h);

static void
look(void *ctx)
{
    drain_subscriptions(ctx);
}

static bool
cut_feed(void *ctx, const struct subscription *sub)
{
    struct group_host *h = ctx;

    return feed_port_cut(&h->port, sub);
}

static void
stray(void *ctx, const struct subscription *sub)
{
    struct group_host *h = ctx;

    feed_port_stray(&h->port, sub);
}

static void
reset_feed(void *ctx)
{
    struct group_host *h = ctx;

    feed_port_reset(&h->port);
}

static struct outbox
outbox_of(struct group_host *h)
{
    return (struct outbox){.ctx = h,
                           .reply = reply,
                           .publish = publish,
                           .look = look,
                           .cut_feed = cut_feed,
                           .stray = stray,
                           .reset_feed = reset_feed};
}

/* ---- events ---- */

static bool
admits(void *ctx, const char *domain, const uint8_t key[static KEY_LEN])
{
    const struct group_host *h = ctx;

    return group_admits(h->group, domain, key);
}

static void
on_request(void *ctx, struct packet *packet)
{
    struct group_host *h = ctx;

    h->quiet_beats = 0;
    group_request(h->group, packet);
}

static void
on_drained(void *ctx)
{
    struct group_host *h = ctx;

    group_flush(h->group);
}

static void
drain_subscriptions(struct group_host *h)
{
    struct subscription sub;
    enum status st;

    while ((st = feed_port_next(&h->port, &sub)) != ST_AGAIN)
        if (st == ST_OK)
            group_subscription(h->group, &sub, clock_mono_ms());
}

static int
on_feed(zloop_t *loop, zmq_pollitem_t *item, void *arg)
{
    struct group_host *h = arg;

    (void)loop;
    (void)item;
    drain_subscriptions(h);
    group_flush(h->group);
    return 0;
}

static int
on_nudge(zloop_t *loop, int id, void *arg)
{
    struct group_host *h = arg;

    (void)loop;
    (void)id;
    h->nudging = false;
    group_nudge(h->group);
    if (group_behind(h->group))
        h->nudging = zloop_timer(loop, NUDGE_MS, 1, on_nudge, h) > 0;
    return 0;
}

static int
on_written(zloop_t *loop, zmq_pollitem_t *item, void *arg)
{
    struct group_host *h = arg;
    struct fault why = {0};
    enum status st;

    (void)item;
    st = group_written(h->group, &why);
    if (st != ST_OK) {
        log_error("the store failed, stopping: %s", why.text);
        service_end(h->service, st);
        return -1;
    }
    group_flush(h->group);
    if (!h->nudging && group_behind(h->group))
        h->nudging = zloop_timer(loop, NUDGE_MS, 1, on_nudge, h) > 0;
    return 0;
}

static int
on_read(zloop_t *loop, zmq_pollitem_t *item, void *arg)
{
    struct group_host *h = arg;

    (void)loop;
    (void)item;
    group_read(h->group);
    return 0;
}

static int
on_searched(zloop_t *loop, zmq_pollitem_t *item, void *arg)
{
    struct group_host *h = arg;

    (void)loop;
    (void)item;
    group_searched(h->group);
    return 0;
}

/* Who is out may have connections that wait for their moment: one that subscribes to everything
 * while something is being published would see it. Not sooner than with the beat, so that the
 * farewell arrives. */
static void
sweep_feed(struct group_host *h)
{
    if (!group_has_strangers(h->group))
        return;
    drain_subscriptions(h); /* who has just come is known then */
    feed_port_sweep(&h->port, group_vouches, h->group);
}

/* Idle members close their request connections, whose memory lies between that of the feeds: the
 * allocator keeps it unless it is asked. Only when nobody would notice the time this takes. */
static void
give_back_memory(struct group_host *h)
{
    if (++h->quiet_beats % QUIET_BEATS == 0)
        malloc_trim(0);
}

static int
on_beat(zloop_t *loop, int id, void *arg)
{
    struct group_host *h = arg;

    (void)loop;
    (void)id;
    group_beat(h->group, clock_mono_ms());
    sweep_feed(h);
    give_back_memory(h);
    group_upkeep(h->group, clock_wall_ns(), clock_mono_ms());
    group_flush(h->group);
    return 0;
}

/* ---- signals ---- */

static void
on_reload(void *ctx)
{
    struct group_host *h = ctx;
    struct keyset *allowed = NULL;
    struct fault why = {0};

    if (h->o->members == NULL) {
        log_info("open to everybody: there is no list to read again");
        return;
    }
    if (keyset_load(&allowed, h->o->members, &why) != ST_OK) {
        log_error("the list of members was not read again, the old one stays: %s", why.text);
        return;
    }
    log_info("the list of members was read again, keys: %zu", keyset_count(allowed));
    group_set_allowed(h->group, allowed);
    group_flush(h->group);
}

/* Off the list when the last answer is out: what was acknowledged is where people look. */
static int
on_ending(zloop_t *loop, int id, void *arg)
{
    struct group_host *h = arg;
    bool late = clock_mono_ms() >= h->stop_by_ms;

    (void)loop;
    (void)id;
    if (!h->leaving && group_idle(h->group)) {
        h->leaving = true;
        registrar_leave(h->registrar);
    }
    if ((!h->leaving || !registrar_gone(h->registrar)) && !late)
        return 0;
    service_end(h->service, h->outcome);
    return -1;
}

static void
begin_to_end(struct group_host *h, enum status outcome)
{
    if (h->stopping)
        return;
    log_info("stopping");
    h->stopping = true;
    h->outcome = outcome;
    h->stop_by_ms = clock_mono_ms() + ENDING_MOST_MS;
    group_stop(h->group);
    zloop_timer(service_loop(h->service), ENDING_MS, 0, on_ending, h);
}

static void
on_stop(void *ctx)
{
    begin_to_end(ctx, ST_OK);
}

/* ---- registration ---- */

static size_t
count_members(void *ctx)
{
    const struct group_host *h = ctx;

    return group_members(h->group);
}

/* Whether this process may serve. */
static void
on_place(void *ctx, enum registrar_place place)
{
    struct group_host *h = ctx;

    switch (place) {
    case PLACE_OURS:
        group_hold(h->group, CODE_OK);
        group_flush(h->group);
        break;
    case PLACE_UNSURE:
        group_hold(h->group, CODE_BUSY);
        break;
    case PLACE_WAITS:
        group_hold(h->group, CODE_SUPERSEDED);
        group_end_feeds(h->group, END_REPLACED);
        break;
    case PLACE_LOST:
        group_end_feeds(h->group, END_REPLACED);
        begin_to_end(h, ST_BUSY);
        break;
    case PLACE_TAKEN:
        service_end(h->service, ST_CONFLICT);
        break;
    }
}

static void
on_time(void *ctx, int64_t server_ns)
{
    struct group_host *h = ctx;

    group_server_time(h->group, server_ns, clock_mono_ms());
}

/* ---- what is called when ---- */

static struct service_events
events_of(struct group_host *h)
{
    return (struct service_events){.ctx = h,
                                   .admits = admits,
                                   .request = on_request,
                                   .drained = on_drained,
                                   .reload = on_reload,
                                   .stop = on_stop};
}

/* Watch the feed and what the group's threads have done. Service, feed and group are open. */
static enum status
watch_all(struct group_host *h)
{
    enum status st = service_watch(h->service, sock_handle(h->feed), -1, on_feed, h);

    if (st == ST_OK)
        st = service_watch(h->service, NULL, group_writer_fd(h->group), on_written, h);
    if (st == ST_OK)
        st = service_watch(h->service, NULL, group_reader_fd(h->group), on_read, h);
    if (st == ST_OK)
        st = service_watch(h->service, NULL, group_searcher_fd(h->group), on_searched, h);
    return st;
}

/* ---- life ---- */

/* The bound address as members will use it. */
static enum status
advertised(char out[static ENDPOINT_MAX + 1], const char *bound, const char *host,
           struct fault *why)
{
    const char *port = strrchr(bound, ':');
    int n;

    if (host != NULL)
        n = snprintf(out, ENDPOINT_MAX + 1, "tcp://%s%s", host, port);
    else if (strncmp(bound, "tcp://0.0.0.0:", 14) == 0 || strncmp(bound, "tcp://[::]:", 11) == 0)
        return fault_set(why, ST_INVALID,
                         "%s is no address that members can use: give --advertise HOST", bound);
    else
        n = snprintf(out, ENDPOINT_MAX + 1, "%s", bound);
    if (n < 0 || n > ENDPOINT_MAX)
        return fault_set(why, ST_INVALID, "the advertised host is too long");
    return endpoint_check(out, false, why);
}

/* What is needed for the opening only. */
struct group_files {
    uint8_t owners[GROUP_OWNERS_MAX][KEY_LEN];
    struct keyset *allowed; /* NULL: everybody */
};

static enum status
load_owners(const struct group_host_options *o, uint8_t (*keys)[KEY_LEN], struct fault *why)
{
    enum status st = ST_OK;

    for (size_t i = 0; st == ST_OK && i < o->n_owners; i++) {
        struct cert cert;

        st = cert_load(&cert, o->owners[i], why);
        if (st == ST_OK)
            memcpy(keys[i], cert.key, KEY_LEN);
    }
    return st;
}

/* What the options name. The options are fine where ST_INVALID says that a file is not. */
static enum status
load_files(struct group_host *h, struct group_files *f, struct fault *why)
{
    enum status st = keypair_load(&h->keys, h->o->key, why);

    if (st == ST_OK)
        st = cert_from_option(&h->server, h->o->server_key, why);
    if (st == ST_OK)
        st = load_owners(h->o, f->owners, why);
    if (st == ST_OK && h->o->members != NULL)
        st = keyset_load(&f->allowed, h->o->members, why);
    return st == ST_INVALID ? ST_SYSTEM : st;
}

/* Takes f->allowed. */
static enum status
open_group(struct group_host *h, struct group_files *f, struct fault *why)
{
    struct store_options s = {.dir = h->o->data,
                              .quota = h->o->quota,
                              .ballast = h->o->ballast,
                              .restored = h->o->restored};
    struct group_options g = {.outbox = &h->outbox,
                              .key = h->keys.cert.key,
                              .allowed = f->allowed,
                              .keep = &h->o->keep,
                              .history = h->o->history,
                              .owners = (const uint8_t(*)[KEY_LEN])f->owners,
                              .n_owners = h->o->n_owners,
                              /* Until the message server has said whether another process has
                               * this group's place, or cannot be asked. */
                              .held = CODE_BUSY,
                              .clock_is_right = h->o->clock_is_right,
                              .max_members = h->o->max_members,
                              .join_rate = h->o->join_rate,
                              .join_burst = h->o->join_burst,
                              .max_messages = h->o->max_messages};
    enum status st = store_open(&h->store, &s, why);

    if (st != ST_OK) {
        keyset_free(f->allowed);
        return st;
    }
    g.store = h->store;
    return group_open(&h->group, &g, why);
}

static enum status
open_sockets(struct group_host *h, struct fault *why)
{
    struct service_options s = {.keys = &h->keys,
                                .domain = GROUP_DOOR_REQUESTS,
                                .listen = h->o->listen,
                                .pace = h->o->pace};
    struct service_events events = events_of(h);
    enum status st = endpoint_check(h->o->feed, true, why);

    if (st == ST_OK)
        st = service_open(&h->service, &s, &events, why);
    if (st == ST_OK)
        st = sock_server_open(&h->feed, service_net(h->service), SOCK_FEED, &h->keys,
                              GROUP_DOOR_FEED, why);
    if (st == ST_OK) {
        feed_port_open(&h->port, h->service, h->feed);
        st = service_guard(h->service, h->feed, GROUP_DOOR_FEED, why);
    }
    if (st == ST_OK)
        st = watch_all(h);
    return st;
}

static enum status
probe_doors(struct group_host *h, struct fault *why)
{
    const uint8_t *key = h->keys.cert.key;
    enum status st =
        service_probe(h->service, LINK_REQUESTS, service_endpoint(h->service), key, why);

    if (st == ST_OK)
        st = service_probe(h->service, LINK_FEED, sock_endpoint(h->feed), key, why);
    if (st == ST_OK) {
        probe_tell(service_endpoint(h->service), h->o->members == NULL);
        /* Members only, in an open group too. */
        probe_tell(sock_endpoint(h->feed), false);
    }
    return st;
}

static enum status
listen_and_register(struct group_host *h, struct fault *why)
{
    struct registrar_options r = {.keys = &h->keys,
                                  .server = h->o->server,
                                  .server_key = h->server.key,
                                  .name = h->o->name,
                                  .address = h->address,
                                  .feed = h->feed_address,
                                  .description = h->o->description != NULL ? h->o->description : "",
                                  .members = count_members,
                                  .take_over = h->o->take_over,
                                  .time = on_time,
                                  .place = on_place,
                                  .ctx = h};
    enum status st = sock_bind(h->feed, h->o->feed, why);

    if (st == ST_OK)
        st = advertised(h->feed_address, sock_endpoint(h->feed), h->o->advertise, why);
    if (st == ST_OK) {
        group_set_feed(h->group, h->feed_address);
        st = service_listen(h->service, why);
    }
    if (st == ST_OK)
        st = advertised(h->address, service_endpoint(h->service), h->o->advertise, why);
    if (st == ST_OK)
        st = probe_doors(h, why);
    r.service = h->service;
    if (st == ST_OK)
        st = registrar_open(&h->registrar, &r, why);
    return st;
}

static enum status
open_all(struct group_host *h, struct fault *why)
{
    struct group_files files = {.allowed = NULL};
    enum status st;

    service_block_signals();
    h->outbox = outbox_of(h);
    st = load_files(h, &files, why);
    if (st == ST_OK)
        st = open_group(h, &files, why);
    if (st == ST_OK)
        st = open_sockets(h, why);
    if (st == ST_OK)
        st = listen_and_register(h, why);
    return st;
}

static void
close_all(struct group_host *h)
{
    registrar_close(h->registrar);
    group_close(h->group); /* the last answers still go out */
    if (h->feed != NULL)
        sock_linger(h->feed, ENDING_MOST_MS / 3);
    sock_close(h->feed);
    feed_port_close(&h->port);
    service_close(h->service);
    store_close(h->store);
    keypair_clear(&h->keys);
}

static void
explain(const struct group_host_options *o, enum status st, struct fault *why)
{
    switch (st) {
    case ST_OK:
        break;
    case ST_CONFLICT:
        fault_set(why, st,
                  "the name \"%s\", or one that reads the same, belongs to another group on the "
                  "message server at %s",
                  o->name, o->server);
        break;
    case ST_BUSY:
        fault_set(why, st,
                  "another process with this group's key and name is registered with the message "
                  "server at %s, and alive: this one has ended. Where this one is right, start it "
                  "with --take-over",
                  o->server);
        break;
    default:
        fault_set(why, st, "the group had to stop, see the log");
    }
}

enum status
group_host_run(const struct group_host_options *o, struct fault *why)
{
    struct group_host h = {.o = o};
    enum status st = open_all(&h, why);

    if (st == ST_OK)
        st = zloop_timer(service_loop(h.service), BEAT_MS, 0, on_beat, &h) < 0 ? ST_NOMEM : ST_OK;
    if (st == ST_OK) {
        log_info("group \"%s\" listening on %s, feed on %s, members: %zu, last seq: %llu", o->name,
                 service_endpoint(h.service), sock_endpoint(h.feed), group_members(h.group),
                 (unsigned long long)group_head(h.group));
        st = service_run(h.service);
        explain(o, st, why);
    }
    close_all(&h);
    return st;
}
