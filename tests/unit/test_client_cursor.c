/* Cursors in files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "conclave.h"
#include "synced.h"

struct bench {
    char dir[64];
    char path[80];
    char why[200];
};

static int
set_up(void **state)
{
    static struct bench b;

    snprintf(b.dir, sizeof b.dir, "/tmp/cursor.XXXXXX");
    assert_non_null(mkdtemp(b.dir));
    snprintf(b.path, sizeof b.path, "%s/c", b.dir);
    b.why[0] = '\0';
    *state = &b;
    return 0;
}

static int
tear_down(void **state)
{
    struct bench *b = *state;

    unlink(b->path);
    return rmdir(b->dir);
}

static const struct conclave_cursor sample = {
    .log = {{1, 2, 3}},
    .seq = 123456789,
    .ts = -1700000000000000000,
    .id = {{4, 5, 6}},
};

static void
write_text(const struct bench *b, const char *text)
{
    FILE *f = fopen(b->path, "w");

    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

static enum conclave_status
load(struct bench *b, struct conclave_cursor *out)
{
    return conclave_cursor_load(b->path, "lobby", out, b->why, sizeof b->why);
}

static void
what_is_saved_is_loaded(void **state)
{
    struct bench *b = *state;
    struct conclave_cursor back = {.seq = 0};
    struct stat info;

    assert_int_equal(load(b, &back), CONCLAVE_NONE);
    assert_int_equal(conclave_cursor_save(b->path, "lobby", &sample, b->why, sizeof b->why),
                     CONCLAVE_OK);
    assert_int_equal(load(b, &back), CONCLAVE_OK);
    assert_memory_equal(&back.log, &sample.log, sizeof back.log);
    assert_int_equal(back.seq, sample.seq);
    assert_int_equal(stat(b->path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    back.seq++;
    assert_int_equal(conclave_cursor_save(b->path, "lobby", &back, NULL, 0), CONCLAVE_OK);
    assert_int_equal(load(b, &back), CONCLAVE_OK);
    assert_int_equal(back.seq, sample.seq + 1);
}

static void
one_of_another_group_is_refused(void **state)
{
    struct bench *b = *state;
    struct conclave_cursor back = {.seq = 7};

    assert_int_equal(conclave_cursor_save(b->path, "other", &sample, NULL, 0), CONCLAVE_OK);
    assert_int_equal(load(b, &back), CONCLAVE_LOCAL);
    assert_non_null(strstr(b->why, "another group"));
    assert_int_equal(back.seq, 7);
}

#define UUID              "00000000-0000-0000-0000-000000000001"
#define HEAD              "conclave cursor 2\n"
#define GOOD(seq, ts, id) HEAD "group lobby\nlog " UUID "\nseq " seq "\nts " ts "\nid " id "\n"

static void
what_is_no_cursor_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        HEAD,
        HEAD "group lobby\nlog " UUID "\nseq 1\n",
        "conclave cursor 1\ngroup lobby\nlog " UUID "\nseq 1\nts 5\nid " UUID "\n",
        "conclave cursor 2 \ngroup lobby\nlog " UUID "\nseq 1\nts 5\nid " UUID "\n",
        GOOD("1", "5", UUID) "\n",
        HEAD "group lobby\nlog " UUID "\nseq 1\nts 5\nid " UUID,
        GOOD("01", "5", UUID),
        GOOD("-1", "5", UUID),
        GOOD("", "5", UUID),
        GOOD("9223372036854775808", "5", UUID),
        GOOD("99999999999999999999", "5", UUID),
        GOOD("1", "", UUID),
        GOOD("1", "-0", UUID),
        GOOD("1", "+5", UUID),
        GOOD("1", "--5", UUID),
        GOOD("1", "9223372036854775808", UUID),
        GOOD("1", "-9223372036854775809", UUID),
        GOOD("1", "5", "x"),
        GOOD("1", "5", ""),
        HEAD "group lobby\nlog x\nseq 1\nts 5\nid " UUID "\n",
        HEAD "log " UUID "\ngroup lobby\nseq 1\nts 5\nid " UUID "\n",
    };
    struct bench *b = *state;
    struct conclave_cursor back;

    write_text(b, GOOD("9223372036854775807", "-9223372036854775808", UUID));
    assert_int_equal(load(b, &back), CONCLAVE_OK);
    assert_true(back.ts == INT64_MIN);
    write_text(b, GOOD("1", "9223372036854775807", UUID));
    assert_int_equal(load(b, &back), CONCLAVE_OK);
    assert_true(back.ts == INT64_MAX);
    assert_int_equal(back.id.bytes[15], 1);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        write_text(b, bad[i]);
        assert_int_equal(load(b, &back), CONCLAVE_LOCAL);
        assert_non_null(strstr(b->why, "does not hold a cursor"));
    }
}

static void
what_cannot_be_written_is_said(void **state)
{
    struct bench *b = *state;

    assert_int_equal(conclave_cursor_save("/nowhere/at/all", "lobby", &sample, b->why, 200),
                     CONCLAVE_LOCAL);
    assert_non_null(strstr(b->why, "/nowhere/at/all"));
    assert_int_equal(conclave_cursor_save(b->path, "a/b", &sample, b->why, 200), CONCLAVE_LOCAL);
    assert_int_not_equal(access(b->path, F_OK), 0);
}

/* Who saved it may have been killed when it was in place and the directory not yet on disk. */
static void
what_is_read_is_on_disk(void **state)
{
    struct bench *b = *state;
    struct conclave_cursor back;

    assert_int_equal(conclave_cursor_save(b->path, "lobby", &sample, NULL, 0), CONCLAVE_OK);
    synced_reset(0);
    assert_int_equal(load(b, &back), CONCLAVE_OK);
    assert_true(synced_last(b->dir));
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(what_is_saved_is_loaded),        TEST(one_of_another_group_is_refused),
        TEST(what_is_no_cursor_is_refused),   TEST(what_is_read_is_on_disk),
        TEST(what_cannot_be_written_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
