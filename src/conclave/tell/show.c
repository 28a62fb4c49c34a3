#include "tell/show.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include "tell/jsonl.h"
#include "tell/plain.h"

#define FLUSH_BYTES ((size_t)64 * 1024)

void
show_init(struct show *s, int fd, bool json)
{
    *s = (struct show){.fd = fd, .stop_fd = -1, .json = json};
    buf_init(&s->out, 0);
    table_init(&s->rows);
}

void
show_clear(struct show *s)
{
    buf_clear(&s->out);
    table_clear(&s->rows);
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

    table_format(&s->rows, &s->out, s->width);
    if (s->out.failed && s->error == 0)
        s->error = ENOMEM;
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

/* One kind of thing to tell, in both forms; each appends to the show without a newline. */
typedef void plain_form(struct show *s, const void *what);
typedef void json_form(struct buf *out, const void *what);

static bool
tell(struct show *s, plain_form *plain, json_form *json, const void *what)
{
    size_t mark = s->out.len;

    if (s->error != 0 || s->stopped)
        return false;
    if (s->json)
        json(&s->out, what);
    else
        plain(s, what);
    /* A row is not written before its list is over. */
    if (!s->json && s->rows.columns > 0)
        return true;
    buf_append(&s->out, "\n", 1);
    if (s->out.failed) {
        s->out.len = mark;
        s->error = ENOMEM;
        return false;
    }
    return s->live || s->out.len >= FLUSH_BYTES ? show_flush(s) : true;
}

static bool
tell_unless_quiet(struct show *s, plain_form *plain, json_form *json, const void *what)
{
    return s->quiet ? s->error == 0 && !s->stopped : tell(s, plain, json, what);
}

bool
show_self(struct show *s, const struct show_identity *self)
{
    return tell(s, plain_self, jsonl_self, self);
}

bool
show_setup(struct show *s, const struct show_setup *setup)
{
    return tell_unless_quiet(s, plain_setup, jsonl_setup, setup);
}

bool
show_setting(struct show *s, const struct show_setting *setting)
{
    return tell(s, plain_setting, jsonl_setting, setting);
}

bool
show_group(struct show *s, const struct conclave_group *g)
{
    return tell(s, plain_group, jsonl_group, g);
}

bool
show_member(struct show *s, const struct conclave_member *m)
{
    return tell(s, plain_member, jsonl_member, m);
}

bool
show_ban(struct show *s, const struct conclave_banned *b)
{
    return tell(s, plain_ban, jsonl_ban, b);
}

bool
show_invitation(struct show *s, const struct conclave_invitation *i)
{
    return tell(s, plain_invitation, jsonl_invitation, i);
}

bool
show_info(struct show *s, const struct show_group_info *info)
{
    return tell(s, plain_info, jsonl_info, info);
}

bool
show_topic(struct show *s, const char *group, const char *topic)
{
    return tell(s, plain_topic, jsonl_topic, &(struct show_change){.group = group, .topic = topic});
}

bool
show_invite(struct show *s, const struct show_invite *invite)
{
    return tell(s, plain_invite, jsonl_invite, invite);
}

bool
show_entry(struct show *s, const struct conclave_entry *e)
{
    return tell(s, plain_entry, jsonl_entry, e);
}

bool
show_joined(struct show *s, const char *group, bool already, const char *nick)
{
    return tell_unless_quiet(s, plain_joined, jsonl_joined,
                             &(struct show_outcome){.group = group,
                                                    .already = already,
                                                    .nick = nick});
}

bool
show_left(struct show *s, const char *group)
{
    return tell_unless_quiet(s, plain_left, jsonl_left, &(struct show_outcome){.group = group});
}

bool
show_sent(struct show *s, const char *group, const struct conclave_ack *ack)
{
    return tell_unless_quiet(s, plain_sent, jsonl_sent,
                             &(struct show_outcome){.group = group, .ack = ack});
}

bool
show_stored(struct show *s, const char *group, uint64_t stored, uint64_t messages)
{
    return tell_unless_quiet(s, plain_stored, jsonl_stored,
                             &(struct show_outcome){.group = group,
                                                    .done = stored,
                                                    .all = messages});
}

bool
show_exported(struct show *s, const char *group, const char *file, uint64_t entries)
{
    return tell_unless_quiet(s, plain_exported, jsonl_exported,
                             &(struct show_outcome){.group = group, .file = file, .done = entries});
}

bool
show_change(struct show *s, const struct show_change *change)
{
    return tell_unless_quiet(s, plain_change, jsonl_change, change);
}

bool
show_gap(struct show *s, const struct conclave_event *e)
{
    return tell(s, plain_gap, jsonl_gap, e);
}

bool
show_state(struct show *s, const struct conclave_event *e)
{
    return tell_unless_quiet(s, plain_state, jsonl_state, e);
}

bool
show_failure(struct show *s, const struct show_failure *f)
{
    return tell(s, plain_failure, jsonl_failure, f);
}

bool
show_remark(struct show *s, const char *text)
{
    if (s->json || s->quiet)
        return s->error == 0 && !s->stopped;
    return tell(s, plain_remark, NULL, text);
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
