#include "opts.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

#define OPTS_MAX     64
#define MISUSE_MAX   512
#define COLUMN_FIRST 28 /* where the help texts begin */

/* One pass over argv. Operands are gathered at the front, from argv[1]. */
struct parse {
    const struct opt_set *set;
    int argc;
    char **argv;
    int at;         /* next argument to look at */
    int n_operands; /* gathered so far */
    uint64_t seen;  /* options on the command line, by index */
};

static const int go_on = -1;

int
opts_misuse(const char *program, const char *format, ...)
{
    char plain[MISUSE_MAX];
    char shown[MISUSE_MAX];
    va_list args;

    va_start(args, format);
    if (vsnprintf(plain, sizeof plain, format, args) < 0)
        plain[0] = '\0';
    va_end(args);
    text_escape_fixed(shown, sizeof shown, plain);
    fprintf(stderr, "%s: %s\nTry '%s --help'\n", program, shown, program);
    return EXIT_USAGE;
}

static void
print_row(const char *left, const struct opt *opt)
{
    int width = COLUMN_FIRST - 1;

    printf("%-*s %s", width, left, opt->help);
    if (opt->fallback != NULL)
        printf(" (default: %s)", opt->fallback);
    if (opt->env != NULL)
        printf(" [%s]", opt->env);
    printf("\n");
}

static void
print_option(const struct opt *opt)
{
    char letter[] = "   ";
    char left[128];

    if (opt->letter != 0)
        memcpy(letter, (const char[]){'-', opt->letter, ','}, 3);
    snprintf(left, sizeof left, "  %s --%s%s%s", letter, opt->name, opt->arg != NULL ? " " : "",
             opt->arg != NULL ? opt->arg : "");
    print_row(left, opt);
}

static int
end_of_output(void)
{
    return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_DONE : EXIT_LOCAL;
}

static int
print_help(const struct opt_set *set)
{
    static const struct opt own[] = {
        {.name = "help", .letter = 'h', .help = "print this and exit"},
        {.name = "version", .help = "print the version and exit"},
    };

    printf("Usage: %s%s%s\n%s\n\nOptions:\n", set->program, set->synopsis[0] != '\0' ? " " : "",
           set->synopsis, set->about);
    for (size_t i = 0; i < set->n_opts; i++)
        print_option(&set->opts[i]);
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        print_option(&own[i]);
    if (set->more != NULL)
        printf("\n%s\n", set->more);
    return end_of_output();
}

static int
print_version(const struct opt_set *set)
{
    printf("%s %s\n", set->program, CONCLAVE_VERSION);
    return end_of_output();
}

/* Store an option that stands on the command line. value is NULL for a switch. */
static int
accept_option(struct parse *p, size_t index, const char *value)
{
    const struct opt *opt = &p->set->opts[index];
    uint64_t bit = UINT64_C(1) << index;

    if ((p->seen & bit) != 0)
        return opts_misuse(p->set->program, "--%s is given twice", opt->name);
    p->seen |= bit;
    if (opt->arg != NULL)
        *opt->value = value;
    else
        *opt->on = true;
    return go_on;
}

/* The argument of an option that was not glued to it. */
static int
accept_next_argument(struct parse *p, size_t index)
{
    const struct opt *opt = &p->set->opts[index];

    if (p->at >= p->argc)
        return opts_misuse(p->set->program, "--%s needs %s", opt->name, opt->arg);
    return accept_option(p, index, p->argv[p->at++]);
}

