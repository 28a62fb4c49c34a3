/*
 * net - CURVE sockets. The only place in the tree that creates network sockets, so that no one
 * can forget a lock: every option of docs/architecture.md ("Socket settings") is set here.
 * Moves opaque bytes and identities; knows no operation.
 * Threads: a struct net may be shared; a sock belongs to the thread that made it.
 * Blocking: nothing here waits; polling is the caller's (sock_handle gives what to poll).
 */
#ifndef NET_NET_H
#define NET_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zmq.h>

#include "base/bytes.h"
#include "base/status.h"
#include "net/keys.h"

#define ENDPOINT_MAX 255 /* characters of an address such as tcp://127.0.0.1:5550 */
#define TICKET_LEN   16

/* ---- context ---- */

struct net; /* one per process: libzmq's context */

/* With three I/O threads, requests, feed and client sockets have one each. */
enum status net_open(struct net **out, int io_threads, struct fault *why);
/* For a service without a feed that asks nobody: requests have all of them. Before any socket. */
void net_spread(struct net *net);
/* All socks must be closed. NULL is allowed. Blocks while libzmq looks up a host's name, which may
 * take long when the name server does not answer. */
void net_close(struct net *net);
/* The same, but after so long go on without: ST_TIMEOUT, and what is left ends by itself, or with
 * the process. */
enum status net_close_within(struct net *net, int ms);
void *net_context(struct net *net);

/* "tcp://HOST:PORT" with a host and a port 1..65535 (a server may also say port * or 0, and host
 * *). Host names, IPv4, [IPv6]. ST_INVALID with the reason. */
enum status endpoint_check(const char *endpoint, bool for_server, struct fault *why);

/* ---- frames ---- */

/* One received or to-be-sent message part; counted by reference inside libzmq. */
struct frame {
    zmq_msg_t msg;
};

void frame_init(struct frame *f);
/* Takes over the memory of b, which is empty afterwards; nothing is copied. */
enum status frame_from_buf(struct frame *f, struct buf *b);
enum status frame_copy_bytes(struct frame *f, struct span bytes);
/* dst shares src's bytes. */
enum status frame_share(struct frame *dst, struct frame *src);
/* dst gets src's bytes; src is empty. dst must be initialised. */
void frame_move(struct frame *dst, struct frame *src);
void frame_clear(struct frame *f);
struct span frame_span(struct frame *f);

/* ---- server sockets ---- */

/* Where an answer goes: libzmq's routing id of one connection. Says nothing about who it is. */
#define ROUTE_MAX 16
struct route {
    uint8_t len;
    uint8_t id[ROUTE_MAX];
    int fd;            /* the connection's, or a number that is another's since: only ever asked how
                        * full it is */
    unsigned *in_work; /* its sender's requests in work, of which whoever ends this one takes one
                        * off; NULL: not counted */
};

/* A request as it came in. peer is the key that CURVE proved and our ZAP handler named. */
struct packet {
    struct route route;
    uint8_t peer[KEY_LEN];
    struct frame body;
};

/* A subscription to or from a feed. has_peer is false when the connection just went away. */
struct subscription {
    bool on;
    bool has_peer;
    uint8_t peer[KEY_LEN];
    int fd;                    /* of the connection, with a peer; else -1 */
    char address[64];          /* numeric, of the connection's other end; empty: not known */
    size_t topic_len;          /* as sent; may differ from TICKET_LEN */
    uint8_t topic[TICKET_LEN]; /* its first bytes */
};

enum sock_role { SOCK_REQUESTS, SOCK_FEED };

struct sock; /* opaque */

/* A server socket, not yet bound. keys is borrowed until return. domain is what the ZAP handler
 * sees. ST_NOMEM, ST_SYSTEM (out of descriptors and the like). */
enum status sock_server_open(struct sock **out, struct net *net, enum sock_role role,
                             const struct keypair *keys, const char *domain, struct fault *why);
