#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "cmd/cmd.h"
#include "cmd/lines.h"
#include "cmd/progress.h"

#define TEXT_OF(number)  #number
#define TOO_LONG_BY(max) "longer than " TEXT_OF(max) " bytes; not sent"
#define TOO_LONG         TOO_LONG_BY(CONCLAVE_BODY_MAX)

#define ONCE_MS     5000
#define PATIENCE_MS 60000 /* between two answers, unless --timeout says: a group may restart */
#define SILENCE_MS  3000  /* without an answer, until that is told */

#define CODE_MAX 48
#define TEXT_MAX 512

/* Lines on their way to a group. Outcomes come in the order of posting. */
struct pipeline {
    struct cmd *c;
    const char *group;
    int input;
    uint64_t size; /* of the input; 0: not known */
    struct lines lines;
    bool no_more; /* every line was taken */
    uint64_t posted;
    uint64_t settled;
    uint64_t stored;
    int interrupts; /* descriptor of; -1: they end the program */
    int either;     /* epoll of it and the input; -1: input is always ready */
    bool interrupted;
    bool silent;         /* that nothing is answered was told */
    int64_t progress_ms; /* when something was settled last, or the first was posted */
    struct refusals {    /* of lines that follow one another; not told yet */
        uint64_t from;
        uint64_t to; /* 0: there are none */
        char code[CODE_MAX];
        char text[TEXT_MAX];
    } refusals;
    int status;
    uint64_t offset; /* bytes of the input that are settled */
    struct progress progress;
    struct under_way { /* ring */
        uint64_t line;
        uint64_t offset; /* in the input, behind it */
    } ring[CONCLAVE_POSTED_MAX];
};

/* ---- interrupts ---- */

/* Once something is stored, an interrupt is to be answered with how much. */
static void
heed_interrupts(struct pipeline *p)
{
    struct epoll_event readable = {.events = EPOLLIN};

    p->interrupts = cmd_open_interrupts();
    if (p->interrupts < 0)
        return;
    p->either = epoll_create1(EPOLL_CLOEXEC);
    if (p->either < 0)
        return;
    /* A file cannot be added: it is always ready. */
    if (epoll_ctl(p->either, EPOLL_CTL_ADD, p->interrupts, &readable) != 0 ||
        epoll_ctl(p->either, EPOLL_CTL_ADD, p->input, &readable) != 0) {
        close(p->either);
        p->either = -1;
    }
}

static void
forget_interrupts(struct pipeline *p)
{
    if (p->either >= 0)
        close(p->either);
    if (p->interrupts >= 0)
        close(p->interrupts);
}

static int
watched(const struct pipeline *p, bool wants_input)
{
    if (!wants_input)
        return p->interrupts;
    return p->either >= 0 ? p->either : p->input;
}

/* ---- the input ---- */

static void
tell_refusals(struct pipeline *p)
{
    struct refusals *r = &p->refusals;
    struct tell_failure f = {.code = r->code,
                             .text = r->text,
                             .exit = CONCLAVE_REFUSED,
                             .line = r->from,
                             .to_line = r->to};

    if (r->to == 0)
        return;
    progress_end(&p->progress);
    tell_failure(&p->c->err, &f);
    r->to = 0;
}

/* Complain about a line; the others go on. What holds for many lines in a row is told once, but to
 * programs, which count on an object for each. */
static void
refused(struct pipeline *p, uint64_t line, const char *code, const char *text)
{
    struct refusals *r = &p->refusals;

    p->status = CONCLAVE_REFUSED;
    if (r->to > 0 && line == r->to + 1 && strcmp(code, r->code) == 0) {
        r->to = line;
    } else {
        tell_refusals(p);
        r->from = line;
        r->to = line;
        snprintf(r->code, sizeof r->code, "%s", code);
        snprintf(r->text, sizeof r->text, "%s", text);
    }
    if (p->c->set.json)
        tell_refusals(p);
}

static bool
has_room(const struct pipeline *p)
{
    return p->posted - p->settled < CONCLAVE_POSTED_MAX;
}

/* The first message is waited for, so that what stands against all of them, such as a wrong key
 * or not being a member, is told at once and with its own status. */
static enum conclave_status
send_first_line(struct pipeline *p, struct span line)
{
    enum conclave_status st = conclave_send(p->c->client, p->group, line.p, line.len, NULL, NULL);

    if (st == CONCLAVE_OK) {
        p->posted++;
        p->settled++;
        p->stored++;
        heed_interrupts(p);
    }
    return st;
}

static enum conclave_status
post_line(struct pipeline *p, struct span line)
{
    enum conclave_status st;

    if (p->posted == 0)
        return send_first_line(p, line);
    st = conclave_post(p->c->client, p->group, line.p, line.len, NULL, NULL);
    if (st != CONCLAVE_OK)
        return st;
    if (p->posted == p->settled)
        p->progress_ms = clock_mono_ms();
    p->ring[p->posted % CONCLAVE_POSTED_MAX] =
        (struct under_way){p->lines.number, lines_offset(&p->lines)};
    p->posted++;
    return CONCLAVE_OK;
}

