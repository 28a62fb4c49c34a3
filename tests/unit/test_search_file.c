/* What happens to the index: kept, replaced, damaged, without room, in segments. */
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "search_fixture.h"

/* ---- the file ---- */

static void
change_index(struct fixture *f, const char *sql)
{
    char path[80];
    sqlite3 *db;

    snprintf(path, sizeof path, "%s/search.db", f->dir);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static uint64_t
behind_when_opened(struct fixture *f)
{
    struct search *x = open_index(f);
    uint64_t behind;

    assert_int_equal(search_step(x, 1, &behind, &f->why), ST_OK);
    search_close(x);
    return behind;
}

static void
the_index_stays_and_is_private(void **state)
{
    struct fixture *f = *state;
    struct search *x = open_index(f);
    struct stat info;
    char path[80];

    fill(f, 5);
    catch_up(f, x);
    search_close(x);
    snprintf(path, sizeof path, "%s/search.db", f->dir);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    reopen(f);
    assert_int_equal(behind_when_opened(f), 0);
    x = open_index(f);
    assert_finds(f, x, "x", "x|x|x|x|x|");
    search_close(x);
}

/* Whatever is there instead: it is replaced, and all is found. */
static void
assert_made_again(struct fixture *f, const char *what)
{
    struct search *x;

    if (behind_when_opened(f) != 4)
        fail_msg("%s: the index was kept", what);
    x = open_index(f);
    catch_up(f, x);
    assert_finds(f, x, "x", "x|x|x|x|x|");
    search_close(x);
}

static void
an_index_that_is_not_ours_is_made_again(void **state)
{
    static const char *const changes[] = {
        "UPDATE meta SET log = zeroblob(16)",
        "UPDATE meta SET done = 6",
        "UPDATE meta SET done = -1",
        "UPDATE meta SET done_ts = done_ts - 1",
        "DELETE FROM meta",
        "DROP TABLE meta",
        "DROP TABLE segment",
        "PRAGMA user_version = 99",
        "PRAGMA application_id = 1",
    };
    struct fixture *f = *state;
    struct search *x = open_index(f);

    fill(f, 5);
    catch_up(f, x);
    search_close(x);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        change_index(f, changes[i]);
        assert_made_again(f, changes[i]);
    }
}

static void
a_damaged_file_is_made_again(void **state)
{
    struct fixture *f = *state;
    struct search *x = open_index(f);
    char path[80];

    fill(f, 5);
    catch_up(f, x);
    search_close(x);
    write_file(f, "search.db", "this is no database", 4096);
    assert_made_again(f, "text");
    write_file(f, "search.db", "", 4096);
    assert_made_again(f, "cut");
    write_file(f, "search.db", "", 0);
    assert_made_again(f, "empty");
    snprintf(path, sizeof path, "%s/search.db", f->dir);
    assert_int_equal(chmod(path, 0644), 0);
    assert_made_again(f, "readable by others");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("group.db", path), 0);
    assert_made_again(f, "a link");
}

static void
damage_that_is_met_on_the_way_makes_it_again(void **state)
{
    static const char *const changes[] = {
        "DELETE FROM words_0_data WHERE id > 10",
        "DELETE FROM words_0_data",
        "DROP TABLE words_0",
    };
    struct fixture *f = *state;

    fill(f, 5);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        struct search *x = open_index(f);
        struct search_ask ask = {.words = span_of("x"), .max_rows = 10};
        struct page p = {.n = 0};
        uint64_t next, behind;
        enum status st;

        catch_up(f, x);
        search_close(x);
        change_index(f, changes[i]);
        x = open_index(f);
        st = search_find(x, &ask, &p.state, &next, collect, &p, &f->why);
        if (st != ST_AGAIN)
            fail_msg("%s: %s", changes[i], status_name(st));
        assert_int_equal(search_step(x, 1, &behind, &f->why), ST_OK);
        assert_int_equal(behind, 4);
        catch_up(f, x);
        assert_finds(f, x, "x", "x|x|x|x|x|");
        search_close(x);
    }
}

static void
a_damaged_entry_does_not_hide_others(void **state)
{
    struct fixture *f = *state;
    struct search *x;

    fill(f, 5);
    tamper(f, "UPDATE entry SET body = CAST('z' AS BLOB) WHERE seq = 3");
    open_store(f);
    x = open_index(f);
    catch_up(f, x);
    assert_finds(f, x, "x", "x|x|x|x|");
    assert_finds(f, x, "z", "");
    search_close(x);
}

