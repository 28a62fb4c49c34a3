#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "clock.h"
#include "cmd.h"
#include "lines.h"

#define TEXT_OF(number)  #number
#define TOO_LONG_BY(max) "longer than " TEXT_OF(max) " bytes; not sent"
#define TOO_LONG         TOO_LONG_BY(CONCLAVE_BODY_MAX)

/* Lines of standard input on their way to a group. Outcomes come in the order of posting. */
struct pipeline {
    struct cmd *c;
    const char *group;
    struct lines lines;
    bool no_more; /* every line was taken */
    uint64_t posted;
    uint64_t settled;
    uint64_t stored;
    int interrupts; /* descriptor of; -1: they end the program */
    int either;     /* epoll of it and standard input; -1: input is always ready */
    bool interrupted;
    int64_t progress_ms; /* when something was settled last, or the first was posted */
    int status;
    uint64_t line_of[CONCLAVE_POSTED_MAX]; /* ring: line of each message under way */
};

/* ---- one message ---- */

static size_t
words_length(char *const *words, size_t n)
{
    size_t length = n - 1;

    for (size_t i = 0; i < n; i++)
        length += strlen(words[i]);
    return length;
}

static enum status
join_words(struct buf *out, char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            buf_append(out, " ", 1);
        buf_append(out, words[i], strlen(words[i]));
    }
    return out->failed ? ST_FULL : ST_OK;
}

static int
send_words(struct cmd *c, const char *group)
{
    size_t length = words_length(c->args + 1, c->n_args - 1);
    struct conclave_ack ack;
    enum conclave_status st;
    struct buf body;
    int status = EXIT_DONE;

    if (length > CONCLAVE_BODY_MAX)
        return cmd_fail(c, EXIT_USAGE, "too_large",
                        "the message has %zu bytes; at most %d are possible", length,
                        CONCLAVE_BODY_MAX);
    buf_init(&body, CONCLAVE_BODY_MAX);
    if (join_words(&body, c->args + 1, c->n_args - 1) != ST_OK) {
        status = cmd_fail(c, EXIT_LOCAL, "local", "out of memory");
    } else {
        st = conclave_send(c->client, group, body.p, body.len, NULL, &ack);
        if (st == CONCLAVE_OK)
            show_sent(&c->out, group, &ack);
        else
            status = cmd_fail_group(c, st, group);
    }
    buf_clear(&body);
    return status;
}

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
        epoll_ctl(p->either, EPOLL_CTL_ADD, STDIN_FILENO, &readable) != 0) {
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

static bool
was_interrupted(const struct pipeline *p)
{
    struct signalfd_siginfo info;

    return p->interrupts >= 0 && read(p->interrupts, &info, sizeof(info)) > 0;
}

static int
watched(const struct pipeline *p, bool wants_input)
{
    if (!wants_input)
        return p->interrupts;
    return p->either >= 0 ? p->either : STDIN_FILENO;
}

/* ---- standard input ---- */

/* Complain about a line; the others go on. */
static void
refused(struct pipeline *p, uint64_t line, const char *code, const char *text)
{
    struct show_failure f = {.code = code, .text = text, .exit = EXIT_REFUSED, .line = line};

    show_failure(&p->c->err, &f);
    p->status = EXIT_REFUSED;
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
    p->line_of[p->posted % CONCLAVE_POSTED_MAX] = p->lines.number;
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
    uint64_t line = p->line_of[p->settled % CONCLAVE_POSTED_MAX];

    assert(p->settled < p->posted);
    p->settled++;
    p->progress_ms = clock_mono_ms();
    if (e->type == CONCLAVE_EVENT_ACK)
        p->stored++;
    else
        refused(p, line, e->code, e->text);
}

static int
dispatch(struct pipeline *p, const struct conclave_event *e)
{
    enum status st;

    if (e->type == CONCLAVE_EVENT_ACK || e->type == CONCLAVE_EVENT_REFUSED)
        settle(p, e);
    if (e->type != CONCLAVE_EVENT_FD)
        return EXIT_DONE;
    p->interrupted = was_interrupted(p);
    if (p->interrupted)
        return EXIT_REFUSED;
    st = lines_read(&p->lines, STDIN_FILENO);
    if (st == ST_OK || st == ST_AGAIN)
        return EXIT_DONE;
    return cmd_fail(p->c, EXIT_LOCAL, "local", "cannot read standard input: %s",
                    st == ST_NOMEM ? "out of memory" : strerror(errno));
}

/* Milliseconds until giving up; -1: nothing is under way. */
static int
patience_ms(const struct pipeline *p)
{
    int64_t left = p->progress_ms + p->c->timeout_ms - clock_mono_ms();

    if (p->posted == p->settled)
        return -1;
    return left > 0 ? (int)left : 0;
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
        return EXIT_DONE;

    conclave_watch(client, watched(p, wants_input));
    st = conclave_poll(client, patience_ms(p), &e);
    if (st == CONCLAVE_OK)
        return dispatch(p, &e);
    if (st != CONCLAVE_NONE)
        return cmd_fail_client(p->c, st);
    if (patience_ms(p) == 0)
        return cmd_fail(p->c, EXIT_UNREACHABLE, "timeout",
                        "no answer in time; what is not acknowledged may or may not be stored");
    return EXIT_DONE;
}

static int
report(struct pipeline *p, int failure)
{
    uint64_t messages = p->lines.number;

    if (failure == EXIT_DONE && p->status == EXIT_DONE) {
        show_stored(&p->c->out, p->group, p->stored, messages);
        return EXIT_DONE;
    }
    if (failure == EXIT_DONE)
        failure = p->status;
    return cmd_fail(p->c, failure, p->interrupted ? "interrupted" : "incomplete",
                    "%s%" PRIu64 " of %" PRIu64 " messages stored",
                    p->interrupted ? "interrupted: " : "", p->stored, messages);
}

static int
send_lines(struct cmd *c, const char *group)
{
    struct pipeline *p = calloc(1, sizeof(*p));
    int failure = EXIT_DONE;

    if (p == NULL)
        return cmd_fail(c, EXIT_LOCAL, "local", "out of memory");
    p->c = c;
    p->group = group;
    p->interrupts = -1;
    p->either = -1;
    lines_init(&p->lines, CONCLAVE_BODY_MAX);
    while (failure == EXIT_DONE && !(p->no_more && p->posted == p->settled))
        failure = pump(p);
    conclave_watch(c->client, -1);
    failure = report(p, failure);
    forget_interrupts(p);
    lines_clear(&p->lines);
    free(p);
    return failure;
}

int
cmd_send(struct cmd *c)
{
    const char *group = c->args[0];

    if (c->n_args == 2 && strcmp(c->args[1], "-") == 0)
        return send_lines(c, group);
    return send_words(c, group);
}
