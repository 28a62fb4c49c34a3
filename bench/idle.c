/* W10: one post at a time in a group that is idle else, from conclave_post to the other screen. */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "bench.h"

#define PAUSE_LEAST_MS 50
#define PAUSE_MOST_MS  150
#define WAIT_MS        1000 /* of one call */

/* As a chat does: it follows, and an errand wakes it out of conclave_poll. */
struct poster {
    pthread_t thread;
    struct conclave *c;
    int errand; /* eventfd: so many messages are to be posted */
    uint64_t sent, acked, errors;
    bool over; /* set by the other thread, behind an errand */
    pthread_mutex_t lock;
};

static bool
is_over(struct poster *p)
{
    bool over;

    pthread_mutex_lock(&p->lock);
    over = p->over;
    pthread_mutex_unlock(&p->lock);
    return over;
}

static void
post_one(struct poster *p)
{
    uint64_t n;

    if (read(p->errand, &n, sizeof n) != sizeof n || is_over(p))
        return;
    must(p->c, conclave_post(p->c, opt.group, body_of(p->sent++), opt.size, NULL, NULL), "post");
}

static void *
do_errands(void *arg)
{
    struct poster *p = arg;
    struct conclave_event e;

    while (!is_over(p)) {
        if (conclave_poll(p->c, WAIT_MS, &e) != CONCLAVE_OK)
            continue;
        if (e.type == CONCLAVE_EVENT_FD)
            post_one(p);
        p->acked += e.type == CONCLAVE_EVENT_ACK;
        p->errors += e.type == CONCLAVE_EVENT_REFUSED;
    }
    return NULL;
}

static void
give_errand(struct poster *p)
{
    uint64_t one = 1;

    if (write(p->errand, &one, sizeof one) != sizeof one)
        die("cannot write to an eventfd");
}

/* Take what comes until the next message, or for so long. */
static bool
take_one(struct reader *r, int64_t ns, struct samples *latency)
{
    int64_t end = now_ns() + ns;
    struct conclave_event e;

    for (int64_t left = ns; left > 0; left = end - now_ns()) {
        if (conclave_poll(r->c, (int)(left / 1000000), &e) != CONCLAVE_OK ||
            e.type != CONCLAVE_EVENT_ENTRY || !reader_check(r, &e.entry))
            continue;
        sample_add(latency, now_ns() - body_time(e.entry.body));
        return true;
    }
    return false;
}

static void
start(struct poster *p)
{
    p->errand = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    p->c = person_new(0);
    if (p->errand < 0)
        die("cannot make an eventfd");
    must(p->c, conclave_follow(p->c, opt.group), "follow");
    conclave_watch(p->c, p->errand);
    pthread_mutex_init(&p->lock, NULL);
    if (pthread_create(&p->thread, NULL, do_errands, p) != 0)
        die("cannot make a thread");
}

static void
stop(struct poster *p)
{
    pthread_mutex_lock(&p->lock);
    p->over = true;
    pthread_mutex_unlock(&p->lock);
    give_errand(p);
    pthread_join(p->thread, NULL);
    pthread_mutex_destroy(&p->lock);
    close(p->errand);
}

int
run_lone_post(void)
{
    struct poster p = {0};
    struct reader r = {0};
    struct samples latency = {0};
    uint64_t given = 0, got = 0;
    int64_t end = now_ns() + (int64_t)(opt.secs * 1e9);
    unsigned seed = 1;
    struct mark a, b;

    start(&p);
    r.c = person_new(1);
    must(r.c, conclave_follow(r.c, opt.group), "follow");
    a = mark_now();
    while (got == given && now_ns() < end) {
        int pause = PAUSE_LEAST_MS + rand_r(&seed) % (PAUSE_MOST_MS - PAUSE_LEAST_MS);

        r.errors += take_one(&r, pause * (int64_t)1000000, &latency); /* nobody sent anything */
        give_errand(&p);
        given++;
        got += take_one(&r, DRAIN_NS, &latency);
    }
    b = mark_now();
    stop(&p);
    r.errors += p.errors;
    print_head("W10");
    printf(",\"lost\":%" PRIu64 ",\"errors\":%" PRIu64, given - got, r.errors);
    print_latency(&latency);
    print_cpu(&a, &b, 0);
    printf("}\n");
    conclave_close(r.c);
    conclave_close(p.c);
    return r.errors > 0 || got != given;
}
