/* The chat at work, without a network: what it asks for, and what it makes of the answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "chat/desk.h"
#include "chat_fixture.h"
#include "model/talk.h"
#include "screen/phrase.h"

#define SENT_MAX 64

struct fixture {
    struct chat_options options;
    struct desk d;
    struct talk *dev;
    struct room *room;
};

/* ---- in the place of the courier ---- */

static struct errand *sent[SENT_MAX];
static size_t n_sent;

void
courier_send(struct courier *c, struct errand *e)
{
    (void)c;
    assert_non_null(e);
    assert_true(n_sent < SENT_MAX);
    sent[n_sent++] = e;
}

static void
forget_sent(void)
{
    while (n_sent > 0)
        errand_free(sent[--n_sent]);
}

static bool
was_sent(enum errand_kind kind)
{
    for (size_t i = 0; i < n_sent; i++)
        if (sent[i]->kind == kind)
            return true;
    return false;
}

/* ---- */

static int
setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    const struct conclave_id self = fixture_id(ME);
    struct desk *d = &f->d;

    *state = f;
    d->options = &f->options;
    d->model = fixture_model(&f->dev);
    d->view = view_new();
    d->editor = editor_new(CONCLAVE_BODY_MAX);
    d->memory = memory_open(NULL, &self);
    assert_non_null(d->view);
    assert_non_null(d->memory);
    assert_non_null(d->editor);
    assert_true(grid_reset(&d->grid, 24, 80));
    d->now_ms = 1000;
    d->keep_ms = INT64_MAX;
    f->room = desk_open_group(d, "dev");
    assert_non_null(f->room);
    f->room->following = f->room->up = true;
    f->room->ask_ms = 0;
    forget_sent();
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;

    forget_sent();
    complete_reset(&f->d.complete);
    grid_clear(&f->d.grid);
    memory_close(f->d.memory);
    editor_free(f->d.editor);
    view_free(f->d.view);
    model_free(f->d.model);
    free(f->d.rooms);
    free(f);
    return 0;
}

static void
feed_is(struct fixture *f, enum conclave_feed_state state, const char *code, const char *text)
{
    const struct conclave_event e = {.type = CONCLAVE_EVENT_STATE,
                                     .group = "dev",
                                     .state = state,
                                     .code = code,
                                     .text = text};
    struct news *n = news_new(NEWS_EVENT);

    assert_true(news_event(n, &e));
    desk_news(&f->d, n);
}

static void
ends(struct fixture *f, const char *code)
{
    feed_is(f, CONCLAVE_FEED_ENDED, code, "It is over.");
}

/* Long after that. */
static void
wait_long(struct fixture *f)
{
    forget_sent();
    f->d.now_ms += 60000;
    desk_tend(&f->d);
}

static void
a_group_that_stops_is_asked_for_again(void **state)
{
    struct fixture *f = *state;

    ends(f, "stopped");
    assert_int_equal(f->dev->state, TALK_OUT);
    assert_true(was_sent(ERRAND_UNFOLLOW));
    wait_long(f);
    assert_true(was_sent(ERRAND_INFO));
}

static void
why_it_is_not_connected_is_the_latest_reason(void **state)
{
    struct fixture *f = *state;

    feed_is(f, CONCLAVE_FEED_RECONNECTING, "stopped", "it stops");
    assert_int_equal(f->dev->state, TALK_RECONNECTING);
    assert_string_equal(f->dev->why, "it stops");
    feed_is(f, CONCLAVE_FEED_RECONNECTING, "own_key", "not your key");
    assert_int_equal(f->dev->state, TALK_REFUSED);
    assert_string_equal(f->dev->why, "not your key");
    assert_string_equal(phrase_state(f->dev->state), "not connected");
    feed_is(f, CONCLAVE_FEED_LIVE, "", "");
    assert_int_equal(f->dev->state, TALK_LIVE);
}

static void
expect_item(const struct fixture *f, size_t i, enum item_kind kind, uint64_t seq, uint64_t last)
{
    const struct item *item = &f->dev->items[i];

    assert_true(i < f->dev->n_items);
    assert_int_equal(item->kind, kind);
    assert_int_equal(item->seq, seq);
    if (kind != ITEM_ENTRY)
        assert_int_equal(item->last, last);
}

static void
says(struct fixture *f, uint64_t seq)
{
    const struct conclave_event e = {.type = CONCLAVE_EVENT_ENTRY,
                                     .group = "dev",
                                     .code = "",
                                     .text = "",
                                     .entry = fixture_message(seq, ALICE, (int)seq, "hello")};
    struct news *n = news_new(NEWS_EVENT);

    assert_true(news_event(n, &e));
    desk_news(&f->d, n);
}

static void
is_restored(struct fixture *f, uint64_t head, const char *went_back)
{
    const struct conclave_info info = {.log = {{9}}, .first = 1, .head = head};
    struct news *n = news_new(NEWS_ANSWER);

    n->errand = errand_new(ERRAND_INFO, "dev", NULL);
    assert_true(news_info(n, &info));
    n->went_back = went_back;
    desk_news(&f->d, n);
}

static void
that_history_went_backwards_stays_where_it_did(void **state)
{
    struct fixture *f = *state;
    size_t at;

    f->dev->log = (struct conclave_id){{8}};
    for (uint64_t seq = 1; seq <= 203; seq++)
        says(f, seq);
    ends(f, "went_backwards");
    wait_long(f);
    assert_true(was_sent(ERRAND_INFO));
    is_restored(f, 200, "it ends with #200, and #203 was already read");
    assert_true(was_sent(ERRAND_FOLLOW));
    for (uint64_t seq = f->dev->newest + 1; seq <= 202; seq++)
        says(f, seq);
    at = talk_find_seq(f->dev, 200);
    assert_int_equal(at + 4, f->dev->n_items);
    assert_int_equal(f->dev->items[at + 1].kind, ITEM_NOTE);
    assert_string_equal(f->dev->items[at + 1].text, "it ends with #200, and #203 was already read");
    expect_item(f, at + 2, ITEM_ENTRY, 201, 0);
    expect_item(f, at + 3, ITEM_ENTRY, 202, 0);
}

