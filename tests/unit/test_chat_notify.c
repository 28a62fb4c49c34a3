/* What is told of a mention outside the conversation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "chat/notify.h"

#define PATH_BYTES 256

struct fixture {
    char dir[32];
    char program[PATH_BYTES];
    char told[PATH_BYTES]; /* by the notifier: the texts, a line each */
    struct notify n;
};

static int
setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    char path[PATH_BYTES];
    FILE *script;

    *state = f;
    strcpy(f->dir, "/tmp/notify.XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->program, sizeof f->program, "%s/notify-send", f->dir);
    snprintf(f->told, sizeof f->told, "%s/told", f->dir);
    script = fopen(f->program, "we");
    assert_non_null(script);
    fprintf(script, "#!/bin/sh\nprintf '%%s\\n' \"$3\" >>%s\n", f->told);
    assert_int_equal(fclose(script), 0);
    assert_int_equal(chmod(f->program, 0700), 0);
    snprintf(path, sizeof path, "%s:/usr/bin:/bin", f->dir);
    setenv("PATH", path, 1);
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;

    (void)unlink(f->told);
    (void)unlink(f->program);
    (void)rmdir(f->dir);
    free(f);
    return 0;
}

/* The notifier, if it was run, is done. */
static bool
mention(struct fixture *f, int64_t now_ms, const char *text)
{
    bool bell = notify_mention(&f->n, now_ms, "dev", "alice", text);

    for (size_t i = 0; i < NOTIFY_MAX_RUNNING; i++)
        if (f->n.running[i] > 0) {
            assert_int_equal(waitpid(f->n.running[i], NULL, 0), f->n.running[i]);
            f->n.running[i] = 0;
        }
    return bell;
}

static void
expect_told(const struct fixture *f, const char *expected)
{
    char told[256] = "";
    FILE *file = fopen(f->told, "re");

    if (file != NULL) {
        told[fread(told, 1, sizeof told - 1, file)] = '\0';
        fclose(file);
    }
    assert_string_equal(told, expected);
}

static void
the_desktop_is_told_once_in_two_seconds(void **state)
{
    struct fixture *f = *state;

    f->n.how = NOTIFY_DESKTOP;
    assert_false(mention(f, 1000, "one"));
    assert_false(mention(f, 1001, "two"));
    assert_false(mention(f, 2999, "three"));
    assert_false(mention(f, 3000, "four"));
    assert_false(mention(f, 3001, "five"));
    expect_told(f, "one\nfour\n");
}

static void
the_bell_rings_once_in_two_seconds(void **state)
{
    struct fixture *f = *state;

    f->n.how = NOTIFY_BELL;
    assert_true(mention(f, 1000, "one"));
    assert_false(mention(f, 2999, "two"));
    assert_true(mention(f, 3000, "three"));
    expect_told(f, "");
}

static void
who_wants_to_hear_nothing_does_not(void **state)
{
    struct fixture *f = *state;

    assert_true(notify_parse(&f->n.how, "no"));
    assert_false(mention(f, 1000, "one"));
    expect_told(f, "");
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_desktop_is_told_once_in_two_seconds),
        TEST(the_bell_rings_once_in_two_seconds),
        TEST(who_wants_to_hear_nothing_does_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
