/*
 * W1 and W8: one sender, n followers. Every message is stored, acknowledged and delivered, so
 * for Conclave the two are one workload; W8 also waits for the acknowledgements to go on.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"

struct fan {
    bool acked_window; /* W8: acknowledgements count for the window */
    struct conclave *sender;
    struct reader *readers;
    uint64_t sent, acked, got, errors;
};

/* The sender stays at most opt.window ahead of the slowest reader, as the peers' bench does. */
static bool
send_some(struct fan *f)
{
    uint64_t slowest = f->acked_window ? f->acked : UINT64_MAX;
    uint64_t burst = 0;

    for (int i = 0; i < opt.n; i++)
        if (f->readers[i].next < slowest)
            slowest = f->readers[i].next;
    while (f->sent - slowest < opt.window && burst++ < 512 &&
           conclave_posted(f->sender, opt.group) < CONCLAVE_POSTED_MAX) {
        must(f->sender, conclave_post(f->sender, opt.group, body_of(f->sent), opt.size, NULL, NULL),
             "post");
        f->sent++;
    }
    return burst > 0 && f->sent - slowest < opt.window;
}

static void
take_acks(struct fan *f)
{
    struct conclave_event e;

    while (conclave_poll(f->sender, 0, &e) == CONCLAVE_OK) {
        f->acked += e.type == CONCLAVE_EVENT_ACK;
        f->errors += e.type == CONCLAVE_EVENT_REFUSED;
    }
}

static void
take_entries(struct fan *f, struct reader *r)
{
    struct conclave_event e;

    while (conclave_poll(r->c, 0, &e) == CONCLAVE_OK) {
        if (e.type == CONCLAVE_EVENT_ENTRY)
            f->got += reader_check(r, &e.entry);
        else if (e.type == CONCLAVE_EVENT_GAP)
            r->errors++;
    }
}

static void
fan_open(struct fan *f, struct waiter *w)
{
    f->sender = person_new(0);
    f->readers = calloc((size_t)opt.n, sizeof *f->readers);
    for (int i = 0; i < opt.n; i++) {
        f->readers[i].c = person_new(i + 1);
        must(f->readers[i].c, conclave_follow(f->readers[i].c, opt.group), "follow");
        waiter_add(w, conclave_fd(f->readers[i].c), &f->readers[i]);
    }
    waiter_add(w, conclave_fd(f->sender), NULL);
}

static void
fan_close(struct fan *f)
{
    for (int i = 0; i < opt.n; i++) {
        f->errors += f->readers[i].errors;
        conclave_close(f->readers[i].c);
    }
    conclave_close(f->sender);
    free(f->readers);
}

struct window {
    struct mark a, b;
    uint64_t got_a, got_b, sent_a, sent_b;
};

static bool
complete(const struct fan *f)
{
    return f->got >= f->sent * (uint64_t)opt.n && f->acked >= f->sent;
}

static void
drive(struct fan *f, struct waiter *w, struct window *m)
{
    enum { WARMING, MEASURING, DRAINING } phase = WARMING;
    int64_t next = now_ns() + (int64_t)(opt.warm * 1e9);
    void *ready[256];

    for (;;) {
        int64_t now = now_ns();
        bool more;
        int k;

        if (phase == WARMING && now >= next) {
            phase = MEASURING;
            m->a = mark_now();
            m->got_a = f->got;
            m->sent_a = f->sent;
            next = m->a.t + (int64_t)(opt.secs * 1e9);
        } else if (phase == MEASURING && now >= next) {
            phase = DRAINING;
            m->b = mark_now();
            m->got_b = f->got;
            m->sent_b = f->sent;
            next = m->b.t + DRAIN_NS;
        }
        if (phase == DRAINING && (complete(f) || now >= next))
            return;
        more = phase != DRAINING && send_some(f);
        take_acks(f);
        k = waiter_wait(w, ready, 256, more ? 0 : TICK_MS);
        for (int i = 0; i < k; i++)
            if (ready[i])
                take_entries(f, ready[i]);
    }
}

int
run_fan_out(const char *workload)
{
    struct fan f = {.acked_window = workload[1] == '8'};
    struct waiter *w = waiter_new();
    struct window m;
    int64_t lost;
    double s, got;

    fan_open(&f, w);
    drive(&f, w, &m);
    lost = (int64_t)(f.sent * (uint64_t)opt.n - f.got) + (int64_t)(f.sent - f.acked);
    fan_close(&f);
    waiter_free(w);

    s = mark_secs(&m.a, &m.b);
    got = (double)(m.got_b - m.got_a);
    print_head(workload);
    printf(",\"groups\":1,\"deliveries_per_s\":%.0f,\"published_per_s\":%.0f,\"mb_per_s\":%.2f",
           got / s, (double)(m.sent_b - m.sent_a) / s, got / s * (double)opt.size / 1e6);
    printf(",\"sent\":%" PRIu64 ",\"lost\":%" PRId64 ",\"errors\":%" PRIu64, f.sent, lost,
           f.errors);
    print_cpu(&m.a, &m.b, got);
    printf("}\n");
    return f.errors || lost;
}
