/* Roles and the bodies of entries that are about somebody. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/entry.h"

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
        uint8_t body[ENTRY_SUBJECT_MAX];

        in.role = e.kind == ENTRY_ROLE ? ROLE_OWNER : ROLE_MEMBER;
        in.nick = span_of(i % 2 == 0 ? "" : "J\xc3\xb6rg");
        e.body = entry_pack_subject(body, kinds[i / 2], &in);
        assert_true(entry_subject(&e, &out));
        assert_true(id_equal(&out.uuid, &in.uuid) && out.role == in.role);
        assert_true(span_equal(out.nick, in.nick));
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

static bool
is_fit(uint8_t kind, size_t len, size_t ext)
{
    static const uint8_t bytes[BODY_MAX_BYTES + 1];
    const struct entry e = {.kind = kind, .body = {bytes, len}, .ext = {bytes, ext}};

    return entry_is_well_formed(&e);
}

static void
each_kind_has_its_form(void **state)
{
    (void)state;
    assert_true(is_fit(ENTRY_MESSAGE, BODY_MAX_BYTES, 1));
    assert_false(is_fit(ENTRY_MESSAGE, BODY_MAX_BYTES + 1, 0));
    assert_true(is_fit(ENTRY_NICK, NAME_MAX_BYTES, 0));
    assert_false(is_fit(ENTRY_NICK, NAME_MAX_BYTES + 1, 0));
    assert_false(is_fit(ENTRY_NICK, 1, 1));
    assert_true(is_fit(ENTRY_TOPIC, 0, 0));
    assert_false(is_fit(ENTRY_TOPIC, TOPIC_MAX_BYTES + 1, 0));
    assert_true(is_fit(ENTRY_LEFT, 0, 0));
    assert_false(is_fit(ENTRY_LEFT, 1, 0));
    assert_true(is_fit(ENTRY_KICKED, ID_LEN, 0));
    assert_false(is_fit(ENTRY_KICKED, ID_LEN - 1, 0));
    assert_true(is_fit(ENTRY_KIND_MAX, 1, 1));
    assert_false(is_fit(0, 0, 0));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roles_have_names),
        cmocka_unit_test(a_subject_survives),
        cmocka_unit_test(a_body_of_another_form_is_refused),
        cmocka_unit_test(each_kind_has_its_form),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
