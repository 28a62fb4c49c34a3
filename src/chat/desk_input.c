#include <stdlib.h>
#include <string.h>

#include "chat/desk.h"
#include "model/clean.h"
#include "model/talk.h"

#define CANDIDATES_MAX 512
#define TWICE_MS       2000 /* between two Ctrl-C that end the chat */

struct view_input
desk_input(const struct desk *d)
{
    struct view_input in = {.text = "", .people = d->people, .hint = !d->typed};
    const char *text = editor_text(d->editor);
    struct buf b;

    buf_init(&b, 0);
    clean_text(&b, (struct span){(const uint8_t *)text, editor_cursor(d->editor)}, true);
    in.cursor = b.len;
    clean_text(&b, span_of(text + editor_cursor(d->editor)), true);
    (void)buf_append(&b, "", 1);
    in.text = (const char *)b.p;
    if (b.failed) {
        buf_clear(&b);
        in.text = NULL;
    }
    return in;
}

void
desk_input_free(struct view_input *in)
{
    free((void *)(uintptr_t)in->text);
    in->text = NULL;
}

/* ---- completion ---- */

struct candidates {
    struct candidate all[CANDIDATES_MAX];
    size_t n;
};

static void
add(struct candidates *c, const char *word, const char *behind)
{
    if (c->n < CANDIDATES_MAX)
        c->all[c->n++] = (struct candidate){.word = word, .behind = behind};
}

static void
add_verbs(const struct desk *d, struct candidates *c, char names[][32])
{
    for (size_t i = 0; i < d->options->n_verbs && c->n < CANDIDATES_MAX; i++) {
        size_t len = strlen(d->options->verbs[i].name);

        if (len + 2 > sizeof names[0])
            continue;
        names[c->n][0] = '/';
        memcpy(names[c->n] + 1, d->options->verbs[i].name, len + 1);
        add(c, names[c->n], " ");
    }
}

static bool
tab(struct desk *d)
{
    size_t from = d->complete.active ? d->complete.from : complete_from(d->editor);
    const struct talk *t = model_current(d->model);
    bool verb = from == 0 && editor_text(d->editor)[0] == '/';
    struct candidates *c = calloc(1, sizeof *c);
    char names[64][32];
    bool found = false;

    if (c == NULL)
        return false;
    if (verb && d->options->n_verbs <= sizeof names / sizeof names[0]) {
        add_verbs(d, c, names);
    } else if (!verb) {
        for (size_t i = 0; i < t->n_people; i++)
            add(c, t->people[i].nick, from == 0 ? ": " : " ");
        for (size_t i = 1; i < d->model->n_talks; i++)
            add(c, d->model->talks[i]->name, " ");
    }
    found = complete_next(&d->complete, d->editor, c->all, c->n);
    free(c);
    return found;
}

/* ---- sending ---- */

static void
enter(struct desk *d)
{
    char *text = strdup(editor_text(d->editor));

    if (text == NULL || text[0] == '\0') {
        free(text);
        return;
    }
    editor_remember(d->editor, text);
    editor_set(d->editor, "", 0);
    if (text[0] == '/' && text[1] != '/')
        desk_verb(d, text);
    else if (model_current(d->model)->state == TALK_HOME)
        desk_say(d, true, "There is no group here. /join GROUP first, or /msg GROUP TEXT.");
    else
        desk_post(d, model_current(d->model), text + (text[0] == '/'));
    free(text);
}

/* ---- keys ---- */

void
desk_go(struct desk *d, uint64_t seq)
{
    struct view_input in = desk_input(d);

    if (in.text != NULL)
        view_go(d->view, d->model, &in, &d->grid, seq);
    desk_input_free(&in);
}

static void
scroll(struct desk *d, int lines)
{
    struct talk *t = model_current(d->model);
    struct view_input in = desk_input(d);

    if (in.text != NULL)
        view_scroll(d->view, d->model, &in, &d->grid, lines);
    desk_input_free(&in);
    if (t->anchor == 0)
        talk_seen(t);
}

static void
page(struct desk *d, int direction)
{
    struct view_input in = desk_input(d);

    if (in.text != NULL)
        scroll(d, direction * view_page(&in, &d->grid));
    desk_input_free(&in);
}

