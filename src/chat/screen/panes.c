#include "screen/panes.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "screen/hue.h"
#include "screen/phrase.h"

#define LABEL_MAX   640
#define COUNT_COLS  6
#define ROOM_COLS   3 /* kept for a count behind a name, so that panes stay when one comes */
#define HEAD_COLS   3 /* a mark, a number and a space before a name */
#define REST_COLS   7 /* kept for what does not fit any more */
#define PERSON_COLS 2 /* whether here, and the role, before a name */
#define NUMBERED    9 /* groups that Alt with a number shows */
#define MANY        999
#define HOME        "Conclave"

static int
width_of(const char *text)
{
    return width_text(text, strlen(text));
}

static int
wider(int a, int b)
{
    return a > b ? a : b;
}

struct needs
panes_needs(const struct model *m)
{
    const struct talk *t = model_current(m);
    struct needs n = {.nick = t->nick_cols};

    for (size_t i = 1; i < m->n_talks; i++)
        n.groups = wider(n.groups, HEAD_COLS + width_of(m->talks[i]->name) + ROOM_COLS);
    for (size_t i = 0; i < t->n_people; i++)
        n.people = wider(n.people, PERSON_COLS + width_of(t->people[i].nick));
    return n;
}

/* ---- title ---- */

void
panes_title(struct grid *g, const struct area *a, const struct talk *t)
{
    const struct pen pen = {.style = STYLE_TITLE};
    int col = a->col;

    grid_fill(g, a->row, a->col, a->cols, pen, " ");
    col += grid_label(g, a->row, col, a->cols, pen, t->name[0] != '\0' ? " " : " Conclave");
    col += grid_label(g, a->row, col, a->cols - col, pen, t->name);
    if (t->topic != NULL && a->cols - col > COUNT_COLS) {
        col += grid_label(g, a->row, col, a->cols - col, pen, " — ");
        grid_label(g, a->row, col, a->cols - col - 1, pen, t->topic);
    }
}

/* ---- groups ---- */

static void
format_count(char *out, size_t size, size_t n)
{
    if (n > MANY)
        snprintf(out, size, "%d+", MANY);
    else
        snprintf(out, size, "%zu", n);
}

/* The mark, and the number that Alt takes. */
static int
draw_group_head(struct grid *g, int row, int col, struct pen pen, const struct talk *t, size_t i)
{
    char number[2] = " ";

    grid_label(g, row, col, 1, pen, t->mentions > 0 ? "*" : t->state == TALK_OUT ? "x" : " ");
    if (i == 0)
        return 1;
    if (i <= NUMBERED)
        number[0] = (char)('0' + i);
    grid_label(g, row, col + 1, 1,
               (struct pen){.style = pen.style == STYLE_PLAIN ? STYLE_DIM : pen.style}, number);
    return HEAD_COLS;
}

static void
draw_group(struct grid *g, int row, const struct area *a, const struct model *m, size_t i)
{
    const struct talk *t = m->talks[i];
    struct pen pen = {.style = i == m->current ? STYLE_CURRENT : STYLE_PLAIN};
    char unread[COUNT_COLS + 1] = "";
    int room = a->cols, head;

    grid_fill(g, row, a->col, a->cols, pen, " ");
    if (t->unread > 0) {
        format_count(unread, sizeof unread, t->unread);
        if (i != m->current)
            pen.style = t->mentions > 0 ? STYLE_MENTION : STYLE_UNREAD;
        room -= (int)strlen(unread) + 1;
        grid_label(g, row, a->col + room + 1, (int)strlen(unread), pen, unread);
    }
    head = draw_group_head(g, row, a->col, pen, t, i);
    grid_label(g, row, a->col + head, room - head, pen, i == 0 ? HOME : t->name);
}

/* The first group in the pane. */
static size_t
first_shown(const struct area *a, const struct model *m)
{
    size_t rows = (size_t)(a->rows > 0 ? a->rows : 0);

    return m->current >= rows ? m->current - rows + 1 : 0;
}

static bool
is_in_sight(const struct area *a, const struct model *m, size_t i)
{
    size_t from = first_shown(a, m);

    return a->cols > 0 && a->rows > 0 && i >= from && i < from + (size_t)a->rows;
}

void
panes_groups(struct grid *g, const struct area *a, const struct model *m)
{
    for (size_t i = first_shown(a, m); i < m->n_talks && is_in_sight(a, m, i); i++)
        draw_group(g, a->row + (int)(i - first_shown(a, m)), a, m, i);
}

/* ---- people ---- */

static const char *
role_mark(int role)
{
    return role == CONCLAVE_OWNER ? "@" : role == CONCLAVE_MODERATOR ? "+" : " ";
}