static void
who_was_put_out_does_not_knock_again(void **state)
{
    static const char *const codes[] = {"not_member", "left", "kicked", "banned", "offence"};
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        f->room->following = f->room->up = true;
        ends(f, codes[i]);
        assert_int_equal(f->dev->state, TALK_OUT);
        wait_long(f);
        assert_int_equal(n_sent, 0);
    }
}

/* The answer to a request for first..last that has n entries from first on, and goes to `next`. */
static void
fetched(struct fixture *f, uint64_t first, uint64_t last, uint64_t n, uint64_t next, bool end)
{
    struct news *page = news_new(NEWS_ANSWER);

    page->errand = errand_new(ERRAND_FETCH, "dev", NULL);
    page->errand->first = first - 1;
    page->errand->last = last;
    page->next = next;
    page->end = end;
    for (uint64_t i = 0; i < n; i++) {
        const struct conclave_entry e = fixture_message(first + i, ALICE, 0, "hello");

        assert_true(news_add_entry(page, &e));
    }
    desk_news(&f->d, page);
}

/* What did not fit is there, and is fetched when it is looked at. */
static void
what_a_short_page_does_not_reach_is_not_lost(void **state)
{
    struct fixture *f = *state;

    talk_hole(f->d.model, f->dev, 1, 10);
    fetched(f, 1, 10, 3, 3, false);
    assert_int_equal(f->dev->n_items, 4);
    expect_item(f, 2, ITEM_ENTRY, 3, 0);
    expect_item(f, 3, ITEM_HOLE, 4, 10);
    fetched(f, 4, 10, 2, 8, false); /* 6 to 8 are not kept */
    assert_int_equal(f->dev->n_items, 7);
    expect_item(f, 5, ITEM_LOST, 6, 8);
    expect_item(f, 6, ITEM_HOLE, 9, 10);
    fetched(f, 9, 10, 0, 10, true);
    assert_int_equal(f->dev->n_items, 7);
    expect_item(f, 6, ITEM_LOST, 9, 10);
}

static struct talk *
add_unread(struct fixture *f, const char *group, size_t unread, size_t mentions)
{
    struct talk *t = model_add(f->d.model, group);

    assert_non_null(t);
    t->unread = unread;
    t->mentions = mentions;
    return t;
}

static void
alt_a_goes_to_mentions_first(void **state)
{
    static const struct key alt_a = {.code = KEY_CODE_CHAR, .ch = 'a', .alt = true};
    struct fixture *f = *state;
    const struct talk *read, *plain, *named;

    read = add_unread(f, "read", 0, 0);
    plain = add_unread(f, "plain", 3, 0);
    named = add_unread(f, "named", 2, 1);
    add_unread(f, "later", 2, 2);
    desk_key(&f->d, &alt_a);
    assert_ptr_equal(model_current(f->d.model), named);
    desk_key(&f->d, &alt_a);
    assert_string_equal(model_current(f->d.model)->name, "later");
    desk_key(&f->d, &alt_a);
    assert_ptr_equal(model_current(f->d.model), plain);
    desk_key(&f->d, &alt_a);
    assert_ptr_equal(model_current(f->d.model), plain);
    assert_int_equal(read->unread, 0);
}

static void
ctrl_c_ends_it_twice_within_two_seconds_only(void **state)
{
    static const struct key ctrl_c = {.code = KEY_CODE_CHAR, .ch = 'C', .ctrl = true};
    struct fixture *f = *state;

    desk_key(&f->d, &ctrl_c);
    f->d.now_ms += 2001;
    desk_key(&f->d, &ctrl_c);
    assert_false(f->d.quit);
    f->d.now_ms += 2000;
    desk_key(&f->d, &ctrl_c);
    assert_true(f->d.quit);
}

static void
without_frames_it_scrolls(void **state)
{
    static const struct key up = {.code = KEY_CODE_PAGE_UP}, down = {.code = KEY_CODE_PAGE_DOWN};
    static const struct key enter = {.code = KEY_CODE_ENTER};
    struct fixture *f = *state;

    for (uint64_t seq = 1; seq <= 60; seq++) {
        const struct conclave_entry e = fixture_message(seq, ALICE, 0, "hello");

        talk_entry(f->d.model, f->dev, &e);
    }
    desk_bare(&f->d, NULL);
    f->d.bare_drawn = true;
    desk_key(&f->d, &up);
    assert_true(f->d.bare);
    assert_false(f->d.bare_drawn);
    assert_int_not_equal(f->dev->anchor, 0);
    f->d.bare_drawn = true;
    desk_key(&f->d, &down);
    assert_true(f->d.bare);
    assert_false(f->d.bare_drawn);
    assert_int_equal(f->dev->anchor, 0);
    desk_key(&f->d, &enter);
    assert_false(f->d.bare);
    assert_true(f->d.redraw);
    assert_int_equal(n_sent, 0);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_group_that_stops_is_asked_for_again),
        TEST(why_it_is_not_connected_is_the_latest_reason),
        TEST(that_history_went_backwards_stays_where_it_did),
        TEST(who_was_put_out_does_not_knock_again),
        TEST(what_a_short_page_does_not_reach_is_not_lost),
        TEST(alt_a_goes_to_mentions_first),
        TEST(ctrl_c_ends_it_twice_within_two_seconds_only),
        TEST(without_frames_it_scrolls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
