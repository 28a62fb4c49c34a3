/* The tables of commands and options: whole, without contradictions, and all that is made from them
 * says the same. */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cli/commands.h"
#include "cli/examples.h"
#include "cli/help.h"
#include "cli/manual.h"
#include "cli/settings.h"

static const struct opt_set program = {
    .program = "conclave",
    .synopsis = "COMMAND",
    .about = "About.",
    .command = commands_next,
};

/* ---- the tables ---- */

static void
every_command_is_told_of(void **state)
{
    const struct command *c;
    size_t n = 0;

    (void)state;
    for (; (c = commands_at(n)) != NULL; n++) {
        assert_true(c->name != NULL || c->chat != NULL);
        assert_true(c->least <= c->most || c->name == NULL);
        if (c->name != NULL) {
            assert_ptr_equal(commands_find(c->name), c);
            assert_true(c->synopsis != NULL && c->summary[0] != '\0');
            assert_int_equal(c->help[strlen(c->help) - 1], '.');
        }
        if (c->chat != NULL) {
            assert_ptr_equal(commands_find_chat(c->chat), c);
            assert_true(c->chat_synopsis != NULL && c->chat_summary[0] != '\0');
        }
    }
    assert_int_equal(n, COMMAND_COUNT);
    assert_null(commands_find("quit"));
    assert_null(commands_find_chat("bans"));
}

static void
the_chat_has_its_commands(void **state)
{
    static const char *const names[] = {"help",   "join",    "leave", "msg", "members",
                                        "nick",   "topic",   "kick",  "ban", "invite",
                                        "search", "history", "quit"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (commands_find_chat(names[i]) == NULL)
            fail_msg("/%s is missing", names[i]);
}

static void
misspelt_commands_are_guessed(void **state)
{
    (void)state;
    assert_string_equal(commands_nearest("histroy")->name, "history");
    assert_string_equal(commands_nearest("seach")->name, "search");
    assert_null(commands_nearest("dance"));
    assert_null(commands_nearest("a very long name that is not one at all"));
}

/* A letter means one thing, whatever the command. */
static void
letters_and_names_are_unambiguous(void **state)
{
    struct opt rows[OPTIONS_MAX];
    size_t n = settings_options(rows, ~0u, NULL);

    (void)state;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(rows[i].name, rows[j].name);
            assert_true(rows[i].letter == 0 || rows[i].letter != rows[j].letter);
            assert_true(rows[i].letter != 'h');
        }
}

static void
every_option_has_what_it_needs(void **state)
{
    struct opt rows[OPTIONS_MAX];
    size_t n = settings_options(rows, ~0u, NULL);
    char why[256];

    (void)state;
    for (size_t i = 0; i < n; i++) {
        const struct opt *o = &rows[i];

        assert_true((o->fits == NULL) == (o->needed == NULL));
        assert_true(o->choices == NULL || o->arg != NULL);
        assert_true(islower((unsigned char)o->name[0]));
        if (o->arg != NULL && o->fallback != NULL)
            assert_true(opts_fits(o, o->fallback, why, sizeof why));
    }
}

static void
synopses_name_options_that_the_command_takes(void **state)
{
    struct opt_command c;

    (void)state;
    for (size_t i = 0; commands_next(i, &c); i++) {
        const char *at = c.set.synopsis;

        while ((at = strstr(at, "--")) != NULL) {
            size_t len = strspn(at + 2, "abcdefghijklmnopqrstuvwxyz-");
            bool found = false;

            for (size_t j = 0; j < c.set.n_opts; j++)
                found |= strlen(c.rows[j].name) == len && strncmp(c.rows[j].name, at + 2, len) == 0;
            if (!found)
                fail_msg("%s takes no %.*s", c.name, (int)len + 2, at);
            at += len + 2;
        }
    }
}

static void
every_command_has_examples(void **state)
{
    struct opt_command c;
    const struct example *e;

    (void)state;
    for (size_t i = 0; commands_next(i, &c); i++)
        if (examples_of(c.program, 0) == NULL)
            fail_msg("%s has no example", c.program);
    for (size_t i = 0; (e = examples_at(i)) != NULL; i++)
        if (strstr(e->line, e->program) == NULL)
            fail_msg("\"%s\" is none of %s", e->line, e->program);
}

