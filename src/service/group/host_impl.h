/*
 * host_impl - the inside of a group's process, shared by group_host.c, which opens and closes
 * it, and group_loop.c, which does what the loop calls for between.
 */
#ifndef GROUP_HOST_IMPL_H
#define GROUP_HOST_IMPL_H

#include "group/feed_port.h"
#include "group/host.h"
#include "group/registrar.h"
#include "service/service.h"

#define GROUP_ENDING_MOST_MS 1500

struct host {
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

/* All in group_loop.c; they hold h as their context. */
struct outbox group_loop_outbox(struct host *h);
struct service_events group_loop_events(struct host *h);
/* Watch the feed and what the group's threads have done. Service, feed and group are open. */
enum status group_loop_watch(struct host *h);
/* For the registrar: whether this process may serve. */
void group_loop_place(void *ctx, enum registrar_place place);
/* For the registrar too. */
void group_loop_time(void *ctx, int64_t server_ns);
/* From now on once a second. ST_NOMEM. */
enum status group_loop_beat(struct host *h);

#endif
