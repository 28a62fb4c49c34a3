#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/opts.h"

#define ARGS_MAX 16

/* What one parse gave. */
struct result {
    const char *name;
    const char *count;
    bool force;
    bool verbose;
    int end;
    int first;
    int argc;
    char *argv[ARGS_MAX];
};

static bool stop_at_operand;

/* Parse the words of a line, with standard output and standard error put into text. */
static struct result
parse(char *line, char *text, size_t size)
{
    struct result r = {.argc = 1, .argv = {(char[]){"prog"}}};
    const struct opt opts[] = {
        {.name = "name",
         .letter = 'n',
         .arg = "NAME",
         .env = "TEST_NAME",
         .help = "a name",
         .value = &r.name},
        {.name = "count",
         .arg = "N",
         .env = "TEST_COUNT",
         .fallback = "7",
         .help = "a count",
         .value = &r.count},
        {.name = "force", .letter = 'f', .env = "TEST_FORCE", .help = "by force", .on = &r.force},
        {.name = "verbose", .letter = 'v', .help = "say more", .on = &r.verbose},
    };
    const struct opt_set set = {
        .program = "prog",
        .synopsis = "[OPTION...] FILE",
        .about = "Does something.",
        .opts = opts,
        .n_opts = sizeof opts / sizeof opts[0],
        .more = "More words.",
    };
    int saved[2] = {dup(STDOUT_FILENO), dup(STDERR_FILENO)};
    FILE *capture = tmpfile();
    size_t n;

    for (char *word = strtok(line, " "); word != NULL; word = strtok(NULL, " "))
        r.argv[r.argc++] = word;
    fflush(stdout);
    dup2(fileno(capture), STDOUT_FILENO);
    dup2(fileno(capture), STDERR_FILENO);
    r.end = opts_parse(&set, r.argc, r.argv, stop_at_operand, &r.first);
    fflush(stdout);
    dup2(saved[0], STDOUT_FILENO);
    dup2(saved[1], STDERR_FILENO);
    close(saved[0]);
    close(saved[1]);
    rewind(capture);
    n = fread(text, 1, size - 1, capture);
    text[n] = '\0';
    fclose(capture);
    return r;
}

static struct result
parse_well(const char *line)
{
    static char words[256];
    char text[256];
    struct result r;

    snprintf(words, sizeof words, "%s", line);
    r = parse(words, text, sizeof text);
    if (r.end != -1)
        fail_msg("\"%s\" ends with %d: %s", line, r.end, text);
    assert_string_equal(text, "");
    return r;
}

static void
check_misuse(const char *line, const char *reason)
{
    char words[256];
    char text[1024];
    char expected[256];
    struct result r;

    snprintf(words, sizeof words, "%s", line);
    snprintf(expected, sizeof expected, "prog: %s\nTry 'prog --help'\n", reason);
    r = parse(words, text, sizeof text);
    assert_int_equal(r.end, CONCLAVE_INVALID);
    assert_string_equal(text, expected);
}

static void
options_and_operands_mix(void **state)
{
    struct result r = parse_well("one -n alice two --count=3 -vf three -- -x --name");

    (void)state;
    assert_string_equal(r.name, "alice");
    assert_string_equal(r.count, "3");
    assert_true(r.force);
    assert_true(r.verbose);
    assert_int_equal(r.argc - r.first, 5);
    assert_string_equal(r.argv[r.first], "one");
    assert_string_equal(r.argv[r.first + 1], "two");
    assert_string_equal(r.argv[r.first + 2], "three");
    assert_string_equal(r.argv[r.first + 3], "-x");
    assert_string_equal(r.argv[r.first + 4], "--name");
}

static void
arguments_may_be_glued_or_apart(void **state)
{
    (void)state;
    assert_string_equal(parse_well("-nalice").name, "alice");
    assert_string_equal(parse_well("-fn alice").name, "alice");
    assert_string_equal(parse_well("--name alice").name, "alice");
    assert_string_equal(parse_well("--name --force").name, "--force");
    assert_string_equal(parse_well("--name=").name, "");
    assert_string_equal(parse_well("--name=a=b").name, "a=b");
    assert_string_equal(parse_well("-").argv[1], "-");
}

static void
first_operand_can_end_the_options(void **state)
{
    struct result r;

    (void)state;
    stop_at_operand = true;
    r = parse_well("-f send --name x");
    stop_at_operand = false;
    assert_true(r.force);
    assert_null(r.name);
    assert_int_equal(r.argc - r.first, 3);
    assert_string_equal(r.argv[r.first], "send");
    assert_string_equal(r.argv[r.first + 1], "--name");
}

