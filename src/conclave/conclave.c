/* conclave - the user's program: options, configuration, one command, exit status. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/complete.h"
#include "cli/help.h"
#include "cli/program.h"
#include "cli/screen.h"
#include "cmd/cmd.h"

#define PROGRAM          "conclave"
#define PROGRAM_NAME_MAX 64
#define REASON_MAX       512

static int cmd_help(struct cmd *c);

static int (*const runs[COMMAND_COUNT])(struct cmd *c) = {
    [COMMAND_INIT] = cmd_init,     [COMMAND_CONFIG] = cmd_config,   [COMMAND_WHOAMI] = cmd_whoami,
    [COMMAND_GROUPS] = cmd_groups, [COMMAND_JOIN] = cmd_join,       [COMMAND_LEAVE] = cmd_leave,
    [COMMAND_CHAT] = cmd_chat,     [COMMAND_SEND] = cmd_send,       [COMMAND_HISTORY] = cmd_history,
    [COMMAND_FEED] = cmd_feed,     [COMMAND_SEARCH] = cmd_search,   [COMMAND_MEMBERS] = cmd_members,
    [COMMAND_INFO] = cmd_info,     [COMMAND_TOPIC] = cmd_topic,     [COMMAND_NICK] = cmd_nick,
    [COMMAND_INVITE] = cmd_invite, [COMMAND_INVITES] = cmd_invites, [COMMAND_REVOKE] = cmd_revoke,
    [COMMAND_KICK] = cmd_kick,     [COMMAND_BAN] = cmd_ban,         [COMMAND_UNBAN] = cmd_unban,
    [COMMAND_BANS] = cmd_bans,     [COMMAND_ROLE] = cmd_role,       [COMMAND_TRUST] = cmd_trust,
    [COMMAND_DOCTOR] = cmd_doctor, [COMMAND_HELP] = cmd_help,
};

/* ---- the command line ---- */

static struct opt_set
program_set(struct opt rows[static OPTIONS_MAX], struct settings *set)
{
    return (struct opt_set){
        .program = PROGRAM,
        .synopsis = "[OPTION...] COMMAND [ARGUMENT...]",
        .summary = "encrypted group messaging",
        .about = "Encrypted group messaging: be a member of groups, send, read and follow.",
        .opts = rows,
        .n_opts = settings_options(rows, 0, set),
        .more = "'conclave help COMMAND' tells more. Options may stand on either side of COMMAND.",
        .command = commands_next,
    };
}

static struct opt_set
command_set(const struct command *command, const char *program, struct opt rows[static OPTIONS_MAX],
            struct settings *set)
{
    return (struct opt_set){
        .program = program,
        .synopsis = command->synopsis,
        .summary = command->summary,
        .about = command->help,
        .opts = rows,
        .n_opts = settings_options(rows, command->options, set),
        .more = command->more,
    };
}

/* The index of the command: the first word that is neither an option nor the value of one of any
 * command. argc: there is none. */
static int
find_command(int argc, char **argv)
{
    struct opt rows[OPTIONS_MAX];
    const struct opt_set opts = {.opts = rows, .n_opts = settings_options(rows, OPTION_ALL, NULL)};
    const char *value;
    int at = 1;

    while (at < argc && argv[at][0] == '-' && argv[at][1] != '\0') {
        if (strcmp(argv[at], "--") == 0)
            return at + 1 < argc ? at + 1 : argc;
        at += opts_with_value(&opts, argv[at], &value) != NULL && value == NULL ? 2 : 1;
    }
    return at < argc ? at : argc;
}

/* Options where no command is: those of commands too, when a word stands where it should, which is
 * what there is to say then. -1: there are none that end it. */
static int
parse_program(struct settings *set, int argc, char **argv, bool word)
{
    struct opt rows[OPTIONS_MAX];
    struct opt_set opts = program_set(rows, set);
    int first;

    if (word && strcmp(argv[1], "--help") != 0)
        opts.n_opts = settings_options(rows, OPTION_ALL, set);

    return opts_read(&opts, argc, argv, true, &first);
}

/* Options on either side of the command, argv[at]. -1: go on, operands are in c. */
static int
parse_command(struct cmd *c, int argc, char **argv, int at)
{
    struct opt rows[OPTIONS_MAX];
    const struct opt_set opts = command_set(c->command, c->program, rows, &c->set);
    int first = 1;
    int end = opts_read(&opts, at, argv, true, &first);

    argc -= at;
    argv += at;
    first = 1;
    if (end < 0)
        end = opts_read(&opts, argc, argv, false, &first);
    if (end >= 0)
        return end;
    c->given = c->set;
    c->args = argv + first;
    c->n_args = (size_t)(argc - first);
    return -1;
}

