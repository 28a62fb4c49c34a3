/* The index of words beside the store: what it finds, and for whom. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "search_fixture.h"

/* ---- what is found ---- */

static void
every_word_must_be_there(void **state)
{
    struct fixture *f = *state;
    struct search *x = open_index(f);

    do_one(f, join_of(1, 1, "alpha"), NOW);
    say(f, 1, "alpha beta");
    say(f, 1, "beta, gamma");
    say(f, 1, "Gamma-Alpha");
    say(f, 1, "");
    catch_up(f, x);
    assert_finds(f, x, "alpha", "alpha beta|Gamma-Alpha|");
    assert_finds(f, x, "beta gamma", "beta, gamma|");
    assert_finds(f, x, "alpha-gamma", "Gamma-Alpha|");
    assert_finds(f, x, "alph", "");
    assert_finds(f, x, "alpha beta gamma", "");
    search_close(x);
}

static void
case_and_accents_do_not_count(void **state)
{
    struct fixture *f = *state;
    struct search *x = open_index(f);

    say(f, 1,
        "Cr\xc3\xa8me Br\xc3\xbbl\xc3\xa9"
        "e");
    say(f, 1, "\xd0\x9f\xd0\xa0\xd0\x98\xd0\x92\xd0\x95\xd0\xa2");
    catch_up(f, x);
    assert_finds(f, x, "creme BRULEE",
                 "Cr\xc3\xa8me Br\xc3\xbbl\xc3\xa9"
                 "e|");
    assert_finds(f, x, "cre\xcc\x80me",
                 "Cr\xc3\xa8me Br\xc3\xbbl\xc3\xa9"
                 "e|");
    assert_finds(f, x, "\xd0\xbf\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82",
                 "\xd0\x9f\xd0\xa0\xd0\x98\xd0\x92\xd0\x95\xd0\xa2|");
    search_close(x);
}

static void
nothing_is_an_operator(void **state)
{
    static const char *const hostile[] = {"a OR b",     "NOT a",       "\"a",       "a*",
                                          "author : x", "NEAR(a b)",   "a ^ b",     "a) OR (b ",
                                          "{a} b",      "a\"; DROP b", "-- a",      "' b",
                                          "a:b",        "a AND",       "body : (a", "?1 a",
                                          "a \\ b",     "words_0 a"};
    struct fixture *f = *state;
    struct search *x = open_index(f);

    say(f, 1, "a");
    say(f, 1, "b");
    say(f, 1, "not and or near(a b) author:x body words_0 drop 1");
    catch_up(f, x);
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++)
        search_page(f, x, (struct search_ask){.words = span_of(hostile[i])}, NULL);
    assert_finds(f, x, "a OR b", "not and or near(a b) author:x b|");
    assert_finds(f, x, "NOT a", "not and or near(a b) author:x b|");
    assert_finds(f, x, "a*", "a|not and or near(a b) author:x b|");
    assert_finds(f, x, "b\"", "b|not and or near(a b) author:x b|");
    search_close(x);
}

static void
a_question_without_a_word_is_refused(void **state)
{
    static const char *const empty[] = {"", " ", "!?-", "\"\"", "\xe2\x80\x94"};
    struct fixture *f = *state;
    struct search *x = open_index(f);
    struct page p = {.n = 0};
    uint64_t next;

    say(f, 1, "a");
    catch_up(f, x);
    for (size_t i = 0; i < sizeof empty / sizeof *empty; i++) {
        struct search_ask ask = {.words = span_of(empty[i]), .max_rows = 1};

        assert_int_equal(search_find(x, &ask, &p.state, &next, collect, &p, &f->why), ST_INVALID);
    }
    assert_int_equal(p.n, 0);
    search_close(x);
}

static void
the_longest_question_is_answered(void **state)
{
    struct fixture *f = *state;
    struct search *x = open_index(f);
    char words[256];

    for (size_t i = 0; i < sizeof words; i++)
        words[i] = i % 2 == 0 ? (char)('a' + i % 26) : ' ';
    words[sizeof words - 1] = '\0';
    say(f, 1, "a c e g i k m o q s u w y");
    catch_up(f, x);
    assert_finds(f, x, words, "a c e g i k m o q s u w y|");
    search_close(x);
}

