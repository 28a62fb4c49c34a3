/* A file of an earlier format is brought up to date, whole or not at all. */
#include "sqlite/schema.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sqlite/sql.h"

/* Two shelves: the second format counts what the first only named. */
static const char *const steps[] = {
    "CREATE TABLE shelf(name TEXT PRIMARY KEY NOT NULL)",
    "ALTER TABLE shelf ADD COLUMN books INTEGER NOT NULL DEFAULT 0;"
    "UPDATE shelf SET books = length(name)",
};
/* Its second half fails, after its first has changed the table. */
static const char *const bad_steps[] = {
    "CREATE TABLE shelf(name TEXT PRIMARY KEY NOT NULL)",
    "ALTER TABLE shelf ADD COLUMN books INTEGER NOT NULL DEFAULT 0;"
    "INSERT INTO shelf SELECT name, 1 FROM shelf",
};

struct fixture {
    char root[32];
    struct datadir dir;
    sqlite3 *db;
    struct fault why;
};

static enum status
open_as(struct fixture *f, const char *const *migrations, size_t format)
{
    struct schema schema = {.file = "shelf.db",
                            .kind = "shelf",
                            .application_id = 0x7368656c,
                            .migrations = migrations,
                            .n_migrations = format};
    bool copy = false;

    sql_disconnect(f->db);
    f->db = NULL;
    return schema_open(&f->db, &schema, &f->dir, &copy, &f->why);
}

static int64_t
ask(struct fixture *f, const char *sql)
{
    int64_t out = -1;

    assert_int_equal(sql_int(f->db, sql, &out, &f->why), ST_OK);
    return out;
}

static int
remove_one(const char *path, const struct stat *info, int type, struct FTW *at)
{
    (void)info;
    (void)type;
    (void)at;
    return remove(path);
}

/* A file of the first format with two rows. */
static int
set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    *state = f;
    strcpy(f->root, "/tmp/schema.XXXXXX");
    assert_non_null(mkdtemp(f->root));
    assert_int_equal(datadir_open(&f->dir, f->root, &f->why), ST_OK);
    assert_int_equal(open_as(f, steps, 1), ST_OK);
    assert_int_equal(sql_exec(f->db, "INSERT INTO shelf VALUES ('tea'), ('rocks')", &f->why),
                     ST_OK);
    return 0;
}

static int
tear_down(void **state)
{
    struct fixture *f = *state;

    sql_disconnect(f->db);
    datadir_close(&f->dir);
    nftw(f->root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(f);
    return 0;
}

static void
an_older_file_is_brought_up_to_date_once(void **state)
{
    struct fixture *f = *state;

    for (int start = 0; start < 2; start++) {
        assert_int_equal(open_as(f, steps, 2), ST_OK);
        assert_int_equal(ask(f, "PRAGMA user_version"), 2);
        assert_int_equal(ask(f, "SELECT count(*) FROM shelf"), 2);
        assert_int_equal(ask(f, "SELECT books FROM shelf WHERE name = 'rocks'"), 5 + start);
        assert_int_equal(sql_exec(f->db, "UPDATE shelf SET books = 6 WHERE name = 'rocks'", NULL),
                         ST_OK);
    }
}

static void
a_new_file_has_the_newest_format(void **state)
{
    struct fixture *f = *state;

    sql_disconnect(f->db);
    f->db = NULL;
    nftw(f->root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    datadir_close(&f->dir);
    assert_int_equal(datadir_open(&f->dir, f->root, &f->why), ST_OK);
    assert_int_equal(open_as(f, steps, 2), ST_OK);
    assert_int_equal(ask(f, "PRAGMA user_version"), 2);
    assert_int_equal(ask(f, "SELECT count(books) FROM shelf"), 0);
}

static void
a_file_of_a_later_format_is_refused_in_words(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(open_as(f, steps, 2), ST_OK);
    assert_int_equal(open_as(f, steps, 1), ST_PROTOCOL);
    assert_non_null(strstr(f->why.text, "made by a newer version of Conclave"));
    assert_non_null(strstr(f->why.text, "format 2; this one knows up to 1"));
    assert_int_equal(open_as(f, steps, 2), ST_OK);
}

static void
a_step_that_fails_changes_nothing(void **state)
{
    struct fixture *f = *state;

    for (int again = 0; again < 2; again++)
        assert_int_not_equal(open_as(f, bad_steps, 2), ST_OK);
    assert_int_equal(open_as(f, steps, 1), ST_OK);
    assert_int_equal(ask(f, "PRAGMA user_version"), 1);
    assert_int_equal(ask(f, "SELECT count(*) FROM shelf"), 2);
    assert_int_equal(open_as(f, steps, 2), ST_OK);
}

/* Else somebody's trigger would run in the step. */
static void
tables_are_checked_before_a_step(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(sql_exec(f->db,
                              "CREATE TRIGGER theirs AFTER UPDATE ON shelf"
                              " BEGIN DELETE FROM shelf; END",
                              &f->why),
                     ST_OK);
    assert_int_equal(open_as(f, steps, 2), ST_CORRUPT);
    assert_non_null(strstr(f->why.text, "not what they should be"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_older_file_is_brought_up_to_date_once, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_new_file_has_the_newest_format, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_of_a_later_format_is_refused_in_words, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_step_that_fails_changes_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tables_are_checked_before_a_step, set_up, tear_down),
    };

    return cmocka_run_group_tests_name("schema", tests, NULL, NULL);
}
