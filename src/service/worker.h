/*
 * worker - one thread that runs jobs in order, so that the loop never waits for the disk.
 * Threads: worker_submit, worker_done and worker_close are the loop's; run is called on the
 * worker's thread. A job belongs to the worker from submit until done gives it back.
 */
#ifndef SERVICE_WORKER_H
#define SERVICE_WORKER_H

#include "base/status.h"

/* First member of every job. */
struct job {
    struct job *next;
};

typedef void worker_run(void *ctx, struct job *job);

struct worker;

/* run and ctx are borrowed until worker_close. ST_NOMEM, ST_SYSTEM. */
enum status worker_open(struct worker **out, worker_run *run, void *ctx);
/* Finish all jobs that were submitted, then stop; jobs that are done can still be taken before
 * worker_free. NULL is allowed. */
void worker_stop(struct worker *w);
void worker_free(struct worker *w);
/* A descriptor that is readable when a job is done. */
int worker_fd(const struct worker *w);
void worker_submit(struct worker *w, struct job *job);
/* The next finished job, or NULL. Quiets the descriptor. */
struct job *worker_done(struct worker *w);

#endif
