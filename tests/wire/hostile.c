/*
 * hostile - members of a live group talk in peace for a while, and then while others do their
 * worst; prints what the members noticed.
 * Usage: hostile BINDIR [--seconds N]
 * A fifth of the time is peace. Reports in TAP.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attacks.h"
#include "member.h"

#define ATTACKERS_MAX 16
#define SPARES        300 /* keys, of which each attack that ends in a ban takes one */
#define READY_MS      20000
#define PEAK_KIB      (100 * 1024) /* of a service, docs: Behaviours under faults */

/* In memory that all processes share. */
struct shared {
    struct watch watch;
    atomic_uint_fast64_t done[ATTACKERS_MAX];
};

struct siege {
    struct stage stage;
    struct shared *shared;
    struct zmtp_key members[MEMBERS];
    struct zmtp_key attackers[ATTACKERS_MAX];
    struct zmtp_key spares[SPARES];
    pid_t member_pids[MEMBERS];
    pid_t attacker_pids[ATTACKERS_MAX];
    unsigned admitted;
    unsigned reported;
    unsigned failed;
};

static void
report(struct siege *s, bool ok, const char *what)
{
    s->reported++;
    s->failed += !ok;
    printf("%s %u - %s\n", ok ? "ok" : "not ok", s->reported, what);
    fflush(stdout);
}

/* ---- people ---- */

/* True in the new process. */
static bool
begin(pid_t *pid)
{
    *pid = fork();
    if (*pid < 0)
        raw_fail("no process: %s", strerror(errno));
    if (*pid == 0)
        prctl(PR_SET_PDEATHSIG, SIGKILL);
    return *pid == 0;
}

static void
start_members(struct siege *s)
{
    char from[STAGE_ADDRESS];
    int64_t end = raw_now_ms() + READY_MS;

    for (unsigned i = 0; i < MEMBERS; i++) {
        snprintf(from, sizeof from, "127.3.0.%u", i + 1);
        if (begin(&s->member_pids[i])) {
            member_run(&s->stage, &s->members[i], from, &s->shared->watch, i);
            _exit(0);
        }
    }
    while (atomic_load(&s->shared->watch.ready) < MEMBERS && raw_now_ms() < end)
        poll(NULL, 0, 10);
}

static _Noreturn void
attack(struct siege *s, unsigned i)
{
    const struct attack_kind *kind = &attack_kinds[i];
    struct attack a = {.stage = &s->stage,
                       .key = s->attackers[i],
                       .spares = s->spares,
                       .n_spares = SPARES,
                       .victim = s->members[0],
                       .done = &s->shared->done[i]};

    snprintf(a.from, sizeof a.from, "127.4.0.%u", i + 1);
    for (;;) {
        kind->once(&a);
        atomic_fetch_add(a.done, 1);
        if (kind->pause_ms)
            poll(NULL, 0, kind->pause_ms);
    }
}

static void
start_attackers(struct siege *s)
{
    for (unsigned i = 0; i < n_attack_kinds; i++)
        if (begin(&s->attacker_pids[i]))
            attack(s, i);
}

static bool
members_ended_well(struct siege *s)
{
    unsigned good = 0;
    int status;

    for (unsigned i = 0; i < MEMBERS; i++)
        good += waitpid(s->member_pids[i], &status, 0) > 0 && WIFEXITED(status) &&
                WEXITSTATUS(status) == 0;
    return good == MEMBERS;
}

/* An attack that is under way, and may wait for a service, is ended. One that succeeded has ended
 * its process with another status than 0. */
static bool
attacks_failed(struct siege *s)
{
    bool failed = true;
    int status;

    for (unsigned i = 0; i < n_attack_kinds; i++) {
        kill(s->attacker_pids[i], SIGKILL);
        failed = waitpid(s->attacker_pids[i], &status, 0) > 0 &&
                 (WIFSIGNALED(status) || WEXITSTATUS(status) == 0) && failed;
    }
    return failed;
}

/* ---- what they noticed ---- */

static int
compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/* All members' times of a phase, sorted; where each one's are. */
static void
print_latency(struct siege *s, const char *what, bool acks, unsigned phase)
{
    static uint32_t all[MEMBERS * LATENCY_MAX];
    size_t n = 0;

    for (unsigned i = 0; i < MEMBERS; i++) {
        struct record *r = &s->shared->watch.records[i];
        const struct latencies *l = acks ? &r->acks[phase] : &r->news[phase];

        memcpy(all + n, l->us, l->n * sizeof *all);
        n += l->n;
    }
    if (n == 0)
        return;
    qsort(all, n, sizeof *all, compare);
    printf("# %s, %s: %zu, p50 %.1f ms, p99 %.1f ms, longest %.1f ms\n",
           phase ? "under attack" : "in peace", what, n, all[n / 2] / 1000.0,
           all[n * 99 / 100] / 1000.0, all[n - 1] / 1000.0);
}

