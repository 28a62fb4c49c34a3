#include "cli/opts.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/complete.h"
#include "cli/help.h"
#include "cli/manual.h"

#define OPTS_MAX   64
#define MISUSE_MAX 512

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
    return CONCLAVE_INVALID;
}

/* ---- the command line ---- */

static bool
add_value(struct opt_list *list, const char *value)
{
    if (list->n == list->most)
        return false;
    list->values[list->n++] = value;
    return true;
}

/* Store an option that stands on the command line. value is NULL for a switch. */
static int
accept_option(struct parse *p, const struct opt *opt, const char *value)
{
    uint64_t bit = UINT64_C(1) << (opt - p->set->opts);

    if ((p->seen & bit) != 0 && opt->all == NULL)
        return opts_misuse(p->set->program, "--%s is given twice", opt->name);
    p->seen |= bit;
    if (opt->all != NULL && !add_value(opt->all, value))
        return opts_misuse(p->set->program, "--%s is given more than %zu times", opt->name,
                           opt->all->most);
    if (opt->arg != NULL)
        *opt->value = value;
    else
        *opt->on = true;
    return go_on;
}

/* The argument of an option that was not glued to it. */
static int
accept_next_argument(struct parse *p, const struct opt *opt)
{
    if (p->at >= p->argc)
        return opts_misuse(p->set->program, "--%s needs %s", opt->name, opt->arg);
    return accept_option(p, opt, p->argv[p->at++]);
}

/* Those that every program has. */
static int
parse_own(struct parse *p, const char *text, bool *own)
{
    static const char generate[] = "generate=";

    *own = true;
    if (strcmp(text, "help") == 0)
        return help_print(p->set);
    if (strcmp(text, "version") == 0)
        return help_print_version(p->set);
    if (strncmp(text, generate, sizeof generate - 1) == 0)
        return manual_generate(p->set, text + sizeof generate - 1);
    if (strcmp(text, "complete") == 0)
        return complete_line(&(struct complete){.set = p->set, .out = stdout}, p->argv + p->at,
                             (size_t)(p->argc - p->at));
    *own = false;
    return go_on;
}

static const struct opt *
find_name(const struct opt_set *set, const char *name, size_t len)
{
    for (size_t i = 0; i < set->n_opts; i++)
        if (strlen(set->opts[i].name) == len && memcmp(set->opts[i].name, name, len) == 0)
            return &set->opts[i];
    return NULL;
}

/* "--NAME", "--NAME VALUE" or "--NAME=VALUE"; text is behind the dashes. */
static int
parse_long(struct parse *p, const char *text)
{
    const char *equals = strchr(text, '=');
    size_t len = equals != NULL ? (size_t)(equals - text) : strlen(text);
    const struct opt *opt = find_name(p->set, text, len);
    bool own;
    int end = parse_own(p, text, &own);

    if (own)
        return end;
    if (opt == NULL)
        return opts_misuse(p->set->program, "unknown option --%.*s", (int)len, text);
    if (opt->arg == NULL && equals != NULL)
        return opts_misuse(p->set->program, "--%s takes no value", opt->name);
    if (opt->arg != NULL && equals == NULL)
        return accept_next_argument(p, opt);
    return accept_option(p, opt, equals != NULL ? equals + 1 : NULL);
}

static const struct opt *
find_letter(const struct opt_set *set, char letter)
{
    for (size_t i = 0; i < set->n_opts; i++)
        if (set->opts[i].letter == letter)
            return &set->opts[i];
    return NULL;
}

/* "-a", "-ab" (switches), "-nVALUE" or "-n VALUE"; text is behind the dash. */
static int
parse_short(struct parse *p, const char *text)
{
    int end = go_on;

    for (; *text != '\0' && end == go_on; text++) {
        const struct opt *opt = find_letter(p->set, *text);

        if (opt == NULL && *text == 'h')
            return help_print(p->set);
        if (opt == NULL)
            return opts_misuse(p->set->program, "unknown option -%c", *text);
        if (opt->arg != NULL)
            return text[1] != '\0' ? accept_option(p, opt, text + 1) : accept_next_argument(p, opt);
        end = accept_option(p, opt, NULL);
    }
    return end;
}

