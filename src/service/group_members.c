#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "group_impl.h"
#include "log.h"

static enum status
load_one(void *ctx, const struct store_member *m)
{
    struct group *g = ctx;
    struct member *who = members_add(g->members, &m->uuid);

    if (!who)
        return ST_NOMEM;
    memcpy(who->key, m->key, sizeof who->key);
    snprintf(who->nick, sizeof who->nick, "%.*s", (int)m->nick.len, (const char *)m->nick.p);
    who->state = m->left_seq ? MEMBER_OUT : MEMBER_IN;
    who->since = m->joined_ts;
    who->until = m->left_ts;
    return ST_OK;
}

enum status
group_load_members(struct group *g)
{
    return store_members(g->store, load_one, g);
}

/* ---- join ---- */

static enum wire_code
check_join(const struct group *g, const struct call *call, const struct member *who,
           struct span nick)
{
    if (!id_equal(&call->req.u.join_group.uuid, &call->peer))
        return CODE_BAD_IDENTITY;
    if (who && who->state == MEMBER_LEAVING)
        return CODE_BUSY;
    if (members_nick_taken(g->members, nick, &call->peer))
        return CODE_NICK_TAKEN;
    if (who && who->state != MEMBER_OUT)
        return CODE_OK;
    if (members_in(g->members) >= GROUP_MEMBERS_MAX ||
        (!who && members_total(g->members) >= GROUP_PEOPLE_MAX))
        return CODE_LIMIT;
    return CODE_OK;
}

enum wire_code
group_join_group(void *service, struct call *call, struct wire_reply *result)
{
    struct group *g = service;
    struct wire_join_group *req = &call->req.u.join_group;
    struct member *who = members_find(g->members, &call->peer);
    char short_id[ID_TEXT_LEN + 1];

    (void)result;
    call_log(&g->requests, "JOIN REQUEST", &call->peer);
    id_format(&call->peer, short_id);
    short_id[8] = 0;
    struct span nick = req->has & WIRE_JOIN_HAS_NICK ? req->nick : span_of(short_id);
    enum wire_code code = check_join(g, call, who, nick);
    if (code != CODE_OK)
        return code;

    bool in_already = who && who->state != MEMBER_OUT;
    if (!group_has_room(g, call, 1))
        return CODE_BUSY;
    if (!who)
        who = members_add(g->members, &call->peer);
    struct store_change *c = who ? batch_add(g->filling, call, 1) : NULL;
    if (!c)
        return CODE_BUSY;
    if (!in_already) {
        /* The nick is taken from now on, so that of two who ask for it one is refused. */
        memcpy(who->key, call->packet.peer, sizeof who->key);
        snprintf(who->nick, sizeof who->nick, "%.*s", (int)nick.len, (const char *)nick.p);
        who->state = MEMBER_JOINING;
        who->cut_off = false;
    }
    who->joins++;
    c->what = STORE_JOIN;
    c->author = call->peer;
    c->id = id_time_ordered(clock_wall_ns());
    memcpy(c->key, call->packet.peer, sizeof c->key);
    c->nick = span_of(who->nick);
    return CODE_DEFERRED;
}

/* ---- leave, expel ---- */

enum wire_code
group_leave_group(void *service, struct call *call, struct wire_reply *result)
{
    struct group *g = service;
    struct member *who = members_find(g->members, &call->peer);
    struct store_change *c;

    (void)result;
    call_log(&g->requests, "LEAVE REQUEST", &call->peer);
    if (!id_equal(&call->req.u.leave_group.uuid, &call->peer))
        return CODE_BAD_IDENTITY;
    c = batch_add(g->filling, call, 1);
    if (!c)
        return CODE_BUSY;
    who->state = MEMBER_LEAVING;
    c->what = STORE_LEAVE;
    c->author = call->peer;
    c->id = id_time_ordered(clock_wall_ns());
    return CODE_DEFERRED;
}

