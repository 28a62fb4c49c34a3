#include <string.h>

#include "base/deed.h"
#include "group/impl.h"

/* Hands a change of c's kind over; *out is to be filled. CODE_OK, CODE_BUSY. */
static enum wire_code
begin(struct group *g, struct call *call, enum store_what what, struct member *who,
      struct store_change **out)
{
    *out = group_change(g, call, what, who);
    if (*out == NULL) {
        if (who != NULL)
            members_drop_blank(g->members, who);
        return CODE_BUSY;
    }
    group_log_change(g, call);
    wire_change_id(&call->req, &(*out)->id);
    recent_begin(g->recent, call);
    return CODE_OK;
}

/* ---- oneself, and the group ---- */

static enum wire_code
set_nick(struct group *g, struct call *call)
{
    struct member *who = members_find(g->members, &call->peer);
    struct store_change *c;
    enum wire_code code;
    struct member_nick nick;

    if (!nick_set(&nick, call->req.u.set_nick.nick))
        return CODE_BAD_NICK;
    if (who->naming || who->joins > 0) /* `wanted` is in use */
        return CODE_BUSY;
    if (members_nick_taken(g->members, &nick.fold, &call->peer))
        return CODE_NICK_TAKEN;
    code = begin(g, call, STORE_NICK, who, &c);
    if (code != CODE_OK)
        return code;
    who->naming = true;
    who->wanted = nick;
    c->nick = call->req.u.set_nick.nick;
    return CODE_DEFERRED;
}

static enum wire_code
set_topic(struct group *g, struct call *call)
{
    struct store_change *c;
    enum wire_code code = begin(g, call, STORE_TOPIC, NULL, &c);

    if (code != CODE_OK)
        return code;
    c->body = call->req.u.set_topic.topic;
    return CODE_DEFERRED;
}

/* ---- others ---- */

/* one may be NULL. Owners named at the start are owners before they come for the first time. */
static enum role
rank(const struct group *g, const struct member *one, const struct id *who)
{
    if (!(one != NULL && one->p.role_set) && group_named_owner(g, who))
        return ROLE_OWNER;
    return one != NULL ? one->p.role : ROLE_MEMBER;
}

/* May the caller do to who what they ask for? */
static enum wire_code
check_target(const struct group *g, const struct call *call, const struct id *who)
{
    const struct member *target = members_find(g->members, who);
    enum entry_kind kind = wire_op_deed(call->req.op);
    enum role role = member_role(members_find(g->members, &call->peer));
    bool oneself = id_equal(who, &call->peer);

    if (id_equal(who, &g->self))
        return CODE_NO_MEMBER;
    if (deed_may_on((int)kind, role, ROLE_OWNER, oneself))
        return CODE_OK;
    if (!deed_may_on((int)kind, role, ROLE_MEMBER, oneself))
        return CODE_NOT_ALLOWED;
    if (target != NULL && target->roles > 0) /* perhaps they are about to be more */
        return CODE_BUSY;
    return deed_may_on((int)kind, role, rank(g, target, who), oneself) ? CODE_OK : CODE_NOT_ALLOWED;
}

/* May one more be banned or named who was never in? A moderator could make up any number. */
static bool
stranger_has_room(const struct group *g)
{
    size_t known = 0;

    for (size_t i = 0; i < members_total(g->members); i++)
        known += members_at(g->members, i)->p.joined_seq == 0;
    return known < GROUP_STRANGERS_MAX;
}

/* What those about somebody have in common: *c is one about `subject`, to be filled further. A
 * stranger is one of whom nothing is known. */
static enum wire_code
begin_about(struct group *g, struct call *call, enum store_what what, const struct id *subject,
            bool strangers, struct store_change **c)
{
    struct member *who = members_find(g->members, subject);
    enum wire_code code = CODE_OK;

    if (who == NULL && !strangers)
        return CODE_NO_MEMBER;
    if (who == NULL)
        code = stranger_has_room(g) ? group_meet(g, subject, &who) : CODE_LIMIT;
    if (code == CODE_OK)
        code = begin(g, call, what, who, c);
    if (code == CODE_OK)
        (*c)->subject = *subject;
    return code;
}

static enum wire_code
act_on(struct group *g, struct call *call, enum store_what what)
{
    const struct id *who = &call->req.u.on_member.who;
    enum wire_code code = check_target(g, call, who);
    struct store_change *c;

    if (code == CODE_OK)
        code = begin_about(g, call, what, who, what == STORE_BAN, &c);
    if (code != CODE_OK)
        return code;
    if (deed_of((int)what)->ends_stay)
        group_revoke_all_by(g, who);
    return CODE_DEFERRED;
}

static bool
is_last_owner(const struct group *g, const struct id *who)
{
    const struct member *one = members_find(g->members, who);

    return one != NULL && one->state == MEMBER_IN && one->p.role == ROLE_OWNER &&
           !members_other_owner(g->members, who);
}

static enum wire_code
set_role(struct group *g, struct call *call)
{
    const struct wire_set_role *req = &call->req.u.set_role;
    enum role role = (enum role)req->role;
    enum wire_code code = check_target(g, call, &req->who);
    struct store_change *c;
    struct member *who;

    if (code == CODE_OK && role < ROLE_OWNER && is_last_owner(g, &req->who))
        code = CODE_LAST_OWNER;
    if (code == CODE_OK)
        code = begin_about(g, call, STORE_ROLE, &req->who, true, &c);
    if (code != CODE_OK)
        return code;
    c->role = role;
    who = members_find(g->members, &req->who);
    if (who->roles++ == 0)
        who->least_role = who->p.role;
    if (role < who->least_role)
        who->least_role = role;
    return CODE_DEFERRED;
}

/* ---- all of them ---- */

enum wire_code
group_do(void *service, struct call *call, struct wire_reply *result)
{
    enum wire_code code = group_repeated(service, call, result);
    enum entry_kind kind = wire_op_deed(call->req.op);

    if (code != CODE_COUNT)
        return code;
    switch (kind) {
    case ENTRY_KICKED:
        return act_on(service, call, STORE_REMOVE);
    case ENTRY_BANNED:
        return act_on(service, call, STORE_BAN);
    case ENTRY_UNBANNED:
        return act_on(service, call, STORE_UNBAN);
    case ENTRY_ROLE:
        return set_role(service, call);
    case ENTRY_TOPIC:
        return set_topic(service, call);
    case ENTRY_NICK:
        return set_nick(service, call);
    case ENTRY_MESSAGE: /* these have handlers of their own */
    case ENTRY_JOINED:
    case ENTRY_LEFT:
    case DEED_INVITE:
    case DEED_REVOKE:
        break;
    }
    return CODE_UNKNOWN_METHOD;
}
