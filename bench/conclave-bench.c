/*
 * conclave-bench WORKLOAD [OPTION...] - one measurement, one JSON line. The workloads and the
 * fields are those of docs/performance.md. Every delivery is checked for content and
 * order; exit status 1 when anything was lost or wrong.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

struct bench_options opt = {
    .peer = "conclave",
    .level = "fsync",
    .group = "room",
    .secs = 4,
    .warm = 0.7,
    .size = 100,
    .n = 1,
    .rate = 200,
    .reps = 3,
    .window = 4096,
    .count = 1000000,
};

static int
run(const char *w)
{
    if (strcmp(w, "ping") == 0)
        return run_ping();
    if (strcmp(w, "W1") == 0 || strcmp(w, "W8") == 0)
        return run_fan_out(w);
    if (strcmp(w, "W2") == 0)
        return run_durable(w, 1);
    if (strcmp(w, "W3") == 0)
        return run_durable(w, opt.window);
    if (strcmp(w, "W4") == 0)
        return run_latency();
    if (strcmp(w, "W5") == 0)
        return run_history();
    if (strcmp(w, "W6") == 0)
        return run_memory();
    if (strcmp(w, "W7") == 0)
        return run_connects();
    if (strcmp(w, "W10") == 0)
        return run_lone_post();
    if (strcmp(w, "members") == 0)
        return run_members();
    die("unknown workload %s", w);
}

/* Options of the peers' bench that say nothing here are taken and ignored, so that one harness
 * can drive both. */
static const struct option longs[] = {
    {"proto", 1, 0, 0},    {"ca", 1, 0, 0},      {"cert", 1, 0, 0},    {"key", 1, 0, 0},
    {"port", 1, 0, 0},     {"qos", 1, 0, 0},     {"batch", 1, 0, 0},   {"groups", 1, 0, 0},
    {"peer", 1, 0, 'e'},   {"pid", 1, 0, 'i'},   {"secs", 1, 0, 's'},  {"warm", 1, 0, 'w'},
    {"size", 1, 0, 'z'},   {"n", 1, 0, 'n'},     {"rate", 1, 0, 'r'},  {"reps", 1, 0, 'R'},
    {"window", 1, 0, 'W'}, {"count", 1, 0, 'C'}, {"level", 1, 0, 'l'}, {"keys", 1, 0, 'k'},
    {"group", 1, 0, 'g'},  {NULL, 0, NULL, 0},
};

static void
take_option(int o)
{
    switch (o) {
    case 0:
        break;
    case 'e':
        opt.peer = optarg;
        break;
    case 'i':
        opt.pid = atoi(optarg);
        break;
    case 's':
        opt.secs = atof(optarg);
        break;
    case 'w':
        opt.warm = atof(optarg);
        break;
    case 'z':
        opt.size = (size_t)atol(optarg);
        break;
    case 'n':
        opt.n = atoi(optarg);
        break;
    case 'r':
        opt.rate = atoi(optarg);
        break;
    case 'R':
        opt.reps = atoi(optarg);
        break;
    case 'W':
        opt.window = (uint64_t)atoll(optarg);
        break;
    case 'C':
        opt.count = (uint64_t)atoll(optarg);
        break;
    case 'l':
        opt.level = optarg;
        break;
    case 'k':
        opt.keys = optarg;
        break;
    case 'g':
        opt.group = optarg;
        break;
    default:
        die("bad option");
    }
}

int
main(int argc, char **argv)
{
    int o;

    if (argc < 2)
        die("usage: conclave-bench WORKLOAD [--n N] [--secs S] [--size BYTES] ...");
    opt.keys = getenv("CONCLAVE_BENCH_KEYS");
    while ((o = getopt_long(argc - 1, argv + 1, "", longs, NULL)) != -1)
        take_option(o);
    if (!opt.keys)
        die("--keys DIR (or CONCLAVE_BENCH_KEYS) is needed: where the people's keys are kept");
    if (opt.size < 16 || opt.size > CONCLAVE_BODY_MAX || opt.n < 1 || opt.rate < 2)
        die("bad --size, --n or --rate");
    return run(argv[1]);
}
