/*
 * bench - what the workloads share: options, people, bodies, clocks and the line they print.
 * Everything that is measured goes through libconclave's public header.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conclave.h"

#define DRAIN_NS (10 * INT64_C(1000000000)) /* how long answers may take after the end */
#define TICK_MS  2

struct bench_options {
    const char *peer, *level, *group, *keys;
    int pid; /* of the group, for its CPU and memory */
    double secs, warm;
    size_t size;
    int n; /* the workload's own count: subscribers, senders, connections */
    int rate, reps;
    uint64_t window, count;
};
extern struct bench_options opt;

_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- people ---- */

/* Handle number i, with a key of its own; a member of the group. All share one network thread
 * with the first. */
struct conclave *person_new(int i);
/* Without joining. */
struct conclave *person_open(int i);
/* Ends with the reason when st is not CONCLAVE_OK. */
void must(struct conclave *c, enum conclave_status st, const char *what);

/* ---- bodies: number, send time, filler ---- */

/* The body of message seq, stamped now; valid until the next call in this thread. */
const void *body_of(uint64_t seq);
uint64_t body_seq(const void *body);
int64_t body_time(const void *body);

/* One reader's check of what it gets: whole and the next in order. */
struct reader {
    struct conclave *c;
    uint64_t next;
    uint64_t errors;
};
/* Take one entry: true when it is a message of this run. */
bool reader_check(struct reader *r, const struct conclave_entry *e);

/* ---- clocks ---- */

int64_t now_ns(void);
int64_t wall_ns(void);
long rss_kib(int pid);

struct mark {
    int64_t t;
    double server, client, machine; /* CPU seconds */
};
struct mark mark_now(void);
double mark_secs(const struct mark *a, const struct mark *b);

struct samples {
    double *us;
    size_t n, cap;
};
void sample_add(struct samples *s, int64_t ns);
/* Sorts them. */
double median(struct samples *s);

/* ---- the line ---- */

void print_head(const char *workload);
void print_latency(struct samples *s);
void print_cpu(const struct mark *a, const struct mark *b, double items);

/* ---- waiting for many handles ---- */

struct waiter;
struct waiter *waiter_new(void);
void waiter_add(struct waiter *w, int fd, void *arg);
/* Up to max args whose descriptor can be read. */
int waiter_wait(struct waiter *w, void **args, int max, int timeout_ms);
void waiter_free(struct waiter *w);

/* ---- workloads: 0, or 1 when anything was lost or wrong ---- */

int run_ping(void);
int run_fan_out(const char *workload);
int run_durable(const char *workload, uint64_t window);
int run_latency(void);
int run_history(void);
int run_memory(void);
int run_connects(void);
int run_lone_post(void);
int run_members(void);

#endif
