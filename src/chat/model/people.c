#include "model/items.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "model/clean.h"

void
talk_state(struct talk *t, enum talk_state state, const char *why)
{
    t->state = state;
    clean_fixed(t->why, sizeof t->why, span_of(why));
}

void
talk_topic(struct talk *t, const char *topic, size_t len)
{
    free(t->topic);
    t->topic = NULL;
    if (len > 0)
        t->topic = clean_new((struct span){(const uint8_t *)topic, len}, false, NULL);
}

static int
compare_people(const void *a, const void *b)
{
    const struct person *p = a, *q = b;
    int order;

    if (p->here != q->here)
        return p->here ? -1 : 1;
    order = strcasecmp(p->nick, q->nick);
    return order != 0 ? order : memcmp(&p->uuid, &q->uuid, sizeof p->uuid);
}

static void
find_mentions(struct talk *t)
{
    for (size_t i = 0; i < t->n_items; i++) {
        struct item *item = &t->items[i];

        if (item->kind != ITEM_ENTRY || item->what != CONCLAVE_MESSAGE || item->own ||
            item->mention || item->text == NULL || !talk_text_names(item->text, t->nick))
            continue;
        item->mention = true;
        t->mentions += item->seq > t->read && t->unread > 0;
    }
}

void
talk_people(struct model *m, struct talk *t, const struct conclave_member *members, size_t n)
{
    struct person *people = calloc(n > 0 ? n : 1, sizeof *people);
    bool was_known = t->nick[0] != '\0';

    if (people == NULL)
        return;
    t->here = 0;
    for (size_t i = 0; i < n; i++) {
        people[i].uuid = members[i].uuid;
        people[i].role = members[i].role;
        people[i].here = members[i].here;
        t->here += members[i].here;
        clean_fixed(people[i].nick, sizeof people[i].nick, span_of(members[i].nick));
        if (id_is(&people[i].uuid, &m->self))
            memcpy(t->nick, people[i].nick, sizeof t->nick);
    }
    qsort(people, n, sizeof *people, compare_people);
    free(t->people);
    t->people = people;
    t->n_people = n;
    if (!was_known)
        find_mentions(t);
}

const struct person *
talk_person(const struct talk *t, const struct conclave_id *id)
{
    for (size_t i = 0; i < t->n_people; i++)
        if (id_is(&t->people[i].uuid, id))
            return &t->people[i];
    return NULL;
}

/* ---- read and unread ---- */

void
talk_restart(struct talk *t)
{
    items_remove(t, 0, t->n_items);
    t->anchor = 0;
    t->log = (struct conclave_id){{0}};
    t->newest = t->read = t->unread_from = 0;
    t->unread = t->mentions = 0;
}

void
talk_seen(struct talk *t)
{
    t->read = t->newest > t->read ? t->newest : t->read;
    t->unread = 0;
    t->mentions = 0;
}

void
talk_read_from(struct talk *t, uint64_t read)
{
    t->read = read;
    t->unread_from = read + 1;
}

void
talk_keep_draft(struct talk *t, const char *text, size_t cursor)
{
    free(t->draft);
    t->draft = text[0] != '\0' ? strdup(text) : NULL;
    t->draft_cursor = cursor;
}
