#include "cli/manual.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "cli/examples.h"
#include "cli/help.h"
#include "cli/settings.h"

#define PAGE_NAME_MAX 64

static void
put(struct buf *out, const char *text)
{
    buf_append(out, text, strlen(text));
}

/* Text as troff shows it unchanged. A newline begins a paragraph. */
static void
put_text(struct buf *out, const char *text)
{
    static const struct {
        char c;
        const char *as;
    } special[] = {{'\\', "\\(rs"}, {'-', "\\-"},   {'\'', "\\(aq"},  {'`', "\\(ga"},
                   {'~', "\\(ti"},  {'^', "\\(ha"}, {'\n', "\n.PP\n"}};
    bool at_line_start = true;

    for (; *text != '\0'; text++) {
        const char *as = NULL;

        for (size_t i = 0; i < sizeof special / sizeof special[0]; i++)
            if (special[i].c == *text)
                as = special[i].as;
        if (at_line_start && *text == '.')
            put(out, "\\&");
        if (as != NULL)
            put(out, as);
        else
            buf_append(out, text, 1);
        at_line_start = *text == '\n';
    }
}

static void
put_section(struct buf *out, const char *name)
{
    put(out, ".SH ");
    put(out, name);
    put(out, "\n");
}

/* "conclave send": "conclave-send" */
static void
page_name(char name[static PAGE_NAME_MAX], const char *program)
{
    snprintf(name, PAGE_NAME_MAX, "%s", program);
    for (char *p = name; *p != '\0'; p++)
        if (*p == ' ')
            *p = '-';
}

static void
put_head(struct buf *out, const char *name, const char *section)
{
    char title[PAGE_NAME_MAX];

    snprintf(title, sizeof title, "%s", name);
    for (char *p = title; *p != '\0'; p++)
        *p = (char)toupper((unsigned char)*p);
    put(out, ".TH \"");
    put_text(out, title);
    put(out, "\" \"");
    put(out, section);
    put(out, "\" \"\" \"Conclave " CONCLAVE_VERSION "\" \"Conclave\"\n");
}

static void
put_name(struct buf *out, const char *name, const struct opt_set *set)
{
    char first[256];
    const char *stop = strstr(set->about, ". ");
    size_t len = stop != NULL ? (size_t)(stop - set->about) : strlen(set->about);

    if (set->summary != NULL)
        snprintf(first, sizeof first, "%s", set->summary);
    else
        snprintf(first, sizeof first, "%.*s", (int)len, set->about);
    len = strlen(first);
    if (len > 0 && first[len - 1] == '.')
        first[len - 1] = '\0';
    put_section(out, "NAME");
    put_text(out, name);
    put(out, " \\- ");
    put_text(out, first);
    put(out, "\n");
}

static void
put_synopsis(struct buf *out, const struct opt_set *set)
{
    put_section(out, "SYNOPSIS");
    put(out, ".B ");
    put_text(out, set->program);
    put(out, "\n");
    put_text(out, set->synopsis);
    put(out, set->synopsis[0] != '\0' ? "\n" : "");
}

static void
put_option(struct buf *out, const struct opt *opt)
{
    put(out, ".TP\n");
    if (opt->letter != 0) {
        put(out, "\\fB\\-");
        buf_append(out, &opt->letter, 1);
        put(out, "\\fR, ");
    }
    put(out, "\\fB\\-\\-");
    put_text(out, opt->name);
    put(out, "\\fR");
    if (opt->arg != NULL) {
        put(out, " \\fI");
        put_text(out, opt->arg);
        put(out, "\\fR");
    }
    put(out, "\n");
    put_text(out, opt->help);
    put(out, ".");
    if (opt->fallback != NULL) {
        put(out, " Default: ");
        put_text(out, opt->fallback);
        put(out, ".");
    }
    if (opt->env != NULL) {
        put(out, " Environment: \\fB");
        put(out, opt->env);
        put(out, "\\fR.");
    }
    put(out, "\n");
}

static void
put_options(struct buf *out, const struct opt_set *set, bool common)
{
    for (size_t i = 0; i < set->n_opts; i++)
        if (set->opts[i].common == common)
            put_option(out, &set->opts[i]);
}

static void
put_all_options(struct buf *out, const struct opt_set *set)
{
    static const struct opt help = {.name = "help", .letter = 'h', .help = "print help and exit"};
    static const struct opt version = {.name = "version", .help = "print the version and exit"};

    put_section(out, "OPTIONS");
    put_options(out, set, false);
    if (opts_has(set, false) && opts_has(set, true))
        put(out, ".SS Options of every command\n");
    put_options(out, set, true);
    put_option(out, &help);
    put_option(out, &version);
}

static void
put_commands(struct buf *out, const struct opt_set *set)
{
    struct opt_command command;

    put_section(out, "COMMANDS");
    for (size_t i = 0; set->command(i, &command); i++) {
        put(out, ".TP\n\\fB");
        put_text(out, command.name);
        put(out, "\\fR ");
        put_text(out, command.set.synopsis);
        put(out, "\n");
        put_text(out, command.set.summary);
        put(out, ".\n");
    }
}

static void
put_exits(struct buf *out)
{
    char number[16];

    put_section(out, "EXIT STATUS");
    for (int i = 0; i < HELP_EXITS; i++) {
        snprintf(number, sizeof number, ".TP\n%d\n", i);
        put(out, number);
        put_text(out, help_exit_meaning(i));
        put(out, ".\n");
    }
}

