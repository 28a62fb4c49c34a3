/* The client's pure parts: back-off, cursor decisions, names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "dial.h"
#include "lookup.h"
#include "tail.h"

static void
jitter_stays_within_half(void **state)
{
    (void)state;
    for (uint32_t r = 0; r < 100000; r += 7) {
        int64_t ms = dial_jitter_ms(100, r * 2654435761u);
        assert_in_range(ms, 50, 150);
    }
    assert_int_equal(dial_jitter_ms(100, 0), 50);
    assert_int_equal(dial_jitter_ms(100, 100), 150);
}

static void
back_off_doubles_up_to_its_bound(void **state)
{
    static const int64_t least[] = {25, 50, 100, 200, 400, 800, 1000, 1000};
    struct dial d;

    (void)state;
    dial_reset(&d);
    for (size_t i = 0; i < sizeof least / sizeof least[0]; i++) {
        assert_int_equal(dial_event(&d, LINK_NO_ANSWER, 1000, 0), DIAL_DOWN);
        assert_int_equal(d.due_ms, 1000 + least[i]);
    }
    dial_reset(&d);
    dial_event(&d, LINK_LOST, 1000, 0);
    assert_int_equal(d.due_ms, 1025);
}

static void
broken_handshakes_in_a_row_are_a_wrong_key(void **state)
{
    struct dial d;

    (void)state;
    dial_reset(&d);
    dial_event(&d, LINK_BROKEN_OFF, 1, 0);
    dial_event(&d, LINK_BROKEN_OFF, 2, 0);
    assert_int_equal(d.verdict, ST_OK);
    dial_event(&d, LINK_NO_ANSWER, 3, 0);
    dial_event(&d, LINK_BROKEN_OFF, 4, 0);
    dial_event(&d, LINK_BROKEN_OFF, 5, 0);
    dial_event(&d, LINK_CONNECTED, 5, 0);
    dial_event(&d, LINK_BROKEN_OFF, 4 + DIAL_BROKEN_MS - 1, 0);
    assert_int_equal(d.verdict, ST_OK); /* a bad moment of the network */
    dial_event(&d, LINK_BROKEN_OFF, 4 + DIAL_BROKEN_MS, 0);
    assert_int_equal(d.verdict, ST_SERVER_KEY);
    assert_int_equal(d.verdict_since_ms, 4 + DIAL_BROKEN_MS);
    dial_event(&d, LINK_BROKEN_OFF, 9000, 0);
    assert_int_equal(d.verdict_since_ms, 4 + DIAL_BROKEN_MS);
    assert_int_equal(dial_event(&d, LINK_READY, 10, 0), DIAL_UP);
    assert_int_equal(d.verdict, ST_OK);
}

/* However the waits are drawn. */
static void
another_key_is_known_in_time(void **state)
{
    struct dial d;

    (void)state;
    for (uint32_t seed = 1; seed <= 3000; seed++) {
        uint32_t random = seed;
        int64_t now = 5000;

        dial_reset(&d);
        dial_event(&d, LINK_BROKEN_OFF, now, random);
        while (d.verdict == ST_OK) {
            assert_true(d.due_ms > now);
            now = d.due_ms;
            random = random * 1664525u + 1013904223u;
            dial_event(&d, LINK_BROKEN_OFF, now, random >> 8);
        }
        assert_int_equal(d.verdict, ST_SERVER_KEY);
        assert_int_equal(now, 5000 + DIAL_BROKEN_MS);
    }
}

