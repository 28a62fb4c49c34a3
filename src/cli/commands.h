/*
 * commands - the commands of `conclave`, as data: what parsing, --help, the manual, the completions
 * and the chat's /help are made from. What they do is elsewhere (cmd.h, the chat).
 * Threads: any; constant.
 */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include <stddef.h>
#include <stdint.h>

#include "cli/opts.h"

enum command_id {
    COMMAND_INIT,
    COMMAND_CONFIG,
    COMMAND_WHOAMI,
    COMMAND_GROUPS,
    COMMAND_JOIN,
    COMMAND_LEAVE,
    COMMAND_CHAT,
    COMMAND_SEND,
    COMMAND_HISTORY,
    COMMAND_FEED,
    COMMAND_SEARCH,
    COMMAND_MEMBERS,
    COMMAND_INFO,
    COMMAND_TOPIC,
    COMMAND_NICK,
    COMMAND_INVITE,
    COMMAND_INVITES,
    COMMAND_REVOKE,
    COMMAND_KICK,
    COMMAND_BAN,
    COMMAND_UNBAN,
    COMMAND_BANS,
    COMMAND_ROLE,
    COMMAND_TRUST,
    COMMAND_DOCTOR,
    COMMAND_HELP,
    COMMAND_QUIT,
    COMMAND_COUNT
};

enum command_needs {
    NEEDS_NOTHING, /* it finds or makes what it needs */
    NEEDS_KEY,     /* whose it is */
    NEEDS_SERVER,  /* and a message server */
    NEEDS_SPOOL,   /* and a place where messages wait that are not sent yet */
};

#define COMMAND_ANY_NUMBER SIZE_MAX

struct command {
    enum command_id id;
    const char *name;     /* NULL: a command of the chat only */
    const char *synopsis; /* what follows the name; operands in capitals */
    const char *summary;  /* a few words */
    const char *help;     /* sentences */
    const char *more;     /* at the end of its help, or NULL */
    size_t least, most;   /* operands */
    unsigned options;     /* of OPTION_..., settings.h */
    enum command_needs needs;
    const char *chat;          /* its name in the chat, behind the slash; NULL: not there */
    const char *chat_synopsis; /* what follows it there; the group is the one that is shown */
    const char *chat_summary;  /* a few words for the chat's help */
};

/* In the order of the help. NULL: past the last. */
const struct command *commands_at(size_t i);
/* NULL: no such command. */
const struct command *commands_find(const char *name);
const struct command *commands_find_chat(const char *name);
/* The command with the name most like this one; NULL: none is close. */
const struct command *commands_nearest(const char *name);
/* As of struct opt_set. */
bool commands_next(size_t i, struct opt_command *out);

#endif
