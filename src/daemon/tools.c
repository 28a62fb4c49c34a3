#include "daemon/tools.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "cli/opts.h"
#include "cli/program.h"
#include "tools/tools.h"

#define VERIFY "conclave-group verify"
#define BACKUP "conclave-group backup"

static const char *data;
static bool force;

#define DATA_OPTION                                                                                \
    {                                                                                              \
        .name = "data", .arg = "DIR", .env = "CONCLAVE_DATA", .help = "where the group's data is", \
        .value = &data                                                                             \
    }

static const struct opt verify_opts[] = {DATA_OPTION};
static const struct opt_set verify_set = {
    .program = VERIFY,
    .synopsis = "--data DIR",
    .about = "Read all that a group has stored and say what is wrong with it. The group must be "
             "stopped; nothing is changed.",
    .opts = verify_opts,
    .n_opts = sizeof verify_opts / sizeof *verify_opts,
    .more = "Exit status: 0 all is well, 1 something is wrong, 2 misuse, 7 it could not be read.",
};

static const struct opt backup_opts[] = {
    DATA_OPTION,
    {.name = "force", .on = &force, .help = "replace FILE if it is there"},
};
static const struct opt_set backup_set = {
    .program = BACKUP,
    .synopsis = "--data DIR FILE",
    .about = "Copy all that a group has stored, as of one moment, while it runs or not.",
    .opts = backup_opts,
    .n_opts = sizeof backup_opts / sizeof *backup_opts,
    .more = "To restore: stop the group, put FILE as DIR/group.db into an empty directory (mode\n"
            "600 and 700), start it once with --data DIR --restored.",
};

/* Options, then exactly n operands. */
static int
start(const struct opt_set *set, int argc, char **argv, int n, int *operand)
{
    int status = opts_parse(set, argc, argv, false, operand);

    if (status >= 0)
        return status;
    if (argc - *operand > n)
        return opts_misuse(set->program, "unexpected argument \"%s\"", argv[*operand + n]);
    if (argc - *operand < n)
        return opts_misuse(set->program, "FILE is missing");
    if (data == NULL)
        return opts_misuse(set->program, "--data DIR is missing");
    log_setup(LEVEL_WARN);
    return -1;
}

/* ST_CORRUPT and ST_EXISTS are answers; the rest is a failure. */
static int
fail(const char *program, enum status st, const struct fault *why)
{
    fprintf(stderr, "%s: %s\n", program, why->text[0] ? why->text : status_name(st));
    return st == ST_EXISTS || st == ST_CORRUPT ? CONCLAVE_REFUSED : CONCLAVE_LOCAL;
}

/* ---- verify ---- */

static void
print_problem(void *ctx, const char *text)
{
    char shown[FAULT_TEXT_MAX];

    (void)ctx;
    text_escape_fixed(shown, sizeof shown, text);
    printf("%s\n", shown);
}

static void
print_summary(const struct verify_result *r)
{
    if (r->problems > VERIFY_LINES_MAX)
        printf("and %llu more\n", (unsigned long long)(r->problems - VERIFY_LINES_MAX));
    if (r->problems > 0)
        printf("damaged: %llu problem%s; entries intact: %llu\n", (unsigned long long)r->problems,
               r->problems == 1 ? "" : "s", (unsigned long long)r->entries);
    else
        printf("ok: %llu %s (%llu to %llu), %llu %s, %llu member%s\n",
               (unsigned long long)r->entries, r->entries == 1 ? "entry" : "entries",
               (unsigned long long)r->first, (unsigned long long)r->head,
               (unsigned long long)r->people, r->people == 1 ? "person" : "people",
               (unsigned long long)r->members, r->members == 1 ? "" : "s");
}

static int
verify(int argc, char **argv)
{
    struct verify_result result;
    struct fault why = {0};
    int operand;
    int status = start(&verify_set, argc, argv, 0, &operand);
    enum status st;

    if (status >= 0)
        return status;
    st = store_verify(data, print_problem, NULL, &result, &why);
    if (st != ST_OK)
        return fail(VERIFY, st, &why);
    print_summary(&result);
    if (fflush(stdout) != 0)
        return CONCLAVE_LOCAL;
    return result.problems == 0 ? CONCLAVE_OK : CONCLAVE_REFUSED;
}

/* ---- backup ---- */

static int
backup(int argc, char **argv)
{
    struct fault why = {0};
    int operand;
    int status = start(&backup_set, argc, argv, 1, &operand);
    enum status st;

    if (status >= 0)
        return status;
    st = store_backup(data, argv[operand], force, &why);
    return st == ST_OK ? CONCLAVE_OK : fail(BACKUP, st, &why);
}

int
group_tool(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
    } tools[] = {{"verify", verify}, {"backup", backup}};
    bool completes = argc > 3 && strcmp(argv[1], "--complete") == 0;

    for (size_t i = 0; argc > 1 && i < sizeof tools / sizeof *tools; i++) {
        if (strcmp(argv[completes ? 2 : 1], tools[i].name) != 0)
            continue;
        if (completes)
            argv[2] = argv[1];
        program_harden("conclave-group");
        return tools[i].run(argc - 1, argv + 1);
    }
    return -1;
}
