/*
 * opts - command-line options from one table: parsing, environment, help.
 * Every option NAME also reads an environment variable (env); the command line wins. A repeated
 * option, an unknown one, a missing or surplus argument is misuse: a message on standard error
 * that says what and how to get help; exit status EXIT_USAGE.
 */
#ifndef OPTS_H
#define OPTS_H

#include <stdbool.h>
#include <stddef.h>

/* Exit statuses, the same for every program. */
enum {
    EXIT_DONE = 0,
    EXIT_REFUSED = 1,
    EXIT_USAGE = 2,
    EXIT_UNREACHABLE = 3, /* or timed out */
    EXIT_SERVER_KEY = 4,
    EXIT_OWN_KEY = 5,
    EXIT_PROTOCOL = 6,
    EXIT_LOCAL = 7, /* local file or key */
};

struct opt {
    const char *name;     /* long name without dashes */
    char letter;          /* short option, or 0 */
    const char *arg;      /* metavariable ("FILE"); NULL: a switch */
    const char *env;      /* environment variable, or NULL; a switch is on unless "", "0", "no" */
    const char *fallback; /* default value as text, or NULL; shown in the help */
    const char *help;     /* one line */
    const char **value;   /* where the text goes (NULL stays when absent); for arg options */
    bool *on;             /* for switches */
};

struct opt_set {
    const char *program;
    const char *synopsis; /* after the program's name: "[OPTION...] FILE" */
    const char *about;    /* one or two sentences */
    const struct opt *opts;
    size_t n_opts;
    const char *more; /* printed after the options, or NULL */
};

/* Parse argv[1..]. Options may stand before and after operands until "--", unless stop_at_operand:
 * then the first operand ends the parsing (for COMMAND ...). On return *first_operand indexes
 * argv, which was reordered. -1: go on. Otherwise the exit status to end with (help and version
 * were printed to standard output: EXIT_DONE; misuse: EXIT_USAGE). --help and --version are
 * handled here and need no row. */
int opts_parse(const struct opt_set *set, int argc, char **argv, bool stop_at_operand,
               int *first_operand);

/* "PROGRAM: TEXT" and "Try 'PROGRAM --help'" on standard error; returns EXIT_USAGE. */
int opts_misuse(const char *program, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A whole decimal number within bounds. False: not one. */
bool opts_number(const char *text, long long least, long long most, long long *out);
/* "500ms", "5", "5s", "2m", "24h", "7d" to milliseconds (a bare number is seconds; a fraction is
 * allowed: "0.5"). */
bool opts_duration_ms(const char *text, long long *out_ms);

#endif