/* Post the lines that were read, as far as there is room. *wants_input: all of them were. */
static enum conclave_status
post_lines(struct pipeline *p, bool *wants_input)
{
    enum conclave_status st = CONCLAVE_OK;
    struct span line;

    *wants_input = false;
    while (st == CONCLAVE_OK && !*wants_input && !p->no_more && has_room(p)) {
        switch (lines_next(&p->lines, &line)) {
        case LINES_LINE:
            st = post_line(p, line);
            break;
        case LINES_TOO_LONG:
            refused(p, p->lines.number, "too_large", TOO_LONG);
            break;
        case LINES_MORE:
            *wants_input = true;
            break;
        case LINES_END:
            p->no_more = true;
            break;
        }
    }
    return st;
}

static void
settle(struct pipeline *p, const struct conclave_event *e)
{
    const struct under_way *message = &p->ring[p->settled % CONCLAVE_POSTED_MAX];

    assert(p->settled < p->posted);
    p->settled++;
    p->offset = message->offset;
    p->progress_ms = clock_mono_ms();
    p->silent = false;
    if (e->type == CONCLAVE_EVENT_ACK) {
        p->stored++;
        tell_refusals(p);
    } else {
        refused(p, message->line, e->code, e->text);
    }
}

static int
dispatch(struct pipeline *p, const struct conclave_event *e)
{
    enum status st;

    if (e->type == CONCLAVE_EVENT_ACK || e->type == CONCLAVE_EVENT_REFUSED)
        settle(p, e);
    if (e->type != CONCLAVE_EVENT_FD)
        return CONCLAVE_OK;
    p->interrupted = cmd_is_interrupted(p->interrupts);
    if (p->interrupted)
        return CONCLAVE_REFUSED;
    st = lines_read(&p->lines, p->input);
    if (st == ST_OK || st == ST_AGAIN)
        return CONCLAVE_OK;
    return cmd_fail(p->c, CONCLAVE_LOCAL, "local", "cannot read the input: %s",
                    st == ST_NOMEM ? "out of memory" : strerror(errno));
}

/* Milliseconds until giving up; -1: nothing is under way. */
static int
patience_ms(const struct pipeline *p)
{
    int64_t limit = p->c->timeout_ms > 0                ? p->c->timeout_ms
                    : p->c->timeout_ms == CONCLAVE_ONCE ? ONCE_MS
                                                        : PATIENCE_MS;
    int64_t left = p->progress_ms + limit - clock_mono_ms();

    if (p->posted == p->settled)
        return -1;
    return left > 0 ? (int)left : 0;
}

/* How long to wait now: not longer than until there is something to tell. Refusals are told when
 * no line is there that could be refused with them. */
static int
wait_ms(const struct pipeline *p)
{
    int patience = patience_ms(p);

    if (p->posted == p->settled && p->refusals.to > 0)
        return 0;
    return !p->silent && patience > SILENCE_MS ? SILENCE_MS : patience;
}

static void
tell_silence(struct pipeline *p)
{
    if (p->silent || p->posted == p->settled || clock_mono_ms() - p->progress_ms < SILENCE_MS)
        return;
    p->silent = true;
    tell_refusals(p);
    progress_end(&p->progress);
    tell_remark(&p->c->err, "the group does not answer; still trying");
}

static void
tell_progress(struct pipeline *p)
{
    double part = p->size > 0 ? (double)p->offset / (double)p->size : -1;

    progress_show(&p->progress, p->stored, part, clock_mono_ms());
}

/* One round: post, wait, take what came. */
static int
pump(struct pipeline *p)
{
    struct conclave *client = p->c->client;
    struct conclave_event e;
    bool wants_input;
    enum conclave_status st = post_lines(p, &wants_input);

    if (st != CONCLAVE_OK)
        return cmd_fail_group(p->c, st, p->group);
    if (p->no_more && p->posted == p->settled)
        return CONCLAVE_OK;

    conclave_watch(client, watched(p, wants_input));
    tell_progress(p);
    st = conclave_poll(client, wait_ms(p), &e);
    if (st == CONCLAVE_OK)
        return dispatch(p, &e);
    if (st != CONCLAVE_NONE)
        return cmd_fail_client(p->c, st);
    if (p->posted == p->settled)
        tell_refusals(p);
    if (patience_ms(p) == 0)
        return cmd_fail(p->c, CONCLAVE_UNREACHABLE, "timeout",
                        "no answer in time; what is not acknowledged may or may not be stored");
    tell_silence(p);
    return CONCLAVE_OK;
}