/* ST_BUSY: somebody listens there. ST_INVALID, ST_SYSTEM. */
enum status sock_bind(struct sock *s, const char *endpoint, struct fault *why);
/* Stop listening and drop every connection. A later sock_bind to the same address may find it
 * still in use for a moment (ST_BUSY): try again. */
enum status sock_unbind(struct sock *s);
/* The address it is bound to, with the real port. */
const char *sock_endpoint(const struct sock *s);
/* How long sock_close lets what is queued leave in the background; 0 when never called. */
void sock_linger(struct sock *s, int ms);
/* NULL is allowed. */
void sock_close(struct sock *s);
void *sock_handle(struct sock *s);

/* Next request. The caller clears packet->body. ST_AGAIN: none. ST_INVALID: one arrived that was
 * not one frame from a proved key; it is dropped, go on. ST_PROTOCOL: the same for one whose sender
 * chose a routing id of more than ROUTE_MAX bytes. */
enum status sock_next_request(struct sock *s, struct packet *out);
/* Send an answer; takes f's bytes (f is empty afterwards). A peer that went away is ST_CLOSED,
 * one that does not read what it was sent ST_AGAIN; both mean that the answer is lost. */
enum status sock_reply(struct sock *s, const struct route *to, struct frame *f);
/* About once a second: see who has read meanwhile. */
void sock_beat(struct sock *s);

/* Next subscription change. ST_AGAIN: none. ST_INVALID: something else arrived; dropped. */
enum status sock_next_subscription(struct sock *s, struct subscription *out);
/* Publish to one ticket; shares payload's bytes. ST_AGAIN: that session's queue is full, and
 * nothing was queued for it. */
enum status sock_publish(struct sock *s, const uint8_t ticket[static TICKET_LEN],
                         struct frame *payload);

/* ---- client sockets ---- */

enum link_role { LINK_REQUESTS, LINK_FEED };

/* What the connection's monitor saw. A sock connects once; after any of the last six the
 * connection is over, and the caller closes the sock and may open another. */
enum link_event {
    LINK_NONE,       /* nothing new */
    LINK_CONNECTED,  /* TCP is up, the handshake runs */
    LINK_READY,      /* the handshake succeeded; sending works from here */
    LINK_LOST,       /* an established connection ended */
    LINK_NO_ANSWER,  /* the address cannot be reached or refused */
    LINK_SILENT,     /* TCP is up but no handshake came in time */
    LINK_BROKEN_OFF, /* the peer ended the handshake without a word: other server key, or not CURVE
                      */
    LINK_DENIED,     /* the peer does not accept our key */
    LINK_MISMATCH,   /* the peer speaks another protocol or mechanism */
};

/* Start to connect. keys is borrowed until return. largest: the longest message to accept. A
 * feed sock subscribes to ticket (NULL for requests; or for link_subscribe later). */
struct link_options {
    enum link_role role;
    const struct keypair *keys;
    const uint8_t *server_key; /* KEY_LEN bytes */
    const char *endpoint;
    const uint8_t *ticket;
    size_t largest;
    int connect_timeout_ms;
};
enum status link_open(struct sock **out, struct net *net, const struct link_options *o,
                      struct fault *why);
/* Subscribe a feed sock that was opened without a ticket; before it is ready, or after. */
enum status link_subscribe(struct sock *s, const uint8_t ticket[static TICKET_LEN],
                           struct fault *why);
/* What to poll for connection events. */
void *link_monitor(struct sock *s);
/* A number that no other link of this net has or had. */
unsigned link_serial(const struct sock *s);
enum link_event link_next_event(struct sock *s);
/* Send one request; takes f's bytes. ST_AGAIN: not ready or its queue is full; f is kept. */
enum status link_send(struct sock *s, struct frame *f);
/* Next message: the answer, or the feed's payload after its ticket. ST_AGAIN. */
enum status link_next(struct sock *s, struct frame *out);

#endif
