/* W2 and W3: n senders, each with at most `window` messages that are not acknowledged. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"

struct sender {
    struct conclave *c;
    uint64_t sent, acked;
    int64_t sent_ns;
};

struct run {
    uint64_t window;
    struct sender *senders;
    uint64_t sent, acked, errors;
    struct samples latency;
    bool measuring, draining;
};

static void
send_some(struct run *r, struct sender *s)
{
    if (r->draining)
        return;
    s->sent_ns = now_ns();
    while (s->sent - s->acked < r->window) {
        must(s->c, conclave_post(s->c, opt.group, body_of(r->sent), opt.size, NULL, NULL), "post");
        s->sent++;
        r->sent++;
    }
}

static void
take_acks(struct run *r, struct sender *s)
{
    struct conclave_event e;

    while (conclave_poll(s->c, 0, &e) == CONCLAVE_OK) {
        if (e.type == CONCLAVE_EVENT_ACK) {
            s->acked++;
            r->acked++;
            if (r->measuring && r->window == 1)
                sample_add(&r->latency, now_ns() - s->sent_ns);
        } else if (e.type == CONCLAVE_EVENT_REFUSED) {
            r->errors++;
        }
    }
}

int
run_durable(const char *workload, uint64_t window)
{
    struct run r = {.window = window};
    struct waiter *w = waiter_new();
    struct mark a = {0}, b = {0};
    uint64_t acked_a = 0, acked_b = 0;
    void *ready[256];
    int64_t next;
    double n;

    r.senders = calloc((size_t)opt.n, sizeof *r.senders);
    for (int i = 0; i < opt.n; i++) {
        r.senders[i].c = person_new(i);
        waiter_add(w, conclave_fd(r.senders[i].c), &r.senders[i]);
    }
    next = now_ns() + (int64_t)(opt.warm * 1e9);
    for (int i = 0; i < opt.n; i++) {
        send_some(&r, &r.senders[i]);
        take_acks(&r, &r.senders[i]);
    }
    for (;;) {
        int64_t now = now_ns();
        int k;

        if (!r.measuring && !r.draining && now >= next) {
            r.measuring = true;
            a = mark_now();
            acked_a = r.acked;
            next = a.t + (int64_t)(opt.secs * 1e9);
        } else if (r.measuring && now >= next) {
            r.measuring = false;
            r.draining = true;
            b = mark_now();
            acked_b = r.acked;
            next = b.t + DRAIN_NS;
        }
        if (r.draining && (r.acked >= r.sent || now >= next))
            break;
        k = waiter_wait(w, ready, 256, TICK_MS);
        for (int i = 0; i < k; i++) {
            take_acks(&r, ready[i]);
            send_some(&r, ready[i]);
            take_acks(&r, ready[i]);
        }
    }
    for (int i = 0; i < opt.n; i++)
        conclave_close(r.senders[i].c);
    waiter_free(w);
    free(r.senders);

    n = (double)(acked_b - acked_a);
    print_head(workload);
    printf(",\"acks_per_s\":%.1f,\"window\":%" PRIu64 ",\"sent\":%" PRIu64 ",\"lost\":%" PRId64
           ",\"errors\":%" PRIu64,
           n / mark_secs(&a, &b), window, r.sent, (int64_t)(r.sent - r.acked), r.errors);
    if (window == 1)
        print_latency(&r.latency);
    print_cpu(&a, &b, n);
    printf("}\n");
    return r.errors || r.acked != r.sent;
}
