/* A store of the first format: brought up to date with nothing lost. */
#include "store_fixture.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "sqlite/block.h"
#include "sqlite/rows.h"
#include "tools/tools.h"

/* What a program of that time wrote. Anna (1) is in from entry 1 on; Bea (2) was in from 2 to 3,
 * 4 to 6, and is from 10 on; Carl (3) from 7 to 8, when Anna removed him, and 12 to 13; 9 only
 * said something. Entries 1 to 3 were let go. */
static const char format_1[] =
    "PRAGMA application_id=1131169585; PRAGMA user_version=1;"
    "PRAGMA journal_mode=WAL; BEGIN;"
    "CREATE TABLE entry( seq INTEGER PRIMARY KEY, ts INTEGER NOT NULL, kind INTEGER NOT "
    "NULL, author INTEGER NOT NULL, id BLOB NOT NULL, sum INTEGER NOT NULL, body BLOB "
    "NOT NULL, ext BLOB NOT NULL);"
    "INSERT INTO entry VALUES(4,1700000000000000030,2,2,"
    "X'01000000000000000000000000000003',1754708614895160860,X'6265612062',X'');"
    "INSERT INTO entry VALUES(5,1700000000000000040,1,1,"
    "X'01000000000000000000000000000002',4653030259247899047,X'6F6E65',X'');"
    "INSERT INTO entry VALUES(6,1700000000000000050,3,2,"
    "X'01000000000000000000000000000004',131426123770830422,X'',X'');"
    "INSERT INTO entry VALUES(7,1700000000000000060,2,3,"
    "X'01000000000000000000000000000001',-2154523680863275135,X'6361726C',X'');"
    "INSERT INTO entry VALUES(8,1700000000000000070,4,1,"
    "X'01000000000000000000000000000003',1321307093919406787,"
    "X'01000000000000000000000000000003',X'');"
    "INSERT INTO entry VALUES(9,1700000000000000080,1,1,"
    "X'01000000000000000000000000000004',5169316460534399485,X'74776F',X'');"
    "INSERT INTO entry VALUES(10,1700000000000000090,2,2,"
    "X'01000000000000000000000000000005',5413286511180678642,X'6265617472696365',X'');"
    "INSERT INTO entry VALUES(11,1700000000000000100,1,2,"
    "X'01000000000000000000000000000006',-1362850571448615332,X'7468726565',X'');"
    "INSERT INTO entry VALUES(12,1700000000000000110,2,3,"
    "X'01000000000000000000000000000002',8627463057012982499,X'6361726C2063',X'');"
    "INSERT INTO entry VALUES(13,1700000000000000120,3,3,"
    "X'01000000000000000000000000000003',-7540068021441679424,X'',X'');"
    "INSERT INTO entry VALUES(14,1700000000000000130,1,4,"
    "X'01000000000000000000000000000001',9038944213189231989,"
    "X'77686F206E65766572206A6F696E6564',X'');"
    "CREATE TABLE meta( one INTEGER PRIMARY KEY CHECK (one = 1), log BLOB NOT NULL, "
    "created INTEGER NOT NULL, base_seq INTEGER NOT NULL, base_ts INTEGER NOT NULL, sum "
    "INTEGER NOT NULL);"
    "INSERT INTO meta VALUES(1,X'4E69565A64F24097B28397FC637EFFA4',1795394317539541077,3,"
    "1700000000000000020,2660884947461901396);"
    "CREATE TABLE person( no INTEGER PRIMARY KEY, uuid BLOB NOT NULL UNIQUE, key BLOB, "
    "nick TEXT NOT NULL, sum INTEGER NOT NULL);"
    "INSERT INTO person VALUES(1,X'01000000000000000000000000000001',"
    "X'0101010101010101010101010101010101010101010101010101010101010101','anna',"
    "2787988071805760969);"
    "INSERT INTO person VALUES(2,X'01000000000000000000000000000002',"
    "X'0202020202020202020202020202020202020202020202020202020202020202','beatrice',"
    "-8075604672549799730);"
    "INSERT INTO person VALUES(3,X'01000000000000000000000000000003',"
    "X'0303030303030303030303030303030303030303030303030303030303030303','carl c',"
    "8575236804888066703);"
    "INSERT INTO person VALUES(4,X'01000000000000000000000000000009',NULL,'',"
    "220332592154076210);"
    "CREATE TABLE stay( person INTEGER NOT NULL REFERENCES person(no), joined_seq "
    "INTEGER NOT NULL, joined_ts INTEGER NOT NULL, left_seq INTEGER NOT NULL, left_ts "
    "INTEGER NOT NULL, sum INTEGER NOT NULL, PRIMARY KEY (person, joined_seq));"
    "INSERT INTO stay VALUES(1,1,1700000000000000000,0,0,-3870090365507053741);"
    "INSERT INTO stay VALUES(2,2,1700000000000000010,3,1700000000000000020,"
    "7418306811687981956);"
    "INSERT INTO stay VALUES(2,4,1700000000000000030,6,1700000000000000050,"
    "9052488818690005652);"
    "INSERT INTO stay VALUES(3,7,1700000000000000060,8,1700000000000000070,"
    "7806237300445333284);"
    "INSERT INTO stay VALUES(2,10,1700000000000000090,0,0,-2700329826194859669);"
    "INSERT INTO stay VALUES(3,12,1700000000000000110,13,1700000000000000120,"
    "575411620932221266);"
    "CREATE UNIQUE INDEX entry_id ON entry(id, author);"
    "COMMIT";

