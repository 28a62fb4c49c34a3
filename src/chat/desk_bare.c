#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "chat/desk.h"
#include "model/talk.h"
#include "screen/phrase.h"
#include "screen/terminal.h"

#define LAST_LINE "-- Enter: back"
#define TEXT_MAX  (CONCLAVE_INVITE_MAX + 512)

static void
wipe(char *text)
{
    if (text != NULL)
        explicit_bzero(text, strlen(text));
    free(text);
}

void
desk_bare(struct desk *d, char *text)
{
    wipe(d->bare_text);
    d->bare_text = text;
    d->bare = d->dirty = true;
    d->bare_drawn = false;
}

void
desk_bare_end(struct desk *d)
{
    wipe(d->bare_text);
    d->bare_text = NULL;
    d->bare = false;
    d->dirty = d->redraw = true;
}

void
desk_bare_draw(struct desk *d)
{
    struct buf b;

    if (d->bare_drawn)
        return;
    buf_init(&b, 0);
    if (d->bare_text != NULL)
        (void)buf_append(&b, d->bare_text, strlen(d->bare_text));
    else
        view_bare(d->view, d->model, &d->grid, d->grid.rows - 1, &b);
    (void)buf_append(&b, LAST_LINE, sizeof LAST_LINE - 1);
    if (!b.failed)
        terminal_bare((const char *)b.p, b.len);
    if (b.p != NULL)
        explicit_bzero(b.p, b.len);
    buf_clear(&b);
    d->bare_drawn = true;
}

static bool
goes_back(const struct key *key)
{
    if (key->code == KEY_CODE_CHAR && key->ctrl)
        return key->ch == 'C' || key->ch == 'L';
    if (key->code == KEY_CODE_CHAR)
        return key->alt ? key->ch == 'l' : key->ch == ' ' || key->ch == 'q';
    return key->code == KEY_CODE_ENTER || key->code == KEY_CODE_ESCAPE;
}

static bool
scrolls(const struct key *key)
{
    return key->code == KEY_CODE_PAGE_UP || key->code == KEY_CODE_PAGE_DOWN ||
           (key->alt && (key->code == KEY_CODE_HOME || key->code == KEY_CODE_END));
}

bool
desk_bare_key(struct desk *d, const struct key *key)
{
    d->bare_drawn = false;
    if (scrolls(key) && d->bare_text == NULL)
        return false;
    desk_bare_end(d);
    return goes_back(key);
}

/* ---- invitations ---- */

static void
say_until(char *out, size_t size, int64_t lasts_s)
{
    char day[PHRASE_DAY_LEN + 1], time[PHRASE_TIME_LEN + 1], span[PHRASE_SPAN_LEN + 1];
    int64_t until = clock_wall_ns() + lasts_s * NS_PER_S;

    if (lasts_s == 0) {
        snprintf(out, size, "without end");
        return;
    }
    phrase_span(span, lasts_s);
    phrase_day(day, until);
    phrase_time(time, until);
    snprintf(out, size, "for %s, until %s %s", span, day, time);
}

void
desk_invitation(struct desk *d, struct talk *t, const struct news *n)
{
    char until[128];
    char *text = malloc(TEXT_MAX);
    bool copied = terminal_copy(n->text, strlen(n->text));
    size_t len;

    if (text == NULL)
        return;
    say_until(until, sizeof until, n->errand->time);
    snprintf(text, TEXT_MAX, "An invitation to %s for %d %s, %s:\n%s", t->name,
             (int)n->errand->first, n->errand->first == 1 ? "person" : "people", until, n->text);
    talk_note(d->model, t, false, text);
    len = strlen(text);
    snprintf(text + len, TEXT_MAX - len,
             "\n\nWhoever has it can join: let nobody else read it.%s\n",
             copied ? " It is on the clipboard, if the terminal lets programs put something there."
                    : "");
    desk_bare(d, text);
}