static void
to_newest(struct desk *d)
{
    struct talk *t = model_current(d->model);
    struct room *r = desk_room(d, t);

    if (r != NULL)
        r->oldest = 0;
    t->anchor = 0;
    t->anchor_below = 0;
    talk_seen(t);
}

/* What was not fetched so far, is fetched from its beginning, and comes in sight. */
static void
to_oldest(struct desk *d)
{
    const struct talk *t = model_current(d->model);
    struct room *r = desk_room(d, t);
    size_t i = 0;

    while (i < t->n_items && t->items[i].kind != ITEM_ENTRY && t->items[i].kind != ITEM_HOLE)
        i++;
    if (r != NULL)
        r->oldest = i < t->n_items && t->items[i].kind == ITEM_HOLE ? t->items[i].seq : 0;
    desk_go(d, 0);
}

/* The next group in which something is not read; mentions first. */
static void
show_unread(struct desk *d)
{
    const struct model *m = d->model;
    size_t best = m->current;

    for (size_t i = 1; i < m->n_talks; i++) {
        const struct talk *t = m->talks[i];
        const struct talk *b = m->talks[best];

        if (i == m->current || t->unread == 0)
            continue;
        if (best == m->current || (t->mentions > 0 && b->mentions == 0))
            best = i;
    }
    desk_show(d, best);
}

static void
turn(struct desk *d, int step)
{
    size_t n = d->model->n_talks;

    desk_show(d, (d->model->current + n + (size_t)(step + (int)n)) % n);
}

static bool
alt_key(struct desk *d, const struct key *key)
{
    switch (key->code) {
    case KEY_CODE_UP:
        turn(d, -1);
        return true;
    case KEY_CODE_DOWN:
        turn(d, 1);
        return true;
    case KEY_CODE_HOME:
        to_oldest(d);
        return true;
    case KEY_CODE_END:
        to_newest(d);
        return true;
    case KEY_CODE_CHAR:
        if (key->ch == 'a')
            show_unread(d);
        else if (key->ch == 'l')
            desk_bare(d, NULL);
        else if (key->ch >= '0' && key->ch <= '9')
            desk_show(d, key->ch - '0');
        else
            return false;
        return true;
    default:
        return false;
    }
}

static bool
own_key(struct desk *d, const struct key *key)
{
    if ((key->alt || key->ctrl) && key->code != KEY_CODE_CHAR && alt_key(d, key))
        return true;
    if (key->alt && key->code == KEY_CODE_CHAR && alt_key(d, key))
        return true;
    switch (key->code) {
    case KEY_CODE_PAGE_UP:
        page(d, 1);
        return true;
    case KEY_CODE_PAGE_DOWN:
        page(d, -1);
        return true;
    case KEY_CODE_TAB:
        (void)tab(d);
        return true;
    default:
        return false;
    }
}

/* What Ctrl-C ends elsewhere, it ends here at the second time. */
static void
interrupt(struct desk *d)
{
    if (d->interrupt_ms != 0 && d->now_ms - d->interrupt_ms <= TWICE_MS) {
        d->quit = true;
        return;
    }
    d->interrupt_ms = d->now_ms;
    desk_say(d, false, "/quit ends the chat, or Ctrl-C once more.");
}

/* Ctrl with a letter, for what the editor does not do. */
static bool
ctrl_key(struct desk *d, const struct key *key)
{
    if (key->code != KEY_CODE_CHAR || !key->ctrl || key->alt)
        return false;
    if (key->ch == 'L')
        d->redraw = true;
    else if (key->ch == 'Z')
        d->suspend = true;
    else if (key->ch == 'C' && editor_len(d->editor) == 0)
        interrupt(d);
    else
        return false;
    return true;
}

void
desk_key(struct desk *d, const struct key *key)
{
    d->dirty = d->typed = true;
    if (key->code != KEY_CODE_TAB)
        complete_reset(&d->complete);
    if (d->bare && desk_bare_key(d, key))
        return;
    if (ctrl_key(d, key))
        return;
    if (key->code == KEY_CODE_PASTE && key->paste.len > CONCLAVE_BODY_MAX - editor_len(d->editor)) {
        desk_say(d, true, "What was pasted is too long: a message has at most %d bytes.",
                 CONCLAVE_BODY_MAX);
        return;
    }
    if (!own_key(d, key) && editor_key(d->editor, key) == EDITOR_DONE)
        enter(d);
}
