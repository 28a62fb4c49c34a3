/* The offline check: it finds what is wrong, and changes nothing. */
#include "store_fixture.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/sum.h"
#include "tools/tools.h"

/* Bytes from one flipped one to the next. A prime, so that all kinds of places are met. */
#ifndef FLIP_STRIDE
#define FLIP_STRIDE 97
#endif

struct told {
    size_t n;
    char text[64 * 1024];
};

static void
note(void *ctx, const char *text)
{
    struct told *t = ctx;
    size_t at = strlen(t->text);

    snprintf(t->text + at, sizeof t->text - at, "%s\n", text);
    t->n++;
}

static enum status
verify(struct fixture *f, struct told *told, struct verify_result *r)
{
    memset(told, 0, sizeof *told);
    return store_verify(f->dir, note, told, r, &f->why);
}

static void
close_store(struct fixture *f)
{
    store_close(f->store);
    f->store = NULL;
}

/* Members come and go, some talk, the front of the log is gone. */
static void
live(struct fixture *f)
{
    struct store_keep keep = {.entries = 12};
    size_t removed;

    do_one(f, join_of(1, 30, "anna"), NOW);
    do_one(f, join_of(2, 1, "bea"), NOW);
    fill(f, 9);
    do_one(f, leave_of(2, 2), NOW + 200);
    do_one(f, join_of(2, 3, "bea b"), NOW + 300);
    do_one(f, join_of(3, 1, "carl"), NOW + 400);
    do_one(f, remove_of(1, 20, 3), NOW + 500);
    do_one(f, send_of(2, 4, "a message that somebody wrote"), NOW + 600);
    assert_int_equal(store_trim(f->store, &keep, NOW, 100, &removed, &f->why), ST_OK);
    assert_int_equal(removed, 4);
    do_one(f, role_of(1, 21, 2, ROLE_MODERATOR), NOW + 700);
    do_one(f, ban_of(1, 22, 4), NOW + 800);
    do_one(f, ban_of(1, 23, 3), NOW + 900);
    do_one(f, unban_of(1, 24, 4), NOW + 1000);
    do_one(f, topic_of(1, 25, "tea"), NOW + 1100);
    do_one(f, nick_of(2, 5, "beatrice"), NOW + 1200);
    do_one(f, invite_of(1, 1, 5, NOW + 5000), NOW + 1300);
    do_one(f, invite_of(2, 2, 1, 0), NOW + 1300);
}

static void
a_sound_store_is_found_so(void **state)
{
    struct fixture *f = *state;
    struct verify_result r;
    struct told told;

    close_store(f);
    assert_int_equal(verify(f, &told, &r), ST_OK);
    assert_int_equal(r.problems + r.entries, 0);
    open_store(f);
    live(f);
    close_store(f);
    assert_int_equal(verify(f, &told, &r), ST_OK);
    assert_string_equal(told.text, "");
    assert_int_equal(r.problems, 0);
    assert_int_equal(r.first, 5);
    assert_int_equal(r.head, 22);
    assert_int_equal(r.entries, 18);
    assert_int_equal(r.people, 4);
    assert_int_equal(r.members, 2);
}

