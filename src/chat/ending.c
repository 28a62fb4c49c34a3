#include "chat/ending.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "chat/runner.h"
#include "screen/terminal.h"

static bool
is_over(const struct ending *e, int timeout_ms)
{
    struct pollfd over = {.fd = e->over, .events = POLLIN};

    return poll(&over, 1, timeout_ms) > 0;
}

static void *
watch(void *arg)
{
    struct ending *e = arg;
    struct pollfd fds[] = {
        {.fd = e->signals, .events = POLLIN},
        {.fd = e->over, .events = POLLIN},
    };
    struct signalfd_siginfo info;

    do
        (void)poll(fds, sizeof fds / sizeof fds[0], -1);
    while (fds[0].revents == 0 && !is_over(e, 0));
    if (fds[0].revents == 0)
        return NULL;
    /* In this order: ending_is_asked looks at both. */
    runner_wake(e->asked);
    (void)!read(e->signals, &info, sizeof info);
    if (!is_over(e, ENDING_MS)) {
        /* What was posted is in the spool. */
        terminal_abandon();
        _exit(0);
    }
    return NULL;
}

bool
ending_start(struct ending *e)
{
    sigset_t ends, all, before;

    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGHUP);
    sigaddset(&ends, SIGINT);
    e->started = false;
    e->asked = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    e->over = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    e->signals = signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK);
    if (e->asked < 0 || e->over < 0 || e->signals < 0)
        return false;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    e->started = pthread_create(&e->thread, NULL, watch, e) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return e->started;
}

bool
ending_is_asked(const struct ending *e)
{
    struct pollfd fds[] = {
        {.fd = e->signals, .events = POLLIN},
        {.fd = e->asked, .events = POLLIN},
    };

    return poll(&fds[0], 1, 0) > 0 || poll(&fds[1], 1, 0) > 0;
}

static void
close_one(int fd)
{
    if (fd >= 0)
        close(fd);
}

void
ending_stop(struct ending *e)
{
    if (e->started) {
        runner_wake(e->over);
        pthread_join(e->thread, NULL);
    }
    close_one(e->asked);
    close_one(e->over);
    close_one(e->signals);
}