static int
report(struct pipeline *p, int failure)
{
    uint64_t messages = p->lines.number;

    tell_refusals(p);
    progress_end(&p->progress);
    if (failure == CONCLAVE_OK && p->status == CONCLAVE_OK) {
        tell_stored(&p->c->out, p->group, p->stored, messages);
        return CONCLAVE_OK;
    }
    if (failure == CONCLAVE_OK)
        failure = p->status;
    return cmd_fail(p->c, (enum conclave_status)failure,
                    p->interrupted ? "interrupted" : "incomplete",
                    "%s%" PRIu64 " of %" PRIu64 " messages stored",
                    p->interrupted ? "interrupted: " : "", p->stored, messages);
}

/* A file has a size, a pipe has none. */
static uint64_t
size_of(int fd)
{
    struct stat info;

    return fstat(fd, &info) == 0 && S_ISREG(info.st_mode) ? (uint64_t)info.st_size : 0;
}

/* Each line of the input is a message. */
static int
send_lines(struct cmd *c, const char *group, int input)
{
    struct pipeline *p = calloc(1, sizeof(*p));
    int failure = CONCLAVE_OK;

    if (p == NULL)
        return cmd_fail(c, CONCLAVE_LOCAL, "local", "out of memory");
    p->c = c;
    p->group = group;
    p->input = input;
    p->size = size_of(input);
    p->interrupts = -1;
    p->either = -1;
    lines_init(&p->lines, CONCLAVE_BODY_MAX);
    progress_init(&p->progress, c->set.quiet || c->set.json, "messages stored", clock_mono_ms());
    while (failure == CONCLAVE_OK && !(p->no_more && p->posted == p->settled))
        failure = pump(p);
    conclave_watch(c->client, -1);
    failure = report(p, failure);
    forget_interrupts(p);
    lines_clear(&p->lines);
    free(p);
    return failure;
}

/* ---- one message ---- */

static int
send_one(struct cmd *c, struct span body)
{
    const char *group = c->args[0];
    struct conclave_ack ack;
    enum conclave_status st;

    if (body.len == 0 && !c->set.allow_empty)
        return cmd_fail(c, CONCLAVE_INVALID, "empty",
                        "the message is empty; to send it all the same: --allow-empty");
    if (body.len > CONCLAVE_BODY_MAX)
        return cmd_fail(c, CONCLAVE_INVALID, "too_large",
                        "the message has %zu bytes; at most %d are possible", body.len,
                        CONCLAVE_BODY_MAX);
    st = conclave_send(c->client, group, body.p, body.len, NULL, &ack);
    if (st != CONCLAVE_OK)
        return cmd_fail_group(c, st, group);
    tell_sent(&c->out, group, &ack);
    return CONCLAVE_OK;
}

static int
send_words(struct cmd *c)
{
    struct buf body;
    int status;

    buf_init(&body, 0);
    cmd_join_words(c, 1, &body);
    status = body.failed ? cmd_fail(c, CONCLAVE_LOCAL, "local", "out of memory")
                         : send_one(c, buf_span(&body));
    buf_clear(&body);
    return status;
}

/* ---- input ---- */

/* The last newline ends the input; it is not part of the message, as with lines. */
static int
send_whole(struct cmd *c, int input)
{
    uint8_t text[CONCLAVE_BODY_MAX + 2];
    size_t len = 0;
    ssize_t n = 1;

    while (n > 0 && len < sizeof text) {
        n = read(input, text + len, sizeof text - len);
        if (n > 0)
            len += (size_t)n;
        else if (n < 0 && errno == EINTR)
            n = 1;
    }
    if (n < 0)
        return cmd_fail(c, CONCLAVE_LOCAL, "local", "cannot read the input: %s", strerror(errno));
    if (len > 0 && text[len - 1] == '\n')
        len--;
    if (len > CONCLAVE_BODY_MAX)
        return cmd_fail(c, CONCLAVE_INVALID, "too_large",
                        "the input has more than %d bytes; without --whole each line is a message",
                        CONCLAVE_BODY_MAX);
    return send_one(c, (struct span){text, len});
}

static int
send_input(struct cmd *c, int input)
{
    return c->set.whole ? send_whole(c, input) : send_lines(c, c->args[0], input);
}

static int
send_file(struct cmd *c, const char *file)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    int status;

    if (fd < 0)
        return cmd_fail(c, CONCLAVE_LOCAL, "local", "cannot open %s: %s", file, strerror(errno));
    status = send_input(c, fd);
    close(fd);
    return status;
}

int
cmd_send(struct cmd *c)
{
    bool dash = c->n_args == 2 && strcmp(c->args[1], "-") == 0;
    bool input = c->set.file != NULL || c->set.whole || dash;

    if (input && c->n_args > 1 && !dash)
        return cmd_misuse(c, "the message is either TEXT or input");
    if (!input && c->n_args < 2)
        return cmd_misuse(c, "an argument is missing; needed: %s", c->command->synopsis);
    if (!input)
        return send_words(c);
    if (c->set.file != NULL && strcmp(c->set.file, "-") != 0)
        return send_file(c, c->set.file);
    return send_input(c, STDIN_FILENO);
}
