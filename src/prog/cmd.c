#include "cmd.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>

#include "clock.h"
#include "text.h"

#define ANY_NUMBER SIZE_MAX
#define NAME_SPACE 32 /* for the names of commands */
#define FAR        3  /* edits that make a name another name */
#define ABOUT_TIMES                                                                         \
    "TIME is 2026-11-22 or 2026-11-22T10:00:00, which is local time unless Z or an offset " \
    "follows,\na while ago as 10m, 2h or 3d, or @ and nanoseconds since 1970."

static const struct command commands[] = {
    {.name = "whoami",
     .synopsis = "",
     .summary = "show who you are",
     .help = "Show your name, UUID, public key and the key's fingerprint.",
     .offline = true,
     .run = cmd_whoami},
    {.name = "groups",
     .synopsis = "",
     .summary = "list the live groups",
     .help = "List the live groups: name, address, number of members, description.",
     .run = cmd_groups},
    {.name = "join",
     .synopsis = "GROUP [--nick NAME]",
     .summary = "become a member of a group",
     .help = "Become a member of GROUP.",
     .least = 1,
     .most = 1,
     .options = OPTION_NICK,
     .run = cmd_join},
    {.name = "leave",
     .synopsis = "GROUP",
     .summary = "stop being a member",
     .help = "Stop being a member of GROUP.",
     .least = 1,
     .most = 1,
     .run = cmd_leave},
    {.name = "send",
     .synopsis = "GROUP TEXT... | GROUP -",
     .summary = "send a message, or each line of input",
     .help = "Send one message, the words of TEXT with a space between, to GROUP. With - each line "
             "of\nstandard input is a message, and many travel at a time.",
     .more = "An empty line is an empty message, and a carriage return stays in its line. "
             "Interrupted, it\nsays how many messages are stored, and ends with 1.\n"
             "Put -- before a TEXT that begins with a dash.",
     .least = 2,
     .most = ANY_NUMBER,
     .run = cmd_send},
    {.name = "history",
     .synopsis = "GROUP [--after TIME] [--limit N]",
     .summary = "print what was said",
     .help = "Print the entries of GROUP, oldest first.",
     .more = ABOUT_TIMES,
     .least = 1,
     .most = 1,
     .options = OPTION_AFTER | OPTION_LIMIT,
     .run = cmd_history},
    {.name = "feed",
     .synopsis = "GROUP... [--after TIME] [--count N]",
     .summary = "print what is said from now on",
     .help = "Print new entries of one or several groups as they come, until interrupted. With "
             "--after begin\nwith history, and go on live without a gap.",
     .more = ABOUT_TIMES,
     .least = 1,
     .most = ANY_NUMBER,
     .options = OPTION_AFTER | OPTION_COUNT,
     .run = cmd_feed},
    {.name = "members",
     .synopsis = "GROUP",
     .summary = "list the members of a group",
     .help = "List the members of GROUP: name, UUID, since when.",
     .least = 1,
     .most = 1,
     .run = cmd_members},
};
#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const struct option {
    unsigned which; /* OPTION_..., or 0: every command */
    size_t field;   /* where in struct settings */
    struct opt row; /* but for value and on */
} options_known[] = {
    {0,
     offsetof(struct settings, key),
     {.name = "key",
      .letter = 'k',
      .arg = "FILE",
      .env = "CONCLAVE_KEY",
      .help = "your certificate; FILE_secret is read"}},
    {0,
     offsetof(struct settings, server),
     {.name = "server",
      .letter = 's',
      .arg = "ADDRESS",
      .env = "CONCLAVE_SERVER",
      .fallback = "tcp://127.0.0.1:5550",
      .help = "the message server"}},
    {0,
     offsetof(struct settings, server_key),
     {.name = "server-key",
      .letter = 'S',
      .arg = "FILE|Z85",
      .env = "CONCLAVE_SERVER_KEY",
      .help = "its public key: certificate, or 40 characters"}},
    {0,
     offsetof(struct settings, timeout),
     {.name = "timeout",
      .letter = 't',
      .arg = "TIME",
      .env = "CONCLAVE_TIMEOUT",
      .fallback = "5s",
      .help = "longest wait for an answer: seconds, or as 500ms"}},
    {0,
     offsetof(struct settings, json),
     {.name = "json",
      .letter = 'j',
      .env = "CONCLAVE_JSON",
      .help = "print JSON, an object a line"}},
    {OPTION_NICK,
     offsetof(struct settings, nick),
     {.name = "nick",
      .letter = 'n',
      .arg = "NAME",
      .env = "CONCLAVE_NICK",
      .help = "what to be called there; else the name in your certificate"}},
    {OPTION_AFTER,
     offsetof(struct settings, after),
     {.name = "after",
      .letter = 'a',
      .arg = "TIME",
      .env = "CONCLAVE_AFTER",
      .help = "only entries after that time"}},
    {OPTION_LIMIT,
     offsetof(struct settings, limit),
     {.name = "limit",
      .letter = 'l',
      .arg = "N",
      .env = "CONCLAVE_LIMIT",
      .help = "at most N entries"}},
    {OPTION_COUNT,
     offsetof(struct settings, count),
     {.name = "count",
      .letter = 'c',
      .arg = "N",
      .env = "CONCLAVE_COUNT",
      .help = "end after N entries"}},
};
#define N_OPTIONS (sizeof(options_known) / sizeof(options_known[0]))
_Static_assert(N_OPTIONS <= OPTIONS_MAX, "every option has a row");