static int
check_operands(struct cmd *c)
{
    if (c->n_args < c->command->least)
        return cmd_misuse(c, "an argument is missing; needed: %s", c->command->synopsis);
    if (c->n_args > c->command->most)
        return cmd_misuse(c, "unexpected argument: %s", c->args[c->command->most]);
    return -1;
}

static int
unknown_command(struct cmd *c, const char *name)
{
    const struct command *nearest = commands_nearest(name);

    if (nearest != NULL)
        return cmd_misuse(c, "unknown command: %s; did you mean %s?", name, nearest->name);
    return cmd_misuse(c, "unknown command: %s", name);
}

static int
cmd_help(struct cmd *c)
{
    char program[PROGRAM_NAME_MAX];
    struct opt rows[OPTIONS_MAX];
    const struct command *command;
    struct opt_set set = program_set(rows, NULL);

    if (c->n_args > 0) {
        command = commands_find(c->args[0]);
        if (command == NULL)
            return unknown_command(c, c->args[0]);
        snprintf(program, sizeof program, PROGRAM " %s", command->name);
        set = command_set(command, program, rows, NULL);
    }
    return help_print(&set);
}

/* ---- the rest of the settings ---- */

struct problem {
    unsigned line; /* 0: none */
    char text[REASON_MAX];
};

static void
keep_first(void *ctx, unsigned line, const char *text)
{
    struct problem *p = ctx;

    if (p->line != 0)
        return;
    p->line = line;
    snprintf(p->text, sizeof p->text, "%s", text);
}

/* One that is not there is empty, unless it was asked for by name and is not to be made. */
static int
load_config(struct cmd *c, bool named)
{
    struct problem first = {0};
    struct fault why = {0};
    enum status st;

    /* One checks it, the other helps when it is wrong. */
    if (c->config_file.text[0] == '\0' || c->command->id == COMMAND_CONFIG ||
        c->command->id == COMMAND_HELP)
        return -1;
    st = config_load(&c->config, c->config_file.text, keep_first, &first, &why);
    if (st == ST_OK || (st == ST_NOT_FOUND && (!named || c->command->needs == NEEDS_NOTHING)))
        return -1;
    /* It tells that itself, and goes on with what is right. */
    if (c->command->id == COMMAND_DOCTOR)
        return -1;
    if (first.line != 0)
        return cmd_fail(c, CONCLAVE_LOCAL, "config", "%s, line %u: %s", c->config_file.text,
                        first.line, first.text);
    return cmd_fail(c, CONCLAVE_LOCAL, "config", "%s",
                    why.text[0] != '\0' ? why.text : "out of memory");
}

/* Where the configuration is: that cannot stand in itself. */
static int
find_config(struct cmd *c, const struct opt *rows, size_t n)
{
    char why[REASON_MAX];
    bool named;

    for (size_t i = 0; i < n; i++)
        if (strcmp(rows[i].name, "config") == 0 &&
            !opts_fill(&(struct opt_set){.opts = &rows[i], .n_opts = 1}, NULL, NULL, why,
                       sizeof why))
            return cmd_misuse(c, "%s", why);
    named = c->set.config != NULL;
    if (named)
        snprintf(c->config_file.text, sizeof c->config_file.text, "%s", c->set.config);
    else
        paths_config(&c->config_file);
    return load_config(c, named);
}

/* Files that no setting names. */
static void
find_files(struct cmd *c)
{
    struct path config = c->config_file;

    if (config_is_nothing(c->config_file.text))
        paths_config(&config);
    if (c->set.key != NULL)
        snprintf(c->key_file.text, sizeof c->key_file.text, "%s", c->set.key);
    else if (config.text[0] != '\0')
        paths_beside(&c->key_file, config.text, "identity.key");
    if (c->set.state != NULL)
        snprintf(c->state.text, sizeof c->state.text, "%s", c->set.state);
    else
        paths_state(&c->state);
}

