#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "keep.h"

#define KEY "0123456789abcdefghij0123456789abcdefghij"

static char dir[] = "/tmp/chat-keep-XXXXXX";

static int
setup(void **state)
{
    (void)state;
    strcpy(dir, "/tmp/chat-keep-XXXXXX");
    return mkdtemp(dir) == NULL;
}

static int
teardown(void **state)
{
    static const char *const files[] = {"groups", "dev.read", "ops.read"};
    char path[256];

    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, files[i]);
        unlink(path);
    }
    return rmdir(dir);
}

static void
groups_are_remembered(void **state)
{
    struct keep *k = keep_open(dir);

    (void)state;
    assert_non_null(k);
    assert_int_equal(keep_count(k), 0);
    keep_group(k, "dev", KEY, "tcp://127.0.0.1:1");
    keep_group(k, "ops", KEY, "tcp://127.0.0.1:2");
    keep_group(k, "dev", KEY, "tcp://127.0.0.1:3");
    keep_close(k);

    k = keep_open(dir);
    assert_int_equal(keep_count(k), 2);
    assert_string_equal(keep_at(k, 0)->name, "dev");
    assert_string_equal(keep_at(k, 0)->address, "tcp://127.0.0.1:3");
    assert_string_equal(keep_at(k, 1)->name, "ops");
    keep_forget(k, "dev");
    keep_close(k);

    k = keep_open(dir);
    assert_int_equal(keep_count(k), 1);
    assert_string_equal(keep_at(k, 0)->name, "ops");
    assert_string_equal(keep_at(k, 0)->key, KEY);
    keep_close(k);
}

static void
read_positions_are_remembered(void **state)
{
    const struct conclave_cursor read = {.log = {{1, 2, 3}}, .seq = 42};
    struct conclave_cursor back;
    struct keep *k = keep_open(dir);

    (void)state;
    assert_false(keep_read(k, "dev", &back));
    keep_group(k, "dev", KEY, "tcp://127.0.0.1:1");
    keep_set_read(k, "dev", &read);
    assert_true(keep_read(k, "dev", &back));
    assert_memory_equal(&back, &read, sizeof back);
    keep_forget(k, "dev");
    assert_false(keep_read(k, "dev", &back));
    keep_close(k);
}

static void
damaged_lines_are_left_out(void **state)
{
    char path[256];
    struct keep *k;
    FILE *f;

    (void)state;
    snprintf(path, sizeof path, "%s/groups", dir);
    f = fopen(path, "w");
    assert_non_null(f);
    fputs("dev\nops " KEY "\nok " KEY " tcp://127.0.0.1:1\n", f);
    for (int i = 0; i < 2000; i++)
        fputc('x', f);
    fputs("\ncut " KEY " tcp://127", f);
    fclose(f);
    k = keep_open(dir);
    assert_int_equal(keep_count(k), 1);
    assert_string_equal(keep_at(k, 0)->name, "ok");
    keep_close(k);
}

static void
nothing_is_written_without_a_directory(void **state)
{
    const struct conclave_cursor read = {.seq = 1};
    struct conclave_cursor back;
    struct keep *k = keep_open(NULL);

    (void)state;
    keep_group(k, "dev", KEY, "tcp://127.0.0.1:1");
    keep_set_read(k, "dev", &read);
    assert_false(keep_read(k, "dev", &back));
    assert_int_equal(keep_count(k), 1);
    keep_close(k);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(groups_are_remembered, setup, teardown),
        cmocka_unit_test_setup_teardown(read_positions_are_remembered, setup, teardown),
        cmocka_unit_test_setup_teardown(damaged_lines_are_left_out, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_is_written_without_a_directory, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
