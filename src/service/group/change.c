#include "base/deed.h"
#include "group/impl.h"

/* ---- it begins ---- */

bool
group_has_room(struct group *g, struct call *call, size_t n)
{
    struct batch *b = g->filling;
    size_t size = frame_span(&call->packet.body).len;

    if (b->bytes + size > GROUP_WAITING_MAX || b->n + n > GROUP_CHANGES_MAX)
        return false;
    b->bytes += size;
    return true;
}

struct store_change *
group_change(struct group *g, struct call *call, enum store_what what, struct member *who)
{
    struct store_change *c = NULL;

    if (call == NULL || group_has_room(g, call, 1))
        c = batch_add(g->filling, call, 1);
    if (c == NULL)
        return NULL;
    c->what = what;
    if (call != NULL)
        c->author = call->peer;
    if (who != NULL) {
        who->under_way++;
        if (deed_of((int)what)->ends_stay)
            who->endings++;
        if (what == STORE_BAN)
            who->bans++;
        members_settle(g->members, who);
    }
    return c;
}

/* ---- it is answered ---- */

bool
group_answers_change(const struct call *call)
{
    struct id unused;

    return call->req.op == OP_CREATE_INVITE || wire_change_id(&call->req, &unused);
}

void
group_log_change(struct group *g, const struct call *call)
{
    call_log(&g->requests, deed_of((int)wire_op_deed(call->req.op))->asked, &call->peer);
}

/* All of it, for who was removed; of the other results, which begin alike, as much as they have. */
static void
fill(struct wire_reply *result, const struct outcome *outcome)
{
    result->u.removed =
        (struct wire_removed){.seq = outcome->seq, .ts = outcome->ts, .last = outcome->last};
}

enum wire_code
group_repeated(struct group *g, const struct call *call, struct wire_reply *result)
{
    const struct outcome *outcome = recent_find(g->recent, call);

    if (outcome == NULL)
        return CODE_COUNT;
    if (!outcome->done)
        return CODE_BUSY;
    fill(result, outcome);
    return CODE_OK;
}

static void
answer_invite(struct group *g, struct call *call, const struct store_change *c)
{
    const struct invitation *kept = invitations_find(&g->roster.invitations, c->invite.hash);
    struct wire_reply reply = {0};

    reply.u.invited.expires = kept != NULL ? kept->expires : c->invite.expires;
    call_reply(call, &g->outbox, &reply);
}

/* Of who is out by c. When c was made before, they may have been in again since. */
static uint64_t
last_published(const struct group *g, const struct store_change *c)
{
    const struct member *who = members_find(g->members, &c->subject);
    uint64_t last = who != NULL ? who->published : 0;

    return last < c->seq ? last : c->seq;
}

void
group_answer_change(struct group *g, struct call *call, const struct store_change *c,
                    enum wire_code code)
{
    struct outcome outcome = {.done = true, .seq = c->seq, .ts = c->ts};
    struct wire_reply reply = {0};

    if (code == CODE_OK && deed_of((int)c->what)->ends_stay)
        outcome.last = last_published(g, c);
    recent_end(g->recent, call, code == CODE_OK ? &outcome : NULL);
    if (code != CODE_OK) {
        call_refuse(call, &g->outbox, code, NULL);
    } else if (c->what == STORE_INVITE) {
        answer_invite(g, call, c);
    } else {
        fill(&reply, &outcome);
        call_reply(call, &g->outbox, &reply);
    }
}