/* ---- what is made from them ---- */

static char document[65536];

static const char *
made(void (*make)(struct buf *out, const struct opt_set *set), const struct opt_set *set)
{
    struct buf out;

    buf_init(&out, sizeof document - 1);
    make(&out, set);
    assert_false(out.failed);
    memcpy(document, out.p, out.len);
    document[out.len] = '\0';
    buf_clear(&out);
    return document;
}

static void
help_of_80(struct buf *out, const struct opt_set *set)
{
    help_format(out, set, 80);
}

/* As the document writes it: "--server-key", or with \- in a manual page. */
static void
check_option(const char *text, const char *before, const char *name, bool troff)
{
    char wanted[128];
    size_t n = (size_t)snprintf(wanted, sizeof wanted, "%s", before);

    for (; *name != '\0'; name++)
        n += (size_t)snprintf(wanted + n, sizeof wanted - n, "%s%c",
                              troff && *name == '-' ? "\\" : "", *name);
    if (strstr(text, wanted) == NULL)
        fail_msg("\"%s\" is missing", wanted);
}

static void
every_option_stands_in_every_document(void **state)
{
    static const struct {
        void (*make)(struct buf *out, const struct opt_set *set);
        const char *before;
        bool troff;
    } forms[] = {{help_of_80, "--", false}, {manual_page, "\\fB\\-\\-", true}};
    struct opt_command c;

    (void)state;
    for (size_t f = 0; f < sizeof forms / sizeof forms[0]; f++)
        for (size_t i = 0; commands_next(i, &c); i++) {
            const char *text = made(forms[f].make, &c.set);

            for (size_t j = 0; j < c.set.n_opts; j++)
                check_option(text, forms[f].before, c.rows[j].name, forms[f].troff);
        }
}

static void
every_command_stands_in_every_document(void **state)
{
    static void (*const forms[])(struct buf * out, const struct opt_set *set) = {help_of_80,
                                                                                 manual_page};
    struct opt_command c;

    (void)state;
    for (size_t f = 0; f < sizeof forms / sizeof forms[0]; f++)
        for (size_t i = 0; commands_next(i, &c); i++)
            if (strstr(made(forms[f], &program), c.name) == NULL)
                fail_msg("%s is missing in document %zu", c.name, f);
}

static void
every_setting_stands_in_the_page_of_the_configuration(void **state)
{
    struct opt rows[OPTIONS_MAX];
    size_t n = settings_configured(rows, NULL);
    struct buf out;

    (void)state;
    buf_init(&out, sizeof document - 1);
    manual_config_page(&out);
    memcpy(document, out.p, out.len);
    document[out.len] = '\0';
    buf_clear(&out);
    for (size_t i = 0; i < n; i++)
        check_option(document, "\\fB", rows[i].name, true);
}

/* A line of help is at most as wide as the terminal; words are not, so that a path stays whole. */
static void
help_fits_the_terminal(void **state)
{
    static const size_t widths[] = {45, 80, 100};
    struct opt_command c;
    struct buf out;

    (void)state;
    for (size_t w = 0; w < sizeof widths / sizeof widths[0]; w++)
        for (size_t i = 0; commands_next(i, &c); i++) {
            buf_init(&out, sizeof document - 1);
            help_format(&out, &c.set, widths[w]);
            memcpy(document, out.p, out.len);
            document[out.len] = '\0';
            buf_clear(&out);
            for (char *line = strtok(document, "\n"); line != NULL; line = strtok(NULL, "\n"))
                if (strlen(line) > widths[w])
                    fail_msg("%s, %zu columns: %s", c.name, widths[w], line);
        }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_is_told_of),
        cmocka_unit_test(the_chat_has_its_commands),
        cmocka_unit_test(misspelt_commands_are_guessed),
        cmocka_unit_test(letters_and_names_are_unambiguous),
        cmocka_unit_test(every_option_has_what_it_needs),
        cmocka_unit_test(synopses_name_options_that_the_command_takes),
        cmocka_unit_test(every_command_has_examples),
        cmocka_unit_test(every_option_stands_in_every_document),
        cmocka_unit_test(every_command_stands_in_every_document),
        cmocka_unit_test(every_setting_stands_in_the_page_of_the_configuration),
        cmocka_unit_test(help_fits_the_terminal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
