#include <string.h>

#include "group/impl.h"

static enum status
load_stays(struct member *who, const struct store_member *m)
{
    for (size_t i = 0; i < m->n_stays; i++) {
        if (member_reserve_stay(who) != ST_OK)
            return ST_NOMEM;
        member_begin_stay(who, m->stays[i].first);
        member_end_stay(who, m->stays[i].last);
    }
    return ST_OK;
}

static enum status
load_member(void *ctx, const struct store_member *m)
{
    struct group *g = ctx;
    struct member *who;

    if (members_total(g->members) >= GROUP_PEOPLE_MAX)
        members_forget(g->members, GROUP_PEOPLE_MAX / 10);
    who = members_add(g->members, &m->uuid);
    if (!who)
        return ST_NOMEM;
    memcpy(who->key, m->key, sizeof who->key);
    nick_set(&who->nick, m->nick);
    who->in = m->joined_seq != 0 && m->left_seq == 0;
    who->joined_seq = m->joined_seq;
    who->since = m->joined_ts;
    who->until = m->left_ts;
    who->invited = m->invited;
    who->role = m->role;
    who->role_set = m->role_set;
    who->banned = m->banned;
    who->banned_by = m->banned_by;
    who->banned_ts = m->banned_ts;
    /* Nobody knows any more what they were sent; it was not more than this. */
    if (who->joined_seq != 0)
        who->published = who->in ? g->head : m->left_seq;
    members_settle(g->members, who);
    return load_stays(who, m);
}

static enum status
load_invite(void *ctx, const struct store_invite *invite)
{
    struct group *g = ctx;

    return guests_add(g->guests, invite, invite->since);
}

enum status
group_mirror(struct group *g)
{
    struct store_state state = {0};
    enum status st = store_state(g->store, &state);

    g->log = state.log;
    g->first = state.first;
    g->head = state.head;
    g->head_ts = state.last_ts;
    g->upkeep.doubt.newest_ns = state.last_ts;
    if (st == ST_OK)
        st = store_members(g->store, load_member, g);
    if (st == ST_OK)
        st = store_invites(g->store, load_invite, g);
    if (st == ST_OK)
        st = store_topic(g->store, &g->topic);
    return st;
}