static void
make_old(struct fixture *f)
{
    char path[80];
    char *error = NULL;
    sqlite3 *db;
    int fd;

    store_close(f->store);
    f->store = NULL;
    wipe(f->dir);
    assert_int_equal(mkdir(f->dir, 0700), 0);
    snprintf(path, sizeof path, "%s/group.db", f->dir);
    fd = open(path, O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, format_1, NULL, NULL, &error) != SQLITE_OK)
        fail_msg("%s", error);
    sqlite3_close(db);
}

/* Behind entry 14: n messages of anna, with ids and times in order. */
static void
make_longer(struct fixture *f, unsigned n)
{
    char path[80], sql[400];
    sqlite3 *db;

    snprintf(path, sizeof path, "%s/group.db", f->dir);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN", NULL, NULL, NULL), SQLITE_OK);
    for (unsigned i = 0; i < n; i++) {
        struct entry e = {.seq = 15 + i,
                          .ts = NOW + 1000 + i,
                          .kind = ENTRY_MESSAGE,
                          .author = id_n(1),
                          .id = id_n(1000 + i),
                          .body = span_of("of old")};
        char id[2 * ID_LEN + 1];

        for (int k = 0; k < ID_LEN; k++)
            snprintf(id + 2 * k, 3, "%02x", e.id.bytes[k]);
        snprintf(sql, sizeof sql,
                 "INSERT INTO entry VALUES(%llu, %lld, 1, 1, x'%s', %lld, CAST('of old' AS BLOB),"
                 " x'')",
                 (unsigned long long)e.seq, (long long)e.ts, id, (long long)entry_sum(&e));
        assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    }
    assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void
show_problem(void *ctx, const char *text)
{
    (void)ctx;
    print_error("%s\n", text);
    assert_true(text[0] != ' '); /* what is damaged has a name */
}

static void
assert_sound(struct fixture *f, uint64_t entries)
{
    struct verify_result r;

    assert_int_equal(store_verify(f->dir, show_problem, NULL, &r, &f->why), ST_OK);
    assert_int_equal(r.problems, 0);
    assert_int_equal(r.entries, entries);
}

static void
assert_all_is_there(struct fixture *f)
{
    struct text have;

    tell(f, &have);
    assert_string_equal(
        have.p,
        "1 \"anna\" key 1, in 1 at 1700000000000000000 to 0 at 0, member: 1--1\n"
        "2 \"beatrice\" key 2, in 10 at 1700000000000000090 to 0 at 0, member: 4-6 10--1\n"
        "3 \"carl c\" key 3, in 12 at 1700000000000000110 to 13 at 1700000000000000120, member:"
        " 7-8 12-13\n"
        "topic \"\"\nlog 4 to 14 at 1700000000000000130\n");
}

static void
an_old_store_comes_up_with_all_it_had(void **state)
{
    struct fixture *f = *state;
    struct entry_subject subject;
    struct id carl = id_n(3);
    struct page p;

    make_old(f);
    open_store(f);
    assert_all_is_there(f);
    p = page_after(f, 0);
    assert_int_equal(p.n, 11);
    assert_int_equal(p.v[4].e.kind, ENTRY_KICKED);
    assert_int_equal(p.v[4].e.body.len, ID_LEN);
    subject = subject_of(&p.v[4]);
    assert_true(id_equal(&subject.uuid, &carl));
    assert_int_equal(subject.nick.len, 0);
    reopen(f);
    assert_all_is_there(f);
}

static void
an_old_store_goes_on(void **state)
{
    struct fixture *f = *state;
    struct store_change c;

    make_old(f);
    open_store(f);
    /* Repetitions of what was done in the old format. */
    c = do_one(f, remove_of(1, 3, 3), NOW);
    assert_int_equal(c.result, ST_OK);
    assert_false(c.fresh);
    assert_int_equal(c.seq, 8);
    assert_int_equal(do_one(f, remove_of(1, 3, 2), NOW).result, ST_CONFLICT);
    assert_int_equal(do_one(f, leave_of(2, 4), NOW).seq, 6);
    do_one(f, role_of(1, 10, 2, ROLE_MODERATOR), NOW);
    do_one(f, ban_of(1, 11, 3), NOW);
    do_one(f, topic_of(1, 12, "tea"), NOW);
    do_one(f, invite_of(1, 1, 2, 0), NOW);
    assert_true(do_one(f, join_by(9, 2, "igor", 1), NOW).fresh);
    reopen(f);
    assert_int_equal(member(f, 2).role, ROLE_MODERATOR);
    assert_true(member(f, 3).banned);
    assert_true(member(f, 9).invited);
    store_close(f->store);
    f->store = NULL;
    assert_sound(f, 15);
}

static void
an_old_store_is_checked_and_copied_as_it_is(void **state)
{
    struct fixture *f = *state;
    char copy[80];
    char path[80];

    make_old(f);
    assert_sound(f, 11);
    snprintf(copy, sizeof copy, "%s/copy", f->root);
    assert_int_equal(store_backup(f->dir, copy, false, &f->why), ST_OK);
    wipe(f->dir);
    assert_int_equal(mkdir(f->dir, 0700), 0);
    snprintf(path, sizeof path, "%s/group.db", f->dir);
    assert_int_equal(rename(copy, path), 0);
    assert_sound(f, 11);
    assert_int_equal(store_open(&f->store, &(struct store_options){.dir = f->dir, .restored = true},
                                &f->why),
                     ST_OK);
    assert_all_is_there(f);
    store_close(f->store);
    f->store = NULL;
    assert_sound(f, 11);
}

static void
what_was_wrong_before_is_refused(void **state)
{
    static const char *const damages[] = {
        "UPDATE person SET nick = 'eve' WHERE no = 1",
        "UPDATE stay SET left_ts = 7 WHERE joined_seq = 4",
        "CREATE TABLE standing(x)",
        "DROP TABLE stay",
        "CREATE TRIGGER theirs AFTER DELETE ON 'entry' BEGIN DELETE FROM stay; END",
    };
    struct fixture *f = *state;
    struct verify_result r;

    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        make_old(f);
        tamper(f, damages[i]);
        for (int again = 0; again < 2; again++)
            assert_int_equal(try_open(f), ST_CORRUPT);
        assert_int_equal(store_verify(f->dir, show_problem, NULL, &r, &f->why), ST_OK);
        assert_true(r.problems > 0);
    }
    make_old(f);
    assert_int_equal(try_open(f), ST_OK);
}

