/* Copies of a store, and what they are good for. */
#include "store_fixture.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tools/tools.h"

#define PATH_ROOM 96

static char *
copy_path(struct fixture *f, char path[static PATH_ROOM], const char *name)
{
    snprintf(path, PATH_ROOM, "%s/%s", f->root, name);
    return path;
}

static enum status
backup(struct fixture *f, const char *name, bool replace)
{
    char path[PATH_ROOM];

    return store_backup(f->dir, copy_path(f, path, name), replace, &f->why);
}

static void
none_left_over(struct fixture *f, const char *name)
{
    char path[PATH_ROOM];

    assert_int_equal(access(copy_path(f, path, name), F_OK), -1);
}

static void
no_problem(void *ctx, const char *text)
{
    (void)ctx;
    fail_msg("%s", text);
}

static enum status
open_restored(struct fixture *f)
{
    return store_open(&f->store, &(struct store_options){.dir = f->dir, .restored = true}, &f->why);
}

/* Close the store and put the copy in its stead, in an empty directory. */
static void
put_back(struct fixture *f, const char *name)
{
    char from[PATH_ROOM];
    char to[PATH_ROOM];

    store_close(f->store);
    f->store = NULL;
    wipe(f->dir);
    assert_int_equal(mkdir(f->dir, 0700), 0);
    snprintf(to, sizeof to, "%s/group.db", f->dir);
    assert_int_equal(rename(copy_path(f, from, name), to), 0);
}

static void
restore(struct fixture *f, const char *name)
{
    struct verify_result r;

    put_back(f, name);
    assert_int_equal(store_verify(f->dir, no_problem, NULL, &r, &f->why), ST_OK);
    if (open_restored(f) != ST_OK)
        fail_msg("%s", f->why.text);
}

