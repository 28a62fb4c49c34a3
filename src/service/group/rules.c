#include <string.h>

#include "base/clock.h"
#include "base/deed.h"
#include "group/impl.h"

/* Who may ask for it, and what answers. Who may do what to whom is in base/deed.c. */
const struct op_rule group_rules[OP_COUNT] = {
    [OP_JOIN_GROUP] = {group_may_join, group_join_group},
    [OP_LEAVE_GROUP] = {group_may_do, group_leave_group},
    [OP_SEND_MESSAGE] = {group_may_do, group_send_message},
    [OP_GET_MESSAGE] = {group_may_member, group_get_message},
    [OP_GET_MEMBERS] = {group_may_member, group_get_members},
    [OP_SUBSCRIBE] = {group_may_member, group_subscribe},
    [OP_GET_INFO] = {group_may_member, group_get_info},
    [OP_SEARCH_MESSAGE] = {group_may_member, group_search_message},
    [OP_SET_NICK] = {group_may_do, group_do},
    [OP_SET_TOPIC] = {group_may_do, group_do},
    [OP_SET_ROLE] = {group_may_do, group_do},
    [OP_KICK_MEMBER] = {group_may_do, group_do},
    [OP_BAN_MEMBER] = {group_may_do, group_do},
    [OP_UNBAN_MEMBER] = {group_may_do, group_do},
    [OP_GET_BANS] = {group_may_moderate, group_get_bans},
    [OP_CREATE_INVITE] = {group_may_do, group_create_invite},
    [OP_REVOKE_INVITE] = {group_may_do, group_revoke_invite},
    [OP_GET_INVITES] = {group_may_moderate, group_get_invites},
};

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

/* ZAP asks once for each connection, so every request is asked again. */
static enum wire_code
may_come(const struct group *g, const struct call *call, bool invited)
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
group_may_join(void *service, const struct call *call)
{
    return may_come(service, call, (call->req.u.join_group.has & WIRE_JOIN_HAS_INVITE) != 0);
}

enum wire_code
group_may_member(void *service, const struct call *call)
{
    const struct group *g = service;
    enum wire_code code = may_come(g, call, false);
    const struct member *who;

    if (code != CODE_OK)
        return code;
    who = members_find(g->members, &call->peer);
    return who != NULL && who->state == MEMBER_IN ? CODE_OK : CODE_NOT_MEMBER;
}

enum wire_code
group_may_moderate(void *service, const struct call *call)
{
    const struct group *g = service;
    enum wire_code code = group_may_member(service, call);

    if (code != CODE_OK)
        return code;
    return member_role(members_find(g->members, &call->peer)) >= ROLE_MODERATOR ? CODE_OK
                                                                                : CODE_NOT_ALLOWED;
}

/* Or it is done, or under way, and asked for again: it may have taken this right away. */
enum wire_code
group_may_do(void *service, const struct call *call)
{
    const struct group *g = service;
    enum wire_code code = group_may_member(service, call);

    if (code != CODE_OK)
        return code;
    return deed_may(wire_op_deed(call->req.op),
                    member_role(members_find(g->members, &call->peer))) ||
                   recent_find(g->recent, call) != NULL
               ? CODE_OK
               : CODE_NOT_ALLOWED;
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

void
group_set_allowed(struct group *g, struct keyset *allowed)
{
    keyset_free(g->allowed);
    g->allowed = allowed;
    group_expel_unlisted(g);
}
