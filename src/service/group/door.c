#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "group/impl.h"

/* ---- who is let in ---- */

bool
group_named_owner(const struct group *g, const struct id *who)
{
    for (size_t i = 0; i < g->n_owners; i++)
        if (id_equal(&g->owners[i], who))
            return true;
    return false;
}

bool
group_lists(const struct group *g, const uint8_t key[static KEY_LEN])
{
    struct id uuid;

    if (g->allowed == NULL || keyset_has(g->allowed, key))
        return true;
    if (g->n_owners == 0)
        return false;
    uuid = id_of_key(key);
    return group_named_owner(g, &uuid);
}

static bool
in_by_invite(const struct member *who)
{
    return who != NULL && (who->p.invited || (who->joins > 0 && who->joins_invited));
}

enum wire_code
group_may_come(const struct group *g, const struct call *call, bool invited)
{
    const struct member *who = members_find(g->members, &call->peer);

    if (g->stopping)
        return CODE_SHUTTING_DOWN;
    if (g->held != CODE_OK)
        return g->held;
    if (who != NULL && member_is_banned(who))
        return CODE_BANNED;
    if (invited || in_by_invite(who) || group_lists(g, call->packet.peer))
        return CODE_OK;
    return CODE_NOT_ALLOWED;
}

enum wire_code
group_may_member(const struct group *g, const struct call *call)
{
    enum wire_code code = group_may_come(g, call, false);
    const struct member *who;

    if (code != CODE_OK)
        return code;
    who = members_find(g->members, &call->peer);
    return who != NULL && who->state == MEMBER_IN ? CODE_OK : CODE_NOT_MEMBER;
}

/* An unknown key comes in only to show an invitation, and only while there is one. */
bool
group_admits(void *ctx, const char *domain, const uint8_t key[static KEY_LEN])
{
    const struct group *g = ctx;
    struct id uuid = id_of_key(key);
    struct member *who = members_find(g->members, &uuid);

    if (who != NULL && member_is_banned(who))
        return false;
    if (strcmp(domain, GROUP_DOOR_FEED) == 0) {
        bool in =
            who != NULL && who->state == MEMBER_IN && (in_by_invite(who) || group_lists(g, key));

        if (in)
            who->at_feed = true;
        return in;
    }
    return strcmp(domain, GROUP_DOOR_REQUESTS) == 0 &&
           (in_by_invite(who) || group_lists(g, key) ||
            invitations_valid(&g->roster.invitations, clock_wall_ns()) > 0);
}

/* ---- who is put out ---- */

static void
send_removal(struct group *g, struct member *who)
{
    enum store_what what = who->due == REMOVAL_BAN ? STORE_BAN : STORE_REMOVE;
    struct store_change *c = group_change(g, NULL, what, who);

    if (c == NULL)
        return;
    c->author = g->self;
    c->subject = who->p.uuid;
    c->id = id_time_ordered(clock_wall_ns());
    who->due_sent = true;
    group_revoke_all_by(g, &who->p.uuid);
}

void
group_expel(struct group *g, struct member *who, enum removal how)
{
    static const enum wire_end ends[] =
        {[REMOVAL_KICK] = END_KICKED, [REMOVAL_OFFENCE] = END_OFFENCE, [REMOVAL_BAN] = END_BANNED};
    char text[ID_TEXT_LEN + 1];

    /* A ban that is due is more than a kick; one that is made needs no other. */
    if (how <= who->due || who->p.ban_seq != 0)
        return;
    id_format(&who->p.uuid, text);
    log_warn("%s %s", how == REMOVAL_BAN ? "BANNED" : "EXPELLED", text);
    group_end_tickets(g, who, ends[how]);
    who->due = how;
    who->due_sent = false;
    members_settle(g->members, who);
    send_removal(g, who);
}

void
group_expel_unlisted(struct group *g)
{
    /* Whether this is the process that may do so is known when it is not held any more. */
    if (g->held != CODE_OK)
        return;
    for (size_t i = 0; i < members_total(g->members); i++) {
        struct member *who = members_at(g->members, i);
        bool in = person_is_in(&who->p);
        bool by_invite = in ? who->p.invited : who->joins_invited;

        if ((in || who->joins > 0) && !by_invite && !group_lists(g, who->p.key))
            group_expel(g, who, REMOVAL_KICK);
    }
}

void
group_set_allowed(struct group *g, struct keyset *allowed)
{
    keyset_free(g->allowed);
    g->allowed = allowed;
    group_expel_unlisted(g);
}

/* ---- owners named at the start ---- */

/* What was decided about a role holds as long as there is an owner who can decide otherwise. */
static bool
is_due_to_rule(const struct group *g, const struct member *who)
{
    if (who->roles > 0 || !group_named_owner(g, &who->p.uuid))
        return false;
    return !who->p.role_set || (who->state != MEMBER_OUT && who->p.role != ROLE_OWNER &&
                                !members_other_owner(g->members, &who->p.uuid));
}

void
group_crown(struct group *g, struct member *who)
{
    struct store_change *c;

    if (g->held != CODE_OK || !is_due_to_rule(g, who))
        return;
    c = group_change(g, NULL, STORE_ROLE, who);
    if (c == NULL)
        return;
    c->author = g->self;
    c->subject = who->p.uuid;
    c->role = ROLE_OWNER;
    c->id = id_time_ordered(clock_wall_ns());
    if (who->roles++ == 0)
        who->least_role = who->p.role;
}

void
group_catch_up(struct group *g)
{
    for (size_t i = 0; i < members_total(g->members); i++) {
        struct member *who = members_at(g->members, i);

        if (who->due != REMOVAL_NONE && !who->due_sent)
            send_removal(g, who);
    }
    for (size_t i = 0; i < g->n_owners; i++) {
        struct member *who = members_find(g->members, &g->owners[i]);

        if (who != NULL && who->p.joined_seq != 0)
            group_crown(g, who);
    }
}

/* ---- whom it has not seen yet ---- */

enum wire_code
group_meet(struct group *g, const struct id *uuid, struct member **out)
{
    *out = members_find(g->members, uuid);
    if (*out != NULL)
        return CODE_OK;
    if (!group_named_owner(g, uuid) && members_total(g->members) >= GROUP_PEOPLE_MAX &&
        members_forget(g->members, GROUP_PEOPLE_MAX / 10) == 0)
        return CODE_LIMIT;
    *out = members_add(g->members, uuid);
    return *out != NULL ? CODE_OK : CODE_BUSY;
}
