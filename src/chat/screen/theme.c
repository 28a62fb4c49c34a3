#include "screen/theme.h"

#include <string.h>

#define OWN (-1)
#define RED 1

/* Of 256 colours. Those of DARK can be read on white as well: at least 3:1 against both. */
static const short hues[][HUES] = {
    [THEME_DARK] = {32, 166, 64, 133, 30, 161, 63, 136, 29, 97, 130, 67},
    [THEME_LIGHT] = {25, 124, 28, 90, 23, 125, 19, 94, 22, 54, 88, 24},
};
static const short few_hues[] = {1, 2, 4, 5, 6};

static const short trouble[] = {[THEME_DARK] = 196, [THEME_LIGHT] = 124};
static const short quiet[] = {[THEME_DARK] = 244, [THEME_LIGHT] = 240};

/* But for colours. */
static const struct look looks[STYLES] = {
    [STYLE_PLAIN] = {.colour = OWN},
    [STYLE_DIM] = {.colour = OWN, .dim = true},
    [STYLE_TITLE] = {.colour = OWN, .reverse = true},
    [STYLE_STATUS] = {.colour = OWN, .reverse = true},
    [STYLE_TROUBLE] = {.colour = OWN, .reverse = true, .bold = true},
    [STYLE_DAY] = {.colour = OWN, .dim = true},
    [STYLE_UNREAD] = {.colour = OWN, .bold = true},
    [STYLE_EVENT] = {.colour = OWN, .dim = true},
    [STYLE_NOTE] = {.colour = OWN},
    [STYLE_ERROR] = {.colour = OWN, .bold = true},
    [STYLE_PENDING] = {.colour = OWN, .dim = true},
    [STYLE_MENTION] = {.colour = OWN, .bold = true, .reverse = true},
    [STYLE_CURRENT] = {.colour = OWN, .reverse = true},
    [STYLE_NAME] = {.colour = OWN},
};

bool
theme_parse(enum theme *out, const char *name)
{
    static const char *const names[] = {"dark", "light"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], name) == 0) {
            *out = (enum theme)i;
            return true;
        }
    return false;
}

struct look
theme_look(enum theme theme, bool many, enum style style, uint8_t hue)
{
    struct look look = looks[style];

    switch (style) {
    case STYLE_NAME:
        look.colour =
            many ? hues[theme][hue] : few_hues[hue % (sizeof few_hues / sizeof few_hues[0])];
        break;
    case STYLE_TROUBLE:
    case STYLE_ERROR:
        look.colour = many ? trouble[theme] : RED;
        break;
    case STYLE_DIM:
    case STYLE_DAY:
    case STYLE_EVENT:
    case STYLE_PENDING:
        if (many) {
            look.colour = quiet[theme];
            look.dim = false;
        }
        break;
    default:
        break;
    }
    return look;
}
