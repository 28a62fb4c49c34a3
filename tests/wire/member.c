#include "member.h"

#include <poll.h>
#include <string.h>
#include <time.h>

#define PACE_MS   20    /* between two messages */
#define SILENT_MS 3000  /* then the feed is dead, docs/protocol.md section 8 */
#define LAST_MS   10000 /* to hear what is still on its way */

/* What a message says. */
struct saying {
    uint32_t sender;
    uint32_t phase;
    uint64_t number;
    int64_t at_ns;
};

struct member {
    struct honest honest;
    struct watch *watch;
    struct record *mine;
    unsigned index;
    uint64_t cursor;
    uint64_t head;
    uint64_t next[MEMBERS]; /* number of each one's next message */
    bool fetching;
};

static int64_t
now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void
note(struct latencies *l, int64_t ns)
{
    if (l->n < LATENCY_MAX)
        l->us[l->n++] = (uint32_t)(ns / 1000);
}

/* ---- listening ---- */

static void
hear(struct member *m, const struct saying *s)
{
    if (s->sender >= MEMBERS || s->phase >= PHASES)
        return;
    if (s->number < m->next[s->sender]) {
        m->mine->twice++;
        return;
    }
    m->mine->lost += s->number - m->next[s->sender];
    m->next[s->sender] = s->number + 1;
    m->mine->heard++;
    if (m->fetching)
        m->mine->fetched++;
    else if (s->sender != m->index)
        note(&m->mine->news[s->phase], now_ns() - s->at_ns);
}

static void
fetch_to(struct member *m, uint64_t head)
{
    m->fetching = true;
    while (m->cursor < head) {
        uint64_t before = m->cursor, next = honest_fetch(&m->honest, before);

        if (next <= before)
            raw_fail("history ends at %llu, but the head is %llu", (unsigned long long)before,
                     (unsigned long long)head);
    }
    m->fetching = false;
}

static void
on_entry(void *ctx, const struct raw_entry *e)
{
    struct member *m = ctx;
    struct saying s;

    if (e->seq <= m->cursor)
        return;
    /* Fetching comes back here for each entry, without a gap. */
    if (e->seq > m->cursor + 1 && !m->fetching)
        fetch_to(m, e->seq - 1);
    if (e->seq != m->cursor + 1)
        raw_fail("history has a hole behind %llu", (unsigned long long)m->cursor);
    m->cursor = e->seq;
    if (e->kind == 1 && e->body_len == sizeof s) {
        memcpy(&s, e->body, sizeof s);
        hear(m, &s);
    }
}

static void
on_head(void *ctx, uint64_t head)
{
    struct member *m = ctx;

    m->head = head;
}

static void
follow(struct member *m)
{
    honest_follow(&m->honest);
    fetch_to(m, m->head);
}

static void
listen_until(struct member *m, int64_t end_ms)
{
    static int64_t heard_ms;
    uint64_t seq;
    enum zmtp_status st = ZMTP_OK;

    if (!heard_ms)
        heard_ms = raw_now_ms();
    while (st == ZMTP_OK) {
        uint64_t head = m->head;

        st = honest_hear(&m->honest, end_ms, &seq);
        if (st == ZMTP_OK || m->head != head)
            heard_ms = raw_now_ms();
        if (m->head > m->cursor)
            fetch_to(m, m->head);
    }
    if (st == ZMTP_WRONG)
        raw_fail("what comes on the feed is not for this member");
    if (st == ZMTP_ENDED || raw_now_ms() - heard_ms > SILENT_MS) {
        m->mine->cuts += st == ZMTP_ENDED;
        follow(m);
        heard_ms = raw_now_ms();
    }
}

/* ---- talking ---- */

static void
talk(struct member *m, unsigned phase)
{
    struct saying s = {.sender = m->index, .phase = phase, .number = m->mine->sent};

    s.at_ns = now_ns();
    honest_say(&m->honest, &s, sizeof s);
    note(&m->mine->acks[phase], now_ns() - s.at_ns);
    m->mine->sent++;
}

static bool
heard_all(const struct member *m)
{
    for (unsigned i = 0; i < MEMBERS; i++)
        if (m->next[i] < m->watch->records[i].sent)
            return false;
    return true;
}

static void
hear_the_rest(struct member *m)
{
    int64_t end = raw_now_ms() + LAST_MS;

    atomic_fetch_add(&m->watch->done, 1);
    while (raw_now_ms() < end && (atomic_load(&m->watch->done) < MEMBERS || !heard_all(m)))
        listen_until(m, raw_now_ms() + 100);
    for (unsigned i = 0; i < MEMBERS; i++)
        m->mine->lost += m->watch->records[i].sent - m->next[i];
}

void
member_run(const struct stage *stage, const struct zmtp_key *key, const char *from,
           struct watch *watch, unsigned index)
{
    static struct member m;
    int phase;

    m = (struct member){.watch = watch, .mine = &watch->records[index], .index = index};
    honest_join(&m.honest, stage, key, from);
    m.honest.entry = on_entry;
    m.honest.head = on_head;
    m.honest.ctx = &m;
    follow(&m);
    atomic_fetch_add(&watch->ready, 1);
    while ((phase = atomic_load(&watch->phase)) < PHASES) {
        int64_t next_ms = raw_now_ms() + PACE_MS;

        /* Phase -1: the others are not there yet. */
        if (phase >= 0)
            talk(&m, (unsigned)phase);
        listen_until(&m, next_ms);
    }
    hear_the_rest(&m);
    honest_leave_sockets(&m.honest);
}
