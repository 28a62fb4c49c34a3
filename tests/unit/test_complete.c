/* What is offered at the end of a command line: from the tables, and asked for by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/commands.h"
#include "cli/complete.h"
#include "cli/settings.h"

#define WORDS_MAX 16

static char offered[65536];
static char line[256];
static struct settings values;

/* Names are called as what was asked for. */
static void
names(struct complete *c, const char *what)
{
    char name[64];

    snprintf(name, sizeof name, "<%s>", what);
    complete_offer(c, name, "");
    complete_offer(c, "a b", "two words");
    complete_offer(c, "a\nb", "");
}

/* text: the words with a blank between; a blank at the end begins an empty one. Returns the offers,
 * without what they are, with a blank behind each. */
static const char *
offers_of(const struct opt_set *set, complete_names *ask, const char *text)
{
    char *words[WORDS_MAX];
    char *rest = line;
    char *out = NULL;
    size_t size = 0;
    size_t n = 0;
    struct complete c = {.set = set, .names = ask, .out = open_memstream(&out, &size)};

    assert_non_null(c.out);
    snprintf(line, sizeof line, "%s", text);
    while (n < WORDS_MAX && (words[n] = strsep(&rest, " ")) != NULL)
        n++;
    assert_int_equal(complete_line(&c, words, n), CONCLAVE_OK);
    assert_int_equal(fclose(c.out), 0);
    offered[0] = '\0';
    for (char *at = out, *row; (row = strsep(&at, "\n")) != NULL && at != NULL;) {
        row[strcspn(row, "\t")] = '\0';
        strcat(strcat(offered, row), " ");
    }
    free(out);
    return offered;
}

static const char *
offers(const char *text)
{
    static struct opt rows[OPTIONS_MAX];
    struct opt_set set = {.program = "conclave", .opts = rows, .command = commands_next};

    values = (struct settings){0};
    set.n_opts = settings_options(rows, OPTION_ALL, &values);
    set.synopsis = "COMMAND";
    return offers_of(&set, names, text);
}

static void
commands_come_first(void **state)
{
    (void)state;
    assert_string_equal(offers("hi"), "history ");
    assert_string_equal(offers("--json -k x kic"), "kick ");
    assert_string_equal(offers("help ki"), "kick ");
    assert_string_equal(offers("dance "), "");
    assert_non_null(strstr(offers(""), "send "));
}

static void
options_are_those_of_the_command(void **state)
{
    (void)state;
    assert_string_equal(offers("send --f"), "--file ");
    assert_string_equal(offers("send dev --whol"), "--whole ");
    assert_string_equal(offers("send --lim"), "");
    assert_string_equal(offers("--lim"), "");
    assert_string_equal(offers("--server-k"), "--server-key ");
    assert_string_equal(offers("feed --hel"), "--help ");
    assert_string_equal(offers("search dev -- --fr"), "");
}

static void
values_are_choices_files_or_names(void **state)
{
    (void)state;
    assert_string_equal(offers("--color a"), "auto always ");
    assert_string_equal(offers("history dev --color n"), "never ");
    assert_string_equal(offers("--key x"), ":files ");
    assert_string_equal(offers("send dev -F x"), ":files ");
    assert_string_equal(offers("--state x"), ":dirs ");
    assert_string_equal(offers("feed dev --resume <"), "<resume> ");
    assert_string_equal(offers("search dev x --from <"), "<from> ");
}

/* One word in some shells, three in bash. */
static void
a_value_may_be_glued(void **state)
{
    (void)state;
    assert_string_equal(offers("--color=a"), "--color=auto --color=always ");
    assert_string_equal(offers("--color = a"), "auto always ");
    assert_string_equal(offers("--color ="), "auto always never ");
    assert_string_equal(offers("--timeout = 5s kic"), "kick ");
    assert_string_equal(offers("--key=x"), ":files ");
}

static void
operands_are_asked_for_as_the_synopsis_calls_them(void **state)
{
    static const struct {
        const char *line;
        const char *offers;
    } rows[] = {
        {"history <", "<GROUP> "},
        {"send <", "<GROUP> "},
        {"send dev <", "<TEXT> "},
        {"send dev a b c <", "<TEXT> "},
        {"kick dev <", "<WHO> "},
        {"ban dev <", "<WHO> "},
        {"role dev bob <", "<ROLE> "},
        {"role dev bob owner <", ""},
        {"revoke dev <", "<ID> "},
        {"trust <", "<GROUP> "},
        {"chat dev more <", "<GROUP> "},
        {"feed --last 3 dev more <", "<GROUP> "},
        {"groups <", ""},
        {"init <", ""},
        {"join <", "<GROUP> <INVITE> "},
        {"history dev <", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_string_equal(offers(rows[i].line), rows[i].offers);
}

static void
words_of_a_synopsis_are_offered_and_part_its_forms(void **state)
{
    (void)state;
    assert_string_equal(offers("config "), "check show ");
    assert_string_equal(offers("config c"), "check ");
    assert_string_equal(offers("config check "), ":files ");
    assert_string_equal(offers("config show "), "");
}

static void
what_a_terminal_does_not_show_as_it_is_is_not_offered(void **state)
{
    (void)state;
    assert_string_equal(offers("kick dev a"), "a b ");
}

static void
values_in_front_are_known_when_names_are_asked_for(void **state)
{
    (void)state;
    offers("--state /s -k mine --server=a:1 kick dev ");
    assert_string_equal(values.state, "/s");
    assert_string_equal(values.key, "mine");
    assert_string_equal(values.server, "a:1");
    offers("kick --from --state dev ");
    assert_string_equal(values.from, "--state");
    assert_null(values.state);
}

static void
a_program_without_commands_has_its_own(void **state)
{
    static const char *const which[] = {"all", "none", NULL};
    static const struct opt rows[] = {
        {.name = "keep", .letter = 'k', .arg = "WHICH", .choices = which, .help = "what"},
        {.name = "quiet", .letter = 'q', .help = "how"},
    };
    static const struct opt_set set = {.program = "tool",
                                       .synopsis = "[OPTION...] FILE",
                                       .opts = rows,
                                       .n_opts = 2};

    (void)state;
    assert_string_equal(offers_of(&set, NULL, "-qk "), "all none ");
    assert_string_equal(offers_of(&set, NULL, "-q --k"), "--keep ");
    assert_string_equal(offers_of(&set, NULL, "-"), "--keep -k --quiet -q --help -h --version ");
    assert_string_equal(offers_of(&set, NULL, ""), ":files ");
    assert_string_equal(offers_of(&set, NULL, "x "), "");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_come_first),
        cmocka_unit_test(options_are_those_of_the_command),
        cmocka_unit_test(values_are_choices_files_or_names),
        cmocka_unit_test(a_value_may_be_glued),
        cmocka_unit_test(operands_are_asked_for_as_the_synopsis_calls_them),
        cmocka_unit_test(words_of_a_synopsis_are_offered_and_part_its_forms),
        cmocka_unit_test(what_a_terminal_does_not_show_as_it_is_is_not_offered),
        cmocka_unit_test(values_in_front_are_known_when_names_are_asked_for),
        cmocka_unit_test(a_program_without_commands_has_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
