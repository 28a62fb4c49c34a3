/* Handles with keys of their own, bodies, and waiting for many handles. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "bench.h"

void
die(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fputs("conclave-bench: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(1);
}

void
must(struct conclave *c, enum conclave_status st, const char *what)
{
    if (st != CONCLAVE_OK)
        die("%s: %s", what, conclave_error(c));
}

static const char *
key_path(int i)
{
    static _Thread_local char path[512];
    char why[400];

    snprintf(path, sizeof path, "%s/p%d.key", opt.keys, i);
    if (access(path, R_OK) != 0 && conclave_make_key(path, NULL, why, sizeof why) != CONCLAVE_OK)
        die("%s", why);
    return path;
}

struct conclave *
person_open(int i)
{
    static struct conclave *first; /* lives as long as the process */
    struct conclave_options o = {.server = getenv("CONCLAVE_SERVER"),
                                 .server_key = getenv("CONCLAVE_SERVER_KEY"),
                                 .timeout_ms = 20000};
    struct conclave *c;
    char why[400];

    if (!o.server || !o.server_key)
        die("CONCLAVE_SERVER and CONCLAVE_SERVER_KEY are needed");
    if (!first) {
        o.key = key_path(0);
        if (conclave_open(&first, &o, why, sizeof why) != CONCLAVE_OK)
            die("%s", why);
    }
    o.key = key_path(i + 1);
    o.share = first;
    if (conclave_open(&c, &o, why, sizeof why) != CONCLAVE_OK)
        die("%s", why);
    return c;
}

struct conclave *
person_new(int i)
{
    struct conclave *c = person_open(i);

    must(c, conclave_join(c, opt.group, NULL, NULL), "join");
    return c;
}

/* ---- bodies ---- */

const void *
body_of(uint64_t seq)
{
    static _Thread_local unsigned char body[CONCLAVE_BODY_MAX];
    int64_t t = now_ns();

    if (!body[CONCLAVE_BODY_MAX - 1])
        for (size_t i = 0; i < sizeof body; i++)
            body[i] = (unsigned char)('a' + i % 26);
    memcpy(body, &seq, 8);
    memcpy(body + 8, &t, 8);
    return body;
}

uint64_t
body_seq(const void *body)
{
    uint64_t v;

    memcpy(&v, body, 8);
    return v;
}

int64_t
body_time(const void *body)
{
    int64_t v;

    memcpy(&v, (const char *)body + 8, 8);
    return v;
}

bool
reader_check(struct reader *r, const struct conclave_entry *e)
{
    uint64_t seq;

    if (e->kind != CONCLAVE_MESSAGE)
        return false;
    seq = e->body_len == opt.size ? body_seq(e->body) : UINT64_MAX - 1;
    r->errors += seq != r->next;
    r->next = seq + 1;
    return true;
}

/* ---- waiting ---- */

struct waiter {
    int fd;
};

struct waiter *
waiter_new(void)
{
    struct waiter *w = malloc(sizeof *w);

    if (!w || (w->fd = epoll_create1(EPOLL_CLOEXEC)) < 0)
        die("cannot make a waiter");
    return w;
}

void
waiter_add(struct waiter *w, int fd, void *arg)
{
    struct epoll_event ev = {.events = EPOLLIN, .data.ptr = arg};

    if (epoll_ctl(w->fd, EPOLL_CTL_ADD, fd, &ev) != 0)
        die("cannot wait for a handle");
}

int
waiter_wait(struct waiter *w, void **args, int max, int timeout_ms)
{
    struct epoll_event evs[256];
    int n = epoll_wait(w->fd, evs, max < 256 ? max : 256, timeout_ms);

    for (int i = 0; i < n; i++)
        args[i] = evs[i].data.ptr;
    return n;
}

void
waiter_free(struct waiter *w)
{
    close(w->fd);
    free(w);
}