static void
a_damaged_first_entry_does_not_hide_others(void **state)
{
    struct fixture *f = *state;
    struct search *x;

    fill(f, 5);
    tamper(f, "UPDATE entry SET body = CAST('z' AS BLOB) WHERE seq = 1");
    open_store(f);
    x = open_index(f);
    catch_up(f, x);
    assert_finds(f, x, "x", "x|x|x|x|");
    search_close(x);
    x = open_index(f);
    assert_finds(f, x, "x", "x|x|x|x|");
    search_close(x);
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
without_room_what_there_is_can_be_searched(void **state)
{
    enum { MESSAGES = 2000 };
    struct fixture *f = *state;
    struct search *x = open_index(f);
    uint64_t behind;
    char body[64];

    fill(f, 5);
    catch_up(f, x);
    for (unsigned i = 0; i < MESSAGES; i++) {
        snprintf(body, sizeof body, "y word%u", i);
        say(f, 1, body);
    }
    signal(SIGXFSZ, SIG_IGN);
    limit_file_size(64 * 1024);
    assert_int_equal(search_step(x, MESSAGES, &behind, &f->why), ST_FULL);
    assert_int_equal(behind, MESSAGES);
    assert_finds(f, x, "x", "x|x|x|x|x|");
    assert_finds(f, x, "y", "");
    limit_file_size(RLIM_INFINITY);
    assert_int_equal(search_step(x, MESSAGES, &behind, &f->why), ST_OK);
    assert_int_equal(behind, 0);
    assert_finds(f, x, "word1999", "y word1999|");
    search_close(x);
}

static void
an_index_that_cannot_be_made_again_is_tried_later(void **state)
{
    struct fixture *f = *state;
    struct search *x = open_index(f);
    struct search_ask ask = {.words = span_of("x"), .max_rows = 10};
    struct page p = {.n = 0};
    uint64_t next, behind;

    fill(f, 5);
    catch_up(f, x);
    search_close(x);
    change_index(f, "DROP TABLE words_0");
    x = open_index(f);
    say(f, 1, "y");
    signal(SIGXFSZ, SIG_IGN);
    limit_file_size(4096);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(search_step(x, 10, &behind, &f->why), ST_FULL);
        assert_true(behind > 0);
        assert_int_equal(search_find(x, &ask, &p.state, &next, collect, &p, &f->why), ST_AGAIN);
    }
    limit_file_size(RLIM_INFINITY);
    catch_up(f, x);
    assert_finds(f, x, "x", "x|x|x|x|x|");
    assert_finds(f, x, "y", "y|");
    search_close(x);
}

/* ---- segments ---- */

static void
segments_are_dropped_whole(void **state)
{
    enum { SEGMENT = 131072, BATCH = 16384 };
    struct fixture *f = *state;
    struct store_change *changes = calloc(BATCH, sizeof *changes);
    struct store_keep keep = {.entries = 10};
    struct search *x = open_index(f);
    uint64_t behind, next;
    size_t removed;
    struct page p;

    assert_non_null(changes);
    for (unsigned i = 0; i < SEGMENT + BATCH; i++) {
        changes[i % BATCH] = send_of(1, 0, i % 16384 == 5 ? "rare" : "x");
        changes[i % BATCH].id.bytes[1] = (uint8_t)(i >> 16);
        changes[i % BATCH].id.bytes[14] = (uint8_t)(i >> 8);
        changes[i % BATCH].id.bytes[15] = (uint8_t)i;
        if (i % BATCH == BATCH - 1)
            commit(f, changes, BATCH, NOW);
    }
    free(changes);
    do
        assert_int_equal(search_step(x, BATCH, &behind, &f->why), ST_OK);
    while (behind > 0);
    p = search_page(f, x, (struct search_ask){.words = span_of("rare"), .until_ms = 1}, &next);
    assert_int_equal(p.n, 8); /* it is too late for the second segment */
    assert_int_equal(next, SEGMENT - 1);
    p = search_page(f, x, (struct search_ask){.words = span_of("rare")}, NULL);
    assert_int_equal(p.n, 9);
    assert_int_equal(p.v[8].e.seq, SEGMENT + 6);
    assert_int_equal(ask_file(f, "search.db", "SELECT count(*) FROM segment"), 2);
    do
        assert_int_equal(store_trim(f->store, &keep, NOW, BATCH, &removed, &f->why), ST_OK);
    while (removed > 0);
    assert_int_equal(search_step(x, 1, &behind, &f->why), ST_OK);
    assert_int_equal(ask_file(f, "search.db", "SELECT count(*) FROM segment"), 1);
    assert_int_equal(ask_file(f, "search.db",
                              "SELECT count(*) FROM sqlite_master WHERE name LIKE 'words_0%'"),
                     0);
    assert_int_equal(search_page(f, x, (struct search_ask){.words = span_of("rare")}, NULL).n, 0);
    assert_int_equal(search_page(f, x, (struct search_ask){.words = span_of("x")}, NULL).n, 10);
    search_close(x);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_DISK(the_index_stays_and_is_private),
        ON_DISK(an_index_that_is_not_ours_is_made_again),
        ON_DISK(a_damaged_file_is_made_again),
        ON_DISK(damage_that_is_met_on_the_way_makes_it_again),
        ON_DISK(a_damaged_entry_does_not_hide_others),
        ON_DISK(a_damaged_first_entry_does_not_hide_others),
        ON_DISK(an_index_that_cannot_be_made_again_is_tried_later),
        ON_DISK(without_room_what_there_is_can_be_searched),
        ON_DISK(segments_are_dropped_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
