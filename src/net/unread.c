#include "net/unread.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>

#define DESCRIPTORS 65536

struct unread {
    size_t all;
    size_t highest; /* descriptor with something waiting */
    uint32_t held[DESCRIPTORS];
    uint64_t acked[DESCRIPTORS]; /* when that was counted */
};

enum status
unread_new(struct unread **out)
{
    *out = calloc(1, sizeof **out);
    return *out != NULL ? ST_OK : ST_NOMEM;
}

void
unread_free(struct unread *u)
{
    free(u);
}

/* A closed descriptor counts as free: nothing waits there. */
static bool
has_room(int fd)
{
    struct pollfd item = {.fd = fd, .events = POLLOUT};

    return poll(&item, 1, 0) != 0;
}

/* Bytes that the peer's system has; 0: not known. */
static uint64_t
acked_by(int fd)
{
    struct tcp_info info = {0};
    socklen_t len = sizeof info;

    return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0 ? info.tcpi_bytes_acked : 0;
}

/* Not more than what went since: who reads a little has a little forgotten. */
static void
forget_acked(struct unread *u, int fd, size_t i)
{
    uint64_t acked = acked_by(fd);
    uint64_t gone = acked - u->acked[i]; /* huge for another connection under the same number */

    if (gone > u->held[i])
        gone = u->held[i];
    u->held[i] -= (uint32_t)gone;
    u->all -= gone;
    u->acked[i] = acked;
}

/* That there is room again says little: a peer that reads a bit at the right moment could have all
 * forgotten although most of it is still here. So here only what its system has acknowledged is
 * forgotten, and the rest in unread_sweep. Without that, who reads all the time over a line that is
 * slower than we are would soon get nothing. */
bool
unread_allows(struct unread *u, int fd, size_t bytes)
{
    size_t i = (size_t)fd;

    if (bytes <= UNREAD_SMALL || fd < 0 || i >= DESCRIPTORS)
        return true;
    if (u->held[i] == 0 && has_room(fd))
        return true;
    forget_acked(u, fd, i);
    if (bytes > UNREAD_EACH - u->held[i] || bytes > UNREAD_ALL - u->all)
        return false;
    u->held[i] += (uint32_t)bytes;
    u->all += bytes;
    if (i > u->highest)
        u->highest = i;
    return true;
}

void
unread_sweep(struct unread *u)
{
    size_t highest = 0;

    if (u->all == 0)
        return;
    for (size_t i = 0; i <= u->highest; i++) {
        if (u->held[i] == 0)
            continue;
        if (has_room((int)i)) {
            u->all -= u->held[i];
            u->held[i] = 0;
        } else {
            highest = i;
        }
    }
    u->highest = highest;
}
