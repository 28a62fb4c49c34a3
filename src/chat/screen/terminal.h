/*
 * terminal - shows a grid on the terminal by ncursesw, which writes only what changed.
 * Only cells of clean text get there; a character that the terminal's locale does not know, or
 * sees with another width, is replaced.
 * One at a time in a process: ncurses keeps it in global variables.
 */
#ifndef SCREEN_TERMINAL_H
#define SCREEN_TERMINAL_H

#include <stdbool.h>

#include "screen/grid.h"
#include "screen/theme.h"

struct terminal_options {
    enum theme theme;
    bool colours;
};

/* Takes standard input and output over. False: *why (size bytes) says why not. */
bool terminal_open(const struct terminal_options *o, char *why, size_t size);
/* Gives the terminal back as it was, if it is still ours. */
void terminal_close(void);
/* The same, as far as it goes without waiting, while another thread may be writing. The end of the
 * program must follow. */
void terminal_abandon(void);
/* Stop, as Ctrl-Z stops other programs, until somebody continues it; terminal_resume follows, or
 * the end. At once over where nobody could. Only for the thread that gets signals. */
void terminal_suspend(void);
/* It was stopped, in whatever way: take the terminal over again. */
void terminal_resume(void);
/* Text in place of the grid, clean, as lines that the terminal breaks. terminal_redraw brings the
 * grid back. */
void terminal_bare(const char *text, size_t len);
/* Put text on the clipboard by OSC 52. False: not on this terminal. Whether it was put there,
 * nobody tells. */
bool terminal_copy(const char *text, size_t len);
/* The size has changed, or may have. */
void terminal_resize(void);
void terminal_size(int *rows, int *cols);
void terminal_show(const struct grid *g);
/* Write everything again at the next terminal_show. */
void terminal_redraw(void);
void terminal_bell(void);

#endif
