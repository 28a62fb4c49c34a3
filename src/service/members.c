#include "members.h"

#include <stdlib.h>
#include <string.h>

#include "text.h"

struct members {
    struct member **all; /* sorted by uuid */
    size_t n;
    size_t cap;
};

enum status
members_new(struct members **out)
{
    *out = calloc(1, sizeof **out);
    return *out ? ST_OK : ST_NOMEM;
}

void
members_free(struct members *m)
{
    if (!m)
        return;
    for (size_t i = 0; i < m->n; i++)
        free(m->all[i]);
    free(m->all);
    free(m);
}

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

void
members_drop(struct members *m, struct member *who)
{
    size_t i = lower_bound(m, &who->uuid, false);

    memmove(m->all + i, m->all + i + 1, (m->n - i - 1) * sizeof *m->all);
    m->n--;
    free(who);
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

bool
members_nick_taken(const struct members *m, struct span nick, const struct id *self)
{
    for (size_t i = 0; i < m->n; i++) {
        const struct member *who = m->all[i];

        if (who->state != MEMBER_OUT && !id_equal(&who->uuid, self) &&
            text_equal_nocase(span_of(who->nick), nick))
            return true;
    }
    return false;
}

size_t
members_in(const struct members *m)
{
    size_t n = 0;

    for (size_t i = 0; i < m->n; i++)
        n += m->all[i]->state == MEMBER_IN || m->all[i]->state == MEMBER_LEAVING;
    return n;
}
