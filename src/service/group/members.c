#include "group/members.h"

#include <stdlib.h>
#include <string.h>

struct members {
    struct member **all; /* sorted by uuid */
    size_t n;
    size_t cap;
    size_t n_in;
    size_t n_coming;
};

enum status
members_new(struct members **out)
{
    *out = calloc(1, sizeof **out);
    return *out ? ST_OK : ST_NOMEM;
}

static void
member_free(struct member *who)
{
    free(who->stays);
    free(who);
}

void
members_free(struct members *m)
{
    if (!m)
        return;
    for (size_t i = 0; i < m->n; i++)
        member_free(m->all[i]);
    free(m->all);
    free(m);
}

/* ---- finding ---- */

/* Index of the first that does not sort before uuid (or, with `past`, sorts after it). */
static size_t
lower_bound(const struct members *m, const struct id *uuid, bool past)
{
    size_t from = 0, to = m->n;

    while (from < to) {
        size_t mid = from + (to - from) / 2;
        int c = memcmp(m->all[mid]->uuid.bytes, uuid->bytes, ID_LEN);

        if (c < 0 || (past && c == 0))
            from = mid + 1;
        else
            to = mid;
    }
    return from;
}

struct member *
members_find(const struct members *m, const struct id *uuid)
{
    size_t i = lower_bound(m, uuid, false);

    return i < m->n && id_equal(&m->all[i]->uuid, uuid) ? m->all[i] : NULL;
}

size_t
members_total(const struct members *m)
{
    return m->n;
}

struct member *
members_at(const struct members *m, size_t i)
{
    return m->all[i];
}

size_t
members_after(const struct members *m, const struct id *after)
{
    return lower_bound(m, after, true);
}

/* ---- coming and going ---- */

struct member *
members_add(struct members *m, const struct id *uuid)
{
    size_t i = lower_bound(m, uuid, false);

    if (i < m->n && id_equal(&m->all[i]->uuid, uuid))
        return m->all[i];
    if (m->n == m->cap) {
        size_t cap = m->cap ? m->cap * 2 : 64;
        struct member **all = realloc(m->all, cap * sizeof *all);

        if (!all)
            return NULL;
        m->all = all;
        m->cap = cap;
    }
    struct member *who = calloc(1, sizeof *who);
    if (!who)
        return NULL;
    who->uuid = *uuid;
    memmove(m->all + i + 1, m->all + i, (m->n - i) * sizeof *m->all);
    m->all[i] = who;
    m->n++;
    return who;
}

static void
drop_at(struct members *m, size_t i)
{
    member_free(m->all[i]);
    memmove(m->all + i, m->all + i + 1, (m->n - i - 1) * sizeof *m->all);
    m->n--;
}

static bool
at_rest(const struct member *who)
{
    return who->state == MEMBER_OUT && who->under_way == 0 && who->n_sessions == 0;
}

static bool
is_noted(const struct member *who)
{
    return who->role_set || who->banned;
}

void
members_drop_blank(struct members *m, struct member *who)
{
    if (at_rest(who) && !is_noted(who) && who->joined_seq == 0)
        drop_at(m, lower_bound(m, &who->uuid, false));
}

static bool
may_be_forgotten(const struct member *who)
{
    return at_rest(who) && !is_noted(who);
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
    int64_t *ends = malloc((m->n + 1) * sizeof *ends);
    int64_t found = INT64_MIN;
    size_t n_ends = 0;

    for (size_t i = 0; ends && i < m->n; i++)
        if (may_be_forgotten(m->all[i]))
            ends[n_ends++] = m->all[i]->until;
    if (n_ends > 0) {
        qsort(ends, n_ends, sizeof *ends, by_time);
        found = ends[(n < n_ends ? n : n_ends) - 1];
    }
    free(ends);
    return found;
}

size_t
members_forget(struct members *m, size_t n)
{
    int64_t last = n > 0 ? nth_end(m, n) : INT64_MIN;
    size_t kept = 0, gone = 0;

    for (size_t i = 0; i < m->n; i++) {
        struct member *who = m->all[i];

        if (gone < n && may_be_forgotten(who) && who->until <= last) {
            member_free(who);
            gone++;
        } else {
            m->all[kept++] = who;
        }
    }
    m->n = kept;
    return gone;
}

/* ---- state ---- */

static enum member_state
state_of(const struct member *who)
{
    if (who->endings > 0 || who->due != REMOVAL_NONE)
        return MEMBER_LEAVING;
    if (who->in)
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
    count(&m->n_in, &who->counted_in, who->in);
    count(&m->n_coming, &who->counted_coming, !who->in && who->joins > 0);
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
    for (size_t i = 0; i < m->n; i++) {
        const struct member *who = m->all[i];

        if (who->state == MEMBER_IN && member_role(who) == ROLE_OWNER &&
            !id_equal(&who->uuid, self))
            return true;
    }
    return false;
}

enum role
member_role(const struct member *who)
{
    return who->roles > 0 && who->least_role < who->role ? who->least_role : who->role;
}

bool
member_is_banned(const struct member *who)
{
    return who->banned || who->bans > 0 || who->due == REMOVAL_BAN;
}

/* ---- nicks ---- */

bool
nick_set(struct nick *out, struct span text)
{
    memset(out, 0, sizeof *out);
    if (text.len > 0)
        memcpy(out->text, text.p, text.len);
    return fold_name(&out->fold, text);
}

bool
members_nick_taken(const struct members *m, const struct fold *nick, const struct id *self)
{
    for (size_t i = 0; i < m->n; i++) {
        const struct member *who = m->all[i];
        bool asks = who->joins > 0 || who->naming;

        if (((who->in && fold_equal(&who->nick.fold, nick)) ||
             (asks && fold_equal(&who->wanted.fold, nick))) &&
            !id_equal(&who->uuid, self))
            return true;
    }
    return false;
}

/* ---- stays ---- */

enum status
member_reserve_stay(struct member *who)
{
    size_t need = who->n_stays < STAYS_MAX ? who->n_stays + 1 : STAYS_MAX;
    struct stay *more;

    if (need <= who->cap_stays)
        return ST_OK;
    more = realloc(who->stays, need * sizeof *more);
    if (!more)
        return ST_NOMEM;
    who->stays = more;
    who->cap_stays = need;
    return ST_OK;
}

void
member_begin_stay(struct member *who, uint64_t seq)
{
    if (who->n_stays == STAYS_MAX) {
        who->n_stays--;
        memmove(who->stays, who->stays + 1, who->n_stays * sizeof *who->stays);
    }
    who->stays[who->n_stays++] = (struct stay){.first = seq, .last = UINT64_MAX};
}

void
member_end_stay(struct member *who, uint64_t seq)
{
    if (who->n_stays > 0)
        who->stays[who->n_stays - 1].last = seq;
}
