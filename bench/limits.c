/*
 * conclave-limits - what the parts below Conclave can do by themselves on this machine: the disk,
 * the cipher, bare libzmq with CURVE, bare TCP. One JSON line each. No workload can be faster than
 * the parts that it is made of.
 * Usage: conclave-limits [DIR]    DIR: where the disk is tried; must be on a real one.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#define SECONDS 2
#define BODY    100
#define FRAME   65536
#define MOST    100

struct keys {
    char public[41], secret[41];
};

static _Noreturn void
fail(const char *what)
{
    fprintf(stderr, "conclave-limits: %s: %s\n", what, zmq_strerror(zmq_errno()));
    exit(1);
}

static int64_t
now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static int
by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static void
print_times(const char *what, double *us, size_t n)
{
    qsort(us, n, sizeof *us, by_value);
    printf("{\"limit\":\"%s\",\"p50_us\":%.1f,\"p99_us\":%.1f,\"n\":%zu}\n", what, us[n / 2],
           us[n * 99 / 100], n);
}

/* ---- the disk ---- */

static int
scratch_open(const char *dir)
{
    char path[4096];
    int fd;

    snprintf(path, sizeof path, "%s/limits.XXXXXX", dir);
    fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0)
        fail(path);
    unlink(path);
    return fd;
}

/* What a commit waits for at least: appended to a log, and on the disk. */
static void
append_synced(int fd)
{
    static const char page[4096];

    if (write(fd, page, sizeof page) != sizeof page || fdatasync(fd) != 0)
        fail("writing");
}

static void
try_disk(int fd)
{
    static double us[1000];

    for (size_t i = 0; i < 1000; i++) {
        int64_t t = now_ns();

        append_synced(fd);
        us[i] = (double)(now_ns() - t) / 1e3;
    }
    print_times("append 4 KiB and fdatasync", us, 1000);
}

/* ---- the cipher ---- */

static void
try_cipher(size_t size)
{
    static uint8_t plain[FRAME], sealed[FRAME + crypto_box_MACBYTES];
    uint8_t pk[crypto_box_PUBLICKEYBYTES], sk[crypto_box_SECRETKEYBYTES];
    uint8_t shared[crypto_box_BEFORENMBYTES], nonce[crypto_box_NONCEBYTES] = {0};
    int64_t t0 = now_ns(), t;
    uint64_t n = 0;

    crypto_box_keypair(pk, sk);
    if (crypto_box_beforenm(shared, pk, sk) != 0)
        fail("crypto_box");
    do {
        crypto_box_easy_afternm(sealed, plain, size, nonce, shared);
        if (crypto_box_open_easy_afternm(plain, sealed, size + crypto_box_MACBYTES, nonce,
                                         shared) != 0)
            fail("crypto_box");
        n++;
        t = now_ns() - t0;
    } while (t < INT64_C(500000000));
    printf("{\"limit\":\"seal and open %zu bytes\",\"us\":%.2f,\"mb_per_s\":%.0f}\n", size,
           (double)t / 1e3 / (double)n, (double)(n * size) * 1e3 / (double)t);
}

/* ---- bare TCP ---- */

static void *
echo_tcp(void *arg)
{
    int fd = accept(*(int *)arg, NULL, NULL), one = 1;
    char data[BODY];
    ssize_t n;

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    while ((n = recv(fd, data, sizeof data, 0)) > 0)
        if (send(fd, data, (size_t)n, MSG_NOSIGNAL) != n)
            break;
    close(fd);
    return NULL;
}

static int
tcp_pair(pthread_t *server)
{
    static int listener;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

    listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&at, len) != 0 || listen(listener, 1) != 0 ||
        getsockname(listener, (struct sockaddr *)&at, &len) != 0 ||
        pthread_create(server, NULL, echo_tcp, &listener) != 0 ||
        connect(fd, (struct sockaddr *)&at, len) != 0)
        fail("TCP");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

/* W4 with nothing in it: at its rate, a sync and a round trip. */
static void
try_paced(int disk)
{
    static double us[400];
    struct itimerspec every = {.it_interval.tv_nsec = 5000000, .it_value.tv_nsec = 5000000};
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    pthread_t server;
    int fd = tcp_pair(&server);
    char data[BODY] = {0};
    uint64_t ticks;

    timerfd_settime(timer, 0, &every, NULL);
    for (size_t i = 0; i < 400 && read(timer, &ticks, sizeof ticks) > 0; i++) {
        int64_t t = now_ns();

        append_synced(disk);
        if (send(fd, data, sizeof data, 0) != sizeof data ||
            recv(fd, data, sizeof data, MSG_WAITALL) != sizeof data)
            fail("TCP");
        us[i] = (double)(now_ns() - t) / 1e3;
    }
    close(fd);
    close(timer);
    pthread_join(server, NULL);
    print_times("fdatasync and TCP echo, 200/s", us, 400);
}

