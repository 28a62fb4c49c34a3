/* The configuration: what is right, what is told of what is not, and how it is changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/paths.h"
#include "cli/config.h"

#define FILE_NAME "/etc/conclave/conclave.conf"

/* Every problem as "LINE TEXT\n". */
struct told {
    char text[4096];
};

static void
tell(void *ctx, unsigned line, const char *text)
{
    struct told *told = ctx;
    size_t len = strlen(told->text);

    snprintf(told->text + len, sizeof(told->text) - len, "%u %s\n", line, text);
}

static struct told
parse(struct config *c, const char *text)
{
    struct told told = {""};
    enum status st = config_parse(c, span_of(text), FILE_NAME, tell, &told);

    assert_int_equal(st, told.text[0] == '\0' ? ST_OK : ST_INVALID);
    return told;
}

static void
check_problem(const char *text, const char *problems)
{
    struct config c;

    assert_string_equal(parse(&c, text).text, problems);
    config_clear(&c);
}

static const char *
value_in(const char *text, const char *name)
{
    static char value[PATH_MAX];
    struct config c;

    assert_string_equal(parse(&c, text).text, "");
    assert_non_null(config_value(&c, name));
    snprintf(value, sizeof(value), "%s", config_value(&c, name));
    config_clear(&c);
    return value;
}

static void
values_are_bare_or_in_quotes(void **state)
{
    (void)state;
    assert_string_equal(value_in("nick = alice\n", "nick"), "alice");
    assert_string_equal(value_in("nick = \"al ice\"", "nick"), "al ice");
    assert_string_equal(value_in("nick='a\"b'  # who\r\n", "nick"), "a\"b");
    assert_string_equal(value_in("# all\n\n   # of it\nutc = yes # always\n", "utc"), "yes");
    assert_string_equal(value_in("timeout =\t500ms   ", "timeout"), "500ms");
}

static void
what_is_not_there_has_no_value(void **state)
{
    struct config c;

    (void)state;
    assert_string_equal(parse(&c, "nick = a\n").text, "");
    assert_null(config_value(&c, "server"));
    assert_null(config_value(&c, ""));
    config_clear(&c);
    assert_string_equal(parse(&c, "").text, "");
    assert_int_equal(c.n, 0);
}

static void
paths_begin_beside_the_file_or_at_home(void **state)
{
    (void)state;
    setenv("HOME", "/home/a", 1);
    assert_string_equal(value_in("key = k.key", "key"), "/etc/conclave/k.key");
    assert_string_equal(value_in("key = ~/k.key", "key"), "/home/a/k.key");
    assert_string_equal(value_in("key = /k.key", "key"), "/k.key");
    assert_string_equal(value_in("server-key = s.key", "server-key"), "/etc/conclave/s.key");
    assert_string_equal(value_in("server-key = 'rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7'",
                                 "server-key"),
                        "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7");
}

static void
problems_are_told_with_their_lines(void **state)
{
    (void)state;
    check_problem("nick = a\nnick = b\n", "2 nick is set in line 1 already\n");
    check_problem("\n\nnack = a\n", "3 there is no setting nack\n");
    check_problem("after = 1h\n", "1 there is no setting after\n");
    check_problem("timeout = 5y", "1 timeout: a time such as 500ms or 5s is needed\n");
    check_problem("theme = green", "1 theme: dark or light is needed\n");
    check_problem("color = sometimes", "1 color: auto, always or never is needed\n");
    check_problem("json = 1", "1 json: yes or no is needed\n");
    check_problem("server = example.org", "1 server: an address such as "
                                          "example.org:5550 is needed\n");
    check_problem("nick = \"\"", "1 nick: a name that is fit for a nick: 1 to 64 bytes without "
                                 "control characters is needed\n");
    check_problem("nick =\n", "1 this is not NAME = VALUE\n");
    check_problem("nick = \"a", "1 this is not NAME = VALUE\n");
    check_problem("nick = \"a\" b", "1 this is not NAME = VALUE\n");
    check_problem("= a", "1 this is not NAME = VALUE\n");
    check_problem("  nick = a", "1 this is not NAME = VALUE\n");
    check_problem("curve\n    nick = a\n",
                  "1 there are no sections here: NAME = VALUE at the beginning of the line\n"
                  "2 there are no sections here: NAME = VALUE at the beginning of the line\n");
    check_problem("x\033[2J\n", "1 this is not NAME = VALUE\n");
    check_problem("nick = \033[2J\n", "1 nick: the value is too long, or is not plain text\n");
    check_problem("nick = \xff\n", "1 nick: the value is too long, or is not plain text\n");
}

static void
all_that_is_right_counts_beside_what_is_wrong(void **state)
{
    struct config c;
    struct told told = parse(&c, "nick = a\nbad\ntheme = light\nworse\n");

    (void)state;
    assert_string_equal(told.text,
                        "2 there are no sections here: NAME = VALUE at the beginning of the line\n"
                        "4 there are no sections here: NAME = VALUE at the beginning of the "
                        "line\n");
    assert_string_equal(config_value(&c, "nick"), "a");
    assert_string_equal(config_value(&c, "theme"), "light");
    config_clear(&c);
}

