#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "key_files.h"
#include "synced.h"

#define MOST 16

static enum status
read_as(enum file_rule rule, const char *path, struct fault *why)
{
    struct buf text;
    enum status st;

    buf_init(&text, MOST);
    st = file_read(&text, NULL, path, rule, why);
    buf_clear(&text);
    return st;
}

static void
check_content(const char *path, const char *expected)
{
    struct buf text;

    buf_init(&text, 4096);
    assert_int_equal(file_read(&text, NULL, path, FILE_ANY, NULL), ST_OK);
    assert_true(span_equal(buf_span(&text), span_of(expected)));
    buf_clear(&text);
}

static void
check_refused(enum status expected, enum file_rule rule, const char *path, const char *reason)
{
    struct fault why = {0};

    assert_int_equal(read_as(rule, path, &why), expected);
    if (strstr(why.text, reason) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", why.text, reason);
}

/* Nothing but what is named is in the directory. */
static void
check_alone(const char *names)
{
    char found[256] = "";
    FILE *ls = popen("ls -A | tr '\n' ' '", "r");

    assert_non_null(ls);
    assert_true(fgets(found, sizeof found, ls) != NULL || names[0] == '\0');
    pclose(ls);
    assert_string_equal(found, names);
}

/* ---- reading ---- */

static void
file_is_read_as_a_whole(void **state)
{
    struct buf text;
    struct stat info;

    (void)state;
    write_file("a", "0123456789abcdef", 0640);
    buf_init(&text, MOST);
    assert_int_equal(file_read(&text, &info, "a", FILE_ANY, NULL), ST_OK);
    assert_true(span_equal(buf_span(&text), span_of("0123456789abcdef")));
    assert_int_equal(text.cap, MOST);
    assert_int_equal(info.st_mode & 0777, 0640);
    buf_wipe(&text);
    assert_null(text.p);
    write_file("a", "0123456789abcdefg", 0640);
    check_refused(ST_INVALID, FILE_ANY, "a", "larger than 16 bytes");
    write_file("a", "", 0640);
    assert_int_equal(read_as(FILE_ANY, "a", NULL), ST_OK);
}

static void
only_regular_files_are_read(void **state)
{
    (void)state;
    check_refused(ST_NOT_FOUND, FILE_ANY, "a", "a does not exist");
    check_refused(ST_NOT_FOUND, FILE_TRUSTED, "a", "cannot open a: No such file or directory");
    assert_int_equal(mkfifo("fifo", 0600), 0);
    check_refused(ST_DENIED, FILE_ANY, "fifo", "not a regular file");
    check_refused(ST_DENIED, FILE_ANY, ".", "not a regular file");
    write_file("b", "text", 0600);
    assert_int_equal(symlink("b", "link"), 0);
    check_refused(ST_DENIED, FILE_SECRET, "link", "symbolic link");
    assert_int_equal(read_as(FILE_TRUSTED, "link", NULL), ST_OK);
}

static void
rule_decides_who_may_change_it(void **state)
{
    const struct {
        mode_t mode;
        bool allowed[FILE_TRUSTED + 1];
    } samples[] = {
        /*      any,  public, ours,  secret, trusted */
        {0600, {true, true, true, true, true}},     {0644, {true, true, true, false, true}},
        {0604, {true, true, true, false, true}},    {0620, {true, true, false, false, false}},
        {0602, {true, false, false, false, false}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        write_file("a", "text", samples[i].mode);
        for (int rule = FILE_ANY; rule <= FILE_TRUSTED; rule++)
            if (read_as((enum file_rule)rule, "a", NULL) !=
                (samples[i].allowed[rule] ? ST_OK : ST_DENIED))
                fail_msg("mode %04o, rule %d", (unsigned)samples[i].mode, rule);
    }
    if (geteuid() != 0)
        skip();
    write_file("a", "text", 0600);
    assert_int_equal(chown("a", 1, 1), 0);
    check_refused(ST_DENIED, FILE_OURS, "a", "belongs to another user");
    check_refused(ST_DENIED, FILE_SECRET, "a", "belongs to another user");
    check_refused(ST_DENIED, FILE_TRUSTED, "a", "others can change a");
    assert_int_equal(read_as(FILE_PUBLIC, "a", NULL), ST_OK);
}

/* ---- writing ---- */

static void
file_is_replaced_and_then_synced(void **state)
{
    const struct file_how how = {.mode = 0640};

    (void)state;
    umask(077);
    for (int i = 0; i < 2; i++) {
        synced_reset(0);
        assert_int_equal(file_replace("a", &how, span_of(i == 0 ? "one" : "two"), NULL), ST_OK);
        check_content("a", i == 0 ? "one" : "two");
        assert_int_equal(mode_of("a"), 0640);
        assert_int_equal(synced_count(), 2);
        assert_true(synced_last("."));
    }
    check_alone("a ");
}

static void
what_may_vanish_is_not_synced(void **state)
{
    const struct file_how how = {.mode = 0600, .may_vanish = true};

    (void)state;
    synced_reset(0);
    assert_int_equal(file_replace("a", &how, span_of("one"), NULL), ST_OK);
    assert_int_equal(synced_count(), 0);
    check_content("a", "one");
    check_alone("a ");
}

static void
failed_sync_leaves_what_was_there(void **state)
{
    const struct file_how how = {.mode = 0600};
    const struct file_how fresh = {.mode = 0600, .fresh = true};
    struct fault why;

    (void)state;
    write_file("a", "before", 0600);
    synced_reset(1);
    assert_int_equal(file_replace("a", &how, span_of("after"), &why), ST_SYSTEM);
    assert_string_equal(why.text, "cannot write a: Input/output error");
    check_content("a", "before");
    for (unsigned failing = 1; failing <= 2; failing++) {
        synced_reset(failing);
        assert_int_equal(file_replace("b", &fresh, span_of("after"), NULL), ST_SYSTEM);
        check_alone("a ");
    }
    synced_reset(2); /* it is there, but nobody is told so */
    assert_int_equal(file_replace("a", &how, span_of("after"), NULL), ST_SYSTEM);
    check_alone("a ");
}

static void
fresh_file_replaces_nothing(void **state)
{
    const struct file_how how = {.mode = 0600, .fresh = true};
    struct file_draft d;

    (void)state;
    assert_int_equal(file_replace("a", &how, span_of("one"), NULL), ST_OK);
    assert_int_equal(file_replace("a", &how, span_of("two"), NULL), ST_EXISTS);
    assert_int_equal(file_draft_begin(&d, "b", &how, NULL), ST_OK);
    assert_int_equal(file_draft_write(&d, span_of("one"), NULL), ST_OK);
    write_file("b", "meanwhile", 0600);
    assert_int_equal(file_draft_place(&d, NULL), ST_EXISTS);
    file_draft_end(&d);
    check_content("a", "one");
    check_content("b", "meanwhile");
    check_alone("a b ");
}

static void
only_a_regular_file_is_replaced(void **state)
{
    const struct file_how how = {.mode = 0600};
    const struct file_how links = {.mode = 0600, .links = true};
    struct fault why;

    (void)state;
    write_file("to", "kept", 0600);
    assert_int_equal(symlink("to", "link"), 0);
    assert_int_equal(mkfifo("fifo", 0600), 0);
    assert_int_equal(file_replace("link", &how, span_of("one"), &why), ST_DENIED);
    assert_string_equal(why.text, "link is there and is not a regular file");
    assert_int_equal(file_replace("fifo", &links, span_of("one"), &why), ST_DENIED);
    assert_int_equal(file_replace("link", &links, span_of("one"), &why), ST_OK);
    check_content("link", "one");
    check_content("to", "kept");
}

static void
draft_is_seen_when_it_is_placed(void **state)
{
    struct file_draft d;

    (void)state;
    write_file("a", "before", 0600);
    assert_int_equal(file_draft_begin(&d, "a", &(struct file_how){.mode = 0600}, NULL), ST_OK);
    assert_int_equal(write(d.fd, "aft", 3), 3);
    assert_int_equal(write(d.fd, "er", 2), 2);
    check_content("a", "before");
    synced_reset(0);
    assert_int_equal(file_draft_place(&d, NULL), ST_OK);
    assert_int_equal(synced_count(), 2);
    file_draft_end(&d);
    check_content("a", "after");
    assert_int_equal(file_draft_begin(&d, "a", &(struct file_how){.mode = 0600}, NULL), ST_OK);
    file_draft_end(&d);
    check_content("a", "after");
    check_alone("a ");
}

static void
missing_directory_is_made_once(void **state)
{
    struct fault why;

    (void)state;
    assert_int_equal(file_make_place("x/a", NULL), ST_OK);
    assert_int_equal(mode_of("x"), 0700);
    assert_int_equal(file_make_place("x/a", NULL), ST_OK);
    assert_int_equal(file_make_place("a", NULL), ST_OK);
    assert_int_equal(file_make_place("y/z/a", &why), ST_SYSTEM);
    assert_non_null(strstr(why.text, "in which y/z/ would be made does not exist"));
    assert_int_equal(file_replace("y/a", &(struct file_how){.mode = 0600}, span_of(""), &why),
                     ST_SYSTEM);
    assert_string_equal(why.text, "cannot write y/a: No such file or directory");
}

static void
place_that_others_can_change_is_refused(void **state)
{
    (void)state;
    assert_int_equal(mkdir("x", 0755), 0);
    assert_int_equal(file_check_place("x//a", NULL), ST_OK);
    assert_int_equal(chmod("x", 0775), 0);
    assert_int_equal(file_check_place("x//a", NULL), ST_DENIED);
    assert_int_equal(file_check_place("no/a", NULL), ST_OK);
    assert_int_equal(file_check_place("a", NULL), ST_OK);
}

/* ---- locks ---- */

static void
lock_is_held_by_one(void **state)
{
    int one, two;

    (void)state;
    assert_int_equal(file_lock(&one, AT_FDCWD, "lock", 0), ST_OK);
    assert_int_equal(mode_of("lock"), 0600);
    assert_int_equal(file_lock(&two, AT_FDCWD, "lock", 0), ST_BUSY);
    assert_int_equal(two, -1);
    close(one);
    assert_int_equal(file_lock(&two, AT_FDCWD, "lock", 0), ST_OK);
    close(two);
    assert_int_equal(symlink("lock", "link"), 0);
    assert_int_equal(file_lock(&one, AT_FDCWD, "link", 0), ST_SYSTEM);
    assert_int_equal(one, -1);
}

/* The other process holds the lock until it reads the end of the pipe. */
static void
lock_is_waited_for(void **state)
{
    int up[2], down[2];
    char byte;
    int fd;
    pid_t child;

    (void)state;
    assert_int_equal(pipe(up), 0);
    assert_int_equal(pipe(down), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(down[1]);
        if (file_lock(&fd, AT_FDCWD, "lock", 0) != ST_OK || write(up[1], "x", 1) != 1)
            _exit(1);
        _exit(read(down[0], &byte, 1) == 0 ? 0 : 1);
    }
    close(down[0]);
    assert_int_equal(read(up[0], &byte, 1), 1);
    assert_int_equal(file_lock(&fd, AT_FDCWD, "lock", 0), ST_BUSY);
    close(down[1]);
    assert_int_equal(file_lock(&fd, AT_FDCWD, "lock", 60 * 1000), ST_OK);
    close(fd);
    assert_int_equal(waitpid(child, &fd, 0), child);
    assert_int_equal(fd, 0);
    close(up[0]);
    close(up[1]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter_directory, leave_directory)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(file_is_read_as_a_whole),
        TEST(only_regular_files_are_read),
        TEST(rule_decides_who_may_change_it),
        TEST(file_is_replaced_and_then_synced),
        TEST(what_may_vanish_is_not_synced),
        TEST(failed_sync_leaves_what_was_there),
        TEST(fresh_file_replaces_nothing),
        TEST(only_a_regular_file_is_replaced),
        TEST(draft_is_seen_when_it_is_placed),
        TEST(missing_directory_is_made_once),
        TEST(place_that_others_can_change_is_refused),
        TEST(lock_is_held_by_one),
        TEST(lock_is_waited_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
