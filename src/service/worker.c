#include "service/worker.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct queue {
    struct job *first;
    struct job **last;
};

struct worker {
    worker_run *run;
    void *ctx;
    int fd;
    pthread_t thread;
    bool running;
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t wake;
    bool stop;
    struct queue todo;
    struct queue done;
};

static void
queue_init(struct queue *q)
{
    q->first = NULL;
    q->last = &q->first;
}

static void
queue_put(struct queue *q, struct job *job)
{
    job->next = NULL;
    *q->last = job;
    q->last = &job->next;
}

static struct job *
queue_take(struct queue *q)
{
    struct job *job = q->first;

    if (job != NULL) {
        q->first = job->next;
        if (q->first == NULL)
            q->last = &q->first;
    }
    return job;
}

static void *
work(void *arg)
{
    struct worker *w = arg;

    pthread_mutex_lock(&w->lock);
    for (;;) {
        struct job *job = queue_take(&w->todo);
        bool first;

        if (job == NULL) {
            if (w->stop)
                break;
            pthread_cond_wait(&w->wake, &w->lock);
            continue;
        }
        pthread_mutex_unlock(&w->lock);
        w->run(w->ctx, job);
        pthread_mutex_lock(&w->lock);
        first = w->done.first == NULL;
        queue_put(&w->done, job);
        if (first) {
            uint64_t one = 1;
            /* Cannot fail: the counter is far from its limit. */
            (void)!write(w->fd, &one, sizeof one);
        }
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

enum status
worker_open(struct worker **out, worker_run *run, void *ctx)
{
    struct worker *w = calloc(1, sizeof *w);

    *out = NULL;
    if (w == NULL)
        return ST_NOMEM;
    w->run = run;
    w->ctx = ctx;
    queue_init(&w->todo);
    queue_init(&w->done);
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->wake, NULL);
    w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (w->fd < 0 || pthread_create(&w->thread, NULL, work, w) != 0) {
        worker_free(w);
        return ST_SYSTEM;
    }
    w->running = true;
    *out = w;
    return ST_OK;
}

void
worker_stop(struct worker *w)
{
    if (w == NULL || !w->running)
        return;
    pthread_mutex_lock(&w->lock);
    w->stop = true;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    w->running = false;
}

void
worker_free(struct worker *w)
{
    if (w == NULL)
        return;
    worker_stop(w);
    if (w->fd >= 0)
        close(w->fd);
    pthread_cond_destroy(&w->wake);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

int
worker_fd(const struct worker *w)
{
    return w->fd;
}

void
worker_submit(struct worker *w, struct job *job)
{
    pthread_mutex_lock(&w->lock);
    queue_put(&w->todo, job);
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
}

struct job *
worker_done(struct worker *w)
{
    struct job *job;

    pthread_mutex_lock(&w->lock);
    job = queue_take(&w->done);
    if (w->done.first == NULL) {
        uint64_t count;

        (void)!read(w->fd, &count, sizeof count);
    }
    pthread_mutex_unlock(&w->lock);
    return job;
}
