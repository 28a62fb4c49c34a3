/*
 * notify - tells the person of a mention, outside the conversation.
 */
#ifndef CHAT_NOTIFY_H
#define CHAT_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define NOTIFY_MAX_RUNNING 4
#define NOTIFY_EVERY_MS    2000

enum notify_how { NOTIFY_NO, NOTIFY_BELL, NOTIFY_DESKTOP };
/* "no", "bell", "desktop". False: something else. */
bool notify_parse(enum notify_how *out, const char *name);

/* Zero-initialise. */
struct notify {
    enum notify_how how;
    int64_t next_ms; /* not again before */
    pid_t running[NOTIFY_MAX_RUNNING];
};

/* Somebody mentioned us. Text is clean. True: the caller shall ring the bell. For the desktop it
 * runs notify-send, without a shell. Too soon after the last time it does nothing. */
bool notify_mention(struct notify *n, int64_t now_ms, const char *group, const char *nick,
                    const char *text);
/* Collect what has ended. */
void notify_reap(struct notify *n);

#endif
