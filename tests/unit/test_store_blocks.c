/* Entries of one commit lie together in blocks: what that means for rows on the disk, for taking
 * back and for letting go. */
#include "store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tools/tools.h"

#define BATCH 200

static void
show(void *ctx, const char *text)
{
    (void)ctx;
    print_error("%s\n", text);
}

static void
send_together(struct fixture *f, unsigned from, unsigned n)
{
    static struct store_change c[BATCH];

    for (unsigned i = 0; i < n; i++)
        c[i] = send_of(1, from + i, "together");
    commit(f, c, n, NOW);
}

static void
a_commit_is_a_few_rows(void **state)
{
    struct fixture *f = *state;

    send_together(f, 1, 100);
    assert_int_equal(ask_file(f, "group.db", "SELECT count(*) FROM block"), 1);
    assert_int_equal(ask_file(f, "group.db", "SELECT count(*) FROM entry_at"), 100);
    send_together(f, 101, 200);
    assert_int_equal(ask_file(f, "group.db", "SELECT count(*) FROM block"), 3);
    assert_int_equal(ask_file(f, "group.db", "SELECT max(last) FROM block"), 300);
}

/* Entries that are no row yet are taken back, too: here the log's time ends after four of them. */
static void
what_was_taken_back_is_not_written_later(void **state)
{
    struct fixture *f = *state;
    struct store_change c[10];
    struct page p;

    for (unsigned i = 0; i < 10; i++)
        c[i] = send_of(1, i, "never");
    assert_int_equal(store_commit(f->store, c, 10, AT(INT64_MAX - 3), &f->why), ST_FULL);
    send_together(f, 1, 3);
    p = page_after(f, 0);
    assert_int_equal(p.n, 3);
    assert_string_equal(p.v[0].body, "together");
    assert_int_equal(ask_file(f, "group.db", "SELECT count(*) FROM block"), 1);
}

/* Not a byte of an entry that is gone stays in its block, and its id is free again. */
static void
what_goes_of_a_block_is_gone(void **state)
{
    struct fixture *f = *state;
    struct store_keep keep = {.entries = 30};
    int64_t whole;
    size_t removed;

    send_together(f, 1, 100);
    whole = ask_file(f, "group.db", "SELECT length(data) FROM block");
    assert_int_equal(store_trim(f->store, &keep, NOW, 100, &removed, &f->why), ST_OK);
    assert_int_equal(removed, 70);
    assert_int_equal(ask_file(f, "group.db", "SELECT length(data) FROM block"), whole / 100 * 30);
    assert_int_equal(ask_file(f, "group.db", "SELECT first FROM block"), 71);
    assert_int_equal(ask_file(f, "group.db", "SELECT count(*) FROM entry_at"), 30);
    assert_int_equal(do_one(f, send_of(1, 70, "together"), NOW).seq, 101);
    assert_int_equal(do_one(f, send_of(1, 71, "together"), NOW).seq, 71);
    reopen(f);
    assert_int_equal(page_after(f, 0).v[0].e.seq, 71);
}

/* A damaged block is not cut, but what was let go of does not come back, and it goes in the end. */
static void
a_damaged_block_is_let_go_of(void **state)
{
    struct fixture *f = *state;
    struct store_keep keep = {.entries = 101};
    struct verify_result r;
    size_t removed;

    send_together(f, 1, 50);
    send_together(f, 51, 101);
    tamper(f, "UPDATE block SET data = CAST(data || x'00' AS BLOB) WHERE last = 50");
    open_store(f);
    assert_int_equal(store_trim(f->store, &keep, NOW, 30, &removed, &f->why), ST_OK);
    assert_int_equal(removed, 30);
    assert_int_equal(state_of(f).first, 31);
    assert_true(do_one(f, send_of(1, 30, "anew"), NOW).fresh);
    /* The last one that goes is looked at before. */
    keep.entries = 102;
    assert_int_equal(store_trim(f->store, &keep, NOW, 30, &removed, &f->why), ST_CORRUPT);
    keep.entries = 50;
    assert_int_equal(store_trim(f->store, &keep, NOW, 40, &removed, &f->why), ST_OK);
    assert_int_equal(state_of(f).first, 71);
    assert_true(do_one(f, send_of(1, 49, "anew"), NOW).fresh);
    assert_true(do_one(f, send_of(1, 50, "anew"), NOW).fresh);
    assert_int_equal(do_one(f, send_of(1, 50, "anew"), NOW).seq, 154);
    store_close(f->store);
    f->store = NULL;
    assert_int_equal(store_verify(f->dir, show, NULL, &r, &f->why), ST_OK);
    assert_int_equal(r.problems, 0);
}

