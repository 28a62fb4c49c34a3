#include <malloc.h>

#include "base/clock.h"
#include "base/log.h"
#include "group/host_impl.h"

#define QUIET_BEATS 8
#define BEAT_MS     1000
#define NUDGE_MS    50
#define ENDING_MS   10

/* ---- outbox ---- */

static void
reply(void *ctx, const struct route *to, struct frame *frame)
{
    struct host *h = ctx;

    service_reply(h->service, to, frame);
}

static enum status
publish(void *ctx, const uint8_t *ticket, struct frame *payload)
{
    struct host *h = ctx;

    return feed_port_publish(&h->port, ticket, payload);
}

static void drain_subscriptions(struct host *h);

static void
look(void *ctx)
{
    drain_subscriptions(ctx);
}

static bool
cut_feed(void *ctx, const struct subscription *sub)
{
    struct host *h = ctx;

    return feed_port_cut(&h->port, sub);
}

static void
stray(void *ctx, const struct subscription *sub)
{
    struct host *h = ctx;

    feed_port_stray(&h->port, sub);
}

static void
reset_feed(void *ctx)
{
    struct host *h = ctx;

    feed_port_reset(&h->port);
}

struct outbox
group_loop_outbox(struct host *h)
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
    const struct host *h = ctx;

    return group_admits(h->group, domain, key);
}

static void
on_request(void *ctx, struct packet *packet)
{
    struct host *h = ctx;

    h->quiet_beats = 0;
    group_request(h->group, packet);
}

static void
on_drained(void *ctx)
{
    struct host *h = ctx;

    group_flush(h->group);
}

static void
drain_subscriptions(struct host *h)
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
    struct host *h = arg;

    (void)loop;
    (void)item;
    drain_subscriptions(h);
    group_flush(h->group);
    return 0;
}

static int
on_nudge(zloop_t *loop, int id, void *arg)
{
    struct host *h = arg;

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
    struct host *h = arg;
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
    struct host *h = arg;

    (void)loop;
    (void)item;
    group_read(h->group);
    return 0;
}

static int
on_searched(zloop_t *loop, zmq_pollitem_t *item, void *arg)
{
    struct host *h = arg;

    (void)loop;
    (void)item;
    group_searched(h->group);
    return 0;
}

/* Who is out may have connections that wait for their moment: one that subscribes to everything
 * while something is being published would see it. Not sooner than with the beat, so that the
 * farewell arrives. */
static void
sweep_feed(struct host *h)
{
    if (!group_has_strangers(h->group))
        return;
    drain_subscriptions(h); /* who has just come is known then */
    feed_port_sweep(&h->port, group_vouches, h->group);
}

/* Idle members close their request connections, whose memory lies between that of the feeds: the
 * allocator keeps it unless it is asked. Only when nobody would notice the time this takes. */
static void
give_back_memory(struct host *h)
{
    if (++h->quiet_beats % QUIET_BEATS == 0)
        malloc_trim(0);
}

static int
on_beat(zloop_t *loop, int id, void *arg)
{
    struct host *h = arg;

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
    struct host *h = ctx;
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
    struct host *h = arg;
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
begin_to_end(struct host *h, enum status outcome)
{
    if (h->stopping)
        return;
    log_info("stopping");
    h->stopping = true;
    h->outcome = outcome;
    h->stop_by_ms = clock_mono_ms() + GROUP_ENDING_MOST_MS;
    group_stop(h->group);
    zloop_timer(service_loop(h->service), ENDING_MS, 0, on_ending, h);
}

static void
on_stop(void *ctx)
{
    begin_to_end(ctx, ST_OK);
}

void
group_loop_place(void *ctx, enum registrar_place place)
{
    struct host *h = ctx;

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

void
group_loop_time(void *ctx, int64_t server_ns)
{
    struct host *h = ctx;

    group_server_time(h->group, server_ns, clock_mono_ms());
}

/* ---- what is called when ---- */

struct service_events
group_loop_events(struct host *h)
{
    return (struct service_events){.ctx = h,
                                   .admits = admits,
                                   .request = on_request,
                                   .drained = on_drained,
                                   .reload = on_reload,
                                   .stop = on_stop};
}

enum status
group_loop_watch(struct host *h)
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

enum status
group_loop_beat(struct host *h)
{
    return zloop_timer(service_loop(h->service), BEAT_MS, 0, on_beat, h) < 0 ? ST_NOMEM : ST_OK;
}
