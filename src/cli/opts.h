/*
 * opts - command-line options from one table: parsing, environment, configuration.
 * A value comes from the command line, else from the option's environment variable, else from a
 * configuration, else from its default. A repeated option, an unknown one, a value that does not
 * fit, a missing or surplus argument is misuse: a message on standard error that says what and how
 * to get help; exit status CONCLAVE_INVALID.
 * The same tables yield --help (help.h), manual pages (manual.h) and completions (complete.h).
 */
#ifndef CLI_OPTS_H
#define CLI_OPTS_H

#include <stdbool.h>
#include <stddef.h>

#include "conclave.h"

/* Values of an option that may be given several times. */
struct opt_list {
    const char **values; /* room for `most` */
    size_t most;
    size_t n;
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
    struct opt_list *all; /* it may be given several times: all values; or NULL. *value is the last.
                             The environment gives one */
    bool common;          /* every command of the program takes it */
    bool configured;      /* may stand in the configuration, under its name */
    const char *const *choices;      /* the only values, ended by NULL; NULL: others too */
    bool (*fits)(const char *value); /* may it be such a value? NULL: any text */
    const char *needed;              /* with fits: what would: "a time such as 5s" */
};

struct opt_command;

struct opt_set {
    const char *program;
    const char *synopsis; /* after the program's name: "[OPTION...] FILE" */
    const char *summary;  /* a few words; NULL: the first sentence of about */
    const char *about;    /* one or two sentences */
    const struct opt *opts;
    size_t n_opts;
    const char *more; /* printed after the options, or NULL */
    /* The i-th command of the program; false: past the last. NULL: it has none. */
    bool (*command)(size_t i, struct opt_command *out);
};

#define OPTIONS_MAX 40

struct opt_command {
    const char *name;
    struct opt_set set; /* its program is "PROGRAM NAME"; its options are rows */
    struct opt rows[OPTIONS_MAX];
    char program[64];
};

/* Has it options of its own (common: that every command has)? */
bool opts_has(const struct opt_set *set, bool common);

/* Parse argv[1..]. Options may stand before and after operands until "--", unless stop_at_operand:
 * then the first operand ends the parsing (for COMMAND ...). On return *first_operand indexes
 * argv, which was reordered. -1: go on. Otherwise the exit status to end with (help, version and
 * generated documents were printed to standard output: CONCLAVE_OK; misuse: CONCLAVE_INVALID).
 * --help and --version are handled here and need no row; so are --complete (complete.h), for the
 * shell, and --generate=FORM (manual.h), for the build. */
int opts_parse(const struct opt_set *set, int argc, char **argv, bool stop_at_operand,
               int *first_operand);

/* The two halves of opts_parse. opts_read takes the command line only, and leaves alone what is not
 * on it, so that several parts of a command line may be read into the same values. */
int opts_read(const struct opt_set *set, int argc, char **argv, bool stop_at_operand,
              int *first_operand);
/* The option with a value that arg, which begins with a dash, is or ends with; NULL: none. *value:
 * what is glued to it; NULL: it is the next argument. */
const struct opt *opts_with_value(const struct opt_set *set, const char *arg, const char **value);
/* The value of a configured option; NULL: the configuration has none. */
typedef const char *opts_lookup(const void *ctx, const char *name);
/* Then the environment, the configuration (lookup NULL: none) and the default, for what has no
 * value yet; and is every value one that fits? False: *why (size bytes) says what does not. */
bool opts_fill(const struct opt_set *set, opts_lookup *lookup, const void *ctx, char *why,
               size_t size);

/* Is value fit for the option? False: *why (size bytes) says what is needed. */
bool opts_fits(const struct opt *opt, const char *value, char *why, size_t size);

/* "PROGRAM: TEXT" and "Try 'PROGRAM --help'" on standard error; returns CONCLAVE_INVALID. */
int opts_misuse(const char *program, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A whole decimal number within bounds. False: not one. */
bool opts_number(const char *text, long long least, long long most, long long *out);
/* "500ms", "5", "5s", "2m", "24h", "7d" to milliseconds (a bare number is seconds; a fraction is
 * allowed: "0.5"). */
bool opts_duration_ms(const char *text, long long *out_ms);

#endif