static bool
add_removal(struct group *g, const struct member *who)
{
    struct store_change *c = batch_add(g->filling, NULL, 1);

    if (!c)
        return false;
    c->what = STORE_REMOVE;
    c->author = g->self;
    c->subject = who->uuid;
    c->id = id_time_ordered(clock_wall_ns());
    return true;
}

void
group_expel(struct group *g, struct member *who)
{
    char text[ID_TEXT_LEN + 1];

    id_format(&who->uuid, text);
    log_warn("EXPELLED %s", text);
    /* Out at once, whether or not the entry finds room. */
    who->state = MEMBER_LEAVING;
    group_end_sessions(g, who, "you were removed from the group");
    who->removal_due = !add_removal(g, who);
}

void
group_expel_again(struct group *g)
{
    for (size_t i = 0; i < members_total(g->members); i++) {
        struct member *who = members_at(g->members, i);

        if (who->removal_due)
            who->removal_due = !add_removal(g, who);
    }
}

/* ---- after the commit ---- */

static void
joined(struct group *g, struct member *who, const struct store_change *c, enum status result)
{
    who->joins--;
    if (who->state != MEMBER_JOINING)
        return;
    if (result == ST_OK) {
        who->state = MEMBER_IN;
        who->since = c->ts;
        who->until = 0;
        return;
    }
    /* The next one may find room, and borrows the nick until then. */
    if (who->joins)
        return;
    who->state = MEMBER_OUT;
    if (who->since == 0)
        members_drop(g->members, who);
}

static void
ended(struct member *who, const struct store_change *c, enum status result)
{
    if (who->state != MEMBER_LEAVING)
        return;
    if (result == ST_OK || result == ST_NOT_FOUND) {
        who->state = MEMBER_OUT;
        who->until = c->ts;
        who->removal_due = false;
    } else if (c->what == STORE_LEAVE && !who->removal_due) {
        /* Refused with the reason; who asked to leave may ask again. */
        who->state = MEMBER_IN;
    } else {
        who->removal_due = true;
    }
}

void
group_membership_done(struct group *g, const struct store_change *c, enum status result)
{
    const struct id *about = c->what == STORE_REMOVE ? &c->subject : &c->author;
    struct member *who = members_find(g->members, about);

    if (!who)
        return;
    if (c->what == STORE_JOIN)
        joined(g, who, c, result);
    else
        ended(who, c, result);
}

/* ---- get_members ---- */

static struct wire_member
listed(const struct member *who)
{
    struct wire_member m = {.uuid = who->uuid, .nick = span_of(who->nick), .since = who->since};

    if (who->state == MEMBER_OUT) {
        m.has = WIRE_MEMBER_HAS_UNTIL;
        m.until = who->until;
    }
    return m;
}

enum wire_code
group_get_members(void *service, struct call *call, struct wire_reply *result)
{
    struct group *g = service;
    const struct wire_get_members *req = &call->req.u.get_members;
    struct wire_member_page *page = &result->u.member_page;
    size_t n = members_total(g->members);
    size_t i = id_is_zero(&req->after) ? 0 : members_after(g->members, &req->after);
    struct buf raw;

    buf_init(&raw, WIRE_REPLY_MAX);
    for (; i < n && page->members.count < WIRE_LIST_ROWS_MAX; i++) {
        const struct member *who = members_at(g->members, i);
        bool in = who->state == MEMBER_IN || who->state == MEMBER_LEAVING;

        if (in || (req->all && who->state == MEMBER_OUT)) {
            struct wire_member m = listed(who);

            wire_pack_member(&raw, &m);
            page->members.count++;
        }
    }
    page->end = i == n;
    page->members.raw = buf_span(&raw);
    if (raw.failed) {
        buf_clear(&raw);
        return CODE_BUSY;
    }
    call_reply(call, &g->outbox, result);
    buf_clear(&raw);
    return CODE_DEFERRED;
}
