#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "chat_fixture.h"
#include "model/talk.h"
#include "screen/layout.h"
#include "screen/panes.h"

struct fixture {
    struct model *m;
    struct talk *dev;
    struct view *view;
};

static int
setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    if (f != NULL) {
        f->m = fixture_model(&f->dev);
        f->view = view_new();
    }
    *state = f;
    return f == NULL || f->view == NULL;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;

    view_free(f->view);
    model_free(f->m);
    free(f);
    return 0;
}

static void
say(struct fixture *f, uint64_t seq, int who, int minute, const char *text)
{
    const struct conclave_entry e = fixture_message(seq, who, minute, text);

    talk_entry(f->m, f->dev, &e);
}

static void
event(struct fixture *f, uint64_t seq, int who, int minute, int kind)
{
    const struct conclave_entry e = fixture_event(seq, who, minute, kind);

    talk_entry(f->m, f->dev, &e);
}

static void
a_wide_screen_has_all_panes(void **state)
{
    struct fixture *f = *state;
    struct talk *ops = model_add(f->m, "ops");
    const struct conclave_id id = {{1}};
    const struct conclave_entry e = fixture_message(1, BOB, 0, "me, where are you?");

    memcpy(ops->nick, "me", sizeof "me");
    talk_entry(f->m, ops, &e);
    talk_topic(f->dev, "all about building", strlen("all about building"));
    say(f, 1, ALICE, 0, "good morning");
    say(f, 2, BOB, 1, "hello me");
    talk_pending(f->m, f->dev, &id, "on its way", MORNING + 2 * MINUTE);
    fixture_expect(f->m, "draft", 10, 100,
                   " dev — all about building\n"
                   " Conclave│                                                                     "
                   "             │●@alice\n"
                   " 1 dev   │                                                                     "
                   "             │● me\n"
                   "*2 ops  1│                                                                     "
                   "             │○ bob\n"
                   "         │──────────────────────────────── Mon 2026-11-23 "
                   "───────────────────────────────── │\n"
                   "         │10:00   alice │ good morning                                         "
                   "             │\n"
                   "         │10:01 *   bob │ hello me                                             "
                   "             │\n"
                   "         │10:02 ~    me │ on its way                                           "
                   "             │\n"
                   " connected · 1 to be sent · 2 of 3 here\n"
                   "› draft\n");
}

static void
panes_are_as_wide_as_needed(void **state)
{
    struct fixture *f = *state;
    const struct view_input in = {.text = ""};
    struct needs needs;
    struct layout l;

    say(f, 1, ALICE, 0, "hi");
    needs = panes_needs(f->m);
    l = layout_of(30, 100, &in, &needs);
    assert_true(l.talk.cols - l.indent >= 65);
    (void)model_add(f->m, "a-group-with-a-name-that-is-far-too-long-for-a-pane");
    needs = panes_needs(f->m);
    l = layout_of(30, 100, &in, &needs);
    assert_true(l.talk.cols - l.indent >= 50);
    needs.people = needs.nick = 64;
    l = layout_of(24, 80, &in, &needs);
    assert_true(l.talk.cols - l.indent >= 30);
}

static void
hear_in(struct fixture *f, const char *group, uint64_t seq, const char *text)
{
    const struct conclave_entry e = fixture_message(seq, BOB, 0, text);
    struct talk *t = model_add(f->m, group);

    memcpy(t->nick, "me", sizeof "me");
    talk_entry(f->m, t, &e);
}

static void
what_is_not_read_out_of_sight_is_counted(void **state)
{
    struct fixture *f = *state;

    for (int i = 2; i <= 9; i++) {
        char name[] = "g0";

        name[1] = (char)('0' + i);
        (void)model_add(f->m, name);
    }
    hear_in(f, "g2", 1, "in sight");
    hear_in(f, "g7", 1, "not in sight");
    hear_in(f, "g8", 1, "not in sight");
    hear_in(f, "g9", 1, "neither, me");
    hear_in(f, "g9", 2, "and more");
    fixture_expect(f->m, "", 8, 70,
                   " dev\n"
                   " Conclave│\n"
                   " 1 dev   │\n"
                   " 2 g2   1│\n"
                   " 3 g3    │\n"
                   " 4 g4    │\n"
                   " connected · 4 unread out of sight · 1 name you · 2 of 3 here\n"
                   "›\n");
    fixture_expect(f->m, "", 5, 40,
                   " dev\n"
                   "\n"
                   "\n"
                   " connected · *g9 2 · g2 1 · g7 1 · +1 …\n"
                   "›\n");
}