void
panes_people(struct grid *g, const struct area *a, const struct talk *t)
{
    const struct pen dim = {.style = STYLE_DIM};
    char more[LABEL_MAX];

    for (size_t i = 0; a->cols > 0 && i < t->n_people && i < (size_t)a->rows; i++) {
        const struct participant *p = &t->people[i];
        struct pen pen = {.style = STYLE_NAME, .hue = hue_of(&p->uuid)};
        int row = a->row + (int)i;

        if (i + 1 == (size_t)a->rows && t->n_people > (size_t)a->rows) {
            snprintf(more, sizeof more, "%zu more", t->n_people - i);
            grid_label(g, row, a->col + 3, a->cols - 3, dim, more);
            return;
        }
        grid_label(g, row, a->col, 1, p->here ? pen : dim, p->here ? "●" : "○");
        grid_label(g, row, a->col + 1, 1, dim, role_mark(p->role));
        grid_label(g, row, a->col + PERSON_COLS, a->cols - PERSON_COLS, p->here ? pen : dim,
                   p->nick);
    }
}

/* ---- status ---- */

static size_t
count_pending(const struct talk *t)
{
    size_t n = t->waiting;

    for (size_t i = t->n_items; i > 0 && t->items[i - 1].kind == ITEM_PENDING; i--)
        n += !t->items[i - 1].stored;
    return n;
}

static bool
is_fine(const struct talk *t)
{
    return t->state == TALK_LIVE || t->state == TALK_HOME;
}

static void add(char *label, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* To a label of LABEL_MAX bytes. */
static void
add(char *label, const char *format, ...)
{
    size_t len = strlen(label);
    va_list args;

    if (len > 0)
        len += (size_t)snprintf(label + len, LABEL_MAX - len, " · ");
    if (len >= LABEL_MAX)
        return;
    va_start(args, format);
    vsnprintf(label + len, LABEL_MAX - len, format, args);
    va_end(args);
}

/* What is not read in groups that are not in the pane. */
struct elsewhere {
    size_t unread;
    size_t mentions;
};

static struct elsewhere
look_elsewhere(const struct layout *l, const struct model *m)
{
    struct elsewhere e = {0};

    for (size_t i = 0; i < m->n_talks; i++)
        if (i != m->current && !is_in_sight(&l->groups, m, i)) {
            e.unread += m->talks[i]->unread;
            e.mentions += m->talks[i]->mentions;
        }
    return e;
}

/* Where the groups have no pane: their names, as far as there is room; takes them off. */
static void
add_names(char *label, const struct model *m, bool mentioned, int room, struct elsewhere *left)
{
    char name[CONCLAVE_NAME_MAX + 32];

    for (size_t i = 0; i < m->n_talks; i++) {
        const struct talk *t = m->talks[i];

        if (i == m->current || t->unread == 0 || (t->mentions > 0) != mentioned)
            continue;
        snprintf(name, sizeof name, "%s%s %zu", mentioned ? "*" : "", t->name, t->unread);
        if (width_of(label) + width_of(name) + REST_COLS > room)
            return;
        add(label, "%s", name);
        left->unread -= t->unread;
        left->mentions -= t->mentions;
    }
}

static void
add_elsewhere(char *label, const struct layout *l, const struct model *m)
{
    struct elsewhere left = look_elsewhere(l, m);
    int room = l->status.cols - 2;

    if (l->groups.cols > 0) {
        if (left.unread > 0)
            add(label, "%zu unread out of sight", left.unread);
        if (left.mentions > 0)
            add(label, "%zu name you", left.mentions);
        return;
    }
    add_names(label, m, true, room, &left);
    add_names(label, m, false, room, &left);
    if (left.unread > 0)
        add(label, "%s+%zu", left.mentions > 0 ? "*" : "", left.unread);
}

static void
add_counts(char *label, const struct talk *t)
{
    size_t pending = count_pending(t);

    if (pending > 0)
        add(label, "%zu to be sent", pending);
    if (t->anchor != 0 && t->unread > 0)
        add(label, "↓ %zu new%s", t->unread, t->mentions > 0 ? ", naming you" : "");
    else if (t->anchor != 0)
        add(label, "↓ more");
}

/* Of a reason that is too long, the part behind the last colon says the most. */
static void
add_reason(char *label, const char *why, int room)
{
    const char *last = why;

    room -= width_text(label, strlen(label)) + 3;
    if (width_text(why, strlen(why)) > room)
        for (const char *at = why; (at = strstr(at, ": ")) != NULL; last = at)
            at += 2;
    add(label, "%s", last);
}

void
panes_status(struct grid *g, const struct layout *l, const struct model *m)
{
    const struct area *a = &l->status;
    const struct talk *t = model_current(m);
    const struct pen pen = {.style = is_fine(t) ? STYLE_STATUS : STYLE_TROUBLE};
    char label[LABEL_MAX] = "";

    add(label, "%s", phrase_state(t->state));
    add_counts(label, t);
    add_elsewhere(label, l, m);
    if (is_fine(t) && t->n_people > 0)
        add(label, "%zu of %zu here", t->here, t->n_people);
    if (!is_fine(t) && t->why[0] != '\0')
        add_reason(label, t->why, a->cols - 2);
    grid_fill(g, a->row, a->col, a->cols, pen, " ");
    grid_label(g, a->row, a->col + 1, a->cols - 2, pen, label);
}
