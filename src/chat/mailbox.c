#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "chat/runner.h"

void
runner_wake(int fd)
{
    const uint64_t one = 1;
    ssize_t n = write(fd, &one, sizeof one);

    (void)n; /* a full counter can be read as well */
}

void
runner_quiet(int fd)
{
    uint64_t value;
    ssize_t n = read(fd, &value, sizeof value);

    (void)n;
}

bool
mailbox_init(struct mailbox *box)
{
    *box = (struct mailbox){.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    box->last = &box->first;
    pthread_mutex_init(&box->lock, NULL);
    pthread_cond_init(&box->room, NULL);
    return box->fd >= 0;
}

void
mailbox_clear(struct mailbox *box)
{
    struct news *n;

    while ((n = mailbox_take(box)) != NULL)
        news_free(n);
    if (box->fd >= 0)
        close(box->fd);
    pthread_cond_destroy(&box->room);
    pthread_mutex_destroy(&box->lock);
}

bool
mailbox_put(struct mailbox *box, struct news *n)
{
    bool closed;

    pthread_mutex_lock(&box->lock);
    while (!box->closed && box->first != NULL && box->bytes + n->bytes > MAILBOX_BYTES)
        pthread_cond_wait(&box->room, &box->lock);
    closed = box->closed;
    if (!closed) {
        *box->last = n;
        box->last = &n->later;
        box->bytes += n->bytes;
    }
    pthread_mutex_unlock(&box->lock);
    if (closed)
        news_free(n);
    else
        runner_wake(box->fd);
    return !closed;
}

struct news *
mailbox_take(struct mailbox *box)
{
    struct news *n;

    pthread_mutex_lock(&box->lock);
    n = box->first;
    if (n != NULL) {
        box->first = n->later;
        box->bytes -= n->bytes;
        n->later = NULL;
        if (box->first == NULL)
            box->last = &box->first;
        pthread_cond_broadcast(&box->room);
    } else {
        runner_quiet(box->fd);
    }
    pthread_mutex_unlock(&box->lock);
    return n;
}

void
mailbox_close(struct mailbox *box)
{
    pthread_mutex_lock(&box->lock);
    box->closed = true;
    pthread_cond_broadcast(&box->room);
    pthread_mutex_unlock(&box->lock);
}
