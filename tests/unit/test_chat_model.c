#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "chat_fixture.h"
#include "model/budget.h"
#include "model/talk.h"

struct fixture {
    struct model *m;
    struct talk *dev;
};

static int
setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    if (f != NULL)
        f->m = fixture_model(&f->dev);
    *state = f;
    return f == NULL;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;

    model_free(f->m);
    free(f);
    return 0;
}

/* "1 2 [3-5] <6-7> note ~" */
static void
expect(const struct talk *t, const char *expected)
{
    char seen[512] = "";

    for (size_t i = 0; i < t->n_items; i++) {
        const struct item *item = &t->items[i];
        char *end = seen + strlen(seen);

        if (item->kind == ITEM_ENTRY)
            sprintf(end, " %d", (int)item->seq);
        else if (item->kind == ITEM_HOLE)
            sprintf(end, " [%d-%d]", (int)item->seq, (int)item->last);
        else if (item->kind == ITEM_LOST)
            sprintf(end, " <%d-%d>", (int)item->seq, (int)item->last);
        else
            sprintf(end, item->kind == ITEM_NOTE ? " note" : item->stored ? " ok" : " ~");
    }
    assert_string_equal(seen[0] == ' ' ? seen + 1 : seen, expected);
}

static bool
hear(struct fixture *f, struct talk *t, uint64_t seq, int who, const char *text)
{
    const struct conclave_entry e = fixture_message(seq, who, (int)seq, text);

    return talk_entry(f->m, t, &e);
}

static void
fetch(struct fixture *f, uint64_t first, uint64_t last)
{
    struct conclave_entry e[16];

    for (uint64_t seq = first; seq <= last; seq++)
        e[seq - first] = fixture_message(seq, ALICE, (int)seq, "old");
    talk_page(f->m, f->dev, first, last, e, last - first + 1);
}

static void
entries_are_kept_in_order_and_once(void **state)
{
    struct fixture *f = *state;

    hear(f, f->dev, 3, ALICE, "a");
    hear(f, f->dev, 4, BOB, "b");
    hear(f, f->dev, 3, ALICE, "again");
    talk_note(f->m, f->dev, false, "words");
    hear(f, f->dev, 5, ALICE, "c");
    expect(f->dev, "3 4 note 5");
}

static void
holes_are_filled_from_either_end(void **state)
{
    struct fixture *f = *state;

    talk_hole(f->m, f->dev, 1, 20);
    hear(f, f->dev, 21, ALICE, "new");
    fetch(f, 18, 20);
    expect(f->dev, "[1-17] 18 19 20 21");
    fetch(f, 1, 2);
    expect(f->dev, "1 2 [3-17] 18 19 20 21");
    fetch(f, 8, 9);
    expect(f->dev, "1 2 [3-7] 8 9 [10-17] 18 19 20 21");
    fetch(f, 3, 7);
    fetch(f, 10, 17);
    assert_int_equal(f->dev->n_items, 21);
    fetch(f, 1, 5);
    assert_int_equal(f->dev->n_items, 21);
}

static void
what_a_page_lacks_is_lost(void **state)
{
    struct fixture *f = *state;
    const struct conclave_entry e[] = {fixture_message(4, ALICE, 1, "a"),
                                       fixture_message(7, ALICE, 2, "b")};

    talk_hole(f->m, f->dev, 1, 10);
    talk_page(f->m, f->dev, 2, 9, e, 2);
    expect(f->dev, "[1-1] <2-3> 4 <5-6> 7 <8-9> [10-10]");
    talk_lost(f->m, f->dev, 5, 6);
    talk_lost(f->m, f->dev, 11, 12);
    expect(f->dev, "[1-1] <2-3> 4 <5-6> 7 <8-9> [10-10] <11-12>");
    assert_int_equal(f->dev->newest, 12);
}

