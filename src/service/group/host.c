#include "group/host.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "group/host_impl.h"
#include "service/probe.h"

/* ---- registration ---- */

static size_t
count_members(void *ctx)
{
    const struct host *h = ctx;

    return group_members(h->group);
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
load_files(struct host *h, struct group_files *f, struct fault *why)
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
open_group(struct host *h, struct group_files *f, struct fault *why)
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
open_sockets(struct host *h, struct fault *why)
{
    struct service_options s = {.keys = &h->keys,
                                .domain = GROUP_DOOR_REQUESTS,
                                .listen = h->o->listen,
                                .pace = h->o->pace};
    struct service_events events = group_loop_events(h);
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
        st = group_loop_watch(h);
    return st;
}

static enum status
probe_doors(struct host *h, struct fault *why)
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
listen_and_register(struct host *h, struct fault *why)
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
                                  .time = group_loop_time,
                                  .place = group_loop_place,
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
open_all(struct host *h, struct fault *why)
{
    struct group_files files = {.allowed = NULL};
    enum status st;

    service_block_signals();
    h->outbox = group_loop_outbox(h);
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
close_all(struct host *h)
{
    registrar_close(h->registrar);
    group_close(h->group); /* the last answers still go out */
    if (h->feed != NULL)
        sock_linger(h->feed, GROUP_ENDING_MOST_MS / 3);
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
    struct host h = {.o = o};
    enum status st = open_all(&h, why);

    if (st == ST_OK)
        st = group_loop_beat(&h);
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
