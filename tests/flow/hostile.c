/*
 * hostile - what an ill-meaning client may do, one kind at a time; prints what came of it.
 * Usage: hostile flood ENDPOINT SERVER-KEY KEYFILE BODY-BYTES SECONDS
 *          sends as fast as it can (without a body: asks for members), reads what comes:
 *          "sent N ok N too_fast N other N"
 *        hostile unread ENDPOINT SERVER-KEY KEYFILE CONNECTIONS SECONDS
 *          asks for history on many connections and reads none of it: "asked N"
 *        hostile refused ENDPOINT SERVER-KEY KEYFILE SECONDS
 *          knocks again and again with a key that is not accepted: "refused N"
 *        hostile silent PORT CONNECTIONS SECONDS
 *          connects to 127.0.0.1 and says nothing: "open N closed N last-ms N"
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uuid.h>
#include <zmq.h>

#include "raw.h"

#define BODY_MAX   16384
#define FLOOD_WAIT 1000 /* sent before what came is read */
#define PAGES      300  /* asked for on each connection */
#define PAGE_BYTES 262144

static unsigned
number(const char *text)
{
    return (unsigned)strtoul(text, NULL, 10);
}

static void
set_int(void *s, int option, int value)
{
    if (zmq_setsockopt(s, option, &value, sizeof value) != 0)
        raw_fail("option %d: %s", option, zmq_strerror(zmq_errno()));
}

/* ---- flood ---- */

struct tally {
    unsigned long sent, ok, too_fast, other;
};

static bool
holds(const uint8_t *bytes, size_t len, const char *word)
{
    return memmem(bytes, len, word, strlen(word)) != NULL;
}

static void
read_answers(void *s, struct tally *t)
{
    uint8_t bytes[4096];
    int len;

    while (zmq_recv(s, bytes, sizeof bytes, ZMQ_DONTWAIT) >= 0) {
        size_t have;

        len = zmq_recv(s, bytes, sizeof bytes, ZMQ_DONTWAIT);
        if (len < 0)
            break;
        have = (size_t)len < sizeof bytes ? (size_t)len : sizeof bytes;
        if (holds(bytes, have, "too_fast"))
            t->too_fast++;
        else if (holds(bytes, have, "acks"))
            t->ok++;
        else
            t->other++;
    }
}

static void
fill_send(struct raw_out *o, size_t body_len)
{
    static uint8_t body[BODY_MAX];
    uuid_t id;

    uuid_generate_random(id);
    raw_begin(o, "send_message", 1);
    raw_str(o, "messages");
    raw_array(o, 1);
    raw_array(o, 2);
    raw_bin(o, id, sizeof id);
    raw_bin(o, body, body_len);
}

static void
flood(void *s, size_t body_len, unsigned seconds)
{
    int64_t end = raw_now_ms() + (int64_t)seconds * 1000;
    struct tally t = {0};
    struct raw_out o;

    if (body_len)
        fill_send(&o, body_len);
    else
        raw_begin(&o, "get_members", 0);
    while (raw_now_ms() < end) {
        for (int i = 0; i < FLOOD_WAIT; i++) {
            if (zmq_send(s, "", 0, ZMQ_SNDMORE) < 0 || zmq_send(s, o.bytes, o.len, 0) < 0)
                break;
            t.sent++;
        }
        read_answers(s, &t);
    }
    printf("sent %lu ok %lu too_fast %lu other %lu\n", t.sent, t.ok, t.too_fast, t.other);
}

static void
run_flood(char **argv)
{
    void *ctx = zmq_ctx_new();
    struct raw_key me;
    size_t body_len = number(argv[3]);
    void *s;

    if (body_len > BODY_MAX)
        raw_fail("a body has at most %d bytes", BODY_MAX);
    raw_key_load(&me, argv[2]);
    s = raw_socket(ctx, ZMQ_DEALER, &me, argv[1]);
    raw_connect(s, argv[0]);
    flood(s, body_len, number(argv[4]));
    raw_close(s);
    zmq_ctx_term(ctx);
}

/* ---- unread ---- */

static unsigned long
ask_for_pages(void *s)
{
    unsigned long asked = 0;
    struct raw_out o;

    set_int(s, ZMQ_SNDTIMEO, 10000);
    for (int i = 0; i < PAGES; i++) {
        raw_begin(&o, "get_message", 2);
        raw_str(&o, "after_seq");
        raw_uint(&o, 0);
        raw_str(&o, "bytes");
        raw_uint(&o, PAGE_BYTES);
        if (zmq_send(s, "", 0, ZMQ_SNDMORE) < 0 || zmq_send(s, o.bytes, o.len, 0) < 0)
            break;
        asked++;
        /* Not faster than pages are read, so that all are. */
        usleep(2000);
    }
    return asked;
}

