/*
 * cases - runs the cases of the given files against the doors of live services.
 * Usage: cases BINDIR FILE.json...
 * Reports in TAP. README.md describes a case.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run.h"

#define RUNS_MAX   4000
#define SLOTS      16 /* runs at once */
#define RUN_S      30
#define REPORT     1024
#define GROWTH_KIB (48 * 1024)

struct planned {
    struct run run;
    const char *file;
};

struct slot {
    pid_t pid; /* 0: free */
    int out;   /* what it has to say */
    const struct planned *what;
};

struct test {
    struct stage stage; /* of all that run side by side */
    const char *bin;
    json_t *files; /* all that was read */
    struct planned *runs;
    size_t n_runs;
    struct slot slots[SLOTS];
    struct zmtp_key witnesses[SLOTS];
    unsigned reported;
    unsigned failed;
};

static void
report(struct test *t, bool ok, const char *what, const char *door, const char *why)
{
    t->reported++;
    t->failed += !ok;
    printf("%s %u - %s%s%s%s\n", ok ? "ok" : "not ok", t->reported, what, *door ? " (" : "", door,
           *door ? ")" : "");
    if (!ok && *why)
        printf("# %s\n", why);
    fflush(stdout);
}

/* ---- planning ---- */

static enum door
door_named(const char *name)
{
    for (int i = 0; i < DOOR_COUNT; i++)
        if (strcmp(door_names[i], name) == 0)
            return (enum door)i;
    raw_fail("there is no door \"%s\"", name);
}

static void
admit(const struct stage *stage, const struct run *r, unsigned number)
{
    for (int i = 0; i < LIST_COUNT; i++)
        if (run_needs(r->one, (enum list)i))
            stage_admit(stage, (enum list)i, &r->key, number);
}

static void
admit_witness(const struct stage *stage, const struct zmtp_key *key, unsigned number)
{
    stage_admit(stage, LIST_USERS, key, number);
    stage_admit(stage, LIST_MEMBERS, key, number);
}

/* Later ones begin with other addresses, so that no penalty of one meets another. */
static void
make_address(char out[static STAGE_ADDRESS], unsigned net, size_t n)
{
    snprintf(out, STAGE_ADDRESS, "127.%u.%zu.%zu", net, n / 250 % 250, n % 250 + 1);
}

static void
plan_one(struct test *t, const char *file, const json_t *one, enum door door)
{
    struct planned *p = &t->runs[t->n_runs];

    if (t->n_runs == RUNS_MAX)
        raw_fail("more than %d runs", RUNS_MAX);
    *p = (struct planned){.file = file, .run = {.one = one, .door = door}};
    zmtp_key_make(&p->run.key);
    make_address(p->run.from, 1, t->n_runs);
    if (!run_is_alone(one))
        admit(&t->stage, &p->run, (unsigned)t->n_runs + SLOTS + 1);
    t->n_runs++;
}

static void
plan_file(struct test *t, const char *path)
{
    const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    json_error_t error;
    json_t *list = json_load_file(path, JSON_REJECT_DUPLICATES, &error), *one, *door;
    size_t i, k;

    if (!json_is_array(list))
        raw_fail("%s, line %d: %s", path, list ? 1 : error.line, list ? "no array" : error.text);
    json_array_append_new(t->files, list);
    json_array_foreach(list, i, one)
    {
        const char *complaint = run_complaint(one);

        if (complaint)
            raw_fail("%s, case %zu: %s", path, i + 1, complaint);
        json_array_foreach(json_object_get(one, "doors"), k, door)
            plan_one(t, name, one, door_named(json_string_value(door)));
    }
}

/* ---- running ---- */

