#include "stage.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

#include "raw.h"

#define START_MS  15000
#define STOP_MS   5000
#define LOG_MAX   65536
#define PATH_ROOM (STAGE_PATH + 256)

const char *const door_names[DOOR_COUNT] = {"server", "group", "feed"};
static const char *const list_names[LIST_COUNT] = {"users", "groups", "members"};

/* ---- keys ---- */

static void
write_key(const char *path, mode_t mode, const struct zmtp_key *key, bool secret)
{
    char z85[41];
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");

    if (!file)
        raw_fail("cannot write %s: %s", path, strerror(errno));
    fprintf(file, "metadata\ncurve\n    public-key = \"%s\"\n",
            zmq_z85_encode(z85, key->public_key, ZMTP_KEY));
    if (secret)
        fprintf(file, "    secret-key = \"%s\"\n", zmq_z85_encode(z85, key->secret_key, ZMTP_KEY));
    if (fclose(file) != 0)
        raw_fail("cannot write %s", path);
}

static void
write_pair(const struct stage *s, const char *name, const struct zmtp_key *key)
{
    char path[PATH_ROOM];

    snprintf(path, sizeof path, "%s/%s.key", s->dir, name);
    write_key(path, 0644, key, false);
    snprintf(path, sizeof path, "%s/%s.key_secret", s->dir, name);
    write_key(path, 0600, key, true);
}

void
stage_admit(const struct stage *s, enum list list, const struct zmtp_key *key, unsigned number)
{
    char path[PATH_ROOM];

    snprintf(path, sizeof path, "%s/%s/%u.key", s->dir, list_names[list], number);
    write_key(path, 0644, key, false);
}