static void
what_is_wrong_is_told(void **state)
{
    static const struct {
        const char *sql;
        const char *told;
    } damages[] = {
        {"PRAGMA application_id=5", "not a Conclave group store"},
        {"CREATE TABLE mine(x)", "tables"},
        {"DROP TABLE entry_at", "tables"},
        {"UPDATE meta SET log = x'00112233445566778899aabbccddeeff'", "log id"},
        {"UPDATE meta SET created = 7", "log id"},
        {"DELETE FROM entry WHERE seq IN (7, 8)", "entries 7 to 8: missing"},
        {"DELETE FROM entry WHERE seq = 5", "entries 5 to 5: missing"},
        {"UPDATE entry SET ts = (SELECT ts FROM entry WHERE seq = 8) WHERE seq = 9",
         "entry 9: not later"},
        {"UPDATE block SET data = 12 WHERE last = 9", "the entries up to 9: a column"},
        {"UPDATE block SET data = CAST(data || x'00' AS BLOB) WHERE last = 9",
         "entries 9 to 9: not readable as entries"},
        {"UPDATE block SET first = 8 WHERE last = 9", "entry 8: out of order"},
        {"UPDATE block SET ts = ts + 1 WHERE last = 9", "entries 9 to 9: not readable"},
        {"DELETE FROM entry_at WHERE seq = 9", "entry 9: the list of ids does not lead to it"},
        {"DELETE FROM entry_at WHERE seq = 9", "the list of ids has 17, for 18 entries"},
        {"INSERT INTO entry_at VALUES (zeroblob(16), 1, 9)", "the list of ids has 19, for 18"},
        {"UPDATE entry_at SET seq = 8 WHERE seq = 9", "entry 9: the list of ids"},
        {"UPDATE entry SET kind = 3 WHERE seq = 9", "entry 9: not what was written"},
        {"UPDATE entry SET author = 44 WHERE seq = 9", "entry 9: its author is not known"},
        {"UPDATE entry SET author = 3 WHERE seq = 16", "entry 16: not what was written"},
        {"UPDATE entry SET body = x'79' WHERE seq = 9", "entry 9: not what was written"},
        {"UPDATE entry SET ext = x'79' WHERE seq = 9", "entry 9: not what was written"},
        {"UPDATE entry SET ts = ts + 1 WHERE seq = 9", "entry 9: not what was written"},
        {"UPDATE entry SET sum = sum + 1 WHERE seq = 9", "entry 9: not what was written"},
        {"UPDATE entry SET id = zeroblob(16) WHERE seq = 9", "entry 9: not what was written"},
        {"UPDATE person SET nick = 'eve' WHERE no = 1", "a person"},
        {"UPDATE person SET key = zeroblob(32) WHERE no = 1", "a person"},
        {"DELETE FROM person WHERE no = 1", "a person"},
        {"UPDATE stay SET left_seq = 15, left_ts = 4 WHERE left_seq = 0", "a stay"},
        {"DELETE FROM stay WHERE joined_seq = 14", "entry 14: joined, but"},
        {"DELETE FROM stay WHERE joined_seq = 2", "entry 12: left, but"},
        {"DELETE FROM stay WHERE joined_seq = 14", "entry 15: kicked, but"},
        {"UPDATE standing SET role = 2 WHERE person = 2", "a role or ban"},
        {"UPDATE standing SET ban_seq = 0, ban_ts = 0", "a role or ban"},
        {"DELETE FROM standing WHERE ban_seq != 0", "roles or bans are missing"},
        {"DELETE FROM entry WHERE seq = 19", "entry 19: a ban begins here, but"},
        {"UPDATE invite SET uses = 9 WHERE expires = 0", "an invitation"},
        {"DELETE FROM invite WHERE expires = 0", "invitations are missing"},
        {"UPDATE about SET topic = x'79'", "the topic"},
        {"DELETE FROM about", "has no topic"},
    };
    struct fixture *f = *state;
    struct verify_result r;
    struct told told;

    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        live(f);
        tamper(f, damages[i].sql);
        assert_int_equal(verify(f, &told, &r), ST_OK);
        if (r.problems == 0 || strstr(told.text, damages[i].told) == NULL)
            fail_msg("%s: %s", damages[i].sql, told.text);
        assert_int_equal(told.n, r.problems);
        wipe(f->dir);
        open_store(f);
    }
}