/* ---- the table ---- */

const struct command *
cmd_find(const char *name)
{
    for (size_t i = 0; i < N_COMMANDS; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

static size_t
least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Levenshtein's distance; FAR for a that is no name at all. */
static size_t
edits(const char *a, const char *b)
{
    size_t row[NAME_SPACE + 1];
    size_t b_len = strlen(b);

    if (strlen(a) > NAME_SPACE || b_len > NAME_SPACE)
        return FAR;
    for (size_t j = 0; j <= b_len; j++)
        row[j] = j;
    for (size_t i = 0; a[i] != '\0'; i++) {
        size_t diagonal = row[0];

        row[0] = i + 1;
        for (size_t j = 0; j < b_len; j++) {
            size_t replaced = diagonal + (a[i] != b[j]);

            diagonal = row[j + 1];
            row[j + 1] = least(replaced, least(row[j], row[j + 1]) + 1);
        }
    }
    return row[b_len];
}

const struct command *
cmd_nearest(const char *name)
{
    const struct command *best = NULL;
    size_t best_edits = FAR;

    for (size_t i = 0; i < N_COMMANDS; i++) {
        size_t n = edits(name, commands[i].name);

        if (n < best_edits) {
            best = &commands[i];
            best_edits = n;
        }
    }
    return best;
}

static void
put(struct buf *out, const char *text)
{
    buf_append(out, text, strlen(text));
}

void
cmd_overview(struct buf *out)
{
    put(out, "Commands:\n");
    for (size_t i = 0; i < N_COMMANDS; i++) {
        char line[200];

        snprintf(line, sizeof(line), "  %-8s %-35s %s\n", commands[i].name, commands[i].synopsis,
                 commands[i].summary);
        put(out, line);
    }
    put(out,
        "\n'conclave help COMMAND' tells more. Options may stand on either side of COMMAND.\n"
        "\n"
        "Exit status: 0 done, 1 refused, 2 usage, 3 not reachable or no answer in time, 4 the\n"
        "server has another key than the trusted one, 5 your key is not accepted, 6 another\n"
        "protocol, 7 a local file or key.");
    buf_append(out, "", 1);
}

size_t
cmd_options(struct opt rows[static OPTIONS_MAX], unsigned options, struct settings *set)
{
    size_t n = 0;

    for (size_t i = 0; i < N_OPTIONS; i++) {
        const struct option *o = &options_known[i];
        void *field = (char *)set + o->field;

        if (o->which != 0 && (o->which & options) == 0)
            continue;
        rows[n] = o->row;
        if (o->row.arg != NULL)
            rows[n].value = field;
        else
            rows[n].on = field;
        n++;
    }
    return n;
}

bool
cmd_option_is_common(const char *name)
{
    for (size_t i = 0; i < N_OPTIONS; i++)
        if (strcmp(options_known[i].row.name, name) == 0)
            return options_known[i].which == 0;
    return false;
}

/* ---- failures ---- */

static int
fail(struct cmd *c, int status, const char *code, const char *text)
{
    show_flush(&c->out);
    show_failure(&c->err, &(struct show_failure){.code = code, .text = text, .exit = status});
    show_flush(&c->err);
    return status;
}

int
cmd_misuse(struct cmd *c, const char *format, ...)
{
    char text[FAULT_TEXT_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (c->set.json)
        return fail(c, EXIT_USAGE, "usage", text);
    return opts_misuse(c->program, "%s", text);
}

int
cmd_fail(struct cmd *c, int status, const char *code, const char *format, ...)
{
    char text[FAULT_TEXT_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return fail(c, status, code, text);
}

int
cmd_fail_client(struct cmd *c, enum conclave_status st)
{
    return fail(c, (int)st, conclave_error_code(c->client), conclave_error(c->client));
}

int
cmd_fail_group(struct cmd *c, enum conclave_status st, const char *group)
{
    if (st != CONCLAVE_REFUSED || strcmp(conclave_error_code(c->client), "not_member") != 0)
        return cmd_fail_client(c, st);
    return cmd_fail(c, EXIT_REFUSED, "not_member",
                    "you are not a member of \"%s\"; join it with: conclave join %s", group, group);
}

/* ---- interrupts ---- */

int
cmd_open_interrupts(void)
{
    struct sigaction hangup;
    sigset_t set;
    int fd;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    /* Under nohup it is ignored, and is to stay so. */
    if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN)
        sigaddset(&set, SIGHUP);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return -1;
    fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0)
        sigprocmask(SIG_UNBLOCK, &set, NULL);
    return fd;
}

/* ---- values ---- */

bool
cmd_after(struct cmd *c, int64_t *ns)
{
    struct fault why;

    if (time_parse(ns, c->set.after, clock_wall_ns(), &why) == ST_OK)
        return true;
    cmd_misuse(c, "--after: %s", why.text);
    return false;
}

bool
cmd_number(struct cmd *c, const char *option, const char *text, uint64_t *out)
{
    long long n = 0;

    if (text != NULL && !opts_number(text, 1, INT64_MAX, &n)) {
        cmd_misuse(c, "--%s: a number from 1 on is needed", option);
        return false;
    }
    *out = (uint64_t)n;
    return true;
}
