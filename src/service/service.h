/*
 * service - what a message server and a group have in common: the loop, the door (ZAP), the
 * request socket, signals, and an orderly end.
 * Threads: one. Signals SIGINT, SIGTERM and SIGHUP must be blocked (service_block_signals)
 * before the first thread is made.
 */
#ifndef SERVICE_SERVICE_H
#define SERVICE_SERVICE_H

#include <czmq.h>

#include "net/auth.h"
#include "net/net.h"
#include "service/call.h"
#include "service/pace.h"

struct service;

struct service_events {
    void *ctx;
    auth_policy *admits;                               /* the door; called with ctx */
    void (*request)(void *ctx, struct packet *packet); /* takes the packet's frame */
    void (*drained)(void *ctx);                        /* after a round of requests; may be NULL */
    void (*reload)(void *ctx);                         /* SIGHUP */
    void (*stop)(void *ctx); /* SIGINT, SIGTERM: begin to end; then service_end */
};

struct service_options {
    const struct keypair *keys; /* borrowed until service_open returns */
    const char *domain;         /* ZAP domain of the request socket */
    const char *listen;
    struct pace_options pace; /* how fast each key may ask */
    bool only_requests;       /* no feed, and no other service is asked */
};

void service_block_signals(void);
/* Door first, then the socket, which is bound by service_listen. events is borrowed. */
enum status service_open(struct service **out, const struct service_options *o,
                         const struct service_events *events, struct fault *why);
enum status service_listen(struct service *s, struct fault *why);
/* Knock at one of our own doors with a key that is never let in, and see that it is refused:
 * libzmq lets everybody in where its door keeper is not asked. To be called before service_run
 * for each bound socket. ST_DENIED: the door is open, do not serve. ST_TIMEOUT. */
enum status service_probe(struct service *s, enum link_role role, const char *endpoint,
                          const uint8_t server_key[static KEY_LEN], struct fault *why);
/* Watch another door of this service, beside that of the requests (watch.h). To be called before
 * sock_bind. door is borrowed while the service runs, domain until service_close. */
enum status service_guard(struct service *s, struct sock *door, const char *domain,
                          struct fault *why);
/* Answers that are queued get up to 500 ms to leave. What libzmq still does then (looking up a name
 * at a name server that does not answer) is not waited for. NULL is allowed. */
void service_close(struct service *s);

struct net *service_net(struct service *s);
zloop_t *service_loop(struct service *s);
/* Where it listens, with the real port. */
const char *service_endpoint(const struct service *s);
/* An outbox's reply; ctx is the service. */
void service_reply(void *ctx, const struct route *to, struct frame *frame);

/* Call fn(arg) whenever a socket or a descriptor can be read. ST_NOMEM. */
enum status service_watch(struct service *s, void *socket, int fd, zloop_fn *fn, void *arg);
void service_unwatch(struct service *s, void *socket, int fd);

/* Run until service_end. Returns its outcome; ST_DENIED at once when service_probe has not found
 * each door closed. */
enum status service_run(struct service *s);
void service_end(struct service *s, enum status outcome);

#endif
