/* Stored bytes that are not what was written: refused with the reason. */
#include "store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- damage ---- */

static void
a_database_of_another_kind_is_refused(void **state)
{
    struct fixture *f = *state;

    tamper(f, "PRAGMA application_id=7");
    assert_int_equal(try_open(f), ST_CORRUPT);
    assert_non_null(strstr(f->why.text, "is not a Conclave group store"));
}

static void
a_newer_version_is_refused_in_words(void **state)
{
    struct fixture *f = *state;

    tamper(f, "PRAGMA user_version=99");
    assert_int_equal(try_open(f), ST_PROTOCOL);
    assert_non_null(strstr(f->why.text, "newer version"));
}

static void
a_changed_schema_is_refused(void **state)
{
    struct fixture *f = *state;

    tamper(f, "CREATE TRIGGER t AFTER INSERT ON block BEGIN DELETE FROM stay; END");
    assert_int_equal(try_open(f), ST_CORRUPT);
    tamper(f, "DROP TRIGGER t");
    assert_int_equal(try_open(f), ST_OK);
    tamper(f, "DROP TABLE entry_at");
    assert_int_equal(try_open(f), ST_CORRUPT);
}

static void
damage_that_opening_can_see_is_refused(void **state)
{
    static const char *const damages[] = {
        "DELETE FROM meta",
        "UPDATE meta SET log = 'text'",
        "UPDATE meta SET base_seq = 40",
        "DELETE FROM entry WHERE seq = 1",
        "UPDATE entry SET ts = 'soon' WHERE seq = 6",
        "UPDATE entry SET author = 3 WHERE seq = 6",
        "UPDATE block SET first = 2 WHERE last = 1",
        "UPDATE block SET last = 7 WHERE last = 6",
        "UPDATE block SET ts = ts + 1 WHERE last = 6",
        "UPDATE block SET data = 'text' WHERE last = 6",
        "UPDATE block SET data = CAST(data || x'00' AS BLOB) WHERE last = 6",
        "DELETE FROM entry_at",
        "UPDATE entry_at SET seq = seq - 1",
        "UPDATE entry_at SET seq = 'six'",
        "UPDATE person SET uuid = x'00' WHERE no = 1",
        "UPDATE person SET key = NULL",
        "UPDATE person SET no = 5 WHERE no = 1",
        "UPDATE stay SET joined_seq = 77",
        "UPDATE stay SET left_seq = -1",
        "INSERT INTO stay VALUES (1, 2, 5, 0, 0, 0)",
        "UPDATE standing SET role = 3 WHERE role != 0",
        "UPDATE standing SET role_set = 2",
        "UPDATE standing SET role_set = 0 WHERE role != 0",
        "UPDATE standing SET invited = 1",
        "UPDATE standing SET ban_seq = 99 WHERE ban_seq != 0",
        "UPDATE standing SET ban_seq = 0 WHERE ban_seq != 0",
        "UPDATE standing SET banned_by = x'00'",
        "UPDATE standing SET person = 9 WHERE person = 1",
        "UPDATE standing SET person = 9 - person",
        "DELETE FROM standing WHERE ban_seq != 0",
        "UPDATE invite SET uses = 0",
        "UPDATE invite SET uses = 7",
        "UPDATE invite SET expires = 7",
        "UPDATE invite SET hash = zeroblob(31)",
        "UPDATE invite SET hash = zeroblob(32)",
        "UPDATE invite SET author = x''",
        "DELETE FROM invite",
        "UPDATE about SET topic = 'tea'",
        "UPDATE about SET topic = zeroblob(257)",
        "UPDATE about SET topic = x'ff'",
        "UPDATE about SET topic = x'74'",
        "UPDATE about SET standings = 0",
        "UPDATE about SET invites = 0",
        "DELETE FROM about",
        "UPDATE past SET sum = 0",
        "UPDATE past SET logs = zeroblob(24)",
        "UPDATE past SET logs = zeroblob(25)",
        "DELETE FROM past",
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        do_one(f, join_of(1, 1, "anna"), NOW);
        do_one(f, send_of(1, 2, "x"), NOW);
        do_one(f, send_of(1, 3, "x"), NOW);
        do_one(f, role_of(1, 4, 1, ROLE_OWNER), NOW);
        do_one(f, ban_of(1, 5, 2), NOW);
        do_one(f, topic_of(1, 6, "tea"), NOW);
        do_one(f, invite_of(1, 1, 5, 0), NOW);
        tamper(f, damages[i]);
        if (try_open(f) != ST_CORRUPT)
            fail_msg("not seen: %s", damages[i]);
        wipe(f->dir);
        open_store(f);
    }
}

