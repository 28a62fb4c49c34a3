#include "input/editing.h"

#include <string.h>

#include <unistr.h>

#define CHAR_BYTES 6

static bool
ctrl_motion(struct editor *e, uint32_t ch)
{
    switch (ch) {
    case 'A':
        e->cursor = editing_line_begin(e, e->cursor);
        return true;
    case 'E':
        e->cursor = editing_line_end(e, e->cursor);
        return true;
    case 'B':
        e->cursor = editing_before(e, e->cursor);
        return true;
    case 'F':
        e->cursor = editing_after(e, e->cursor);
        return true;
    case 'P':
        editing_up(e);
        return true;
    case 'N':
        editing_down(e);
        return true;
    default:
        return false;
    }
}

static bool
ctrl_change(struct editor *e, uint32_t ch)
{
    switch (ch) {
    case 'D':
        editing_remove(e, e->cursor, editing_after(e, e->cursor));
        return true;
    case 'K':
        editing_kill_line(e);
        return true;
    case 'U':
        editing_kill(e, editing_line_begin(e, e->cursor), e->cursor);
        return true;
    case 'W':
        editing_kill(e, editing_blank_before(e), e->cursor);
        return true;
    case 'Y':
        if (e->killed != NULL)
            editing_insert(e, e->killed, strlen(e->killed));
        return true;
    case 'T':
        editing_transpose(e);
        return true;
    case 'J':
        editing_insert(e, "\n", 1);
        return true;
    case 'C':
        e->killing = false;
        editing_kill(e, 0, editor_len(e));
        return true;
    default:
        return false;
    }
}

static bool
ctrl_key(struct editor *e, uint32_t ch)
{
    return ctrl_motion(e, ch) || ctrl_change(e, ch);
}

static bool
alt_key(struct editor *e, uint32_t ch)
{
    switch (ch) {
    case 'b':
        e->cursor = editing_word_before(e);
        return true;
    case 'f':
        e->cursor = editing_word_after(e);
        return true;
    case 'd':
        editing_kill(e, e->cursor, editing_word_after(e));
        return true;
    case '<':
        e->cursor = 0;
        return true;
    case '>':
        e->cursor = editor_len(e);
        return true;
    default:
        return false;
    }
}

static bool
character(struct editor *e, const struct key *key)
{
    uint8_t bytes[CHAR_BYTES];
    int n;

    if (key->ctrl)
        return !key->alt && ctrl_key(e, key->ch);
    if (key->alt)
        return alt_key(e, key->ch);
    n = u8_uctomb(bytes, key->ch, sizeof bytes);
    if (n > 0)
        editing_type(e, bytes, (size_t)n);
    return true;
}

static bool
motion(struct editor *e, const struct key *key)
{
    bool word = key->ctrl || key->alt;

    switch (key->code) {
    case KEY_CODE_LEFT:
        e->cursor = word ? editing_word_before(e) : editing_before(e, e->cursor);
        return true;
    case KEY_CODE_RIGHT:
        e->cursor = word ? editing_word_after(e) : editing_after(e, e->cursor);
        return true;
    case KEY_CODE_HOME:
        e->cursor = editing_line_begin(e, e->cursor);
        return true;
    case KEY_CODE_END:
        e->cursor = editing_line_end(e, e->cursor);
        return true;
    case KEY_CODE_UP:
        if (!word)
            editing_up(e);
        return !word;
    case KEY_CODE_DOWN:
        if (!word)
            editing_down(e);
        return !word;
    default:
        return false;
    }
}

static bool
press(struct editor *e, const struct key *key)
{
    switch (key->code) {
    case KEY_CODE_CHAR:
        return character(e, key);
    case KEY_CODE_ENTER: /* with Alt */
        editing_insert(e, "\n", 1);
        return true;
    case KEY_CODE_BACKSPACE:
        if (key->alt)
            editing_kill(e, editing_word_before(e), e->cursor);
        else
            editing_remove(e, editing_before(e, e->cursor), e->cursor);
        return true;
    case KEY_CODE_DELETE:
        editing_remove(e, e->cursor, editing_after(e, e->cursor));
        return true;
    case KEY_CODE_PASTE:
        editing_type(e, key->paste.p, key->paste.len);
        return true;
    default:
        return motion(e, key);
    }
}

enum editor_result
editor_key(struct editor *e, const struct key *key)
{
    bool was_killing = e->killing;
    size_t len = editor_len(e);
    bool taken;

    if (key->code == KEY_CODE_ENTER && !key->alt)
        return EDITOR_DONE;
    taken = press(e, key);
    /* Only kills that follow each other are gathered. */
    if (was_killing && editor_len(e) >= len)
        e->killing = false;
    return taken ? EDITOR_CHANGED : EDITOR_IGNORED;
}