static void
every_cut_of_a_file_is_read_without_harm(void **state)
{
    static const char text[] = "# x\nnick = \"a\"\nserver = tcp://h:1 # y\n    z = 1\nutc = no";

    (void)state;
    for (size_t len = 0; len < sizeof(text); len++) {
        char *exact = malloc(len > 0 ? len : 1);
        struct told told = {""};
        struct config c;

        assert_non_null(exact);
        memcpy(exact, text, len);
        config_parse(&c, (struct span){(const uint8_t *)exact, len}, FILE_NAME, tell, &told);
        config_clear(&c);
        free(exact);
    }
}

static void
a_file_that_is_too_large_is_refused(void **state)
{
    char *text = malloc(CONFIG_BYTES_MAX + 1);
    struct told told = {""};
    struct config c;

    (void)state;
    assert_non_null(text);
    memset(text, '#', CONFIG_BYTES_MAX + 1);
    assert_int_equal(config_parse(&c, (struct span){(const uint8_t *)text, CONFIG_BYTES_MAX + 1},
                                  FILE_NAME, tell, &told),
                     ST_INVALID);
    assert_string_equal(told.text, "0 the file is too large\n");
    free(text);
}

/* ---- changes ---- */

static const char *
edited(const char *text, const struct config_change *changes, size_t n)
{
    static char out[2048];
    struct buf b;

    buf_init(&b, 0);
    config_edit(&b, span_of(text), changes, n);
    assert_false(b.failed);
    snprintf(out, sizeof(out), "%.*s", (int)b.len, (const char *)b.p);
    buf_clear(&b);
    return out;
}

static void
changes_keep_what_they_do_not_change(void **state)
{
    static const struct config_change changes[] = {{"server", "tcp://b:2"}, {"nick", "bob"}};

    (void)state;
    assert_string_equal(edited("# mine\nserver = tcp://a:1  # old\n\ntheme = light", changes, 2),
                        "# mine\nserver = \"tcp://b:2\"\n\ntheme = light\nnick = \"bob\"\n");
    assert_string_equal(edited("nick = a\nnick = b\n", &changes[1], 1), "nick = \"bob\"\n");
    assert_string_equal(edited("    nick = a\n", &changes[1], 1), "    nick = a\nnick = \"bob\"\n");
}

static void
a_new_file_says_what_it_is(void **state)
{
    static const struct config_change change = {"nick", "bob"};
    struct config c;

    (void)state;
    assert_ptr_equal(strstr(edited("", &change, 1), "#   Settings of conclave"),
                     edited("", &change, 1));
    assert_string_equal(parse(&c, edited("", &change, 1)).text, "");
    assert_string_equal(config_value(&c, "nick"), "bob");
    config_clear(&c);
}

/* ---- files ---- */

struct place {
    char dir[64];
    struct path file;
};

static void
make_place(struct place *p)
{
    snprintf(p->dir, sizeof(p->dir), "/tmp/conclave-config-XXXXXX");
    assert_non_null(mkdtemp(p->dir));
    assert_true(paths_within(&p->file, p->dir, "sub/dir/conclave.conf"));
}

static void
remove_place(const struct place *p)
{
    char command[128];

    snprintf(command, sizeof(command), "rm -rf %s", p->dir);
    assert_int_equal(system(command), 0);
}

static void
a_file_is_made_with_its_directories_and_read_back(void **state)
{
    static const struct config_change change = {"nick", "bob"};
    struct told told = {""};
    struct fault why = {""};
    struct place p;
    struct config c;
    struct stat info;

    (void)state;
    make_place(&p);
    assert_int_equal(config_load(&c, p.file.text, tell, &told, &why), ST_NOT_FOUND);
    assert_int_equal(config_save(p.file.text, &change, 1, &why), ST_OK);
    assert_int_equal(config_load(&c, p.file.text, tell, &told, &why), ST_OK);
    assert_string_equal(config_value(&c, "nick"), "bob");
    config_clear(&c);
    assert_int_equal(stat(p.file.text, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    remove_place(&p);
}

static void
a_file_that_others_can_change_is_refused(void **state)
{
    static const struct config_change change = {"nick", "bob"};
    struct told told = {""};
    struct fault why = {""};
    struct place p;
    struct config c;

    (void)state;
    make_place(&p);
    assert_int_equal(config_save(p.file.text, &change, 1, &why), ST_OK);
    assert_int_equal(chmod(p.file.text, 0620), 0);
    assert_int_equal(config_load(&c, p.file.text, tell, &told, &why), ST_DENIED);
    assert_non_null(strstr(why.text, "chmod go-w"));
    assert_int_equal(config_load(&c, p.dir, tell, &told, &why), ST_DENIED);
    remove_place(&p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_bare_or_in_quotes),
        cmocka_unit_test(what_is_not_there_has_no_value),
        cmocka_unit_test(paths_begin_beside_the_file_or_at_home),
        cmocka_unit_test(problems_are_told_with_their_lines),
        cmocka_unit_test(all_that_is_right_counts_beside_what_is_wrong),
        cmocka_unit_test(every_cut_of_a_file_is_read_without_harm),
        cmocka_unit_test(a_file_that_is_too_large_is_refused),
        cmocka_unit_test(changes_keep_what_they_do_not_change),
        cmocka_unit_test(a_new_file_says_what_it_is),
        cmocka_unit_test(a_file_is_made_with_its_directories_and_read_back),
        cmocka_unit_test(a_file_that_others_can_change_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
