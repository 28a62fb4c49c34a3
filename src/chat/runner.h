/*
 * runner - one thread with one handle that does errands in order and puts what it hears into a
 * mailbox. For courier.c.
 */
#ifndef CHAT_RUNNER_H
#define CHAT_RUNNER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "chat/news.h"

#define MAILBOX_BYTES (2u << 20)

/* Whoever puts waits while it is full; so what comes waits with the group, and not here. */
struct mailbox {
    pthread_mutex_t lock;
    pthread_cond_t room;
    int fd; /* eventfd */
    size_t bytes;
    bool closed;
    struct news *first;
    struct news **last;
};

struct runner {
    pthread_t thread;
    bool started;
    struct conclave *handle;
    struct mailbox *out;
    int wake; /* eventfd: there are errands, or it is to stop */
    pthread_mutex_t lock;
    struct errand *first; /* under lock, like the next two */
    struct errand **last;
    bool stopping;
    struct errand *unposted; /* the thread's: messages whose group was not found yet */
    int64_t retry_ms;
};

/* Make an eventfd readable, and not. */
void runner_wake(int fd);
void runner_quiet(int fd);

bool mailbox_init(struct mailbox *box);
void mailbox_clear(struct mailbox *box);
/* Takes n. Waits until there is room for it, or nothing else is in. False: it is closed. */
bool mailbox_put(struct mailbox *box, struct news *n);
struct news *mailbox_take(struct mailbox *box);
/* Nobody takes any more: nobody waits. */
void mailbox_close(struct mailbox *box);

/* follows: polls its handle and does the errands up to POST; else the others. The runner has its
 * handle already. False: no thread or descriptor. */
bool runner_start(struct runner *r, struct mailbox *out, bool follows);
void runner_give(struct runner *r, struct errand *e);
void runner_stop(struct runner *r);
/* False: it was not over within that time. */
bool runner_join(struct runner *r, int timeout_ms);
/* Frees all, the handle too. It is over. */
void runner_clear(struct runner *r);

/* What both threads' errands answer with: takes e. st and the handle's reason. */
void runner_answer(struct runner *r, struct news *n, struct errand *e, enum conclave_status st);
/* In asking.c: does it and answers. */
void runner_ask(struct runner *r, struct errand *e);

#endif