static void
print_attacks(struct siege *s)
{
    for (unsigned i = 0; i < n_attack_kinds; i++)
        printf("# %s: %llu times\n", attack_kinds[i].name,
               (unsigned long long)atomic_load(&s->shared->done[i]));
}

static void
judge(struct siege *s)
{
    uint64_t sent = 0, heard = 0, lost = 0, twice = 0, cuts = 0, fetched = 0;
    long now, server, group;
    char what[200];

    for (unsigned i = 0; i < MEMBERS; i++) {
        const struct record *r = &s->shared->watch.records[i];

        sent += r->sent;
        heard += r->heard;
        lost += r->lost;
        twice += r->twice;
        cuts += r->cuts;
        fetched += r->fetched;
    }
    for (unsigned phase = 0; phase < PHASES; phase++) {
        print_latency(s, "from sending to the answer", true, phase);
        print_latency(s, "from sending to hearing", false, phase);
    }
    printf("# feeds were cut %llu times, %llu messages were fetched\n", (unsigned long long)cuts,
           (unsigned long long)fetched);
    snprintf(what, sizeof what, "of %llu messages, heard %llu times, none is lost or comes twice",
             (unsigned long long)sent, (unsigned long long)heard);
    report(s, sent > 0 && heard == sent * MEMBERS && lost == 0 && twice == 0, what);
    report(s, cuts == 0, "nobody's feed is cut for what others do");
    stage_memory(s->stage.server, &now, &server);
    stage_memory(s->stage.group, &now, &group);
    snprintf(what, sizeof what, "memory stays bounded: message server %ld KiB, group %ld KiB",
             server, group);
    report(s, server > 0 && group > 0 && server < PEAK_KIB && group < PEAK_KIB, what);
}

/* ---- the siege ---- */

static void
admit(struct siege *s, struct zmtp_key *keys, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        zmtp_key_make(&keys[i]);
        stage_admit(&s->stage, LIST_USERS, &keys[i], ++s->admitted);
        stage_admit(&s->stage, LIST_MEMBERS, &keys[i], s->admitted);
    }
}

static void
prepare(struct siege *s, const char *bin)
{
    stage_open(&s->stage, bin);
    admit(s, s->members, MEMBERS);
    admit(s, s->attackers, ATTACKERS_MAX);
    admit(s, s->spares, SPARES);
    s->shared =
        mmap(NULL, sizeof *s->shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (s->shared == MAP_FAILED)
        raw_fail("out of memory");
    atomic_store(&s->shared->watch.phase, -1);
    stage_start(&s->stage);
}

static void
besiege(struct siege *s, int seconds)
{
    start_members(s);
    report(s, atomic_load(&s->shared->watch.ready) == MEMBERS, "everybody follows");
    atomic_store(&s->shared->watch.phase, 0);
    poll(NULL, 0, seconds * 200);
    start_attackers(s);
    atomic_store(&s->shared->watch.phase, 1);
    poll(NULL, 0, seconds * 800);
    atomic_store(&s->shared->watch.phase, PHASES);
    report(s, attacks_failed(s), "nobody hears, does or keeps what they must not");
    report(s, members_ended_well(s), "every member was served to the end");
    report(s, stage_lives(&s->stage), "both services live");
    print_attacks(s);
    judge(s);
    report(s, stage_close(&s->stage), "both services end when told");
}

int
main(int argc, char **argv)
{
    static struct siege s;
    int seconds = argc == 4 && strcmp(argv[2], "--seconds") == 0 ? atoi(argv[3]) : 5;

    if (argc != 2 && argc != 4)
        raw_fail("usage: hostile BINDIR [--seconds N]");
    if (sodium_init() < 0 || seconds < 1)
        raw_fail("no random numbers, or no time");
    setenv("ASAN_OPTIONS", "quarantine_size_mb=4:detect_leaks=1", 1);
    prepare(&s, argv[1]);
    printf("1..8\n");
    besiege(&s, seconds);
    return s.failed || s.reported != 8;
}
