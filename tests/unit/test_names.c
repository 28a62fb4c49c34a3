#include "names.h"

#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cmocka.h>

#define NOW INT64_C(1700000000000000000)

static const uint8_t anna[32] = {1};
static const uint8_t bea[32] = {2};

struct fixture {
    bool durable;
    char root[32];
    char dir[48];
    struct names *names;
    struct fault why;
};

static int
remove_one(const char *path, const struct stat *info, int type, struct FTW *at)
{
    (void)info;
    (void)type;
    (void)at;
    return remove(path);
}

static enum status
open_names(struct fixture *f)
{
    return names_open(&f->names, f->durable ? f->dir : NULL, &f->why);
}

static int
set_up(void **state, bool durable)
{
    struct fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    *state = f;
    f->durable = durable;
    strcpy(f->root, "/tmp/names.XXXXXX");
    assert_non_null(mkdtemp(f->root));
    snprintf(f->dir, sizeof f->dir, "%s/data", f->root);
    assert_int_equal(open_names(f), ST_OK);
    return 0;
}

static int
set_up_disk(void **state)
{
    return set_up(state, true);
}

static int
set_up_memory(void **state)
{
    return set_up(state, false);
}

static int
tear_down(void **state)
{
    struct fixture *f = *state;

    names_close(f->names);
    nftw(f->root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(f);
    return 0;
}

static enum status
claim(struct fixture *f, const char *name, const uint8_t *key)
{
    return names_claim(f->names, span_of(name), key, 3, NOW, &f->why);
}

static void
a_name_belongs_to_the_key_that_first_took_it(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(claim(f, "tea", anna), ST_OK);
    assert_int_equal(claim(f, "tea", anna), ST_OK);
    assert_int_equal(claim(f, "tea", bea), ST_CONFLICT);
    assert_int_equal(claim(f, "te", bea), ST_OK);
    assert_int_equal(claim(f, "teas", bea), ST_OK);
    assert_int_equal(claim(f, "te", anna), ST_CONFLICT);
    assert_int_equal(claim(f, "teas", anna), ST_CONFLICT);
    assert_int_equal(names_count(f->names), 3);
}

static void
a_key_has_so_many_names_and_no_more(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(claim(f, "c", anna), ST_OK);
    assert_int_equal(claim(f, "a", anna), ST_OK);
    assert_int_equal(claim(f, "b", anna), ST_OK);
    assert_int_equal(claim(f, "d", anna), ST_DENIED);
    assert_int_equal(claim(f, "a", anna), ST_OK);
    assert_int_equal(claim(f, "d", bea), ST_OK);
    assert_int_equal(names_count(f->names), 4);
}

static void
what_is_no_name_is_refused(void **state)
{
    struct fixture *f = *state;
    char longest[80];

    memset(longest, 'x', sizeof longest);
    longest[64] = '\0';
    assert_int_equal(claim(f, longest, anna), ST_OK);
    longest[64] = 'x';
    longest[65] = '\0';
    assert_int_equal(claim(f, longest, anna), ST_INVALID);
    assert_int_equal(claim(f, "", anna), ST_INVALID);
    assert_int_equal(claim(f, "bad\n", anna), ST_INVALID);
    assert_int_equal(names_count(f->names), 1);
}

static void
many_names_are_all_found(void **state)
{
    struct fixture *f = *state;
    char name[16];

    for (int round = 0; round < 2; round++) {
        for (unsigned i = 0; i < 200; i++) {
            uint8_t key[32] = {3, (uint8_t)i};

            snprintf(name, sizeof name, "n%u", i * 37 % 200);
            assert_int_equal(claim(f, name, key), ST_OK);
            assert_int_equal(claim(f, name, anna), ST_CONFLICT);
        }
    }
    assert_int_equal(names_count(f->names), 200);
}

static void
names_persist(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(claim(f, "tea", anna), ST_OK);
    assert_int_equal(claim(f, "coffee", bea), ST_OK);
    names_close(f->names);
    assert_int_equal(open_names(f), ST_OK);
    assert_int_equal(names_count(f->names), 2);
    assert_int_equal(claim(f, "tea", bea), ST_CONFLICT);
    assert_int_equal(claim(f, "tea", anna), ST_OK);
    assert_int_equal(claim(f, "coffee", bea), ST_OK);
}

static void
a_second_opening_is_busy(void **state)
{
    struct fixture *f = *state;
    struct names *second;

    assert_int_equal(names_open(&second, f->dir, &f->why), ST_BUSY);
    assert_null(second);
}

static void
tamper(struct fixture *f, const char *sql)
{
    char path[80];
    sqlite3 *db;

    names_close(f->names);
    f->names = NULL;
    snprintf(path, sizeof path, "%s/names.db", f->dir);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void
damage_is_refused(void **state)
{
    static const char *const damages[] = {
        "UPDATE name SET key = x'00' WHERE name = 'tea'",
        "UPDATE name SET key = zeroblob(32) WHERE name = 'tea'",
        "UPDATE name SET name = x'0a' WHERE name = 'tea'",
        "UPDATE name SET name = 'tee' WHERE name = 'tea'",
        "UPDATE name SET since = since + 1 WHERE name = 'tea'",
        "UPDATE name SET sum = sum + 1 WHERE name = 'tea'",
        "PRAGMA user_version = 0",
        "PRAGMA application_id = 1",
        "CREATE TABLE other(x)",
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        assert_int_equal(claim(f, "tea", anna), ST_OK);
        tamper(f, damages[i]);
        if (open_names(f) != ST_CORRUPT)
            fail_msg("not seen: %s", damages[i]);
        nftw(f->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
        assert_int_equal(open_names(f), ST_OK);
    }
    tamper(f, "PRAGMA user_version = 3");
    assert_int_equal(open_names(f), ST_PROTOCOL);
}

static void
a_file_of_the_first_format_gets_checksums(void **state)
{
    struct fixture *f = *state;

    tamper(f, "DROP TABLE name; CREATE TABLE name(name TEXT PRIMARY KEY NOT NULL,"
              " key BLOB NOT NULL, since INTEGER NOT NULL); PRAGMA user_version = 1;"
              "INSERT INTO name VALUES ('tea', x'01' || zeroblob(31), 5);"
              "INSERT INTO name VALUES ('coffee', x'02' || zeroblob(31), 6);"
              "UPDATE name SET key = CAST(key AS BLOB)");
    assert_int_equal(open_names(f), ST_OK);
    assert_int_equal(names_count(f->names), 2);
    assert_int_equal(claim(f, "tea", anna), ST_OK);
    assert_int_equal(claim(f, "coffee", anna), ST_CONFLICT);
    tamper(f, "UPDATE name SET name = 'tee' WHERE name = 'tea'");
    assert_int_equal(open_names(f), ST_CORRUPT);
    tamper(f, "UPDATE name SET name = 'tea' WHERE name = 'tee'");
    assert_int_equal(open_names(f), ST_OK);
    tamper(f, "UPDATE name SET key = zeroblob(32) WHERE name = 'coffee'");
    assert_int_equal(open_names(f), ST_CORRUPT);
}

/* Whatever opens has all names, each with its key. */
static void
a_flipped_bit_is_never_believed(void **state)
{
    struct fixture *f = *state;
    uint8_t image[64 * 1024];
    unsigned refused = 0;
    char path[80];
    size_t len;
    FILE *file;

    assert_int_equal(claim(f, "tea", anna), ST_OK);
    assert_int_equal(claim(f, "coffee", bea), ST_OK);
    names_close(f->names);
    f->names = NULL;
    snprintf(path, sizeof path, "%s/names.db", f->dir);
    file = fopen(path, "rb");
    assert_non_null(file);
    len = fread(image, 1, sizeof image, file);
    fclose(file);
    assert_in_range(len, 8192, sizeof image - 1);
    for (size_t at = 0; at < len; at += at % 4096 < 108 || at % 4096 > 3896 ? 1 : 97) {
        image[at] ^= (uint8_t)(1u << at % 8);
        file = fopen(path, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(image, 1, len, file), len);
        fclose(file);
        image[at] ^= (uint8_t)(1u << at % 8);
        if (open_names(f) != ST_OK) {
            refused++;
            continue;
        }
        if (names_count(f->names) != 2 || claim(f, "tea", bea) != ST_CONFLICT ||
            claim(f, "coffee", anna) != ST_CONFLICT)
            fail_msg("byte %zu was believed", at);
        names_close(f->names);
        f->names = NULL;
    }
    assert_true(refused > 100);
}

static void
a_full_disk_refuses_and_recovers(void **state)
{
    struct fixture *f = *state;
    struct rlimit limit;
    enum status st = ST_OK;
    char name[16];
    unsigned i;

    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = (rlim_t)256 * 1024;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    for (i = 0; st == ST_OK && i < 1000; i++) {
        uint8_t key[32] = {4, (uint8_t)i, (uint8_t)(i >> 8)};

        snprintf(name, sizeof name, "n%u", i);
        st = claim(f, name, key);
    }
    if (st != ST_FULL)
        fail_msg("%s: %s", status_name(st), f->why.text);
    assert_int_equal(names_count(f->names), i - 1);
    limit.rlim_cur = RLIM_INFINITY;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_equal(claim(f, name, anna), ST_OK);
    names_close(f->names);
    assert_int_equal(open_names(f), ST_OK);
    assert_int_equal(names_count(f->names), i);
}

int
main(void)
{
#define DISK(t)   cmocka_unit_test_setup_teardown(t, set_up_disk, tear_down)
#define MEMORY(t) cmocka_unit_test_setup_teardown(t, set_up_memory, tear_down)
    const struct CMUnitTest tests[] = {
        DISK(a_name_belongs_to_the_key_that_first_took_it),
        MEMORY(a_name_belongs_to_the_key_that_first_took_it),
        DISK(a_key_has_so_many_names_and_no_more),
        MEMORY(a_key_has_so_many_names_and_no_more),
        DISK(what_is_no_name_is_refused),
        MEMORY(what_is_no_name_is_refused),
        DISK(many_names_are_all_found),
        MEMORY(many_names_are_all_found),
        DISK(names_persist),
        DISK(a_second_opening_is_busy),
        DISK(damage_is_refused),
        DISK(a_file_of_the_first_format_gets_checksums),
        DISK(a_flipped_bit_is_never_believed),
        DISK(a_full_disk_refuses_and_recovers),
    };

    return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
