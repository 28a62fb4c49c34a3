#include <string.h>

#include "cli/completion.h"
#include "cli/manual.h"

static void
bash_names(struct buf *out, const struct opt *opt, const char *between)
{
    if (opt->letter != 0) {
        completion_put(out, "-");
        buf_append(out, &opt->letter, 1);
        completion_put(out, between);
    }
    completion_put(out, "--");
    completion_put(out, opt->name);
}

/* A branch for the values of each option. */
static void
bash_values(struct buf *out, const struct opt_set *set)
{
    for (size_t i = 0; i < set->n_opts; i++) {
        const struct opt *opt = &set->opts[i];

        if (opt->arg == NULL)
            continue;
        completion_put(out, "    ");
        bash_names(out, opt, "|");
        completion_put(out, ") ");
        switch (completion_takes(opt)) {
        case TAKES_FILE:
            completion_put(out, "words=(-f)");
            break;
        case TAKES_DIR:
            completion_put(out, "words=(-d)");
            break;
        case TAKES_CHOICE:
            completion_put(out, "words=(-W \"");
            completion_put_choices(out, opt);
            completion_put(out, "\")");
            break;
        case TAKES_OTHER:
            completion_put(out, "return");
            break;
        }
        completion_put(out, " ;;\n");
    }
}

/* Every option with an argument: what follows it is no operand. */
static void
bash_skip(struct buf *out, const struct opt_set *set)
{
    bool any = false;

    for (size_t i = 0; i < set->n_opts; i++) {
        if (set->opts[i].arg == NULL)
            continue;
        completion_put(out, any ? "|" : "        ");
        bash_names(out, &set->opts[i], "|");
        any = true;
    }
    completion_put(out, any ? ") ((i++)) ;;\n" : "");
}

static void
bash_options(struct buf *out, const struct opt_set *set)
{
    completion_put(out, "options=\"");
    for (size_t i = 0; i < set->n_opts; i++) {
        bash_names(out, &set->opts[i], " ");
        completion_put(out, " ");
    }
    for (size_t i = 0; i < COMPLETION_OWN; i++) {
        bash_names(out, &completion_own[i], " ");
        completion_put(out, i + 1 < COMPLETION_OWN ? " " : "\"");
    }
}

static void
bash_commands(struct buf *out, const struct opt_set *set)
{
    struct opt_command command;

    completion_put(out, "    case $command in\n    '')\n        operands=\"");
    for (size_t i = 0; set->command(i, &command); i++) {
        completion_put(out, i > 0 ? " " : "");
        completion_put(out, command.name);
    }
    completion_put(out, "\"\n        ");
    bash_options(out, set);
    completion_put(out, "\n        ;;\n");
    for (size_t i = 0; set->command(i, &command); i++) {
        completion_put(out, "    ");
        completion_put(out, command.name);
        completion_put(out, ")\n        ");
        bash_options(out, &command.set);
        completion_put(out, "\n");
        if (completion_takes_groups(command.set.synopsis)) {
            completion_put(out, "        operands=$(");
            completion_put(out, completion_groups);
            completion_put(out, ")\n");
        }
        completion_put(out, "        ;;\n");
    }
    completion_put(out, "    esac\n");
}

/* All options that any command takes, each once. */
static size_t
gather(const struct opt_set *set, struct opt all[static OPTIONS_MAX])
{
    struct opt_command command;
    size_t n = 0;

    for (size_t i = 0; i < set->n_opts && n < OPTIONS_MAX; i++)
        all[n++] = set->opts[i];
    for (size_t i = 0; set->command != NULL && set->command(i, &command); i++)
        for (size_t j = 0; j < command.set.n_opts; j++) {
            size_t k = 0;

            while (k < n && strcmp(all[k].name, command.rows[j].name) != 0)
                k++;
            if (k == n && n < OPTIONS_MAX)
                all[n++] = command.rows[j];
        }
    return n;
}

static const char bash_offer[] =
    "    if [[ ${#words[@]} -gt 0 ]]; then\n"
    "        mapfile -t COMPREPLY < <(compgen \"${words[@]}\" -- \"$cur\")\n"
    "    elif [[ $cur == -* ]]; then\n"
    "        mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$cur\")\n"
    "    elif [[ -n $operands ]]; then\n"
    "        mapfile -t COMPREPLY < <(compgen -W \"$operands\" -- \"$cur\")\n"
    "    else\n"
    "        mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
    "    fi\n"
    "}\n";

void
completion_bash(struct buf *out, const struct opt_set *set)
{
    char function[COMPLETION_NAME_MAX];
    struct opt all[OPTIONS_MAX];
    const struct opt_set every = {.opts = all, .n_opts = gather(set, all)};

    completion_function(function, set->program);
    completion_put(out, "# bash completion for ");
    completion_put(out, set->program);
    completion_put(out, "\n");
    completion_put(out, function);
    completion_put(out,
                   "()\n{\n"
                   "    local cur=${COMP_WORDS[COMP_CWORD]} command='' operands='' options='' i\n"
                   "    local words=()\n"
                   "    COMPREPLY=()\n"
                   "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
                   "        case ${COMP_WORDS[i]} in\n");
    bash_skip(out, &every);
    completion_put(out, "        -*) ;;\n"
                        "        *) command=${command:-${COMP_WORDS[i]}} ;;\n"
                        "        esac\n"
                        "    done\n"
                        "    case ${COMP_WORDS[COMP_CWORD-1]} in\n");
    bash_values(out, &every);
    completion_put(out, "    esac\n");
    if (set->command != NULL) {
        bash_commands(out, set);
    } else {
        completion_put(out, "    ");
        bash_options(out, set);
        completion_put(out, "\n");
    }
    completion_put(out, bash_offer);
    completion_put(out, "complete -F ");
    completion_put(out, function);
    completion_put(out, " ");
    completion_put(out, set->program);
    completion_put(out, "\n");
}