static void
a_copy_is_the_store_as_it_was(void **state)
{
    struct fixture *f = *state;
    struct store_keep keep = {.entries = 6};
    struct store_state before;
    struct store_state after;
    struct stat info;
    char path[PATH_ROOM];
    size_t removed;

    do_one(f, join_of(1, 50, "anna"), NOW);
    fill(f, 9);
    assert_int_equal(store_trim(f->store, &keep, NOW, 100, &removed, &f->why), ST_OK);
    before = state_of(f);
    assert_int_equal(backup(f, "copy", false), ST_OK);
    assert_int_equal(stat(copy_path(f, path, "copy"), &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    none_left_over(f, "copy-new");
    none_left_over(f, "copy-wal");
    none_left_over(f, "copy-new-journal");
    do_one(f, send_of(1, 60, "later"), NOW + 900);

    restore(f, "copy");
    after = state_of(f);
    assert_false(id_equal(&after.log, &before.log));
    assert_int_equal(after.head, before.head);
    assert_int_equal(after.first, before.first);
    assert_int_equal(after.last_ts, before.last_ts);
    assert_int_equal(page_after(f, 0).n, 6);
    assert_string_equal(members_of(f).nicks[0], "anna");
    assert_false(do_one(f, send_of(1, 9, "x"), NOW).fresh);
    assert_int_equal(do_one(f, send_of(1, 60, "anew"), NOW).seq, before.head + 1);
}

static void
a_store_that_is_not_in_use_is_copied_too(void **state)
{
    struct fixture *f = *state;

    fill(f, 3);
    store_close(f->store);
    f->store = NULL;
    assert_int_equal(backup(f, "copy", false), ST_OK);
    restore(f, "copy");
    assert_int_equal(page_after(f, 0).n, 3);
}

static void
nothing_is_overwritten_by_accident(void **state)
{
    struct fixture *f = *state;
    char path[PATH_ROOM];

    fill(f, 2);
    assert_int_equal(backup(f, "copy", false), ST_OK);
    fill(f, 3);
    assert_int_equal(backup(f, "copy", false), ST_EXISTS);
    assert_non_null(strstr(f->why.text, "there already"));
    none_left_over(f, "copy-new");
    assert_int_equal(backup(f, "copy", true), ST_OK);
    assert_int_equal(symlink("/dev/null", copy_path(f, path, "link")), 0);
    assert_int_equal(backup(f, "link", false), ST_EXISTS);
    assert_int_equal(backup(f, "link", true), ST_DENIED);
    assert_int_equal(backup(f, "data/group.db", true), ST_INVALID);
    assert_int_equal(backup(f, "data/copy", false), ST_INVALID);
    assert_int_equal(backup(f, "nowhere/copy", false), ST_NOT_FOUND);
    restore(f, "copy");
    assert_int_equal(page_after(f, 0).n, 3);
}

static void
half_a_copy_is_begun_again(void **state)
{
    struct fixture *f = *state;
    char path[PATH_ROOM];

    fill(f, 2);
    /* Somebody's link in its place is not followed either. */
    assert_int_equal(symlink("victim", copy_path(f, path, "copy-new")), 0);
    assert_int_equal(backup(f, "copy", false), ST_OK);
    none_left_over(f, "victim");
    restore(f, "copy");
    assert_int_equal(page_after(f, 0).n, 2);
}

static void
what_is_damaged_is_not_copied(void **state)
{
    struct fixture *f = *state;

    fill(f, 2);
    tamper(f, "CREATE TABLE mine(x)");
    assert_int_equal(backup(f, "copy", false), ST_CORRUPT);
    none_left_over(f, "copy");
    none_left_over(f, "copy-new");
    write_file(f, "group.db", "not a database", 5000);
    assert_int_equal(backup(f, "copy", false), ST_CORRUPT);
    wipe(f->dir);
    assert_int_equal(backup(f, "copy", false), ST_NOT_FOUND);
}

/* ---- put back ---- */

/* Its log gets another id, once, and knows what it was called and how far that counts. */
static void
a_backup_wants_to_be_said_so(void **state)
{
    struct fixture *f = *state;
    struct store_state before;
    struct store_state now;
    uint64_t head = 0;

    fill(f, 5);
    before = state_of(f);
    assert_int_equal(backup(f, "copy", false), ST_OK);
    fill(f, 8);
    put_back(f, "copy");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(try_open(f), ST_INVALID);
        assert_non_null(strstr(f->why.text, "--restored"));
    }
    assert_int_equal(open_restored(f), ST_OK);
    now = state_of(f);
    assert_int_equal(now.head, 5);
    assert_false(id_equal(&now.log, &before.log));
    assert_true(store_goes_on_from(f->store, &before.log, &head));
    assert_int_equal(head, 5);
    before = now;
    do_one(f, send_of(1, 90, "after"), NOW + 900);
    reopen(f);
    now = state_of(f);
    assert_true(id_equal(&now.log, &before.log));
    assert_false(store_goes_on_from(f->store, &before.log, &head));
    assert_int_equal(now.head, 6);
    store_close(f->store);
    assert_int_equal(open_restored(f), ST_OK); /* once more does no harm */
    now = state_of(f);
    assert_true(id_equal(&now.log, &before.log));
}

static void
so_many_earlier_logs_are_known(void **state)
{
    enum { TIMES = 20, KNOWN = 16 };
    struct fixture *f = *state;
    struct id logs[TIMES];
    struct verify_result r;
    uint64_t head;

    for (unsigned i = 0; i < TIMES; i++) {
        logs[i] = state_of(f).log;
        fill(f, i + 1);
        assert_int_equal(backup(f, "copy", false), ST_OK);
        restore(f, "copy");
    }
    reopen(f);
    for (unsigned i = 0; i < TIMES; i++) {
        head = 0;
        assert_int_equal(store_goes_on_from(f->store, &logs[i], &head), i >= TIMES - KNOWN);
        assert_int_equal(head, i >= TIMES - KNOWN ? i + 1 : 0);
    }
    store_close(f->store);
    f->store = NULL;
    assert_int_equal(store_verify(f->dir, no_problem, NULL, &r, &f->why), ST_OK);
}

/* SQLite would take what a killed group left for the backup's own. */
static void
a_backup_beside_the_log_of_another_is_refused(void **state)
{
    struct fixture *f = *state;
    char path[PATH_ROOM];

    fill(f, 2);
    assert_int_equal(backup(f, "copy", false), ST_OK);
    put_back(f, "copy");
    write_file(f, "group.db-wal", "left over", 100);
    assert_int_equal(chmod(copy_path(f, path, "data/group.db-wal"), 0600), 0);
    assert_int_equal(open_restored(f), ST_CORRUPT);
    assert_non_null(strstr(f->why.text, "empty directory"));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(open_restored(f), ST_OK);
}

/* ---- beside the writer ---- */

#define COPIES 12
#define BATCH  20

struct copying {
    struct fixture *f;
    atomic_bool done;
    enum status result;
    struct fault why;
};

static void *
copy_again_and_again(void *ctx)
{
    struct copying *c = ctx;
    char path[PATH_ROOM];

    copy_path(c->f, path, "copy");
    for (int i = 0; c->result == ST_OK && i < COPIES; i++)
        c->result = store_backup(c->f->dir, path, true, &c->why);
    atomic_store(&c->done, true);
    return NULL;
}

static void
a_copy_beside_the_writer_is_of_one_moment(void **state)
{
    struct fixture *f = *state;
    struct copying copying = {.f = f};
    uint64_t head;
    pthread_t thread;
    unsigned n = 0;

    fill(f, BATCH);
    assert_int_equal(pthread_create(&thread, NULL, copy_again_and_again, &copying), 0);
    while (!atomic_load(&copying.done)) {
        struct store_change c[BATCH];

        for (unsigned j = 0; j < BATCH; j++)
            c[j] = send_of(2, n * BATCH + j, "x");
        commit(f, c, BATCH, NOW);
        n = (n + 1) % 3000;
    }
    pthread_join(thread, NULL);
    if (copying.result != ST_OK)
        fail_msg("%s", copying.why.text);
    head = state_of(f).head;
    restore(f, "copy");
    assert_int_equal(state_of(f).head % BATCH, 0);
    assert_in_range(state_of(f).head, BATCH, head);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_DISK(a_copy_is_the_store_as_it_was),
        ON_DISK(a_store_that_is_not_in_use_is_copied_too),
        ON_DISK(nothing_is_overwritten_by_accident),
        ON_DISK(half_a_copy_is_begun_again),
        ON_DISK(what_is_damaged_is_not_copied),
        ON_DISK(a_backup_wants_to_be_said_so),
        ON_DISK(so_many_earlier_logs_are_known),
        ON_DISK(a_backup_beside_the_log_of_another_is_refused),
        ON_DISK(a_copy_beside_the_writer_is_of_one_moment),
    };

    return cmocka_run_group_tests_name("store_backup", tests, NULL, NULL);
}
