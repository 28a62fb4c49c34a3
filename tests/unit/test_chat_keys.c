#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "input/keyboard.h"

static const char *const names[] = {
    [KEY_CODE_ENTER] = "Enter",     [KEY_CODE_TAB] = "Tab",
    [KEY_CODE_BACKTAB] = "BackTab", [KEY_CODE_BACKSPACE] = "Backspace",
    [KEY_CODE_DELETE] = "Delete",   [KEY_CODE_UP] = "Up",
    [KEY_CODE_DOWN] = "Down",       [KEY_CODE_LEFT] = "Left",
    [KEY_CODE_RIGHT] = "Right",     [KEY_CODE_HOME] = "Home",
    [KEY_CODE_END] = "End",         [KEY_CODE_PAGE_UP] = "PageUp",
    [KEY_CODE_ESCAPE] = "Escape",   [KEY_CODE_PAGE_DOWN] = "PageDown",
    [KEY_CODE_PASTE] = "Paste",
};

static void
name_key(char *out, const struct key *k)
{
    out += strlen(out);
    out += sprintf(out, " %s%s", k->ctrl ? "C-" : "", k->alt ? "M-" : "");
    if (k->code != KEY_CODE_CHAR)
        out += sprintf(out, "%s", names[k->code]);
    else
        out += sprintf(out, k->ch < 0x7f ? "%c" : "U+%04X", (unsigned)k->ch);
    if (k->code == KEY_CODE_PASTE)
        sprintf(out, "(%.*s)", (int)k->paste.len, (const char *)k->paste.p);
}

/* Feed the bytes in pieces of `step`; late once all are in. */
static void
expect_keys(const char *bytes, size_t step, const char *expected)
{
    char seen[512] = "";
    size_t len = strlen(bytes);
    struct keyboard k;
    struct key key;

    keyboard_init(&k);
    for (size_t at = 0; at < len; at += step) {
        assert_true(keyboard_feed(&k, bytes + at, len - at < step ? len - at : step));
        while (keyboard_next(&k, false, &key))
            name_key(seen, &key);
    }
    while (keyboard_waiting(&k) && keyboard_next(&k, true, &key))
        name_key(seen, &key);
    if (strcmp(seen[0] == ' ' ? seen + 1 : seen, expected) != 0)
        fail_msg("%s, not %s", seen, expected);
    keyboard_clear(&k);
}

/* Whether they come at once or one by one. */
static void
expect(const char *bytes, const char *expected)
{
    expect_keys(bytes, strlen(bytes), expected);
    expect_keys(bytes, 1, expected);
}

static void
characters_and_controls(void **state)
{
    (void)state;
    expect("aé日", "a U+00E9 U+65E5");
    expect("\x01\x17\x0c\x03", "C-A C-W C-L C-C");
    expect("\r\t\x7f\b", "Enter Tab Backspace Backspace");
    expect("\n", "C-J");
}

static void
keys_of_the_usual_terminals(void **state)
{
    (void)state;
    expect("\033[A\033[B\033[C\033[D", "Up Down Right Left");
    expect("\033OA\033OH\033OF", "Up Home End");
    expect("\033[H\033[F\033[1~\033[4~\033[7~\033[8~", "Home End Home End Home End");
    expect("\033[3~\033[5~\033[6~\033[Z", "Delete PageUp PageDown BackTab");
    expect("\033[1;5D\033[1;3A\033[1;5F", "C-Left M-Up C-End");
}

static void
alt_comes_before(void **state)
{
    (void)state;
    expect("\033\r\033b\033\x7f", "M-Enter M-b M-Backspace");
    expect("\033\033[A", "Escape Up");
    expect("\033", "Escape");
}

static void
what_is_unknown_is_left_out(void **state)
{
    (void)state;
    expect("\033[99~a\033[?1;2cb\033[1;2;3Xc", "a b c");
    expect("\xff\xfe"
           "a",
           "a");
    expect("\033[I\033[Ox", "x"); /* focus */
}

static void
a_paste_is_one_key(void **state)
{
    (void)state;
    expect("\033[200~one\rtwo\033[A\033[201~x", "Paste(one\rtwo\033[A) x");
    expect("\033[200~\033[201~", "Paste()");
}

static void
a_long_paste_is_bounded(void **state)
{
    static char block[65536];
    struct keyboard k;
    struct key key;

    (void)state;
    memset(block, 'x', sizeof block);
    keyboard_init(&k);
    assert_true(keyboard_feed(&k, "\033[200~", 6));
    assert_false(keyboard_next(&k, false, &key));
    for (int i = 0; i < 32; i++) {
        assert_true(keyboard_feed(&k, block, sizeof block));
        assert_false(keyboard_next(&k, false, &key));
    }
    assert_true(k.in.cap < 4 * sizeof block);
    assert_true(keyboard_feed(&k, "\033[201~y", 7));
    assert_true(keyboard_next(&k, false, &key));
    assert_int_equal(key.code, KEY_CODE_PASTE);
    assert_int_equal(key.paste.len, KEYBOARD_PASTE_MAX);
    assert_true(keyboard_next(&k, false, &key));
    assert_int_equal(key.ch, 'y');
    keyboard_clear(&k);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters_and_controls), cmocka_unit_test(keys_of_the_usual_terminals),
        cmocka_unit_test(alt_comes_before),        cmocka_unit_test(what_is_unknown_is_left_out),
        cmocka_unit_test(a_paste_is_one_key),      cmocka_unit_test(a_long_paste_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