static void
expect_bare(struct fixture *f, int rows, int cols, const char *expected)
{
    struct grid g = {0};
    struct buf b;

    buf_init(&b, 0);
    assert_true(grid_reset(&g, 10, cols));
    view_bare(f->view, f->m, &g, rows, &b);
    (void)buf_append(&b, "", 1);
    assert_false(b.failed);
    assert_string_equal((const char *)b.p, expected);
    buf_clear(&b);
    grid_clear(&g);
}

static void
without_frames_lines_are_whole(void **state)
{
    struct fixture *f = *state;

    say(f, 1, ALICE, 0, "first");
    say(f, 2, BOB, 1, "an address that is longer than a line: https://example.org/a/b/c\nand more");
    say(f, 3, BOB, 2, "\033]52;c;eA==\a");
    expect_bare(f, 20, 40,
                "Mon 2026-11-23\n10:00 alice: first\n"
                "10:01 bob: an address that is longer than a line: https://example.org/a/b/c\n"
                "and more\n"
                "10:02 bob: ␛]52;c;eA==␇\n");
    expect_bare(f, 4, 40,
                "10:01 bob: an address that is longer than a line: https://example.org/a/b/c\n"
                "and more\n"
                "10:02 bob: ␛]52;c;eA==␇\n");
    expect_bare(f, 3, 40, "10:02 bob: ␛]52;c;eA==␇\n");
    f->dev->anchor = f->dev->items[1].uid;
    expect_bare(f, 1, 40,
                "10:01 bob: an address that is longer than a line: https://example.org/a/b/c\n"
                "and more\n");
}

static void
a_narrow_screen_has_what_matters(void **state)
{
    struct fixture *f = *state;
    struct talk *ops = model_add(f->m, "ops");
    const struct conclave_entry e = fixture_message(1, BOB, 0, "hi");

    talk_entry(f->m, ops, &e);
    say(f, 1, ALICE, 0, "a message that is longer than a line");
    fixture_expect(f->m, "", 10, 40,
                   " dev\n"
                   "\n"
                   "\n"
                   "\n"
                   "\n"
                   "──────────── Mon 2026-11-23 ────────────\n"
                   "10:00   alice a message that is longer\n"
                   "              than a line\n"
                   " connected · ops 1 · 2 of 3 here\n"
                   "›\n");
}

static void
a_middle_screen_has_the_groups(void **state)
{
    struct fixture *f = *state;

    say(f, 1, ALICE, 0, "hi");
    fixture_expect(f->m, "", 6, 60,
                   " dev\n"
                   " Conclave│\n"
                   " 1 dev   │───────────────── Mon 2026-11-23 ─────────────────\n"
                   "         │10:00   alice hi\n"
                   " connected · 2 of 3 here\n"
                   "›\n");
}

static void
comings_and_goings_fold(void **state)
{
    struct fixture *f = *state;

    for (uint64_t i = 1; i <= 3; i++)
        event(f, i, (int)i, 0, CONCLAVE_JOINED);
    say(f, 4, ALICE, 1, "that was three");
    for (uint64_t i = 5; i <= 7; i++)
        event(f, i, (int)i - 4, 2, CONCLAVE_LEFT);
    event(f, 8, ALICE, 3, CONCLAVE_JOINED);
    fixture_expect(f->m, "", 12, 60,
                   " dev\n"
                   " Conclave│\n"
                   " 1 dev   │\n"
                   "         │\n"
                   "         │───────────────── Mon 2026-11-23 ─────────────────\n"
                   "         │10:00      -- alice joined\n"
                   "         │10:00      -- bob joined\n"
                   "         │10:00      -- carol joined\n"
                   "         │10:01   alice that was three\n"
                   "         │10:03      -- 1 joined, 3 left: alice, bob, carol\n"
                   " connected · 2 of 3 here\n"
                   "›\n");
}

