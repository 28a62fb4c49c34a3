#include "panes.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "hue.h"
#include "phrase.h"

#define LABEL_MAX  640
#define COUNT_COLS 6
#define MANY       999

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

static void
draw_group(struct grid *g, int row, const struct area *a, const struct model *m, size_t i)
{
    const struct talk *t = m->talks[i];
    struct pen pen = {.style = i == m->current ? STYLE_CURRENT : STYLE_PLAIN};
    char unread[COUNT_COLS + 1] = "";
    int room = a->cols;

    grid_fill(g, row, a->col, a->cols, pen, " ");
    if (t->unread > 0) {
        format_count(unread, sizeof unread, t->unread);
        if (i != m->current)
            pen.style = t->mentions > 0 ? STYLE_MENTION : STYLE_UNREAD;
        room -= (int)strlen(unread) + 1;
        grid_label(g, row, a->col + room + 1, (int)strlen(unread), pen, unread);
    }
    grid_label(g, row, a->col, 1, pen, t->mentions > 0 ? "*" : t->state == TALK_OUT ? "x" : " ");
    grid_label(g, row, a->col + 1, room - 1, pen, i == 0 ? "Conclave" : t->name);
}

void
panes_groups(struct grid *g, const struct area *a, const struct model *m)
{
    size_t rows = (size_t)(a->rows > 0 ? a->rows : 0);
    size_t from = m->current >= rows ? m->current - rows + 1 : 0;

    for (size_t i = from; a->cols > 0 && i < m->n_talks && i < from + rows; i++)
        draw_group(g, a->row + (int)(i - from), a, m, i);
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
        const struct person *p = &t->people[i];
        struct pen pen = {.style = STYLE_NAME, .hue = hue_of(&p->uuid)};
        int row = a->row + (int)i;

        if (i + 1 == (size_t)a->rows && t->n_people > (size_t)a->rows) {
            snprintf(more, sizeof more, "%zu more", t->n_people - i);
            grid_label(g, row, a->col + 3, a->cols - 3, dim, more);
            return;
        }
        grid_label(g, row, a->col, 1, p->here ? pen : dim, p->here ? "●" : "○");
        grid_label(g, row, a->col + 1, 1, dim, role_mark(p->role));
        grid_label(g, row, a->col + 2, a->cols - 2, p->here ? pen : dim, p->nick);
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

/* Where the groups have no pane: those in which something happened. */
static void
add_activity(char *label, const struct model *m)
{
    for (size_t i = 0; i < m->n_talks; i++) {
        const struct talk *t = m->talks[i];

        if (i != m->current && t->unread > 0)
            add(label, "%s%s %zu", t->mentions > 0 ? "*" : "", t->name, t->unread);
    }
}

static void
add_counts(char *label, const struct talk *t)
{
    size_t pending = count_pending(t);

    if (pending > 0)
        add(label, "%zu to be sent", pending);
    if (t->anchor != 0 && t->unread > 0)
        add(label, "↓ %zu new", t->unread);
    else if (t->anchor != 0)
        add(label, "↓ more");
}

/* Of a reason that is too long, the part behind the last colon says the most. */
static void
add_reason(char *label, const char *why, int room)
{
    const char *last = why;

    room -= clean_width(label, strlen(label)) + 3;
    if (clean_width(why, strlen(why)) > room)
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
    if (l->groups.cols == 0)
        add_activity(label, m);
    if (is_fine(t) && t->n_people > 0)
        add(label, "%zu of %zu here", t->here, t->n_people);
    if (!is_fine(t) && t->why[0] != '\0')
        add_reason(label, t->why, a->cols - 2);
    grid_fill(g, a->row, a->col, a->cols, pen, " ");
    grid_label(g, a->row, a->col + 1, a->cols - 2, pen, label);
}
