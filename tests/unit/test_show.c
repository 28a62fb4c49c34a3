/* What conclave prints: plain lines and JSON, for any bytes that others may send. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "show.h"

#define NOON 1795348800123456789 /* 2026-11-22T12:00:00.123456789Z */

static char printed[256 * 1024];

static struct show
show_to_memory(bool json)
{
    struct show s;

    show_init(&s, memfd_create("show", MFD_CLOEXEC), json);
    assert_true(s.fd >= 0);
    return s;
}

/* What was written, in printed[]. */
static const char *
finish(struct show *s)
{
    ssize_t n;

    assert_true(show_flush(s));
    n = pread(s->fd, printed, sizeof(printed) - 1, 0);
    assert_true(n >= 0);
    printed[n] = '\0';
    close(s->fd);
    show_clear(s);
    return printed;
}

static struct conclave_entry
entry(int kind, const void *body, size_t len)
{
    return (struct conclave_entry){.group = "dev",
                                   .seq = 7,
                                   .ts = NOON,
                                   .kind = kind,
                                   .author = {{1}},
                                   .id = {{2}},
                                   .nick = "alice",
                                   .body = body,
                                   .body_len = len};
}

static const char *
entry_line(bool json, const struct conclave_entry *e)
{
    struct show s = show_to_memory(json);

    assert_true(show_entry(&s, e));
    return finish(&s);
}

static json_t *
parsed(const char *line)
{
    json_t *o = json_loads(line, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);

    assert_non_null(o);
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
    return o;
}

static void
message_is_one_plain_line(void **state)
{
    struct conclave_entry e = entry(CONCLAVE_MESSAGE, "hello", 5);

    (void)state;
    assert_string_equal(entry_line(false, &e), "2026-11-22 12:00:00  #7  alice  hello\n");
}

static void
plain_times_are_local(void **state)
{
    struct conclave_entry e = entry(CONCLAVE_MESSAGE, "hello", 5);

    (void)state;
    setenv("TZ", "XYZ-5:30", 1);
    tzset();
    assert_string_equal(entry_line(false, &e), "2026-11-22 17:30:00  #7  alice  hello\n");
    setenv("TZ", "UTC", 1);
    tzset();
}

static void
membership_is_told_with_a_star(void **state)
{
    static const uint8_t subject[16] = {0xab, [15] = 0xcd};
    struct conclave_entry joined = entry(CONCLAVE_JOINED, "alice", 5);
    struct conclave_entry left = entry(CONCLAVE_LEFT, NULL, 0);
    struct conclave_entry kicked = entry(CONCLAVE_KICKED, subject, sizeof(subject));

    (void)state;
    assert_string_equal(entry_line(false, &joined), "2026-11-22 12:00:00  #7  * alice joined\n");
    assert_string_equal(entry_line(false, &left), "2026-11-22 12:00:00  #7  * alice left\n");
    assert_string_equal(entry_line(false, &kicked), "2026-11-22 12:00:00  #7  * alice removed "
                                                    "ab000000-0000-0000-0000-0000000000cd\n");
}

static void
plain_names_the_group_where_there_are_several(void **state)
{
    struct conclave_entry e = entry(CONCLAVE_MESSAGE, "hello", 5);
    struct show s = show_to_memory(false);

    (void)state;
    s.with_group = true;
    assert_true(show_entry(&s, &e));
    assert_string_equal(finish(&s), "2026-11-22 12:00:00  dev #7  alice  hello\n");
}

static void
hostile_text_cannot_act_on_a_terminal(void **state)
{
    static const char body[] = "a\033[2Jb\nc\r\xe2\x80\xae"
                               "d\xff\xc2\x9b"
                               "e\0f";
    struct conclave_entry e = entry(CONCLAVE_MESSAGE, body, sizeof(body) - 1);

    (void)state;
    e.nick = "m\033allory";
    for (int json = 0; json < 2; json++) {
        const char *line = entry_line(json != 0, &e);

        for (const char *p = line; p[1] != '\0'; p++)
            assert_in_range((unsigned char)*p, 0x20, 0x7e);
        assert_int_equal(line[strlen(line) - 1], '\n');
    }
}

static void
json_has_its_fields_in_order(void **state)
{
    struct conclave_entry e = entry(CONCLAVE_MESSAGE, "hello", 5);

    (void)state;
    assert_string_equal(entry_line(true, &e),
                        "{\"group\":\"dev\",\"seq\":7,\"ts\":\"2026-11-22T12:00:00.123456789Z\","
                        "\"kind\":\"message\",\"author\":\"01000000-0000-0000-0000-000000000000\","
                        "\"nick\":\"alice\",\"id\":\"02000000-0000-0000-0000-000000000000\","
                        "\"text\":\"hello\"}\n");
}