static void
only_messages_in_utf8_are_indexed(void **state)
{
    struct fixture *f = *state;
    struct search *x = open_index(f);
    struct page p;

    do_one(f, join_of(1, 1, "word"), NOW);
    say(f, 1, "word \xff");
    do_one(f,
           (struct store_change){.what = STORE_TOPIC,
                                 .author = id_n(1),
                                 .id = id_n(2),
                                 .body = span_of("word")},
           NOW);
    say(f, 1, "word");
    do_one(f,
           (struct store_change){.what = STORE_SEND,
                                 .author = id_n(1),
                                 .id = id_n(3),
                                 .body = {(const uint8_t *)"x\0hidden", 8}},
           NOW);
    catch_up(f, x);
    p = search_page(f, x, (struct search_ask){.words = span_of("word")}, NULL);
    assert_int_equal(p.n, 1);
    assert_int_equal(p.v[0].e.seq, 4);
    p = search_page(f, x, (struct search_ask){.words = span_of("hidden")}, NULL);
    assert_int_equal(p.n, 1);
    assert_int_equal(p.v[0].e.seq, 5);
    search_close(x);
}

static void
an_author_can_be_asked_for(void **state)
{
    struct fixture *f = *state;
    struct search *x = open_index(f);
    struct id two = id_n(2), three = id_n(3);
    struct page p;

    say(f, 1, "word");
    say(f, 2, "word");
    say(f, 1, "01000000000000000000000000000002 word");
    catch_up(f, x);
    p = search_page(f, x, (struct search_ask){.words = span_of("word"), .from = &two}, NULL);
    assert_int_equal(p.n, 1);
    assert_int_equal(p.v[0].e.seq, 2);
    p = search_page(f, x, (struct search_ask){.words = span_of("word"), .from = &three}, NULL);
    assert_int_equal(p.n, 0);
    search_close(x);
}

/* ---- pages ---- */

static void
pages_follow_each_other_without_a_gap(void **state)
{
    struct fixture *f = *state;
    struct search *x = open_index(f);
    struct search_ask ask = {.words = span_of("x"), .max_rows = 3};
    uint64_t next = 0, seen = 0;
    struct page p;

    for (unsigned i = 0; i < 20; i++)
        say(f, 1, i % 2 == 0 ? "x" : "y");
    catch_up(f, x);
    do {
        ask.after_seq = next;
        p = search_page(f, x, ask, &next);
        for (size_t i = 0; i < p.n; i++, seen++)
            assert_int_equal(p.v[i].e.seq, 2 * seen + 1);
        assert_true(p.n == 3 || next == 20);
    } while (next < p.state.head);
    assert_int_equal(seen, 10);
    ask.after_seq = 1000;
    p = search_page(f, x, ask, &next);
    assert_int_equal(p.n, 0);
    assert_int_equal(next, 1000);
    search_close(x);
}

static void
a_page_ends_before_what_does_not_fit(void **state)
{
    struct fixture *f = *state;
    struct search *x = open_index(f);
    struct search_ask ask = {.words = span_of("x"), .max_rows = 10};
    struct page p = {.stop_at = 2, .stop_with = ST_FULL};
    uint64_t next;

    say(f, 1, "x");
    say(f, 1, "y");
    say(f, 1, "x");
    catch_up(f, x);
    assert_int_equal(search_find(x, &ask, &p.state, &next, collect, &p, &f->why), ST_OK);
    assert_int_equal(p.n, 1);
    assert_int_equal(next, 2);
    p = (struct page){.stop_at = 1, .stop_with = ST_NOMEM};
    assert_int_equal(search_find(x, &ask, &p.state, &next, collect, &p, &f->why), ST_NOMEM);
    search_close(x);
}

