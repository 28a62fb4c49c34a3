/* Checking and copying where nothing can be written: a snapshot, a disk that was put away. */
#include "store_fixture.h"

#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tools/tools.h"

#define PATH_ROOM 96

/* Mounts that are seen by this process only. */
static bool
may_mount(void)
{
    return geteuid() == 0 && unshare(CLONE_NEWNS) == 0 &&
           mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

/* False: that cannot be done here. */
static bool
make_read_only(struct fixture *f)
{
    if (may_mount() && mount(f->dir, f->dir, NULL, MS_BIND, NULL) == 0 &&
        mount(NULL, f->dir, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) == 0)
        return true;
    if (geteuid() != 0 && chmod(f->dir, 0500) == 0)
        return true;
    print_message("skipped: nothing can be made read-only here\n");
    return false;
}

static int
tear_down_read_only(void **state)
{
    struct fixture *f = *state;

    umount2(f->dir, MNT_DETACH);
    chmod(f->dir, 0700);
    return tear_down(state);
}

static void
remove_file(struct fixture *f, const char *name)
{
    char path[PATH_ROOM];

    snprintf(path, sizeof path, "%s/%s", f->dir, name);
    assert_int_equal(unlink(path), 0);
}

static void
close_it(struct fixture *f)
{
    store_close(f->store);
    f->store = NULL;
}

/* Close, and let a process that is killed write one more message. */
static void
leave_log(struct fixture *f)
{
    pid_t child;

    close_it(f);
    child = fork();
    if (child == 0) {
        struct store_change c = send_of(2, 1, "more");

        if (store_open(&f->store, &(struct store_options){.dir = f->dir}, NULL) == ST_OK)
            (void)store_commit(f->store, &c, 1, AT(NOW), NULL);
        kill(getpid(), SIGKILL);
    }
    assert_int_equal(waitpid(child, NULL, 0), child);
}

static void
show(void *ctx, const char *text)
{
    (void)ctx;
    print_error("%s\n", text);
}

static enum status
copy(struct fixture *f, const char *name)
{
    char path[PATH_ROOM];

    snprintf(path, sizeof path, "%s/%s", f->root, name);
    return store_backup(f->dir, path, true, &f->why);
}

/* Sound, with so many entries; and so is a copy of it. */
static void
check(struct fixture *f, uint64_t entries)
{
    struct verify_result r;
    char from[PATH_ROOM];
    char to[PATH_ROOM];

    if (store_verify(f->dir, show, NULL, &r, &f->why) != ST_OK || r.problems != 0)
        fail_msg("%s", f->why.text);
    assert_int_equal(r.entries, entries);
    if (copy(f, "copy.db") != ST_OK)
        fail_msg("%s", f->why.text);
    snprintf(from, sizeof from, "%s/copy.db", f->root);
    snprintf(to, sizeof to, "%s/taken", f->root);
    assert_int_equal(mkdir(to, 0700), 0);
    snprintf(to, sizeof to, "%s/taken/group.db", f->root);
    assert_int_equal(rename(from, to), 0);
    snprintf(to, sizeof to, "%s/taken", f->root);
    assert_int_equal(store_verify(to, show, NULL, &r, &f->why), ST_OK);
    assert_int_equal(r.entries, entries);
}

static void
a_store_that_was_closed_is_checked_and_copied(void **state)
{
    struct fixture *f = *state;

    fill(f, 5);
    close_it(f);
    if (make_read_only(f))
        check(f, 5);
}

/* As it comes from a backup of another kind. */
static void
so_is_one_without_a_lock(void **state)
{
    struct fixture *f = *state;

    fill(f, 5);
    close_it(f);
    remove_file(f, "lock");
    if (make_read_only(f))
        check(f, 5);
}

static void
so_is_one_that_a_killed_group_left(void **state)
{
    struct fixture *f = *state;

    fill(f, 5);
    leave_log(f);
    if (make_read_only(f))
        check(f, 6);
}

static void
a_log_without_its_index_is_said(void **state)
{
    struct fixture *f = *state;
    struct verify_result r;

    fill(f, 5);
    leave_log(f);
    remove_file(f, "group.db-shm");
    if (!make_read_only(f))
        return;
    assert_int_equal(store_verify(f->dir, show, NULL, &r, &f->why), ST_SYSTEM);
    assert_non_null(strstr(f->why.text, "copy the directory"));
    assert_int_equal(copy(f, "copy.db"), ST_SYSTEM);
}

static void
a_group_does_not_start_there(void **state)
{
    struct fixture *f = *state;

    fill(f, 5);
    close_it(f);
    if (!make_read_only(f))
        return;
    assert_int_not_equal(try_open(f), ST_OK);
    assert_non_null(strstr(f->why.text, "lock"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_sqlite, tear_down_read_only)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_store_that_was_closed_is_checked_and_copied),
        TEST(so_is_one_without_a_lock),
        TEST(so_is_one_that_a_killed_group_left),
        TEST(a_log_without_its_index_is_said),
        TEST(a_group_does_not_start_there),
    };

    return cmocka_run_group_tests_name("store_read_only", tests, NULL, NULL);
}
