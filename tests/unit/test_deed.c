/* The table of what may be done: its rows, who may do it to whom, and the sentences. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/deed.h"

static void
kinds_have_names(void **state)
{
    static const char *const names[] = {"unknown",  "message", "joined", "left", "kicked", "banned",
                                        "unbanned", "role",    "topic",  "nick", "unknown"};

    (void)state;
    for (int kind = 0; kind < (int)(sizeof names / sizeof *names); kind++)
        assert_string_equal(deed_of(kind)->name, names[kind]);
    assert_string_equal(deed_of(ENTRY_KIND_MAX)->name, "unknown");
    assert_string_equal(deed_of(DEED_INVITE)->name, "invite");
    assert_string_equal(deed_of(DEED_REVOKE)->name, "revoke");
    assert_string_equal(deed_of(DEED_LAST + 1)->name, "unknown");
    assert_string_equal(deed_of(-1)->name, "unknown");
}

static void
every_kind_has_all_that_its_row_needs(void **state)
{
    (void)state;
    for (int kind = 1; kind <= ENTRY_KIND_LAST; kind++) {
        const struct deed *d = deed_of(kind);

        assert_string_not_equal(d->name, "unknown");
        assert_true(kind == ENTRY_MESSAGE || (d->said != NULL && d->asked != NULL));
        assert_int_equal(d->body == BODY_WHO, d->on != ON_NOBODY);
        assert_int_equal(d->body == BODY_TEXT || d->body == BODY_NICK, d->most > 0);
        assert_true(d->is_urgent || !d->ends_stay);
        assert_true(d->is_of_people || !d->ends_stay);
    }
}

/* ---- who may ---- */

static void
owners_may_everything_that_may_be_done(void **state)
{
    (void)state;
    for (int kind = 1; kind <= ENTRY_KIND_LAST; kind++)
        assert_true(deed_may(kind, ROLE_OWNER));
    assert_true(deed_may(DEED_INVITE, ROLE_OWNER));
    assert_true(deed_may(DEED_REVOKE, ROLE_OWNER));
    assert_false(deed_may(0, ROLE_OWNER));
    assert_false(deed_may(ENTRY_KIND_LAST + 1, ROLE_OWNER));
    assert_false(deed_may(DEED_LAST + 1, ROLE_OWNER));
}

static void
a_role_is_needed_for_what_touches_others(void **state)
{
    static const int of_all[] = {ENTRY_MESSAGE, ENTRY_LEFT, ENTRY_NICK};
    static const int of_moderators[] = {ENTRY_KICKED, ENTRY_BANNED, ENTRY_UNBANNED,
                                        ENTRY_TOPIC,  DEED_INVITE,  DEED_REVOKE};

    (void)state;
    for (size_t i = 0; i < sizeof of_all / sizeof *of_all; i++)
        assert_true(deed_may(of_all[i], ROLE_MEMBER));
    for (size_t i = 0; i < sizeof of_moderators / sizeof *of_moderators; i++) {
        assert_false(deed_may(of_moderators[i], ROLE_MEMBER));
        assert_true(deed_may(of_moderators[i], ROLE_MODERATOR));
    }
    assert_false(deed_may(ENTRY_ROLE, ROLE_MODERATOR));
}

static void
nobody_removes_themselves_and_moderators_no_equals(void **state)
{
    static const int removals[] = {ENTRY_KICKED, ENTRY_BANNED, ENTRY_UNBANNED};

    (void)state;
    for (size_t i = 0; i < sizeof removals / sizeof *removals; i++) {
        assert_false(deed_may_on(removals[i], ROLE_OWNER, ROLE_OWNER, true));
        assert_true(deed_may_on(removals[i], ROLE_OWNER, ROLE_OWNER, false));
        assert_true(deed_may_on(removals[i], ROLE_MODERATOR, ROLE_MEMBER, false));
        assert_false(deed_may_on(removals[i], ROLE_MODERATOR, ROLE_MODERATOR, false));
        assert_false(deed_may_on(removals[i], ROLE_MODERATOR, ROLE_OWNER, false));
        assert_false(deed_may_on(removals[i], ROLE_MEMBER, ROLE_MEMBER, false));
    }
}

static void
owners_alone_give_roles_to_themselves_too(void **state)
{
    (void)state;
    assert_true(deed_may_on(ENTRY_ROLE, ROLE_OWNER, ROLE_OWNER, true));
    assert_true(deed_may_on(ENTRY_ROLE, ROLE_OWNER, ROLE_MEMBER, false));
    assert_false(deed_may_on(ENTRY_ROLE, ROLE_MODERATOR, ROLE_MEMBER, false));
}

static void
what_is_done_to_nobody_is_done_as_oneself(void **state)
{
    (void)state;
    assert_true(deed_may_on(ENTRY_NICK, ROLE_MEMBER, ROLE_MEMBER, true));
    assert_false(deed_may_on(ENTRY_NICK, ROLE_OWNER, ROLE_MEMBER, false));
}

/* ---- how it is told ---- */

static void
is_said(int kind, bool by_group, const char *text, const char *expected)
{
    const struct deed_words words = {.whom = span_of("ann"),
                                     .role = span_of("owner"),
                                     .text = span_of(text)};
    struct buf b;

    buf_init(&b, 0);
    deed_say(&b, deed_of(kind), by_group, &words);
    buf_append(&b, "", 1);
    assert_string_equal((const char *)b.p, expected);
    buf_clear(&b);
}

static void
words_stand_where_they_belong(void **state)
{
    (void)state;
    is_said(ENTRY_JOINED, false, "", "joined");
    is_said(ENTRY_KICKED, false, "", "removed ann");
    is_said(ENTRY_ROLE, false, "", "made ann owner");
    is_said(ENTRY_TOPIC, false, "tea", "set the topic: tea");
    is_said(ENTRY_TOPIC, false, "", "took the topic away");
    is_said(ENTRY_MESSAGE, false, "hello", "");
    is_said(ENTRY_KIND_MAX, false, "hello", "");
}

static void
the_group_has_sentences_of_its_own(void **state)
{
    (void)state;
    is_said(ENTRY_KICKED, true, "", "ann was removed by the group");
    is_said(ENTRY_ROLE, true, "", "ann became owner");
    is_said(ENTRY_UNBANNED, true, "", "lifted the ban of ann");
}

static void
words_of_others_are_no_places(void **state)
{
    (void)state;
    is_said(ENTRY_TOPIC, false, "{whom} {", "set the topic: {whom} {");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_have_names),
        cmocka_unit_test(every_kind_has_all_that_its_row_needs),
        cmocka_unit_test(owners_may_everything_that_may_be_done),
        cmocka_unit_test(a_role_is_needed_for_what_touches_others),
        cmocka_unit_test(nobody_removes_themselves_and_moderators_no_equals),
        cmocka_unit_test(owners_alone_give_roles_to_themselves_too),
        cmocka_unit_test(what_is_done_to_nobody_is_done_as_oneself),
        cmocka_unit_test(words_stand_where_they_belong),
        cmocka_unit_test(the_group_has_sentences_of_its_own),
        cmocka_unit_test(words_of_others_are_no_places),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