static void
own_messages_turn_solid_once(void **state)
{
    struct fixture *f = *state;
    const struct conclave_id one = {{1}}, two = {{2}}, three = {{3}};
    struct conclave_entry e = fixture_message(1, ME, 1, "one");
    const struct conclave_ack ack = {.id = two, .seq = 2, .ts = MORNING};

    talk_pending(f->m, f->dev, &one, "one", MORNING);
    talk_pending(f->m, f->dev, &two, "two", MORNING);
    talk_pending(f->m, f->dev, &three, "three", MORNING);
    hear(f, f->dev, 5, ALICE, "between");
    expect(f->dev, "5 ~ ~ ~");
    e.id = one; /* seen before its acknowledgement */
    talk_entry(f->m, f->dev, &e);
    expect(f->dev, "1 5 ~ ~");
    talk_acked(f->dev, &(struct conclave_ack){.id = one, .seq = 1});
    talk_acked(f->dev, &ack); /* and after */
    expect(f->dev, "1 5 ok ~");
    e = fixture_message(2, ME, 2, "two");
    e.id = two;
    talk_entry(f->m, f->dev, &e);
    expect(f->dev, "1 2 5 ~");
    talk_refused(f->m, f->dev, &three, "the disk is full");
    expect(f->dev, "1 2 5 note");
    assert_string_equal(f->dev->items[3].text, "Not sent, the disk is full: three");
    assert_int_equal(f->dev->unread, 0);
}

static void
messages_of_an_earlier_run_are_counted_down(void **state)
{
    struct fixture *f = *state;

    f->dev->waiting = 2;
    talk_acked(f->dev, &(struct conclave_ack){.id = {{7}}, .seq = 1});
    assert_int_equal(f->dev->waiting, 1);
    talk_refused(f->m, f->dev, &(struct conclave_id){{8}}, "no");
    talk_refused(f->m, f->dev, &(struct conclave_id){{9}}, "no");
    assert_int_equal(f->dev->waiting, 0);
}

static void
mentions_are_words(void **state)
{
    static const char *const yes[] = {"me", "hey Me!", "@me: look", "some, ME", "(me)"};
    static const char *const no[] = {"some", "meat", "me_too", "mé", "", "m e"};
    struct fixture *f = *state;
    struct talk *ops = model_add(f->m, "ops");
    uint64_t seq = 1;

    strcpy(ops->nick, "me");
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
        assert_true(hear(f, ops, seq++, ALICE, yes[i]));
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        assert_false(hear(f, ops, seq++, ALICE, no[i]));
    assert_false(hear(f, ops, seq++, ME, "me myself"));
    assert_int_equal(ops->mentions, sizeof yes / sizeof yes[0]);
    assert_int_equal(ops->unread, seq - 2);
    assert_false(hear(f, ops, 1, ALICE, "me")); /* once */
}

static void
unread_begins_where_one_left(void **state)
{
    struct fixture *f = *state;

    model_add(f->m, "ops");
    hear(f, f->dev, 1, ALICE, "seen");
    assert_int_equal(f->dev->unread, 0);
    model_show(f->m, 2);
    hear(f, f->dev, 2, ALICE, "new");
    hear(f, f->dev, 3, ME, "my own, from elsewhere");
    hear(f, f->dev, 4, ALICE, "newer");
    assert_int_equal(f->dev->unread, 2);
    model_show(f->m, 1);
    assert_int_equal(f->dev->unread, 0);
    assert_int_equal(f->dev->unread_from, 2);
    assert_int_equal(f->dev->read, 4);
    model_show(f->m, 2);
    model_show(f->m, 1);
    assert_int_equal(f->dev->unread_from, 0);
}

static void
what_comes_below_the_screen_is_unread(void **state)
{
    struct fixture *f = *state;

    hear(f, f->dev, 1, ALICE, "a");
    hear(f, f->dev, 2, ALICE, "b");
    f->dev->anchor = f->dev->items[0].uid;
    hear(f, f->dev, 3, ALICE, "c");
    assert_int_equal(f->dev->unread, 1);
    assert_int_equal(f->dev->unread_from, 3);
    assert_int_equal(f->dev->read, 2);
    talk_seen(f->dev);
    assert_int_equal(f->dev->read, 3);
}

static void
what_is_below_the_screen_stays_unread_when_one_comes_back(void **state)
{
    struct fixture *f = *state;

    model_add(f->m, "ops");
    hear(f, f->dev, 1, ALICE, "a");
    hear(f, f->dev, 2, ALICE, "b");
    f->dev->anchor = f->dev->items[0].uid;
    hear(f, f->dev, 3, ALICE, "c");
    model_show(f->m, 2);
    hear(f, f->dev, 4, ALICE, "me?");
    model_show(f->m, 1);
    assert_int_equal(f->dev->unread, 2);
    assert_int_equal(f->dev->mentions, 1);
    assert_int_equal(f->dev->unread_from, 3);
    assert_int_equal(f->dev->read, 2);
}