const struct opt *
opts_with_value(const struct opt_set *set, const char *arg, const char **value)
{
    const char *equals = strchr(arg, '=');
    const struct opt *opt;

    *value = NULL;
    if (arg[1] == '-') {
        opt =
            find_name(set, arg + 2, equals != NULL ? (size_t)(equals - arg) - 2 : strlen(arg + 2));
        if (opt == NULL || opt->arg == NULL)
            return NULL;
        *value = equals != NULL ? equals + 1 : NULL;
        return opt;
    }
    for (arg++; *arg != '\0'; arg++) {
        opt = find_letter(set, *arg);
        if (opt == NULL || opt->arg == NULL)
            continue;
        *value = arg[1] != '\0' ? arg + 1 : NULL;
        return opt;
    }
    return NULL;
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

int
opts_read(const struct opt_set *set, int argc, char **argv, bool stop_at_operand,
          int *first_operand)
{
    struct parse p = {.set = set, .argc = argc, .argv = argv, .at = 1};
    int end;

    assert(set->n_opts <= OPTS_MAX);
    end = parse_arguments(&p, stop_at_operand);
    if (end == go_on)
        *first_operand = join_operands(&p);
    return end;
}

/* ---- the rest ---- */

static bool
means_on(const char *text)
{
    return strcmp(text, "") != 0 && strcmp(text, "0") != 0 && strcmp(text, "no") != 0;
}

static void
fill(const struct opt *opt, opts_lookup *lookup, const void *ctx)
{
    const char *text = opt->env != NULL ? getenv(opt->env) : NULL;

    /* An empty variable is as good as none, but for a switch, which it turns off. */
    if (text != NULL && text[0] == '\0' && opt->arg != NULL)
        text = NULL;
    if (text == NULL && opt->configured && lookup != NULL)
        text = lookup(ctx, opt->name);
    if (text == NULL)
        text = opt->fallback;
    if (text == NULL)
        return;
    if (opt->all != NULL)
        add_value(opt->all, text);
    if (opt->arg != NULL)
        *opt->value = text;
    else
        *opt->on = means_on(text);
}

static bool
is_choice(const struct opt *opt, const char *value)
{
    for (size_t i = 0; opt->choices[i] != NULL; i++)
        if (strcmp(opt->choices[i], value) == 0)
            return true;
    return false;
}

/* "--theme: dark, light or none is needed" */
static void
name_choices(const struct opt *opt, char *why, size_t size)
{
    int at = snprintf(why, size, "--%s: %s", opt->name, opt->choices[0]);

    for (size_t i = 1; opt->choices[i] != NULL && at >= 0 && (size_t)at < size; i++)
        at += snprintf(why + at, size - (size_t)at, "%s%s",
                       opt->choices[i + 1] != NULL ? ", " : " or ", opt->choices[i]);
    if (at >= 0 && (size_t)at < size)
        snprintf(why + at, size - (size_t)at, " is needed");
}

bool
opts_fits(const struct opt *opt, const char *value, char *why, size_t size)
{
    if (opt->choices != NULL && !is_choice(opt, value)) {
        name_choices(opt, why, size);
        return false;
    }
    if (opt->fits != NULL && !opt->fits(value)) {
        snprintf(why, size, "--%s: %s is needed", opt->name, opt->needed);
        return false;
    }
    return true;
}

bool
opts_fill(const struct opt_set *set, opts_lookup *lookup, const void *ctx, char *why, size_t size)
{
    bool good = true;

    for (size_t i = 0; i < set->n_opts; i++) {
        const struct opt *opt = &set->opts[i];

        if (opt->arg != NULL ? *opt->value == NULL : !*opt->on)
            fill(opt, lookup, ctx);
    }
    for (size_t i = 0; i < set->n_opts && good; i++) {
        const struct opt *opt = &set->opts[i];

        good = opt->arg == NULL || *opt->value == NULL || opts_fits(opt, *opt->value, why, size);
    }
    return good;
}

bool
opts_has(const struct opt_set *set, bool common)
{
    for (size_t i = 0; i < set->n_opts; i++)
        if (set->opts[i].common == common)
            return true;
    return false;
}

int
opts_parse(const struct opt_set *set, int argc, char **argv, bool stop_at_operand,
           int *first_operand)
{
    char why[MISUSE_MAX];
    int end = opts_read(set, argc, argv, stop_at_operand, first_operand);

    if (end != go_on)
        return end;
    return opts_fill(set, NULL, NULL, why, sizeof why) ? go_on
                                                       : opts_misuse(set->program, "%s", why);
}
