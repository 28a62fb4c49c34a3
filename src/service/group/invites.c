#include <string.h>

#include "base/clock.h"
#include "group/impl.h"

enum wire_code
group_create_invite(void *service, struct call *call, struct wire_reply *result)
{
    struct group *g = service;
    const struct wire_create_invite *req = &call->req.u.create_invite;
    const struct invitation *there = invitations_find(&g->roster.invitations, req->hash);
    int64_t now_ns = clock_wall_ns();
    struct store_change *c;

    if (there != NULL) { /* made before, and asked for again */
        result->u.invited.expires = there->expires;
        return CODE_OK;
    }
    if (invitations_valid(&g->roster.invitations, now_ns) >= INVITATIONS_MAX)
        return CODE_LIMIT;
    c = group_change(g, call, STORE_INVITE, NULL);
    if (c == NULL)
        return CODE_BUSY;
    group_log_change(g, call);
    memcpy(c->invite.hash, req->hash, sizeof c->invite.hash);
    c->invite.by = call->peer;
    c->invite.since = now_ns;
    c->invite.uses = req->uses ? req->uses : 1;
    c->invite.expires = req->lasts_ms ? now_ns + (int64_t)req->lasts_ms * NS_PER_MS : 0;
    return CODE_DEFERRED;
}

enum wire_code
group_revoke_invite(void *service, struct call *call, struct wire_reply *result)
{
    struct group *g = service;
    enum wire_code code = group_repeated(g, call, result);
    struct store_change *c;

    if (code != CODE_COUNT)
        return code;
    c = group_change(g, call, STORE_REVOKE, NULL);
    if (c == NULL)
        return CODE_BUSY;
    group_log_change(g, call);
    recent_begin(g->recent, call);
    memcpy(c->invite.hash, call->req.u.revoke_invite.hash, sizeof c->invite.hash);
    return CODE_DEFERRED;
}

void
group_revoke_all_by(struct group *g, const struct id *who)
{
    for (size_t i = 0; i < g->roster.invitations.n; i++) {
        const struct invitation *one = &g->roster.invitations.v[i];
        struct store_change *c =
            id_equal(&one->by, who) ? group_change(g, NULL, STORE_REVOKE, NULL) : NULL;

        if (c == NULL)
            continue;
        c->author = g->self;
        memcpy(c->invite.hash, one->hash, sizeof c->invite.hash);
    }
}

static bool
is_zero(const uint8_t hash[static INVITE_HASH_LEN])
{
    static const uint8_t zero[INVITE_HASH_LEN];

    return memcmp(hash, zero, sizeof zero) == 0;
}

enum wire_code
group_get_invites(void *service, struct call *call, struct wire_reply *result)
{
    struct group *g = service;
    const struct invitations *all = &g->roster.invitations;
    const uint8_t *after = call->req.u.get_invites.after;
    struct wire_invite_page *page = &result->u.invite_page;
    size_t i = is_zero(after) ? 0 : invitations_after(all, after);
    int64_t now_ns = clock_wall_ns();
    struct buf raw;

    buf_init(&raw, WIRE_REPLY_MAX);
    for (; i < all->n && page->invites.count < WIRE_LIST_ROWS_MAX; i++) {
        const struct invitation *one = &all->v[i];
        struct wire_invite row = {.by = one->by,
                                  .since = one->since,
                                  .uses = one->uses,
                                  .expires = one->expires};

        if (invitation_is_expired(one, now_ns))
            continue;
        memcpy(row.hash, one->hash, sizeof row.hash);
        wire_pack(&raw, &row);
        page->invites.count++;
    }
    page->end = i == all->n;
    return group_reply_list(g, call, result, &page->invites, &raw);
}
