#include "chat/notify.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bytes.h"
#include "model/clean.h"

#define TITLE_MAX 200
#define BODY_MAX  400

extern char **environ;

bool
notify_parse(enum notify_how *out, const char *name)
{
    static const char *const names[] = {"no", "bell", "desktop"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], name) == 0) {
            *out = (enum notify_how)i;
            return true;
        }
    return false;
}

void
notify_reap(struct notify *n)
{
    for (size_t i = 0; i < NOTIFY_MAX_RUNNING; i++)
        if (n->running[i] > 0 && waitpid(n->running[i], NULL, WNOHANG) != 0)
            n->running[i] = 0;
}

/* Nothing of it may reach the terminal, and it gets the signals that the chat has blocked. */
static void
run(pid_t *pid, char *const argv[])
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attr;
    sigset_t none;

    sigemptyset(&none);
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attr);
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        posix_spawn_file_actions_addopen(&files, fd, "/dev/null", O_RDWR, 0);
    if (posix_spawnp(pid, argv[0], &files, &attr, argv, environ) != 0)
        *pid = 0;
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attr);
}

static void
tell_desktop(struct notify *n, const char *group, const char *nick, const char *text)
{
    char program[] = "notify-send", options_end[] = "--";
    char title[TITLE_MAX], body[BODY_MAX];
    char *argv[] = {program, options_end, title, body, NULL};

    snprintf(title, sizeof title, "%s in %s", nick, group);
    clean_fixed(body, sizeof body, span_of(text));
    for (size_t i = 0; i < NOTIFY_MAX_RUNNING; i++)
        if (n->running[i] == 0) {
            run(&n->running[i], argv);
            return;
        }
}

bool
notify_mention(struct notify *n, int64_t now_ms, const char *group, const char *nick,
               const char *text)
{
    if (n->how == NOTIFY_NO || now_ms < n->next_ms)
        return false;
    n->next_ms = now_ms + NOTIFY_EVERY_MS;
    if (n->how == NOTIFY_BELL)
        return true;
    notify_reap(n);
    tell_desktop(n, group, nick, text);
    return false;
}