/* Rows that are sound in themselves, but not what the log says. */
static void
members_and_log_must_tell_the_same(void **state)
{
    struct person moderator = {.no = 2, .role = ROLE_OWNER, .role_set = true};
    struct person lifted = {.no = 4, .ban_seq = 18, .ban_ts = NOW + 800, .banned_by = id_n(1)};
    struct person banned = {.no = 3, .ban_seq = 19, .ban_ts = NOW + 900, .banned_by = id_n(2)};
    struct person freed = {.no = 3};
    struct person named = {.no = 2, .uuid = id_n(2), .has_key = true, .nick_len = 1, .nick = "b"};
    struct roster roster = {.invitations = {.n = 2}, .standings = 3};
    struct {
        const char *sql;
        int64_t sum;
        const char *told;
    } lies[] = {
        {"standing SET role = 2, sum = %lld WHERE person = 2", 0, "entry 17: a role was given"},
        {"standing SET ban_seq = 18, ban_ts = ban_ts + 1700000000000000800,"
         " banned_by = x'01000000000000000000000000000001', sum = %lld WHERE person = 4",
         0, "entry 20: a ban began or was lifted"},
        {"standing SET banned_by = x'01000000000000000000000000000002', sum = %lld"
         " WHERE person = 3",
         0, "entry 19: a ban begins here"},
        {"standing SET ban_seq = 0, ban_ts = 0, banned_by = zeroblob(16), sum = %lld"
         " WHERE person = 3",
         0, "entry 19: a ban began or was lifted"},
        {"person SET nick = 'b', sum = %lld WHERE no = 2", 0, "entry 22: a nick was taken"},
        {"about SET topic = x'', sum = %lld", 0, "entry 21: the topic was set"},
    };
    struct fixture *f = *state;
    struct verify_result r;
    struct told told;
    char sql[300];

    memset(named.key, 2, sizeof named.key);
    lies[0].sum = sum_standing(&moderator);
    lies[1].sum = sum_standing(&lifted);
    lies[2].sum = sum_standing(&banned);
    lies[3].sum = sum_standing(&freed);
    lies[4].sum = sum_person(&named);
    lies[5].sum = sum_about(&roster);
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        char format[280];

        live(f);
        snprintf(format, sizeof format, "UPDATE %s", lies[i].sql);
        *strstr(format, "%lld") = '\0';
        snprintf(sql, sizeof sql, "%s%lld%s", format, (long long)lies[i].sum,
                 strstr(lies[i].sql, "%lld") + 4);
        tamper(f, sql);
        assert_int_equal(verify(f, &told, &r), ST_OK);
        if (r.problems != 1 || strstr(told.text, lies[i].told) == NULL)
            fail_msg("%s: %s", sql, told.text);
        wipe(f->dir);
        open_store(f);
    }
}

static void
lines_have_an_end(void **state)
{
    struct fixture *f = *state;
    struct verify_result r;
    struct told told;

    fill(f, 300);
    tamper(f, "UPDATE entry SET sum = 1");
    assert_int_equal(verify(f, &told, &r), ST_OK);
    assert_int_equal(told.n, VERIFY_LINES_MAX);
    assert_int_equal(r.problems, 300);
    assert_int_equal(r.entries, 0);
}

static void
what_cannot_be_checked_is_said(void **state)
{
    struct fixture *f = *state;
    struct verify_result r;
    struct told told;
    char path[80];

    assert_int_equal(verify(f, &told, &r), ST_BUSY);
    tamper(f, "PRAGMA user_version=99");
    assert_int_equal(verify(f, &told, &r), ST_PROTOCOL);
    snprintf(path, sizeof path, "%s/group.db", f->dir);
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(verify(f, &told, &r), ST_DENIED);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(verify(f, &told, &r), ST_NOT_FOUND);
    wipe(f->dir);
    assert_int_equal(verify(f, &told, &r), ST_NOT_FOUND);
    assert_int_equal(access(f->dir, F_OK), -1); /* and nothing was made */
}

/* ---- the file ---- */

struct image {
    uint8_t *p;
    size_t len;
};

