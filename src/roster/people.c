#include "roster/people.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

struct person_saved {
    struct person *person;
    struct person was;
};

static void
free_person(struct person *person)
{
    person_clear(person);
    free(person);
}

static void
forget_saved(struct people *p)
{
    while (p->n_saved > 0)
        person_clear(&p->saved[--p->n_saved].was);
}

void
people_clear(struct people *p)
{
    forget_saved(p);
    for (size_t i = 0; i < p->n; i++)
        free_person(p->by_no[i]);
    free(p->by_no);
    free(p->by_uuid);
    free(p->saved);
    *p = (struct people){.person_size = p->person_size};
}

/* ---- finding ---- */

static int
by_uuid(const void *item, const void *key)
{
    return memcmp((*(struct person *const *)item)->uuid.bytes, ((const struct id *)key)->bytes,
                  ID_LEN);
}

/* The first place whose UUID is not below uuid (or, with `past`, is above it). */
static size_t
place_of(const struct people *p, const struct id *uuid, bool past)
{
    return array_find(p->by_uuid, p->n, uuid, by_uuid, past);
}

struct person *
people_find(struct people *p, const struct id *uuid)
{
    size_t at;

    if (p->last != NULL && id_equal(&p->last->uuid, uuid))
        return p->last;
    at = place_of(p, uuid, false);
    if (at == p->n || !id_equal(&p->by_uuid[at]->uuid, uuid))
        return NULL;
    p->last = p->by_uuid[at];
    return p->last;
}

struct person *
people_numbered(const struct people *p, int64_t no)
{
    if (no < 1 || (uint64_t)no > p->n)
        return NULL;
    return p->by_no[no - 1];
}

size_t
people_after(const struct people *p, const struct id *after)
{
    return place_of(p, after, true);
}

/* ---- coming and going ---- */

static bool
grow(struct people *p)
{
    size_t cap = p->cap == 0 ? 64 : p->cap * 2;
    struct person **by_no;
    struct person **by_uuid;

    if (p->n < p->cap)
        return true;
    if (cap > UINT32_MAX / 2)
        return false;
    by_no = reallocarray(p->by_no, cap, sizeof *by_no);
    if (by_no == NULL)
        return false;
    p->by_no = by_no;
    by_uuid = reallocarray(p->by_uuid, cap, sizeof *by_uuid);
    if (by_uuid == NULL)
        return false;
    p->by_uuid = by_uuid;
    p->cap = cap;
    return true;
}

enum status
people_add(struct people *p, const struct id *uuid, struct person **out)
{
    struct person *person = calloc(1, p->person_size == 0 ? sizeof(struct person) : p->person_size);
    size_t at = place_of(p, uuid, false);

    if (person == NULL || !grow(p)) {
        free(person);
        return ST_NOMEM;
    }
    person->uuid = *uuid;
    person->no = (uint32_t)p->n + 1;
    memmove(p->by_uuid + at + 1, p->by_uuid + at, (p->n - at) * sizeof(struct person *));
    p->by_uuid[at] = person;
    p->by_no[p->n++] = person;
    *out = person;
    return ST_OK;
}

void
people_drop(struct people *p, struct person *person)
{
    size_t at = place_of(p, &person->uuid, false);

    p->n--;
    memmove(p->by_uuid + at, p->by_uuid + at + 1, (p->n - at) * sizeof(struct person *));
    for (size_t i = person->no - 1; i < p->n; i++) {
        p->by_no[i] = p->by_no[i + 1];
        p->by_no[i]->no = (uint32_t)i + 1;
    }
    p->last = NULL;
    free_person(person);
}

void
people_drop_some(struct people *p, people_goes *goes, void *ctx)
{
    size_t kept = 0;

    for (size_t i = 0; i < p->n; i++) {
        if (goes(ctx, p->by_uuid[i]))
            p->by_uuid[i]->no = 0;
        else
            p->by_uuid[kept++] = p->by_uuid[i];
    }
    kept = 0;
    for (size_t i = 0; i < p->n; i++) {
        struct person *person = p->by_no[i];

        if (person->no == 0) {
            free_person(person);
        } else {
            p->by_no[kept++] = person;
            person->no = (uint32_t)kept;
        }
    }
    p->n = kept;
    p->last = NULL;
}

/* ---- taking back ---- */

void
people_mark(struct people *p)
{
    p->marked = true;
    p->marked_n = p->n;
    p->marked_forget_at = p->forget_at;
    forget_saved(p);
}

enum status
people_save(struct people *p, struct person *person)
{
    struct person was = {.no = person->no};

    if (!p->marked)
        return ST_OK;
    if (!array_room(p->saved, p->cap_saved, p->n_saved + 1) || person_copy(&was, person) != ST_OK)
        return ST_NOMEM;
    p->saved[p->n_saved++] = (struct person_saved){.person = person, .was = was};
    return ST_OK;
}

void
people_undo(struct people *p)
{
    /* Backwards: of someone changed twice, the oldest copy is the one to end with. */
    while (p->n_saved > 0) {
        const struct person_saved *saved = &p->saved[--p->n_saved];

        person_clear(saved->person);
        *saved->person = saved->was;
    }
    while (p->n > p->marked_n)
        people_drop(p, p->by_no[p->n - 1]);
    p->forget_at = p->marked_forget_at;
    p->last = NULL;
}

/* ---- stays ---- */

static void
note_forget_at(struct people *p, const struct person *person)
{
    uint64_t at = person->n_stays > 1 ? person->stays[1].first : UINT64_MAX;

    if (at != UINT64_MAX && (p->forget_at == 0 || at < p->forget_at))
        p->forget_at = at;
}

enum status
people_begin_stay(struct people *p, struct person *person, uint64_t first)
{
    enum status st = person_begin_stay(person, first);

    if (st == ST_OK)
        note_forget_at(p, person);
    return st;
}

void
people_note_forget_at(struct people *p)
{
    p->forget_at = 0;
    for (size_t i = 0; i < p->n; i++)
        note_forget_at(p, p->by_no[i]);
}
