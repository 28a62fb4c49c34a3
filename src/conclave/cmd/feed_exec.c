#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/feeding.h"

extern char **environ;

/* A file in memory: a command that does not read its input cannot hold us up. -1 with errno. */
static int
input_of(const struct conclave_entry *e)
{
    struct tell file;
    int fd = memfd_create("entry", MFD_CLOEXEC);
    bool good;

    if (fd < 0)
        return -1;
    tell_init(&file, fd, true);
    good = tell_entry(&file, e) && tell_flush(&file) && lseek(fd, 0, SEEK_SET) == 0;
    if (file.error != 0)
        errno = file.error;
    tell_clear(&file);
    if (good)
        return fd;
    close(fd);
    return -1;
}

/* Signals are to mean for the command what they mean for any. Returns an errno. */
static int
spawn(pid_t *child, const char *command, int input)
{
    char *const argv[] = {(char[]){"sh"}, (char[]){"-c"}, (char *)(uintptr_t)command, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigset_t ignored;
    int e;

    sigemptyset(&none);
    sigemptyset(&ignored);
    sigaddset(&ignored, SIGPIPE);
    sigaddset(&ignored, SIGXFSZ);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &ignored);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    e = posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    if (e == 0)
        e = posix_spawn(child, "/bin/sh", &actions, &attributes, argv, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return e;
}

bool
feed_exec(struct cmd *c, const char *command, const struct conclave_entry *e, int *result)
{
    int input = input_of(e);
    int failure = input < 0 ? errno : 0;
    int state = 0;
    pid_t child = -1;

    if (failure == 0)
        failure = spawn(&child, command, input);
    if (input >= 0)
        close(input);
    while (failure == 0 && waitpid(child, &state, 0) < 0)
        failure = errno != EINTR ? errno : 0;
    if (failure != 0) {
        cmd_fail(c, EXIT_LOCAL, "local", "cannot run the command: %s", strerror(failure));
        return false;
    }
    *result = WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
    return true;
}
