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

#include "tell/tell.h"

#define NOON 1795348800123456789 /* 2026-11-22T12:00:00.123456789Z */

static char printed[256 * 1024];

static struct tell
tell_to_memory(bool json)
{
    struct tell t;

    tell_init(&t, memfd_create("tell", MFD_CLOEXEC), json);
    assert_true(t.fd >= 0);
    return t;
}

/* What was written, in printed[]. */
static const char *
finish(struct tell *t)
{
    ssize_t n;

    assert_true(tell_flush(t));
    n = pread(t->fd, printed, sizeof(printed) - 1, 0);
    assert_true(n >= 0);
    printed[n] = '\0';
    close(t->fd);
    tell_clear(t);
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
    struct tell t = tell_to_memory(json);

    assert_true(tell_entry(&t, e));
    return finish(&t);
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
bytes_that_are_not_text_are_cut(void **state)
{
    char body[2000];
    struct conclave_entry e = entry(CONCLAVE_MESSAGE, body, sizeof body);
    const char *line;

    (void)state;
    memset(body, 0xff, sizeof body);
    line = entry_line(false, &e);
    assert_true(strlen(line) < 400);
    assert_non_null(strstr(line, "alice  \\xff\\xff"));
    assert_non_null(strstr(line, "(2000 bytes that are not text; --json has them)\n"));
    memset(body, 'x', sizeof body);
    assert_true(strlen(entry_line(false, &e)) > sizeof body);
    e = entry(CONCLAVE_MESSAGE, "\xff", 1);
    assert_non_null(strstr(entry_line(false, &e), "alice  \\xff\n"));
}

static struct conclave_entry
deed(int kind, const char *subject_nick, int role)
{
    struct conclave_entry e = entry(kind, NULL, 0);

    e.subject = (struct conclave_id){{0xab, [15] = 0xcd}};
    e.subject_nick = subject_nick;
    e.role = role;
    return e;
}

static struct conclave_entry
deed_of_group(int kind, const char *subject_nick, int role)
{
    struct conclave_entry e = deed(kind, subject_nick, role);

    e.nick = "dev";
    e.by_group = true;
    return e;
}

#define WHEN "2026-11-22 12:00:00  #7  "

static void
deeds_are_told_with_a_star(void **state)
{
    const struct {
        struct conclave_entry e;
        const char *line;
    } cases[] = {
        {entry(CONCLAVE_JOINED, "alice", 5), WHEN "* alice joined\n"},
        {entry(CONCLAVE_LEFT, NULL, 0), WHEN "* alice left\n"},
        {deed(CONCLAVE_KICKED, "bob", 0), WHEN "* alice removed bob\n"},
        {deed(CONCLAVE_KICKED, "", 0),
         WHEN "* alice removed ab000000-0000-0000-0000-0000000000cd\n"},
        {deed(CONCLAVE_KICKED, "b\033ob\xe2\x80\xae", 0),
         WHEN "* alice removed b\\x1bob\\u{202E}\n"},
        {deed(CONCLAVE_BANNED, "bob", 0), WHEN "* alice banned bob\n"},
        {deed_of_group(CONCLAVE_ROLE, "bob", CONCLAVE_OWNER), WHEN "* bob became owner\n"},
        {deed_of_group(CONCLAVE_KICKED, "b\033ob", 0),
         WHEN "* b\\x1bob was removed by the group\n"},
        {deed_of_group(CONCLAVE_BANNED, "bob", 0), WHEN "* bob was banned by the group\n"},
        {deed_of_group(CONCLAVE_UNBANNED, "bob", 0), WHEN "* dev lifted the ban of bob\n"},
        {deed(CONCLAVE_UNBANNED, "bob", 0), WHEN "* alice lifted the ban of bob\n"},
        {deed(CONCLAVE_ROLE, "bob", CONCLAVE_MODERATOR), WHEN "* alice made bob moderator\n"},
        {deed(CONCLAVE_ROLE, "bob", 9), WHEN "* alice made bob ?\n"},
        {entry(CONCLAVE_TOPIC, "tea\033", 4), WHEN "* alice set the topic: tea\\x1b\n"},
        {entry(CONCLAVE_TOPIC, NULL, 0), WHEN "* alice took the topic away\n"},
        {entry(CONCLAVE_NICK, "ally", 4), WHEN "* alice took the nick ally\n"},
        {entry(77, "?", 1), WHEN "* alice made an entry of kind 77\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(entry_line(false, &cases[i].e), cases[i].line);
}

/* What an entry looks like on a terminal of that width, with or without colours. */
static const char *
on_terminal(const struct conclave_entry *e, size_t width, bool color)
{
    struct tell t = tell_to_memory(false);

    t.width = width;
    t.color = color;
    assert_true(tell_entry(&t, e));
    return finish(&t);
}

static void
entries_fit_the_terminal(void **state)
{
    static const char body[] = "one two three four five six seven eight nine ten\nsecond";
    struct conclave_entry e = entry(CONCLAVE_MESSAGE, body, sizeof(body) - 1);

    (void)state;
    assert_string_equal(on_terminal(&e, 70, false),
                        WHEN "alice  one two three four five six seven\n"
                             "    eight nine ten\n"
                             "    second\n");
    assert_string_equal(on_terminal(&e, 45, false), "-- 2026-11-22 --\n"
                                                    "12:00:00  #7  alice  one two three four five\n"
                                                    "    six seven eight nine ten\n"
                                                    "    second\n");
}

static void
a_day_is_told_once_on_a_narrow_terminal(void **state)
{
    struct conclave_entry e = entry(CONCLAVE_MESSAGE, "hi", 2);
    struct tell t = tell_to_memory(false);

    (void)state;
    t.width = 40;
    assert_true(tell_entry(&t, &e) && tell_entry(&t, &e));
    assert_string_equal(finish(&t), "-- 2026-11-22 --\n"
                                    "12:00:00  #7  alice  hi\n"
                                    "12:00:00  #7  alice  hi\n");
}

static void
colours_are_for_those_who_want_them(void **state)
{
    struct conclave_entry e = entry(CONCLAVE_MESSAGE, "hi", 2);

    (void)state;
    assert_null(strchr(on_terminal(&e, 80, false), '\033'));
    assert_non_null(strstr(on_terminal(&e, 80, true), "alice\033[0m  hi\n"));
}

static void
plain_names_the_group_where_there_are_several(void **state)
{
    struct conclave_entry e = entry(CONCLAVE_MESSAGE, "hello", 5);
    struct tell t = tell_to_memory(false);

    (void)state;
    t.with_group = true;
    assert_true(tell_entry(&t, &e));
    assert_string_equal(finish(&t), "2026-11-22 12:00:00  dev #7  alice  hello\n");
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
    static const int kinds[] = {CONCLAVE_KICKED, CONCLAVE_BANNED, CONCLAVE_UNBANNED, CONCLAVE_ROLE};

    (void)state;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct conclave_entry e = deed(kinds[i], i > 0 ? "bob" : "", CONCLAVE_OWNER);
        json_t *o = parsed(entry_line(true, &e));

        assert_string_equal(json_string_value(json_object_get(o, "kind")),
                            conclave_kind_name(kinds[i]));
        assert_string_equal(json_string_value(json_object_get(o, "subject")),
                            "ab000000-0000-0000-0000-0000000000cd");
        assert_true((json_object_get(o, "subject_nick") != NULL) == (i > 0));
        assert_true((json_object_get(o, "role") != NULL) == (kinds[i] == CONCLAVE_ROLE));
        assert_null(json_object_get(o, "text"));
        json_decref(o);
    }
}

static void
json_without_a_subject_stays_valid(void **state)
{
    struct conclave_entry e = entry(CONCLAVE_KICKED, "abc", 3);
    json_t *o = parsed(entry_line(true, &e));

    (void)state;
    assert_null(json_object_get(o, "subject"));
    json_decref(o);
}

static void
json_names_that_are_not_text_stay_valid(void **state)
{
    struct conclave_member m = {.uuid = {{1}}, .nick = "a\xff", .since = NOON};
    struct tell t = tell_to_memory(true);
    json_t *o;

    (void)state;
    assert_true(tell_member(&t, &m));
    o = parsed(finish(&t));
    assert_string_equal(json_string_value(json_object_get(o, "nick")), "a\\xff");
    json_decref(o);
}

static void
group_and_member_are_listed(void **state)
{
    struct conclave_group g = {"dev", "KEY", "tcp://127.0.0.1:5", "about\033", 2};
    struct conclave_member m = {.uuid = {{1}}, .nick = "bob", .since = NOON, .role = 1};
    struct tell plain = tell_to_memory(false);
    struct tell json = tell_to_memory(true);

    (void)state;
    assert_true(tell_group(&plain, &g) && tell_flush(&plain) && tell_member(&plain, &m));
    assert_true(tell_group(&json, &g) && tell_member(&json, &m));
    assert_string_equal(finish(&plain), "dev  tcp://127.0.0.1:5  2 members  about\\x1b\n"
                                        "bob  moderator  01000000-0000-0000-0000-000000000000  "
                                        "since 2026-11-22 12:00:00\n");
    assert_string_equal(finish(&json),
                        "{\"name\":\"dev\",\"address\":\"tcp://127.0.0.1:5\",\"key\":\"KEY\","
                        "\"members\":2,\"description\":\"about\\u001B\"}\n"
                        "{\"uuid\":\"01000000-0000-0000-0000-000000000000\",\"nick\":\"bob\","
                        "\"since\":\"2026-11-22T12:00:00.123456789Z\",\"role\":\"moderator\","
                        "\"here\":false}\n");
}

static void
a_group_is_told_in_lines_with_labels(void **state)
{
    struct conclave_info info = {.topic = "tea\033",
                                 .history = "all",
                                 .admission = "open",
                                 .role = 9,
                                 .members = 3,
                                 .here = 2,
                                 .first = 1,
                                 .head = 7,
                                 .now = NOON,
                                 .address = "tcp://127.0.0.1:5",
                                 .key = "KEY"};
    struct tell plain = tell_to_memory(false);
    struct tell json = tell_to_memory(true);
    json_t *o;

    (void)state;
    assert_true(tell_info(&plain, "dev", &info, "12345"));
    assert_true(tell_info(&json, "dev", &info, "12345"));
    assert_string_equal(finish(&plain), "group        dev\n"
                                        "topic        tea\\x1b\n"
                                        "your role    ?\n"
                                        "history      all\n"
                                        "admission    open\n"
                                        "members      3, 2 here\n"
                                        "entries      #1 to #7\n"
                                        "its clock    2026-11-22 12:00:00\n"
                                        "address      tcp://127.0.0.1:5\n"
                                        "key          KEY\n"
                                        "fingerprint  12345\n");
    o = parsed(finish(&json));
    assert_null(json_object_get(o, "role"));
    assert_int_equal(json_integer_value(json_object_get(o, "here")), 2);
    assert_string_equal(json_string_value(json_object_get(o, "topic")), "tea\033");
    json_decref(o);
}

static void
a_long_value_hangs_below_itself(void **state)
{
    struct tell_identity self = {.name = "bob", .key = "KEY", .fingerprint = "12345 67890 12345"};
    struct tell t = tell_to_memory(false);

    (void)state;
    t.width = 26;
    assert_true(tell_self(&t, &self));
    assert_non_null(strstr(finish(&t), "\nkey          KEY\n"
                                       "fingerprint  12345 67890\n"
                                       "             12345\n"));
}

static void
success_begins_with_the_word(void **state)
{
    struct conclave_ack ack = {.id = {{3}}, .seq = 9, .ts = NOON};
    struct tell t = tell_to_memory(false);

    (void)state;
    assert_true(tell_joined(&t, "dev", false, NULL) && tell_joined(&t, "dev", true, NULL));
    assert_true(tell_joined(&t, "dev", true, "al\033"));
    assert_true(tell_left(&t, "dev") && tell_sent(&t, "dev", &ack));
    assert_true(tell_stored(&t, "dev", 10, 10));
    assert_string_equal(finish(&t), "SUCCESS joined dev\n"
                                    "SUCCESS already a member of dev\n"
                                    "SUCCESS already a member of dev, as \"al\\x1b\"; "
                                    "to change the nick: conclave nick dev NAME\n"
                                    "SUCCESS left dev\n"
                                    "SUCCESS stored in dev as #9\n"
                                    "SUCCESS 10 of 10 messages stored\n");
}

static void
lists_line_up_and_fit(void **state)
{
    static const struct conclave_member members[] = {
        {.uuid = {{1}}, .nick = "bob", .since = NOON, .role = 2, .here = true},
        {.uuid = {{2}}, .nick = "\xe5\xbc\xa0\xe4\xb8\x89 the second", .since = NOON},
    };
    struct tell wide = tell_to_memory(false);
    struct tell usual = tell_to_memory(false);
    struct tell narrow = tell_to_memory(false);

    (void)state;
    usual.width = 80;
    narrow.width = 45;
    for (size_t i = 0; i < 2; i++)
        assert_true(tell_member(&wide, &members[i]) && tell_member(&usual, &members[i]) &&
                    tell_member(&narrow, &members[i]));
    assert_string_equal(finish(&wide),
                        "bob              owner   here  01000000-0000-0000-0000-000000000000  "
                        "since 2026-11-22 12:00:00\n"
                        "\xe5\xbc\xa0\xe4\xb8\x89 the second  member        "
                        "02000000-0000-0000-0000-000000000000  since 2026-11-22 12:00:00\n");
    assert_string_equal(finish(&usual),
                        "bob              owner   here  01000000-0000-0000-00\xe2\x80\xa6  "
                        "since 2026-11-22 12:00:00\n"
                        "\xe5\xbc\xa0\xe4\xb8\x89 the second  member        "
                        "02000000-0000-0000-00\xe2\x80\xa6  since 2026-11-22 12:00:00\n");
    assert_string_equal(finish(&narrow),
                        "bob              owner   here  01000\xe2\x80\xa6  since\xe2\x80\xa6\n"
                        "\xe5\xbc\xa0\xe4\xb8\x89 the second  member        02000\xe2\x80\xa6  "
                        "since\xe2\x80\xa6\n");
}

static void
who_banned_and_invited_is_named(void **state)
{
    struct conclave_banned b = {.uuid = {{1}},
                                .nick = "bob",
                                .by = {{2}},
                                .by_nick = "a\033",
                                .since = NOON};
    struct conclave_invitation i = {.id = "0123456789abcdef",
                                    .by = {{2}},
                                    .by_nick = "alice",
                                    .since = NOON,
                                    .uses = 1};
    struct tell plain = tell_to_memory(false);
    struct tell json = tell_to_memory(true);

    (void)state;
    assert_true(tell_ban(&plain, &b) && tell_flush(&plain) && tell_invitation(&plain, &i));
    assert_true(tell_ban(&json, &b) && tell_invitation(&json, &i));
    assert_string_equal(finish(&plain), "bob  01000000-0000-0000-0000-000000000000  "
                                        "since 2026-11-22 12:00:00  by a\\x1b\n"
                                        "0123456789ab  1 use  without end  by alice\n");
    assert_non_null(strstr(finish(&json), "\"by_nick\":\"a\\u001B\""));
    assert_non_null(strstr(printed, "\"by_nick\":\"alice\""));
}

static void
del_is_escaped_in_json(void **state)
{
    static const char body[] = "a\x7f"
                               "b\x7f";
    struct conclave_entry e = entry(CONCLAVE_MESSAGE, body, sizeof body - 1);
    const char *line = entry_line(true, &e);
    json_t *o = parsed(line);

    (void)state;
    assert_null(strchr(line, 0x7f));
    assert_non_null(strstr(line, "\"a\\u007fb\\u007f\""));
    assert_string_equal(json_string_value(json_object_get(o, "text")), body);
    json_decref(o);
}

static void
bans_and_invitations_are_listed(void **state)
{
    struct conclave_banned b = {.uuid = {{1}},
                                .nick = "",
                                .by = {{2}},
                                .by_nick = "",
                                .since = NOON};
    struct conclave_invitation i = {.id = "0123456789abcdef",
                                    .by = {{2}},
                                    .by_nick = "",
                                    .since = NOON,
                                    .uses = 1};
    struct tell plain = tell_to_memory(false);
    struct tell json = tell_to_memory(true);

    (void)state;
    assert_true(tell_ban(&plain, &b) && tell_flush(&plain) && tell_invitation(&plain, &i));
    assert_true(tell_ban(&json, &b) && tell_invitation(&json, &i));
    i.expires = NOON;
    assert_true(tell_invitation(&json, &i));
    assert_string_equal(finish(&plain),
                        "-  01000000-0000-0000-0000-000000000000  since 2026-11-22 12:00:00  "
                        "by 02000000-0000-0000-0000-000000000000\n"
                        "0123456789ab  1 use  without end  "
                        "by 02000000-0000-0000-0000-000000000000\n");
    assert_string_equal(
        finish(&json),
        "{\"uuid\":\"01000000-0000-0000-0000-000000000000\",\"nick\":\"\","
        "\"by\":\"02000000-0000-0000-0000-000000000000\","
        "\"since\":\"2026-11-22T12:00:00.123456789Z\"}\n"
        "{\"id\":\"0123456789abcdef\",\"uses\":1,"
        "\"by\":\"02000000-0000-0000-0000-000000000000\","
        "\"since\":\"2026-11-22T12:00:00.123456789Z\"}\n"
        "{\"id\":\"0123456789abcdef\",\"uses\":1,\"expires\":\"2026-11-22T12:00:00.123456789Z\","
        "\"by\":\"02000000-0000-0000-0000-000000000000\","
        "\"since\":\"2026-11-22T12:00:00.123456789Z\"}\n");
}

static void
a_change_is_told_with_what_it_was(void **state)
{
    struct conclave_id id = {{1}};
    uint64_t last = 41;
    struct tell_change c = {.group = "dev",
                            .subject = &id,
                            .nick = "bob",
                            .role = "owner",
                            .last = &last};
    struct tell plain = tell_to_memory(false);
    struct tell json = tell_to_memory(true);

    (void)state;
    assert_true(tell_change(&plain, &c, "took %s out", "b\033ob"));
    assert_true(tell_change(&json, &c, "not told"));
    assert_string_equal(finish(&plain), "SUCCESS took b\\x1bob out\n");
    assert_string_equal(finish(&json),
                        "{\"ok\":true,\"group\":\"dev\","
                        "\"uuid\":\"01000000-0000-0000-0000-000000000000\",\"nick\":\"bob\","
                        "\"role\":\"owner\",\"last\":41}\n");
}

static void
quiet_says_nothing_of_success(void **state)
{
    struct conclave_entry e = entry(CONCLAVE_MESSAGE, "hello", 5);
    struct tell_failure f = {.code = "x", .text = "no", .exit = 1};
    struct tell t = tell_to_memory(false);

    (void)state;
    t.quiet = true;
    assert_true(tell_left(&t, "dev") && tell_stored(&t, "dev", 1, 1) && tell_remark(&t, "hm"));
    assert_true(tell_entry(&t, &e) && tell_failure(&t, &f));
    assert_string_equal(finish(&t), WHEN "alice  hello\nconclave: no\n");
}

static void
failure_and_gap_are_objects_in_json(void **state)
{
    struct tell_failure f = {.code = "not_member", .text = "no", .exit = 1, .line = 4};
    struct conclave_event gap = {.type = CONCLAVE_EVENT_GAP,
                                 .group = "dev",
                                 .first = 3,
                                 .last = UINT64_MAX};
    struct tell t = tell_to_memory(true);

    (void)state;
    assert_true(tell_failure(&t, &f) && tell_gap(&t, &gap));
    assert_string_equal(finish(&t),
                        "{\"error\":\"not_member\",\"text\":\"no\",\"exit\":1,\"line\":4}\n"
                        "{\"group\":\"dev\",\"kind\":\"gap\",\"first\":3,"
                        "\"last\":9223372036854775807}\n");
}

static void
full_disk_is_noticed_and_ends_printing(void **state)
{
    struct conclave_entry e = entry(CONCLAVE_MESSAGE, "hello", 5);
    struct tell t;

    (void)state;
    tell_init(&t, open("/dev/full", O_WRONLY | O_CLOEXEC), false);
    t.live = true;
    assert_false(tell_entry(&t, &e));
    assert_int_equal(t.error, ENOSPC);
    assert_false(tell_entry(&t, &e));
    assert_int_equal(t.out.len, 0);
    close(t.fd);
    tell_clear(&t);
}

static void
closed_pipe_is_noticed(void **state)
{
    struct conclave_entry e = entry(CONCLAVE_MESSAGE, "hello", 5);
    struct tell t;
    int fds[2];

    (void)state;
    assert_int_equal(pipe(fds), 0);
    close(fds[0]);
    tell_init(&t, fds[1], false);
    assert_true(tell_entry(&t, &e));
    assert_false(tell_flush(&t));
    assert_int_equal(t.error, EPIPE);
    close(fds[1]);
    tell_clear(&t);
}

static void
pipe_that_nobody_reads_does_not_hold_up_the_end(void **state)
{
    struct conclave_entry e = entry(CONCLAVE_MESSAGE, "hello", 5);
    struct tell t;
    int out[2];
    int stop[2];

    (void)state;
    assert_int_equal(pipe(out), 0);
    assert_int_equal(pipe(stop), 0);
    assert_int_equal(write(stop[1], "!", 1), 1);
    tell_init(&t, out[1], false);
    t.stop_fd = stop[0];
    t.live = true;
    while (tell_entry(&t, &e))
        continue;
    assert_true(t.stopped);
    assert_int_equal(t.error, 0);
    for (int i = 0; i < 2; i++) {
        close(out[i]);
        close(stop[i]);
    }
    tell_clear(&t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(message_is_one_plain_line),
        cmocka_unit_test(plain_times_are_local),
        cmocka_unit_test(deeds_are_told_with_a_star),
        cmocka_unit_test(entries_fit_the_terminal),
        cmocka_unit_test(a_day_is_told_once_on_a_narrow_terminal),
        cmocka_unit_test(colours_are_for_those_who_want_them),
        cmocka_unit_test(plain_names_the_group_where_there_are_several),
        cmocka_unit_test(hostile_text_cannot_act_on_a_terminal),
        cmocka_unit_test(json_has_its_fields_in_order),
        cmocka_unit_test(json_text_comes_back_as_it_was),
        cmocka_unit_test(json_body_that_is_not_text_is_base64),
        cmocka_unit_test(json_is_valid_for_every_two_bytes),
        cmocka_unit_test(json_is_valid_for_the_largest_body),
        cmocka_unit_test(json_names_who_was_removed),
        cmocka_unit_test(json_without_a_subject_stays_valid),
        cmocka_unit_test(json_names_that_are_not_text_stay_valid),
        cmocka_unit_test(group_and_member_are_listed),
        cmocka_unit_test(a_group_is_told_in_lines_with_labels),
        cmocka_unit_test(a_long_value_hangs_below_itself),
        cmocka_unit_test(success_begins_with_the_word),
        cmocka_unit_test(lists_line_up_and_fit),
        cmocka_unit_test(bans_and_invitations_are_listed),
        cmocka_unit_test(who_banned_and_invited_is_named),
        cmocka_unit_test(bytes_that_are_not_text_are_cut),
        cmocka_unit_test(del_is_escaped_in_json),
        cmocka_unit_test(a_change_is_told_with_what_it_was),
        cmocka_unit_test(quiet_says_nothing_of_success),
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