static void
comings_and_goings_of_two_days_do_not_fold(void **state)
{
    const int midnight = 14 * 60;
    struct fixture *f = *state;

    for (uint64_t i = 1; i <= 4; i++)
        event(f, i, i % 2 == 0 ? ALICE : BOB, midnight - 1, CONCLAVE_LEFT);
    for (uint64_t i = 5; i <= 7; i++)
        event(f, i, CAROL, midnight, CONCLAVE_JOINED);
    fixture_expect(f->m, "", 10, 60,
                   " dev\n"
                   " Conclave│\n"
                   " 1 dev   │───────────────── Mon 2026-11-23 ─────────────────\n"
                   "         │23:59     -- 4 left: bob, alice\n"
                   "         │───────────────── Tue 2026-11-24 ─────────────────\n"
                   "         │00:00     -- carol joined\n"
                   "         │00:00     -- carol joined\n"
                   "         │00:00     -- carol joined\n"
                   " connected · 2 of 3 here\n"
                   "›\n");
}

static void
days_unread_and_gaps_are_marked(void **state)
{
    struct fixture *f = *state;

    talk_lost(f->m, f->dev, 1, 3);
    talk_read_from(f->dev, 4);
    say(f, 4, ALICE, 0, "read");
    f->dev->read = 4;
    say(f, 5, ALICE, 60 * 24, "not read");
    fixture_expect(f->m, "", 11, 76,
                   " dev\n"
                   " Conclave│\n"
                   " 1 dev   │\n"
                   "         │──────────── 3 entries missing: not kept, or not ours ────────────\n"
                   "         │───────────────────────── Mon 2026-11-23 ─────────────────────────\n"
                   "         │10:00   alice │ read\n"
                   "         │───────────────────────── Tue 2026-11-24 ─────────────────────────\n"
                   "         │───────────────────────────── unread ─────────────────────────────\n"
                   "         │10:00   alice │ not read\n"
                   " connected · 2 of 3 here\n"
                   "›\n");
}

static void
what_is_wrong_is_said(void **state)
{
    struct fixture *f = *state;

    talk_state(f->dev, TALK_RECONNECTING, "nobody listens there");
    fixture_expect(f->m, "", 5, 40,
                   " dev\n"
                   "\n"
                   "\n"
                   " reconnecting · nobody listens there\n"
                   "›\n");
    f->dev->waiting = 2;
    talk_state(f->dev, TALK_OPENING,
               "cannot reach the group at tcp://host:1: nobody listens there");
    fixture_expect(f->m, "", 5, 60,
                   " dev\n"
                   " Conclave│\n"
                   " 1 dev   │\n"
                   " connecting · 2 to be sent · nobody listens there\n"
                   "›\n");
    f->dev->waiting = 0;
    talk_state(f->dev, TALK_BEHIND, "");
    fixture_expect(f->m, "", 5, 40,
                   " dev\n"
                   "\n"
                   "\n"
                   " behind, catching up\n"
                   "›\n");
}

static void
hostile_text_does_not_break_the_layout(void **state)
{
    struct fixture *f = *state;

    say(f, 1, BOB, 0, "\033[1;1HX\033]0;t\a \xe2\x80\xaegnp.exe");
    say(f, 2, BOB, 1, "日本語日本語日本語日本語日本語");
    say(f, 3, BOB, 2, "e\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81|שלום|👍");
    fixture_expect(f->m, "", 10, 40,
                   " dev\n"
                   "\n"
                   "\n"
                   "──────────── Mon 2026-11-23 ────────────\n"
                   "10:00    bob ␛[1;1HX␛]0;t␇ �gnp.exe\n"
                   "10:01    bob 日本語日本語日本語日本語日\n"
                   "             本語\n"
                   "10:02    bob é́́́|שלום|👍\n"
                   " connected · 2 of 3 here\n"
                   "›\n");
}

