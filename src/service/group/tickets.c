#include "group/tickets.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

/* Tickets are random, so their first bytes are the hash: open addressing with linear probing
 * over indexes into `all`; slots hold index + 1. */
struct sessions {
    struct session **all;
    size_t n;
    size_t cap;
    uint32_t *slots;
    size_t n_slots; /* power of two, at least twice n */
    size_t n_here;
    uint64_t presence;
    uint16_t *bound; /* by descriptor: sessions that have it */
    size_t n_bound;
};

enum status
sessions_new(struct sessions **out)
{
    *out = calloc(1, sizeof **out);
    if (!*out)
        return ST_NOMEM;
    (*out)->presence = (uint64_t)(clock_wall_ns() / NS_PER_MS);
    return ST_OK;
}

void
sessions_free(struct sessions *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->n; i++)
        free(s->all[i]);
    free(s->all);
    free(s->slots);
    free(s->bound);
    free(s);
}

static size_t
home(const struct sessions *s, const uint8_t *ticket)
{
    uint64_t h;

    memcpy(&h, ticket, sizeof h);
    return (size_t)h & (s->n_slots - 1);
}

static void
place(struct sessions *s, size_t index)
{
    size_t i = home(s, s->all[index]->ticket);

    while (s->slots[i])
        i = (i + 1) & (s->n_slots - 1);
    s->slots[i] = (uint32_t)index + 1;
}

static size_t
slot_of(const struct sessions *s, const struct session *session)
{
    size_t i = home(s, session->ticket);

    while (s->slots[i] != session->index + 1)
        i = (i + 1) & (s->n_slots - 1);
    return i;
}

/* Empty slot i, and move up those behind it that would not be found across the hole. */
static void
vacate(struct sessions *s, size_t i)
{
    size_t mask = s->n_slots - 1;

    for (size_t k = (i + 1) & mask; s->slots[k]; k = (k + 1) & mask) {
        size_t wanted = home(s, s->all[s->slots[k] - 1]->ticket);

        if (((k - wanted) & mask) >= ((k - i) & mask)) {
            s->slots[i] = s->slots[k];
            i = k;
        }
    }
    s->slots[i] = 0;
}

static void
rebuild(struct sessions *s)
{
    memset(s->slots, 0, s->n_slots * sizeof *s->slots);
    for (size_t i = 0; i < s->n; i++)
        place(s, i);
}

static bool
grow(struct sessions *s)
{
    size_t cap = s->cap ? s->cap * 2 : 64;
    struct session **all = realloc(s->all, cap * sizeof *all);

    if (!all)
        return false;
    s->all = all;
    uint32_t *slots = calloc(cap * 2, sizeof *slots);
    if (!slots)
        return false;
    free(s->slots);
    s->slots = slots;
    s->n_slots = cap * 2;
    s->cap = cap;
    rebuild(s);
    return true;
}

static bool
make_room(struct sessions *s, struct member *member)
{
    struct session *oldest = NULL;

    if (member->n_sessions < MEMBER_SESSIONS_MAX)
        return true;
    for (size_t i = 0; i < member->n_sessions; i++) {
        struct session *one = member->sessions[i];

        if (one->state == SESSION_AWAY && (!oldest || one->away_since_ms < oldest->away_since_ms))
            oldest = one;
    }
    if (!oldest)
        return false;
    sessions_end(s, oldest);
    return true;
}

struct session *
sessions_offer(struct sessions *s, struct member *member, int64_t now_ms)
{
    struct session *one;

    if (!make_room(s, member) || (s->n == s->cap && !grow(s)))
        return NULL;
    one = calloc(1, sizeof *one);
    if (!one)
        return NULL;
    randombytes_buf(one->ticket, sizeof one->ticket);
    one->member = member;
    one->away_since_ms = now_ms;
    one->index = s->n;
    member->sessions[member->n_sessions++] = one;
    s->all[s->n++] = one;
    place(s, one->index);
    return one;
}