/* Messages may come before the list of members, which says what one is called. */
static void
who_was_named_before_knowing_ones_name_is_told(void **state)
{
    struct fixture *f = *state;
    struct talk *ops = model_add(f->m, "ops");
    const struct conclave_member me = {.uuid = fixture_id(ME), .nick = "chief"};

    hear(f, ops, 1, ALICE, "where is the chief?");
    hear(f, ops, 2, BOB, "in a while");
    hear(f, ops, 3, ME, "the chief is here");
    hear(f, ops, 4, ALICE, "Chief!");
    assert_int_equal(ops->mentions, 0);
    for (int i = 0; i < 2; i++) { /* and once only */
        talk_people(f->m, ops, &me, 1);
        assert_int_equal(ops->mentions, 2);
        assert_true(ops->items[0].mention && ops->items[3].mention);
        assert_false(ops->items[1].mention || ops->items[2].mention);
    }
    hear(f, f->dev, 1, ALICE, "chief"); /* elsewhere that is nobody */
    assert_int_equal(f->dev->mentions, 0);
}

static void
memory_is_bounded(void **state)
{
    struct fixture *f = *state;
    const uint64_t n = 3 * BUDGET_ITEMS;

    for (uint64_t seq = 1; seq <= n; seq++)
        hear(f, f->dev, seq, ALICE, "x");
    assert_true(f->dev->n_items <= BUDGET_ITEMS);
    assert_int_equal(f->dev->items[0].kind, ITEM_HOLE);
    assert_int_equal(f->dev->items[0].seq, 1);
    assert_int_equal(f->dev->items[0].last + 1, f->dev->items[1].seq);
    assert_int_equal(f->dev->items[f->dev->n_items - 1].seq, n);
}

static void
hear_large(struct fixture *f, struct talk *t, uint64_t first, uint64_t last)
{
    static char text[CONCLAVE_BODY_MAX + 1];

    memset(text, '\001', sizeof text - 1); /* shown with three bytes each */
    for (uint64_t seq = first; seq <= last; seq++)
        hear(f, t, seq, ALICE, text);
}

/* Each seq is there or in a hole, once and in order. */
static void
expect_all(const struct talk *t, uint64_t last)
{
    uint64_t seq = 1;

    for (size_t i = 0; i < t->n_items; i++) {
        const struct item *item = &t->items[i];

        if (item->kind == ITEM_PENDING || item->kind == ITEM_NOTE)
            continue;
        assert_int_equal(item->seq, seq);
        assert_true(i == 0 || item->kind != ITEM_HOLE || t->items[i - 1].kind != ITEM_HOLE);
        seq = 1 + (item->kind == ITEM_HOLE ? item->last : item->seq);
    }
    assert_int_equal(seq, last + 1);
}

static void
large_messages_are_bounded_by_bytes(void **state)
{
    struct fixture *f = *state;
    const struct conclave_id id = {{1}};

    talk_pending(f->m, f->dev, &id, "on its way", MORNING);
    hear_large(f, f->dev, 1, 400);
    assert_true(f->dev->bytes <= BUDGET_ONE);
    assert_true(f->dev->n_items > 20);
    expect_all(f->dev, 400);
    assert_int_equal(f->dev->items[f->dev->n_items - 1].kind, ITEM_PENDING);
}

static void
what_is_in_sight_stays_when_more_comes(void **state)
{
    struct fixture *f = *state;
    size_t at;

    hear_large(f, f->dev, 1, 100);
    at = talk_find_seq(f->dev, 90);
    f->dev->anchor = f->dev->items[at].uid;
    hear_large(f, f->dev, 101, 400);
    assert_true(f->dev->bytes <= BUDGET_ONE);
    expect_all(f->dev, 400);
    for (uint64_t seq = 88; seq <= 92; seq++)
        assert_true(talk_find_seq(f->dev, seq) < f->dev->n_items);
    assert_true(talk_find_seq(f->dev, 400) < f->dev->n_items);
    fetch(f, 200, 210); /* what was let go of comes back */
    assert_true(talk_find_seq(f->dev, 205) < f->dev->n_items);
    expect_all(f->dev, 400);
}

