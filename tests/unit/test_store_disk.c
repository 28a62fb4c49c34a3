/* What a data directory must stand: reopening, kill, a full disk, a failing one. */
#include "store_fixture.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- on disk ---- */

static void
everything_is_there_after_reopening(void **state)
{
    struct fixture *f = *state;
    struct id log = state_of(f).log;
    struct store_state now;
    struct store_change first;
    struct member_list l;

    do_one(f, join_of(2, 1, "bea"), NOW);
    do_one(f, join_of(1, 1, "anna"), NOW);
    do_one(f, leave_of(1, 2), NOW);
    first = do_one(f, send_of(2, 2, "hello"), NOW + 100);
    do_one(f, join_of(1, 3, "anna b"), NOW);
    do_one(f, remove_of(7, 1, 1), NOW);
    for (int round = 0; round < 2; round++) {
        reopen(f);
        now = state_of(f);
        assert_true(id_equal(&now.log, &log));
        assert_int_equal(state_of(f).head, 6);
        assert_int_equal(do_one(f, send_of(2, 2, "hello"), NOW).seq, first.seq);
        assert_int_equal(do_one(f, send_of(2, 2, "hullo"), NOW).result, ST_CONFLICT);
        l = members_of(f);
        assert_int_equal(l.n, 2);
        assert_string_equal(l.nicks[0], "anna b");
        assert_int_equal(l.v[0].joined_seq, 5);
        assert_int_equal(l.v[0].left_seq, 6);
        assert_int_equal(l.v[1].left_seq, 0);
        assert_int_equal(page_after(f, 0).n, 6);
    }
    assert_int_equal(do_one(f, send_of(7, 2, "x"), 0).seq, 7);
}

static void
directory_and_files_are_private(void **state)
{
    static const char *const names[] = {"lock", "group.db", "group.db-wal", "group.db-shm"};
    struct fixture *f = *state;
    struct stat info;
    char path[80];

    fill(f, 1);
    assert_int_equal(stat(f->dir, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0700);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", f->dir, names[i]);
        assert_int_equal(stat(path, &info), 0);
        assert_int_equal(info.st_mode & 07777, 0600);
    }
}