static void
json_text_comes_back_as_it_was(void **state)
{
    static const char body[] = "gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80 \"\\\n\033\x7f and \0 too";
    struct conclave_entry e = entry(CONCLAVE_MESSAGE, body, sizeof(body) - 1);
    json_t *o = parsed(entry_line(true, &e));
    const json_t *text = json_object_get(o, "text");

    (void)state;
    assert_int_equal(json_string_length(text), sizeof(body) - 1);
    assert_memory_equal(json_string_value(text), body, sizeof(body) - 1);
    json_decref(o);
}

static void
json_body_that_is_not_text_is_base64(void **state)
{
    static const uint8_t body[] = {0xff, 0x00, 0xfe, 0x01};
    struct conclave_entry e = entry(CONCLAVE_MESSAGE, body, sizeof(body));
    json_t *o = parsed(entry_line(true, &e));

    (void)state;
    assert_null(json_object_get(o, "text"));
    assert_string_equal(json_string_value(json_object_get(o, "body_base64")), "/wD+AQ==");
    json_decref(o);
}

static void
json_is_valid_for_every_two_bytes(void **state)
{
    (void)state;
    for (unsigned pair = 0; pair < 0x10000; pair += 7) {
        uint8_t body[2] = {(uint8_t)(pair >> 8), (uint8_t)pair};
        struct conclave_entry e = entry(CONCLAVE_MESSAGE, body, sizeof(body));
        json_t *o = parsed(entry_line(true, &e));

        assert_true((json_object_get(o, "text") != NULL) !=
                    (json_object_get(o, "body_base64") != NULL));
        json_decref(o);
    }
}

static void
json_is_valid_for_the_largest_body(void **state)
{
    uint8_t *body = calloc(1, CONCLAVE_BODY_MAX);
    struct conclave_entry e = entry(CONCLAVE_MESSAGE, body, CONCLAVE_BODY_MAX);

    (void)state;
    assert_non_null(body);
    memset(body, 0x01, CONCLAVE_BODY_MAX);
    json_decref(parsed(entry_line(true, &e)));
    memset(body, 0x80, CONCLAVE_BODY_MAX);
    json_decref(parsed(entry_line(true, &e)));
    free(body);
}

static void
json_names_who_was_removed(void **state)
{
    static const uint8_t subject[16] = {0xab};
    struct conclave_entry e = entry(CONCLAVE_KICKED, subject, sizeof(subject));
    json_t *o = parsed(entry_line(true, &e));

    (void)state;
    assert_string_equal(json_string_value(json_object_get(o, "kind")), "kicked");
    assert_string_equal(json_string_value(json_object_get(o, "subject")),
                        "ab000000-0000-0000-0000-000000000000");
    json_decref(o);

    e.body_len = 3;
    o = parsed(entry_line(true, &e));
    assert_null(json_object_get(o, "subject"));
    json_decref(o);
}

static void
json_names_that_are_not_text_stay_valid(void **state)
{
    struct conclave_member m = {.uuid = {{1}}, .nick = "a\xff", .since = NOON};
    struct show s = show_to_memory(true);
    json_t *o;

    (void)state;
    assert_true(show_member(&s, &m));
    o = parsed(finish(&s));
    assert_string_equal(json_string_value(json_object_get(o, "nick")), "a\\xff");
    json_decref(o);
}

static void
group_and_member_are_listed(void **state)
{
    struct conclave_group g = {"dev", "KEY", "tcp://127.0.0.1:5", "about\033", 2};
    struct conclave_member m = {.uuid = {{1}}, .nick = "bob", .since = NOON};
    struct show plain = show_to_memory(false);
    struct show json = show_to_memory(true);

    (void)state;
    assert_true(show_group(&plain, &g) && show_member(&plain, &m));
    assert_true(show_group(&json, &g) && show_member(&json, &m));
    assert_string_equal(finish(&plain),
                        "dev  tcp://127.0.0.1:5  2 members  about\\x1b\n"
                        "bob  01000000-0000-0000-0000-000000000000  since 2026-11-22 12:00:00\n");
    assert_string_equal(finish(&json),
                        "{\"name\":\"dev\",\"address\":\"tcp://127.0.0.1:5\",\"key\":\"KEY\","
                        "\"members\":2,\"description\":\"about\\u001B\"}\n"
                        "{\"uuid\":\"01000000-0000-0000-0000-000000000000\",\"nick\":\"bob\","
                        "\"since\":\"2026-11-22T12:00:00.123456789Z\"}\n");
}

