#include "daemon/daemon.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "base/log.h"
#include "cli/program.h"

/* Each connection takes one. Where this fails the bound is lower, which the service survives. */
static void
raise_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

int
daemon_start(const struct opt_set *set, int argc, char **argv, const char *const *log_level)
{
    enum log_level level;
    int operand;
    int status;

    program_harden(set->program);
    raise_descriptors();
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
    if ((path != NULL) == on)
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

        if (opt != NULL && *opt->value == NULL)
            return opts_misuse(set->program, "--%s %s is missing", opt->name, opt->arg);
    }
    return -1;
}

int
daemon_pace(const char *program, const char *rate, const char *burst, struct pace_options *out)
{
    long long n;

    if (!opts_number(rate, 1, PACE_RATE_MAX, &n))
        return opts_misuse(program, "--rate must be a number from 1 to %d", PACE_RATE_MAX);
    out->rate = (uint32_t)n;
    if (!opts_number(burst, 1, PACE_BURST_MAX, &n))
        return opts_misuse(program, "--burst must be a number from 1 to %d", PACE_BURST_MAX);
    out->burst = (uint32_t)n;
    return -1;
}

int
daemon_end(const char *program, enum status st, const struct fault *why)
{
    if (st == ST_OK)
        return CONCLAVE_OK;
    fprintf(stderr, "%s: %s\n", program, why->text[0] ? why->text : status_name(st));
    switch (st) {
    case ST_INVALID:
        return CONCLAVE_INVALID;
    case ST_CONFLICT:
        return CONCLAVE_REFUSED;
    default:
        return CONCLAVE_LOCAL;
    }
}
