#include "sqlite/names.h"

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
    int64_t now_ns;
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
    f->now_ns = NOW;
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
    struct names_claim c = {.name = span_of(name),
                            .key = key,
                            .max_per_key = 3,
                            .now_ns = f->now_ns,
                            .may_expire = true};

    return names_claim(f->names, &c, &f->why);
}

static void
live(struct fixture *f, const char *name, int64_t lived_ms)
{
    names_live(f->names, span_of(name), lived_ms, f->now_ns);
}

static void
reopen(struct fixture *f)
{
    names_close(f->names);
    assert_int_equal(open_names(f), ST_OK);
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
        "UPDATE name SET seen = seen + 1 WHERE name = 'tea'",
        "UPDATE name SET held = held + 1 WHERE name = 'tea'",
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
    tamper(f, "PRAGMA user_version = 2");
    assert_int_equal(open_names(f), ST_PROTOCOL);
}

/* ---- what reads the same ---- */

static void
names_that_read_the_same_are_one(void **state)
{
    static const char *const alike[] = {"DEV", "Dev", "\xef\xbd\x84\xef\xbd\x85\xef\xbd\x96",
                                        ("d\xe2\x80\x8b"
                                         "ev"),
                                        "de\xc2\xadv"};
    struct fixture *f = *state;

    assert_int_equal(claim(f, "dev", anna), ST_OK);
    for (int round = 0; round < (f->durable ? 2 : 1); round++) {
        for (size_t i = 0; i < sizeof alike / sizeof *alike; i++) {
            assert_int_equal(claim(f, alike[i], bea), ST_CONFLICT);
            assert_int_equal(claim(f, alike[i], anna), ST_CONFLICT);
            assert_false(names_known(f->names, span_of(alike[i]), anna));
        }
        assert_int_equal(claim(f, "dev", anna), ST_OK);
        assert_true(names_known(f->names, span_of("dev"), anna));
        assert_false(names_known(f->names, span_of("dev"), bea));
        if (f->durable)
            reopen(f);
    }
    assert_int_equal(claim(f, "\xe2\x80\x8b", bea), ST_INVALID);
    assert_int_equal(names_count(f->names), 1);
}

/* ---- names that expire ---- */

static void
a_name_that_was_hardly_live_and_is_long_away_is_free_again(void **state)
{
    struct fixture *f = *state;
    struct names_claim unsure;

    assert_int_equal(claim(f, "short", anna), ST_OK);
    assert_int_equal(claim(f, "long", anna), ST_OK);
    live(f, "short", NAMES_SETTLED_MS - 1);
    live(f, "long", NAMES_SETTLED_MS - 1);
    live(f, "long", 1);
    for (int round = 0; round < (f->durable ? 2 : 1); round++) {
        f->now_ns = NOW + NAMES_AWAY_NS;
        assert_int_equal(claim(f, "short", bea), ST_CONFLICT);
        f->now_ns = NOW - 1000 * NAMES_AWAY_NS;
        assert_int_equal(claim(f, "short", bea), ST_CONFLICT);
        if (f->durable)
            reopen(f);
    }
    f->now_ns = NOW + NAMES_AWAY_NS + 1;
    unsure = (struct names_claim){.name = span_of("short"),
                                  .key = bea,
                                  .max_per_key = 3,
                                  .now_ns = f->now_ns};
    assert_int_equal(names_claim(f->names, &unsure, &f->why), ST_CONFLICT);
    assert_int_equal(claim(f, "SHORT", bea), ST_OK);
    assert_int_equal(claim(f, "short", anna), ST_CONFLICT);
    f->now_ns = NOW + 1000 * NAMES_AWAY_NS / 100;
    assert_int_equal(claim(f, "long", bea), ST_CONFLICT);
    if (f->durable)
        reopen(f);
    assert_true(names_known(f->names, span_of("SHORT"), bea));
    assert_int_equal(names_count(f->names), 2);
}

static void
being_live_again_begins_the_thirty_days_anew(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(claim(f, "tea", anna), ST_OK);
    f->now_ns = NOW + NAMES_AWAY_NS;
    live(f, "tea", 1000);
    f->now_ns = NOW + NAMES_AWAY_NS + 1;
    assert_int_equal(claim(f, "tea", bea), ST_CONFLICT);
    if (f->durable)
        reopen(f); /* its end is in order: nothing of that is forgotten */
    f->now_ns = NOW + 2 * NAMES_AWAY_NS;
    assert_int_equal(claim(f, "tea", bea), ST_CONFLICT);
    f->now_ns++;
    assert_int_equal(claim(f, "tea", bea), ST_OK);
}

static void
what_was_counted_is_written_in_small_steps(void **state)
{
    struct fixture *f = *state;
    char name[16];

    for (unsigned i = 0; i < 10; i++) {
        uint8_t key[32] = {5, (uint8_t)i};

        snprintf(name, sizeof name, "n%u", i);
        assert_int_equal(claim(f, name, key), ST_OK);
        live(f, name, NAMES_SETTLED_MS);
    }
    assert_int_equal(names_save(f->names, 4, &f->why), ST_OK);
    assert_int_equal(names_save(f->names, 4, &f->why), ST_OK);
    assert_int_equal(names_save(f->names, 4, &f->why), ST_OK);
    assert_int_equal(names_save(f->names, 4, &f->why), ST_OK);
    reopen(f);
    f->now_ns = NOW + 2 * NAMES_AWAY_NS;
    for (unsigned i = 0; i < 10; i++) {
        snprintf(name, sizeof name, "n%u", i);
        assert_int_equal(claim(f, name, bea), ST_CONFLICT);
    }
}

static void
there_are_so_many_names_and_no_more(void **state)
{
    struct fixture *f = *state;
    char name[16];

    for (unsigned i = 0; i < NAMES_MAX; i++) {
        uint8_t key[32] = {6, (uint8_t)i, (uint8_t)(i >> 8), (uint8_t)(i >> 16)};

        snprintf(name, sizeof name, "n%u", i);
        assert_int_equal(claim(f, name, key), ST_OK);
        if (i > 0)
            live(f, name, NAMES_SETTLED_MS);
    }
    assert_int_equal(claim(f, "more", anna), ST_DENIED);
    f->now_ns = NOW + NAMES_AWAY_NS + 1;
    assert_int_equal(claim(f, "more", anna), ST_OK);
    assert_int_equal(claim(f, "still-more", anna), ST_DENIED);
    assert_int_equal(names_count(f->names), NAMES_MAX);
    /* It has the place of the one that was free again. */
    assert_int_equal(claim(f, "n0", bea), ST_DENIED);
    f->now_ns += NAMES_AWAY_NS + 1;
    assert_int_equal(claim(f, "n0", bea), ST_OK);
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
        DISK(names_that_read_the_same_are_one),
        MEMORY(names_that_read_the_same_are_one),
        DISK(a_name_that_was_hardly_live_and_is_long_away_is_free_again),
        MEMORY(a_name_that_was_hardly_live_and_is_long_away_is_free_again),
        DISK(being_live_again_begins_the_thirty_days_anew),
        MEMORY(being_live_again_begins_the_thirty_days_anew),
        DISK(what_was_counted_is_written_in_small_steps),
        MEMORY(there_are_so_many_names_and_no_more),
        DISK(a_flipped_bit_is_never_believed),
        DISK(a_full_disk_refuses_and_recovers),
    };

    return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
