#include "input/complete.h"

#include <stdlib.h>
#include <string.h>

size_t
complete_from(const struct editor *e)
{
    const char *text = editor_text(e);
    size_t at = editor_cursor(e);

    while (at > 0 && text[at - 1] != ' ' && text[at - 1] != '\n')
        at--;
    return at;
}

static bool
begin(struct completion *c, const struct editor *e)
{
    c->from = complete_from(e);
    c->typed = strndup(editor_text(e) + c->from, editor_cursor(e) - c->from);
    c->turn = 0;
    c->active = c->typed != NULL;
    return c->active;
}

/* The turn-th that fits; NULL: there are fewer. */
static const struct candidate *
fitting(const struct completion *c, const struct candidate *all, size_t n)
{
    size_t len = strlen(c->typed);
    size_t turn = 0;

    for (size_t i = 0; i < n; i++)
        if (strncasecmp(all[i].word, c->typed, len) == 0 && turn++ == c->turn)
            return &all[i];
    return NULL;
}

bool
complete_next(struct completion *c, struct editor *e, const struct candidate *all, size_t n)
{
    const struct candidate *found;

    if (!c->active && !begin(c, e))
        return false;
    found = fitting(c, all, n);
    if (found == NULL && c->turn == 0) {
        complete_reset(c);
        return false;
    }
    if (found == NULL) {
        editor_replace(e, c->from, c->typed);
        c->turn = 0;
        return true;
    }
    editor_replace(e, c->from, found->word);
    editor_replace(e, editor_cursor(e), found->behind);
    c->turn++;
    return true;
}

void
complete_reset(struct completion *c)
{
    free(c->typed);
    *c = (struct completion){0};
}
