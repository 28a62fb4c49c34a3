#include "zmtp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "raw.h"

const char *
zmtp_status_name(enum zmtp_status st)
{
    static const char *const names[] = {"it went well", "the connection ended",
                                        "nothing came in time", "something else came"};

    return names[st];
}

/* ---- TCP ---- */

void
zmtp_init(struct zmtp *z, const char *type, const struct zmtp_key *me,
          const uint8_t server[static ZMTP_KEY])
{
    memset(z, 0, sizeof *z);
    z->fd = -1;
    z->type = type;
    z->me = *me;
    memcpy(z->server, server, ZMTP_KEY);
    zmtp_key_make(&z->brief);
}

enum zmtp_status
zmtp_connect(struct zmtp *z, in_port_t port, const char *from)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in here = {.sin_family = AF_INET};
    int on = 1;

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    z->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (z->fd < 0)
        raw_fail("no socket: %s", strerror(errno));
    setsockopt(z->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (from && (inet_pton(AF_INET, from, &here.sin_addr) != 1 ||
                 bind(z->fd, (struct sockaddr *)&here, sizeof here) != 0))
        raw_fail("cannot call from %s: %s", from, strerror(errno));
    if (connect(z->fd, (struct sockaddr *)&to, sizeof to) == 0)
        return ZMTP_OK;
    zmtp_close(z);
    return ZMTP_ENDED;
}

void
zmtp_close(struct zmtp *z)
{
    if (z->fd >= 0)
        close(z->fd);
    z->fd = -1;
}

void
zmtp_reset(struct zmtp *z)
{
    struct linger none = {.l_onoff = 1, .l_linger = 0};

    setsockopt(z->fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    zmtp_close(z);
}

/* Does not wait for ever on a peer that stopped reading. */
bool
zmtp_write(struct zmtp *z, const void *bytes, size_t len)
{
    int64_t end = raw_now_ms() + ZMTP_PATIENCE;
    const uint8_t *p = bytes;

    while (len > 0 && raw_now_ms() < end) {
        ssize_t n = send(z->fd, p, len, MSG_NOSIGNAL | MSG_DONTWAIT);
        struct pollfd fd = {.fd = z->fd, .events = POLLOUT};

        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return false;
        if (n < 0)
            poll(&fd, 1, 100);
        p += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    return len == 0;
}

/* Up to len bytes, as soon as there are any. */
static enum zmtp_status
read_some(struct zmtp *z, void *out, size_t len, int64_t end_ms, size_t *got)
{
    struct pollfd fd = {.fd = z->fd, .events = POLLIN};
    int64_t left = end_ms - raw_now_ms();
    ssize_t n;

    if (poll(&fd, 1, left > 0 ? (int)left : 0) <= 0)
        return ZMTP_LATE;
    n = recv(z->fd, out, len, 0);
    *got = n > 0 ? (size_t)n : 0;
    return n > 0 ? ZMTP_OK : ZMTP_ENDED;
}

enum zmtp_status
zmtp_read(struct zmtp *z, void *out, size_t len, int wait_ms)
{
    int64_t end = raw_now_ms() + wait_ms;
    enum zmtp_status st = ZMTP_OK;
    uint8_t *p = out;

    while (len > 0 && st == ZMTP_OK) {
        size_t got = 0;

        st = read_some(z, p, len, end, &got);
        p += got;
        len -= got;
    }
    return st;
}

enum zmtp_status
zmtp_await_end(struct zmtp *z, int wait_ms)
{
    int64_t end = raw_now_ms() + wait_ms;
    enum zmtp_status st = ZMTP_OK;
    uint8_t waste[4096];

    while (st == ZMTP_OK) {
        size_t got;

        st = read_some(z, waste, sizeof waste, end, &got);
    }
    return st == ZMTP_ENDED ? ZMTP_OK : st;
}

/* ---- frames ---- */

static void
frame(struct bytes *out, unsigned flags, const struct bytes *body)
{
    bool is_long = body->len > 255;

    out->len = 0;
    bytes_add_byte(out, is_long ? flags | FRAME_LONG : flags);
    bytes_add_number(out, body->len, is_long ? 8 : 1);
    bytes_add(out, body->p, body->len);
}

bool
zmtp_write_frame(struct zmtp *z, unsigned flags, const struct bytes *body)
{
    static struct bytes out;

    frame(&out, flags, body);
    return zmtp_write(z, out.p, out.len);
}

enum zmtp_status
zmtp_read_frame(struct zmtp *z, unsigned *flags, struct bytes *body, int wait_ms)
{
    uint8_t head[9];
    enum zmtp_status st = zmtp_read(z, head, 2, wait_ms);
    uint64_t len = head[1];

    if (st != ZMTP_OK)
        return st;
    *flags = head[0];
    if (head[0] & FRAME_LONG) {
        st = zmtp_read(z, head + 2, 7, wait_ms);
        if (st != ZMTP_OK)
            return st;
        for (unsigned i = 2; i < 9; i++)
            len = len << 8 | head[i];
    }
    if (len > sizeof body->p)
        return ZMTP_WRONG;
    body->len = len;
    return zmtp_read(z, body->p, len, wait_ms);
}
