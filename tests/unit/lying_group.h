/*
 * lying_group - a group on a real socket that answers whatever a test likes, and a handle that
 * knows where it is.
 */
#ifndef LYING_GROUP_H
#define LYING_GROUP_H

#include <pthread.h>
#include <stdatomic.h>

#include "conclave.h"
#include "net/auth.h"
#include "net/net.h"
#include "wire/wire.h"

/* Fills in the result; n: how many requests came before. `list` holds the rows. */
typedef void answer_with(const struct wire_request *req, unsigned n, struct wire_reply *out,
                         struct buf *list);

struct world {
    char dir[64];
    char key[80];
    struct net *net;
    struct auth *auth;
    struct sock *door;
    struct keypair group;
    pthread_t thread;
    atomic_bool stop;
    answer_with *answers; /* on a thread of its own */
    atomic_uint asked;
    size_t list_max; /* of the next handle */
    struct conclave *c;
};

int world_set_up(void **state);
int world_tear_down(void **state);
/* Another handle, with that timeout. */
void world_open_handle(struct world *w, int timeout_ms);
/* Serve with these answers, and let the handle know where "lobby" is. Once, at the end of what is
 * set up. */
void world_begin(struct world *w, answer_with *answers);

#endif
