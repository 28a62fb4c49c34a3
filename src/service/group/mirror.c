#include <string.h>

#include "group/impl.h"

static enum status
load_stays(struct member *who, const struct person *p)
{
    for (size_t i = 0; i < p->n_stays; i++) {
        if (member_reserve_stay(who) != ST_OK)
            return ST_NOMEM;
        member_begin_stay(who, p->stays[i].first);
        member_end_stay(who, p->stays[i].last);
    }
    return ST_OK;
}

static enum status
load_member(struct group *g, const struct person *p)
{
    struct member *who;

    if (members_total(g->members) >= GROUP_PEOPLE_MAX)
        members_forget(g->members, GROUP_PEOPLE_MAX / 10);
    who = members_add(g->members, &p->uuid);
    if (!who)
        return ST_NOMEM;
    memcpy(who->key, p->key, sizeof who->key);
    nick_set(&who->nick, person_nick(p));
    who->in = person_is_in(p);
    who->joined_seq = p->joined_seq;
    who->since = p->joined_ts;
    who->until = p->left_ts;
    who->invited = p->invited;
    who->role = p->role;
    who->role_set = p->role_set;
    who->banned = p->ban_seq != 0;
    who->banned_by = p->banned_by;
    who->banned_ts = p->ban_ts;
    /* Nobody knows any more what they were sent; it was not more than this. */
    if (who->joined_seq != 0)
        who->published = who->in ? g->head : p->left_seq;
    members_settle(g->members, who);
    return load_stays(who, p);
}

enum status
group_mirror(struct group *g)
{
    const struct roster *kept = store_roster(g->store);
    struct store_state state = {0};
    enum status st = store_state(g->store, &state);

    g->log = state.log;
    g->first = state.first;
    g->head = state.head;
    g->head_ts = state.last_ts;
    g->upkeep.doubt.newest_ns = state.last_ts;
    for (size_t i = 0; st == ST_OK && i < kept->people.n; i++)
        if (person_is_known(kept->people.by_uuid[i]))
            st = load_member(g, kept->people.by_uuid[i]);
    for (size_t i = 0; st == ST_OK && i < kept->invitations.n; i++)
        st = guests_add(g->guests, &kept->invitations.v[i], kept->invitations.v[i].since);
    return st == ST_OK ? buf_append(&g->topic, kept->topic.text, kept->topic.len) : st;
}
