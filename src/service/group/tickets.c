#include "group/tickets.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

/* Tickets are random, so their first bytes are the hash: open addressing with linear probing
 * over indexes into `all`; slots hold index + 1. */
struct tickets {
    struct ticket **all;
    size_t n;
    size_t cap;
    uint32_t *slots;
    size_t n_slots; /* power of two, at least twice n */
    size_t n_here;
    uint64_t presence;
    uint16_t *bound; /* by descriptor: tickets that have it */
    size_t n_bound;
};

enum status
tickets_new(struct tickets **out)
{
    *out = calloc(1, sizeof **out);
    if (*out == NULL)
        return ST_NOMEM;
    (*out)->presence = (uint64_t)(clock_wall_ns() / NS_PER_MS);
    return ST_OK;
}

void
tickets_free(struct tickets *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < s->n; i++)
        free(s->all[i]);
    free(s->all);
    free(s->slots);
    free(s->bound);
    free(s);
}

static size_t
home(const struct tickets *s, const uint8_t *ticket)
{
    uint64_t h;

    memcpy(&h, ticket, sizeof h);
    return (size_t)h & (s->n_slots - 1);
}

static void
place(struct tickets *s, size_t index)
{
    size_t i = home(s, s->all[index]->topic);

    while (s->slots[i])
        i = (i + 1) & (s->n_slots - 1);
    s->slots[i] = (uint32_t)index + 1;
}

static size_t
slot_of(const struct tickets *s, const struct ticket *ticket)
{
    size_t i = home(s, ticket->topic);

    while (s->slots[i] != ticket->index + 1)
        i = (i + 1) & (s->n_slots - 1);
    return i;
}

/* Empty slot i, and move up those behind it that would not be found across the hole. */
static void
vacate(struct tickets *s, size_t i)
{
    size_t mask = s->n_slots - 1;

    for (size_t k = (i + 1) & mask; s->slots[k]; k = (k + 1) & mask) {
        size_t wanted = home(s, s->all[s->slots[k] - 1]->topic);

        if (((k - wanted) & mask) >= ((k - i) & mask)) {
            s->slots[i] = s->slots[k];
            i = k;
        }
    }
    s->slots[i] = 0;
}

static void
rebuild(struct tickets *s)
{
    memset(s->slots, 0, s->n_slots * sizeof *s->slots);
    for (size_t i = 0; i < s->n; i++)
        place(s, i);
}

static bool
grow(struct tickets *s)
{
    size_t cap = s->cap ? s->cap * 2 : 64;
    struct ticket **all = realloc(s->all, cap * sizeof *all);
    uint32_t *slots;

    if (all == NULL)
        return false;
    s->all = all;
    slots = calloc(cap * 2, sizeof *slots);
    if (slots == NULL)
        return false;
    free(s->slots);
    s->slots = slots;
    s->n_slots = cap * 2;
    s->cap = cap;
    rebuild(s);
    return true;
}

static bool
make_room(struct tickets *s, struct member *member)
{
    struct ticket *oldest = NULL;

    if (member->n_tickets < MEMBER_TICKETS_MAX)
        return true;
    for (size_t i = 0; i < member->n_tickets; i++) {
        struct ticket *one = member->tickets[i];

        if (one->state == TICKET_AWAY &&
            (oldest == NULL || one->away_since_ms < oldest->away_since_ms))
            oldest = one;
    }
    if (oldest == NULL)
        return false;
    tickets_end(s, oldest);
    return true;
}

struct ticket *
tickets_offer(struct tickets *s, struct member *member, int64_t now_ms)
{
    struct ticket *one;

    if (!make_room(s, member) || (s->n == s->cap && !grow(s)))
        return NULL;
    one = calloc(1, sizeof *one);
    if (one == NULL)
        return NULL;
    randombytes_buf(one->topic, sizeof one->topic);
    one->member = member;
    one->away_since_ms = now_ms;
    one->index = s->n;
    member->tickets[member->n_tickets++] = one;
    s->all[s->n++] = one;
    place(s, one->index);
    return one;
}

