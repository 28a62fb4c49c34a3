#include "store/change.h"

static enum status
no_memory(const struct work *w)
{
    return fault_set(w->why, ST_NOMEM, "out of memory");
}

static enum status
forget(struct work *w, const uint8_t hash[static 32])
{
    uint8_t copy[32];

    /* It may be the invitation's own, which goes. */
    for (size_t i = 0; i < sizeof copy; i++)
        copy[i] = hash[i];
    invites_remove(&w->s->roster.invites, copy);
    return w->s->rows == NULL ? ST_OK : w->s->rows->no_invite(w->s, copy, w->why);
}

static enum status
forget_expired(struct work *w)
{
    struct invites *all = &w->s->roster.invites;
    enum status st = ST_OK;

    for (size_t i = all->n; st == ST_OK && i-- > 0;)
        if (invite_is_expired(&all->v[i], w->now_ns))
            st = forget(w, all->v[i].hash);
    return st;
}

enum status
change_invite(struct work *w, struct store_change *c)
{
    struct invites *all = &w->s->roster.invites;
    struct store_invite invite = c->invite;
    enum status st = ST_OK;

    if (invite.uses == 0 || invite.uses > INT64_MAX)
        return change_refuse(c, ST_INVALID);
    if (invites_find(all, invite.hash) != NULL)
        return ST_OK;
    if (all->n - invites_count_expired(all, w->now_ns) >= STORE_INVITES_MAX)
        return change_refuse(c, ST_FULL);
    if (invites_save(all) != ST_OK)
        return no_memory(w);
    if (all->n >= STORE_INVITES_MAX)
        st = forget_expired(w);
    invite.by = c->author;
    invite.since = w->now_ns;
    if (st == ST_OK && invites_add(all, &invite) != ST_OK)
        st = no_memory(w);
    if (st == ST_OK && w->s->rows != NULL)
        st = w->s->rows->invite(w->s, &invite, w->why);
    return st == ST_OK ? change_keep_about(w) : st;
}

enum status
change_revoke(struct work *w, struct store_change *c)
{
    struct invites *all = &w->s->roster.invites;
    enum status st;

    if (invites_find(all, c->invite.hash) == NULL)
        return change_refuse(c, ST_NOT_FOUND);
    if (invites_save(all) != ST_OK)
        return no_memory(w);
    st = forget(w, c->invite.hash);
    return st == ST_OK ? change_keep_about(w) : st;
}

bool
change_may_enter(const struct work *w, const struct store_change *c)
{
    const struct store_invite *invite = invites_find(&w->s->roster.invites, c->invite.hash);

    return invite != NULL && !invite_is_expired(invite, w->now_ns);
}

enum status
change_take_use(struct work *w, const struct store_change *c)
{
    struct invites *all = &w->s->roster.invites;
    const struct store_invite *invite = invites_find(all, c->invite.hash);
    uint64_t left = invite->uses - 1;
    enum status st;

    if (invites_save(all) != ST_OK)
        return no_memory(w);
    if (left == 0) {
        st = forget(w, c->invite.hash);
        return st == ST_OK ? change_keep_about(w) : st;
    }
    invites_set_uses(all, c->invite.hash, left);
    return w->s->rows == NULL ? ST_OK : w->s->rows->invite(w->s, invite, w->why);
}
