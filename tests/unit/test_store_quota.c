/* Little room: quota, file-size limit, a full disk and its ballast. */
#include "store_fixture.h"

#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define QUOTA   STORE_QUOTA_MIN
#define BALLAST (1024 * 1024)
#define DISK    "8m"

static enum status
open_with(struct fixture *f, int64_t quota, int64_t ballast)
{
    struct store_options o = {.dir = f->dir, .quota = quota, .ballast = ballast};

    store_close(f->store);
    f->store = NULL;
    return store_open(&f->store, &o, &f->why);
}

static enum status
say(struct fixture *f, unsigned id)
{
    static uint8_t body[BODY_MAX_BYTES];
    struct store_change c = send_of(1, id, "");

    c.body = (struct span){body, sizeof body};
    return store_commit(f->store, &c, 1, AT(NOW), &f->why);
}

/* Until there is no room; returns the first id that found none. */
static unsigned
say_all(struct fixture *f, unsigned id)
{
    enum status st = ST_OK;
    unsigned end = id + 2000;

    while (id < end && (st = say(f, id)) == ST_OK)
        id++;
    assert_int_equal(st, ST_FULL);
    return id;
}

static void
join_many(struct fixture *f, unsigned from, unsigned n)
{
    for (unsigned i = from; i < from + n; i++)
        do_one(f, join_of(i, 1, "nick"), NOW);
}

static const struct store_commit_options urgently = {.now_ns = NOW, .urgent = true};

static enum status
urgent(struct fixture *f, struct store_change c)
{
    enum status st = store_commit(f->store, &c, 1, &urgently, &f->why);

    return st == ST_OK ? c.result : st;
}

static void
cut(struct fixture *f, uint64_t entries)
{
    struct store_keep keep = {.entries = entries};
    size_t removed = 1;

    while (removed > 0)
        if (store_trim(f->store, &keep, NOW, 16, &removed, &f->why) != ST_OK)
            fail_msg("%s", f->why.text);
    assert_int_equal(state_of(f).first, state_of(f).head - entries + 1);
}

/* ---- quota ---- */

static void
over_the_quota_messages_are_refused_in_words(void **state)
{
    struct fixture *f = *state;
    struct stat info;
    char path[80];
    unsigned next;

    assert_int_equal(open_with(f, QUOTA, 0), ST_OK);
    next = say_all(f, 1);
    assert_true(next > 40);
    assert_non_null(strstr(f->why.text, "quota"));
    assert_int_equal(state_of(f).head, next - 1);
    assert_int_equal(page_after(f, next - 3).n, 2);
    assert_int_equal(say(f, next), ST_FULL);
    assert_int_equal(open_with(f, QUOTA, 0), ST_OK);
    assert_int_equal(say(f, next), ST_FULL);
    snprintf(path, sizeof path, "%s/group.db", f->dir);
    assert_int_equal(stat(path, &info), 0);
    assert_true(info.st_size <= QUOTA);
}

static void
leaving_and_removing_go_on_above_the_quota(void **state)
{
    struct fixture *f = *state;
    struct store_change c = join_of(500, 1, "nick");
    unsigned next;

    assert_int_equal(open_with(f, QUOTA, 0), ST_OK);
    join_many(f, 2, 300);
    next = say_all(f, 1);
    /* What little room is left goes first. */
    while (store_commit(f->store, &c, 1, AT(NOW), &f->why) == ST_OK)
        c = join_of(500 + ++next, 1, "nick");
    for (unsigned i = 2; i < 152; i++)
        assert_int_equal(urgent(f, leave_of(i, 2)), ST_OK);
    for (unsigned i = 152; i < 302; i++)
        assert_int_equal(urgent(f, i % 2 ? ban_of(9000, i, i) : remove_of(9000, i, i)), ST_OK);
    assert_int_equal(say(f, 5000), ST_FULL);
    assert_int_equal(open_with(f, QUOTA, 0), ST_OK);
    assert_int_equal(say(f, 5000), ST_FULL);
    assert_int_equal(urgent(f, leave_of(500, 9)), ST_OK);
}

static void
the_reserve_has_an_end(void **state)
{
    struct fixture *f = *state;
    enum status st = ST_OK;
    static uint8_t body[BODY_MAX_BYTES];
    unsigned n = 0;

    assert_int_equal(open_with(f, QUOTA, 0), ST_OK);
    say_all(f, 1);
    while (st == ST_OK && n < 2000) {
        struct store_change c = send_of(2, n++, "");

        c.body = (struct span){body, sizeof body};
        st = store_commit(f->store, &c, 1, &urgently, &f->why);
    }
    assert_int_equal(st, ST_FULL);
    assert_in_range(n, 40, STORE_RESERVE / BODY_MAX_BYTES);
}

