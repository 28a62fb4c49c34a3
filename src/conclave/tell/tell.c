#include "tell/tell.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include "tell/facts.h"

#define FLUSH_BYTES ((size_t)64 * 1024)

void
tell_init(struct tell *t, int fd, bool json)
{
    *t = (struct tell){.fd = fd, .stop_fd = -1, .json = json};
    buf_init(&t->out, 0);
    table_init(&t->rows);
}

void
tell_clear(struct tell *t)
{
    buf_clear(&t->out);
    table_clear(&t->rows);
}

/* False: stopped or failed. */
static bool
wait_writable(struct tell *t)
{
    struct pollfd fds[] = {{.fd = t->fd, .events = POLLOUT}, {.fd = t->stop_fd, .events = POLLIN}};

    while (poll(fds, 2, -1) < 0)
        if (errno != EINTR) {
            t->error = errno;
            return false;
        }
    t->stopped = fds[1].revents != 0 && fds[0].revents == 0;
    return !t->stopped;
}

bool
tell_flush(struct tell *t)
{
    size_t done = 0;

    table_format(&t->rows, &t->out, t->width);
    if (t->out.failed && t->error == 0)
        t->error = ENOMEM;
    while (t->error == 0 && !t->stopped && done < t->out.len && wait_writable(t)) {
        /* A writable pipe has room for PIPE_BUF bytes, so that this write does not block, and a
         * signal in stop_fd is noticed even when nobody reads. */
        size_t left = t->out.len - done;
        ssize_t n = write(t->fd, t->out.p + done, left < PIPE_BUF ? left : PIPE_BUF);

        if (n > 0)
            done += (size_t)n;
        else if (n < 0 && errno != EINTR && errno != EAGAIN)
            t->error = errno;
    }
    buf_reset(&t->out);
    return tell_goes_on(t);
}

bool
tell_goes_on(const struct tell *t)
{
    return t->error == 0 && !t->stopped;
}

bool
tell_begin(struct tell *t, const struct facts *f)
{
    t->line = t->out.len;
    if (!tell_goes_on(t) || !t->json)
        return tell_goes_on(t);
    facts_put_json(&t->out, f);
    tell_end(t);
    return false;
}

bool
tell_end(struct tell *t)
{
    buf_append(&t->out, "\n", 1);
    if (t->out.failed) {
        t->out.len = t->line;
        t->error = ENOMEM;
        return false;
    }
    return t->live || t->out.len >= FLUSH_BYTES ? tell_flush(t) : true;
}
