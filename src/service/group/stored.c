#include "base/deed.h"
#include "group/impl.h"

static void
joined(struct group *g, struct member *who, const struct store_change *c)
{
    who->fold = who->wanted.fold;
    who->cut_off = false;
    who->caught = false;
    if (!c->by_invite && !group_lists(g, who->p.key)) /* any more, see group_expel_unlisted */
        group_expel(g, who, REMOVAL_KICK);
}

/* The entry that the group itself owed is stored, or owed still. */
static void
settle_due(struct member *who, enum store_what what, enum status result)
{
    if (what != (who->due == REMOVAL_BAN ? STORE_BAN : STORE_REMOVE))
        return;
    who->due_sent = false;
    if (result == ST_OK || result == ST_NOT_FOUND)
        who->due = REMOVAL_NONE;
}

static void
about_member(struct group *g, struct member *who, const struct store_change *c, enum status result)
{
    bool fresh = result == ST_OK && c->fresh;
    bool was_in = person_is_in(&who->p);
    struct act act = store_act(c);

    if (fresh)
        roster_apply(&g->roster, &act); /* they are there, and room for their stay is reserved */
    who->under_way--;
    who->joins -= c->what == STORE_JOIN;
    who->bans -= c->what == STORE_BAN;
    who->roles -= c->what == STORE_ROLE;
    if (c->what == STORE_JOIN && fresh)
        joined(g, who, c);
    if (c->what == STORE_NICK) {
        who->naming = false;
        if (fresh)
            who->fold = who->wanted.fold;
    }
    if (deed_of((int)c->what)->ends_stay) {
        who->endings--;
        /* They are over since the entry was published, unless there was no memory for its frame. */
        if (fresh && was_in)
            group_end_tickets(g, who, group_end_of(c->what));
        if (c->what != STORE_LEAVE && id_equal(&c->author, &g->self))
            settle_due(who, c->what, result);
    }
    members_settle(g->members, who);
    members_drop_blank(g->members, who);
}

static void
about_group(struct group *g, const struct store_change *c)
{
    const struct id *by = &c->invite.by;
    struct act act = store_act(c);
    const struct member *who;

    /* An invitation that finds no memory is stored all the same, and counts from the next start. */
    if (c->fresh || c->what != STORE_TOPIC)
        roster_apply(&g->roster, &act);
    if (c->what != STORE_INVITE)
        return;
    recent_forget_revoked(g->recent, c->invite.hash);
    who = members_find(g->members, by);
    if (who == NULL || who->state != MEMBER_IN) /* who was put out meanwhile */
        group_revoke_all_by(g, by);
}

void
group_change_done(struct group *g, const struct store_change *c, enum status result)
{
    bool is_of_people = deed_of((int)c->what)->is_of_people;
    struct member *who = is_of_people ? members_find(g->members, store_act(c).subject) : NULL;

    if (who != NULL)
        about_member(g, who, c, result);
    else if (!is_of_people && result == ST_OK)
        about_group(g, c);
}
