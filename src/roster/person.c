#include "roster/person.h"

#include <stdlib.h>
#include <string.h>

bool
person_is_in(const struct person *p)
{
    return p->joined_seq != 0 && p->left_seq == 0;
}

bool
person_is_known(const struct person *p)
{
    return p->joined_seq != 0 || p->role_set || p->ban_seq != 0;
}

struct span
person_nick(const struct person *p)
{
    return (struct span){p->nick, p->nick_len};
}

void
person_set_nick(struct person *p, struct span nick)
{
    p->nick_len = (uint8_t)nick.len;
    if (nick.len > 0)
        memcpy(p->nick, nick.p, nick.len);
}

void
person_clear(struct person *p)
{
    free(p->stays);
    p->stays = NULL;
    p->n_stays = p->cap_stays = 0;
}

enum status
person_copy(struct person *to, const struct person *from)
{
    struct person copy = *from;

    copy.no = to->no;
    copy.cap_stays = from->n_stays;
    copy.stays = NULL;
    if (from->n_stays > 0) {
        copy.stays = calloc(from->n_stays, sizeof *copy.stays);
        if (copy.stays == NULL)
            return ST_NOMEM;
        memcpy(copy.stays, from->stays, from->n_stays * sizeof *copy.stays);
    }
    person_clear(to);
    *to = copy;
    return ST_OK;
}

/* ---- stays ---- */

enum status
person_reserve_stay(struct person *p)
{
    size_t cap = p->cap_stays == 0 ? 1 : p->cap_stays * 2;
    struct stay *more;

    if (p->n_stays < p->cap_stays || p->n_stays == STAYS_MAX)
        return ST_OK;
    if (cap > STAYS_MAX)
        cap = STAYS_MAX;
    more = reallocarray(p->stays, cap, sizeof *more);
    if (more == NULL)
        return ST_NOMEM;
    p->stays = more;
    p->cap_stays = cap;
    return ST_OK;
}

enum status
person_begin_stay(struct person *p, uint64_t first)
{
    enum status st = person_reserve_stay(p);

    if (st != ST_OK)
        return st;
    if (p->n_stays == STAYS_MAX)
        memmove(p->stays, p->stays + 1, --p->n_stays * sizeof *p->stays);
    p->stays[p->n_stays++] = (struct stay){.first = first, .last = UINT64_MAX};
    return ST_OK;
}

void
person_end_stay(struct person *p, uint64_t last)
{
    if (p->n_stays > 0)
        p->stays[p->n_stays - 1].last = last;
}

bool
person_has_stay_to_forget(const struct person *p, uint64_t first)
{
    return p->n_stays > 1 && p->stays[1].first <= first;
}

void
person_forget_stays(struct person *p, uint64_t first)
{
    size_t gone = 0;

    while (gone + 1 < p->n_stays && p->stays[gone + 1].first <= first)
        gone++;
    if (gone == 0)
        return;
    p->n_stays -= gone;
    memmove(p->stays, p->stays + gone, p->n_stays * sizeof *p->stays);
}

uint64_t
person_oldest_stay(const struct person *p)
{
    return p->n_stays > 0 ? p->stays[0].first : p->joined_seq;
}
