#include "store/people.h"

#include <stdlib.h>
#include <string.h>

struct person_saved {
    struct person *person;
    struct person was;
};

static void
free_person(struct person *person)
{
    free(person->stays);
    free(person);
}

static void
forget_saved(struct people *p)
{
    while (p->n_saved > 0)
        free(p->saved[--p->n_saved].was.stays);
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

bool
person_is_known(const struct person *person)
{
    return person->joined_seq != 0 || person->role_set || person->ban_seq != 0;
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

/* ---- taking back ---- */

void
people_mark(struct people *p)
{
    p->marked_n = p->n;
    p->marked_forget_at = p->forget_at;
    forget_saved(p);
}

static bool
grow_saved(struct people *p)
{
    size_t cap = p->cap_saved == 0 ? 16 : p->cap_saved * 2;
    struct person_saved *saved;

    if (p->n_saved < p->cap_saved)
        return true;
    saved = reallocarray(p->saved, cap, sizeof *saved);
    if (saved == NULL)
        return false;
    p->saved = saved;
    p->cap_saved = cap;
    return true;
}

/* Room for n stays, and one more where that makes a power of two. */
static size_t
room_for(size_t n)
{
    size_t room = 1;

    while (room < n)
        room *= 2;
    return room;
}

static bool
copy_stays(const struct person *from, struct person *to)
{
    to->stays = NULL;
    if (from->n_stays == 0)
        return true;
    to->stays = calloc(room_for(from->n_stays), sizeof *to->stays);
    if (to->stays == NULL)
        return false;
    memcpy(to->stays, from->stays, from->n_stays * sizeof *to->stays);
    return true;
}

enum status
people_save(struct people *p, struct person *person)
{
    struct person was = *person;

    if (!grow_saved(p) || !copy_stays(person, &was))
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

        free(saved->person->stays);
        *saved->person = saved->was;
    }
    while (p->n > p->marked_n) {
        struct person *person = p->by_no[p->n - 1];
        size_t at = place_of(p, &person->uuid);

        p->n--;
        memmove(p->by_uuid + at, p->by_uuid + at + 1, (p->n - at) * sizeof(struct person *));
        free_person(person);
    }
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
    struct store_stay *more = person->stays;
    size_t n = person->n_stays;

    if (n == STORE_STAYS_MAX) {
        memmove(more, more + 1, --n * sizeof *more);
    } else if (n == 0 || room_for(n) == n) {
        more = reallocarray(more, room_for(n + 1), sizeof *more);
        if (more == NULL)
            return ST_NOMEM;
        person->stays = more;
    }
    more[n] = (struct store_stay){.first = first, .last = UINT64_MAX};
    person->n_stays = n + 1;
    note_forget_at(p, person);
    return ST_OK;
}

void
person_end_stay(struct person *person, uint64_t last)
{
    person->stays[person->n_stays - 1].last = last;
}

bool
person_has_stay_to_forget(const struct person *person, uint64_t first)
{
    return person->n_stays > 1 && person->stays[1].first <= first;
}

void
person_forget_stays(struct person *person, uint64_t first)
{
    size_t gone = 0;

    while (gone + 1 < person->n_stays && person->stays[gone + 1].first <= first)
        gone++;
    if (gone == 0)
        return;
    person->n_stays -= gone;
    memmove(person->stays, person->stays + gone, person->n_stays * sizeof *person->stays);
}

void
people_note_forget_at(struct people *p)
{
    p->forget_at = 0;
    for (size_t i = 0; i < p->n; i++)
        note_forget_at(p, p->by_no[i]);
}

uint64_t
person_oldest_stay(const struct person *person)
{
    return person->n_stays > 0 ? person->stays[0].first : person->joined_seq;
}