static void
the_input_grows_and_scrolls(void **state)
{
    struct fixture *f = *state;

    fixture_expect(f->m, "one\ntwo", 6, 20,
                   " dev\n"
                   "\n"
                   "\n"
                   " connected · 2 of …\n"
                   "› one\n"
                   "  two\n");
    fixture_expect(f->m, "aaaaaaaaaaaaaaaaaabbb", 6, 20,
                   " dev\n"
                   "\n"
                   "\n"
                   " connected · 2 of …\n"
                   "› aaaaaaaaaaaaaaaaaa\n"
                   "  bbb\n");
    fixture_expect(f->m, "1\n2\n3\n4", 6, 20,
                   " dev\n"
                   "\n"
                   "\n"
                   " connected · 2 of …\n"
                   "  3\n"
                   "  4\n");
}

/* What takes time with the square of its length would be noticed. */
static void
a_long_input_is_drawn_at_once(void **state)
{
    struct fixture *f = *state;
    char *text = calloc(1, CONCLAVE_BODY_MAX + 1);
    char *drawn;

    assert_non_null(text);
    memset(text, 'x', CONCLAVE_BODY_MAX);
    for (int i = 0; i < 50; i++) {
        drawn = fixture_draw(f->m, text, 30, 100);
        assert_non_null(strstr(drawn, "xxxxx\n"));
        free(drawn);
    }
    free(text);
}

static void
any_size_can_be_drawn(void **state)
{
    struct fixture *f = *state;

    for (uint64_t i = 1; i < 40; i++)
        say(f, i, BOB, (int)i, "some 日本 words, and aVeryLongWordThatHasToBeCutSomewhere");
    for (int rows = 1; rows < 30; rows++)
        for (int cols = 1; cols < 120; cols += 3)
            free(fixture_draw(f->m, "input that is rather long 日本語", rows, cols));
    fixture_expect(f->m, "", 1, 12, "too small\n");
}

/* ---- scrolling ---- */

static void
scroll(struct fixture *f, struct grid *size, int lines)
{
    const struct view_input in = {.text = ""};

    view_scroll(f->view, f->m, &in, size, lines);
}

static void
scrolling_stays_where_it_is(void **state)
{
    struct fixture *f = *state;
    struct grid size = {.rows = 6, .cols = 40};
    const struct conclave_id id = {{1}};
    char text[16];

    for (int i = 1; i <= 9; i++) {
        snprintf(text, sizeof text, "m%d", i);
        say(f, (uint64_t)i, BOB, i, text);
    }
    scroll(f, &size, 4);
    fixture_expect(f->m, "", 6, 40,
                   " dev\n"
                   "10:03    bob m3\n"
                   "10:04    bob m4\n"
                   "10:05    bob m5\n"
                   " connected · ↓ more · 2 of 3 here\n"
                   "›\n");
    say(f, 10, BOB, 10, "m10");
    talk_pending(f->m, f->dev, &id, "mine", MORNING);
    fixture_expect(f->m, "", 6, 40,
                   " dev\n"
                   "10:03    bob m3\n"
                   "10:04    bob m4\n"
                   "10:05    bob m5\n"
                   " connected · 1 to be sent · ↓ 1 new · …\n"
                   "›\n");
    scroll(f, &size, 100);
    fixture_expect(f->m, "", 6, 40,
                   " dev\n"
                   "──────────── Mon 2026-11-23 ────────────\n"
                   "10:01    bob m1\n"
                   "10:02    bob m2\n"
                   " connected · 1 to be sent · ↓ 1 new · …\n"
                   "›\n");
    scroll(f, &size, -1);
    fixture_expect(f->m, "", 6, 40,
                   " dev\n"
                   "10:01    bob m1\n"
                   "10:02    bob m2\n"
                   "10:03    bob m3\n"
                   " connected · 1 to be sent · ↓ 1 new · …\n"
                   "›\n");
    scroll(f, &size, -100);
    assert_int_equal(f->dev->anchor, 0);
}