/* Up to format 2 each entry was a row of its own. */
static void
a_long_old_log_is_moved_whole(void **state)
{
    struct fixture *f = *state;
    struct page p;

    make_old(f);
    make_longer(f, 1000);
    assert_sound(f, 1011);
    open_store(f);
    assert_int_equal(state_of(f).head, 1014);
    p = page_after(f, 1014 - SEEN_MAX);
    assert_int_equal(p.n, SEEN_MAX);
    assert_string_equal(p.v[SEEN_MAX - 1].body, "of old");
    assert_int_equal(page_after_ts(f, NOW + 1989).n, 10);
    assert_int_equal(do_one(f, send_of(1, 1500, "of old"), NOW).seq, 515);
    assert_int_equal(do_one(f, send_of(1, 1500, "of new"), NOW).result, ST_CONFLICT);
    assert_int_equal(do_one(f, send_of(1, 3000, "new"), NOW).seq, 1015);
    store_close(f->store);
    f->store = NULL;
    assert_sound(f, 1012);
}

static off_t
size_of(struct fixture *f, const char *file)
{
    struct stat info;
    char path[80];

    snprintf(path, sizeof path, "%s/%s", f->dir, file);
    return stat(path, &info) == 0 ? info.st_size : -1;
}

/* Beside the entries only the list of ids is new, and the index it was made from is gone then. */
static void
an_old_log_is_moved_within_its_file(void **state)
{
    struct fixture *f = *state;
    off_t before;

    make_old(f);
    make_longer(f, 10000);
    before = size_of(f, "group.db");
    open_store(f);
    store_close(f->store);
    f->store = NULL;
    assert_in_range(size_of(f, "group.db"), before / 2, before + before / 2);
    assert_sound(f, 10011);
}

