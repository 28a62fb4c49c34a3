#include <sodium.h>
#include <string.h>

#include "base/clock.h"
#include "base/deed.h"
#include "base/log.h"
#include "group/impl.h"

/* ---- join ---- */

static bool
has_invite(const struct call *call)
{
    return (call->req.u.join_group.has & WIRE_JOIN_HAS_INVITE) != 0;
}

/* The secret goes no further than here: what is kept, compared and stored is its hash. */
static void
take_secret(struct call *call, uint8_t hash[static INVITE_HASH_LEN])
{
    uint8_t *secret = call->req.u.join_group.invite;
    struct span frame = frame_span(&call->packet.body);
    uint8_t *sent = memmem(frame.p, frame.len, secret, WIRE_KEY_LEN);

    crypto_generichash(hash, INVITE_HASH_LEN, secret, WIRE_KEY_LEN, NULL, 0);
    if (sent != NULL)
        sodium_memzero(sent, WIRE_KEY_LEN);
    sodium_memzero(secret, WIRE_KEY_LEN);
}

static bool
invite_counts(struct group *g, const struct id *who, const uint8_t *hash)
{
    const struct invitation *invite;
    int64_t now_ms = clock_mono_ms();

    if (!guesses_allow(&g->guesses, who, now_ms))
        return false;
    invite = invitations_find(&g->roster.invitations, hash);
    if (invite == NULL)
        guesses_note_wrong(&g->guesses, who, now_ms);
    return invite != NULL && !invitation_is_expired(invite, clock_wall_ns());
}

/* Owners and moderators keep their role while they are out. */
static bool
always_finds_place(const struct group *g, const struct id *uuid, const struct member *who)
{
    return who != NULL && who->p.role_set ? member_role(who) >= ROLE_MODERATOR
                                          : group_named_owner(g, uuid);
}

/* Somebody new, whom nothing but the open door lets in: keys cost nothing. */
static bool
may_join_now(struct group *g, const struct call *call)
{
    return g->allowed != NULL || has_invite(call) ||
           account_take(&g->joining, 0, &g->join_rate, g->join_rate.token_ns,
                        clock_mono_ms() * NS_PER_MS);
}

/* Somebody who is out, or whose joining is on its way. */
static enum wire_code
check_join(struct group *g, const struct call *call, const struct member *who,
           const struct member_nick *nick, const uint8_t *hash)
{
    if (who != NULL && who->state == MEMBER_LEAVING)
        return CODE_BUSY;
    if (has_invite(call) && !invite_counts(g, &call->peer, hash))
        return CODE_BAD_INVITE;
    if (who != NULL && who->joins > 0)
        return CODE_OK; /* they borrow the nick of the first */
    if (members_nick_taken(g->members, &nick->fold, &call->peer))
        return CODE_NICK_TAKEN;
    if (always_finds_place(g, &call->peer, who))
        return CODE_OK;
    if (members_in(g->members) + members_coming(g->members) >= g->max_members)
        return CODE_FULL;
    return may_join_now(g, call) ? CODE_OK : CODE_CROWDED;
}

static enum wire_code
already_in(const struct group *g, const struct member *who, struct wire_reply *result)
{
    result->u.joined = (struct wire_joined){.log = g->log,
                                            .seq = who->p.joined_seq,
                                            .ts = who->p.joined_ts,
                                            .nick = person_nick(&who->p),
                                            .already = true};
    return CODE_OK;
}

/* The nick is taken from now on, so that of two who ask for it one is refused. */
static enum wire_code
queue_join(struct group *g, struct call *call, const struct member_nick *nick, const uint8_t *hash)
{
    struct store_change *c = NULL;
    struct member *who;
    enum wire_code code = group_meet(g, &call->peer, &who);

    if (code != CODE_OK)
        return code;
    if (person_reserve_stay(&who->p) == ST_OK)
        c = group_change(g, call, STORE_JOIN, who);
    if (c == NULL) {
        members_drop_blank(g->members, who);
        return CODE_BUSY;
    }
    if (who->joins++ == 0) {
        who->wanted = *nick;
        who->joins_invited = false;
        memcpy(who->p.key, call->packet.peer, sizeof who->p.key);
    }
    who->joins_invited |= has_invite(call);
    members_settle(g->members, who);
    c->id = id_time_ordered(clock_wall_ns());
    memcpy(c->key, call->packet.peer, sizeof c->key);
    c->nick = span_of(who->wanted.text);
    c->by_invite = has_invite(call);
    memcpy(c->invite.hash, hash, sizeof c->invite.hash);
    group_crown(g, who);
    return CODE_DEFERRED;
}

enum wire_code
group_join_group(void *service, struct call *call, struct wire_reply *result)
{
    struct group *g = service;
    struct wire_join_group *req = &call->req.u.join_group;
    const struct member *who = members_find(g->members, &call->peer);
    uint8_t hash[INVITE_HASH_LEN] = {0};
    char short_id[ID_TEXT_LEN + 1];
    enum wire_code code;
    struct member_nick nick;

    group_log_change(g, call);
    if (has_invite(call))
        take_secret(call, hash);
    if (!id_equal(&req->uuid, &call->peer))
        return CODE_BAD_IDENTITY;
    id_format(&call->peer, short_id);
    short_id[8] = 0;
    if (!nick_set(&nick, req->has & WIRE_JOIN_HAS_NICK ? req->nick : span_of(short_id)))
        return CODE_BAD_NICK;
    if (who != NULL && who->state == MEMBER_IN)
        return already_in(g, who, result);
    code = check_join(g, call, who, &nick, hash);
    return code == CODE_OK ? queue_join(g, call, &nick, hash) : code;
}

/* ---- leave ---- */

enum wire_code
group_leave_group(void *service, struct call *call, struct wire_reply *result)
{
    struct group *g = service;
    struct store_change *c;

    (void)result;
    group_log_change(g, call);
    if (!id_equal(&call->req.u.leave_group.uuid, &call->peer))
        return CODE_BAD_IDENTITY;
    c = group_change(g, call, STORE_LEAVE, members_find(g->members, &call->peer));
    if (c == NULL)
        return CODE_BUSY;
    c->id = id_time_ordered(clock_wall_ns());
    return CODE_DEFERRED;
}
