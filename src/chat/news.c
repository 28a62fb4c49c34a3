#include "chat/news.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_CAP 16

struct piece {
    struct piece *next;
    char bytes[];
};

struct errand *
errand_new(enum errand_kind kind, const char *group, const char *text)
{
    struct errand *e = calloc(1, sizeof *e);

    if (e == NULL)
        return NULL;
    e->kind = kind;
    e->group = group != NULL ? strdup(group) : NULL;
    e->text = text != NULL ? strdup(text) : NULL;
    if ((group != NULL && e->group == NULL) || (text != NULL && e->text == NULL)) {
        errand_free(e);
        return NULL;
    }
    return e;
}

void
errand_free(struct errand *e)
{
    if (e == NULL)
        return;
    free(e->group);
    free(e->text);
    free(e);
}

struct news *
news_new(enum news_kind kind)
{
    struct news *n = calloc(1, sizeof *n);

    if (n != NULL) {
        n->bytes = sizeof *n;
        n->kind = kind;
        n->code = n->text = n->went_back = "";
    }
    return n;
}

void
news_free(struct news *n)
{
    if (n == NULL)
        return;
    while (n->pieces != NULL) {
        struct piece *p = n->pieces;
        n->pieces = p->next;
        free(p);
    }
    errand_free(n->errand);
    free(n->groups);
    free(n->members);
    free(n->entries);
    free(n);
}

static const void *
copy(struct news *n, const void *bytes, size_t len)
{
    struct piece *p = malloc(sizeof *p + len + 1);

    if (p == NULL)
        return NULL;
    if (len > 0)
        memcpy(p->bytes, bytes, len);
    p->bytes[len] = '\0';
    p->next = n->pieces;
    n->pieces = p;
    n->bytes += sizeof *p + len + 1;
    return p->bytes;
}

const char *
news_string(struct news *n, const char *text)
{
    return copy(n, text, strlen(text));
}

static const char *
string_or_empty(struct news *n, const char *text, bool *good)
{
    const char *own = news_string(n, text != NULL ? text : "");

    *good = *good && own != NULL;
    return own;
}

static bool
copy_entry(struct news *n, struct conclave_entry *e)
{
    bool good = true;

    e->group = string_or_empty(n, e->group, &good);
    e->nick = string_or_empty(n, e->nick, &good);
    e->subject_nick = string_or_empty(n, e->subject_nick, &good);
    e->body = copy(n, e->body, e->body_len);
    e->ext = NULL;
    e->ext_len = 0;
    return good && e->body != NULL;
}

bool
news_event(struct news *n, const struct conclave_event *e)
{
    bool good = true;

    n->event = *e;
    n->event.group = string_or_empty(n, e->group, &good);
    n->event.code = string_or_empty(n, e->code, &good);
    n->event.text = string_or_empty(n, e->text, &good);
    if (e->type != CONCLAVE_EVENT_ENTRY)
        n->event.entry = (struct conclave_entry){0};
    else
        good = copy_entry(n, &n->event.entry) && good;
    return good;
}

/* Room for one more of the n->n things: doubles at powers of two. */
static void *
grow(struct news *n, void *things, size_t size)
{
    n->bytes += size;
    if (n->n == 0)
        return malloc(FIRST_CAP * size);
    if (n->n < FIRST_CAP || (n->n & (n->n - 1)) != 0)
        return things;
    return realloc(things, 2 * n->n * size);
}

bool
news_add_member(struct news *n, const struct conclave_member *m)
{
    struct conclave_member *members = grow(n, n->members, sizeof *members);
    bool good = true;

    if (members == NULL)
        return false;
    n->members = members;
    members[n->n] = *m;
    members[n->n].nick = string_or_empty(n, m->nick, &good);
    n->n += good;
    return good;
}

bool
news_add_entry(struct news *n, const struct conclave_entry *e)
{
    struct conclave_entry *entries = grow(n, n->entries, sizeof *entries);

    if (entries == NULL)
        return false;
    n->entries = entries;
    entries[n->n] = *e;
    if (!copy_entry(n, &entries[n->n]))
        return false;
    n->n++;
    return true;
}

bool
news_add_group(struct news *n, const struct conclave_group *g)
{
    struct conclave_group *groups = grow(n, n->groups, sizeof *groups);
    bool good = true;

    if (groups == NULL)
        return false;
    n->groups = groups;
    groups[n->n] = *g;
    groups[n->n].name = string_or_empty(n, g->name, &good);
    groups[n->n].key = string_or_empty(n, g->key, &good);
    groups[n->n].address = string_or_empty(n, g->address, &good);
    groups[n->n].description = string_or_empty(n, g->description, &good);
    n->n += good;
    return good;
}

bool
news_info(struct news *n, const struct conclave_info *info)
{
    bool good = true;

    n->info = *info;
    n->info.topic = string_or_empty(n, info->topic, &good);
    n->info.history = string_or_empty(n, info->history, &good);
    n->info.admission = string_or_empty(n, info->admission, &good);
    n->info.key = string_or_empty(n, info->key, &good);
    n->info.address = string_or_empty(n, info->address, &good);
    return good;
}
