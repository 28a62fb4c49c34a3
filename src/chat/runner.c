#include "chat/runner.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

#define POLL_MS   1000
#define RETRY_MS  1000 /* between attempts to find the group of a message */
#define ROUND_MAX 256  /* events, until errands are looked at again */
#define DRAIN_MS  300  /* for answers, at the end */

/* ---- errands ---- */

void
runner_give(struct runner *r, struct errand *e)
{
    pthread_mutex_lock(&r->lock);
    *r->last = e;
    r->last = &e->next;
    pthread_mutex_unlock(&r->lock);
    runner_wake(r->wake);
}

static struct errand *
take_errand(struct runner *r)
{
    struct errand *e;

    pthread_mutex_lock(&r->lock);
    e = r->first;
    if (e != NULL) {
        r->first = e->next;
        e->next = NULL;
        if (r->first == NULL)
            r->last = &r->first;
    }
    pthread_mutex_unlock(&r->lock);
    return e;
}

static bool
is_stopping(struct runner *r)
{
    bool stopping;

    pthread_mutex_lock(&r->lock);
    stopping = r->stopping;
    pthread_mutex_unlock(&r->lock);
    return stopping;
}

void
runner_answer(struct runner *r, struct news *n, struct errand *e, enum conclave_status st)
{
    if (n == NULL) {
        errand_free(e);
        return;
    }
    n->errand = e;
    n->status = st;
    if (st != CONCLAVE_OK) {
        const char *code = news_string(n, conclave_error_code(r->handle));
        const char *text = news_string(n, conclave_error(r->handle));

        n->code = code != NULL ? code : "";
        n->text = text != NULL ? text : "";
    }
    (void)mailbox_put(r->out, n);
}

/* ---- following and posting ---- */

/* Not the last word on a message: its group may come back. */
static bool
may_come_back(const struct runner *r, enum conclave_status st)
{
    return st == CONCLAVE_UNREACHABLE ||
           (st == CONCLAVE_REFUSED && strcmp(conclave_error_code(r->handle), "not_found") == 0);
}

static bool
is_first_of_group(const struct runner *r, const struct errand *e)
{
    for (const struct errand *u = r->unposted; u != e; u = u->next)
        if (strcmp(u->group, e->group) == 0)
            return false;
    return true;
}

static void
post_what_waits(struct runner *r)
{
    struct errand **at = &r->unposted;

    r->retry_ms = clock_mono_ms() + RETRY_MS;
    while (*at != NULL) {
        struct errand *e = *at;
        enum conclave_status st;

        if (!is_first_of_group(r, e)) {
            at = &e->next;
            continue;
        }
        st = conclave_post(r->handle, e->group, e->text, strlen(e->text), &e->id, NULL);
        if (may_come_back(r, st)) {
            at = &e->next;
            continue;
        }
        *at = e->next;
        e->next = NULL;
        if (st == CONCLAVE_OK)
            errand_free(e);
        else
            runner_answer(r, news_new(NEWS_ANSWER), e, st);
    }
}

static void
memory_post(struct runner *r, struct errand *e)
{
    struct errand **at = &r->unposted;

    while (*at != NULL)
        at = &(*at)->next;
    *at = e;
    r->retry_ms = 0;
}

static void
follow(struct runner *r, struct errand *e)
{
    runner_answer(r, news_new(NEWS_ANSWER), e,
                  conclave_follow_after(r->handle, e->group, &e->cursor));
}

static void
count_waiting(struct runner *r, struct errand *e)
{
    struct news *n = news_new(NEWS_ANSWER);

    if (n != NULL)
        n->waiting = conclave_posted(r->handle, e->group);
    runner_answer(r, n, e, CONCLAVE_OK);
}

static void
do_live_errand(struct runner *r, struct errand *e)
{
    if (e->kind == ERRAND_POST) {
        memory_post(r, e);
    } else if (e->kind == ERRAND_FOLLOW) {
        follow(r, e);
    } else if (e->kind == ERRAND_WAITING) {
        count_waiting(r, e);
    } else {
        conclave_unfollow(r->handle, e->group);
        errand_free(e);
    }
}

