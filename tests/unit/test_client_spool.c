/* Posted messages on disk: order, ends that break off, damage, and programs that are killed. */
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "disk/spool_format.h"

#define SEEN_MAX 100000

static const uint8_t self[KEY_LEN] = {1};
static const uint8_t server[KEY_LEN] = {2};
static const uint8_t other[KEY_LEN] = {3};

struct bench {
    char dir[64];
    char file[256];
    struct spool *s;
    struct spool_queue *q;
    uint32_t seen[SEEN_MAX]; /* numbers of the messages of the last opening */
    size_t n_seen;
    struct fault why;
};

/* Inodes of what was synced. */
static ino_t synced[64];
static size_t n_synced;

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);
int __real_renameat(int from_dir, const char *from, int to_dir, const char *to);
int __wrap_renameat(int from_dir, const char *from, int to_dir, const char *to);

static unsigned renamed, renamed_unsynced;

static void
note_sync(int fd)
{
    struct stat info;

    if (n_synced < sizeof synced / sizeof synced[0] && fstat(fd, &info) == 0)
        synced[n_synced++] = info.st_ino;
}

int
__wrap_fsync(int fd)
{
    note_sync(fd);
    return __real_fsync(fd);
}

int
__wrap_fdatasync(int fd)
{
    note_sync(fd);
    return __real_fdatasync(fd);
}

static bool
is_synced(const struct stat *info)
{
    for (size_t i = 0; i < n_synced; i++)
        if (synced[i] == info->st_ino)
            return true;
    return false;
}

int
__wrap_renameat(int from_dir, const char *from, int to_dir, const char *to)
{
    struct stat info;

    renamed++;
    renamed_unsynced += fstatat(from_dir, from, &info, 0) != 0 || !is_synced(&info);
    return __real_renameat(from_dir, from, to_dir, to);
}

static int
set_up(void **state)
{
    static struct bench b;

    memset(&b, 0, sizeof b);
    snprintf(b.dir, sizeof b.dir, "/tmp/spool.XXXXXX");
    assert_non_null(mkdtemp(b.dir));
    *state = &b;
    return 0;
}