static void
missing_parents_are_made_as_private(void **state)
{
    static const char *const made[] = {"parents", "parents/above", "parents/above/it"};
    struct fixture *f = *state;
    struct store *s;
    struct stat info;
    char path[80];

    snprintf(path, sizeof path, "%s/parents//above/it/", f->dir);
    assert_int_equal(store_open(&s, &(struct store_options){.dir = path}, NULL), ST_OK);
    store_close(s);
    for (size_t i = 0; i < sizeof made / sizeof made[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", f->dir, made[i]);
        assert_int_equal(stat(path, &info), 0);
        assert_int_equal(info.st_mode & 07777, 0700);
    }
}

/* Not even where a file is in the way is anything changed. */
static void
a_file_is_no_parent(void **state)
{
    struct fixture *f = *state;
    struct store *s;
    char path[80];

    fill(f, 1);
    snprintf(path, sizeof path, "%s/group.db/store", f->dir);
    assert_int_equal(store_open(&s, &(struct store_options){.dir = path}, NULL), ST_SYSTEM);
    assert_int_equal(store_open(&s, &(struct store_options){.dir = ""}, NULL), ST_NOT_FOUND);
    assert_int_equal(page_after(f, 0).n, 1);
}

static void
a_second_opening_is_busy(void **state)
{
    struct fixture *f = *state;
    pid_t child;
    int status;

    assert_int_equal(try_open(f), ST_BUSY);
    child = fork();
    if (child == 0) {
        struct store *second;

        _exit(store_open(&second, &(struct store_options){.dir = f->dir}, NULL) == ST_BUSY ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    /* The attempts did not take SQLite's own locks away. */
    fill(f, 3);
    assert_int_equal(page_after(f, 0).n, 3);
}

static void
unsafe_files_are_refused(void **state)
{
    struct fixture *f = *state;
    char path[80];

    store_close(f->store);
    f->store = NULL;
    snprintf(path, sizeof path, "%s/group.db", f->dir);
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(try_open(f), ST_DENIED);
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(chmod(f->dir, 0770), 0);
    assert_int_equal(try_open(f), ST_DENIED);
    assert_int_equal(chmod(f->dir, 0700), 0);
    assert_int_equal(try_open(f), ST_OK);
    assert_int_equal(remove(path), 0);
    assert_int_equal(symlink("/dev/null", path), 0);
    assert_int_equal(try_open(f), ST_DENIED);
}

/* What was acknowledged before the kill must be there after it. */
static void
a_killed_writer_loses_nothing_acknowledged(void **state)
{
    struct fixture *f = *state;
    uint64_t acknowledged = 0;
    uint64_t seq;
    int ends[2];
    pid_t child;

    store_close(f->store);
    f->store = NULL;
    assert_int_equal(pipe(ends), 0);
    child = fork();
    if (child == 0) {
        struct store *s;

        if (store_open(&s, &(struct store_options){.dir = f->dir}, NULL) != ST_OK)
            _exit(1);
        for (unsigned i = 1;; i++) {
            struct store_change c[2] = {send_of(1, 2 * i, "x"), send_of(2, 2 * i, "y")};

            if (store_commit(s, c, 2, AT(NOW), NULL) != ST_OK ||
                write(ends[1], &c[1].seq, sizeof seq) != sizeof seq)
                _exit(1);
        }
    }
    close(ends[1]);
    while (read(ends[0], &seq, sizeof seq) == sizeof seq) {
        acknowledged = seq;
        if (seq == 200)
            kill(child, SIGKILL);
    }
    close(ends[0]);
    waitpid(child, NULL, 0);
    open_store(f);
    assert_true(acknowledged >= 200);
    assert_true(state_of(f).head >= acknowledged);
    assert_int_equal(state_of(f).head % 2, 0);
    assert_int_equal(page_after(f, acknowledged - 50).v[0].e.seq, acknowledged - 49);
    assert_false(do_one(f, send_of(1, 200, "x"), NOW).fresh);
}

/* ---- no room ---- */

static void
limit_file_size(rlim_t bytes)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void
a_full_disk_refuses_and_recovers(void **state)
{
    static uint8_t big[BODY_MAX_BYTES];
    struct fixture *f = *state;
    struct store_change c[3];
    struct store_change after;
    enum status st = ST_OK;
    unsigned n = 0;

    memset(big, 'b', sizeof big);
    signal(SIGXFSZ, SIG_IGN);
    limit_file_size(1024 * 1024);
    while (st == ST_OK && n < 1000) {
        for (unsigned i = 0; i < 3; i++) {
            c[i] = send_of(i + 1 + n, 1, "");
            c[i].body = (struct span){big, sizeof big};
        }
        c[1] = join_of(n + 2, 1, "anna");
        st = store_commit(f->store, c, 3, AT(NOW), &f->why);
        n += st == ST_OK ? 3 : 0;
    }
    assert_int_equal(st, ST_FULL);
    assert_true(n > 0);
    assert_int_equal(state_of(f).head, n);
    assert_int_equal(members_of(f).n <= 16 ? members_of(f).n : n / 3, n / 3);
    assert_int_equal(page_after(f, n - 3).n, 3); /* reading goes on */
    assert_int_equal(store_commit(f->store, c, 3, AT(NOW), &f->why), ST_FULL);

    limit_file_size(RLIM_INFINITY);
    commit(f, c, 3, NOW);
    assert_int_equal(c[0].seq, n + 1);
    assert_true(c[0].fresh && c[1].fresh && c[2].fresh);
    reopen(f);
    assert_int_equal(state_of(f).head, n + 3);
    after = do_one(f, c[0], NOW);
    assert_false(after.fresh);
    assert_int_equal(page_after(f, n).n, 3);
}

static void
a_log_that_outgrows_its_checkpoints_reads_the_same(void **state)
{
    static uint8_t big[BODY_MAX_BYTES];
    struct fixture *f = *state;
    struct store_change c[50];

    for (unsigned round = 0; round < 30; round++) {
        for (unsigned i = 0; i < 50; i++) {
            c[i] = send_of(1, round * 50 + i, "");
            c[i].body = (struct span){big, sizeof big};
        }
        commit(f, c, 50, NOW);
    }
    assert_int_equal(page_after(f, 1490).n, 10);
    reopen(f);
    assert_int_equal(state_of(f).head, 1500);
    assert_int_equal(page_after(f, 1490).n, 10);
}

/* ---- a failing disk ---- */

/* fsync and fdatasync below stand in for the C library's, also inside SQLite. */
#define SEEN_BY_LIBRARIES __attribute__((visibility("default")))

static const char *failing_file; /* its sync fails; NULL: none does */

static bool
must_fail(int fd)
{
    char link[64];
    char path[128];
    ssize_t n;

    if (failing_file == NULL)
        return false;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    n = readlink(link, path, sizeof path - 1);
    if (n < 0)
        return false;
    path[n] = '\0';
    return strcmp(strrchr(path, '/') + 1, failing_file) == 0;
}

SEEN_BY_LIBRARIES int
fsync(int fd)
{
    if (must_fail(fd)) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_fsync, fd);
}

SEEN_BY_LIBRARIES int
fdatasync(int fd)
{
    if (must_fail(fd)) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_fdatasync, fd);
}

static void
after_a_failed_sync_nothing_is_acknowledged_any_more(void **state)
{
    struct fixture *f = *state;
    struct store_change c = send_of(1, 9, "x");

    fill(f, 2);
    failing_file = "group.db-wal";
    assert_int_equal(store_commit(f->store, &c, 1, AT(NOW), &f->why), ST_SYSTEM);
    failing_file = NULL;
    f->why.text[0] = '\0';
    assert_int_equal(store_commit(f->store, &c, 1, AT(NOW), &f->why), ST_SYSTEM);
    assert_non_null(strstr(f->why.text, "Input/output error"));
    assert_int_equal(store_commit(f->store, NULL, 0, AT(NOW), &f->why), ST_SYSTEM);
    assert_int_equal(page_after(f, 0).n, 2);
    assert_int_equal(state_of(f).head, 2);
    reopen(f);
    assert_true(state_of(f).head >= 2);
    assert_int_equal(do_one(f, c, NOW).result, ST_OK);
}

static void
a_failed_sync_of_a_checkpoint_ends_all_commits(void **state)
{
    static uint8_t big[BODY_MAX_BYTES];
    struct fixture *f = *state;
    struct store_change c[50];
    enum status st = ST_OK;
    unsigned round;

    failing_file = "group.db";
    for (round = 0; st == ST_OK && round < 40; round++) {
        for (unsigned i = 0; i < 50; i++) {
            c[i] = send_of(1, round * 50 + i, "");
            c[i].body = (struct span){big, sizeof big};
        }
        st = store_commit(f->store, c, 50, AT(NOW), &f->why);
    }
    failing_file = NULL;
    assert_int_equal(st, ST_SYSTEM);
    assert_non_null(strstr(f->why.text, "checkpoint"));
    /* Those before were acknowledged, and are there. */
    reopen(f);
    assert_int_equal(state_of(f).head, (round - 1) * 50);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_DISK(everything_is_there_after_reopening),
        ON_DISK(directory_and_files_are_private),
        ON_DISK(missing_parents_are_made_as_private),
        ON_DISK(a_file_is_no_parent),
        ON_DISK(a_second_opening_is_busy),
        ON_DISK(unsafe_files_are_refused),
        ON_DISK(a_killed_writer_loses_nothing_acknowledged),
        ON_DISK(a_full_disk_refuses_and_recovers),
        ON_DISK(a_log_that_outgrows_its_checkpoints_reads_the_same),
        ON_DISK(after_a_failed_sync_nothing_is_acknowledged_any_more),
        ON_DISK(a_failed_sync_of_a_checkpoint_ends_all_commits),
    };

    return cmocka_run_group_tests_name("store_disk", tests, NULL, NULL);
}
