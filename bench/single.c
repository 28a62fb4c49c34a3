/* W4 latency, W5 history, W6 memory, W7 connects. */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

int
run_ping(void)
{
    struct conclave *c = person_open(0);
    enum conclave_status st = conclave_join(c, opt.group, NULL, NULL);

    conclave_close(c);
    return st != CONCLAVE_OK;
}

/* ---- W4 ---- */

static int
ticker(void)
{
    long period = 1000000000L / opt.rate;
    struct itimerspec it = {.it_interval.tv_nsec = period, .it_value.tv_nsec = period};
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);

    if (fd < 0 || timerfd_settime(fd, 0, &it, NULL) != 0)
        die("cannot make a timer");
    return fd;
}

int
run_latency(void)
{
    struct conclave *sender = person_new(0);
    struct reader r = {.c = person_new(1)};
    struct waiter *w = waiter_new();
    struct samples latency = {0};
    uint64_t sent = 0, got = 0, warm = (uint64_t)(opt.warm * opt.rate);
    uint64_t total = warm + (uint64_t)(opt.secs * opt.rate);
    int64_t end = now_ns() + (int64_t)((opt.secs + opt.warm) * 1e9) + DRAIN_NS;
    struct conclave_event e;
    void *ready[8];
    int timer;
    struct mark a, b;

    must(r.c, conclave_follow(r.c, opt.group), "follow");
    timer = ticker();
    waiter_add(w, timer, &timer);
    waiter_add(w, conclave_fd(r.c), &r);
    waiter_add(w, conclave_fd(sender), sender);
    a = mark_now();
    while (got < total && now_ns() < end) {
        int k = waiter_wait(w, ready, 8, 100);

        for (int i = 0; i < k; i++) {
            uint64_t ticks;

            if (ready[i] == &timer && read(timer, &ticks, 8) == 8 && sent < total)
                must(sender,
                     conclave_post(sender, opt.group, body_of(sent++), opt.size, NULL, NULL),
                     "post");
            while (conclave_poll(sender, 0, &e) == CONCLAVE_OK)
                r.errors += e.type == CONCLAVE_EVENT_REFUSED;
            while (conclave_poll(r.c, 0, &e) == CONCLAVE_OK)
                if (e.type == CONCLAVE_EVENT_ENTRY && reader_check(&r, &e.entry) && got++ >= warm)
                    sample_add(&latency, now_ns() - body_time(e.entry.body));
        }
    }
    b = mark_now();
    print_head("W4");
    printf(",\"lost\":%" PRId64 ",\"errors\":%" PRIu64, (int64_t)(sent - got), r.errors);
    print_latency(&latency);
    print_cpu(&a, &b, 0);
    printf("}\n");
    close(timer);
    waiter_free(w);
    conclave_close(r.c);
    conclave_close(sender);
    return r.errors || got != sent;
}

/* ---- W5 ---- */

struct load {
    double secs;
    int64_t since; /* when a tenth was acknowledged */
    uint64_t sent_then, errors;
};

static void
load_messages(struct conclave *c, struct load *l)
{
    uint64_t sent = 0, acked = 0;
    int64_t t0 = now_ns();
    struct conclave_event e;

    while (acked < opt.count) {
        while (sent < opt.count && sent - acked < 1000)
            must(c, conclave_post(c, opt.group, body_of(sent++), opt.size, NULL, NULL), "post");
        if (conclave_poll(c, 10000, &e) != CONCLAVE_OK)
            die("loading broke at %" PRIu64, acked);
        do {
            acked += e.type == CONCLAVE_EVENT_ACK;
            l->errors += e.type == CONCLAVE_EVENT_REFUSED;
        } while (conclave_poll(c, 0, &e) == CONCLAVE_OK);
        if (!l->since && acked >= opt.count / 10) {
            l->since = wall_ns();
            l->sent_then = sent;
        }
    }
    l->secs = (double)(now_ns() - t0) / 1e9;
}

struct fetched {
    uint64_t n, first;
    int64_t first_page_ns;
    struct reader r;
};

/* Pages overlap with reading them: the history is followed, which asks for the next page while
 * this one is handed out. */
static void
fetch_all(struct conclave *c, int64_t since, struct fetched *f)
{
    int64_t t0 = now_ns();
    struct conclave_event e;

    f->r.c = c;
    must(c, conclave_follow_after_time(c, opt.group, since), "follow");
    while (f->r.next < opt.count && conclave_poll(c, 10000, &e) == CONCLAVE_OK) {
        if (e.type == CONCLAVE_EVENT_GAP)
            f->r.errors++;
        if (e.type != CONCLAVE_EVENT_ENTRY || e.entry.kind != CONCLAVE_MESSAGE)
            continue;
        if (f->n == 0) {
            f->first_page_ns = now_ns() - t0;
            f->first = f->r.next = body_seq(e.entry.body);
        }
        f->n += reader_check(&f->r, &e.entry);
    }
}

