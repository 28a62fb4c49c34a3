#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"

#define ORIGIN_MAX (PATH_MAX + 32)

struct checking {
    struct cmd *c;
    const char *file;
    unsigned problems;
};

static void
tell_problem(void *ctx, unsigned line, const char *text)
{
    struct checking *checking = ctx;
    struct tell_failure f = {.code = "config",
                             .text = text,
                             .exit = CONCLAVE_REFUSED,
                             .line = line};

    checking->problems++;
    tell_failure(&checking->c->err, &f);
}

static int
check(struct cmd *c, const char *file)
{
    struct checking checking = {.c = c, .file = file};
    struct config config;
    struct fault why = {0};
    enum status st = config_load(&config, file, tell_problem, &checking, &why);

    config_clear(&config);
    if (checking.problems > 0)
        return cmd_fail(c, CONCLAVE_REFUSED, "config", "%s: %u problem%s", file, checking.problems,
                        checking.problems == 1 ? "" : "s");
    if (st != ST_OK)
        return cmd_fail(c, CONCLAVE_LOCAL, "local", "%s",
                        why.text[0] != '\0' ? why.text : "out of memory");
    tell_change(&c->out, &(struct tell_change){.group = NULL}, "%s is right", file);
    return CONCLAVE_OK;
}

static const char *
value_of(const struct opt *row)
{
    if (row->arg != NULL)
        return *row->value;
    return *row->on ? "yes" : NULL;
}

static bool
is_set_by(const char *variable)
{
    const char *text = variable != NULL ? getenv(variable) : NULL;

    return text != NULL && text[0] != '\0';
}

/* Where a value comes from, in the order in which they win. */
static void
find_origin(const struct config *config, const char *file, const struct opt *row,
            const struct opt *given, char origin[static ORIGIN_MAX])
{
    if (value_of(given) != NULL)
        snprintf(origin, ORIGIN_MAX, "command line");
    else if (is_set_by(row->env))
        snprintf(origin, ORIGIN_MAX, "%s", row->env);
    else if (config_value(config, row->name) != NULL)
        snprintf(origin, ORIGIN_MAX, "%s", file);
    else
        snprintf(origin, ORIGIN_MAX, "default");
}

static void
show_all(struct cmd *c, const struct config *config)
{
    struct opt rows[OPTIONS_MAX];
    struct opt given[OPTIONS_MAX];
    size_t n = settings_configured(rows, &c->set);
    char origin[ORIGIN_MAX];

    settings_configured(given, &c->given);
    for (size_t i = 0; i < n; i++) {
        if (value_of(&rows[i]) == NULL)
            continue;
        find_origin(config, c->config_file.text, &rows[i], &given[i], origin);
        tell_setting(&c->out, rows[i].name, value_of(&rows[i]), origin);
    }
}

/* The configuration was not read yet, so that `check` can tell all that is wrong with it. */
static int
show(struct cmd *c)
{
    struct opt rows[OPTIONS_MAX];
    const struct opt_set opts = {.opts = rows, .n_opts = settings_configured(rows, &c->set)};
    struct checking checking = {.c = c, .file = c->config_file.text};
    char text[FAULT_TEXT_MAX];
    struct fault why = {0};
    enum status st = ST_NOT_FOUND;

    if (c->config_file.text[0] != '\0')
        st = config_load(&c->config, c->config_file.text, tell_problem, &checking, &why);
    if (checking.problems > 0)
        return CONCLAVE_REFUSED;
    if (st != ST_OK && st != ST_NOT_FOUND)
        return cmd_fail(c, CONCLAVE_LOCAL, "local", "%s", why.text);
    c->set = c->given;
    if (!opts_fill(&opts, config_value, &c->config, text, sizeof text))
        return cmd_misuse(c, "%s", text);
    if (c->set.key == NULL && c->key_file.text[0] != '\0')
        c->set.key = c->key_file.text;
    if (c->set.state == NULL && c->state.text[0] != '\0')
        c->set.state = c->state.text;
    show_all(c, &c->config);
    return CONCLAVE_OK;
}

int
cmd_config(struct cmd *c)
{
    if (strcmp(c->args[0], "show") == 0 && c->n_args == 1)
        return show(c);
    if (strcmp(c->args[0], "check") != 0)
        return cmd_misuse(c, "check or show is needed");
    if (c->n_args == 2)
        return check(c, c->args[1]);
    if (c->config_file.text[0] == '\0')
        return cmd_misuse(c, "which FILE?");
    return check(c, c->config_file.text);
}
