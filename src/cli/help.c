#include "cli/help.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/examples.h"
#include "cli/screen.h"

#define COLUMN_HELP   30 /* where the texts of options begin */
#define COLUMN_NARROW 6  /* the same on a narrow terminal, on a line of their own */
#define NARROW        70
#define WIDTH_WIDEST  100
#define WIDTH_FILE    80

static void
put(struct buf *out, const char *text)
{
    buf_append(out, text, strlen(text));
}

static void
put_blanks(struct buf *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        put(out, " ");
}

static void
wrap(struct buf *out, const char *text, size_t at, size_t indent, size_t width)
{
    screen_wrap(out, span_of(text), at, indent, width);
}

/* The left column, then text in the right one. */
static void
put_row(struct buf *out, const char *left, const char *text, size_t column, size_t width)
{
    size_t len = strlen(left);

    put(out, left);
    if (len + 1 > column) {
        put(out, "\n");
        len = 0;
    }
    put_blanks(out, column - len);
    wrap(out, text, column, column, width);
    put(out, "\n");
}

static void
put_option(struct buf *out, const struct opt *opt, size_t width)
{
    char letter[] = "   ";
    char left[128];
    char text[512];

    if (opt->letter != 0)
        memcpy(letter, (const char[]){'-', opt->letter, ','}, 3);
    snprintf(left, sizeof left, "  %s --%s%s%s", letter, opt->name, opt->arg != NULL ? " " : "",
             opt->arg != NULL ? opt->arg : "");
    snprintf(text, sizeof text, "%s%s%s%s%s%s%s", opt->help,
             opt->fallback != NULL ? " (default: " : "", opt->fallback != NULL ? opt->fallback : "",
             opt->fallback != NULL ? ")" : "", opt->env != NULL ? " [" : "",
             opt->env != NULL ? opt->env : "", opt->env != NULL ? "]" : "");
    put_row(out, left, text, width < NARROW ? COLUMN_NARROW : COLUMN_HELP, width);
}

static void
put_options(struct buf *out, const struct opt_set *set, bool common, size_t width)
{
    for (size_t i = 0; i < set->n_opts; i++)
        if (set->opts[i].common == common)
            put_option(out, &set->opts[i], width);
}

static void
put_all_options(struct buf *out, const struct opt_set *set, size_t width)
{
    static const struct opt own[] = {
        {.name = "help", .letter = 'h', .help = "print this and exit"},
        {.name = "version", .help = "print the version and exit"},
    };

    if (opts_has(set, false)) {
        put(out, "\nOptions:\n");
        put_options(out, set, false, width);
    }
    put(out, opts_has(set, true)    ? "\nOptions of every command:\n"
             : opts_has(set, false) ? ""
                                    : "\nOptions:\n");
    put_options(out, set, true, width);
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        put_option(out, &own[i], width);
}

static void
put_commands(struct buf *out, const struct opt_set *set, size_t width)
{
    struct opt_command command;
    char left[200];

    put(out, "\nCommands:\n");
    for (size_t i = 0; set->command(i, &command); i++) {
        snprintf(left, sizeof left, "  %s %s", command.name, command.set.synopsis);
        put_row(out, left, command.set.summary, width < NARROW ? COLUMN_NARROW : COLUMN_HELP,
                width);
    }
}

static void
put_exits(struct buf *out, size_t width)
{
    char left[16];

    put(out, "\nExit status:\n");
    for (int i = 0; i < HELP_EXITS; i++) {
        snprintf(left, sizeof left, "  %d", i);
        put_row(out, left, help_exit_meaning(i), COLUMN_NARROW, width);
    }
}

static void
put_examples(struct buf *out, const struct opt_set *set, size_t width)
{
    const struct example *e;

    for (size_t i = 0; (e = examples_of(set->program, i)) != NULL; i++) {
        put(out, i == 0 ? "\nExamples:\n  " : "  ");
        wrap(out, e->line, 2, 4, width);
        put(out, "\n");
        put_blanks(out, COLUMN_NARROW);
        wrap(out, e->what, COLUMN_NARROW, COLUMN_NARROW, width);
        put(out, "\n");
    }
}

void
help_format(struct buf *out, const struct opt_set *set, size_t width)
{
    put(out, "Usage: ");
    put(out, set->program);
    if (set->synopsis[0] != '\0')
        put(out, " ");
    wrap(out, set->synopsis, 8 + strlen(set->program), 8, width);
    put(out, "\n");
    wrap(out, set->about, 0, 0, width);
    put(out, "\n");
    if (set->command != NULL)
        put_commands(out, set, width);
    put_all_options(out, set, width);
    if (set->more != NULL) {
        put(out, "\n");
        wrap(out, set->more, 0, 0, width);
        put(out, "\n");
    }
    put_examples(out, set, width);
    if (set->command != NULL)
        put_exits(out, width);
}

static int
end_of_output(void)
{
    return fflush(stdout) == 0 && !ferror(stdout) ? CONCLAVE_OK : CONCLAVE_LOCAL;
}

int
help_print(const struct opt_set *set)
{
    size_t width = screen_width(STDOUT_FILENO);
    struct buf text;
    int end = CONCLAVE_LOCAL;

    buf_init(&text, 0);
    help_format(&text, set, width == 0 ? WIDTH_FILE : width < WIDTH_WIDEST ? width : WIDTH_WIDEST);
    if (!text.failed && fwrite(text.p, 1, text.len, stdout) == text.len)
        end = end_of_output();
    buf_clear(&text);
    return end;
}

int
help_print_version(const struct opt_set *set)
{
    printf("%s %s\n", set->program, CONCLAVE_VERSION);
    return end_of_output();
}

const char *
help_exit_meaning(int status)
{
    static const char *const meanings[HELP_EXITS] = {
        [CONCLAVE_OK] = "done",
        [CONCLAVE_REFUSED] = "refused by the other side, or done in part; the message says which",
        [CONCLAVE_INVALID] = "wrong usage, or a value that cannot be",
        [CONCLAVE_UNREACHABLE] = "not reachable, or no answer in time",
        [CONCLAVE_SERVER_KEY] = "the other side does not have the key that is trusted",
        [CONCLAVE_OWN_KEY] = "your key is not accepted there",
        [CONCLAVE_PROTOCOL] = "the other side speaks another protocol or version",
        [CONCLAVE_LOCAL] = "a local file, key or resource",
        [CONCLAVE_NONE] = "nothing came in the time that was given for it (feed --wait)",
    };

    return status >= 0 && status < HELP_EXITS ? meanings[status] : NULL;
}
