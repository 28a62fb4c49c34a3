/*
 * killer - starts a service again and again, and kills it with SIGKILL each time: mostly some
 * moments after a message was acknowledged, sometimes while it is still starting.
 * Usage: killer [-n KILLS] [-a RECORD] [-m MOST-MS] [-l LOG] COMMAND...
 *   -a   of a writer: its new lines "acked ..." say that messages are under way
 *   -m   the longest that a life goes on after that
 *   -l   the service's standard error is appended to it
 * Prints one line with figures. Ends with 1 when the service does not start or ends by itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define START_MS   20000
#define ACK_MS     10000
#define EARLY_ONE  8 /* one kill in so many comes while the service starts */
#define STEP_MS    2
#define NS_IN_MS   1000000
#define MS_IN_S    1000
#define KILLS_MAX  100000
#define SAID_BYTES 65536

struct killer {
    long kills;
    long most_ms;
    const char *record;
    int log;
    int record_fd;
    char **command;

    long busy;  /* kills with messages under way */
    long early; /* kills while it started */
    int64_t *starts_ms;
    size_t n_starts;
};

struct life {
    pid_t pid;
    int err; /* its standard error */
    int64_t begun_ms;
    char said[SAID_BYTES];
    size_t said_len;
};

static void
fail(const char *what)
{
    perror(what);
    exit(2);
}

static int64_t
now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * MS_IN_S + now.tv_nsec / NS_IN_MS;
}

static void
pause_ms(long ms)
{
    struct timespec t = {.tv_sec = ms / MS_IN_S, .tv_nsec = ms % MS_IN_S * NS_IN_MS};

    nanosleep(&t, NULL);
}

/* ---- one life ---- */

static void
begin(struct killer *k, struct life *l)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        fail("killer: pipe");
    l->said_len = 0;
    l->begun_ms = now_ms();
    l->pid = fork();
    if (l->pid < 0)
        fail("killer: fork");
    if (l->pid == 0) {
        dup2(ends[1], STDERR_FILENO);
        execvp(k->command[0], k->command);
        _exit(127);
    }
    close(ends[1]);
    l->err = ends[0];
    fcntl(l->err, F_SETFL, O_NONBLOCK);
}

/* Keep what it says. False: it has ended. */
static bool
hear(struct killer *k, struct life *l)
{
    char text[4096];
    ssize_t n;

    while ((n = read(l->err, text, sizeof text)) > 0) {
        size_t room = sizeof l->said - 1 - l->said_len;
        size_t kept = (size_t)n < room ? (size_t)n : room;

        if (k->log >= 0 && write(k->log, text, (size_t)n) < 0)
            fail("killer: log");
        memcpy(l->said + l->said_len, text, kept);
        l->said_len += kept;
        l->said[l->said_len] = '\0';
    }
    return n < 0 && errno == EAGAIN;
}

static bool
listens(struct killer *k, struct life *l)
{
    while (now_ms() - l->begun_ms < START_MS) {
        struct pollfd p = {.fd = l->err, .events = POLLIN};

        poll(&p, 1, STEP_MS);
        if (!hear(k, l))
            return false;
        if (l->said_len > 0 && strstr(l->said, "listening on tcp://"))
            return true;
    }
    return false;
}

/* Whether the writer has recorded one more answer. */
static bool
acked(struct killer *k)
{
    char text[65536];
    bool found = false;
    ssize_t n;

    while ((n = read(k->record_fd, text, sizeof text - 1)) > 0) {
        text[n] = '\0';
        found = found || strstr(text, "acked ") != NULL;
    }
    return found;
}

static bool
await_ack(struct killer *k, struct life *l)
{
    int64_t end = now_ms() + ACK_MS;

    while (now_ms() < end && hear(k, l)) {
        if (acked(k))
            return true;
        pause_ms(STEP_MS);
    }
    return false;
}

static void
end_life(struct life *l)
{
    int how = 0;

    if (kill(l->pid, SIGKILL) != 0 || waitpid(l->pid, &how, 0) != l->pid)
        fail("killer: kill");
    close(l->err);
    if (!WIFSIGNALED(how) || WTERMSIG(how) != SIGKILL) {
        fprintf(stderr, "killer: the service ended by itself (status %x)\n", (unsigned)how);
        exit(1);
    }
}

static void
live_once(struct killer *k, struct life *l)
{
    begin(k, l);
    if (random() % EARLY_ONE == 0) {
        int64_t usual = k->n_starts > 0 ? k->starts_ms[k->n_starts - 1] : STEP_MS;

        pause_ms(random() % (usual + 1));
        k->early++;
    } else {
        if (!listens(k, l)) {
            fprintf(stderr, "killer: the service did not start\n");
            exit(1);
        }
        k->starts_ms[k->n_starts++] = now_ms() - l->begun_ms;
        acked(k);
        k->busy += k->record_fd >= 0 && await_ack(k, l);
        pause_ms(random() % (k->most_ms + 1));
    }
    end_life(l);
}

/* ---- figures ---- */

static int
compare(const void *a, const void *b)
{
    const int64_t *x = a;
    const int64_t *y = b;

    return (*x > *y) - (*x < *y);
}

static void
report(struct killer *k, int64_t took_ms)
{
    qsort(k->starts_ms, k->n_starts, sizeof *k->starts_ms, compare);
    printf("%ld kills (%ld with sends under way, %ld while starting), %lld ms a kill", k->kills,
           k->busy, k->early, (long long)(took_ms / (k->kills > 0 ? k->kills : 1)));
    if (k->n_starts > 0)
        printf(", start median %lld ms, longest %lld ms", (long long)k->starts_ms[k->n_starts / 2],
               (long long)k->starts_ms[k->n_starts - 1]);
    printf("\n");
}

static void
open_files(struct killer *k, const char *log)
{
    k->starts_ms = calloc((size_t)k->kills, sizeof *k->starts_ms);
    if (k->starts_ms == NULL)
        fail("killer");
    k->log = log ? open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    k->record_fd = k->record ? open(k->record, O_RDONLY | O_CLOEXEC) : -1;
    if ((log && k->log < 0) || (k->record && k->record_fd < 0))
        fail("killer: open");
}

int
main(int argc, char **argv)
{
    struct killer k = {.kills = 50, .most_ms = 30};
    static struct life life;
    const char *log = NULL;
    int64_t begun = now_ms();
    int letter;

    while ((letter = getopt(argc, argv, "+n:a:m:l:")) != -1) {
        if (letter == 'n')
            k.kills = strtol(optarg, NULL, 10);
        else if (letter == 'a')
            k.record = optarg;
        else if (letter == 'm')
            k.most_ms = strtol(optarg, NULL, 10);
        else if (letter == 'l')
            log = optarg;
        else
            optind = argc;
    }
    k.command = argv + optind;
    if (optind >= argc || k.kills < 1 || k.kills > KILLS_MAX || k.most_ms < 0) {
        fprintf(stderr, "usage: killer [-n KILLS] [-a RECORD] [-m MOST-MS] [-l LOG] COMMAND...\n");
        return 2;
    }
    open_files(&k, log);
    srandom((unsigned)getpid());
    for (long i = 0; i < k.kills; i++)
        live_once(&k, &life);
    report(&k, now_ms() - begun);
    free(k.starts_ms);
    return 0;
}