static void
messages_go_on_when_old_ones_are_gone(void **state)
{
    struct fixture *f = *state;
    unsigned next;

    assert_int_equal(open_with(f, QUOTA, 0), ST_OK);
    next = say_all(f, 1);
    cut(f, next / 2);
    assert_int_equal(say(f, next), ST_OK);
    assert_true(say_all(f, next + 1) > next + 20);
}

static void
messages_go_on_with_a_larger_quota(void **state)
{
    struct fixture *f = *state;
    unsigned next;

    assert_int_equal(open_with(f, QUOTA, 0), ST_OK);
    next = say_all(f, 1);
    assert_int_equal(open_with(f, 2 * QUOTA, 0), ST_OK);
    next = say_all(f, next);
    /* A smaller one takes nothing away. */
    assert_int_equal(open_with(f, QUOTA, 0), ST_OK);
    assert_int_equal(page_after(f, next - 3).n, 2);
    assert_int_equal(say(f, next), ST_FULL);
    assert_int_equal(open_with(f, 0, 0), ST_OK);
    assert_int_equal(say(f, next), ST_OK);
}

static void
a_quota_that_is_too_small_is_refused(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(open_with(f, QUOTA - 1, 0), ST_INVALID);
    assert_int_equal(open_with(f, -1, 0), ST_INVALID);
    assert_int_equal(open_with(f, 0, -1), ST_INVALID);
}

static void
limit_file_size(rlim_t bytes)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void
a_file_size_limit_leaves_room_for_leaving(void **state)
{
    struct fixture *f = *state;
    unsigned next;

    signal(SIGXFSZ, SIG_IGN);
    limit_file_size(2 * 1024 * 1024);
    assert_int_equal(open_with(f, 0, 0), ST_OK);
    join_many(f, 2, 50);
    next = say_all(f, 1);
    assert_true(next > 40);
    for (unsigned i = 2; i < 52; i++)
        assert_int_equal(urgent(f, leave_of(i, 2)), ST_OK);
    assert_int_equal(say(f, next), ST_FULL);
    assert_int_equal(page_after(f, next + 98).n, 1);
    limit_file_size(RLIM_INFINITY);
    assert_int_equal(open_with(f, 0, 0), ST_OK);
    assert_int_equal(say(f, next), ST_OK);
}

/* ---- ballast ---- */

static bool
ballast_there(struct fixture *f, off_t size)
{
    struct stat info;
    char path[80];

    snprintf(path, sizeof path, "%s/ballast", f->dir);
    if (stat(path, &info) != 0)
        return false;
    assert_int_equal(info.st_size, size);
    assert_int_equal(info.st_mode & 07777, 0600);
    assert_true((off_t)info.st_blocks * 512 >= size);
    return true;
}

static void
ballast_is_made_as_large_as_asked_for(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(open_with(f, 0, BALLAST), ST_OK);
    assert_true(ballast_there(f, BALLAST));
    assert_int_equal(open_with(f, 0, 2 * BALLAST), ST_OK);
    assert_true(ballast_there(f, 2 * BALLAST));
    assert_int_equal(open_with(f, 0, 0), ST_OK);
    assert_false(ballast_there(f, 0));
    /* One with holes holds no room. */
    store_close(f->store);
    f->store = NULL;
    write_file(f, "ballast", "x", BALLAST);
    assert_int_equal(open_with(f, 0, BALLAST), ST_OK);
    assert_true(ballast_there(f, BALLAST));
}

static void
ballast_that_is_something_else_is_refused(void **state)
{
    struct fixture *f = *state;
    char path[80];

    snprintf(path, sizeof path, "%s/ballast", f->dir);
    assert_int_equal(symlink("/dev/null", path), 0);
    assert_int_equal(open_with(f, 0, BALLAST), ST_DENIED);
}

static void
a_quota_does_not_cost_the_ballast(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(open_with(f, QUOTA, BALLAST), ST_OK);
    do_one(f, join_of(2, 1, "nick"), NOW);
    say_all(f, 1);
    assert_int_equal(urgent(f, leave_of(2, 2)), ST_OK);
    assert_true(ballast_there(f, BALLAST));
}

/* ---- a small disk ---- */

/* Mount one over the fixture's directory, seen by this process only. */
static int
set_up_disk(void **state)
{
    struct fixture *f;

    if (set_up_sqlite(state) != 0)
        return -1;
    f = *state;
    store_close(f->store);
    f->store = NULL;
    if (geteuid() == 0 && unshare(CLONE_NEWNS) == 0 &&
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
        mount("none", f->dir, "tmpfs", 0, "mode=700,size=" DISK) == 0)
        return 0;
    print_message("skipped: no small disk can be mounted here (not root?)\n");
    f->durable = false;
    return 0;
}