static void
start_run(struct test *t, const struct planned *p, const struct stage *stage, struct slot *slot)
{
    static struct run run;
    size_t index = (size_t)(slot - t->slots);
    int ends[2];

    if (pipe(ends) != 0)
        raw_fail("no pipe: %s", strerror(errno));
    slot->what = p;
    slot->out = ends[0];
    slot->pid = fork();
    if (slot->pid < 0)
        raw_fail("no process: %s", strerror(errno));
    if (slot->pid > 0) {
        close(ends[1]);
        return;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(ends[1], STDERR_FILENO);
    raw_deadline(RUN_S);
    run = p->run;
    run.stage = stage;
    run.witness = t->witnesses[index];
    make_address(run.witness_from, 2, (size_t)(p - t->runs));
    run_case(&run);
    _exit(0);
}

static void
finish_run(struct test *t, struct slot *slot, int status)
{
    char why[REPORT], what[REPORT];
    ssize_t n = read(slot->out, why, sizeof why - 1);
    bool ok = WIFEXITED(status) && WEXITSTATUS(status) == 0;

    why[n > 0 ? n : 0] = 0;
    why[strcspn(why, "\n")] = 0;
    if (WIFSIGNALED(status))
        snprintf(why, sizeof why, "signal %d", WTERMSIG(status));
    snprintf(what, sizeof what, "%s: %s", slot->what->file,
             json_string_value(json_object_get(slot->what->run.one, "name")));
    if (!stage_lives(&t->stage)) {
        ok = false;
        snprintf(why, sizeof why, "a service is gone");
    }
    report(t, ok, what, door_names[slot->what->run.door], why);
    close(slot->out);
    slot->pid = 0;
}

/* Waits for one of the runs. False: none is under way. */
static bool
await_one(struct test *t)
{
    struct pollfd fds[SLOTS];
    int status;
    bool any = false;

    for (size_t i = 0; i < SLOTS; i++) {
        fds[i] = (struct pollfd){.fd = t->slots[i].pid ? t->slots[i].out : -1, .events = POLLIN};
        any = any || t->slots[i].pid;
    }
    /* The end of a process also ends its pipe. */
    if (!any || poll(fds, SLOTS, -1) < 0)
        return false;
    for (size_t i = 0; i < SLOTS; i++)
        if (t->slots[i].pid && fds[i].revents && waitpid(t->slots[i].pid, &status, 0) > 0)
            finish_run(t, &t->slots[i], status);
    return true;
}

static struct slot *
free_slot(struct test *t)
{
    for (;;) {
        for (size_t i = 0; i < SLOTS; i++)
            if (!t->slots[i].pid)
                return &t->slots[i];
        await_one(t);
    }
}

static void
run_beside(struct test *t, size_t from, size_t to, bool at_feed)
{
    for (size_t i = from; i < to && stage_lives(&t->stage); i++)
        if (!run_is_alone(t->runs[i].run.one) && (t->runs[i].run.door == DOOR_FEED) == at_feed)
            start_run(t, &t->runs[i], &t->stage, free_slot(t));
    while (await_one(t))
        continue;
}

/* What makes the group drop connections of the feed may meet whoever comes next, so each has a
 * group of its own. */
static void
run_alone(struct test *t, const struct planned *p)
{
    static struct stage own;

    stage_open(&own, t->bin);
    admit_witness(&own, &t->witnesses[0], 1);
    admit(&own, &p->run, 2);
    stage_start(&own);
    start_run(t, p, &own, &t->slots[0]);
    while (await_one(t))
        continue;
    if (!stage_lives(&own) || !stage_close(&own))
        raw_fail("after %s, a service is gone or does not end",
                 json_string_value(json_object_get(p->run.one, "name")));
}

static void
check_growth(struct test *t, pid_t pid, const char *who, long before)
{
    char what[128];
    long now, peak;

    stage_memory(pid, &now, &peak);
    snprintf(what, sizeof what, "the %s's memory is flat: %ld KiB, then %ld, at most %ld", who,
             before, now, peak);
    report(t, now > 0 && peak - before < GROWTH_KIB, what, "", "it grew");
}

static void
run_all(struct test *t)
{
    long server, group, peak;
    size_t early = t->n_runs / 5;

    /* Before anybody is put out: then the group cuts connections to the feed that it does not know
     * yet. */
    run_beside(t, 0, t->n_runs, true);
    run_beside(t, 0, early, false);
    stage_memory(t->stage.server, &server, &peak);
    stage_memory(t->stage.group, &group, &peak);
    run_beside(t, early, t->n_runs, false);
    for (size_t i = 0; i < t->n_runs; i++)
        if (run_is_alone(t->runs[i].run.one))
            run_alone(t, &t->runs[i]);
    report(t, stage_lives(&t->stage), "both services live", "", "one is gone");
    check_growth(t, t->stage.server, "message server", server);
    check_growth(t, t->stage.group, "group", group);
    report(t, stage_close(&t->stage), "both services end when told", "", "one did not");
}

int
main(int argc, char **argv)
{
    static struct test t;

    if (argc < 3)
        raw_fail("usage: cases BINDIR FILE.json...");
    /* What is freed must show as freed, also under a sanitizer. */
    setenv("ASAN_OPTIONS", "quarantine_size_mb=4:detect_leaks=1", 1);
    if (sodium_init() < 0)
        raw_fail("no random numbers");
    t.runs = calloc(RUNS_MAX, sizeof *t.runs);
    t.files = json_array();
    if (!t.runs || !t.files)
        raw_fail("out of memory");
    t.bin = argv[1];
    stage_open(&t.stage, t.bin);
    for (unsigned i = 0; i < SLOTS; i++) {
        zmtp_key_make(&t.witnesses[i]);
        admit_witness(&t.stage, &t.witnesses[i], i + 1);
    }
    for (int i = 2; i < argc; i++)
        plan_file(&t, argv[i]);
    printf("1..%zu\n", t.n_runs + 4);
    stage_start(&t.stage);
    run_all(&t);
    free(t.runs);
    json_decref(t.files);
    return t.failed || t.reported != t.n_runs + 4;
}