static struct image
load(struct fixture *f)
{
    struct image image;
    struct stat info;
    char path[80];
    int fd;

    snprintf(path, sizeof path, "%s/group.db", f->dir);
    fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &info), 0);
    image.len = (size_t)info.st_size;
    image.p = malloc(image.len);
    assert_non_null(image.p);
    assert_int_equal(read(fd, image.p, image.len), image.len);
    close(fd);
    return image;
}

static void
save(struct fixture *f, const struct image *image)
{
    char path[80];
    int fd;

    wipe(f->dir);
    assert_int_equal(mkdir(f->dir, 0700), 0);
    snprintf(path, sizeof path, "%s/group.db", f->dir);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, image->p, image->len), image->len);
    close(fd);
}

static void
checking_changes_nothing(void **state)
{
    struct fixture *f = *state;
    struct verify_result r;
    struct image before;
    struct image after;
    struct told told;

    live(f);
    close_store(f);
    before = load(f);
    assert_int_equal(verify(f, &told, &r), ST_OK);
    after = load(f);
    assert_int_equal(before.len, after.len);
    assert_memory_equal(before.p, after.p, before.len);
    free(before.p);
    free(after.p);
}

static void
what_a_killed_group_left_is_checked_with_its_log(void **state)
{
    struct fixture *f = *state;
    struct verify_result r;
    struct told told;
    pid_t child;
    int status;

    close_store(f);
    child = fork();
    if (child == 0) {
        open_store(f);
        fill(f, 20);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(verify(f, &told, &r), ST_OK);
    assert_int_equal(r.problems, 0);
    assert_int_equal(r.entries, 20);
    open_store(f);
    assert_int_equal(state_of(f).head, 20);
}

/* ---- flipped bits ---- */

/* All that a store says, in one text. */
struct story {
    struct page page;
    struct text roster;
};

static void
tell_all(struct fixture *f, struct story *out)
{
    memset(out, 0, sizeof *out);
    out->page = page_after(f, 0);
    tell_roster(f, &out->roster);
}

static bool
same_entry(const struct seen *a, const struct seen *b)
{
    return a->e.seq == b->e.seq && a->e.ts == b->e.ts && a->e.kind == b->e.kind &&
           id_equal(&a->e.author, &b->e.author) && id_equal(&a->e.id, &b->e.id) &&
           a->e.body.len == b->e.body.len && strcmp(a->body, b->body) == 0;
}

/* What was delivered is a beginning of the truth; `whole`: all of it. */
static void
compare(const struct story *truth, const struct story *got, bool whole, size_t at)
{
    if (whole && (got->page.n != truth->page.n ||
                  memcmp(&got->page.state, &truth->page.state, sizeof got->page.state) != 0))
        fail_msg("byte %zu: the log is another", at);
    for (size_t i = 0; i < got->page.n; i++)
        if (i >= truth->page.n || !same_entry(&got->page.v[i], &truth->page.v[i]))
            fail_msg("byte %zu: entry %zu is wrong, and was delivered", at, i);
    if (strcmp(truth->roster.p, got->roster.p) != 0)
        fail_msg("byte %zu: it says\n%s", at, got->roster.p);
}

/* Returns whether anybody noticed. `sound`: so verify said. */
static bool
use(struct fixture *f, const struct story *truth, bool sound, size_t at)
{
    struct store_query q = {.max_rows = SEEN_MAX};
    struct story got = {.page = {.n = 0}};
    enum status st = store_open(&f->store, &(struct store_options){.dir = f->dir}, &f->why);

    if (st == ST_OK) {
        tell_roster(f, &got.roster);
        st = read_page(f, q, &got.page);
        /* That an end is missing may show in verify only. */
        compare(truth, &got, sound && st == ST_OK, at);
        close_store(f);
    }
    if (st != ST_OK && f->why.text[0] == '\0')
        fail_msg("byte %zu: refused without a reason", at);
    return st != ST_OK;
}

static void
a_flipped_bit_is_never_believed(void **state)
{
    struct fixture *f = *state;
    struct verify_result r;
    struct story truth;
    struct image image;
    size_t seen_by_check = 0;
    size_t seen_in_use = 0;
    size_t flips = 0;
    struct told told;

    live(f);
    tell_all(f, &truth);
    close_store(f);
    image = load(f);
    for (size_t at = 0; at < image.len; at += at < 100 ? 3 : FLIP_STRIDE, flips++) {
        uint8_t bit = (uint8_t)(1u << at % 8);
        enum status st;
        bool sound;

        image.p[at] ^= bit;
        save(f, &image);
        st = verify(f, &told, &r);
        sound = st == ST_OK && r.problems == 0;
        seen_by_check += !sound;
        seen_in_use += use(f, &truth, sound, at);
        image.p[at] ^= bit;
    }
    free(image.p);
    print_message("%zu bits flipped, %zu seen by verify, %zu in use; the others changed nothing\n",
                  flips, seen_by_check, seen_in_use);
    assert_true(seen_by_check > flips / 30); /* most bytes of a young store hold nothing */
    assert_true(seen_in_use > 0 && seen_in_use <= seen_by_check);
}

static void
a_body_of_flipped_bits_is_not_delivered(void **state)
{
    struct fixture *f = *state;
    struct page p = {.n = 0};
    struct verify_result r;
    struct image image;
    struct told told;
    uint8_t *body;

    live(f);
    close_store(f);
    image = load(f);
    body = memmem(image.p, image.len, "a message that somebody wrote", 29);
    assert_non_null(body);
    for (size_t i = 0; i < 29; i++) {
        body[i] ^= (uint8_t)(1u << i % 8);
        save(f, &image);
        assert_int_equal(verify(f, &told, &r), ST_OK);
        assert_int_equal(r.problems, 1);
        assert_string_equal(told.text, "entry 16: not what was written (checksum)\n");
        open_store(f);
        p.n = 0;
        assert_int_equal(read_page(f, (struct store_query){.max_rows = SEEN_MAX}, &p), ST_CORRUPT);
        assert_int_equal(p.n, 11);
        close_store(f);
        body[i] ^= (uint8_t)(1u << i % 8);
    }
    free(image.p);
}

/* Reading by time looks at times in the middle of the log, which may be the damaged ones. */
static void
a_changed_time_hides_no_entry(void **state)
{
    static const char *const changes[] = {"1", "ts + 100", "ts - 100", "9223372036854775806"};
    struct fixture *f = *state;
    char sql[100];

    for (unsigned seq = 1; seq <= 9; seq++) {
        for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
            fill(f, 9); /* at NOW + 10 ... 90 */
            snprintf(sql, sizeof sql, "UPDATE entry SET ts = %s WHERE seq = %u", changes[i], seq);
            tamper(f, sql);
            if (store_open(&f->store, &(struct store_options){.dir = f->dir}, &f->why) == ST_OK) {
                for (unsigned after = 0; after <= 9; after++) {
                    struct store_query q = {.by_ts = true,
                                            .after_ts = NOW + after * 10,
                                            .max_rows = SEEN_MAX};
                    struct page p = {.n = 0};

                    if (read_page(f, q, &p) == ST_OK && p.n != 9 - after)
                        fail_msg("%s: %zu after %u", sql, p.n, after);
                }
                close_store(f);
            }
            wipe(f->dir);
            open_store(f);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_DISK(a_sound_store_is_found_so),
        ON_DISK(what_is_wrong_is_told),
        ON_DISK(members_and_log_must_tell_the_same),
        ON_DISK(lines_have_an_end),
        ON_DISK(what_cannot_be_checked_is_said),
        ON_DISK(checking_changes_nothing),
        ON_DISK(what_a_killed_group_left_is_checked_with_its_log),
        ON_DISK(a_flipped_bit_is_never_believed),
        ON_DISK(a_body_of_flipped_bits_is_not_delivered),
        ON_DISK(a_changed_time_hides_no_entry),
    };

    return cmocka_run_group_tests_name("store_verify", tests, NULL, NULL);
}