static int
complete_settings(struct cmd *c)
{
    struct opt rows[OPTIONS_MAX];
    size_t n = settings_options(rows, c->command->options, &c->set);
    const struct opt_set opts = {.program = c->program, .opts = rows, .n_opts = n};
    char why[REASON_MAX];
    long long timeout_ms = 0;
    int end = find_config(c, rows, n);

    if (end >= 0)
        return end;
    if (!opts_fill(&opts, config_value, &c->config, why, sizeof why))
        return cmd_misuse(c, "%s", why);
    find_files(c);
    if (c->set.server != NULL)
        c->set.server = settings_address(&c->server, c->set.server);
    if (c->set.timeout != NULL)
        opts_duration_ms(c->set.timeout, &timeout_ms);
    c->timeout_ms = c->set.timeout != NULL && timeout_ms == 0 ? CONCLAVE_ONCE : (int)timeout_ms;
    return -1;
}

/* ---- the run ---- */

static bool
has_colors(const struct cmd *c, const struct tell *t)
{
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");

    if (c->set.color != NULL && strcmp(c->set.color, "auto") != 0)
        return strcmp(c->set.color, "always") == 0;
    return t->width > 0 && (no_color == NULL || no_color[0] == '\0') &&
           (term == NULL || strcmp(term, "dumb") != 0);
}

static void
set_form(const struct cmd *c, struct tell *t)
{
    t->json = c->set.json;
    t->quiet = c->set.quiet;
    t->width = screen_width(t->fd);
    t->color = has_colors(c, t);
}

static int
run(struct cmd *c)
{
    int status = -1;

    if (c->command->needs != NEEDS_NOTHING)
        status = cmd_connect(c, c->command->needs);
    if (status < 0)
        status = runs[c->command->id](c);
    conclave_close(c->client);
    if (tell_flush(&c->out) || c->out.stopped)
        return status;
    /* A reader that went away wants to hear no more. */
    if (c->out.error == EPIPE)
        return CONCLAVE_LOCAL;
    return cmd_fail(c, CONCLAVE_LOCAL, "local", "cannot write: %s", strerror(c->out.error));
}

static int
run_command(struct cmd *c, int argc, char **argv, int at)
{
    int end = parse_command(c, argc, argv, at);

    if (end >= 0)
        return end;
    c->out.json = c->set.json;
    c->err.json = c->set.json;
    end = complete_settings(c);
    set_form(c, &c->out);
    set_form(c, &c->err);
    if (end < 0)
        end = check_operands(c);
    if (end >= 0)
        return end;
    if (c->set.utc) {
        setenv("TZ", "UTC0", 1);
        tzset();
    }
    return run(c);
}

static void
offer_names(struct complete *at, const char *what)
{
    struct cmd *c = at->ctx;

    /* The settings of any command will do where none is named yet. */
    c->command = commands_find(at->command != NULL ? at->command : "groups");
    if (complete_settings(c) < 0)
        cmd_offer_names(c, at, what);
}

static int
complete(struct cmd *c, char **words, size_t n)
{
    struct opt rows[OPTIONS_MAX];
    struct opt_set opts = program_set(rows, &c->set);

    opts.n_opts = settings_options(rows, OPTION_ALL, &c->set);
    return complete_line(&(struct complete){.set = &opts,
                                            .out = stdout,
                                            .names = offer_names,
                                            .ctx = c},
                         words, n);
}

/* The command is argv[at]; argc: there is none. */
static int
begin(struct cmd *c, int argc, char **argv, int at)
{
    char program[PROGRAM_NAME_MAX];
    int end;

    c->command = at < argc ? commands_find(argv[at]) : NULL;
    if (c->command != NULL && runs[c->command->id] != NULL) {
        snprintf(program, sizeof program, PROGRAM " %s", c->command->name);
        c->program = program;
        return run_command(c, argc, argv, at);
    }
    end = parse_program(&c->set, argc, argv, at < argc);
    if (end >= 0)
        return end;
    return at < argc ? unknown_command(c, argv[at]) : cmd_misuse(c, "which command?");
}

int
main(int argc, char **argv)
{
    struct cmd c = {.program = PROGRAM};
    int end;

    program_harden(PROGRAM);
    tell_init(&c.out, STDOUT_FILENO, false);
    tell_init(&c.err, STDERR_FILENO, false);
    c.err.live = true;
    if (argc > 1 && strcmp(argv[1], "--complete") == 0)
        end = complete(&c, argv + 2, (size_t)argc - 2);
    else
        end = begin(&c, argc, argv, find_command(argc, argv));
    tell_clear(&c.out);
    tell_clear(&c.err);
    config_clear(&c.config);
    return end;
}
