#include "unread.h"

#include <poll.h>
#include <stdint.h>
#include <stdlib.h>

#define DESCRIPTORS 65536

struct unread {
    size_t all;
    size_t highest; /* descriptor with something waiting */
    uint32_t held[DESCRIPTORS];
};

enum status
unread_new(struct unread **out)
{
    *out = calloc(1, sizeof **out);
    return *out ? ST_OK : ST_NOMEM;
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

/* What waits is forgotten in unread_sweep only: a peer that reads a little at the right moment
 * could else have it forgotten although most of it is still here. */
bool
unread_allows(struct unread *u, int fd, size_t bytes)
{
    size_t i = (size_t)fd;

    if (bytes <= UNREAD_SMALL || fd < 0 || i >= DESCRIPTORS)
        return true;
    if (u->held[i] == 0 && has_room(fd))
        return true;
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
