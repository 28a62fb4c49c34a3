/*
 * cmd - what the commands of `conclave` share. Built on conclave.h.
 * A command's function returns the exit status; what it prints goes through the two tells of its
 * struct cmd.
 */
#ifndef CMD_CMD_H
#define CMD_CMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/paths.h"
#include "cli/commands.h"
#include "cli/complete.h"
#include "cli/config.h"
#include "cli/settings.h"
#include "conclave.h"
#include "tell/tell.h"

/* One run of a command. */
struct cmd {
    const char *program; /* "conclave history", for messages */
    const struct command *command;
    struct settings set;
    struct settings given; /* the part of it that stood on the command line */
    struct config config;
    struct path config_file; /* where it is, or would be; "": nowhere */
    struct path key_file;    /* the same */
    struct path state;
    struct path server; /* with its scheme, where the setting leaves that out */
    char **args;        /* operands */
    size_t n_args;
    int timeout_ms;
    struct conclave *client; /* NULL: its needs are less */
    struct tell out;
    struct tell err;
};

#define CMD_FINGERPRINT_SIZE 42

/* ---- setting up ---- */

/* What a handle is made with. NEEDS_SERVER: it remembers the keys that were met; NEEDS_SPOOL: and
 * the messages that were not sent. */
struct cmd_client {
    struct conclave_options options;
    struct path known_keys;
    struct path spool;
};

/* Is there what is needed, and what is it? out->options are valid as long as *c and *out. -1, or
 * the exit status of what was reported. */
int cmd_prepare(struct cmd *c, enum command_needs needs, struct cmd_client *out);
/* Then make c->client. */
int cmd_connect(struct cmd *c, enum command_needs needs);
/* The same for another message server than the one that is set. */
int cmd_open(struct cmd *c, enum command_needs needs, const char *server, const char *server_key);
/* Make the identity at c->key_file if there is none. nick NULL: the login name. *made may be NULL.
 * As cmd_open. */
int cmd_make_identity(struct cmd *c, const char *nick, bool *made);
/* Who c->client is. The strings are those of *text and the client's. */
struct cmd_identity_text {
    char key[CONCLAVE_KEY_LEN + 1];
    char fingerprint[CMD_FINGERPRINT_SIZE];
};
void cmd_identity(struct cmd *c, struct tell_identity *out, struct cmd_identity_text *text);

/* ---- failures: each returns the exit status, after what was printed so far ---- */

int cmd_misuse(struct cmd *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
int cmd_fail(struct cmd *c, enum conclave_status status, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* With the client's own reason. */
int cmd_fail_client(struct cmd *c, enum conclave_status st);
/* The same for what was wanted of a group. */
int cmd_fail_group(struct cmd *c, enum conclave_status st, const char *group);

/* ---- interrupts ---- */

/* A descriptor that can be read once the user wants an end, which from now on has no other effect;
 * -1 with errno. */
int cmd_open_interrupts(void);
/* Does the user want an end? fd -1: not known. */
bool cmd_is_interrupted(int fd);

/* ---- values ---- */

/* A place in a log: a time, or an entry's number. */
struct moment {
    bool given;
    bool by_seq;
    int64_t ns;
    uint64_t seq;
};
/* The value of --OPTION; NULL: none is given. False: reported as misuse. */
bool cmd_moment(struct cmd *c, const char *option, const char *value, struct moment *out);
/* A value that fits, of 1 or more; 0 when text is NULL. */
uint64_t cmd_number(const char *text);
/* The operands from `first` on with a blank between. Failure is in out->failed. */
void cmd_join_words(const struct cmd *c, size_t first, struct buf *out);
/* Z85 to the digits that are compared aloud; "" when it is no key. */
void cmd_fingerprint(const char *z85, char text[static CMD_FINGERPRINT_SIZE]);

/* ---- completion ---- */

/* Offer what is called `what` (complete.h): from what this machine remembers, and members, bans,
 * invitations and groups that can be joined from who knows them, if that answers in 300 ms. */
void cmd_offer_names(struct cmd *c, struct complete *at, const char *what);

/* ---- the commands ---- */

int cmd_init(struct cmd *c);
int cmd_config(struct cmd *c);
int cmd_whoami(struct cmd *c);
int cmd_groups(struct cmd *c);
int cmd_join(struct cmd *c);
int cmd_leave(struct cmd *c);
int cmd_chat(struct cmd *c);
int cmd_send(struct cmd *c);
int cmd_history(struct cmd *c);
int cmd_feed(struct cmd *c);
int cmd_search(struct cmd *c);
int cmd_members(struct cmd *c);
int cmd_info(struct cmd *c);
int cmd_topic(struct cmd *c);
int cmd_nick(struct cmd *c);
int cmd_invite(struct cmd *c);
int cmd_invites(struct cmd *c);
int cmd_revoke(struct cmd *c);
int cmd_kick(struct cmd *c);
int cmd_ban(struct cmd *c);
int cmd_unban(struct cmd *c);
int cmd_bans(struct cmd *c);
int cmd_role(struct cmd *c);
int cmd_trust(struct cmd *c);
int cmd_doctor(struct cmd *c);

#endif