static void
success_begins_with_the_word(void **state)
{
    struct conclave_ack ack = {.id = {{3}}, .seq = 9, .ts = NOON};
    struct show s = show_to_memory(false);

    (void)state;
    assert_true(show_joined(&s, "dev", false, NULL) && show_joined(&s, "dev", true, NULL));
    assert_true(show_joined(&s, "dev", true, "al\033"));
    assert_true(show_left(&s, "dev") && show_sent(&s, "dev", &ack));
    assert_true(show_stored(&s, "dev", 10, 10));
    assert_string_equal(finish(&s), "SUCCESS joined dev\n"
                                    "SUCCESS already a member of dev\n"
                                    "SUCCESS already a member of dev, as \"al\\x1b\"; "
                                    "to change the nick, leave and join\n"
                                    "SUCCESS left dev\n"
                                    "SUCCESS stored in dev as #9\n"
                                    "SUCCESS 10 of 10 messages stored\n");
}

static void
failure_and_gap_are_objects_in_json(void **state)
{
    struct show_failure f = {.code = "not_member", .text = "no", .exit = 1, .line = 4};
    struct conclave_event gap = {.type = CONCLAVE_EVENT_GAP,
                                 .group = "dev",
                                 .first = 3,
                                 .last = UINT64_MAX};
    struct show s = show_to_memory(true);

    (void)state;
    assert_true(show_failure(&s, &f) && show_gap(&s, &gap));
    assert_string_equal(finish(&s),
                        "{\"error\":\"not_member\",\"text\":\"no\",\"exit\":1,\"line\":4}\n"
                        "{\"group\":\"dev\",\"kind\":\"gap\",\"first\":3,"
                        "\"last\":9223372036854775807}\n");
}

static void
full_disk_is_noticed_and_ends_printing(void **state)
{
    struct conclave_entry e = entry(CONCLAVE_MESSAGE, "hello", 5);
    struct show s;

    (void)state;
    show_init(&s, open("/dev/full", O_WRONLY | O_CLOEXEC), false);
    s.live = true;
    assert_false(show_entry(&s, &e));
    assert_int_equal(s.error, ENOSPC);
    assert_false(show_entry(&s, &e));
    assert_int_equal(s.out.len, 0);
    close(s.fd);
    show_clear(&s);
}

static void
closed_pipe_is_noticed(void **state)
{
    struct conclave_entry e = entry(CONCLAVE_MESSAGE, "hello", 5);
    struct show s;
    int fds[2];

    (void)state;
    assert_int_equal(pipe(fds), 0);
    close(fds[0]);
    show_init(&s, fds[1], false);
    assert_true(show_entry(&s, &e));
    assert_false(show_flush(&s));
    assert_int_equal(s.error, EPIPE);
    close(fds[1]);
    show_clear(&s);
}

static void
pipe_that_nobody_reads_does_not_hold_up_the_end(void **state)
{
    struct conclave_entry e = entry(CONCLAVE_MESSAGE, "hello", 5);
    struct show s;
    int out[2];
    int stop[2];

    (void)state;
    assert_int_equal(pipe(out), 0);
    assert_int_equal(pipe(stop), 0);
    assert_int_equal(write(stop[1], "!", 1), 1);
    show_init(&s, out[1], false);
    s.stop_fd = stop[0];
    s.live = true;
    while (show_entry(&s, &e))
        continue;
    assert_true(s.stopped);
    assert_int_equal(s.error, 0);
    for (int i = 0; i < 2; i++) {
        close(out[i]);
        close(stop[i]);
    }
    show_clear(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(message_is_one_plain_line),
        cmocka_unit_test(plain_times_are_local),
        cmocka_unit_test(membership_is_told_with_a_star),
        cmocka_unit_test(plain_names_the_group_where_there_are_several),
        cmocka_unit_test(hostile_text_cannot_act_on_a_terminal),
        cmocka_unit_test(json_has_its_fields_in_order),
        cmocka_unit_test(json_text_comes_back_as_it_was),
        cmocka_unit_test(json_body_that_is_not_text_is_base64),
        cmocka_unit_test(json_is_valid_for_every_two_bytes),
        cmocka_unit_test(json_is_valid_for_the_largest_body),
        cmocka_unit_test(json_names_who_was_removed),
        cmocka_unit_test(json_names_that_are_not_text_stay_valid),
        cmocka_unit_test(group_and_member_are_listed),
        cmocka_unit_test(success_begins_with_the_word),
        cmocka_unit_test(failure_and_gap_are_objects_in_json),
        cmocka_unit_test(full_disk_is_noticed_and_ends_printing),
        cmocka_unit_test(closed_pipe_is_noticed),
        cmocka_unit_test(pipe_that_nobody_reads_does_not_hold_up_the_end),
    };

    signal(SIGPIPE, SIG_IGN);
    setenv("TZ", "UTC", 1);
    tzset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