static void
all_conversations_share_one_budget(void **state)
{
    struct fixture *f = *state;
    size_t bytes = 0;
    char name[8];

    for (int i = 0; i < 50; i++) {
        snprintf(name, sizeof name, "g%d", i);
        hear_large(f, model_add(f->m, name), 1, 30);
    }
    for (int i = 0; i < 50; i++) { /* also those that were there before the others */
        snprintf(name, sizeof name, "g%d", i);
        hear_large(f, model_find(f->m, name), 31, 31);
        expect_all(model_find(f->m, name), 31);
        bytes += model_find(f->m, name)->bytes;
    }
    assert_true(bytes <= BUDGET_ALL);
}

static void
lost_ranges_and_notes_are_bounded(void **state)
{
    struct fixture *f = *state;

    for (uint64_t seq = 1; seq < 2 * BUDGET_ITEMS; seq += 2) {
        talk_lost(f->m, f->dev, seq, seq);
        hear(f, f->dev, seq + 1, ALICE, "x");
    }
    for (int i = 0; i < BUDGET_ITEMS; i++)
        talk_note(f->m, f->dev, true, "words");
    assert_true(f->dev->n_items <= BUDGET_ITEMS);
}

static void
hostile_names_are_clean(void **state)
{
    struct fixture *f = *state;
    struct conclave_entry e = fixture_message(1, ALICE, 1, "\033[31mred");
    const struct conclave_member evil = {.uuid = fixture_id(BOB),
                                         .nick = "b\033]0;x\a\xe2\x80\xae"};

    e.nick = "a\nb\033[2J";
    talk_entry(f->m, f->dev, &e);
    assert_string_equal(f->dev->items[0].nick, "a b␛[2J");
    assert_string_equal(f->dev->items[0].text, "␛[31mred");
    talk_people(f->m, f->dev, &evil, 1);
    assert_string_equal(f->dev->people[0].nick, "b␛]0;x␇\xef\xbf\xbd");
    talk_topic(f->dev, "t\033c", 3);
    assert_string_equal(f->dev->topic, "t␛c");
    talk_state(f->dev, TALK_OUT, "why\033[2J");
    assert_string_equal(f->dev->why, "why␛[2J");
}

static void
groups_come_and_go(void **state)
{
    struct fixture *f = *state;
    struct talk *ops = model_add(f->m, "ops");

    assert_ptr_equal(model_add(f->m, "ops"), ops);
    model_show(f->m, 2);
    model_remove(f->m, f->dev);
    assert_ptr_equal(model_current(f->m), ops);
    assert_null(model_find(f->m, "dev"));
    model_remove(f->m, ops);
    assert_int_equal(model_current(f->m)->state, TALK_HOME);
    model_remove(f->m, f->m->talks[0]);
    assert_int_equal(f->m->n_talks, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(entries_are_kept_in_order_and_once, setup, teardown),
        cmocka_unit_test_setup_teardown(holes_are_filled_from_either_end, setup, teardown),
        cmocka_unit_test_setup_teardown(what_a_page_lacks_is_lost, setup, teardown),
        cmocka_unit_test_setup_teardown(own_messages_turn_solid_once, setup, teardown),
        cmocka_unit_test_setup_teardown(messages_of_an_earlier_run_are_counted_down, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(mentions_are_words, setup, teardown),
        cmocka_unit_test_setup_teardown(unread_begins_where_one_left, setup, teardown),
        cmocka_unit_test_setup_teardown(what_comes_below_the_screen_is_unread, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_below_the_screen_stays_unread_when_one_comes_back,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(who_was_named_before_knowing_ones_name_is_told, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(memory_is_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(large_messages_are_bounded_by_bytes, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_in_sight_stays_when_more_comes, setup, teardown),
        cmocka_unit_test_setup_teardown(all_conversations_share_one_budget, setup, teardown),
        cmocka_unit_test_setup_teardown(lost_ranges_and_notes_are_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(hostile_names_are_clean, setup, teardown),
        cmocka_unit_test_setup_teardown(groups_come_and_go, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
