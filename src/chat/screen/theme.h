/*
 * theme - what the styles are on a terminal.
 */
#ifndef SCREEN_THEME_H
#define SCREEN_THEME_H

#include <stdbool.h>

#include "screen/grid.h"

enum theme { THEME_DARK, THEME_LIGHT };

/* "dark", "light". False: something else. */
bool theme_parse(enum theme *out, const char *name);

struct look {
    short colour; /* of the text, -1: the terminal's own */
    bool bold, dim, reverse;
};
/* many: the terminal has 256 colours, else 8. */
struct look theme_look(enum theme theme, bool many, enum style style, uint8_t hue);

#endif