static void
a_search_can_begin_at_a_time(void **state)
{
    struct fixture *f = *state;
    struct search *x = open_index(f);
    struct search_ask ask = {.words = span_of("x"), .by_ts = true};
    struct page p;
    uint64_t next;

    fill(f, 5); /* at NOW + 10, 20 .. 50 */
    catch_up(f, x);
    ask.after_ts = NOW + 30;
    p = search_page(f, x, ask, NULL);
    assert_int_equal(p.n, 2);
    assert_int_equal(p.v[0].e.seq, 4);
    ask.after_ts = NOW + 50;
    p = search_page(f, x, ask, &next);
    assert_int_equal(p.n, 0);
    assert_int_equal(next, 5);
    search_close(x);
}

static void
what_is_not_indexed_yet_is_not_passed_over(void **state)
{
    struct fixture *f = *state;
    struct search *x = open_index(f);
    struct page p;
    uint64_t next, behind;

    fill(f, 10);
    assert_int_equal(search_step(x, 4, &behind, &f->why), ST_OK);
    assert_int_equal(behind, 6);
    p = search_page(f, x, (struct search_ask){.words = span_of("x")}, &next);
    assert_int_equal(p.n, 4);
    assert_int_equal(next, 4);
    assert_int_equal(p.state.head, 10);
    catch_up(f, x);
    p = search_page(f, x, (struct search_ask){.words = span_of("x"), .after_seq = next}, &next);
    assert_int_equal(p.n, 6);
    assert_int_equal(next, 10);
    search_close(x);
}

/* ---- who may read what ---- */

static void
what_may_not_be_read_is_not_found(void **state)
{
    static const struct stay ranges[] = {{2, 3}, {7, 7}, {9, UINT64_MAX}};
    static const uint64_t expected[] = {2, 3, 7, 9, 10};
    struct fixture *f = *state;
    struct search *x = open_index(f);
    struct search_ask ask = {.words = span_of("x"), .ranges = ranges, .n_ranges = 3};
    struct page p;

    fill(f, 10);
    catch_up(f, x);
    p = search_page(f, x, ask, NULL);
    assert_int_equal(p.n, 5);
    for (size_t i = 0; i < p.n; i++)
        assert_int_equal(p.v[i].e.seq, expected[i]);
    ask.after_seq = 3;
    ask.n_ranges = 1;
    assert_int_equal(search_page(f, x, ask, NULL).n, 0);
    search_close(x);
}

static void
what_was_let_go_is_not_found(void **state)
{
    struct fixture *f = *state;
    struct search *x = open_index(f);
    struct store_keep keep = {.entries = 3};
    size_t removed;
    struct page p;

    fill(f, 10);
    catch_up(f, x);
    assert_int_equal(store_trim(f->store, &keep, NOW, 100, &removed, &f->why), ST_OK);
    assert_int_equal(removed, 7);
    p = search_page(f, x, (struct search_ask){.words = span_of("x")}, NULL);
    assert_int_equal(p.n, 3);
    assert_int_equal(p.v[0].e.seq, 8);
    search_close(x);
    x = open_index(f); /* an index that begins after some were let go */
    catch_up(f, x);
    assert_int_equal(search_page(f, x, (struct search_ask){.words = span_of("x")}, NULL).n, 3);
    search_close(x);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(every_word_must_be_there),
        ON_BOTH(case_and_accents_do_not_count),
        ON_BOTH(nothing_is_an_operator),
        ON_BOTH(a_question_without_a_word_is_refused),
        ON_BOTH(the_longest_question_is_answered),
        ON_BOTH(only_messages_in_utf8_are_indexed),
        ON_BOTH(an_author_can_be_asked_for),
        ON_BOTH(pages_follow_each_other_without_a_gap),
        ON_BOTH(a_page_ends_before_what_does_not_fit),
        ON_BOTH(a_search_can_begin_at_a_time),
        ON_BOTH(what_is_not_indexed_yet_is_not_passed_over),
        ON_BOTH(what_may_not_be_read_is_not_found),
        ON_BOTH(what_was_let_go_is_not_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
