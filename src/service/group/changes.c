#include <string.h>

#include "group/impl.h"

/* ---- what became of it, in the mirror ---- */

static void
joined(struct group *g, struct member *who, const struct store_change *c, bool fresh)
{
    who->joins--;
    if (fresh) {
        who->in = true;
        who->invited = c->by_invite;
        who->joined_seq = c->seq;
        who->since = c->ts;
        who->until = 0;
        who->nick = who->wanted;
        who->cut_off = false;
        who->caught = false;
        member_begin_stay(who, c->seq);
        if (c->by_invite)
            guests_take_use(g->guests, c->invite.hash);
        else if (!group_lists(g, who->key)) /* any more, see group_expel_unlisted */
            group_expel(g, who, REMOVAL_KICK);
    }
}

static void
ended(struct group *g, struct member *who, const struct store_change *c, bool fresh)
{
    who->endings--;
    if (!fresh || !who->in)
        return;
    who->in = false;
    who->invited = false;
    who->until = c->ts;
    member_end_stay(who, c->seq);
    /* They are over since the entry was published, unless there was no memory for its frame. */
    group_end_sessions(g, who, group_end_of(c->what));
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
removed(struct group *g, struct member *who, const struct store_change *c, enum status result)
{
    bool fresh = result == ST_OK && c->fresh;

    ended(g, who, c, fresh);
    if (fresh)
        who->role = ROLE_MEMBER;
    if (c->what == STORE_BAN) {
        who->bans--;
        if (fresh) {
            who->banned = true;
            who->banned_by = c->author;
            who->banned_ts = c->ts;
        }
    }
    if (id_equal(&c->author, &g->self))
        settle_due(who, c->what, result);
}

static void
about_member(struct group *g, struct member *who, const struct store_change *c, enum status result)
{
    bool fresh = result == ST_OK && c->fresh;

    who->under_way--;
    switch (c->what) {
    case STORE_JOIN:
        joined(g, who, c, fresh);
        break;
    case STORE_LEAVE:
        ended(g, who, c, fresh);
        break;
    case STORE_REMOVE:
    case STORE_BAN:
        removed(g, who, c, result);
        break;
    case STORE_UNBAN:
        if (fresh)
            who->banned = false;
        break;
    case STORE_ROLE:
        who->roles--;
        if (fresh) {
            who->role = c->role;
            who->role_set = true;
        }
        break;
    case STORE_NICK:
        who->naming = false;
        if (fresh)
            who->nick = who->wanted;
        break;
    default:
        break;
    }
    members_settle(g->members, who);
    members_drop_blank(g->members, who);
}

static void
invited(struct group *g, const struct invitation *invite)
{
    const struct member *by = members_find(g->members, &invite->by);

    /* Without memory it is stored all the same, and counts from the next start. */
    guests_add(g->guests, invite, invite->since);
    recent_forget_revoked(g->recent, invite->hash);
    if (!by || by->state != MEMBER_IN) /* who was put out meanwhile */
        group_revoke_all_by(g, &invite->by);
}

static void
about_group(struct group *g, const struct store_change *c)
{
    switch (c->what) {
    case STORE_TOPIC:
        if (!c->fresh)
            break;
        buf_reset(&g->topic);
        buf_append(&g->topic, c->body.p, c->body.len);
        break;
    case STORE_INVITE:
        invited(g, &c->invite);
        break;
    case STORE_REVOKE:
        guests_remove(g->guests, c->invite.hash);
        break;
    default:
        break;
    }
}

static const struct id *
subject_of(const struct store_change *c)
{
    switch (c->what) {
    case STORE_REMOVE:
    case STORE_BAN:
    case STORE_UNBAN:
    case STORE_ROLE:
        return &c->subject;
    case STORE_JOIN:
    case STORE_LEAVE:
    case STORE_NICK:
        return &c->author;
    default:
        return NULL;
    }
}

void
group_change_done(struct group *g, const struct store_change *c, enum status result)
{
    const struct id *subject = subject_of(c);
    struct member *who = subject ? members_find(g->members, subject) : NULL;

    if (who)
        about_member(g, who, c, result);
    else if (!subject && result == ST_OK)
        about_group(g, c);
}

/* ---- answers ---- */

bool
group_answers_change(const struct call *call)
{
    struct id unused;

    return call->req.op == OP_CREATE_INVITE || recent_id(call, &unused);
}

void
group_log_change(struct group *g, const struct call *call)
{
    static const char *const lines[OP_COUNT] = {
        [OP_SET_NICK] = "NICK REQUEST",        [OP_SET_TOPIC] = "TOPIC REQUEST",
        [OP_SET_ROLE] = "ROLE REQUEST",        [OP_KICK_MEMBER] = "KICK REQUEST",
        [OP_BAN_MEMBER] = "BAN REQUEST",       [OP_UNBAN_MEMBER] = "UNBAN REQUEST",
        [OP_CREATE_INVITE] = "INVITE REQUEST", [OP_REVOKE_INVITE] = "REVOKE REQUEST",
    };

    call_log(&g->requests, lines[call->req.op], &call->peer);
}

static void
fill(struct wire_reply *result, enum wire_op op, const struct outcome *outcome)
{
    if (op == OP_KICK_MEMBER || op == OP_BAN_MEMBER)
        result->u.removed =
            (struct wire_removed){.seq = outcome->seq, .ts = outcome->ts, .last = outcome->last};
    else if (op != OP_REVOKE_INVITE)
        result->u.changed = (struct wire_changed){.seq = outcome->seq, .ts = outcome->ts};
}

enum wire_code
group_repeated(struct group *g, const struct call *call, struct wire_reply *result)
{
    const struct outcome *outcome = recent_find(g->recent, call);

    if (!outcome)
        return CODE_COUNT;
    if (!outcome->done)
        return CODE_BUSY;
    fill(result, call->req.op, outcome);
    return CODE_OK;
}

static void
answer_invite(struct group *g, struct call *call, const struct store_change *c)
{
    const struct invitation *kept = guests_find(g->guests, c->invite.hash);
    struct wire_reply reply = {0};

    reply.u.invited.expires = kept ? kept->expires : c->invite.expires;
    call_reply(call, &g->outbox, &reply);
}

static bool
is_removal(const struct store_change *c)
{
    return c->what == STORE_REMOVE || c->what == STORE_BAN;
}

/* Of who is out by c. When c was made before, they may have been in again since. */
static uint64_t
last_published(const struct group *g, const struct store_change *c)
{
    const struct member *who = members_find(g->members, &c->subject);
    uint64_t last = who ? who->published : 0;

    return last < c->seq ? last : c->seq;
}

void
group_answer_change(struct group *g, struct call *call, const struct store_change *c,
                    enum wire_code code)
{
    struct outcome outcome = {.done = true, .seq = c->seq, .ts = c->ts};
    struct wire_reply reply = {0};

    if (code == CODE_OK && is_removal(c))
        outcome.last = last_published(g, c);
    recent_end(g->recent, call, code == CODE_OK ? &outcome : NULL);
    if (code != CODE_OK) {
        call_refuse(call, &g->outbox, code, NULL);
    } else if (c->what == STORE_INVITE) {
        answer_invite(g, call, c);
    } else {
        fill(&reply, call->req.op, &outcome);
        call_reply(call, &g->outbox, &reply);
    }
}