static int
open_with_little_room(struct fixture *f, rlim_t bytes)
{
    struct store_options o = {.dir = f->dir, .ballast = (int64_t)bytes / 2};
    struct rlimit limit = {bytes, bytes};

    signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
        return -1;
    return (int)store_open(&f->store, &o, &f->why);
}

static void
an_old_log_without_room_to_be_moved_stays_as_it_is(void **state)
{
    struct fixture *f = *state;
    off_t before;
    pid_t child;
    int status;

    make_old(f);
    make_longer(f, 10000);
    before = size_of(f, "group.db");
    child = fork();
    if (child == 0)
        _exit(open_with_little_room(f, (rlim_t)before / 2));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), ST_FULL);
    assert_int_equal(size_of(f, "group.db"), before);
    assert_int_equal(size_of(f, "ballast"), -1); /* it might have been enough */
    assert_sound(f, 10011);
    open_store(f);
    assert_int_equal(state_of(f).head, 10014);
}

static void
an_old_log_that_is_damaged_stays_as_it_is(void **state)
{
    static const char *const damages[] = {
        "UPDATE 'entry' SET body = 12 WHERE seq = 9",
        "UPDATE 'entry' SET kind = 256 WHERE seq = 9",
        "UPDATE 'entry' SET body = zeroblob(16385) WHERE seq = 9",
    };
    struct fixture *f = *state;
    struct verify_result r;

    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        make_old(f);
        tamper(f, damages[i]);
        for (int again = 0; again < 2; again++) {
            assert_int_equal(try_open(f), ST_CORRUPT);
            assert_non_null(strstr(f->why.text, "damaged at entry 9"));
        }
        assert_int_equal(store_verify(f->dir, show_problem, NULL, &r, &f->why), ST_OK);
        assert_int_equal(r.problems, 1);
    }
    make_old(f);
    tamper(f, "UPDATE 'entry' SET body = x'79' WHERE seq = 9");
    assert_int_equal(try_open(f), ST_OK);
    assert_int_equal(store_verify(f->dir, show_problem, NULL, &r, &f->why), ST_OK);
    assert_int_equal(r.problems, 1);
}

/* Flip a bit in the number of the row with that id: as the tree has it, before 9 bytes of lengths
 * and the 8 of the time. */
static void
flip_number(struct fixture *f, struct id id, uint8_t bit)
{
    static uint8_t file[1024 * 1024];
    uint8_t *at = file;
    char path[80];
    ssize_t n;
    int fd;

    snprintf(path, sizeof path, "%s/group.db", f->dir);
    fd = open(path, O_RDWR);
    assert_true(fd >= 0);
    n = pread(fd, file, sizeof file, 0);
    assert_in_range(n, 1, sizeof file - 1);
    /* The index has it too, but no body behind the checksum. */
    do {
        at = memmem(at + 1, (size_t)(file + n - at - 1), id.bytes, ID_LEN);
        assert_non_null(at);
    } while (memcmp(at + ID_LEN + 8, "of old", 6) != 0);
    at[-19] ^= bit;
    assert_int_equal(pwrite(fd, at - 19, 1, at - 19 - file), 1);
    close(fd);
}

