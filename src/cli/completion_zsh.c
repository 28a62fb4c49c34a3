#include <string.h>

#include "cli/completion.h"
#include "cli/manual.h"

/* The text within [...] of _arguments. */
static void
zsh_help(struct buf *out, const char *help)
{
    for (; *help != '\0'; help++) {
        if (strchr("[]:\\", *help) != NULL)
            completion_put(out, "\\");
        if (*help == '\'')
            completion_put(out, "'\\''");
        else
            buf_append(out, help, 1);
    }
}

static void
zsh_option(struct buf *out, const struct opt *opt, const char *indent)
{
    completion_put(out, indent);
    if (opt->letter != 0) {
        completion_put(out, "'(-");
        buf_append(out, &opt->letter, 1);
        completion_put(out, " --");
        completion_put(out, opt->name);
        completion_put(out, ")'{-");
        buf_append(out, &opt->letter, 1);
        completion_put(out, ",--");
        completion_put(out, opt->name);
        completion_put(out, opt->arg != NULL ? "=}'[" : "}'[");
    } else {
        completion_put(out, "'--");
        completion_put(out, opt->name);
        completion_put(out, opt->arg != NULL ? "=[" : "[");
    }
    zsh_help(out, opt->help);
    completion_put(out, "]");
    if (opt->arg != NULL) {
        completion_put(out, ":");
        zsh_help(out, opt->arg);
        completion_put(out, ":");
        switch (completion_takes(opt)) {
        case TAKES_FILE:
            completion_put(out, "_files");
            break;
        case TAKES_DIR:
            completion_put(out, "_files -/");
            break;
        case TAKES_CHOICE:
            completion_put(out, "(");
            completion_put_choices(out, opt);
            completion_put(out, ")");
            break;
        case TAKES_OTHER:
            completion_put(out, " ");
            break;
        }
    }
    completion_put(out, "' \\\n");
}

static void
zsh_options(struct buf *out, const struct opt_set *set, const char *indent)
{
    for (size_t i = 0; i < set->n_opts; i++)
        zsh_option(out, &set->opts[i], indent);
    for (size_t i = 0; i < COMPLETION_OWN; i++)
        zsh_option(out, &completion_own[i], indent);
}

static void
zsh_commands(struct buf *out, const struct opt_set *set, const char *function)
{
    struct opt_command command;

    completion_put(out, "    local -a commands=(\n");
    for (size_t i = 0; set->command(i, &command); i++) {
        completion_put(out, "        '");
        completion_put(out, command.name);
        completion_put(out, ":");
        zsh_help(out, command.set.summary);
        completion_put(out, "'\n");
    }
    completion_put(out, "    )\n    local -a groups=(${(f)\"$(");
    completion_put(out, completion_groups);
    completion_put(out, ")\"})\n    _arguments -C \\\n");
    zsh_options(out, set, "        ");
    completion_put(out, "        '1: :->command' '*:: :->rest' && return\n"
                        "    case $state in\n"
                        "    command) _describe command commands ;;\n"
                        "    rest)\n"
                        "        case $words[1] in\n");
    for (size_t i = 0; set->command(i, &command); i++) {
        completion_put(out, "        ");
        completion_put(out, command.name);
        completion_put(out, ") _arguments \\\n");
        zsh_options(out, &command.set, "            ");
        completion_put(out, completion_takes_groups(command.set.synopsis)
                                ? "            '*:group:($groups)' ;;\n"
                                : "            '*: :_files' ;;\n");
    }
    completion_put(out, "        esac ;;\n    esac\n}\n");
    completion_put(out, function);
    completion_put(out, " \"$@\"\n");
}

void
completion_zsh(struct buf *out, const struct opt_set *set)
{
    char function[COMPLETION_NAME_MAX];

    completion_function(function, set->program);
    completion_put(out, "#compdef ");
    completion_put(out, set->program);
    completion_put(out, "\n");
    completion_put(out, function);
    completion_put(out,
                   "()\n{\n    local context state state_descr line\n    typeset -A opt_args\n");
    if (set->command != NULL) {
        zsh_commands(out, set, function);
        return;
    }
    completion_put(out, "    _arguments \\\n");
    zsh_options(out, set, "        ");
    completion_put(out, "        '*: :_files'\n}\n");
    completion_put(out, function);
    completion_put(out, " \"$@\"\n");
}