static void
defaults_give_way_to_the_environment_and_that_to_the_command_line(void **state)
{
    struct result r = parse_well("");

    (void)state;
    assert_string_equal(r.count, "7");
    assert_null(r.name);
    assert_false(r.force);
    setenv("TEST_COUNT", "8", 1);
    setenv("TEST_FORCE", "1", 1);
    r = parse_well("");
    assert_string_equal(r.count, "8");
    assert_true(r.force);
    assert_string_equal(parse_well("--count 9").count, "9");
    setenv("TEST_COUNT", "", 1);
    setenv("TEST_FORCE", "no", 1);
    r = parse_well("");
    assert_string_equal(r.count, "7");
    assert_false(r.force);
    assert_true(parse_well("--force").force);
    unsetenv("TEST_COUNT");
    unsetenv("TEST_FORCE");
}

static void
misuse_is_told(void **state)
{
    (void)state;
    check_misuse("--bogus=secret", "unknown option --bogus");
    check_misuse("--nam x", "unknown option --nam");
    check_misuse("-x", "unknown option -x");
    check_misuse("-fx", "unknown option -x");
    check_misuse("--name", "--name needs NAME");
    check_misuse("-n", "--name needs NAME");
    check_misuse("--force=1", "--force takes no value");
    check_misuse("-n a --name b", "--name is given twice");
    check_misuse("-ff", "--force is given twice");
    check_misuse("-\x1b", "unknown option -\\x1b");
}

static void
help_and_version_go_to_standard_output(void **state)
{
    char words[] = "--help";
    char short_words[] = "-fh";
    char version_words[] = "x --version";
    char text[2048];

    (void)state;
    assert_int_equal(parse(words, text, sizeof text).end, CONCLAVE_OK);
    assert_string_equal(text, "Usage: prog [OPTION...] FILE\n"
                              "Does something.\n\n"
                              "Options:\n"
                              "  -n, --name NAME             a name [TEST_NAME]\n"
                              "      --count N               a count (default: 7) [TEST_COUNT]\n"
                              "  -f, --force                 by force [TEST_FORCE]\n"
                              "  -v, --verbose               say more\n"
                              "  -h, --help                  print this and exit\n"
                              "      --version               print the version and exit\n\n"
                              "More words.\n");
    assert_int_equal(parse(short_words, text, sizeof text).end, CONCLAVE_OK);
    assert_ptr_equal(strstr(text, "Usage: prog"), text);
    assert_int_equal(parse(version_words, text, sizeof text).end, CONCLAVE_OK);
    assert_string_equal(text, "prog " CONCLAVE_VERSION "\n");
}

static void
numbers_are_whole_and_in_bounds(void **state)
{
    static const char *const bad[] =
        {"", "-", "+1", " 1", "1 ", "1.0", "0x1", "1e3", "101", "-11", "99999999999999999999"};
    long long n = 0;

    (void)state;
    assert_true(opts_number("42", -10, 100, &n));
    assert_int_equal(n, 42);
    assert_true(opts_number("-10", -10, 100, &n));
    assert_int_equal(n, -10);
    assert_true(opts_number("100", -10, 100, &n));
    assert_true(opts_number("-9223372036854775808", INT64_MIN, 0, &n));
    assert_true(n == INT64_MIN);
    n = 5;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(opts_number(bad[i], -10, 100, &n));
    assert_int_equal(n, 5);
}

static void
durations_have_units(void **state)
{
    static const struct {
        const char *text;
        long long ms;
    } good[] = {
        {"500ms", 500},    {"5", 5000},       {"5s", 5000}, {"2m", 120000},
        {"24h", 86400000}, {"7d", 604800000}, {"0.5", 500}, {"1.25s", 1250},
        {"0.1d", 8640000}, {"1.5ms", 1},      {"0", 0},     {"0.999999999d", 86399999},
    };
    static const char *const bad[] = {"",
                                      "s",
                                      "-1s",
                                      "1 s",
                                      "1S",
                                      ".5",
                                      "5.",
                                      "5.s",
                                      "1w",
                                      "1m1s",
                                      "1,5",
                                      "0.1234567890",
                                      "9223372036854775807d",
                                      "9999999999999999999"};
    long long ms = 0;

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(opts_duration_ms(good[i].text, &ms));
        assert_int_equal(ms, good[i].ms);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (opts_duration_ms(bad[i], &ms))
            fail_msg("\"%s\" is read as %lld", bad[i], ms);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_and_operands_mix),
        cmocka_unit_test(arguments_may_be_glued_or_apart),
        cmocka_unit_test(first_operand_can_end_the_options),
        cmocka_unit_test(defaults_give_way_to_the_environment_and_that_to_the_command_line),
        cmocka_unit_test(misuse_is_told),
        cmocka_unit_test(help_and_version_go_to_standard_output),
        cmocka_unit_test(numbers_are_whole_and_in_bounds),
        cmocka_unit_test(durations_have_units),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