struct ticket *
tickets_find(const struct tickets *s, const uint8_t ticket[static TICKET_LEN])
{
    if (s->n == 0)
        return NULL;
    for (size_t i = home(s, ticket); s->slots[i]; i = (i + 1) & (s->n_slots - 1)) {
        struct ticket *one = s->all[s->slots[i] - 1];

        if (sodium_memcmp(one->topic, ticket, TICKET_LEN) == 0)
            return one;
    }
    return NULL;
}

void
tickets_set(struct tickets *s, struct ticket *ticket, enum ticket_state state)
{
    struct member *m = ticket->member;
    bool was_here = m->n_here > 0;

    if (ticket->state != TICKET_AWAY)
        m->n_here--;
    ticket->state = state;
    if (ticket->state != TICKET_AWAY)
        m->n_here++;
    if (was_here == (m->n_here > 0))
        return;
    s->presence++;
    if (was_here)
        s->n_here--;
    else
        s->n_here++;
}

void
tickets_end(struct tickets *s, struct ticket *ticket)
{
    struct member *m = ticket->member;
    size_t i = 0;
    struct ticket *last;

    tickets_set(s, ticket, TICKET_AWAY);
    tickets_unbind(s, ticket, -1);
    if (ticket->published > m->published)
        m->published = ticket->published;
    while (m->tickets[i] != ticket)
        i++;
    m->tickets[i] = m->tickets[--m->n_tickets];
    vacate(s, slot_of(s, ticket));
    last = s->all[--s->n];
    if (last != ticket) {
        s->slots[slot_of(s, last)] = (uint32_t)ticket->index + 1;
        s->all[ticket->index] = last;
        last->index = ticket->index;
    }
    free(ticket);
}

void
tickets_end_all_of(struct tickets *s, struct member *member)
{
    while (member->n_tickets)
        tickets_end(s, member->tickets[member->n_tickets - 1]);
}

void
tickets_expire(struct tickets *s, int64_t now_ms)
{
    for (size_t i = s->n; i-- > 0;) {
        struct ticket *one = s->all[i];

        if (one->state == TICKET_AWAY && now_ms - one->away_since_ms > TICKET_AWAY_MS)
            tickets_end(s, one);
    }
}

/* ---- connections ---- */

#define FD_MOST (1 << 24)

static bool
make_bound(struct tickets *s, int fd)
{
    size_t need = (size_t)fd + 1, n = s->n_bound ? s->n_bound : 64;
    uint16_t *bound;

    if (need <= s->n_bound)
        return true;
    while (n < need)
        n *= 2;
    bound = realloc(s->bound, n * sizeof *bound);
    if (bound == NULL)
        return false;
    memset(bound + s->n_bound, 0, (n - s->n_bound) * sizeof *bound);
    s->bound = bound;
    s->n_bound = n;
    return true;
}

void
tickets_bind(struct tickets *s, struct ticket *ticket, int fd)
{
    if (fd < 0 || fd > FD_MOST || ticket->n_fds == TICKET_FDS_MAX || !make_bound(s, fd) ||
        s->bound[fd] == UINT16_MAX)
        return;
    for (size_t i = 0; i < ticket->n_fds; i++)
        if (ticket->fds[i] == fd)
            return;
    ticket->fds[ticket->n_fds++] = fd;
    s->bound[fd]++;
}

void
tickets_unbind(struct tickets *s, struct ticket *ticket, int fd)
{
    size_t kept = 0;

    for (size_t i = 0; i < ticket->n_fds; i++) {
        if (fd < 0 || ticket->fds[i] == fd)
            s->bound[ticket->fds[i]]--;
        else
            ticket->fds[kept++] = ticket->fds[i];
    }
    ticket->n_fds = kept;
}

bool
tickets_bound(const struct tickets *s, int fd)
{
    return fd >= 0 && (size_t)fd < s->n_bound && s->bound[fd] > 0;
}

/* ---- all ---- */

size_t
tickets_count(const struct tickets *s)
{
    return s->n;
}

struct ticket *
tickets_at(const struct tickets *s, size_t i)
{
    return s->all[i];
}

size_t
tickets_here(const struct tickets *s)
{
    return s->n_here;
}

uint64_t
tickets_presence(const struct tickets *s)
{
    return s->presence;
}
