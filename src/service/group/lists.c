#include "base/clock.h"
#include "group/impl.h"

enum wire_code
group_reply_list(struct group *g, struct call *call, struct wire_reply *result,
                 struct wire_list *list, struct buf *raw)
{
    enum wire_code code = raw->failed ? CODE_BUSY : CODE_DEFERRED;

    list->raw = buf_span(raw);
    if (code == CODE_DEFERRED)
        call_reply(call, &g->outbox, result);
    buf_clear(raw);
    return code;
}

/* ---- get_members ---- */

static struct wire_member
listed(const struct member *who)
{
    struct wire_member m = {.uuid = who->p.uuid,
                            .nick = person_nick(&who->p),
                            .since = who->p.joined_ts,
                            .role = who->p.role,
                            .here = who->n_here > 0};

    if (!person_is_in(&who->p)) {
        m.has = WIRE_MEMBER_HAS_UNTIL;
        m.until = who->p.left_ts;
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

        if (person_is_in(&who->p) || (req->all && who->p.joined_seq != 0)) {
            struct wire_member m = listed(who);

            wire_pack(&raw, &m);
            page->members.count++;
        }
    }
    page->end = i == n;
    return group_reply_list(g, call, result, &page->members, &raw);
}

/* ---- get_bans ---- */

enum wire_code
group_get_bans(void *service, struct call *call, struct wire_reply *result)
{
    struct group *g = service;
    const struct id *after = &call->req.u.get_bans.after;
    struct wire_ban_page *page = &result->u.ban_page;
    size_t n = members_total(g->members);
    size_t i = id_is_zero(after) ? 0 : members_after(g->members, after);
    struct buf raw;

    buf_init(&raw, WIRE_REPLY_MAX);
    for (; i < n && page->bans.count < WIRE_LIST_ROWS_MAX; i++) {
        const struct member *who = members_at(g->members, i);

        if (who->p.ban_seq != 0) {
            struct wire_ban ban = {.uuid = who->p.uuid,
                                   .nick = person_nick(&who->p),
                                   .by = who->p.banned_by,
                                   .since = who->p.ban_ts};

            wire_pack(&raw, &ban);
            page->bans.count++;
        }
    }
    page->end = i == n;
    return group_reply_list(g, call, result, &page->bans, &raw);
}

/* ---- get_info ---- */

/* The lowest seq that who can read. */
static uint64_t
first_for(const struct group *g, const struct member *who)
{
    struct stay ranges[STAYS_MAX];
    size_t n = group_ranges(g, who, ranges);
    uint64_t first = n == 0 ? g->first : g->head + 1;

    for (size_t i = n; i-- > 0;)
        if (ranges[i].last >= g->first)
            first = ranges[i].first > g->first ? ranges[i].first : g->first;
    return first <= g->head ? first : g->head + 1;
}

enum wire_code
group_get_info(void *service, struct call *call, struct wire_reply *result)
{
    const struct group *g = service;
    const struct member *who = members_find(g->members, &call->peer);

    result->u.info = (struct wire_info){.log = g->log,
                                        .first = first_for(g, who),
                                        .head = g->head,
                                        .topic = {g->roster.topic.text, g->roster.topic.len},
                                        .history = span_of(group_history_name(g->policy)),
                                        .admission = span_of(g->allowed != NULL ? "list" : "open"),
                                        .role = member_role(who),
                                        .members = members_in(g->members),
                                        .here = tickets_here(g->tickets),
                                        .now = clock_wall_ns()};
    return CODE_OK;
}
