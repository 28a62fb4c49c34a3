#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "input/complete.h"
#include "input/editor.h"

#define MAX_BYTES 64

static int
setup(void **state)
{
    *state = editor_new(MAX_BYTES);
    return *state == NULL;
}

static int
teardown(void **state)
{
    editor_free(*state);
    return 0;
}

/* Keys as a terminal sends them. */
static enum editor_result
type(struct editor *e, const char *bytes)
{
    enum editor_result last = EDITOR_IGNORED;
    struct keyboard k;
    struct key key;

    keyboard_init(&k);
    assert_true(keyboard_feed(&k, bytes, strlen(bytes)));
    while (keyboard_next(&k, true, &key))
        last = editor_key(e, &key);
    keyboard_clear(&k);
    return last;
}

/* The text with '|' at the cursor. */
static void
expect(const struct editor *e, const char *expected)
{
    char shown[MAX_BYTES + 2];
    size_t at = editor_cursor(e);

    assert_true(at <= editor_len(e));
    memcpy(shown, editor_text(e), at);
    shown[at] = '|';
    strcpy(shown + at + 1, editor_text(e) + at);
    assert_string_equal(shown, expected);
}

static void
text_is_typed_and_moved_in(void **state)
{
    struct editor *e = *state;

    type(e, "hello");
    expect(e, "hello|");
    type(e, "\x01x\x05y");
    expect(e, "xhelloy|");
    type(e, "\x02\x02\x06z");
    expect(e, "xhelloz|y");
    type(e, "\033[D\033[C\033[Ha");
    expect(e, "a|xhellozy");
}

static void
characters_are_what_people_see(void **state)
{
    struct editor *e = *state;

    type(e, "ae\xcc\x81日👍🏽");
    type(e, "\x7f");
    expect(e, "ae\xcc\x81日|");
    type(e, "\x02\x02");
    expect(e, "a|e\xcc\x81日");
    type(e, "\x04");
    expect(e, "a|日");
}

static void
words_are_moved_over_and_killed(void **state)
{
    struct editor *e = *state;

    type(e, "one two-three four");
    type(e, "\033b\033b");
    expect(e, "one two-|three four");
    type(e, "\033f");
    expect(e, "one two-three| four");
    type(e, "\x17");
    expect(e, "one | four");
    type(e, "\033d\x19\x19");
    expect(e, "one two-three fourtwo-three four|");
    type(e, "\033\x7f");
    expect(e, "one two-three fourtwo-three |");
}

static void
what_is_emptied_comes_back(void **state)
{
    struct editor *e = *state;

    type(e, "one two\x17\003"); /* Ctrl-W, then Ctrl-C */
    expect(e, "|");
    type(e, "\x19");
    expect(e, "one |");
    type(e, "\x01\003\003\x19"); /* at the beginning; and what is empty changes nothing */
    expect(e, "one |");
}

static void
kills_in_a_row_are_yanked_together(void **state)
{
    struct editor *e = *state;

    type(e, "a b c\x17\x17");
    expect(e, "a |");
    type(e, "x\x19");
    expect(e, "a xb c|");
    type(e, "\x01\x0b\x19\x19");
    expect(e, "a xb ca xb c|");
    type(e, "\x15");
    expect(e, "|");
}

static void
characters_are_transposed(void **state)
{
    struct editor *e = *state;

    type(e, "a日\x14");
    expect(e, "日a|");
    type(e, "\x01\x14");
    expect(e, "|日a");
    type(e, "\x06\x14");
    expect(e, "a日|");
}

static void
lines_are_begun_and_moved_between(void **state)
{
    struct editor *e = *state;

    assert_int_equal(type(e, "one\033\rtwo"), EDITOR_CHANGED);
    expect(e, "one\ntwo|");
    type(e, "\033[A");
    expect(e, "one|\ntwo");
    type(e, "\x01\033[B");
    expect(e, "one\n|two");
    type(e, "\x0b\x7f");
    expect(e, "one|");
    assert_int_equal(type(e, "\r"), EDITOR_DONE);
}

static void
a_paste_keeps_its_lines_and_loses_its_controls(void **state)
{
    struct editor *e = *state;

    type(e, "\033[200~a\r\nb\rc\td\033[2J\033[201~");
    expect(e, "a\nb\nc    d[2J|");
}

static void
what_is_too_long_is_not_inserted(void **state)
{
    struct editor *e = *state;

    for (int i = 0; i < MAX_BYTES; i++)
        type(e, "x");
    type(e, "yé");
    assert_int_equal(editor_len(e), MAX_BYTES);
    assert_null(strchr(editor_text(e), 'y'));
}

static void
what_was_typed_is_recalled(void **state)
{
    struct editor *e = *state;

    editor_remember(e, "first");
    editor_remember(e, "second");
    editor_remember(e, "second");
    type(e, "new");
    type(e, "\033[A");
    expect(e, "second|");
    type(e, "\033[A\033[A");
    expect(e, "first|");
    type(e, "\x0e\x0e");
    expect(e, "new|");
}

static void
history_is_bounded(void **state)
{
    struct editor *e = *state;
    char text[] = "a-0";

    for (int i = 0; i < 2 * EDITOR_HISTORY; i++) {
        text[0] = (char)('a' + i % 2);
        editor_remember(e, text);
    }
    for (int i = 0; i < 2 * EDITOR_HISTORY; i++)
        type(e, "\x10");
    expect(e, "a-0|");
}

static void
words_are_completed_in_turn(void **state)
{
    static const struct candidate all[] = {{"alice", ": "}, {"Alfred", ": "}, {"bob", ": "}};
    struct editor *e = *state;
    struct completion c = {0};

    type(e, "hi al");
    assert_true(complete_next(&c, e, all, 3));
    expect(e, "hi alice: |");
    assert_true(complete_next(&c, e, all, 3));
    expect(e, "hi Alfred: |");
    assert_true(complete_next(&c, e, all, 3));
    expect(e, "hi al|");
    complete_reset(&c);
    type(e, "z");
    assert_false(complete_next(&c, e, all, 3));
    expect(e, "hi alz|");
    complete_reset(&c);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(text_is_typed_and_moved_in, setup, teardown),
        cmocka_unit_test_setup_teardown(characters_are_what_people_see, setup, teardown),
        cmocka_unit_test_setup_teardown(words_are_moved_over_and_killed, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_emptied_comes_back, setup, teardown),
        cmocka_unit_test_setup_teardown(kills_in_a_row_are_yanked_together, setup, teardown),
        cmocka_unit_test_setup_teardown(characters_are_transposed, setup, teardown),
        cmocka_unit_test_setup_teardown(lines_are_begun_and_moved_between, setup, teardown),
        cmocka_unit_test_setup_teardown(a_paste_keeps_its_lines_and_loses_its_controls, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_is_too_long_is_not_inserted, setup, teardown),
        cmocka_unit_test_setup_teardown(what_was_typed_is_recalled, setup, teardown),
        cmocka_unit_test_setup_teardown(history_is_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(words_are_completed_in_turn, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
