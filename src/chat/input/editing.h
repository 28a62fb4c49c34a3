/*
 * editing - what the editor's keys do, for editor.c and editor_keys.c. A place is a byte of the
 * text at which a character begins, or its end.
 */
#ifndef INPUT_EDITING_H
#define INPUT_EDITING_H

#include "input/editor.h"

struct editor {
    struct buf text; /* with a NUL behind */
    size_t cursor;
    size_t max;
    char *killed;
    bool killing; /* the last key killed: the next one adds */
    char *history[EDITOR_HISTORY];
    size_t n_history;
    size_t place;  /* in history; n_history: the text that is being written */
    char *present; /* which is kept here meanwhile */
};

/* At the cursor, if there is room. */
void editing_insert(struct editor *e, const char *text, size_t len);
/* The cursor comes to `from`. */
void editing_remove(struct editor *e, size_t from, size_t to);
/* Typed or pasted: newlines stay, a tab is spaces, other controls are left out. */
void editing_type(struct editor *e, const uint8_t *text, size_t len);
/* The character before, and behind, a place. */
size_t editing_before(const struct editor *e, size_t at);
size_t editing_after(const struct editor *e, size_t at);
/* Places seen from the cursor. */
size_t editing_word_before(const struct editor *e);
size_t editing_word_after(const struct editor *e);
/* Back over what is not space: what Ctrl-W takes. */
size_t editing_blank_before(const struct editor *e);
/* The ends of the line that a place is in. */
size_t editing_line_begin(const struct editor *e, size_t at);
size_t editing_line_end(const struct editor *e, size_t at);
/* Cut; what is cut in a row is put back together. */
void editing_kill(struct editor *e, size_t from, size_t to);
void editing_kill_line(struct editor *e);
/* Swap the characters around the cursor. */
void editing_transpose(struct editor *e);
/* Between lines, then through the history. */
void editing_up(struct editor *e);
void editing_down(struct editor *e);

#endif
