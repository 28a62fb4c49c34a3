#include "show.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include "jsonl.h"
#include "plain.h"

#define FLUSH_BYTES ((size_t)64 * 1024)

void
show_init(struct show *s, int fd, bool json)
{
    *s = (struct show){.fd = fd, .stop_fd = -1, .json = json};
    buf_init(&s->out, 0);
}

void
show_clear(struct show *s)
{
    buf_clear(&s->out);
}

/* False: stopped or failed. */
static bool
wait_writable(struct show *s)
{
    struct pollfd fds[] = {{.fd = s->fd, .events = POLLOUT}, {.fd = s->stop_fd, .events = POLLIN}};

    while (poll(fds, 2, -1) < 0)
        if (errno != EINTR) {
            s->error = errno;
            return false;
        }
    s->stopped = fds[1].revents != 0 && fds[0].revents == 0;
    return !s->stopped;
}

bool
show_flush(struct show *s)
{
    size_t done = 0;

    while (s->error == 0 && !s->stopped && done < s->out.len && wait_writable(s)) {
        /* A writable pipe has room for PIPE_BUF bytes, so that this write does not block, and a
         * signal in stop_fd is noticed even when nobody reads. */
        size_t left = s->out.len - done;
        ssize_t n = write(s->fd, s->out.p + done, left < PIPE_BUF ? left : PIPE_BUF);

        if (n > 0)
            done += (size_t)n;
        else if (n < 0 && errno != EINTR && errno != EAGAIN)
            s->error = errno;
    }
    buf_reset(&s->out);
    return s->error == 0 && !s->stopped;
}

/* ---- lines ---- */

/* May a line begin? *mark is where it does. */
static bool
line_begin(const struct show *s, size_t *mark)
{
    *mark = s->out.len;
    return s->error == 0 && !s->stopped;
}

static bool
line_end(struct show *s, size_t mark)
{
    buf_append(&s->out, "\n", 1);
    if (s->out.failed) {
        s->out.len = mark;
        s->error = ENOMEM;
        return false;
    }
    return s->live || s->out.len >= FLUSH_BYTES ? show_flush(s) : true;
}

bool
show_self(struct show *s, const struct show_identity *self)
{
    size_t mark;

    if (!line_begin(s, &mark))
        return false;
    if (s->json)
        jsonl_self(&s->out, self);
    else
        plain_self(&s->out, self);
    return line_end(s, mark);
}

bool
show_group(struct show *s, const struct conclave_group *g)
{
    size_t mark;

    if (!line_begin(s, &mark))
        return false;
    if (s->json)
        jsonl_group(&s->out, g);
    else
        plain_group(&s->out, g);
    return line_end(s, mark);
}

bool
show_member(struct show *s, const struct conclave_member *m)
{
    size_t mark;

    if (!line_begin(s, &mark))
        return false;
    if (s->json)
        jsonl_member(&s->out, m);
    else
        plain_member(&s->out, m);
    return line_end(s, mark);
}

bool
show_entry(struct show *s, const struct conclave_entry *e)
{
    size_t mark;

    if (!line_begin(s, &mark))
        return false;
    if (s->json)
        jsonl_entry(&s->out, e);
    else
        plain_entry(&s->out, e, s->with_group);
    return line_end(s, mark);
}

bool
show_joined(struct show *s, const char *group, bool already, const char *nick)
{
    size_t mark;

    if (!line_begin(s, &mark))
        return false;
    if (s->json)
        jsonl_joined(&s->out, group, already, nick);
    else
        plain_joined(&s->out, group, already, nick);
    return line_end(s, mark);
}

bool
show_left(struct show *s, const char *group)
{
    size_t mark;

    if (!line_begin(s, &mark))
        return false;
    if (s->json)
        jsonl_left(&s->out, group);
    else
        plain_left(&s->out, group);
    return line_end(s, mark);
}

bool
show_sent(struct show *s, const char *group, const struct conclave_ack *ack)
{
    size_t mark;

    if (!line_begin(s, &mark))
        return false;
    if (s->json)
        jsonl_sent(&s->out, group, ack);
    else
        plain_sent(&s->out, group, ack);
    return line_end(s, mark);
}

bool
show_stored(struct show *s, const char *group, uint64_t stored, uint64_t messages)
{
    size_t mark;

    if (!line_begin(s, &mark))
        return false;
    if (s->json)
        jsonl_stored(&s->out, group, stored, messages);
    else
        plain_stored(&s->out, stored, messages);
    return line_end(s, mark);
}

bool
show_gap(struct show *s, const struct conclave_event *e)
{
    size_t mark;

    if (!line_begin(s, &mark))
        return false;
    if (s->json)
        jsonl_gap(&s->out, e);
    else
        plain_gap(&s->out, e);
    return line_end(s, mark);
}

bool
show_state(struct show *s, const struct conclave_event *e)
{
    size_t mark;

    if (!line_begin(s, &mark))
        return false;
    if (s->json)
        jsonl_state(&s->out, e);
    else
        plain_state(&s->out, e);
    return line_end(s, mark);
}

bool
show_failure(struct show *s, const struct show_failure *f)
{
    size_t mark;

    if (!line_begin(s, &mark))
        return false;
    if (s->json)
        jsonl_failure(&s->out, f);
    else
        plain_failure(&s->out, f);
    return line_end(s, mark);
}

const char *
show_state_name(enum conclave_feed_state state)
{
    static const char *const names[] = {
        [CONCLAVE_FEED_LIVE] = "live",
        [CONCLAVE_FEED_CATCHING_UP] = "catching_up",
        [CONCLAVE_FEED_RECONNECTING] = "reconnecting",
        [CONCLAVE_FEED_ENDED] = "ended",
    };

    return names[state];
}