static int
tear_down_disk(void **state)
{
    struct fixture *f = *state;

    store_close(f->store);
    f->store = NULL;
    if (f->durable)
        umount2(f->dir, MNT_DETACH);
    return tear_down(state);
}

static void
path_of_filler(struct fixture *f, char path[static 80])
{
    snprintf(path, 80, "%s/filler", f->dir);
}

static void
fill_disk(struct fixture *f)
{
    static const char block[4096];
    char path[80];
    int fd;

    path_of_filler(f, path);
    fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    assert_true(fd >= 0);
    while (write(fd, block, sizeof block) > 0)
        ;
    close(fd);
}

static void
a_full_disk_gives_the_ballast_back_for_leaving(void **state)
{
    struct fixture *f = *state;
    char path[80];
    unsigned next;

    if (!f->durable)
        skip();
    assert_int_equal(open_with(f, 0, BALLAST), ST_OK);
    join_many(f, 2, 200);
    fill_disk(f);
    next = say_all(f, 1);
    assert_true(ballast_there(f, BALLAST)); /* not for messages */
    for (unsigned i = 2; i < 102; i++)
        assert_int_equal(urgent(f, leave_of(i, 2)), ST_OK);
    assert_false(ballast_there(f, BALLAST));

    /* Whoever goes on sending leaves half of it for the others. */
    next = say_all(f, next);
    assert_non_null(strstr(f->why.text, "full"));
    for (unsigned i = 102; i < 202; i++)
        assert_int_equal(urgent(f, leave_of(i, 2)), ST_OK);
    assert_int_equal(page_after(f, state_of(f).head - 5).n, 5);
    store_refill(f->store);
    assert_false(ballast_there(f, BALLAST));
    cut(f, 100);

    path_of_filler(f, path);
    assert_int_equal(unlink(path), 0);
    store_refill(f->store);
    assert_true(ballast_there(f, BALLAST));
    assert_int_equal(say(f, next), ST_OK);
}

static void
a_full_disk_does_not_keep_the_store_from_opening(void **state)
{
    struct fixture *f = *state;
    struct store_change c = send_of(9, 9, "x");

    if (!f->durable)
        skip();
    assert_int_equal(open_with(f, 0, BALLAST), ST_OK);
    join_many(f, 2, 3);
    store_close(f->store);
    f->store = NULL;
    fill_disk(f);
    assert_int_equal(open_with(f, 0, BALLAST), ST_OK);
    assert_int_equal(page_after(f, 0).n, 3);
    assert_int_equal(urgent(f, leave_of(2, 2)), ST_OK);
    fill_disk(f);
    assert_int_equal(store_commit(f->store, &c, 1, AT(NOW), &f->why), ST_FULL);
}

static void
ballast_is_not_made_where_it_would_fill_the_disk(void **state)
{
    struct fixture *f = *state;

    if (!f->durable)
        skip();
    assert_int_equal(open_with(f, 0, 6 * BALLAST), ST_OK);
    assert_false(ballast_there(f, 6 * BALLAST));
    assert_int_equal(say(f, 1), ST_OK);
    assert_int_equal(open_with(f, 0, 2 * BALLAST), ST_OK);
    assert_true(ballast_there(f, 2 * BALLAST));
}

#define ON_SMALL_DISK(test) cmocka_unit_test_setup_teardown(test, set_up_disk, tear_down_disk)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_DISK(over_the_quota_messages_are_refused_in_words),
        ON_DISK(leaving_and_removing_go_on_above_the_quota),
        ON_DISK(the_reserve_has_an_end),
        ON_DISK(messages_go_on_when_old_ones_are_gone),
        ON_DISK(messages_go_on_with_a_larger_quota),
        ON_DISK(a_quota_that_is_too_small_is_refused),
        ON_DISK(a_file_size_limit_leaves_room_for_leaving),
        ON_DISK(ballast_is_made_as_large_as_asked_for),
        ON_DISK(ballast_that_is_something_else_is_refused),
        ON_DISK(a_quota_does_not_cost_the_ballast),
        ON_SMALL_DISK(a_full_disk_gives_the_ballast_back_for_leaving),
        ON_SMALL_DISK(a_full_disk_does_not_keep_the_store_from_opening),
        ON_SMALL_DISK(ballast_is_not_made_where_it_would_fill_the_disk),
    };

    return cmocka_run_group_tests_name("store_quota", tests, NULL, NULL);
}