/* Ids that cannot be read go with their block, but stay in the list: nothing is wrong with that. */
static void
what_was_damaged_and_is_gone_is_no_problem(void **state)
{
    struct fixture *f = *state;
    struct store_keep keep = {.entries = 75};
    struct verify_result r;
    size_t removed;

    send_together(f, 1, 50);
    send_together(f, 51, 50);
    /* The length of the body of entry 30. */
    tamper(f, "UPDATE block SET data = CAST(substr(data, 1, 29 * 49 + 20) || x'ff7f'"
              " || substr(data, 29 * 49 + 23) AS BLOB) WHERE last = 50");
    open_store(f);
    assert_int_equal(store_trim(f->store, &keep, NOW, 100, &removed, &f->why), ST_OK);
    store_close(f->store);
    f->store = NULL;
    assert_int_equal(store_verify(f->dir, show, NULL, &r, &f->why), ST_OK);
    assert_int_equal(r.entries, 54);
    open_store(f);
    keep.entries = 49;
    assert_int_equal(store_trim(f->store, &keep, NOW, 100, &removed, &f->why), ST_OK);
    assert_true(do_one(f, send_of(1, 40, "anew"), NOW).fresh);
    assert_int_equal(do_one(f, send_of(1, 40, "anew"), NOW).seq, 101);
    store_close(f->store);
    f->store = NULL;
    assert_int_equal(store_verify(f->dir, show, NULL, &r, &f->why), ST_OK);
    assert_int_equal(r.problems, 0);
    assert_int_equal(r.entries, 50);
}

/* Nor is such an id looked up: what it names is nowhere, and that is no damage now. */
static void
an_id_left_in_the_list_means_nothing(void **state)
{
    struct fixture *f = *state;
    struct store_keep keep = {.entries = 49};
    struct store_change behind = send_of(1, 200, "behind");
    struct id gone = id_n(40);
    size_t removed;

    send_together(f, 1, 50);
    send_together(f, 51, 50);
    tamper(f, "UPDATE block SET data = CAST(substr(data, 1, 29 * 49 + 20) || x'ff7f'"
              " || substr(data, 29 * 49 + 23) AS BLOB) WHERE last = 50");
    open_store(f);
    assert_int_equal(store_trim(f->store, &keep, NOW, 100, &removed, &f->why), ST_OK);
    assert_int_equal(state_of(f).first, 52);
    assert_int_equal(ask_file(f, "group.db", "SELECT count(*) FROM entry_at WHERE seq = 40"), 1);
    behind.after = &gone;
    assert_int_equal(do_one(f, behind, NOW).result, ST_ORDER);
    assert_int_equal(do_one(f, leave_of(1, 40), NOW).result, ST_NOT_FOUND);
    behind.after = NULL;
    assert_int_equal(do_one(f, behind, NOW).seq, 101);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_DISK(a_commit_is_a_few_rows),
        ON_DISK(what_was_taken_back_is_not_written_later),
        ON_DISK(what_goes_of_a_block_is_gone),
        ON_DISK(a_damaged_block_is_let_go_of),
        ON_DISK(what_was_damaged_and_is_gone_is_no_problem),
        ON_DISK(an_id_left_in_the_list_means_nothing),
    };

    return cmocka_run_group_tests_name("store_blocks", tests, NULL, NULL);
}
