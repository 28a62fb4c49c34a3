#include "screen/layout.h"

#include <string.h>

#define GROUPS_FROM  60 /* columns from which a pane is shown */
#define PEOPLE_FROM  80
#define WIDE_FROM    60 /* of the conversation */
#define ROOMY_FROM   100
#define GROUPS_LEAST 9 /* as wide as what they hold, but within these bounds */
#define GROUPS_COLS  15
#define ROOMY_GROUPS 20
#define PEOPLE_LEAST 7
#define PEOPLE_COLS  14
#define ROOMY_PEOPLE 20
#define NICK_LEAST   4
#define NICK_NARROW  8
#define NICK_WIDE    12
#define GAP_NARROW   1
#define GAP_WIDE     3
#define INPUT_MAX    6
#define INPUT_SHARE  3 /* of the rows, at most */

struct input_place
layout_put(struct input_place *next, const struct unit *u, int cols)
{
    struct input_place at;

    if (u->width == 0 || next->col + u->width > cols) {
        next->row++;
        next->col = PROMPT_COLS;
    }
    at = *next;
    next->col += u->width;
    return at;
}

struct input_place
layout_cursor(const char *text, size_t len, int cols)
{
    struct input_place next = {.col = PROMPT_COLS};
    struct unit u;

    for (size_t at = 0; width_next(text + at, len - at, &u); at += u.len)
        (void)layout_put(&next, &u, cols);
    if (next.col >= cols)
        next = (struct input_place){.row = next.row + 1, .col = PROMPT_COLS};
    return next;
}

static int
input_rows(int rows, int cols, const struct view_input *in)
{
    int most = rows / INPUT_SHARE < INPUT_MAX ? rows / INPUT_SHARE : INPUT_MAX;
    int wanted = layout_cursor(in->text, strlen(in->text), cols).row + 1;

    return wanted < most ? wanted : most;
}

static int
within(int cols, int least, int most)
{
    return cols < least ? least : cols < most ? cols : most;
}

static int
groups_cols(int cols, const struct needs *needs)
{
    if (cols < GROUPS_FROM)
        return 0;
    return within(needs->groups, GROUPS_LEAST, cols < ROOMY_FROM ? GROUPS_COLS : ROOMY_GROUPS);
}

static int
people_cols(int cols, const struct needs *needs, enum view_people people)
{
    if (people == PEOPLE_HIDDEN || (people == PEOPLE_IF_ROOM && cols < PEOPLE_FROM))
        return 0;
    return within(needs->people, PEOPLE_LEAST, cols < ROOMY_FROM ? PEOPLE_COLS : ROOMY_PEOPLE);
}

struct layout
layout_of(int rows, int cols, const struct view_input *in, const struct needs *needs)
{
    static const struct needs none;
    const struct needs *n = needs != NULL ? needs : &none;
    int groups = groups_cols(cols, n), people = people_cols(cols, n, in->people);
    int input = input_rows(rows, cols, in);
    int body = rows - 2 - input;
    int from = groups > 0 ? groups + 1 : 0;
    int room = cols - from - (people > 0 ? people + 2 : 0); /* with a blank before the line */
    bool narrow = room < WIDE_FROM;
    int nick = within(n->nick, NICK_LEAST, narrow ? NICK_NARROW : NICK_WIDE);

    return (struct layout){
        .title = {.rows = 1, .cols = cols},
        .groups = {.row = 1, .rows = body, .cols = groups},
        .talk = {.row = 1, .col = from, .rows = body, .cols = room},
        .people = {.row = 1, .col = cols - people, .rows = body, .cols = people},
        .status = {.row = 1 + body, .rows = 1, .cols = cols},
        .input = {.row = 2 + body, .rows = input, .cols = cols},
        .narrow = narrow,
        .nick = nick,
        .indent = TIME_COLS + MARKS_COLS + nick + (narrow ? GAP_NARROW : GAP_WIDE),
    };
}