static void
failures_are_said_in_words(void **state)
{
    struct dial d;
    struct fault why;

    (void)state;
    dial_reset(&d);
    assert_int_equal(dial_explain(&d, "it", "tcp://h:1", &why), ST_UNREACHABLE);
    assert_string_equal(why.text,
                        "cannot reach it at tcp://h:1: no connection; is the host's name right?");
    d.tried_ms = 1;
    dial_event(&d, LINK_NO_ANSWER, 2, 0);
    dial_explain(&d, "it", "tcp://h:1", &why);
    assert_non_null(strstr(why.text, ": nobody listens there"));
    dial_event(&d, LINK_NO_ANSWER, 1 + DIAL_SLOW_MS, 0);
    dial_explain(&d, "it", "tcp://h:1", &why);
    assert_non_null(strstr(why.text, ": no connection in time"));
    dial_event(&d, LINK_LOST, 1, 0);
    dial_explain(&d, "it", "tcp://h:1", &why);
    assert_non_null(strstr(why.text, ": the connection was lost"));
    dial_event(&d, LINK_DENIED, 1, 0);
    assert_int_equal(dial_explain(&d, "it", "tcp://h:1", &why), ST_OWN_KEY);
    dial_event(&d, LINK_MISMATCH, 1, 0);
    assert_int_equal(dial_explain(&d, "it", "tcp://h:1", &why), ST_PROTOCOL);
    dial_event(&d, LINK_SILENT, 1, 0);
    assert_int_equal(dial_explain(&d, "it", "tcp://h:1", &why), ST_UNREACHABLE);
    assert_non_null(strstr(why.text, "does not answer as Conclave does"));
}

static void
an_entry_is_next_old_or_too_far(void **state)
{
    struct tail t = {.seq = 5};

    (void)state;
    assert_int_equal(tail_entry(&t, 6), TAIL_NEXT);
    assert_int_equal(tail_entry(&t, 5), TAIL_OLD);
    assert_int_equal(tail_entry(&t, 1), TAIL_OLD);
    assert_int_equal(tail_entry(&t, 7), TAIL_MISSING);
}

static void
a_head_tells_what_is_missing_and_which_log(void **state)
{
    struct id one = {{1}};
    struct id two = {{2}};
    struct tail t = {.seq = 5};

    (void)state;
    assert_int_equal(tail_feed_head(&t, &one, 5), TAIL_NEXT);
    assert_true(id_equal(&t.log, &one));
    assert_int_equal(tail_feed_head(&t, &one, 6), TAIL_MISSING);
    assert_int_equal(tail_feed_head(&t, &one, 4), TAIL_NEXT);
    assert_int_equal(tail_answer_head(&t, &one, 4), TAIL_WENT_BACK);
    assert_int_equal(tail_answer_head(&t, &one, 5), TAIL_NEXT);
    assert_int_equal(tail_answer_head(&t, &two, 9), TAIL_LOG_CHANGED);
}

static void
a_page_tells_what_is_gone_before_it(void **state)
{
    struct wire_page page = {.first = 1, .next = 9};

    (void)state;
    assert_int_equal(tail_lost_to(&page, 0), 0);
    page.first = 11;
    assert_int_equal(tail_lost_to(&page, 10), 0);
    assert_int_equal(tail_lost_to(&page, 4), 10);
    assert_int_equal(tail_before_page(&page), 9);
}

static void
a_search_begins_before_the_name(void **state)
{
    char out[NAME_MAX_BYTES + 1];

    (void)state;
    lookup_prefix("lobby", out);
    assert_string_equal(out, "lobb");
    lookup_prefix("x", out);
    assert_string_equal(out, "");
    lookup_prefix("caf\xc3\xa9", out);
    assert_string_equal(out, "caf");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_key_is_known_in_time),
        cmocka_unit_test(jitter_stays_within_half),
        cmocka_unit_test(back_off_doubles_up_to_its_bound),
        cmocka_unit_test(broken_handshakes_in_a_row_are_a_wrong_key),
        cmocka_unit_test(failures_are_said_in_words),
        cmocka_unit_test(an_entry_is_next_old_or_too_far),
        cmocka_unit_test(a_head_tells_what_is_missing_and_which_log),
        cmocka_unit_test(a_page_tells_what_is_gone_before_it),
        cmocka_unit_test(a_search_begins_before_the_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