static void
run_unread(char **argv)
{
    void *ctx = zmq_ctx_new();
    unsigned n = number(argv[3]);
    int64_t end = raw_now_ms() + (int64_t)number(argv[4]) * 1000;
    unsigned long asked = 0;
    struct raw_key me;

    raw_key_load(&me, argv[2]);
    zmq_ctx_set(ctx, ZMQ_MAX_SOCKETS, 4096);
    for (unsigned i = 0; i < n; i++) {
        void *s = raw_socket(ctx, ZMQ_DEALER, &me, argv[1]);

        set_int(s, ZMQ_RCVHWM, 1);
        set_int(s, ZMQ_RCVBUF, 4096);
        raw_connect(s, argv[0]);
        asked += ask_for_pages(s);
    }
    while (raw_now_ms() < end)
        usleep(100000);
    printf("asked %lu\n", asked);
    fflush(stdout);
    _exit(0); /* sockets that nobody reads */
}

/* ---- refused ---- */

static bool
is_refused(void *monitor)
{
    uint8_t bytes[6];
    char address[RAW_TEXT];

    while (zmq_recv(monitor, bytes, sizeof bytes, 0) == sizeof bytes) {
        uint16_t event;

        zmq_recv(monitor, address, sizeof address, 0);
        memcpy(&event, bytes, sizeof event);
        if (event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)
            return true;
        if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED)
            raw_fail("the key was accepted");
    }
    return false;
}

static void
run_refused(char **argv)
{
    void *ctx = zmq_ctx_new();
    int64_t end = raw_now_ms() + (int64_t)number(argv[3]) * 1000;
    unsigned long refused = 0;
    struct raw_key me;

    raw_key_load(&me, argv[2]);
    for (unsigned i = 0; raw_now_ms() < end; i++) {
        void *s = raw_socket(ctx, ZMQ_DEALER, &me, argv[1]);
        void *monitor = zmq_socket(ctx, ZMQ_PAIR);
        char name[40];

        snprintf(name, sizeof name, "inproc://m%u", i);
        set_int(monitor, ZMQ_RCVTIMEO, RAW_WAIT_MS);
        set_int(monitor, ZMQ_LINGER, 0);
        if (zmq_socket_monitor(s, name, ZMQ_EVENT_ALL) != 0 || zmq_connect(monitor, name) != 0)
            raw_fail("no monitor");
        raw_connect(s, argv[0]);
        refused += is_refused(monitor);
        zmq_socket_monitor(s, NULL, 0);
        zmq_close(monitor);
        raw_close(s);
    }
    printf("refused %lu\n", refused);
    zmq_ctx_term(ctx);
}

/* ---- silent ---- */

static int
open_silent(unsigned port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* Closed by the other side, whose greeting is read before. */
static bool
is_closed(int fd)
{
    char bytes[256];
    ssize_t n;

    while ((n = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT)) > 0)
        continue;
    return n == 0 || (errno != EAGAIN && errno != EINTR);
}

static void
run_silent(char **argv)
{
    unsigned n = number(argv[1]), open = 0, closed = 0;
    int64_t began = raw_now_ms(), last = began, end;
    struct rlimit most;
    struct pollfd *all = calloc(n, sizeof *all);

    getrlimit(RLIMIT_NOFILE, &most);
    most.rlim_cur = most.rlim_max;
    setrlimit(RLIMIT_NOFILE, &most);
    for (unsigned i = 0; all && i < n; i++) {
        all[i] = (struct pollfd){.fd = open_silent(number(argv[0])), .events = POLLIN};
        open += all[i].fd >= 0;
    }
    printf("open %u after %lld ms\n", open, (long long)(raw_now_ms() - began));
    fflush(stdout);
    end = raw_now_ms() + (int64_t)number(argv[2]) * 1000;
    while (all && closed < open && raw_now_ms() < end && poll(all, n, 100) >= 0) {
        for (unsigned i = 0; i < n; i++) {
            if (all[i].fd < 0 || !all[i].revents || !is_closed(all[i].fd))
                continue;
            close(all[i].fd);
            all[i].fd = -1;
            closed++;
            last = raw_now_ms();
        }
    }
    printf("closed %u last-ms %lld\n", closed, (long long)(last - began));
    free(all);
}

int
main(int argc, char **argv)
{
    const struct {
        const char *name;
        int args;
        void (*run)(char **argv);
    } kinds[] = {{"flood", 5, run_flood},
                 {"unread", 5, run_unread},
                 {"refused", 4, run_refused},
                 {"silent", 3, run_silent}};

    raw_deadline(900);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (argc - 2 == kinds[i].args && strcmp(argv[1], kinds[i].name) == 0) {
            kinds[i].run(argv + 2);
            return 0;
        }
    }
    raw_fail("usage: hostile flood|unread|refused|silent ARGUMENTS, see hostile.c");
}
