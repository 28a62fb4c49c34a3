#include "server/host.h"

#include "base/clock.h"
#include "base/log.h"
#include "server/directory.h"
#include "service/probe.h"
#include "service/service.h"

#define TICK_MS 500

struct server_host {
    const struct server_host_options *o;
    struct outbox outbox;
    struct keypair keys;
    struct names *names;
    struct directory *directory;
    struct service *service;
};

static void
on_request(void *ctx, struct packet *packet)
{
    struct server_host *h = ctx;

    directory_set_time(h->directory, clock_mono_ms(), clock_wall_ns());
    directory_request(h->directory, packet);
}

static int
on_tick(zloop_t *loop, int id, void *arg)
{
    struct server_host *h = arg;

    (void)loop;
    (void)id;
    directory_set_time(h->directory, clock_mono_ms(), clock_wall_ns());
    directory_expire(h->directory);
    return 0;
}

static bool
admits(void *ctx, const char *domain, const uint8_t key[static KEY_LEN])
{
    const struct server_host *h = ctx;

    return directory_admits(h->directory, domain, key);
}

/* A list that was not asked for stays NULL: everybody. */
static enum status
load_lists(const struct server_host *h, struct keyset **groups, struct keyset **users,
           struct fault *why)
{
    enum status st = ST_OK;

    *groups = *users = NULL;
    if (h->o->groups != NULL)
        st = keyset_load(groups, h->o->groups, why);
    if (st == ST_OK && h->o->users != NULL)
        st = keyset_load(users, h->o->users, why);
    if (st != ST_OK) {
        keyset_free(*groups);
        *groups = NULL;
    }
    return st;
}

static void
on_reload(void *ctx)
{
    struct server_host *h = ctx;
    struct keyset *groups, *users;
    struct fault why = {0};

    if (load_lists(h, &groups, &users, &why) != ST_OK) {
        log_error("the lists were not read again, the old ones stay: %s", why.text);
        return;
    }
    directory_set_allowed(h->directory, groups, users);
    log_info("the lists were read again");
}

static void
on_stop(void *ctx)
{
    struct server_host *h = ctx;

    log_info("stopping");
    service_end(h->service, ST_OK);
}

static void
reply(void *ctx, const struct route *to, struct frame *frame)
{
    struct server_host *h = ctx;

    service_reply(h->service, to, frame);
}

/* The options are fine where ST_INVALID says that a file is not. */
static enum status
of_file(enum status st)
{
    return st == ST_INVALID ? ST_SYSTEM : st;
}

static enum status
open_all(struct server_host *h, struct fault *why)
{
    struct directory_options d = {.outbox = &h->outbox, .lease_ms = (uint64_t)h->o->lease_ms};
    struct service_options s = {.keys = &h->keys,
                                .domain = "server",
                                .listen = h->o->listen,
                                .pace = h->o->pace,
                                .only_requests = true};
    struct service_events events = {.ctx = h,
                                    .admits = admits,
                                    .request = on_request,
                                    .reload = on_reload,
                                    .stop = on_stop};
    enum status st;

    service_block_signals();
    h->outbox = (struct outbox){.ctx = h, .reply = reply};
    st = of_file(keypair_load(&h->keys, h->o->key, why));
    if (st == ST_OK)
        st = names_open(&h->names, h->o->data, why);
    if (st == ST_OK)
        st = of_file(load_lists(h, &d.groups, &d.users, why));
    d.names = h->names;
    if (st == ST_OK)
        st = directory_open(&h->directory, &d);
    if (st == ST_OK)
        st = service_open(&h->service, &s, &events, why);
    if (st == ST_OK)
        st = service_listen(h->service, why);
    if (st == ST_OK)
        st = service_probe(h->service, LINK_REQUESTS, service_endpoint(h->service),
                           h->keys.cert.key, why);
    if (st == ST_OK)
        probe_tell(service_endpoint(h->service), h->o->groups == NULL || h->o->users == NULL);
    keypair_clear(&h->keys);
    return st;
}

enum status
server_host_run(const struct server_host_options *o, struct fault *why)
{
    struct server_host h = {.o = o};
    enum status st = open_all(&h, why);

    if (st == ST_OK) {
        zloop_timer(service_loop(h.service), TICK_MS, 0, on_tick, &h);
        log_info("message server listening on %s, %zu names known", service_endpoint(h.service),
                 names_count(h.names));
        st = service_run(h.service);
    }
    service_close(h.service);
    directory_close(h.directory);
    names_close(h.names);
    return st;
}