/* Row 1003 is the last of the first that are moved together, and then deleted. */
static void
rows_out_of_order_are_not_lost(void **state)
{
    static const uint8_t bits[] = {8, 4}; /* it becomes 2027, and 491 */
    struct fixture *f = *state;

    make_old(f);
    make_longer(f, 3000);
    for (size_t i = 0; i < sizeof bits; i++) {
        flip_number(f, id_n(1000 + 1003 - 15), bits[i]);
        assert_int_equal(try_open(f), ST_CORRUPT);
        flip_number(f, id_n(1000 + 1003 - 15), bits[i]);
    }
    assert_sound(f, 3011);
    open_store(f);
    assert_int_equal(state_of(f).head, 3014);
}

/* What no program can write, a flipped bit can. */
static void
an_old_row_that_cannot_be_is_damage(void **state)
{
    struct fixture *f = *state;
    struct verify_result r;

    make_old(f);
    tamper(f, "PRAGMA writable_schema=1; UPDATE sqlite_schema"
              " SET sql = replace(sql, 'id BLOB NOT NULL', 'id BLOB') WHERE name = 'entry'");
    tamper(f, "UPDATE 'entry' SET id = NULL WHERE seq = 9");
    tamper(f, "PRAGMA writable_schema=1; UPDATE sqlite_schema"
              " SET sql = replace(sql, 'id BLOB', 'id BLOB NOT NULL') WHERE name = 'entry'");
    assert_int_equal(try_open(f), ST_CORRUPT);
    assert_int_equal(store_verify(f->dir, show_problem, NULL, &r, &f->why), ST_OK);
    assert_true(r.problems > 0);
}

/* The first format forgot no stay. */
static void
of_too_many_stays_the_latest_are_taken(void **state)
{
    struct fixture *f = *state;
    struct person p = {.no = 1};
    struct member_list l;
    char sql[300];

    fill(f, 200);
    do_one(f, join_of(1, 500, "anna"), NOW);
    for (unsigned i = 1; i <= 70; i++) {
        p.joined_seq = 2 * i;
        p.joined_ts = NOW + i;
        p.left_seq = 2 * i + 1;
        p.left_ts = NOW + i + 1;
        snprintf(sql, sizeof sql, "INSERT INTO stay VALUES (1, %u, %lld, %u, %lld, %lld)", 2 * i,
                 (long long)p.joined_ts, 2 * i + 1, (long long)p.left_ts,
                 (long long)group_stay_sum(&p));
        tamper(f, sql);
    }
    open_store(f);
    l = members_of(f);
    assert_int_equal(l.v[0].n_stays, STORE_STAYS_MAX);
    assert_int_equal(l.stays[0][0].first, 16);
    assert_int_equal(l.stays[0][STORE_STAYS_MAX - 1].first, 201);
    do_one(f, leave_of(1, 501), NOW);
    do_one(f, join_of(1, 502, "anna"), NOW);
    for (int round = 0; round < 2; round++) {
        l = members_of(f);
        assert_int_equal(l.v[0].n_stays, STORE_STAYS_MAX);
        assert_int_equal(l.stays[0][0].first, 18);
        assert_int_equal(l.stays[0][STORE_STAYS_MAX - 1].first, 203);
        reopen(f);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_DISK(an_old_store_comes_up_with_all_it_had),
        ON_DISK(an_old_store_goes_on),
        ON_DISK(an_old_store_is_checked_and_copied_as_it_is),
        ON_DISK(what_was_wrong_before_is_refused),
        ON_DISK(a_long_old_log_is_moved_whole),
        ON_DISK(an_old_log_is_moved_within_its_file),
        ON_DISK(an_old_log_without_room_to_be_moved_stays_as_it_is),
        ON_DISK(an_old_log_that_is_damaged_stays_as_it_is),
        ON_DISK(rows_out_of_order_are_not_lost),
        ON_DISK(an_old_row_that_cannot_be_is_damage),
        ON_DISK(of_too_many_stays_the_latest_are_taken),
    };

    return cmocka_run_group_tests_name("store_formats", tests, NULL, NULL);
}
