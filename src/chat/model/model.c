#include "model/model.h"

#include <stdlib.h>
#include <string.h>

#include "model/clean.h"
#include "model/talk.h"

static void
free_talk(struct talk *t)
{
    if (t == NULL)
        return;
    for (size_t i = 0; i < t->n_items; i++)
        item_clear(&t->items[i]);
    free(t->items);
    free(t->people);
    free(t->topic);
    free(t->draft);
    free(t->name);
    free(t);
}

struct model *
model_new(const struct conclave_id *self, const char *self_name)
{
    struct model *m = calloc(1, sizeof *m);

    if (m == NULL)
        return NULL;
    m->self = *self;
    clean_fixed(m->self_name, sizeof m->self_name, span_of(self_name));
    m->next_uid = 1;
    if (model_add(m, "") == NULL) {
        model_free(m);
        return NULL;
    }
    m->talks[0]->state = TALK_HOME;
    return m;
}

void
model_free(struct model *m)
{
    if (m == NULL)
        return;
    for (size_t i = 0; i < m->n_talks; i++)
        free_talk(m->talks[i]);
    free(m->talks);
    free(m);
}

struct talk *
model_current(const struct model *m)
{
    return m->talks[m->current];
}

struct talk *
model_find(const struct model *m, const char *group)
{
    for (size_t i = 0; i < m->n_talks; i++)
        if (strcmp(m->talks[i]->name, group) == 0)
            return m->talks[i];
    return NULL;
}

struct talk *
model_add(struct model *m, const char *group)
{
    struct talk *t = model_find(m, group);
    struct talk **talks;

    if (t != NULL)
        return t;
    talks = realloc(m->talks, (m->n_talks + 1) * sizeof(*talks));
    if (talks == NULL)
        return NULL;
    m->talks = talks;
    t = calloc(1, sizeof *t);
    if (t == NULL)
        return NULL;
    t->state = TALK_OPENING;
    t->name = strdup(group);
    if (t->name == NULL) {
        free(t);
        return NULL;
    }
    m->talks[m->n_talks++] = t;
    return t;
}

size_t
model_index(const struct model *m, const struct talk *t)
{
    size_t i = 0;

    while (i < m->n_talks && m->talks[i] != t)
        i++;
    return i;
}

void
model_remove(struct model *m, struct talk *t)
{
    size_t at = model_index(m, t);

    if (at == 0 || at == m->n_talks)
        return;
    free_talk(t);
    m->n_talks--;
    memmove(m->talks + at, m->talks + at + 1, (m->n_talks - at) * sizeof(*m->talks));
    if (m->current >= at)
        m->current--;
}

void
model_show(struct model *m, size_t at)
{
    struct talk *t = model_current(m);

    if (at >= m->n_talks || at == m->current)
        return;
    t->unread_from = 0;
    m->current = at;
    t = model_current(m);
    if (t->unread > 0)
        t->unread_from = t->read + 1;
    if (t->anchor == 0)
        talk_seen(t);
}