static void
older_entries_do_not_move_the_screen(void **state)
{
    struct fixture *f = *state;
    struct grid size = {.rows = 6, .cols = 40};
    struct conclave_entry old[20];

    talk_hole(f->m, f->dev, 1, 20);
    for (int i = 21; i <= 25; i++)
        say(f, (uint64_t)i, BOB, i, "new");
    scroll(f, &size, 2);
    for (int i = 0; i < 20; i++)
        old[i] = fixture_message((uint64_t)i + 1, ALICE, i + 1, "old");
    talk_page(f->m, f->dev, 1, 20, old, 20);
    fixture_expect(f->m, "", 6, 40,
                   " dev\n"
                   "10:21     bob new\n"
                   "10:22     bob new\n"
                   "10:23     bob new\n"
                   " connected · ↓ more · 2 of 3 here\n"
                   "›\n");
}

static void
a_hole_in_sight_is_wanted(void **state)
{
    struct fixture *f = *state;
    const struct view_input in = {.text = ""};
    struct view_want want;
    struct grid g = {0};

    talk_hole(f->m, f->dev, 1, 20);
    say(f, 21, BOB, 21, "new");
    assert_true(grid_reset(&g, 10, 40));
    view_draw(f->view, f->m, &in, &g, &want);
    assert_true(want.any && want.tail);
    assert_int_equal(want.first, 1);
    assert_int_equal(want.last, 20);
    say(f, 22, BOB, 22, "a\nb\nc\nd\ne\nf\ng\nh");
    view_draw(f->view, f->m, &in, &g, &want);
    assert_false(want.any);
    grid_clear(&g);
}

static void
a_place_in_history_is_shown_on_top(void **state)
{
    struct fixture *f = *state;
    const struct view_input in = {.text = ""};
    struct grid size = {.rows = 6, .cols = 40};
    char text[16];

    for (int i = 1; i <= 9; i++) {
        snprintf(text, sizeof text, "m%d", i);
        say(f, (uint64_t)i, BOB, i, text);
    }
    view_go(f->view, f->m, &in, &size, 4);
    fixture_expect(f->m, "", 6, 40,
                   " dev\n"
                   "10:04    bob m4\n"
                   "10:05    bob m5\n"
                   "10:06    bob m6\n"
                   " connected · ↓ more · 2 of 3 here\n"
                   "›\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_wide_screen_has_all_panes, setup, teardown),
        cmocka_unit_test_setup_teardown(panes_are_as_wide_as_needed, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_not_read_out_of_sight_is_counted, setup, teardown),
        cmocka_unit_test_setup_teardown(without_frames_lines_are_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(a_narrow_screen_has_what_matters, setup, teardown),
        cmocka_unit_test_setup_teardown(a_middle_screen_has_the_groups, setup, teardown),
        cmocka_unit_test_setup_teardown(comings_and_goings_fold, setup, teardown),
        cmocka_unit_test_setup_teardown(comings_and_goings_of_two_days_do_not_fold, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(days_unread_and_gaps_are_marked, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_wrong_is_said, setup, teardown),
        cmocka_unit_test_setup_teardown(hostile_text_does_not_break_the_layout, setup, teardown),
        cmocka_unit_test_setup_teardown(the_input_grows_and_scrolls, setup, teardown),
        cmocka_unit_test_setup_teardown(a_long_input_is_drawn_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(any_size_can_be_drawn, setup, teardown),
        cmocka_unit_test_setup_teardown(scrolling_stays_where_it_is, setup, teardown),
        cmocka_unit_test_setup_teardown(older_entries_do_not_move_the_screen, setup, teardown),
        cmocka_unit_test_setup_teardown(a_hole_in_sight_is_wanted, setup, teardown),
        cmocka_unit_test_setup_teardown(a_place_in_history_is_shown_on_top, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