static void
close_all(struct bench *b)
{
    spool_queue_close(b->q);
    spool_close(b->s);
    b->q = NULL;
    b->s = NULL;
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
tear_down(void **state)
{
    struct bench *b = *state;

    close_all(b);
    return nftw(b->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static struct id
id_number(uint32_t n)
{
    struct id id = {{0x70}};

    memcpy(id.bytes + 12, &n, sizeof n);
    return id;
}

static enum status
see(void *ctx, const struct id *id, struct span body)
{
    struct bench *b = ctx;
    uint32_t n;

    memcpy(&n, id->bytes + 12, sizeof n);
    assert_true(b->n_seen < SEEN_MAX);
    assert_int_equal(body.len, n % 100);
    for (size_t i = 0; i < body.len; i++)
        assert_int_equal(body.p[i], n & 0xff);
    b->seen[b->n_seen++] = n;
    return ST_OK;
}

static enum status
open_as(struct bench *b, const uint8_t *key)
{
    struct spool_options o = {.path = b->dir, .self = key, .server = server};
    enum status st;

    b->n_seen = 0;
    st = spool_open(&b->s, &o, &b->why);
    if (st == ST_OK)
        snprintf(b->file, sizeof b->file, "%s/lobby.posts", b->s->path);
    return st == ST_OK ? spool_queue_open(&b->q, b->s, "lobby", see, b, &b->why) : st;
}

static void
open_all(struct bench *b)
{
    assert_int_equal(open_as(b, self), ST_OK);
}

static void
add(struct bench *b, uint32_t n)
{
    struct id id = id_number(n);
    uint8_t body[100];

    memset(body, (int)(n & 0xff), sizeof body);
    assert_int_equal(spool_add(b->q, &id, (struct span){body, n % 100}, &b->why), ST_OK);
}

static void
expect_seen(const struct bench *b, uint32_t first, size_t n)
{
    assert_int_equal(b->n_seen, n);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(b->seen[i], first + i);
}

static off_t
size_of_file(const struct bench *b)
{
    struct stat info;

    return stat(b->file, &info) == 0 ? info.st_size : -1;
}

static void
change_byte(const struct bench *b, off_t at)
{
    int fd = open(b->file, O_RDWR);
    uint8_t byte;

    assert_int_equal(pread(fd, &byte, 1, at), 1);
    byte ^= 0x10;
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    close(fd);
}

/* ---- */

static void
what_was_added_is_there_next_time_in_order(void **state)
{
    struct bench *b = *state;
    struct stat info;

    open_all(b);
    expect_seen(b, 0, 0);
    for (uint32_t i = 0; i < 1000; i++)
        add(b, i);
    assert_int_equal(spool_sync(b->q), ST_OK);
    assert_int_equal(stat(b->file, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    close_all(b);
    open_all(b);
    expect_seen(b, 0, 1000);
}

static void
what_had_its_outcome_is_gone(void **state)
{
    struct bench *b = *state;

    open_all(b);
    for (uint32_t i = 0; i < 10; i++)
        add(b, i);
    spool_done(b->q, 3);
    add(b, 10);
    spool_done(b->q, 1);
    close_all(b);
    open_all(b);
    expect_seen(b, 4, 7);
    spool_done(b->q, 7);
    close_all(b);
    assert_int_equal(size_of_file(b), -1);
}

static void
the_last_can_be_taken_back(void **state)
{
    struct bench *b = *state;

    open_all(b);
    add(b, 0);
    add(b, 7);
    spool_take_back(b->q);
    add(b, 1);
    close_all(b);
    open_all(b);
    expect_seen(b, 0, 2);
}

/* ---- side by side ---- */

static struct spool *
open_another(struct bench *b, const uint8_t *key)
{
    struct spool_options o = {.path = b->dir, .self = key, .server = server};
    struct spool *s;

    assert_int_equal(spool_open(&s, &o, &b->why), ST_OK);
    return s;
}

/* What is left is read, and goes. */
static enum status
take_left(void *ctx, struct spool *from, const char *group, struct fault *why)
{
    struct bench *b = ctx;
    struct spool_queue *q;
    enum status st = spool_queue_open(&q, from, group, see, b, why);

    if (st == ST_OK)
        spool_done(q, (uint32_t)b->n_seen);
    spool_queue_close(q);
    return st;
}

static void
each_handle_has_a_slot_and_takes_what_nobody_holds(void **state)
{
    struct bench *b = *state;
    struct spool *second;

    open_all(b);
    add(b, 0);
    add(b, 1);
    second = open_another(b, self);
    assert_int_equal(spool_left(second, take_left, b, &b->why), ST_OK);
    expect_seen(b, 0, 0);
    close_all(b);
    assert_int_equal(spool_left(second, take_left, b, &b->why), ST_OK);
    expect_seen(b, 0, 2);
    b->n_seen = 0;
    assert_int_equal(spool_left(second, take_left, b, &b->why), ST_OK);
    expect_seen(b, 0, 0);
    spool_close(second);
}

static void
there_are_so_many_slots(void **state)
{
    struct bench *b = *state;
    struct spool_options o = {.path = b->dir, .self = self, .server = server};
    struct spool *all[SPOOL_SLOTS_MAX];
    struct spool *more;

    for (size_t i = 0; i < SPOOL_SLOTS_MAX; i++)
        all[i] = open_another(b, self);
    assert_int_equal(spool_open(&more, &o, &b->why), ST_BUSY);
    assert_null(more);
    assert_non_null(strstr(b->why.text, "in use"));
    more = open_another(b, other);
    spool_close(more);
    for (size_t i = 0; i < SPOOL_SLOTS_MAX; i++)
        spool_close(all[i]);
}

static void
messages_of_another_key_are_not_touched(void **state)
{
    struct bench *b = *state;
    struct spool *theirs = open_another(b, other);

    open_all(b);
    add(b, 0);
    close_all(b);
    assert_int_equal(spool_left(theirs, take_left, b, &b->why), ST_OK);
    expect_seen(b, 0, 0);
    spool_close(theirs);
    assert_int_equal(open_as(b, other), ST_OK);
    expect_seen(b, 0, 0);
    close_all(b);
    open_all(b);
    expect_seen(b, 0, 1);
}

/* Somebody moved it there. */
static void
messages_of_another_key_are_not_sent(void **state)
{
    struct bench *b = *state;
    struct spool *theirs = open_another(b, other);
    char file[256];

    open_all(b);
    add(b, 0);
    close_all(b);
    snprintf(file, sizeof file, "%s/lobby.posts", theirs->path);
    assert_int_equal(rename(b->file, file), 0);
    spool_close(theirs);
    assert_int_equal(open_as(b, other), ST_CONFLICT);
    assert_int_equal(b->n_seen, 0);
}

/* ---- what is on disk ---- */

static bool
was_synced(const char *path)
{
    struct stat info;

    assert_int_equal(stat(path, &info), 0);
    return is_synced(&info);
}

static void
what_another_process_wrote_is_synced_before_it_is_sent(void **state)
{
    struct bench *b = *state;

    open_all(b);
    add(b, 0);
    close_all(b); /* as a process that is killed before it sent anything */
    open_all(b);
    expect_seen(b, 0, 1);
    n_synced = 0;
    assert_int_equal(spool_sync(b->q), ST_OK);
    assert_true(was_synced(b->file));
    assert_true(was_synced(b->s->path));
    assert_true(was_synced(b->dir));
    n_synced = 0;
    assert_int_equal(spool_sync(b->q), ST_OK);
    assert_int_equal(n_synced, 0);
}

static void
a_directory_that_others_may_change_is_refused(void **state)
{
    struct bench *b = *state;

    assert_int_equal(chmod(b->dir, 0770), 0);
    assert_int_equal(open_as(b, self), ST_DENIED);
}

/* However much of the end is missing, what is whole is there. */
static void
an_unfinished_end_is_cut_off(void **state)
{
    struct bench *b = *state;
    off_t size;

    open_all(b);
    add(b, 0);
    add(b, 1);
    add(b, 2);
    size = size_of_file(b);
    close_all(b);
    for (off_t cut = 1; cut < SPOOL_HEAD_LEN + 1 + ID_LEN + 2; cut++) {
        assert_int_equal(truncate(b->file, size - cut), 0);
        open_all(b);
        expect_seen(b, 0, 2);
        add(b, 2);
        assert_int_equal(size_of_file(b), size);
        close_all(b);
    }
    for (off_t at = size - 5; at < size; at++) { /* garbage instead of an end */
        change_byte(b, at);
        open_all(b);
        expect_seen(b, 0, 2);
        add(b, 2);
        close_all(b);
    }
}

static void
a_file_without_a_whole_message_is_empty(void **state)
{
    struct bench *b = *state;

    open_all(b);
    add(b, 0);
    close_all(b);
    for (off_t size = size_of_file(b) - 1; size >= 0; size -= 7) {
        assert_int_equal(truncate(b->file, size), 0);
        open_all(b);
        expect_seen(b, 0, 0);
        add(b, 0);
        close_all(b);
    }
}

/* A bit that flips anywhere before the last record. */
static void
damage_before_the_end_is_refused(void **state)
{
    struct bench *b = *state;
    off_t last;

    open_all(b);
    add(b, 99);
    add(b, 50);
    last = size_of_file(b);
    add(b, 1);
    close_all(b);
    for (off_t at = 0; at < last; at++) {
        enum status st;
        change_byte(b, at);
        st = open_as(b, self);
        assert_int_equal(st, ST_CORRUPT);
        assert_non_null(strstr(b->why.text, "damaged at byte"));
        close_all(b);
        change_byte(b, at);
    }
    open_all(b);
    assert_int_equal(b->n_seen, 3);
}

static void
outcomes_for_more_than_there_is_are_damage(void **state)
{
    struct bench *b = *state;
    struct spool_record r = {.type = SPOOL_DONE, .count = 2};
    struct buf bytes;
    FILE *f;

    open_all(b);
    add(b, 1);
    close_all(b);
    buf_init(&bytes, 0);
    spool_pack(&bytes, &r);
    f = fopen(b->file, "a");
    assert_int_equal(fwrite(bytes.p, 1, bytes.len, f), bytes.len);
    fclose(f);
    buf_clear(&bytes);
    assert_int_equal(open_as(b, self), ST_CORRUPT);
}

static void
the_file_does_not_grow_for_ever(void **state)
{
    struct bench *b = *state;
    uint8_t body[BODY_MAX_BYTES] = {0};
    struct id id = id_number(0);
    off_t most = 0;

    open_all(b);
    for (uint32_t i = 0; i < 3000; i++) { /* 49 MB in all, never empty */
        assert_int_equal(spool_add(b->q, &id, (struct span){body, sizeof body}, NULL), ST_OK);
        if (i >= 10)
            spool_done(b->q, 1);
        most = size_of_file(b) > most ? size_of_file(b) : most;
    }
    assert_true(most < 12 * 1024 * 1024);
    spool_done(b->q, 10);
    assert_int_equal(size_of_file(b), SPOOL_HEADER_LEN);
    add(b, 5);
    close_all(b);
    open_all(b);
    expect_seen(b, 5, 1);
}

/* A limit of the file's size is as good as a full disk. */
/* Else a power cut could leave neither the old one nor what is in the new one. */
static void
a_smaller_file_is_synced_before_it_takes_the_place(void **state)
{
    struct bench *b = *state;
    uint8_t body[BODY_MAX_BYTES] = {0};
    struct id id = id_number(0);

    open_all(b);
    renamed = renamed_unsynced = 0;
    for (uint32_t i = 0; i < 600; i++)
        assert_int_equal(spool_add(b->q, &id, (struct span){body, sizeof body}, NULL), ST_OK);
    add(b, 7);
    assert_int_equal(spool_sync(b->q), ST_OK);
    n_synced = 0;
    spool_done(b->q, 600);
    assert_int_equal(renamed, 1);
    assert_int_equal(renamed_unsynced, 0);
    close_all(b);
    open_all(b);
    expect_seen(b, 7, 1);
}

static void
a_full_disk_is_said_and_leaves_no_half(void **state)
{
    struct bench *b = *state;
    struct rlimit limit;
    struct rlimit small;
    uint8_t body[99] = {0};
    struct id id = id_number(9);
    off_t size;

    open_all(b);
    add(b, 0);
    size = size_of_file(b);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    small = (struct rlimit){.rlim_cur = (rlim_t)size + 30, .rlim_max = limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_int_equal(spool_add(b->q, &id, (struct span){body, sizeof body}, &b->why), ST_FULL);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_equal(size_of_file(b), size);
    add(b, 1);
    close_all(b);
    open_all(b);
    expect_seen(b, 0, 2);
}

static enum status
count_group(void *ctx, const char *group, struct fault *why)
{
    (void)why;
    strcat(strcat(ctx, group), " ");
    return ST_OK;
}

static void
groups_are_found_by_their_files(void **state)
{
    struct bench *b = *state;
    char names[200] = "";
    char path[128];
    struct spool_queue *q;

    open_all(b);
    add(b, 0);
    assert_int_equal(spool_queue_open(&q, b->s, "dev", see, b, &b->why), ST_OK);
    assert_int_equal(spool_groups(b->s, count_group, names, &b->why), ST_OK);
    assert_string_equal(names, "lobby "); /* dev has no file as it has no messages */
    spool_queue_close(q);
    snprintf(path, sizeof path, "%s/.lobby.posts.new", b->s->path);
    fclose(fopen(path, "w"));
    names[0] = '\0';
    assert_int_equal(spool_groups(b->s, count_group, names, &b->why), ST_OK);
    assert_string_equal(names, "lobby ");
    assert_int_not_equal(access(path, F_OK), 0);
    snprintf(path, sizeof path, "%s/-x.posts", b->s->path);
    fclose(fopen(path, "w"));
    assert_int_equal(spool_groups(b->s, count_group, names, &b->why), ST_INVALID);
    unlink(path);
}

/* ---- programs that are killed ---- */

struct told {
    uint32_t added; /* messages whose spool_add returned */
    uint32_t done;  /* messages whose outcome was about to be told */
};

/* Adds and tells outcomes until it is killed, and says before or after each step how far it is. */
static void
work(struct bench *b, struct told from, int pipe_fd)
{
    open_all(b);
    for (uint32_t i = 0;; i++) {
        add(b, from.added);
        from.added++;
        if (i % 5 == 4 && spool_sync(b->q) != ST_OK)
            _exit(1);
        if (write(pipe_fd, &from, sizeof from) != (ssize_t)sizeof from)
            _exit(2);
        if (from.added - from.done > 40) {
            from.done += 30;
            if (write(pipe_fd, &from, sizeof from) != (ssize_t)sizeof from)
                _exit(2);
            spool_done(b->q, 30);
        }
    }
}

/* Kill it after that many steps at least; returns the last it said. */
static struct told
run_and_kill(struct bench *b, struct told from, unsigned steps)
{
    struct told said = from;
    int fds[2];
    pid_t pid;

    assert_int_equal(pipe(fds), 0);
    pid = fork();
    if (pid == 0) {
        close(fds[0]);
        work(b, from, fds[1]);
    }
    close(fds[1]);
    for (unsigned i = 0; i < steps; i++)
        assert_int_equal(read(fds[0], &said, sizeof said), sizeof said);
    assert_int_equal(kill(pid, SIGKILL), 0);
    while (read(fds[0], &said, sizeof said) == (ssize_t)sizeof said)
        ;
    close(fds[0]);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    return said;
}

static void
killed_at_any_moment_it_has_all_that_was_added(void **state)
{
    struct bench *b = *state;
    struct told at = {0, 0};

    for (unsigned round = 0; round < 300; round++) {
        struct told said = run_and_kill(b, at, 1 + (round * 7) % 90);
        uint32_t first;
        open_all(b);
        assert_true(b->n_seen > 0);
        first = b->seen[0];
        expect_seen(b, first, b->n_seen); /* in order, none missing between */
        assert_in_range(first, said.done < 30 ? 0 : said.done - 30, said.done);
        assert_true(first + b->n_seen >= said.added);
        assert_true(first + b->n_seen <= said.added + 1);
        at = (struct told){.added = first + (uint32_t)b->n_seen, .done = first};
        close_all(b);
    }
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(what_was_added_is_there_next_time_in_order),
        TEST(what_had_its_outcome_is_gone),
        TEST(the_last_can_be_taken_back),
        TEST(each_handle_has_a_slot_and_takes_what_nobody_holds),
        TEST(there_are_so_many_slots),
        TEST(messages_of_another_key_are_not_touched),
        TEST(messages_of_another_key_are_not_sent),
        TEST(what_another_process_wrote_is_synced_before_it_is_sent),
        TEST(a_directory_that_others_may_change_is_refused),
        TEST(an_unfinished_end_is_cut_off),
        TEST(a_file_without_a_whole_message_is_empty),
        TEST(damage_before_the_end_is_refused),
        TEST(outcomes_for_more_than_there_is_are_damage),
        TEST(the_file_does_not_grow_for_ever),
        TEST(a_smaller_file_is_synced_before_it_takes_the_place),
        TEST(a_full_disk_is_said_and_leaves_no_half),
        TEST(groups_are_found_by_their_files),
        TEST(killed_at_any_moment_it_has_all_that_was_added),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
