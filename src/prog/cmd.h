/*
 * cmd - the commands of `conclave`: one table, and what they share.
 * Built on conclave.h. A command's function returns the exit status; what it prints goes through
 * the two shows of its struct cmd.
 */
#ifndef CMD_H
#define CMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bytes.h"
#include "conclave.h"
#include "opts.h"
#include "show.h"

/* What options and the environment say, as text; NULL: nothing. Borrowed from both. */
struct settings {
    const char *key;
    const char *server;
    const char *server_key;
    const char *timeout;
    const char *nick;
    const char *after;
    const char *limit;
    const char *count;
    bool json;
};

/* One run of a command. */
struct cmd {
    const char *program; /* "conclave history", for messages */
    struct settings set;
    char **args; /* operands */
    size_t n_args;
    int timeout_ms;
    struct conclave *client;
    struct show out;
    struct show err;
};

/* Options beside those that every command takes. */
enum {
    OPTION_NICK = 1u << 0,
    OPTION_AFTER = 1u << 1,
    OPTION_LIMIT = 1u << 2,
    OPTION_COUNT = 1u << 3,
};
#define OPTIONS_MAX 16

struct command {
    const char *name;
    const char *synopsis; /* what follows the name */
    const char *summary;  /* a few words */
    const char *help;     /* sentences */
    const char *more;     /* at the end of its help, or NULL */
    size_t least, most;   /* operands */
    unsigned options;     /* of OPTION_... */
    bool offline;         /* needs no message server */
    int (*run)(struct cmd *c);
};

/* NULL: no such command. */
const struct command *cmd_find(const char *name);
/* The command with the name most like this one; NULL: none is close. */
const struct command *cmd_nearest(const char *name);
/* What `conclave --help` says after the options, with its NUL. */
void cmd_overview(struct buf *out);
/* Rows for the options of every command and those in `options`, with values going to *set.
 * Returns how many. */
size_t cmd_options(struct opt rows[static OPTIONS_MAX], unsigned options, struct settings *set);
/* Does every command take that option? */
bool cmd_option_is_common(const char *name);

/* Report a failure, after what was printed so far. Each returns the exit status. */
int cmd_misuse(struct cmd *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
int cmd_fail(struct cmd *c, int status, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* With the client's own reason. */
int cmd_fail_client(struct cmd *c, enum conclave_status st);
/* The same for what was wanted of a group. */
int cmd_fail_group(struct cmd *c, enum conclave_status st, const char *group);

/* A descriptor that can be read once the user wants an end, which from now on has no other effect;
 * -1 with errno. */
int cmd_open_interrupts(void);

/* The value of --after. False: reported as misuse. */
bool cmd_after(struct cmd *c, int64_t *ns);
/* A value of 1 or more; 0 when text is NULL. False: reported as misuse. */
bool cmd_number(struct cmd *c, const char *option, const char *text, uint64_t *out);

int cmd_whoami(struct cmd *c);
int cmd_groups(struct cmd *c);
int cmd_join(struct cmd *c);
int cmd_leave(struct cmd *c);
int cmd_send(struct cmd *c);
int cmd_history(struct cmd *c);
int cmd_feed(struct cmd *c);
int cmd_members(struct cmd *c);

#endif
