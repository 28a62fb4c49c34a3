/*
 * socket - the one constructor of network sockets, private to the net layer.
 */
#ifndef NET_SOCKET_H
#define NET_SOCKET_H

#include "net/net.h"

struct unread;

struct sock {
    void *handle;
    struct unread *unread; /* of requests: answers that wait to be read */
    void *monitor;         /* the reading end of the monitor, if there is one */
    unsigned serial;       /* clients */
    bool ready;            /* clients: the handshake succeeded */
    int64_t connected_ms;  /* clients: when TCP was seen to be up */
    char endpoint[ENDPOINT_MAX + 1];
};

/* An integer option and its value. */
struct socket_setting {
    int option;
    int value;
};

/* A CURVE socket with the settings that all have, then those of its role. server_key NULL: a
 * server, in ZAP domain `domain`; else a client of that key. ST_NOMEM, ST_SYSTEM. */
struct socket_plan {
    int type;
    const struct keypair *keys;
    const uint8_t *server_key;
    const char *domain;
    size_t largest;
    const struct socket_setting *settings;
    size_t n_settings;
};
enum status socket_make(struct sock **out, struct net *net, const struct socket_plan *plan,
                        struct fault *why);

/* Tell of these libzmq events from now on. sock_close ends it. False: errno says why. */
bool socket_monitor(struct sock *s, struct net *net, int events);

struct socket_event {
    uint16_t event;
    uint32_t value;
};
/* False: nothing new. */
bool socket_next_event(struct sock *s, struct socket_event *out);

/* The I/O threads that such a socket may have, one bit each; 0: all. */
uint64_t net_threads_for(const struct net *net, int type);
/* A number no other call on this net has got; names monitors. */
unsigned net_next_number(struct net *net);

#endif
