#include "net/net.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "net/socket.h"

struct net {
    void *context;
    int io_threads;
    bool spread;
    atomic_uint numbers;
};

enum status
net_open(struct net **out, int io_threads, struct fault *why)
{
    struct net *net = calloc(1, sizeof *net);

    *out = NULL;
    if (net == NULL)
        return ST_NOMEM;
    net->context = zmq_ctx_new();
    if (net->context == NULL) {
        free(net);
        return fault_set(why, ST_SYSTEM, "cannot start the network layer: %s", zmq_strerror(errno));
    }
    zmq_ctx_set(net->context, ZMQ_IO_THREADS, io_threads);
    zmq_ctx_set(net->context, ZMQ_MAX_SOCKETS, 16 * 1024);
    /* A process must end even when a peer does not read. */
    zmq_ctx_set(net->context, ZMQ_BLOCKY, 0);
    net->io_threads = io_threads;
    atomic_init(&net->numbers, 0);
    *out = net;
    return ST_OK;
}

void
net_close(struct net *net)
{
    if (net == NULL)
        return;
    while (zmq_ctx_term(net->context) != 0 && errno == EINTR)
        continue;
    free(net);
}

void *
net_context(struct net *net)
{
    return net->context;
}

void
net_spread(struct net *net)
{
    net->spread = true;
}

unsigned
net_next_number(struct net *net)
{
    return atomic_fetch_add(&net->numbers, 1);
}

/* A service has three: requests and feed each have one to themselves, so that one's sealing does
 * not hold up the other's, and the memory of the short connections for requests lies apart from
 * that of the feeds, and can be given back. The third is for client sockets: libzmq looks up a
 * host's name there, which may take many seconds. Where requests are all there is, each thread
 * takes its share of the connections: who waits behind a flood waits behind fewer of them. */
uint64_t
net_threads_for(const struct net *net, int type)
{
    if (net->io_threads < 3 || net->spread)
        return 0;
    return type == ZMQ_ROUTER ? 1 : type == ZMQ_XPUB ? 2 : 4;
}

/* ---- an end that is not waited for ---- */

/* One end of a net, on a thread of its own. Whoever of the two is last frees it. */
struct net_ending {
    struct net *net;
    pthread_mutex_t lock;
    pthread_cond_t done;
    bool ended;
    bool left; /* nobody waits any more */
};

static void
ending_free(struct net_ending *e)
{
    pthread_cond_destroy(&e->done);
    pthread_mutex_destroy(&e->lock);
    free(e);
}

static void *
end_net(void *arg)
{
    struct net_ending *e = arg;
    bool left;

    net_close(e->net);
    pthread_mutex_lock(&e->lock);
    e->ended = true;
    left = e->left;
    pthread_cond_signal(&e->done);
    pthread_mutex_unlock(&e->lock);
    if (left)
        ending_free(e);
    return NULL;
}

static struct net_ending *
ending_new(struct net *net)
{
    struct net_ending *e = calloc(1, sizeof *e);
    pthread_condattr_t attr;

    if (e == NULL)
        return NULL;
    e->net = net;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_mutex_init(&e->lock, NULL);
    pthread_cond_init(&e->done, &attr);
    pthread_condattr_destroy(&attr);
    return e;
}

static bool
wait_for_end(struct net_ending *e, int ms)
{
    struct timespec until;
    bool ended;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&e->lock);
    while (!e->ended && pthread_cond_timedwait(&e->done, &e->lock, &until) == 0)
        continue;
    ended = e->ended;
    e->left = !ended;
    pthread_mutex_unlock(&e->lock);
    return ended;
}

enum status
net_close_within(struct net *net, int ms)
{
    struct net_ending *e = net != NULL ? ending_new(net) : NULL;
    pthread_t thread;

    if (net == NULL)
        return ST_OK;
    if (e == NULL || pthread_create(&thread, NULL, end_net, e) != 0) {
        if (e != NULL)
            ending_free(e);
        net_close(net);
        return ST_OK;
    }
    if (!wait_for_end(e, ms)) {
        pthread_detach(thread);
        return ST_TIMEOUT;
    }
    pthread_join(thread, NULL);
    ending_free(e);
    return ST_OK;
}
