/*
 * relay - stands between clients and a service, and does to their connections what is said on
 * standard input, one order a line:
 *   delay MS       from now on every byte takes so long
 *   hold up|down   keep back what goes to the service | to the clients; nobody is told
 *   drop up|down   throw it away
 *   cut            reset all connections
 *   pass           no more of all that
 * Ends with its standard input.
 * Usage: relay LISTEN-ADDRESS TARGET-ADDRESS PORT...   (IPv4; the same ports on both sides)
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PORTS_MAX   8
#define PAIRS_MAX   256
#define CHUNK_BYTES 16384
#define CHUNKS_MAX  64 /* kept back in one direction; then the sender has to wait */
#define ORDER_BYTES 64
#define NS_IN_MS    1000000
#define MS_IN_S     1000

enum { UP, DOWN };
enum mode { PASS, HOLD, DROP };

struct chunk {
    struct chunk *next;
    int64_t due_ms;
    size_t len;
    size_t written;
    char bytes[CHUNK_BYTES];
};

/* What comes from ends[i] and goes to ends[!i]. */
struct flow {
    struct chunk *first;
    struct chunk *last;
    size_t n;
    bool ended; /* its sender will send no more */
};

/* ends[UP] is the client: where the bytes that go up come from. */
struct pair {
    bool used;
    int ends[2];
    struct flow flows[2];
};

struct relay {
    struct sockaddr_in from[PORTS_MAX];
    struct sockaddr_in to[PORTS_MAX];
    int listeners[PORTS_MAX];
    size_t ports;
    struct pair pairs[PAIRS_MAX];
    enum mode modes[2];
    int64_t delay_ms;
    char order[ORDER_BYTES];
    size_t order_len;
};

static void
fail(const char *what)
{
    perror(what);
    exit(1);
}

static int64_t
now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * MS_IN_S + now.tv_nsec / NS_IN_MS;
}

static struct sockaddr_in
address_of(const char *host, const char *port)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons((in_port_t)strtoul(port, NULL, 10))};

    if (inet_pton(AF_INET, host, &a.sin_addr) != 1) {
        fprintf(stderr, "relay: %s is no IPv4 address\n", host);
        exit(2);
    }
    return a;
}

static int
listen_at(const struct sockaddr_in *address)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int on = 1;

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(fd, (const struct sockaddr *)address, sizeof *address) != 0 || listen(fd, 128) != 0)
        fail("relay: listen");
    return fd;
}

/* ---- connections ---- */

static void
drop_first(struct flow *f)
{
    struct chunk *c = f->first;

    f->first = c->next;
    if (f->first == NULL)
        f->last = NULL;
    f->n--;
    free(c);
}

static void
end_pair(struct pair *p, bool reset)
{
    struct linger now = {.l_onoff = 1};

    for (int i = 0; i < 2; i++) {
        while (p->flows[i].first != NULL)
            drop_first(&p->flows[i]);
        if (reset)
            setsockopt(p->ends[i], SOL_SOCKET, SO_LINGER, &now, sizeof now);
        close(p->ends[i]);
    }
    *p = (struct pair){.used = false};
}

static struct pair *
free_pair(struct relay *r)
{
    for (size_t i = 0; i < PAIRS_MAX; i++)
        if (!r->pairs[i].used)
            return &r->pairs[i];
    return NULL;
}

/* Where nobody listens behind us, the client's connection ends at once. */
static void
accept_one(struct relay *r, size_t port)
{
    int client = accept4(r->listeners[port], NULL, NULL, SOCK_CLOEXEC);
    int service = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct pair *p = free_pair(r);

    if (p != NULL && client >= 0 && service >= 0 &&
        connect(service, (struct sockaddr *)&r->to[port], sizeof r->to[port]) == 0) {
        fcntl(client, F_SETFL, O_NONBLOCK);
        fcntl(service, F_SETFL, O_NONBLOCK);
        *p = (struct pair){.used = true, .ends = {client, service}};
        return;
    }
    if (client >= 0)
        close(client);
    if (service >= 0)
        close(service);
}

/* ---- bytes ---- */

static bool
may_read(const struct pair *p, int way)
{
    return p->used && !p->flows[way].ended && p->flows[way].n < CHUNKS_MAX;
}

static void
read_some(struct relay *r, struct pair *p, int way)
{
    struct flow *f = &p->flows[way];
    struct chunk *c = calloc(1, sizeof *c);
    ssize_t n;

    if (c == NULL)
        fail("relay");
    n = recv(p->ends[way], c->bytes, sizeof c->bytes, 0);
    if (n <= 0 || r->modes[way] == DROP) {
        free(c);
        f->ended = n == 0 || (n < 0 && errno != EAGAIN);
        return;
    }
    c->len = (size_t)n;
    c->due_ms = now_ms() + r->delay_ms;
    if (f->last != NULL)
        f->last->next = c;
    else
        f->first = c;
    f->last = c;
    f->n++;
}

