#include <stdio.h>
#include <string.h>

#include "cli/completion.h"
#include "cli/manual.h"

/* In single quotes, as fish reads it. */
static void
put_quoted(struct buf *out, const char *text)
{
    completion_put(out, "'");
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            completion_put(out, "'\\''");
        else
            buf_append(out, text, 1);
    }
    completion_put(out, "'");
}

static void
fish_begin(struct buf *out, const char *program, const char *condition)
{
    completion_put(out, "complete -c ");
    completion_put(out, program);
    if (condition != NULL) {
        completion_put(out, " -n ");
        put_quoted(out, condition);
    }
}

static void
fish_option(struct buf *out, const struct opt *opt, const char *program, const char *condition)
{
    fish_begin(out, program, condition);
    if (opt->letter != 0) {
        completion_put(out, " -s ");
        buf_append(out, &opt->letter, 1);
    }
    completion_put(out, " -l ");
    completion_put(out, opt->name);
    if (opt->arg != NULL) {
        switch (completion_takes(opt)) {
        case TAKES_FILE:
            completion_put(out, " -r -F");
            break;
        case TAKES_DIR:
            completion_put(out, " -x -a '(__fish_complete_directories)'");
            break;
        case TAKES_CHOICE:
            completion_put(out, " -x -a '");
            completion_put_choices(out, opt);
            completion_put(out, "'");
            break;
        case TAKES_OTHER:
            completion_put(out, " -x");
            break;
        }
    }
    completion_put(out, " -d ");
    put_quoted(out, opt->help);
    completion_put(out, "\n");
}

static void
fish_command(struct buf *out, const struct opt_set *program, const struct opt_command *command)
{
    char condition[128];
    char groups[512];

    snprintf(condition, sizeof condition, "__fish_seen_subcommand_from %s", command->name);
    fish_begin(out, program->program, "__fish_use_subcommand");
    completion_put(out, " -f -a ");
    completion_put(out, command->name);
    completion_put(out, " -d ");
    put_quoted(out, command->set.summary);
    completion_put(out, "\n");
    for (size_t i = 0; i < command->set.n_opts; i++)
        if (!command->rows[i].common)
            fish_option(out, &command->rows[i], program->program, condition);
    if (!completion_takes_groups(command->set.synopsis))
        return;
    /* fish expands no ${...:-...} itself. */
    snprintf(groups, sizeof groups, "(sh -c %s)", "\"$__conclave_groups\"");
    fish_begin(out, program->program, condition);
    completion_put(out, " -f -a ");
    put_quoted(out, groups);
    completion_put(out, "\n");
}

void
completion_fish(struct buf *out, const struct opt_set *set)
{
    struct opt_command command;

    completion_put(out, "# fish completion for ");
    completion_put(out, set->program);
    completion_put(out, "\n");
    if (set->command != NULL) {
        completion_put(out, "set -g __conclave_groups '");
        for (const char *p = completion_groups; *p != '\0'; p++) {
            if (*p == '\'' || *p == '\\')
                completion_put(out, "\\");
            buf_append(out, p, 1);
        }
        completion_put(out, "'\n");
    }
    for (size_t i = 0; i < set->n_opts; i++)
        fish_option(out, &set->opts[i], set->program, NULL);
    for (size_t i = 0; i < COMPLETION_OWN; i++)
        fish_option(out, &completion_own[i], set->program, NULL);
    for (size_t i = 0; set->command != NULL && set->command(i, &command); i++)
        fish_command(out, set, &command);
}
