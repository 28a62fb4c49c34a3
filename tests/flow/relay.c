/*
 * relay - stands between a client and a service, forwards everything, and records all bytes of
 * both directions.
 * Usage: relay TARGET-PORT RECORDING
 * Listens on a free port of 127.0.0.1 and says which: "listening on tcp://127.0.0.1:PORT".
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define PAIRS_MAX 64
#define ENDS      (2 * (size_t)PAIRS_MAX)
#define LIFE_S    120

/* Two ends of one connection; -1: the place is free. */
struct pair {
    int ends[2];
};

struct relay {
    int listener;
    struct sockaddr_in target;
    FILE *recording;
    struct pair pairs[PAIRS_MAX];
};

static void
fail(const char *what)
{
    perror(what);
    exit(1);
}

static struct sockaddr_in
loopback(in_port_t port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons(port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static void
start_listening(struct relay *r)
{
    struct sockaddr_in address = loopback(0);
    socklen_t len = sizeof address;

    r->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (r->listener < 0 || bind(r->listener, (struct sockaddr *)&address, len) != 0 ||
        listen(r->listener, PAIRS_MAX) != 0 ||
        getsockname(r->listener, (struct sockaddr *)&address, &len) != 0)
        fail("relay: listen");
    printf("listening on tcp://127.0.0.1:%u\n", ntohs(address.sin_port));
    fflush(stdout);
}

static void
end_pair(struct pair *p)
{
    for (int i = 0; i < 2; i++) {
        if (p->ends[i] >= 0)
            close(p->ends[i]);
        p->ends[i] = -1;
    }
}

/* A connection that finds no place, or no target, is closed. */
static void
accept_one(struct relay *r)
{
    struct pair fresh = {
        {accept(r->listener, NULL, NULL), socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)}};

    if (fresh.ends[0] >= 0 && fresh.ends[1] >= 0 &&
        connect(fresh.ends[1], (struct sockaddr *)&r->target, sizeof r->target) == 0) {
        for (size_t i = 0; i < PAIRS_MAX; i++) {
            if (r->pairs[i].ends[0] < 0) {
                r->pairs[i] = fresh;
                return;
            }
        }
    }
    end_pair(&fresh);
}

static bool
write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);

        if (n < 0)
            return false;
        bytes += n;
        len -= (size_t)n;
    }
    return true;
}

static void
forward(struct relay *r, struct pair *p, int from)
{
    char bytes[16384];
    ssize_t n = recv(p->ends[from], bytes, sizeof bytes, 0);

    if (n <= 0) {
        end_pair(p);
        return;
    }
    if (fwrite(bytes, 1, (size_t)n, r->recording) != (size_t)n || fflush(r->recording) != 0)
        fail("relay: recording");
    if (!write_all(p->ends[!from], bytes, (size_t)n))
        end_pair(p);
}

static void
run(struct relay *r)
{
    struct pollfd fds[1 + ENDS];

    for (;;) {
        fds[0] = (struct pollfd){.fd = r->listener, .events = POLLIN};
        for (size_t i = 0; i < ENDS; i++)
            fds[1 + i] = (struct pollfd){.fd = r->pairs[i / 2].ends[i % 2], .events = POLLIN};
        if (poll(fds, 1 + ENDS, -1) < 0 && errno != EINTR)
            fail("relay: poll");
        for (size_t i = 0; i < ENDS; i++) {
            struct pair *p = &r->pairs[i / 2];

            /* The other end may just have ended both. */
            if (fds[1 + i].revents && p->ends[i % 2] >= 0)
                forward(r, p, (int)(i % 2));
        }
        if (fds[0].revents)
            accept_one(r);
    }
}

int
main(int argc, char **argv)
{
    static struct relay r;

    if (argc != 3) {
        fprintf(stderr, "usage: relay TARGET-PORT RECORDING\n");
        return 2;
    }
    alarm(LIFE_S);
    for (size_t i = 0; i < PAIRS_MAX; i++)
        r.pairs[i] = (struct pair){{-1, -1}};
    r.target = loopback((in_port_t)strtoul(argv[1], NULL, 10));
    r.recording = fopen(argv[2], "wb");
    if (!r.recording)
        fail(argv[2]);
    start_listening(&r);
    run(&r);
    return 0;
}