/* ---- bare libzmq with CURVE ---- */

struct bare {
    void *context, *socket;
    struct keys keys;
    char endpoint[64];
    int disk;      /* sync before each round of answers; -1: do not */
    int followers; /* to wait for */
    atomic_bool stop;
    pthread_t thread;
};

static void *
client_of(void *context, const struct bare *b, int type)
{
    void *s = zmq_socket(context, type);
    struct keys own;

    zmq_curve_keypair(own.public, own.secret);
    zmq_setsockopt(s, ZMQ_CURVE_SERVERKEY, b->keys.public, 41);
    zmq_setsockopt(s, ZMQ_CURVE_PUBLICKEY, own.public, 41);
    zmq_setsockopt(s, ZMQ_CURVE_SECRETKEY, own.secret, 41);
    zmq_setsockopt(s, ZMQ_LINGER, &(int){0}, sizeof(int));
    if (zmq_connect(s, b->endpoint) != 0)
        fail("connecting");
    return s;
}

static void
bare_open(struct bare *b, int type)
{
    size_t size = sizeof b->endpoint;

    b->context = zmq_ctx_new();
    b->socket = zmq_socket(b->context, type);
    zmq_curve_keypair(b->keys.public, b->keys.secret);
    zmq_setsockopt(b->socket, ZMQ_CURVE_SERVER, &(int){1}, sizeof(int));
    zmq_setsockopt(b->socket, ZMQ_CURVE_SECRETKEY, b->keys.secret, 41);
    zmq_setsockopt(b->socket, ZMQ_LINGER, &(int){0}, sizeof(int));
    if (type == ZMQ_XPUB) {
        zmq_setsockopt(b->socket, ZMQ_XPUB_NODROP, &(int){1}, sizeof(int));
        zmq_setsockopt(b->socket, ZMQ_XPUB_VERBOSE, &(int){1}, sizeof(int));
    }
    if (zmq_bind(b->socket, "tcp://127.0.0.1:*") != 0 ||
        zmq_getsockopt(b->socket, ZMQ_LAST_ENDPOINT, b->endpoint, &size) != 0)
        fail("binding");
}

static void
bare_close(struct bare *b)
{
    zmq_close(b->socket);
    zmq_ctx_term(b->context);
}

/* Answers everything that waits, after one sync for all of it. */
static void *
echo_bare(void *arg)
{
    struct bare *b = arg;

    while (!atomic_load(&b->stop)) {
        static char id[MOST][256], body[BODY];
        zmq_pollitem_t item = {.socket = b->socket, .events = ZMQ_POLLIN};
        int len[MOST], n = 0;

        zmq_poll(&item, 1, 100);
        while (n < MOST && (len[n] = zmq_recv(b->socket, id[n], 256, ZMQ_DONTWAIT)) > 0) {
            zmq_recv(b->socket, body, BODY, 0);
            n++;
        }
        if (n > 0 && b->disk >= 0)
            append_synced(b->disk);
        for (int i = 0; i < n; i++) {
            zmq_send(b->socket, id[i], (size_t)len[i], ZMQ_SNDMORE);
            zmq_send(b->socket, body, BODY, 0);
        }
    }
    return NULL;
}

/* n clients in one thread, each with one message under way. */
static double
echo_rate(struct bare *b, int n)
{
    void *context = zmq_ctx_new();
    zmq_pollitem_t items[MOST];
    char body[BODY] = {0};
    uint64_t got = 0, warm = 0;
    int64_t t0, warm_end = now_ns() + 300000000;

    for (int i = 0; i < n; i++) {
        items[i] =
            (zmq_pollitem_t){.socket = client_of(context, b, ZMQ_DEALER), .events = ZMQ_POLLIN};
        zmq_send(items[i].socket, body, BODY, 0);
    }
    for (t0 = warm_end; now_ns() < t0 + INT64_C(1000000000) * SECONDS;) {
        zmq_poll(items, n, 100);
        for (int i = 0; i < n; i++)
            if (items[i].revents && zmq_recv(items[i].socket, body, BODY, ZMQ_DONTWAIT) >= 0) {
                zmq_send(items[i].socket, body, BODY, 0);
                got++;
            }
        if (now_ns() < warm_end)
            warm = got;
    }
    for (int i = 0; i < n; i++)
        zmq_close(items[i].socket);
    zmq_ctx_term(context);
    return (double)(got - warm) / SECONDS;
}

