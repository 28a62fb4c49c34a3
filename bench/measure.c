/* Clocks, /proc readings, and the JSON line. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

static int64_t
clock_ns(clockid_t id)
{
    struct timespec ts;

    clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

int64_t
now_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

int64_t
wall_ns(void)
{
    return clock_ns(CLOCK_REALTIME);
}

static bool
read_text(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n;

    if (fd < 0)
        return false;
    n = read(fd, text, size - 1);
    close(fd);
    if (n <= 0)
        return false;
    text[n] = 0;
    return true;
}

static double
ticks(unsigned long n)
{
    return (double)n / (double)sysconf(_SC_CLK_TCK);
}

static double
process_cpu(int pid)
{
    char path[64], text[4096];
    unsigned long user = 0, sys = 0;
    const char *p;

    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    if (pid <= 0 || !read_text(path, text, sizeof text) || !(p = strrchr(text, ')')))
        return 0;
    if (sscanf(p + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &sys) != 2)
        return 0;
    return ticks(user + sys);
}

static double
machine_cpu(void)
{
    char text[4096];
    unsigned long v[6];

    if (!read_text("/proc/stat", text, sizeof text) ||
        sscanf(text, "cpu %lu %lu %lu %*u %*u %lu %lu %lu", &v[0], &v[1], &v[2], &v[3], &v[4],
               &v[5]) != 6)
        return 0;
    return ticks(v[0] + v[1] + v[2] + v[3] + v[4] + v[5]);
}

static double
own_cpu(void)
{
    struct rusage u;

    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

long
rss_kib(int pid)
{
    char path[64], text[8192];
    const char *p;

    snprintf(path, sizeof path, "/proc/%d/status", pid);
    if (pid <= 0 || !read_text(path, text, sizeof text) || !(p = strstr(text, "VmRSS:")))
        return 0;
    return strtol(p + 6, NULL, 10);
}

struct mark
mark_now(void)
{
    return (struct mark){now_ns(), process_cpu(opt.pid), own_cpu(), machine_cpu()};
}

double
mark_secs(const struct mark *a, const struct mark *b)
{
    return (double)(b->t - a->t) / 1e9;
}

void
sample_add(struct samples *s, int64_t ns)
{
    if (s->n == s->cap) {
        s->cap = s->cap ? s->cap * 2 : 4096;
        s->us = realloc(s->us, s->cap * sizeof *s->us);
        if (!s->us)
            die("out of memory");
    }
    s->us[s->n++] = (double)ns / 1e3;
}

static int
by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double
quantile(const struct samples *s, double q)
{
    size_t i = (size_t)(q * (double)s->n);

    if (s->n == 0)
        return 0;
    return s->us[i < s->n ? i : s->n - 1];
}

static void
sort_samples(struct samples *s)
{
    if (s->n > 0)
        qsort(s->us, s->n, sizeof *s->us, by_size);
}

double
median(struct samples *s)
{
    sort_samples(s);
    return quantile(s, 0.5);
}

void
print_latency(struct samples *s)
{
    sort_samples(s);
    printf(",\"p50_us\":%.1f,\"p99_us\":%.1f,\"max_us\":%.1f,\"samples\":%zu", quantile(s, 0.5),
           quantile(s, 0.99), quantile(s, 1), s->n);
    free(s->us);
}

void
print_head(const char *workload)
{
    printf("{\"w\":\"%s\",\"peer\":\"%s\",\"level\":\"%s\",\"n\":%d,\"size\":%zu", workload,
           opt.peer, opt.level, opt.n, opt.size);
}

void
print_cpu(const struct mark *a, const struct mark *b, double items)
{
    double s = mark_secs(a, b), server = b->server - a->server, client = b->client - a->client;
    double other = b->machine - a->machine - server - client;

    printf(",\"server_cores\":%.3f,\"client_cores\":%.3f,\"other_cores\":%.3f", server / s,
           client / s, other > 0 ? other / s : 0);
    if (items > 0)
        printf(",\"server_cpu_s_per_million\":%.3f", server / items * 1e6);
}
