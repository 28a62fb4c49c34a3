/* The client's pure parts: back-off, cursor decisions, names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "client/lookup.h"
#include "client/tail.h"
#include "rpc/dial.h"

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

/* Each attempt is a line in the log of a service that does not accept us. */
static void
a_key_that_is_not_accepted_is_tried_rarely(void **state)
{
    struct dial d;

    (void)state;
    dial_reset(&d);
    for (int i = 0; i < 12; i++)
        dial_event(&d, LINK_DENIED, 1000, 0);
    assert_int_equal(d.due_ms, 1000 + DIAL_DENIED_MS / 2);
    dial_event(&d, LINK_NO_ANSWER, 1000, 0); /* it goes away: perhaps to come back with us */
    assert_int_equal(d.due_ms, 1000 + DIAL_MOST_MS / 2);
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
    assert_int_equal(dial_explain(&d, "it", "tcp://h:1", "your key", &why), ST_UNREACHABLE);
    assert_string_equal(why.text,
                        "cannot reach it at tcp://h:1: no connection; is the host's name right?");
    d.tried_ms = 1;
    dial_event(&d, LINK_NO_ANSWER, 2, 0);
    dial_explain(&d, "it", "tcp://h:1", "your key", &why);
    assert_non_null(strstr(why.text, ": nobody listens there"));
    dial_event(&d, LINK_NO_ANSWER, 1 + DIAL_SLOW_MS, 0);
    dial_explain(&d, "it", "tcp://h:1", "your key", &why);
    assert_non_null(strstr(why.text, ": no connection in time"));
    dial_event(&d, LINK_LOST, 1, 0);
    dial_explain(&d, "it", "tcp://h:1", "your key", &why);
    assert_non_null(strstr(why.text, ": the connection was lost"));
    dial_event(&d, LINK_DENIED, 1, 0);
    assert_int_equal(dial_explain(&d, "it", "tcp://h:1", "your key", &why), ST_OWN_KEY);
    dial_event(&d, LINK_MISMATCH, 1, 0);
    assert_int_equal(dial_explain(&d, "it", "tcp://h:1", "your key", &why), ST_PROTOCOL);
    dial_event(&d, LINK_SILENT, 1, 0);
    assert_int_equal(dial_explain(&d, "it", "tcp://h:1", "your key", &why), ST_UNREACHABLE);
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
    assert_int_equal(tail_feed_head(&t, &two, 9), TAIL_LOG_CHANGED);
}

static void
an_answer_tells_whether_the_log_is_the_one_that_was_read(void **state)
{
    const struct id one = {{1}};
    const struct id two = {{2}};
    const struct tail read = {.log = one, .seq = 5, .ts = 50};
    const struct {
        struct tail_log now;
        enum tail_verdict verdict;
        const char *says;
    } cases[] = {
        {{.log = one, .head = 5}, TAIL_NEXT, ""},
        {{.log = one, .head = 5, .head_ts = 50}, TAIL_NEXT, ""},
        {{.log = one, .head = 9, .head_ts = 90}, TAIL_MISSING, ""},
        {{.log = one, .head = 4, .head_ts = 40}, TAIL_WENT_BACK, "it ends with #4, and #5 was"},
        {{.log = one, .head = 5, .head_ts = 51}, TAIL_REPLACED, "its #5 is another entry"},
        {{.log = two, .head = 9}, TAIL_LOG_CHANGED, "another log"},
        {{.log = two, .head = 9, .goes_on = true, .shared = 5}, TAIL_MISSING, ""},
        {{.log = two, .head = 5, .goes_on = true, .shared = 5}, TAIL_NEXT, ""},
        {{.log = two, .head = 9, .goes_on = true, .shared = 4},
         TAIL_RESTORED,
         "a backup that ends with #4, and #5 was"},
        {{.log = two, .head = 4, .goes_on = true}, TAIL_RESTORED, "ends with #0, and #5 was"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct tail t = read;
        struct refusal why;

        assert_int_equal(tail_answer(&t, &cases[i].now), cases[i].verdict);
        assert_int_equal(tail_is_over(cases[i].verdict), cases[i].says[0] != '\0');
        assert_true(id_equal(&t.log, tail_is_over(cases[i].verdict) ? &one : &cases[i].now.log));
        if (!tail_is_over(cases[i].verdict))
            continue;
        tail_refuse(&why, cases[i].verdict, &t, &cases[i].now);
        assert_non_null(strstr(why.text, cases[i].says));
        assert_string_equal(why.code, cases[i].verdict == TAIL_LOG_CHANGED ? "log_changed"
                                                                           : "went_backwards");
    }
}

static void
the_last_entry_is_known_by_time_and_id(void **state)
{
    const struct tail read = {.seq = 5, .ts = 50, .id = {{5}}};
    struct tail t = read;
    struct wire_list entries;
    struct buf raw;

    (void)state;
    buf_init(&raw, 4096);
    for (unsigned i = 4; i <= 6; i++)
        wire_pack(&raw, &(struct entry){.seq = i,
                                        .ts = 10 * i,
                                        .kind = ENTRY_MESSAGE,
                                        .id = {{(uint8_t)i}}});
    entries = (struct wire_list){.raw = buf_span(&raw), .count = 3};
    assert_true(tail_is_in(&t, entries));
    t.ts = 49;
    assert_false(tail_is_in(&t, entries));
    t = read;
    t.id.bytes[3] = 1;
    assert_false(tail_is_in(&t, entries));
    t = (struct tail){.seq = 5};
    assert_true(tail_is_in(&t, entries)); /* it is not known */
    t = (struct tail){.seq = 3, .ts = 50};
    assert_true(tail_is_in(&t, entries)); /* what stands there is not seen */
    buf_clear(&raw);
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
        cmocka_unit_test(a_key_that_is_not_accepted_is_tried_rarely),
        cmocka_unit_test(broken_handshakes_in_a_row_are_a_wrong_key),
        cmocka_unit_test(failures_are_said_in_words),
        cmocka_unit_test(an_entry_is_next_old_or_too_far),
        cmocka_unit_test(a_head_tells_what_is_missing_and_which_log),
        cmocka_unit_test(an_answer_tells_whether_the_log_is_the_one_that_was_read),
        cmocka_unit_test(the_last_entry_is_known_by_time_and_id),
        cmocka_unit_test(a_page_tells_what_is_gone_before_it),
        cmocka_unit_test(a_search_begins_before_the_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