static void
try_echo(int n, int disk)
{
    struct bare b = {.disk = disk};
    double rate;

    bare_open(&b, ZMQ_ROUTER);
    pthread_create(&b.thread, NULL, echo_bare, &b);
    rate = echo_rate(&b, n);
    atomic_store(&b.stop, true);
    pthread_join(b.thread, NULL);
    bare_close(&b);
    printf("{\"limit\":\"CURVE echo%s\",\"n\":%d,\"per_s\":%.0f}\n",
           disk >= 0 ? ", one fdatasync a round" : "", n, rate);
}

static void *
publish_bare(void *arg)
{
    struct bare *b = arg;
    static const char frame[FRAME];
    int64_t end = now_ns() + INT64_C(1000000000) * (SECONDS + 2);
    char topic[2];

    for (int i = 0; i < b->followers; i++)
        zmq_recv(b->socket, topic, sizeof topic, 0);
    while (now_ns() < end && !atomic_load(&b->stop))
        if (zmq_send(b->socket, frame, FRAME, ZMQ_DONTWAIT) < 0)
            zmq_poll(&(zmq_pollitem_t){.socket = b->socket, .events = ZMQ_POLLOUT}, 1, 1);
    return NULL;
}

/* n followers take frames of 64 KiB, which hold some 430 messages of 100 bytes each. */
static void
try_fan_out(int n)
{
    struct bare b = {.disk = -1, .followers = n};
    void *context = zmq_ctx_new();
    zmq_pollitem_t items[MOST];
    uint64_t got = 0;
    int64_t t0 = 0, t = 0;
    zmq_msg_t msg;

    bare_open(&b, ZMQ_XPUB);
    for (int i = 0; i < n; i++) {
        items[i] =
            (zmq_pollitem_t){.socket = client_of(context, &b, ZMQ_SUB), .events = ZMQ_POLLIN};
        zmq_setsockopt(items[i].socket, ZMQ_SUBSCRIBE, "", 0);
    }
    pthread_create(&b.thread, NULL, publish_bare, &b);
    zmq_msg_init(&msg);
    while (t0 == 0 || t - t0 < INT64_C(1000000000) * SECONDS) {
        zmq_poll(items, n, 100);
        for (int i = 0; i < n; i++)
            while (items[i].revents && zmq_msg_recv(&msg, items[i].socket, ZMQ_DONTWAIT) >= 0)
                got++;
        t = now_ns();
        if (t0 == 0 && got > 0)
            t0 = t;
    }
    atomic_store(&b.stop, true);
    pthread_join(b.thread, NULL);
    for (int i = 0; i < n; i++)
        zmq_close(items[i].socket);
    zmq_ctx_term(context);
    bare_close(&b);
    printf("{\"limit\":\"CURVE fan-out of 64 KiB frames\",\"n\":%d,\"mb_per_s\":%.0f}\n", n,
           (double)got * FRAME * 1e3 / (double)(t - t0));
}

/* Connect, shake hands, one echo; one after another. */
static void
try_connect(void)
{
    struct bare b = {.disk = -1};
    void *context = zmq_ctx_new();
    char body[BODY] = {0};
    int64_t t0, t;
    int n = 0;

    bare_open(&b, ZMQ_ROUTER);
    pthread_create(&b.thread, NULL, echo_bare, &b);
    t0 = now_ns();
    do {
        void *s = client_of(context, &b, ZMQ_DEALER);

        if (zmq_send(s, body, BODY, 0) < 0 || zmq_recv(s, body, BODY, 0) < 0)
            fail("echo");
        zmq_close(s);
        n++;
        t = now_ns() - t0;
    } while (t < INT64_C(1000000000) * SECONDS);
    atomic_store(&b.stop, true);
    pthread_join(b.thread, NULL);
    zmq_ctx_term(context);
    bare_close(&b);
    printf("{\"limit\":\"CURVE connect and echo\",\"per_s\":%.0f}\n", n * 1e9 / (double)t);
}

int
main(int argc, char **argv)
{
    int disk = scratch_open(argc > 1 ? argv[1] : ".");

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (sodium_init() < 0)
        fail("libsodium");
    try_disk(disk);
    try_cipher(BODY);
    try_cipher(FRAME);
    try_paced(disk);
    for (int n = 1; n <= 64; n = n == 1 ? 16 : n * 4) {
        try_echo(n, -1);
        try_echo(n, disk);
    }
    for (int n = 1; n <= MOST; n *= 10)
        try_fan_out(n);
    try_connect();
    close(disk);
    return 0;
}
