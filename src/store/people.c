#include "people.h"

#include <stdlib.h>
#include <string.h>

struct person_saved {
    struct person *person;
    struct person was;
};

void
people_clear(struct people *p)
{
    for (size_t i = 0; i < p->n; i++)
        free(p->by_no[i]);
    free(p->by_no);
    free(p->by_uuid);
    free(p->saved);
    *p = (struct people){0};
}

/* The first place whose UUID is not below uuid. */
static size_t
place_of(const struct people *p, const struct id *uuid)
{
    size_t low = 0;
    size_t high = p->n;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (memcmp(p->by_uuid[mid]->uuid.bytes, uuid->bytes, ID_LEN) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

struct person *
people_find(struct people *p, const struct id *uuid)
{
    size_t at;

    if (p->last != NULL && id_equal(&p->last->uuid, uuid))
        return p->last;
    at = place_of(p, uuid);
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

bool
person_is_in(const struct person *person)
{
    return person->joined_seq != 0 && person->left_seq == 0;
}

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
    struct person *person = calloc(1, sizeof *person);
    size_t at = place_of(p, uuid);

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
people_mark(struct people *p)
{
    p->marked_n = p->n;
    p->n_saved = 0;
}

enum status
people_save(struct people *p, struct person *person)
{
    if (p->n_saved == p->cap_saved) {
        size_t cap = p->cap_saved == 0 ? 16 : p->cap_saved * 2;
        struct person_saved *saved = reallocarray(p->saved, cap, sizeof *saved);

        if (saved == NULL)
            return ST_NOMEM;
        p->saved = saved;
        p->cap_saved = cap;
    }
    p->saved[p->n_saved++] = (struct person_saved){.person = person, .was = *person};
    return ST_OK;
}

void
people_undo(struct people *p)
{
    /* Backwards: of someone changed twice, the oldest copy is the one to end with. */
    while (p->n_saved > 0) {
        p->n_saved--;
        *p->saved[p->n_saved].person = p->saved[p->n_saved].was;
    }
    while (p->n > p->marked_n) {
        struct person *person = p->by_no[p->n - 1];
        size_t at = place_of(p, &person->uuid);

        p->n--;
        memmove(p->by_uuid + at, p->by_uuid + at + 1, (p->n - at) * sizeof(struct person *));
        free(person);
    }
    p->last = NULL;
}
