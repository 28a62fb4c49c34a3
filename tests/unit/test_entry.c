/* Kinds, roles and the bodies of entries that are about somebody. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/entry.h"

static void
kinds_have_names(void **state)
{
    static const char *const names[] = {"unknown",  "message", "joined", "left", "kicked", "banned",
                                        "unbanned", "role",    "topic",  "nick", "unknown"};
    uint8_t kind;

    (void)state;
    for (kind = 0; kind < sizeof names / sizeof *names; kind++)
        assert_string_equal(entry_kind_name(kind), names[kind]);
    assert_string_equal(entry_kind_name(UINT8_MAX), "unknown");
}

static void
roles_have_names(void **state)
{
    unsigned role;

    (void)state;
    for (role = 0; role < ROLE_COUNT; role++)
        assert_int_equal(role_parse(role_name(role)), role);
    assert_string_equal(role_name(ROLE_MODERATOR), "moderator");
    assert_null(role_name(ROLE_COUNT));
    assert_null(role_name(UINT32_MAX));
    assert_int_equal(role_parse("Owner"), ROLE_COUNT);
    assert_int_equal(role_parse(""), ROLE_COUNT);
}

static void
a_subject_survives(void **state)
{
    static const enum entry_kind kinds[] = {ENTRY_KICKED, ENTRY_BANNED, ENTRY_UNBANNED, ENTRY_ROLE};
    struct entry_subject in = {.uuid = {{1, 2, 3}}}, out;
    size_t i;

    (void)state;
    for (i = 0; i < 2 * sizeof kinds / sizeof *kinds; i++) {
        struct entry e = {.kind = (uint8_t)kinds[i / 2]};
        struct buf b;

        buf_init(&b, 0);
        in.role = e.kind == ENTRY_ROLE ? ROLE_OWNER : ROLE_MEMBER;
        in.nick = span_of(i % 2 == 0 ? "" : "J\xc3\xb6rg");
        entry_pack_subject(&b, kinds[i / 2], &in);
        e.body = buf_span(&b);
        assert_true(entry_subject(&e, &out));
        assert_true(id_equal(&out.uuid, &in.uuid) && out.role == in.role);
        assert_true(span_equal(out.nick, in.nick));
        buf_clear(&b);
    }
}

static bool
is_read(uint8_t kind, const void *body, size_t len)
{
    struct entry e = {.kind = kind, .body = {body, len}};
    struct entry_subject out;

    return entry_subject(&e, &out);
}

static void
a_body_of_another_form_is_refused(void **state)
{
    static const char nick[] = "0123456789abcdefann";
    static const char control[] = "0123456789abcdef\x1b[2J";
    static const char role[] = "0123456789abcdef\x02"
                               "ann";
    static const char no_role[] = "0123456789abcdef\x03";
    char longest[ID_LEN + NAME_MAX_BYTES + 1];

    (void)state;
    memset(longest, 'a', sizeof longest);
    assert_true(is_read(ENTRY_KICKED, nick, ID_LEN)); /* as it was before nicks were kept */
    assert_true(is_read(ENTRY_KICKED, nick, sizeof nick - 1));
    assert_false(is_read(ENTRY_KICKED, nick, ID_LEN - 1));
    assert_false(is_read(ENTRY_KICKED, NULL, 0));
    assert_false(is_read(ENTRY_BANNED, control, sizeof control - 1));
    assert_true(is_read(ENTRY_BANNED, longest, sizeof longest - 1));
    assert_false(is_read(ENTRY_BANNED, longest, sizeof longest));
    assert_true(is_read(ENTRY_ROLE, role, sizeof role - 1));
    assert_true(is_read(ENTRY_ROLE, role, ID_LEN + 1));
    assert_false(is_read(ENTRY_ROLE, role, ID_LEN));
    assert_false(is_read(ENTRY_ROLE, no_role, ID_LEN + 1));
    assert_false(is_read(ENTRY_LEFT, nick, sizeof nick - 1));
    assert_false(is_read(ENTRY_TOPIC, nick, sizeof nick - 1));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_have_names),
        cmocka_unit_test(roles_have_names),
        cmocka_unit_test(a_subject_survives),
        cmocka_unit_test(a_body_of_another_form_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
