#include "client/wakeup.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <zmq.h>

#include "base/array.h"
#include "base/clock.h"
#include "client/handle.h"

/* A connection has two sockets: its own and its monitor's. */
struct watched {
    struct sock *sock; /* valid while it is in the list of the present */
    unsigned serial;
    bool reads;
    int fds[2]; /* as registered */
};

struct list {
    struct watched *items;
    size_t n;
    size_t cap;
};

struct wakeup {
    int epoll;
    int timer;
    int bell; /* an eventfd; a timer that rings at once costs an interrupt */
    bool rings;
    int user;       /* of conclave_watch, as registered; -1 */
    int64_t due_ms; /* as set; INT64_MAX: not */
    struct list now;
    struct list old;
};

static int
fd_of(void *socket)
{
    int fd = -1;
    size_t size = sizeof fd;

    return zmq_getsockopt(socket, ZMQ_FD, &fd, &size) == 0 ? fd : -1;
}

static void
list_add(void *ctx, struct sock *s, bool reads)
{
    struct list *l = ctx;

    if (array_room(l->items, l->cap, l->n + 1))
        l->items[l->n++] = (struct watched){.sock = s, .serial = link_serial(s), .reads = reads};
}

static bool
same(const struct list *a, const struct list *b)
{
    if (a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++)
        if (a->items[i].serial != b->items[i].serial || a->items[i].reads != b->items[i].reads)
            return false;
    return true;
}

static void
control(struct wakeup *w, int op, int fd)
{
    struct epoll_event ev = {.events = EPOLLIN};

    /* Removing one that was closed fails, and is meant to. */
    if (fd >= 0)
        epoll_ctl(w->epoll, op, fd, &ev);
}

static void
control_all(struct wakeup *w, int op, const struct list *l)
{
    for (size_t i = 0; i < l->n; i++)
        for (size_t k = 0; k < 2; k++)
            control(w, op, l->items[i].fds[k]);
}

static void
find_fds(struct list *l)
{
    for (size_t i = 0; i < l->n; i++) {
        struct watched *one = &l->items[i];

        one->fds[0] = one->reads ? fd_of(sock_handle(one->sock)) : -1;
        one->fds[1] = fd_of(link_monitor(one->sock));
    }
}

/* Numbers of descriptors are used again: all old ones go before the new ones come. */
static void
arm_links(struct wakeup *w, struct conclave *c)
{
    struct list swap = w->old;

    w->old = w->now;
    w->now = swap;
    w->now.n = 0;
    handle_links(c, list_add, &w->now);
    if (same(&w->now, &w->old)) {
        for (size_t i = 0; i < w->now.n; i++)
            w->now.items[i] = w->old.items[i];
        return;
    }
    control_all(w, EPOLL_CTL_DEL, &w->old);
    find_fds(&w->now);
    control_all(w, EPOLL_CTL_ADD, &w->now);
}

void
wakeup_by(struct wakeup *w, int64_t due_ms)
{
    struct itimerspec it = {0};
    int64_t now = clock_mono_ms();

    /* One that rings too early costs less than setting it anew each time. */
    if (w->due_ms > now && w->due_ms <= due_ms)
        return;
    w->due_ms = due_ms;
    if (due_ms != INT64_MAX) {
        int64_t at = due_ms > now ? due_ms : now + 1;

        it.it_value.tv_sec = at / 1000;
        it.it_value.tv_nsec = (at % 1000) * 1000000;
    }
    timerfd_settime(w->timer, TFD_TIMER_ABSTIME, &it, NULL);
}

int64_t
wakeup_due(const struct wakeup *w)
{
    return w->due_ms;
}

struct wakeup *
wakeup_new(void)
{
    struct wakeup *w = calloc(1, sizeof *w);

    if (w == NULL)
        return NULL;
    w->user = -1;
    w->due_ms = INT64_MAX;
    w->epoll = epoll_create1(EPOLL_CLOEXEC);
    w->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    w->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (w->epoll < 0 || w->timer < 0 || w->bell < 0) {
        wakeup_free(w);
        return NULL;
    }
    control(w, EPOLL_CTL_ADD, w->timer);
    control(w, EPOLL_CTL_ADD, w->bell);
    return w;
}

void
wakeup_free(struct wakeup *w)
{
    if (w == NULL)
        return;
    if (w->epoll >= 0)
        close(w->epoll);
    if (w->timer >= 0)
        close(w->timer);
    if (w->bell >= 0)
        close(w->bell);
    free(w->now.items);
    free(w->old.items);
    free(w);
}

int
wakeup_fd(const struct wakeup *w)
{
    return w->epoll;
}

void
wakeup_ring(struct wakeup *w)
{
    w->rings = w->rings || eventfd_write(w->bell, 1) == 0;
}

void
wakeup_still(struct wakeup *w)
{
    eventfd_t n;

    w->rings = w->rings && eventfd_read(w->bell, &n) != 0;
}

void
wakeup_arm(struct wakeup *w, struct conclave *c)
{
    int64_t due;

    arm_links(w, c);
    if (c->fd != w->user) {
        control(w, EPOLL_CTL_DEL, w->user);
        control(w, EPOLL_CTL_ADD, c->fd);
        w->user = c->fd;
    }
    due = handle_due(c);
    wakeup_by(w, c->spool != NULL && c->left_ms < due ? c->left_ms : due);
}
