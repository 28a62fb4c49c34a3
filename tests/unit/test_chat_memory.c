#include <ftw.h>
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

#include "model/memory.h"

#define KEY "0123456789abcdefghij0123456789abcdefghij"

static const struct conclave_id ann = {{1}};
static const struct conclave_id bob = {{2}};
static char dir[] = "/tmp/chat-keep-XXXXXX";

static int
setup(void **state)
{
    (void)state;
    strcpy(dir, "/tmp/chat-keep-XXXXXX");
    return mkdtemp(dir) == NULL;
}

static int
remove_one(const char *path, const struct stat *info, int type, struct FTW *at)
{
    (void)info;
    (void)type;
    (void)at;
    return remove(path);
}

static int
teardown(void **state)
{
    (void)state;
    return nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void
groups_are_remembered(void **state)
{
    struct memory *k = memory_open(dir, &ann);

    (void)state;
    assert_non_null(k);
    assert_int_equal(memory_count(k), 0);
    memory_group(k, "dev", KEY, "tcp://127.0.0.1:1");
    memory_group(k, "ops", KEY, "tcp://127.0.0.1:2");
    memory_group(k, "dev", KEY, "tcp://127.0.0.1:3");
    memory_close(k);

    k = memory_open(dir, &ann);
    assert_int_equal(memory_count(k), 2);
    assert_string_equal(memory_at(k, 0)->name, "dev");
    assert_string_equal(memory_at(k, 0)->address, "tcp://127.0.0.1:3");
    assert_string_equal(memory_at(k, 1)->name, "ops");
    memory_forget(k, "dev");
    memory_close(k);

    k = memory_open(dir, &ann);
    assert_int_equal(memory_count(k), 1);
    assert_string_equal(memory_at(k, 0)->name, "ops");
    assert_string_equal(memory_at(k, 0)->key, KEY);
    memory_close(k);
}

static void
read_positions_are_remembered(void **state)
{
    const struct conclave_cursor read = {.log = {{1, 2, 3}}, .seq = 42};
    struct conclave_cursor back;
    struct memory *k = memory_open(dir, &ann);

    (void)state;
    assert_false(memory_read(k, "dev", &back));
    memory_group(k, "dev", KEY, "tcp://127.0.0.1:1");
    memory_set_read(k, "dev", &read);
    assert_true(memory_read(k, "dev", &back));
    assert_memory_equal(&back, &read, sizeof back);
    memory_forget(k, "dev");
    assert_false(memory_read(k, "dev", &back));
    memory_close(k);
}

static void
damaged_lines_are_left_out(void **state)
{
    char uuid[CONCLAVE_UUID_LEN + 1];
    char path[256];
    struct memory *k;
    FILE *f;

    (void)state;
    conclave_id_format(&ann, uuid);
    snprintf(path, sizeof path, "%s/%s", dir, uuid);
    assert_int_equal(mkdir(path, 0700), 0);
    strcat(path, "/groups");
    f = fopen(path, "w");
    assert_non_null(f);
    fputs("dev\nops " KEY "\nok " KEY " tcp://127.0.0.1:1\n", f);
    for (int i = 0; i < 2000; i++)
        fputc('x', f);
    fputs("\ncut " KEY " tcp://127", f);
    fclose(f);
    k = memory_open(dir, &ann);
    assert_int_equal(memory_count(k), 1);
    assert_string_equal(memory_at(k, 0)->name, "ok");
    memory_close(k);
}

static void
nothing_is_written_without_a_directory(void **state)
{
    const struct conclave_cursor read = {.seq = 1};
    struct conclave_cursor back;
    struct memory *k = memory_open(NULL, &ann);

    (void)state;
    memory_group(k, "dev", KEY, "tcp://127.0.0.1:1");
    memory_set_read(k, "dev", &read);
    assert_false(memory_read(k, "dev", &back));
    assert_int_equal(memory_count(k), 1);
    memory_close(k);
}

static void
people_do_not_see_each_others(void **state)
{
    const struct conclave_cursor read = {.seq = 1};
    struct conclave_cursor back;
    struct memory *anns = memory_open(dir, &ann);
    struct memory *bobs;

    (void)state;
    memory_group(anns, "dev", KEY, "tcp://127.0.0.1:1");
    memory_set_read(anns, "dev", &read);
    bobs = memory_open(dir, &bob);
    assert_int_equal(memory_count(bobs), 0);
    assert_false(memory_read(bobs, "dev", &back));
    memory_close(anns);
    memory_close(bobs);
}

static void
two_chats_of_one_person_keep_what_the_other_wrote(void **state)
{
    struct conclave_cursor read = {.log = {{1}}, .seq = 42};
    struct conclave_cursor back;
    struct memory *first = memory_open(dir, &ann);
    struct memory *second = memory_open(dir, &ann);

    (void)state;
    memory_group(first, "dev", KEY, "tcp://127.0.0.1:1");
    memory_group(second, "ops", KEY, "tcp://127.0.0.1:2");
    memory_group(first, "lab", KEY, "tcp://127.0.0.1:3");
    memory_forget(second, "dev");
    memory_set_read(first, "ops", &read);
    read.seq = 41; /* its window was not looked at lately */
    memory_set_read(second, "ops", &read);
    memory_close(first);
    memory_close(second);

    first = memory_open(dir, &ann);
    assert_int_equal(memory_count(first), 2);
    assert_string_equal(memory_at(first, 0)->name, "ops");
    assert_string_equal(memory_at(first, 1)->name, "lab");
    assert_true(memory_read(first, "ops", &back));
    assert_int_equal(back.seq, 42);
    read.log.bytes[0]++; /* another log begins anew */
    memory_set_read(first, "ops", &read);
    assert_true(memory_read(first, "ops", &back));
    assert_int_equal(back.seq, 41);
    memory_close(first);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(groups_are_remembered, setup, teardown),
        cmocka_unit_test_setup_teardown(read_positions_are_remembered, setup, teardown),
        cmocka_unit_test_setup_teardown(damaged_lines_are_left_out, setup, teardown),
        cmocka_unit_test_setup_teardown(people_do_not_see_each_others, setup, teardown),
        cmocka_unit_test_setup_teardown(two_chats_of_one_person_keep_what_the_other_wrote, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(nothing_is_written_without_a_directory, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