/* What is due goes on. False: the connection is over. */
static bool
write_due(const struct relay *r, struct pair *p, int way, int64_t now)
{
    struct flow *f = &p->flows[way];

    if (r->modes[way] != PASS)
        return true;
    while (f->first != NULL && f->first->due_ms <= now) {
        struct chunk *c = f->first;
        ssize_t n = send(p->ends[!way], c->bytes + c->written, c->len - c->written, MSG_NOSIGNAL);

        if (n < 0)
            return errno == EAGAIN;
        c->written += (size_t)n;
        if (c->written == c->len)
            drop_first(f);
    }
    return f->first != NULL || !f->ended;
}

/* ---- orders ---- */

static void
cut_all(struct relay *r)
{
    for (size_t i = 0; i < PAIRS_MAX; i++)
        if (r->pairs[i].used)
            end_pair(&r->pairs[i], true);
}

static void
obey(struct relay *r, const char *order)
{
    char word[ORDER_BYTES] = "";
    char which[ORDER_BYTES] = "";

    sscanf(order, "%63s %63s", word, which);
    if (strcmp(word, "delay") == 0)
        r->delay_ms = strtol(which, NULL, 10);
    else if (strcmp(word, "hold") == 0)
        r->modes[strcmp(which, "up") == 0 ? UP : DOWN] = HOLD;
    else if (strcmp(word, "drop") == 0)
        r->modes[strcmp(which, "up") == 0 ? UP : DOWN] = DROP;
    else if (strcmp(word, "cut") == 0)
        cut_all(r);
    else if (strcmp(word, "pass") == 0)
        r->modes[UP] = r->modes[DOWN] = PASS;
    else
        fprintf(stderr, "relay: \"%s\" is no order\n", order);
    if (strcmp(word, "pass") == 0)
        r->delay_ms = 0;
}

/* False: there will be none any more. */
static bool
take_orders(struct relay *r)
{
    ssize_t n = read(STDIN_FILENO, r->order + r->order_len, sizeof r->order - 1 - r->order_len);
    char *end;

    if (n <= 0)
        return false;
    r->order_len += (size_t)n;
    r->order[r->order_len] = '\0';
    while ((end = strchr(r->order, '\n')) != NULL) {
        *end = '\0';
        obey(r, r->order);
        r->order_len -= (size_t)(end + 1 - r->order);
        memmove(r->order, end + 1, r->order_len + 1);
    }
    return r->order_len < sizeof r->order - 1;
}

/* ---- the loop ---- */

static int
next_due_ms(const struct relay *r, int64_t now)
{
    int64_t due = now + MS_IN_S;

    for (size_t i = 0; i < 2 * PAIRS_MAX; i++) {
        const struct pair *p = &r->pairs[i / 2];
        const struct chunk *c = p->used ? p->flows[i % 2].first : NULL;

        if (c != NULL && r->modes[i % 2] == PASS && c->due_ms < due)
            due = c->due_ms > now ? c->due_ms : now + 1;
    }
    return (int)(due - now);
}

static void
fill(const struct relay *r, struct pollfd *fds)
{
    fds[0] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
    for (size_t i = 0; i < PORTS_MAX; i++)
        fds[1 + i] = (struct pollfd){.fd = i < r->ports ? r->listeners[i] : -1, .events = POLLIN};
    for (size_t i = 0; i < 2 * PAIRS_MAX; i++) {
        const struct pair *p = &r->pairs[i / 2];

        fds[1 + PORTS_MAX + i] =
            (struct pollfd){.fd = may_read(p, (int)(i % 2)) ? p->ends[i % 2] : -1,
                            .events = POLLIN};
    }
}

static bool
step(struct relay *r, const struct pollfd *fds)
{
    for (size_t i = 0; i < 2 * PAIRS_MAX; i++)
        if (fds[1 + PORTS_MAX + i].revents && r->pairs[i / 2].used)
            read_some(r, &r->pairs[i / 2], (int)(i % 2));
    for (size_t i = 0; i < 2 * PAIRS_MAX; i++) {
        struct pair *p = &r->pairs[i / 2];

        if (p->used && !write_due(r, p, (int)(i % 2), now_ms()))
            end_pair(p, false);
    }
    for (size_t i = 0; i < r->ports; i++)
        if (fds[1 + i].revents)
            accept_one(r, i);
    return !fds[0].revents || take_orders(r);
}

int
main(int argc, char **argv)
{
    static struct relay r;
    static struct pollfd fds[1 + PORTS_MAX + 2 * PAIRS_MAX];

    if (argc < 4 || argc > 3 + PORTS_MAX) {
        fprintf(stderr, "usage: relay LISTEN-ADDRESS TARGET-ADDRESS PORT...\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    for (r.ports = 0; r.ports + 3 < (size_t)argc; r.ports++) {
        r.from[r.ports] = address_of(argv[1], argv[3 + r.ports]);
        r.to[r.ports] = address_of(argv[2], argv[3 + r.ports]);
        r.listeners[r.ports] = listen_at(&r.from[r.ports]);
    }
    puts("relaying");
    fflush(stdout);
    do {
        fill(&r, fds);
        if (poll(fds, sizeof fds / sizeof *fds, next_due_ms(&r, now_ms())) < 0 && errno != EINTR)
            fail("relay: poll");
    } while (step(&r, fds));
    cut_all(&r);
    return 0;
}