static void
pass_on(struct runner *r, const struct conclave_event *e)
{
    struct news *n = news_new(NEWS_EVENT);

    if (n == NULL || !news_event(n, e)) {
        news_free(n);
        return;
    }
    if (n->event.type == CONCLAVE_EVENT_STATE) {
        struct conclave_cursor at;

        if (conclave_position(r->handle, n->event.group, &at))
            n->log = at.log;
    }
    (void)mailbox_put(r->out, n);
}

/* One round: what there is to do, and what comes within the time. It comes without end if others
 * see to that, so there is one. */
static void
live_round(struct runner *r, int timeout_ms)
{
    struct conclave_event event;
    struct errand *e;

    runner_quiet(r->wake);
    while ((e = take_errand(r)) != NULL)
        do_live_errand(r, e);
    if (r->unposted != NULL && clock_mono_ms() >= r->retry_ms)
        post_what_waits(r);
    for (int i = 0; i < ROUND_MAX && conclave_poll(r->handle, timeout_ms, &event) == CONCLAVE_OK;
         i++) {
        if (event.type == CONCLAVE_EVENT_FD)
            return;
        pass_on(r, &event);
        timeout_ms = 0;
    }
}

static void *
run_live(void *arg)
{
    struct runner *r = arg;
    int64_t end_ms;

    conclave_watch(r->handle, r->wake);
    while (!is_stopping(r))
        live_round(r, POLL_MS);
    end_ms = clock_mono_ms() + DRAIN_MS;
    while ((r->unposted != NULL || conclave_posted(r->handle, NULL) > 0) &&
           clock_mono_ms() < end_ms)
        live_round(r, (int)(end_ms - clock_mono_ms()));
    return NULL;
}

/* ---- asking ---- */

static void *
run_asking(void *arg)
{
    struct runner *r = arg;

    while (!is_stopping(r)) {
        struct pollfd wait = {.fd = r->wake, .events = POLLIN};
        struct errand *e;

        (void)poll(&wait, 1, -1);
        runner_quiet(r->wake);
        while (!is_stopping(r) && (e = take_errand(r)) != NULL)
            runner_ask(r, e);
    }
    return NULL;
}

/* ---- the thread ---- */

bool
runner_start(struct runner *r, struct mailbox *out, bool follows)
{
    sigset_t all, before;

    r->out = out;
    r->last = &r->first;
    pthread_mutex_init(&r->lock, NULL);
    r->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (r->wake < 0)
        return false;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    r->started = pthread_create(&r->thread, NULL, follows ? run_live : run_asking, r) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return r->started;
}

void
runner_stop(struct runner *r)
{
    if (!r->started)
        return;
    pthread_mutex_lock(&r->lock);
    r->stopping = true;
    pthread_mutex_unlock(&r->lock);
    runner_wake(r->wake);
}

bool
runner_join(struct runner *r, int timeout_ms)
{
    struct timespec until;

    if (!r->started)
        return true;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += timeout_ms / 1000;
    until.tv_nsec += (long)(timeout_ms % 1000) * NS_PER_MS;
    if (until.tv_nsec >= NS_PER_S) {
        until.tv_sec++;
        until.tv_nsec -= NS_PER_S;
    }
    if (pthread_timedjoin_np(r->thread, NULL, &until) != 0)
        return false;
    r->started = false;
    return true;
}

static void
free_errands(struct errand *e)
{
    while (e != NULL) {
        struct errand *next = e->next;
        errand_free(e);
        e = next;
    }
}

void
runner_clear(struct runner *r)
{
    free_errands(r->first);
    free_errands(r->unposted);
    if (r->wake >= 0)
        close(r->wake);
    if (r->last != NULL)
        pthread_mutex_destroy(&r->lock);
    conclave_close(r->handle);
}
