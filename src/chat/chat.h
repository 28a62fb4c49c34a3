/*
 * chat - a full-screen client on a terminal.
 */
#ifndef CHAT_CHAT_H
#define CHAT_CHAT_H

#include <stdbool.h>
#include <stddef.h>

#include "chat/notify.h"
#include "conclave.h"

/* A command of the chat, for its help and completion. */
struct chat_verb {
    const char *name;     /* without the slash */
    const char *synopsis; /* what follows the name */
    const char *summary;  /* a few words */
};

struct chat_options {
    struct conclave_options client;
    const char *state; /* directory for what the chat remembers, made if only its last part is
                          missing; NULL: it remembers nothing */
    const char *nick;  /* for groups that are joined; NULL: the name in our certificate */
    char *const *groups;
    size_t n_groups;   /* 0: those that we are a member of */
    const char *theme; /* "dark" or "light" */
    enum notify_how notify;
    bool colours;
    const struct chat_verb *verbs;
    size_t n_verbs;
};

/* Runs until the user ends it, or the terminal or a signal to end does. Standard input and output
 * are the terminal. CONCLAVE_OK; else *why (size bytes) says why it could not begin. */
enum conclave_status chat_run(const struct chat_options *options, char *why, size_t size);

#endif
