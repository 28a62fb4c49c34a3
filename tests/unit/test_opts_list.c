/* An option that may be given several times. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cli/opts.h"

#define MOST 3

static const char *values[MOST];
static struct opt_list list = {.values = values, .most = MOST};
static const char *last;

static int
parse(int argc, const char *const *args)
{
    static const struct opt opts[] = {{.name = "owner",
                                       .letter = 'o',
                                       .arg = "FILE",
                                       .env = "TEST_OWNER",
                                       .value = &last,
                                       .all = &list,
                                       .help = "one of them"}};
    static const struct opt_set set = {.program = "prog",
                                       .synopsis = "",
                                       .about = "Does something.",
                                       .opts = opts,
                                       .n_opts = 1};
    char *argv[8];
    int first;

    for (int i = 0; i < argc; i++)
        argv[i] = (char *)args[i];
    list.n = 0;
    last = NULL;
    return opts_parse(&set, argc, argv, false, &first);
}

static void
all_values_are_kept_in_order(void **state)
{
    static const char *const args[] = {"prog", "--owner", "a", "--owner=b", "-oc"};

    (void)state;
    assert_int_equal(parse(5, args), -1);
    assert_int_equal(list.n, 3);
    assert_string_equal(values[0], "a");
    assert_string_equal(values[1], "b");
    assert_string_equal(values[2], "c");
    assert_string_equal(last, "c");
}

static void
one_too_many_is_misuse(void **state)
{
    static const char *const args[] = {"prog", "-oa", "-ob", "-oc", "-od"};

    (void)state;
    assert_int_equal(parse(5, args), CONCLAVE_INVALID);
}

static void
environment_gives_one_where_the_command_line_gives_none(void **state)
{
    static const char *const none[] = {"prog"}, *const some[] = {"prog", "-oa"};

    (void)state;
    setenv("TEST_OWNER", "from outside", 1);
    assert_int_equal(parse(1, none), -1);
    assert_int_equal(list.n, 1);
    assert_string_equal(values[0], "from outside");
    assert_int_equal(parse(2, some), -1);
    assert_int_equal(list.n, 1);
    assert_string_equal(values[0], "a");
    unsetenv("TEST_OWNER");
    assert_int_equal(parse(1, none), -1);
    assert_int_equal(list.n, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_values_are_kept_in_order),
        cmocka_unit_test(one_too_many_is_misuse),
        cmocka_unit_test(environment_gives_one_where_the_command_line_gives_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