/* "--NAME", "--NAME VALUE" or "--NAME=VALUE"; text is behind the dashes. */
static int
parse_long(struct parse *p, const char *text)
{
    const char *equals = strchr(text, '=');
    size_t len = equals != NULL ? (size_t)(equals - text) : strlen(text);

    if (strcmp(text, "help") == 0)
        return print_help(p->set);
    if (strcmp(text, "version") == 0)
        return print_version(p->set);
    for (size_t i = 0; i < p->set->n_opts; i++) {
        const struct opt *opt = &p->set->opts[i];

        if (strlen(opt->name) != len || memcmp(opt->name, text, len) != 0)
            continue;
        if (opt->arg == NULL && equals != NULL)
            return opts_misuse(p->set->program, "--%s takes no value", opt->name);
        if (opt->arg != NULL && equals == NULL)
            return accept_next_argument(p, i);
        return accept_option(p, i, equals != NULL ? equals + 1 : NULL);
    }
    return opts_misuse(p->set->program, "unknown option --%.*s", (int)len, text);
}

static bool
find_letter(const struct opt_set *set, char letter, size_t *index)
{
    for (size_t i = 0; i < set->n_opts; i++) {
        if (set->opts[i].letter == letter) {
            *index = i;
            return true;
        }
    }
    return false;
}

/* "-a", "-ab" (switches), "-nVALUE" or "-n VALUE"; text is behind the dash. */
static int
parse_short(struct parse *p, const char *text)
{
    int end = go_on;
    size_t i;

    for (; *text != '\0' && end == go_on; text++) {
        if (!find_letter(p->set, *text, &i)) {
            if (*text == 'h')
                return print_help(p->set);
            return opts_misuse(p->set->program, "unknown option -%c", *text);
        }
        if (p->set->opts[i].arg == NULL) {
            end = accept_option(p, i, NULL);
            continue;
        }
        return text[1] != '\0' ? accept_option(p, i, text + 1) : accept_next_argument(p, i);
    }
    return end;
}

static void
gather_operand(struct parse *p, char *operand)
{
    p->argv[1 + p->n_operands++] = operand;
}

/* All options of the command line; afterwards the operands stand at the end of argv. */
static int
parse_arguments(struct parse *p, bool stop_at_operand)
{
    int end = go_on;

    while (p->at < p->argc && end == go_on) {
        char *arg = p->argv[p->at];

        if (strcmp(arg, "--") == 0) {
            p->at++;
            break;
        }
        if (arg[0] != '-' || arg[1] == '\0') {
            if (stop_at_operand)
                break;
            gather_operand(p, arg);
            p->at++;
            continue;
        }
        p->at++;
        end = arg[1] == '-' ? parse_long(p, arg + 2) : parse_short(p, arg + 1);
    }
    return end;
}

/* Move the gathered operands in front of those that were not looked at. */
static int
join_operands(struct parse *p)
{
    int first = p->at - p->n_operands;

    memmove(&p->argv[first], &p->argv[1], (size_t)p->n_operands * sizeof p->argv[0]);
    return first;
}

static bool
means_on(const char *text)
{
    return strcmp(text, "") != 0 && strcmp(text, "0") != 0 && strcmp(text, "no") != 0;
}

/* What the command line left open: environment, then default. */
static void
fill_rest(const struct parse *p)
{
    for (size_t i = 0; i < p->set->n_opts; i++) {
        const struct opt *opt = &p->set->opts[i];
        const char *env = opt->env != NULL ? getenv(opt->env) : NULL;

        if ((p->seen & UINT64_C(1) << i) != 0)
            continue;
        if (opt->arg == NULL) {
            if (env != NULL)
                *opt->on = means_on(env);
        } else if (env != NULL && env[0] != '\0') {
            *opt->value = env;
        } else if (opt->fallback != NULL) {
            *opt->value = opt->fallback;
        }
    }
}

int
opts_parse(const struct opt_set *set, int argc, char **argv, bool stop_at_operand,
           int *first_operand)
{
    struct parse p = {.set = set, .argc = argc, .argv = argv, .at = 1};
    int end;

    assert(set->n_opts <= OPTS_MAX);
    end = parse_arguments(&p, stop_at_operand);
    if (end != go_on)
        return end;
    fill_rest(&p);
    *first_operand = join_operands(&p);
    return go_on;
}
