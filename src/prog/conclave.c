/* conclave - the user's program: options, one command, exit status. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "program.h"

#define PROGRAM          "conclave"
#define PROGRAM_NAME_MAX 64
#define REASON_MAX       512

/* Options in front of the command. -1: go on, argv[*first] is the command. */
static int
parse_program(struct settings *set, int argc, char **argv, int *first)
{
    struct opt rows[OPTIONS_MAX];
    struct buf overview;
    int end;

    buf_init(&overview, 0);
    cmd_overview(&overview);
    if (overview.failed) {
        fputs(PROGRAM ": out of memory\n", stderr);
        end = EXIT_LOCAL;
    } else {
        struct opt_set opts = {
            .program = PROGRAM,
            .synopsis = "[OPTION...] COMMAND [ARGUMENT...]",
            .about = "Encrypted group messaging: be a member of groups, send, read and follow.",
            .opts = rows,
            .n_opts = cmd_options(rows, 0, set),
            .more = (const char *)overview.p,
        };

        end = opts_parse(&opts, argc, argv, true, first);
    }
    buf_clear(&overview);
    return end;
}

/* "help COMMAND" is "COMMAND --help", and "help" is "--help". As parse_program. */
static int
parse_help(struct settings *set, int argc, char **argv, int *first)
{
    static char help[] = "--help";

    if (*first >= argc || strcmp(argv[*first], "help") != 0)
        return -1;
    if (*first + 1 < argc) {
        argv[*first] = argv[*first + 1];
        argv[*first + 1] = help;
        return -1;
    }
    argv[*first] = help;
    return parse_program(set, 2, argv + *first - 1, first);
}

/* Options behind the command. -1: go on, operands are in c. */
static int
parse_command(struct cmd *c, const struct command *command, int argc, char **argv)
{
    struct opt rows[OPTIONS_MAX];
    struct opt_set opts = {
        .program = c->program,
        .synopsis = command->synopsis,
        .about = command->help,
        .opts = rows,
        .n_opts = cmd_options(rows, command->options, &c->set),
        .more = command->more,
    };
    int first = 1;
    int end;

    /* Those of every command have their environment and default from parse_program, which must
     * not hide what stood in front of the command. */
    for (size_t i = 0; i < opts.n_opts; i++)
        if (cmd_option_is_common(rows[i].name)) {
            rows[i].env = NULL;
            rows[i].fallback = NULL;
        }
    end = opts_parse(&opts, argc, argv, false, &first);
    if (end >= 0)
        return end;
    c->args = argv + first;
    c->n_args = (size_t)(argc - first);
    c->out.json = c->set.json;
    c->err.json = c->set.json;
    if (c->n_args < command->least)
        return cmd_misuse(c, "an argument is missing; needed: %s", command->synopsis);
    if (c->n_args > command->most)
        return cmd_misuse(c, "unexpected argument: %s", c->args[command->most]);
    return -1;
}

static int
unknown_command(struct cmd *c, const char *name)
{
    const struct command *nearest = cmd_nearest(name);

    if (nearest != NULL)
        return cmd_misuse(c, "unknown command: %s; did you mean %s?", name, nearest->name);
    return cmd_misuse(c, "unknown command: %s", name);
}

/* Are the values there that the command needs? -1: yes. */
static int
check_settings(struct cmd *c, const struct command *command)
{
    long long timeout_ms;

    if (!opts_duration_ms(c->set.timeout, &timeout_ms) || timeout_ms < 1 || timeout_ms > INT_MAX)
        return cmd_misuse(c, "--timeout: a time such as 500ms or 5s is needed");
    c->timeout_ms = (int)timeout_ms;
    if (c->set.key == NULL)
        return cmd_misuse(c, "--key or CONCLAVE_KEY is needed: your certificate; make one with: "
                             "conclave-keygen FILE");
    if (c->set.server_key == NULL && !command->offline)
        return cmd_misuse(
            c, "--server-key or CONCLAVE_SERVER_KEY is needed: ask the operator of the message "
               "server for its public certificate");
    return -1;
}

static int
run(struct cmd *c, const struct command *command)
{
    /* A handle has to have a server. Where none is needed, it is one that is not used. */
    const struct conclave_options options = {
        .server = command->offline ? "tcp://127.0.0.1:1" : c->set.server,
        .server_key = command->offline ? c->set.key : c->set.server_key,
        .key = c->set.key,
        .timeout_ms = c->timeout_ms,
    };
    char why[REASON_MAX];
    enum conclave_status st = conclave_open(&c->client, &options, why, sizeof(why));
    int status;

    if (st != CONCLAVE_OK)
        return cmd_fail(c, (int)st, st == CONCLAVE_INVALID ? "invalid" : "local", "%s", why);
    status = command->run(c);
    conclave_close(c->client);
    if (show_flush(&c->out) || c->out.stopped)
        return status;
    /* A reader that went away wants to hear no more. */
    if (c->out.error == EPIPE)
        return EXIT_LOCAL;
    return cmd_fail(c, EXIT_LOCAL, "local", "cannot write: %s", strerror(c->out.error));
}

int
main(int argc, char **argv)
{
    struct cmd c = {.program = PROGRAM};
    char program[PROGRAM_NAME_MAX];
    const struct command *command;
    int first = 1;
    int end;

    program_harden(PROGRAM);
    end = parse_program(&c.set, argc, argv, &first);
    if (end < 0)
        end = parse_help(&c.set, argc, argv, &first);
    if (end >= 0)
        return end;
    show_init(&c.out, STDOUT_FILENO, c.set.json);
    show_init(&c.err, STDERR_FILENO, c.set.json);
    c.err.live = true;

    command = first < argc ? cmd_find(argv[first]) : NULL;
    if (command == NULL) {
        end = first < argc ? unknown_command(&c, argv[first]) : cmd_misuse(&c, "which command?");
    } else {
        snprintf(program, sizeof(program), PROGRAM " %s", command->name);
        c.program = program;
        end = parse_command(&c, command, argc - first, argv + first);
        if (end < 0)
            end = check_settings(&c, command);
        if (end < 0)
            end = run(&c, command);
    }
    show_clear(&c.out);
    show_clear(&c.err);
    return end;
}
