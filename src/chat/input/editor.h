/*
 * editor - the text that is being written: the keys of readline, several lines, a history.
 * The text is UTF-8 without controls but newlines. It moves by what people see as one character.
 */
#ifndef INPUT_EDITOR_H
#define INPUT_EDITOR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "input/keyboard.h"

#define EDITOR_HISTORY 500

struct editor;

enum editor_result {
    EDITOR_CHANGED, /* text or cursor */
    EDITOR_IGNORED, /* not a key of the editor */
    EDITOR_DONE,    /* Enter: the text is to be sent */
};

/* NULL: no memory. max: bytes of a text; what would go over it is not inserted. */
struct editor *editor_new(size_t max);
void editor_free(struct editor *e);

enum editor_result editor_key(struct editor *e, const struct key *key);

/* NUL-terminated; valid until the next change. */
const char *editor_text(const struct editor *e);
size_t editor_len(const struct editor *e);
size_t editor_cursor(const struct editor *e);
/* Another text: the draft of another group, or nothing. */
void editor_set(struct editor *e, const char *text, size_t cursor);
/* In place of the bytes from..cursor. */
void editor_replace(struct editor *e, size_t from, const char *text);
/* Keep text for Up; it is not kept twice in a row. */
void editor_remember(struct editor *e, const char *text);

#endif