static void
damage_to_an_entry_is_seen_when_it_is_read(void **state)
{
    static const char *const damages[] = {
        "UPDATE entry SET body = 12 WHERE seq = 2",
        "UPDATE entry SET body = 'text' WHERE seq = 2",
        "UPDATE entry SET ext = 'text' WHERE seq = 2",
        "UPDATE entry SET id = zeroblob(16) WHERE seq = 2",
        "UPDATE entry SET kind = 2 WHERE seq = 2",
        "UPDATE entry SET sum = sum + 1 WHERE seq = 2",
        "UPDATE entry SET ts = 5 WHERE seq = 2",
        "UPDATE entry SET author = 3 WHERE seq = 2",
        "UPDATE entry SET author = -1 WHERE seq = 2",
        "DELETE FROM entry WHERE seq = 2",
        "UPDATE block SET first = 1 WHERE last = 2",
        "UPDATE block SET first = 3 WHERE last = 2",
        "UPDATE block SET first = -200 WHERE last = 2",
        "UPDATE block SET ts = 'text' WHERE last = 2",
        "UPDATE block SET ts = 5 WHERE last = 2",
        "UPDATE block SET data = 12 WHERE last = 2",
        "UPDATE block SET data = zeroblob(60) WHERE last = 2",
        "UPDATE block SET data = x'' WHERE last = 2",
        "UPDATE block SET data = zeroblob(17450) WHERE last = 2",
        "UPDATE block SET data = CAST(data || x'00' AS BLOB) WHERE last = 2",
        "UPDATE block SET data = substr(data, 1, length(data) - 1) WHERE last = 2",
    };
    struct fixture *f = *state;
    struct page p;

    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        fill(f, 4);
        tamper(f, damages[i]);
        open_store(f);
        p = (struct page){.n = 0};
        if (read_page(f, (struct store_query){.max_rows = SEEN_MAX}, &p) != ST_CORRUPT)
            fail_msg("not seen: %s", damages[i]);
        assert_int_equal(p.n, 1);
        p = (struct page){.n = 0};
        if (read_page(f, (struct store_query){.before_seq = 5, .max_rows = 4}, &p) != ST_CORRUPT)
            fail_msg("not seen backwards: %s", damages[i]);
        assert_int_equal(p.n, 2);
        store_close(f->store);
        wipe(f->dir);
        open_store(f);
    }
}

static void
damage_met_by_a_commit_ends_all_commits(void **state)
{
    struct fixture *f = *state;
    struct store_change c = send_of(1, 2, "x");
    struct store_change other = send_of(1, 9, "x");

    fill(f, 4);
    tamper(f, "UPDATE entry SET body = 12 WHERE seq = 2");
    open_store(f);
    assert_int_equal(store_commit(f->store, &c, 1, AT(NOW), &f->why), ST_CORRUPT);
    f->why.text[0] = '\0';
    assert_int_equal(store_commit(f->store, &other, 1, AT(NOW), &f->why), ST_CORRUPT);
    assert_non_null(strstr(f->why.text, "damaged"));
    assert_int_equal(page_after(f, 2).n, 2);
}

static void
a_log_without_its_front_is_read_from_what_is_left(void **state)
{
    struct fixture *f = *state;
    struct store_keep keep = {.entries = 2};
    size_t removed;

    fill(f, 6); /* at NOW + 10 ... 60 */
    assert_int_equal(store_trim(f->store, &keep, NOW, 100, &removed, &f->why), ST_OK);
    reopen(f);
    assert_int_equal(state_of(f).first, 5);
    assert_int_equal(page_after(f, 0).n, 2);
    assert_int_equal(page_after(f, 0).v[0].e.seq, 5);
    assert_int_equal(page_after(f, 5).n, 1);
    assert_int_equal(page_after_ts(f, 0).n, 2);
    assert_int_equal(page_after_ts(f, NOW + 40).n, 2);
    assert_int_equal(page_after_ts(f, NOW + 50).n, 1);
    keep = (struct store_keep){.age_ns = 10};
    assert_int_equal(store_trim(f->store, &keep, NOW + 100, 100, &removed, &f->why), ST_OK);
    reopen(f);
    assert_int_equal(state_of(f).first, 7);
    assert_int_equal(state_of(f).head, 6);
    assert_int_equal(page_after_ts(f, 0).n, 0);
    assert_int_equal(do_one(f, send_of(1, 9, "x"), 0).seq, 7);
    assert_int_equal(page_after(f, 0).v[0].e.ts, NOW + 61);
}

static void
a_truncated_file_is_refused(void **state)
{
    static const off_t lengths[] = {4096 * 3, 5000, 4096, 100, 16, 1, 0};
    struct fixture *f = *state;

    fill(f, 4);
    store_close(f->store);
    f->store = NULL;
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        write_file(f, "group.db", "", lengths[i]);
        if (try_open(f) != ST_CORRUPT)
            fail_msg("accepted at %lld bytes", (long long)lengths[i]);
    }
}

static void
garbage_is_refused(void **state)
{
    struct fixture *f = *state;

    store_close(f->store);
    f->store = NULL;
    write_file(f, "group.db", "this is not a database, whatever its name says", 8192);
    assert_int_equal(try_open(f), ST_CORRUPT);
}

static void
a_log_file_without_its_database_is_refused(void **state)
{
    struct fixture *f = *state;
    char path[80];

    store_close(f->store);
    f->store = NULL;
    snprintf(path, sizeof path, "%s/group.db", f->dir);
    assert_int_equal(remove(path), 0);
    write_file(f, "group.db-wal", "left over", 9);
    assert_int_equal(try_open(f), ST_CORRUPT);
}

static void
a_start_that_was_interrupted_is_begun_again(void **state)
{
    struct fixture *f = *state;
    char path[80];

    store_close(f->store);
    f->store = NULL;
    snprintf(path, sizeof path, "%s/group.db", f->dir);
    assert_int_equal(remove(path), 0);
    write_file(f, "group.db-new", "half", 4);
    assert_int_equal(try_open(f), ST_OK);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_DISK(a_database_of_another_kind_is_refused),
        ON_DISK(a_newer_version_is_refused_in_words),
        ON_DISK(a_changed_schema_is_refused),
        ON_DISK(damage_that_opening_can_see_is_refused),
        ON_DISK(damage_to_an_entry_is_seen_when_it_is_read),
        ON_DISK(damage_met_by_a_commit_ends_all_commits),
        ON_DISK(a_log_without_its_front_is_read_from_what_is_left),
        ON_DISK(a_truncated_file_is_refused),
        ON_DISK(garbage_is_refused),
        ON_DISK(a_log_file_without_its_database_is_refused),
        ON_DISK(a_start_that_was_interrupted_is_begun_again),
    };

    return cmocka_run_group_tests_name("store_damage", tests, NULL, NULL);
}
