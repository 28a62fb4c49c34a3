#include "daemon.h"

#include <stdio.h>
#include <string.h>

#include "log.h"
#include "program.h"

int
daemon_start(const struct opt_set *set, int argc, char **argv, const char *const *log_level)
{
    enum log_level level;
    int operand;
    int status;

    program_harden(set->program);
    status = opts_parse(set, argc, argv, false, &operand);
    if (status >= 0)
        return status;
    if (operand < argc)
        return opts_misuse(set->program, "unexpected argument \"%s\"", argv[operand]);
    if (!log_level_parse(&level, *log_level))
        return opts_misuse(set->program, "\"%s\" is no log level: debug, info, warn or error",
                           *log_level);
    log_setup(level);
    return -1;
}

int
daemon_one_of(const char *program, const char *path, const char *path_name, bool on,
              const char *switch_name)
{
    if (!path == !on)
        return opts_misuse(program, "give either --%s DIR or --%s", path_name, switch_name);
    return -1;
}

static const struct opt *
find(const struct opt_set *set, const char *name)
{
    for (size_t i = 0; i < set->n_opts; i++)
        if (strcmp(set->opts[i].name, name) == 0)
            return &set->opts[i];
    return NULL;
}

int
daemon_required(const struct opt_set *set, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct opt *opt = find(set, names[i]);

        if (opt && !*opt->value)
            return opts_misuse(set->program, "--%s %s is missing", opt->name, opt->arg);
    }
    return -1;
}

int
daemon_end(const char *program, enum status st, const struct fault *why)
{
    if (st == ST_OK)
        return EXIT_DONE;
    fprintf(stderr, "%s: %s\n", program, why->text[0] ? why->text : status_name(st));
    switch (st) {
    case ST_INVALID:
        return EXIT_USAGE;
    case ST_CONFLICT:
        return EXIT_REFUSED;
    default:
        return EXIT_LOCAL;
    }
}