void
stage_open(struct stage *s, const char *bin)
{
    const char *tmp = getenv("TMPDIR");
    char path[PATH_ROOM], *found;

    memset(s, 0, sizeof *s);
    found = realpath(bin, NULL);
    if (!found || strlen(found) >= sizeof s->bin)
        raw_fail("there is no directory %s", bin);
    strcpy(s->bin, found);
    free(found);
    snprintf(s->dir, sizeof s->dir, "%s/conclave-wire-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(s->dir))
        raw_fail("cannot make %s: %s", s->dir, strerror(errno));
    for (int i = 0; i < LIST_COUNT; i++) {
        snprintf(path, sizeof path, "%s/%s", s->dir, list_names[i]);
        if (mkdir(path, 0700) != 0)
            raw_fail("cannot make %s: %s", path, strerror(errno));
    }
    zmtp_key_make(&s->server_key);
    zmtp_key_make(&s->group_key);
    zmtp_key_make(&s->owner);
    write_pair(s, "server", &s->server_key);
    write_pair(s, "group", &s->group_key);
    write_pair(s, "owner", &s->owner);
    stage_admit(s, LIST_GROUPS, &s->group_key, 0);
    stage_admit(s, LIST_USERS, &s->owner, 0);
}

/* ---- services ---- */

/* Runs a program with its messages in a file of the directory. */
static pid_t
launch(const struct stage *s, const char *program, const char *log, const char *options)
{
    char text[PATH_ROOM], *argv[40] = {(char *)(uintptr_t)program};
    char path[PATH_ROOM], out[PATH_ROOM];
    pid_t pid;
    int n = 1, fd;

    snprintf(text, sizeof text, "%s", options);
    for (char *word = strtok(text, " "); word && n < 39; word = strtok(NULL, " "))
        argv[n++] = word;
    snprintf(path, sizeof path, "%s/%s", s->bin, program);
    snprintf(out, sizeof out, "%s/%s", s->dir, log);
    pid = fork();
    if (pid < 0)
        raw_fail("cannot start %s: %s", path, strerror(errno));
    if (pid > 0)
        return pid;
    /* It must not outlive a test that is killed. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    fd = open(out, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (fd < 0 || chdir(s->dir) != 0)
        _exit(127);
    dup2(fd, STDOUT_FILENO);
    dup2(fd, STDERR_FILENO);
    execv(path, argv);
    _exit(127);
}

static void
show_log(const char *path)
{
    char line[1024];
    FILE *file = fopen(path, "r");

    while (file && fgets(line, sizeof line, file))
        fprintf(stderr, "# %s", line);
    if (file)
        fclose(file);
}

/* The port behind words in a log; 0: not there yet. */
static in_port_t
find_port(const char *path, const char *words)
{
    static char text[LOG_MAX];
    FILE *file = fopen(path, "r");
    size_t len = file ? fread(text, 1, sizeof text - 1, file) : 0;
    const char *at;

    if (file)
        fclose(file);
    text[len] = 0;
    at = strstr(text, words);
    at = at ? strstr(at, "tcp://127.0.0.1:") : NULL;
    return at ? (in_port_t)strtoul(at + strlen("tcp://127.0.0.1:"), NULL, 10) : 0;
}

static in_port_t
await_port(struct stage *s, const char *log, const char *words)
{
    int64_t end = raw_now_ms() + START_MS;
    char path[PATH_ROOM];
    in_port_t port = 0;

    snprintf(path, sizeof path, "%s/%s", s->dir, log);
    while (port == 0 && raw_now_ms() < end) {
        port = find_port(path, words);
        if (port == 0)
            poll(NULL, 0, 20);
    }
    if (port == 0) {
        show_log(path);
        stage_close(s);
        raw_fail("a service does not start");
    }
    return port;
}

void
stage_start(struct stage *s)
{
    char options[PATH_ROOM];

    s->server = launch(s, "conclave-server", "server.log",
                       "--key server.key --data server.d --listen tcp://127.0.0.1:* "
                       "--groups groups --users users");
    s->ports[DOOR_SERVER] = await_port(s, "server.log", "listening on");
    snprintf(options, sizeof options,
             "--name %s --key group.key --data group.d --listen tcp://127.0.0.1:* "
             "--feed tcp://127.0.0.1:* --server tcp://127.0.0.1:%u --server-key server.key "
             "--members members --owner owner.key",
             STAGE_GROUP, s->ports[DOOR_SERVER]);
    s->group = launch(s, "conclave-group", "group.log", options);
    s->ports[DOOR_GROUP] = await_port(s, "group.log", "listening on");
    s->ports[DOOR_FEED] = await_port(s, "group.log", "feed on");
    await_port(s, "group.log", "registered \""); /* it serves nobody before */
}

bool
stage_lives(const struct stage *s)
{
    siginfo_t info = {.si_pid = 0};
    const pid_t both[] = {s->server, s->group};

    for (int i = 0; i < 2; i++)
        if (waitid(P_PID, (id_t)both[i], &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid)
            return false;
    return true;
}

void
stage_memory(pid_t pid, long *now, long *peak)
{
    char path[64], line[256];
    FILE *file;

    *now = *peak = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file)) {
        if (strncmp(line, "VmRSS:", 6) == 0)
            *now = strtol(line + 6, NULL, 10);
        if (strncmp(line, "VmHWM:", 6) == 0)
            *peak = strtol(line + 6, NULL, 10);
    }
    if (file)
        fclose(file);
}

static bool
stop(pid_t pid)
{
    int64_t end = raw_now_ms() + STOP_MS;
    int status = 1;
    pid_t ended = 0;

    if (pid <= 0)
        return true;
    kill(pid, SIGTERM);
    while (ended == 0 && raw_now_ms() < end) {
        ended = waitpid(pid, &status, WNOHANG);
        if (ended == 0)
            poll(NULL, 0, 20);
    }
    if (ended == 0) {
        kill(pid, SIGKILL);
        waitpid(pid, &status, 0);
        return false;
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static int
remove_one(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    (void)info;
    (void)kind;
    (void)place;
    return remove(path);
}

bool
stage_close(struct stage *s)
{
    bool group = stop(s->group), server = stop(s->server);
    char path[PATH_ROOM];

    if (!group || !server) {
        snprintf(path, sizeof path, "%s/%s.log", s->dir, group ? "server" : "group");
        show_log(path);
    }
    nftw(s->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return group && server;
}

/* ---- calling ---- */

const uint8_t *
stage_key_of(const struct stage *s, enum door door)
{
    return door == DOOR_SERVER ? s->server_key.public_key : s->group_key.public_key;
}

const char *
stage_type_for(enum door door)
{
    return door == DOOR_FEED ? "SUB" : "DEALER";
}

enum zmtp_status
stage_call(const struct stage *s, enum door door, const struct zmtp_key *me, const char *from,
           struct zmtp *out)
{
    enum zmtp_status st;

    zmtp_init(out, stage_type_for(door), me, stage_key_of(s, door));
    st = zmtp_connect(out, s->ports[door], from);
    if (st == ZMTP_OK)
        st = zmtp_handshake(out);
    if (st != ZMTP_OK)
        zmtp_close(out);
    return st;
}
