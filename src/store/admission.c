#include "store/change.h"

enum status
change_invite(struct work *w, struct store_change *c)
{
    const struct invitations *all = &w->s->roster.invitations;
    enum status st = ST_OK;

    if (c->invite.uses == 0 || c->invite.uses > INT64_MAX)
        return change_refuse(c, ST_INVALID);
    if (invitations_find(all, c->invite.hash) != NULL)
        return ST_OK;
    if (invitations_valid(all, w->now_ns) >= INVITATIONS_MAX)
        return change_refuse(c, ST_FULL);
    c->invite.by = c->author;
    c->invite.since = w->now_ns;
    /* These make room for it in the roster. */
    for (size_t i = 0; st == ST_OK && all->n >= INVITATIONS_MAX && i < all->n; i++)
        if (invitation_is_expired(&all->v[i], w->now_ns) && w->s->rows != NULL)
            st = w->s->rows->no_invite(w->s, all->v[i].hash, w->why);
    return st == ST_OK ? change_carry_out(w, c, NULL) : st;
}

enum status
change_revoke(struct work *w, struct store_change *c)
{
    if (invitations_find(&w->s->roster.invitations, c->invite.hash) == NULL)
        return change_refuse(c, ST_NOT_FOUND);
    return change_carry_out(w, c, NULL);
}

bool
change_may_enter(const struct work *w, const struct store_change *c)
{
    const struct invitation *invite = invitations_find(&w->s->roster.invitations, c->invite.hash);

    return invite != NULL && !invitation_is_expired(invite, w->now_ns);
}
