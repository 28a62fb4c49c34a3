/* What is answered from, and what is handed over, was synced by whoever does it: an earlier process
 * may have been killed between writing and syncing. */
#include "store_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "sqlite/names.h"
#include "tools/tools.h"

#define CALLS_MAX 64

/* ---- the disk ---- */

static const char *failing; /* the last part of a path, whose sync fails; NULL: none does */
static bool silent;         /* syncs succeed, and sync nothing */

/* Of each kind of call and each file when it came last, as the number of the call. */
static struct {
    char text[NAME_MAX + 8];
    int at;
} calls[CALLS_MAX];
static int n_calls;

static const char *
last_part(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

static void
note(const char *what, const char *name)
{
    char text[sizeof calls[0].text];
    size_t i = 0;

    snprintf(text, sizeof text, "%s %.*s", what, NAME_MAX, name);
    while (i < CALLS_MAX && calls[i].at != 0 && strcmp(calls[i].text, text) != 0)
        i++;
    if (i == CALLS_MAX)
        return;
    strcpy(calls[i].text, text);
    calls[i].at = ++n_calls;
}

/* 0: it was not made. */
static int
last(const char *what, const char *name)
{
    char text[sizeof calls[0].text];

    snprintf(text, sizeof text, "%s %.*s", what, NAME_MAX, name);
    for (size_t i = 0; i < CALLS_MAX && calls[i].at != 0; i++)
        if (strcmp(calls[i].text, text) == 0)
            return calls[i].at;
    return 0;
}

/* The last part of its path. */
static const char *
name_of(int fd, char path[static PATH_MAX])
{
    char link[64];
    ssize_t n;

    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    n = readlink(link, path, PATH_MAX - 1);
    path[n < 0 ? 0 : n] = '\0';
    return last_part(path);
}

static int
sync_file(int fd, long number)
{
    char path[PATH_MAX];
    const char *name = name_of(fd, path);

    note("sync", name);
    if (failing != NULL && strcmp(name, failing) == 0) {
        errno = EIO;
        return -1;
    }
    return silent ? 0 : (int)syscall(number, fd);
}

/* These stand in for the C library's, also inside SQLite. */
#define SEEN_BY_LIBRARIES __attribute__((visibility("default")))

SEEN_BY_LIBRARIES int
fsync(int fd)
{
    return sync_file(fd, SYS_fsync);
}

SEEN_BY_LIBRARIES int
fdatasync(int fd)
{
    return sync_file(fd, SYS_fdatasync);
}

SEEN_BY_LIBRARIES ssize_t
pwrite64(int fd, const void *bytes, size_t len, off_t offset)
{
    char path[PATH_MAX];

    note("write", name_of(fd, path));
    return syscall(SYS_pwrite64, fd, bytes, len, offset);
}

SEEN_BY_LIBRARIES int
rename(const char *from, const char *to)
{
    note("rename", last_part(from));
    return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

/* ---- opening ---- */

/* In a process that is killed, with nothing synced. */
static void
leave_unsynced(struct fixture *f, void (*write)(struct fixture *f))
{
    int status;
    pid_t child;

    store_close(f->store);
    f->store = NULL;
    child = fork();
    if (child == 0) {
        silent = true;
        write(f);
        kill(getpid(), SIGKILL);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void
write_message(struct fixture *f)
{
    struct store_change c = send_of(1, 1, "hello");

    if (store_open(&f->store, &(struct store_options){.dir = f->dir}, NULL) != ST_OK ||
        store_commit(f->store, &c, 1, AT(NOW), NULL) != ST_OK)
        _exit(1);
}

static enum status
claim_dev(struct names *names, struct fault *why)
{
    static const uint8_t anna[32] = {1};
    struct names_claim c = {.name = span_of("dev"), .key = anna, .max_per_key = 10, .now_ns = NOW};

    return names_claim(names, &c, why);
}

static enum status
claim(struct fixture *f)
{
    struct names *names;
    enum status st = names_open(&names, f->dir, &f->why);

    if (st != ST_OK)
        return st;
    st = claim_dev(names, &f->why);
    names_close(names);
    return st;
}

static void
write_name(struct fixture *f)
{
    struct names *names;

    if (names_open(&names, f->dir, NULL) != ST_OK || claim_dev(names, NULL) != ST_OK)
        _exit(1);
}

/* The file, its log, and the directory. */
static void
opening_fails_with_each_sync(struct fixture *f, const char *file,
                             enum status (*use)(struct fixture *))
{
    char log[32];
    const char *const each[] = {file, log, last_part(f->dir)};

    snprintf(log, sizeof log, "%s-wal", file);
    for (size_t i = 0; i < sizeof each / sizeof *each; i++) {
        failing = each[i];
        f->why.text[0] = '\0';
        if (use(f) != ST_SYSTEM || strstr(f->why.text, "cannot sync") == NULL)
            fail_msg("%s is not synced: %s", each[i], f->why.text);
        failing = NULL;
    }
    assert_int_equal(use(f), ST_OK);
}

static void
a_store_is_synced_before_it_is_read(void **state)
{
    struct fixture *f = *state;

    leave_unsynced(f, write_message);
    opening_fails_with_each_sync(f, "group.db", try_open);
    open_store(f);
    assert_false(do_one(f, send_of(1, 1, "hello"), NOW).fresh);
}

static void
names_are_synced_before_they_are_read(void **state)
{
    struct fixture *f = *state;

    leave_unsynced(f, write_name);
    opening_fails_with_each_sync(f, "names.db", claim);
}

/* Whoever made the directory was killed before anything was in it. */
static void
a_directory_is_synced_before_it_is_used(void **state)
{
    struct fixture *f = *state;

    store_close(f->store);
    f->store = NULL;
    wipe(f->dir);
    assert_int_equal(mkdir(f->dir, 0700), 0);
    failing = last_part(f->root);
    assert_int_equal(try_open(f), ST_SYSTEM);
    assert_int_equal(try_open(f), ST_SYSTEM);
    failing = NULL;
    assert_int_equal(try_open(f), ST_OK);
}

static void
a_check_tells_of_what_is_synced(void **state)
{
    struct fixture *f = *state;
    struct verify_result r;

    leave_unsynced(f, write_message);
    failing = "group.db-wal";
    assert_int_equal(store_verify(f->dir, NULL, NULL, &r, &f->why), ST_SYSTEM);
    failing = NULL;
    assert_int_equal(store_verify(f->dir, NULL, NULL, &r, &f->why), ST_OK);
    assert_int_equal(r.entries, 1);
}

/* ---- copying ---- */

static enum status
backup(struct fixture *f)
{
    char path[64];

    snprintf(path, sizeof path, "%s/copy", f->root);
    return store_backup(f->dir, path, true, &f->why);
}

static bool
is_there(struct fixture *f, const char *name)
{
    char path[64];

    snprintf(path, sizeof path, "%s/%s", f->root, name);
    return access(path, F_OK) == 0;
}

/* The store holds what the copy holds, and the copy is whole, before there is one; then its name
 * lasts. */
static void
a_copy_is_synced_before_it_has_its_name(void **state)
{
    struct fixture *f = *state;

    fill(f, 3);
    memset(calls, 0, sizeof calls);
    assert_int_equal(backup(f), ST_OK);
    assert_in_range(last("write", "copy-new"), 1, last("sync", "copy-new") - 1);
    assert_in_range(last("sync", "copy-new"), 1, last("rename", "copy-new") - 1);
    assert_in_range(last("sync", "group.db-wal"), 1, last("rename", "copy-new") - 1);
    assert_in_range(last("rename", "copy-new"), 1, last("sync", last_part(f->root)) - 1);
}

static void
what_cannot_be_synced_is_no_copy(void **state)
{
    static const char *const each[] = {"group.db-wal", "copy-new"};
    struct fixture *f = *state;

    fill(f, 3);
    for (size_t i = 0; i < sizeof each / sizeof *each; i++) {
        failing = each[i];
        assert_int_equal(backup(f), ST_SYSTEM);
        failing = NULL;
        assert_non_null(strstr(f->why.text, "Input/output error"));
        assert_false(is_there(f, "copy"));
        assert_false(is_there(f, "copy-new"));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_DISK(a_store_is_synced_before_it_is_read),
        ON_DISK(names_are_synced_before_they_are_read),
        ON_DISK(a_directory_is_synced_before_it_is_used),
        ON_DISK(a_check_tells_of_what_is_synced),
        ON_DISK(a_copy_is_synced_before_it_has_its_name),
        ON_DISK(what_cannot_be_synced_is_no_copy),
    };

    return cmocka_run_group_tests_name("store_synced", tests, NULL, NULL);
}
