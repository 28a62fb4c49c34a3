#include "base/deed.h"
#include "group/impl.h"

/* Who is on the list, or has an invitation in hand. */
static enum wire_code
may_join(void *service, const struct call *call)
{
    return group_may_come(service, call, (call->req.u.join_group.has & WIRE_JOIN_HAS_INVITE) != 0);
}

static enum wire_code
may_member(void *service, const struct call *call)
{
    return group_may_member(service, call);
}

static enum wire_code
may_moderate(void *service, const struct call *call)
{
    const struct group *g = service;
    enum wire_code code = group_may_member(service, call);

    if (code != CODE_OK)
        return code;
    return member_role(members_find(g->members, &call->peer)) >= ROLE_MODERATOR ? CODE_OK
                                                                                : CODE_NOT_ALLOWED;
}

/* Or it is done, or under way, and asked for again: it may have taken this right away. */
static enum wire_code
may_do(void *service, const struct call *call)
{
    const struct group *g = service;
    enum wire_code code = group_may_member(service, call);

    if (code != CODE_OK)
        return code;
    return deed_may((int)wire_op_deed(call->req.op),
                    member_role(members_find(g->members, &call->peer))) ||
                   recent_find(g->recent, call) != NULL
               ? CODE_OK
               : CODE_NOT_ALLOWED;
}

/* Who may ask for it, and what answers. Who may do what to whom is in base/deed.c. */
const struct op_rule group_rules[OP_COUNT] = {
    [OP_JOIN_GROUP] = {may_join, group_join_group},
    [OP_LEAVE_GROUP] = {may_do, group_leave_group},
    [OP_SEND_MESSAGE] = {may_do, group_send_message},
    [OP_GET_MESSAGE] = {may_member, group_get_message},
    [OP_GET_MEMBERS] = {may_member, group_get_members},
    [OP_SUBSCRIBE] = {may_member, group_subscribe},
    [OP_GET_INFO] = {may_member, group_get_info},
    [OP_SEARCH_MESSAGE] = {may_member, group_search_message},
    [OP_SET_NICK] = {may_do, group_do},
    [OP_SET_TOPIC] = {may_do, group_do},
    [OP_SET_ROLE] = {may_do, group_do},
    [OP_KICK_MEMBER] = {may_do, group_do},
    [OP_BAN_MEMBER] = {may_do, group_do},
    [OP_UNBAN_MEMBER] = {may_do, group_do},
    [OP_GET_BANS] = {may_moderate, group_get_bans},
    [OP_CREATE_INVITE] = {may_do, group_create_invite},
    [OP_REVOKE_INVITE] = {may_do, group_revoke_invite},
    [OP_GET_INVITES] = {may_moderate, group_get_invites},
};
