#include "group/impl.h"

static enum status
load_member(struct group *g, const struct person *p)
{
    struct member *who;
    enum status st;

    if (members_total(g->members) >= GROUP_PEOPLE_MAX)
        members_forget(g->members, GROUP_PEOPLE_MAX / 10);
    who = members_add(g->members, &p->uuid);
    st = who != NULL ? person_copy(&who->p, p) : ST_NOMEM;
    if (st != ST_OK)
        return st;
    fold_name(&who->fold, person_nick(p));
    /* Nobody knows any more what they were sent; it was not more than this. */
    if (p->joined_seq != 0)
        who->published = person_is_in(p) ? g->head : p->left_seq;
    members_settle(g->members, who);
    return ST_OK;
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
        st = invitations_add(&g->roster.invitations, &kept->invitations.v[i]);
    g->roster.topic = kept->topic;
    return st;
}
