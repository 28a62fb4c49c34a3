#include "input/editing.h"

#include <stdlib.h>
#include <string.h>

#include <unictype.h>
#include <unigbrk.h>
#include <unistr.h>

#define TAB_SPACES "    "

struct editor *
editor_new(size_t max)
{
    struct editor *e = calloc(1, sizeof *e);

    if (e == NULL)
        return NULL;
    e->max = max;
    buf_init(&e->text, max + 1);
    if (buf_append(&e->text, "", 1) != ST_OK) {
        editor_free(e);
        return NULL;
    }
    return e;
}

void
editor_free(struct editor *e)
{
    if (e == NULL)
        return;
    for (size_t i = 0; i < e->n_history; i++)
        free(e->history[i]);
    free(e->killed);
    free(e->present);
    buf_clear(&e->text);
    free(e);
}

const char *
editor_text(const struct editor *e)
{
    return (const char *)e->text.p;
}

size_t
editor_len(const struct editor *e)
{
    return e->text.len - 1;
}

size_t
editor_cursor(const struct editor *e)
{
    return e->cursor;
}

/* ---- changing ---- */

void
editing_insert(struct editor *e, const char *text, size_t len)
{
    if (len > e->max - editor_len(e) || buf_reserve(&e->text, len) != ST_OK)
        return;
    memmove(e->text.p + e->cursor + len, e->text.p + e->cursor, e->text.len - e->cursor);
    memcpy(e->text.p + e->cursor, text, len);
    e->text.len += len;
    e->cursor += len;
}

void
editing_remove(struct editor *e, size_t from, size_t to)
{
    memmove(e->text.p + from, e->text.p + to, e->text.len - to);
    e->text.len -= to - from;
    e->cursor = from;
}

void
editor_set(struct editor *e, const char *text, size_t cursor)
{
    editing_remove(e, 0, editor_len(e));
    editing_insert(e, text, strlen(text));
    e->cursor = cursor <= editor_len(e) ? cursor : editor_len(e);
    e->place = e->n_history;
    e->killing = false;
}

void
editor_replace(struct editor *e, size_t from, const char *text)
{
    editing_remove(e, from, e->cursor);
    editing_insert(e, text, strlen(text));
}

void
editing_type(struct editor *e, const uint8_t *text, size_t len)
{
    size_t at = 0;

    while (at < len) {
        ucs4_t uc;
        int n = u8_mbtoucr(&uc, text + at, len - at);
        size_t size = n > 0 ? (size_t)n : 1;

        if (n > 0 && uc == '\r') {
            editing_insert(e, "\n", 1);
            size += at + 1 < len && text[at + 1] == '\n';
        } else if (n > 0 && uc == '\t') {
            editing_insert(e, TAB_SPACES, sizeof TAB_SPACES - 1);
        } else if (n > 0 && (uc == '\n' || !uc_is_cntrl(uc))) {
            editing_insert(e, (const char *)text + at, size);
        }
        at += size;
    }
}

/* ---- places ---- */

size_t
editing_before(const struct editor *e, size_t at)
{
    const uint8_t *p = u8_grapheme_prev(e->text.p + at, e->text.p);

    return p != NULL ? (size_t)(p - e->text.p) : 0;
}

size_t
editing_after(const struct editor *e, size_t at)
{
    const uint8_t *end = e->text.p + editor_len(e);
    const uint8_t *p = u8_grapheme_next(e->text.p + at, end);

    return p != NULL ? (size_t)(p - e->text.p) : editor_len(e);
}

static bool
in_word(const struct editor *e, size_t at)
{
    ucs4_t uc;

    return u8_mbtoucr(&uc, e->text.p + at, editor_len(e) - at) > 0 && uc_is_alnum(uc);
}

size_t
editing_word_before(const struct editor *e)
{
    size_t at = e->cursor;

    while (at > 0 && !in_word(e, editing_before(e, at)))
        at = editing_before(e, at);
    while (at > 0 && in_word(e, editing_before(e, at)))
        at = editing_before(e, at);
    return at;
}

size_t
editing_word_after(const struct editor *e)
{
    size_t at = e->cursor;

    while (at < editor_len(e) && !in_word(e, at))
        at = editing_after(e, at);
    while (at < editor_len(e) && in_word(e, at))
        at = editing_after(e, at);
    return at;
}