static void
put_examples(struct buf *out, const struct opt_set *set)
{
    const struct example *e;

    if (examples_of(set->program, 0) != NULL)
        put_section(out, "EXAMPLES");
    for (size_t i = 0; (e = examples_of(set->program, i)) != NULL; i++) {
        put(out, ".TP\n\\fB");
        put_text(out, e->line);
        put(out, "\\fR\n");
        put_text(out, e->what);
        put(out, ".\n");
    }
}

static void
put_see_also(struct buf *out, const char *name, const struct opt_set *set)
{
    static const char *const pages[] = {"conclave(1)", "conclave-server(1)", "conclave-group(1)",
                                        "conclave-keygen(1)", "conclave.conf(5)"};
    struct opt_command command;
    char page[PAGE_NAME_MAX];
    bool any = false;

    put_section(out, "SEE ALSO");
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        if (strncmp(pages[i], name, strlen(name)) == 0 && pages[i][strlen(name)] == '(')
            continue;
        put(out, any ? ", " : "");
        put_text(out, pages[i]);
        any = true;
    }
    for (size_t i = 0; set->command != NULL && set->command(i, &command); i++) {
        page_name(page, command.set.program);
        put(out, ", ");
        put_text(out, page);
        put(out, "(1)");
    }
    put(out, "\n");
}

void
manual_page(struct buf *out, const struct opt_set *set)
{
    char name[PAGE_NAME_MAX];

    page_name(name, set->program);
    put_head(out, name, "1");
    put_name(out, name, set);
    put_synopsis(out, set);
    put_section(out, "DESCRIPTION");
    put_text(out, set->about);
    if (set->more != NULL) {
        put(out, "\n.PP\n");
        put_text(out, set->more);
    }
    put(out, "\n");
    if (set->command != NULL)
        put_commands(out, set);
    put_all_options(out, set);
    put_exits(out);
    put_examples(out, set);
    put_see_also(out, name, set);
}

/* ---- the configuration ---- */

static const char config_intro[] =
    "Settings of conclave(1), so that no option is needed. The command line wins over the "
    "environment, and that over this file. Each line is NAME = VALUE; a value may stand in single "
    "or double quotes, and # begins a comment. It is the ZPL format that czmq reads, without "
    "sections. Paths begin in the directory of the file, or with ~/. A switch is yes or no.\n"
    "'conclave init' makes the file, 'conclave config check' says what is wrong with it, 'conclave "
    "config show' what is in force. It is not read when others can change it.";

void
manual_config_page(struct buf *out)
{
    struct opt rows[OPTIONS_MAX];
    size_t n = settings_configured(rows, NULL);
    const struct opt_set set = {.summary = "the settings of conclave(1)", .about = ""};

    put_head(out, "conclave.conf", "5");
    put_name(out, "conclave.conf", &set);
    put_section(out, "SYNOPSIS");
    put(out, "\\(ti/.config/conclave/conclave.conf\n");
    put_section(out, "DESCRIPTION");
    put_text(out, config_intro);
    put(out, "\n");
    put_section(out, "SETTINGS");
    for (size_t i = 0; i < n; i++) {
        put(out, ".TP\n\\fB");
        put_text(out, rows[i].name);
        put(out, "\\fR = \\fI");
        put_text(out, rows[i].arg != NULL ? rows[i].arg : "yes|no");
        put(out, "\\fR\n");
        put_text(out, rows[i].help);
        put(out, ".\n");
    }
    put_section(out, "EXAMPLE");
    put(out, ".nf\nserver = \"tcp://chat.example.org:5550\"\n"
             "server\\-key = server.key    # beside this file\n"
             "nick = \"alice\"\ntheme = light\n.fi\n");
    put_see_also(out, "conclave.conf", &set);
}

/* ---- all forms ---- */

static void
put_command_names(struct buf *out, const struct opt_set *set)
{
    struct opt_command command;

    for (size_t i = 0; set->command != NULL && set->command(i, &command); i++) {
        put(out, command.name);
        put(out, "\n");
    }
}

static void
put_example_lines(struct buf *out, const struct opt_set *set)
{
    const struct example *e;

    (void)set;
    for (size_t i = 0; (e = examples_at(i)) != NULL; i++) {
        put(out, e->line);
        put(out, "\n");
    }
}

static void
put_config_page(struct buf *out, const struct opt_set *set)
{
    (void)set;
    manual_config_page(out);
}

int
manual_generate(const struct opt_set *set, const char *form)
{
    static const struct {
        const char *name;
        void (*make)(struct buf *out, const struct opt_set *set);
    } forms[] = {
        {"man", manual_page},
        {"man5", put_config_page},
        {"commands", put_command_names},
        {"examples", put_example_lines},
    };
    struct buf out;
    int end = CONCLAVE_LOCAL;

    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (strcmp(forms[i].name, form) != 0)
            continue;
        buf_init(&out, 0);
        forms[i].make(&out, set);
        if (!out.failed && fwrite(out.p, 1, out.len, stdout) == out.len && fflush(stdout) == 0)
            end = CONCLAVE_OK;
        buf_clear(&out);
        return end;
    }
    return opts_misuse(set->program, "there is no form %s", form);
}
