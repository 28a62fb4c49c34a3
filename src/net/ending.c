#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "net/net.h"

/* One end of a net, on a thread of its own. Whoever of the two is last frees it. */
struct ending {
    struct net *net;
    pthread_mutex_t lock;
    pthread_cond_t done;
    bool ended;
    bool left; /* nobody waits any more */
};

static void
ending_free(struct ending *e)
{
    pthread_cond_destroy(&e->done);
    pthread_mutex_destroy(&e->lock);
    free(e);
}

static void *
end_net(void *arg)
{
    struct ending *e = arg;
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

static struct ending *
ending_new(struct net *net)
{
    struct ending *e = calloc(1, sizeof *e);
    pthread_condattr_t attr;

    if (!e)
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
wait_for_end(struct ending *e, int ms)
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
    struct ending *e = net ? ending_new(net) : NULL;
    pthread_t thread;

    if (!net)
        return ST_OK;
    if (!e || pthread_create(&thread, NULL, end_net, e) != 0) {
        if (e)
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