size_t
editing_blank_before(const struct editor *e)
{
    size_t at = e->cursor;

    while (at > 0 && (e->text.p[at - 1] == ' ' || e->text.p[at - 1] == '\n'))
        at--;
    while (at > 0 && e->text.p[at - 1] != ' ' && e->text.p[at - 1] != '\n')
        at--;
    return at;
}

size_t
editing_line_begin(const struct editor *e, size_t at)
{
    while (at > 0 && e->text.p[at - 1] != '\n')
        at--;
    return at;
}

size_t
editing_line_end(const struct editor *e, size_t at)
{
    while (at < editor_len(e) && e->text.p[at] != '\n')
        at++;
    return at;
}

/* ---- killing ---- */

void
editing_kill(struct editor *e, size_t from, size_t to)
{
    bool backwards = from < e->cursor;
    size_t old = e->killing && e->killed != NULL ? strlen(e->killed) : 0;
    size_t len = to - from;
    char *text;

    if (len == 0)
        return;
    text = malloc(old + len + 1);
    if (text == NULL)
        return;
    memcpy(text + (backwards ? 0 : old), e->text.p + from, len);
    if (old > 0)
        memcpy(text + (backwards ? len : 0), e->killed, old);
    text[old + len] = '\0';
    free(e->killed);
    e->killed = text;
    editing_remove(e, from, to);
    e->killing = true;
}

void
editing_kill_line(struct editor *e)
{
    size_t end = editing_line_end(e, e->cursor);

    editing_kill(e, e->cursor, end == e->cursor && end < editor_len(e) ? end + 1 : end);
}

void
editing_transpose(struct editor *e)
{
    size_t right = e->cursor == editor_len(e) ? editing_before(e, e->cursor) : e->cursor;
    size_t left = editing_before(e, right);
    size_t end = editing_after(e, right);
    char swapped[4 * UINT8_MAX];
    size_t len = end - left;

    if (right == 0 || len > sizeof swapped)
        return;
    memcpy(swapped, e->text.p + right, end - right);
    memcpy(swapped + (end - right), e->text.p + left, right - left);
    memcpy(e->text.p + left, swapped, len);
    e->cursor = end;
}

/* ---- history ---- */

void
editor_remember(struct editor *e, const char *text)
{
    if (e->n_history == 0 || strcmp(e->history[e->n_history - 1], text) != 0) {
        char *copy = strdup(text);

        if (copy == NULL)
            return;
        if (e->n_history == EDITOR_HISTORY) {
            free(e->history[0]);
            e->n_history--;
            memmove(e->history, e->history + 1, e->n_history * sizeof e->history[0]);
        }
        e->history[e->n_history++] = copy;
    }
    e->place = e->n_history;
}

static void
recall(struct editor *e, size_t place)
{
    const char *text;

    if (e->place == e->n_history) {
        free(e->present);
        e->present = strdup(editor_text(e));
    }
    text = place == e->n_history ? e->present : e->history[place];
    if (text == NULL)
        return;
    editor_set(e, text, strlen(text));
    e->place = place;
}

void
editing_up(struct editor *e)
{
    size_t begin = editing_line_begin(e, e->cursor);

    if (begin > 0) {
        size_t column = e->cursor - begin;
        size_t above = editing_line_begin(e, begin - 1);

        e->cursor = above + (column < begin - 1 - above ? column : begin - 1 - above);
        while (e->cursor > above && (e->text.p[e->cursor] & 0xc0) == 0x80)
            e->cursor--;
    } else if (e->place > 0) {
        recall(e, e->place - 1);
    }
}

void
editing_down(struct editor *e)
{
    size_t end = editing_line_end(e, e->cursor);

    if (end < editor_len(e)) {
        size_t column = e->cursor - editing_line_begin(e, e->cursor);
        size_t last = editing_line_end(e, end + 1);

        e->cursor = end + 1 + column < last ? end + 1 + column : last;
        while (e->cursor > end + 1 && (e->text.p[e->cursor] & 0xc0) == 0x80)
            e->cursor--;
    } else if (e->place < e->n_history) {
        recall(e, e->place + 1);
    }
}
