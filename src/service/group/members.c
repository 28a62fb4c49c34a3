#include "group/members.h"

#include <stdlib.h>
#include <string.h>

struct members {
    struct people *people; /* each the first field of a struct member */
    size_t n_in;
    size_t n_coming;
};

enum status
members_new(struct members **out, struct people *people)
{
    *out = calloc(1, sizeof **out);
    if (*out == NULL)
        return ST_NOMEM;
    people->person_size = sizeof(struct member);
    (*out)->people = people;
    return ST_OK;
}

void
members_free(struct members *m)
{
    free(m);
}

/* ---- finding ---- */

struct member *
members_find(const struct members *m, const struct id *uuid)
{
    return (struct member *)people_find(m->people, uuid);
}

size_t
members_total(const struct members *m)
{
    return m->people->n;
}

struct member *
members_at(const struct members *m, size_t i)
{
    return (struct member *)m->people->by_uuid[i];
}

size_t
members_after(const struct members *m, const struct id *after)
{
    return people_after(m->people, after);
}

/* ---- coming and going ---- */

struct member *
members_add(struct members *m, const struct id *uuid)
{
    struct person *p = people_find(m->people, uuid);

    if (p == NULL && people_add(m->people, uuid, &p) != ST_OK)
        return NULL;
    return (struct member *)p;
}

static bool
at_rest(const struct member *who)
{
    return who->state == MEMBER_OUT && who->under_way == 0 && who->n_tickets == 0;
}

void
members_drop_blank(struct members *m, struct member *who)
{
    if (at_rest(who) && !person_is_known(&who->p))
        people_drop(m->people, &who->p);
}

static bool
may_be_forgotten(const struct member *who)
{
    return at_rest(who) && !who->p.role_set && who->p.ban_seq == 0;
}

static int
by_time(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* The n-th of those who may be forgotten left then; INT64_MIN: there is nobody, or no memory. */
static int64_t
nth_end(const struct members *m, size_t n)
{
    int64_t *ends = malloc((members_total(m) + 1) * sizeof *ends);
    int64_t found = INT64_MIN;
    size_t n_ends = 0;

    for (size_t i = 0; ends != NULL && i < members_total(m); i++)
        if (may_be_forgotten(members_at(m, i)))
            ends[n_ends++] = members_at(m, i)->p.left_ts;
    if (n_ends > 0) {
        qsort(ends, n_ends, sizeof *ends, by_time);
        found = ends[(n < n_ends ? n : n_ends) - 1];
    }
    free(ends);
    return found;
}

struct forgetting {
    size_t most;
    size_t gone;
    int64_t last;
};

static bool
is_forgotten(void *ctx, const struct person *p)
{
    struct forgetting *f = ctx;
    bool goes =
        f->gone < f->most && may_be_forgotten((const struct member *)p) && p->left_ts <= f->last;

    f->gone += goes;
    return goes;
}

size_t
members_forget(struct members *m, size_t n)
{
    struct forgetting f = {.most = n, .last = n > 0 ? nth_end(m, n) : INT64_MIN};

    people_drop_some(m->people, is_forgotten, &f);
    return f.gone;
}

/* ---- state ---- */

static enum member_state
state_of(const struct member *who)
{
    if (who->endings > 0 || who->due != REMOVAL_NONE)
        return MEMBER_LEAVING;
    if (person_is_in(&who->p))
        return MEMBER_IN;
    return who->joins > 0 ? MEMBER_JOINING : MEMBER_OUT;
}

static void
count(size_t *n, bool *counted, bool now)
{
    if (now && !*counted)
        ++*n;
    else if (!now && *counted)
        --*n;
    *counted = now;
}

void
members_settle(struct members *m, struct member *who)
{
    who->state = state_of(who);
    count(&m->n_in, &who->counted_in, person_is_in(&who->p));
    count(&m->n_coming, &who->counted_coming, !person_is_in(&who->p) && who->joins > 0);
}

size_t
members_in(const struct members *m)
{
    return m->n_in;
}

size_t
members_coming(const struct members *m)
{
    return m->n_coming;
}

bool
members_other_owner(const struct members *m, const struct id *self)
{
    for (size_t i = 0; i < members_total(m); i++) {
        const struct member *who = members_at(m, i);

        if (who->state == MEMBER_IN && member_role(who) == ROLE_OWNER &&
            !id_equal(&who->p.uuid, self))
            return true;
    }
    return false;
}

enum role
member_role(const struct member *who)
{
    return who->roles > 0 && who->least_role < who->p.role ? who->least_role : who->p.role;
}

bool
member_is_banned(const struct member *who)
{
    return who->p.ban_seq != 0 || who->bans > 0 || who->due == REMOVAL_BAN;
}

/* ---- nicks ---- */

bool
nick_set(struct member_nick *out, struct span text)
{
    memset(out, 0, sizeof *out);
    if (text.len > 0)
        memcpy(out->text, text.p, text.len);
    return fold_name(&out->fold, text);
}

bool
members_nick_taken(const struct members *m, const struct fold *nick, const struct id *self)
{
    for (size_t i = 0; i < members_total(m); i++) {
        const struct member *who = members_at(m, i);
        bool asks = who->joins > 0 || who->naming;

        if (((person_is_in(&who->p) && fold_equal(&who->fold, nick)) ||
             (asks && fold_equal(&who->wanted.fold, nick))) &&
            !id_equal(&who->p.uuid, self))
            return true;
    }
    return false;
}