#define PLACES   101
#define BACK_MAX 100

static int
by_size(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* The median time of a page backwards, from places all over the log. */
static double
back_page_us(struct conclave *c)
{
    static int64_t took[PLACES];
    struct conclave_entry e;

    for (uint64_t i = 0; i < PLACES; i++) {
        struct conclave_cursor from = {.seq = 1 + opt.count / PLACES * (i + 1)}, next;
        int64_t t0 = now_ns();

        must(c, conclave_fetch_before(c, opt.group, &from, BACK_MAX, &next, NULL), "a page back");
        took[i] = now_ns() - t0;
        for (uint64_t seq = next.seq + 1; seq <= from.seq; seq++)
            if (conclave_next_entry(c, &e) != CONCLAVE_OK || e.seq != seq)
                die("a page back is not whole at %" PRIu64, seq);
    }
    qsort(took, PLACES, sizeof took[0], by_size);
    return (double)took[PLACES / 2] / 1e3;
}

int
run_history(void)
{
    struct conclave *loader = person_new(0);
    struct load l = {0};
    bool failed;

    load_messages(loader, &l);
    failed = l.errors > 0;
    for (int i = 0; i < opt.reps; i++) {
        struct conclave *c = person_new(1);
        struct fetched f = {0};
        struct mark a = mark_now();
        struct mark b;
        double back_us, s;
        bool ok;

        fetch_all(c, l.since, &f);
        b = mark_now();
        back_us = back_page_us(c);
        ok = f.r.errors == 0 && f.n > 0 && f.first <= l.sent_then &&
             f.first + 1 >= opt.count / 10 && f.r.next == opt.count;
        s = mark_secs(&a, &b);
        print_head("W5");
        printf(",\"msgs_per_s\":%.0f,\"mb_per_s\":%.2f,\"fetched\":%" PRIu64 ",\"first\":%" PRIu64
               ",\"errors\":%" PRIu64 ",\"load_per_s\":%.0f,\"first_page_us\":%.0f,"
               "\"back_page_us\":%.0f,\"rss_kib\":%ld",
               (double)f.n / s, (double)f.n * (double)opt.size / s / 1e6, f.n, f.first,
               f.r.errors + l.errors + !ok, (double)opt.count / l.secs,
               (double)f.first_page_ns / 1e3, back_us, rss_kib(opt.pid));
        print_cpu(&a, &b, (double)f.n);
        printf("}\n");
        failed |= !ok;
        conclave_close(c);
    }
    conclave_close(loader);
    return failed;
}

/* ---- W6 ---- */

/* Idle members keep their feed; their request connections close by themselves. */
static void
settle(struct conclave **people, int n, double secs)
{
    int64_t end = now_ns() + (int64_t)(secs * 1e9);
    struct conclave_event e;

    while (now_ns() < end) {
        for (int i = 0; i < n; i++)
            while (conclave_poll(people[i], 0, &e) == CONCLAVE_OK)
                continue;
        usleep(100000);
    }
}

int
run_memory(void)
{
    struct conclave **people = calloc((size_t)opt.n, sizeof *people);
    struct reader *readers = calloc((size_t)opt.n, sizeof *readers);
    struct conclave *sender = person_new(opt.n);
    struct conclave_event e;
    uint64_t errors = 0;
    long idle, loaded, after;

    /* Their joining is told to everybody who follows; an idle group has that behind it. */
    for (int i = 0; i < opt.n; i++)
        conclave_close(person_new(i));
    settle(&sender, 1, 12);
    idle = rss_kib(opt.pid);
    for (int i = 0; i < opt.n; i++) {
        people[i] = person_new(i);
        must(people[i], conclave_follow(people[i], opt.group), "follow");
        readers[i].c = people[i];
        for (int k = 0; k < i; k += 50) /* nobody may look dead meanwhile */
            while (conclave_poll(people[k], 0, &e) == CONCLAVE_OK)
                continue;
    }
    settle(people, opt.n, 22);
    loaded = rss_kib(opt.pid);
    must(sender, conclave_send(sender, opt.group, body_of(0), opt.size, NULL, NULL), "send");
    for (int i = 0; i < opt.n; i++) {
        int64_t end = now_ns() + DRAIN_NS;

        while (readers[i].next == 0 && now_ns() < end)
            if (conclave_poll(people[i], 1000, &e) == CONCLAVE_OK && e.type == CONCLAVE_EVENT_ENTRY)
                reader_check(&readers[i], &e.entry);
        errors += readers[i].errors + (readers[i].next != 1);
    }
    after = rss_kib(opt.pid);
    print_head("W6");
    printf(",\"idle_rss_kib\":%ld,\"loaded_rss_kib\":%ld,\"after_message_rss_kib\":%ld,"
           "\"kib_per_conn\":%.2f,\"kib_per_conn_after_message\":%.2f,\"errors\":%" PRIu64 "}\n",
           idle, loaded, after, (double)(loaded - idle) / opt.n, (double)(after - idle) / opt.n,
           errors);
    for (int i = 0; i < opt.n; i++)
        conclave_close(people[i]);
    conclave_close(sender);
    free(people);
    free(readers);
    return errors > 0;
}

/* ---- members: how joining and listing grow ---- */

/* n people join one after another; the line gives the median of the last tenth. */
int
run_members(void)
{
    struct samples join = {0}, list = {0};
    uint64_t errors = 0;
    struct conclave *c;

    for (int i = 0; i < opt.n; i++) {
        int64_t t0;

        c = person_open(i);
        t0 = now_ns();
        must(c, conclave_join(c, opt.group, NULL, NULL), "join");
        if (i >= opt.n - opt.n / 10 - 1)
            sample_add(&join, now_ns() - t0);
        conclave_close(c);
    }
    c = person_new(0);
    for (int i = 0; i < 5; i++) {
        struct conclave_member m;
        int64_t t0 = now_ns();
        int n = 0;

        must(c, conclave_list_members(c, opt.group, false), "members");
        while (conclave_next_member(c, &m) == CONCLAVE_OK)
            n++;
        sample_add(&list, now_ns() - t0);
        errors += n < opt.n;
    }
    print_head("members");
    printf(",\"join_us\":%.1f,\"list_us\":%.1f,\"errors\":%" PRIu64 "}\n", median(&join),
           median(&list), errors);
    conclave_close(c);
    return errors > 0;
}

/* ---- W7 ---- */

/* Nobody connects a thousand times a minute: each thread is many people in turn. */
#define PEOPLE_EACH 64

struct connector {
    pthread_t thread;
    int number; /* of its first person */
    char key[CONCLAVE_KEY_LEN + 1];
    char address[256];
    int64_t start, end;
    uint64_t n, errors;
};

/* Two CURVE connections each time: requests and feed. */
static void *
connect_again(void *arg)
{
    struct connector *k = arg;

    for (int turn = 0; now_ns() < k->end; turn++) {
        struct conclave *c = person_open(k->number + turn % PEOPLE_EACH);
        bool ok = conclave_locate(c, opt.group, k->key, k->address) == CONCLAVE_OK &&
                  conclave_follow(c, opt.group) == CONCLAVE_OK;
        int64_t t = now_ns();

        if (t >= k->start && t < k->end) {
            k->n += ok;
            k->errors += !ok;
        }
        conclave_close(c);
    }
    return NULL;
}

/* Who comes back knows where the group is. */
static void
find_group(struct connector *k)
{
    struct conclave *c = person_open(k->number);
    struct conclave_group g;

    for (int i = 0; i < PEOPLE_EACH; i++)
        conclave_close(person_new(k->number + i));
    must(c, conclave_list_groups(c), "list");
    while (conclave_next_group(c, &g) == CONCLAVE_OK)
        if (strcmp(g.name, opt.group) == 0) {
            snprintf(k->key, sizeof k->key, "%s", g.key);
            snprintf(k->address, sizeof k->address, "%s", g.address);
        }
    conclave_close(c);
}

static void
sleep_until(int64_t t)
{
    struct timespec ts = {.tv_sec = t / 1000000000, .tv_nsec = t % 1000000000};

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) != 0)
        continue;
}

int
run_connects(void)
{
    struct connector *k = calloc((size_t)opt.n, sizeof *k);
    int64_t start, end;
    uint64_t n = 0, errors = 0;
    struct mark a, b;

    for (int i = 0; i < opt.n; i++) {
        k[i].number = i * PEOPLE_EACH;
        find_group(&k[i]);
    }
    start = now_ns() + (int64_t)(opt.warm * 1e9);
    end = start + (int64_t)(opt.secs * 1e9);
    for (int i = 0; i < opt.n; i++) {
        k[i].start = start;
        k[i].end = end;
        if (pthread_create(&k[i].thread, NULL, connect_again, &k[i]) != 0)
            die("cannot make a thread");
    }
    sleep_until(start);
    a = mark_now();
    sleep_until(end);
    b = mark_now();
    for (int i = 0; i < opt.n; i++) {
        pthread_join(k[i].thread, NULL);
        n += k[i].n;
        errors += k[i].errors;
    }
    print_head("W7");
    printf(",\"connects_per_s\":%.1f,\"errors\":%" PRIu64, (double)n / mark_secs(&a, &b), errors);
    print_cpu(&a, &b, (double)n);
    printf("}\n");
    free(k);
    return errors > 0;
}