struct session *
sessions_find(const struct sessions *s, const uint8_t ticket[static TICKET_LEN])
{
    if (s->n == 0)
        return NULL;
    for (size_t i = home(s, ticket); s->slots[i]; i = (i + 1) & (s->n_slots - 1)) {
        struct session *one = s->all[s->slots[i] - 1];

        if (sodium_memcmp(one->ticket, ticket, TICKET_LEN) == 0)
            return one;
    }
    return NULL;
}

void
sessions_set(struct sessions *s, struct session *session, enum session_state state)
{
    struct member *m = session->member;
    bool was_here = m->n_here > 0;

    if (session->state != SESSION_AWAY)
        m->n_here--;
    session->state = state;
    if (session->state != SESSION_AWAY)
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
sessions_end(struct sessions *s, struct session *session)
{
    struct member *m = session->member;
    size_t i = 0;

    sessions_set(s, session, SESSION_AWAY);
    sessions_unbind(s, session, -1);
    if (session->published > m->published)
        m->published = session->published;
    while (m->sessions[i] != session)
        i++;
    m->sessions[i] = m->sessions[--m->n_sessions];
    vacate(s, slot_of(s, session));
    struct session *last = s->all[--s->n];
    if (last != session) {
        s->slots[slot_of(s, last)] = (uint32_t)session->index + 1;
        s->all[session->index] = last;
        last->index = session->index;
    }
    free(session);
}

void
sessions_end_all_of(struct sessions *s, struct member *member)
{
    while (member->n_sessions)
        sessions_end(s, member->sessions[member->n_sessions - 1]);
}

void
sessions_expire(struct sessions *s, int64_t now_ms)
{
    for (size_t i = s->n; i-- > 0;) {
        struct session *one = s->all[i];

        if (one->state == SESSION_AWAY && now_ms - one->away_since_ms > SESSION_AWAY_MS)
            sessions_end(s, one);
    }
}

/* ---- connections ---- */

#define FD_MOST (1 << 24)

static bool
make_bound(struct sessions *s, int fd)
{
    size_t need = (size_t)fd + 1, n = s->n_bound ? s->n_bound : 64;
    uint16_t *bound;

    if (need <= s->n_bound)
        return true;
    while (n < need)
        n *= 2;
    bound = realloc(s->bound, n * sizeof *bound);
    if (!bound)
        return false;
    memset(bound + s->n_bound, 0, (n - s->n_bound) * sizeof *bound);
    s->bound = bound;
    s->n_bound = n;
    return true;
}

void
sessions_bind(struct sessions *s, struct session *session, int fd)
{
    if (fd < 0 || fd > FD_MOST || session->n_fds == SESSION_FDS_MAX || !make_bound(s, fd) ||
        s->bound[fd] == UINT16_MAX)
        return;
    for (size_t i = 0; i < session->n_fds; i++)
        if (session->fds[i] == fd)
            return;
    session->fds[session->n_fds++] = fd;
    s->bound[fd]++;
}

void
sessions_unbind(struct sessions *s, struct session *session, int fd)
{
    size_t kept = 0;

    for (size_t i = 0; i < session->n_fds; i++) {
        if (fd < 0 || session->fds[i] == fd)
            s->bound[session->fds[i]]--;
        else
            session->fds[kept++] = session->fds[i];
    }
    session->n_fds = kept;
}

bool
sessions_bound(const struct sessions *s, int fd)
{
    return fd >= 0 && (size_t)fd < s->n_bound && s->bound[fd] > 0;
}

/* ---- all ---- */

size_t
sessions_count(const struct sessions *s)
{
    return s->n;
}

struct session *
sessions_at(const struct sessions *s, size_t i)
{
    return s->all[i];
}

size_t
sessions_here(const struct sessions *s)
{
    return s->n_here;
}

uint64_t
sessions_presence(const struct sessions *s)
{
    return s->presence;
}
