#include "conclave.h"

#include <stdio.h>
#include <string.h>

#include "api/listing.h"
#include "base/text.h"

/* ---- any list ---- */

static bool
is_cut(const struct conclave *c, const struct rows *to)
{
    return c->list_max > 0 && to->n >= c->list_max;
}

static enum conclave_status
add_rows(struct conclave *c, const struct listing *kind, struct wire_list items, struct rows *to)
{
    for (uint32_t left = items.count; left > 0 && !is_cut(c, to); left--) {
        void *row = rows_add(to, kind->row_size, kind->most);

        if (row == NULL)
            return handle_error(c, ST_FULL, "%s lists too many %s", kind->giver, kind->what);
        kind->take(&items, row);
        if (!rows_rise(to, kind->row_size, kind->key_size))
            return handle_error(c, ST_PROTOCOL, "the list of %s is out of order", kind->what);
    }
    return CONCLAVE_OK;
}

/* One page, after the last row so far. */
static enum conclave_status
fetch_page(struct conclave *c, struct session *s, const struct listing *kind,
           struct wire_request req, int64_t deadline_ms, struct rows *to, bool *end)
{
    size_t before = to->n;
    enum conclave_status st;
    struct answer a;

    if (before > 0)
        kind->after(&req, (const uint8_t *)to->items + (before - 1) * kind->row_size);
    answer_init(&a);
    st = handle_ask(c, s, &req, deadline_ms, &a);
    if (st == CONCLAVE_OK)
        st = add_rows(c, kind, kind->items(&a.reply, end), to);
    if (st == CONCLAVE_OK && to->n == before && !*end)
        st = handle_error(c, ST_PROTOCOL, "the list of %s does not go on", kind->what);
    *end = *end || is_cut(c, to);
    answer_clear(&a);
    return st;
}

enum conclave_status
listing_fetch(struct conclave *c, struct session *s, const struct listing *kind,
              const struct wire_request *first, int64_t deadline_ms, struct rows *to)
{
    enum conclave_status st = CONCLAVE_OK;
    bool end = false;

    rows_reset(to);
    while (st == CONCLAVE_OK && !end)
        st = fetch_page(c, s, kind, *first, deadline_ms, to, &end);
    if (st != CONCLAVE_OK)
        rows_reset(to);
    return st;
}

enum conclave_status
listing_of_group(struct conclave *c, const char *group, const struct listing *kind,
                 const struct wire_request *first, int64_t deadline_ms, struct rows *to,
                 struct remote **k)
{
    enum conclave_status st = handle_group(c, group, deadline_ms, k);

    if (st == CONCLAVE_OK)
        return listing_fetch(c, &(*k)->session, kind, first, deadline_ms, to);
    rows_reset(to);
    return st;
}

/* ---- groups ---- */

static void
groups_after(struct wire_request *req, const void *row)
{
    req->u.get_group_list.after = span_of(((const struct group_row *)row)->name);
}

static struct wire_list
groups_of(const struct wire_reply *page, bool *end)
{
    *end = page->u.group_page.end;
    return page->u.group_page.groups;
}

static void
take_group(struct wire_list *items, void *row_)
{
    struct group_row *row = row_;
    struct wire_group g;

    if (!wire_next(items, &g))
        return;
    row_text(row->name, sizeof row->name, g.name);
    row_text(row->address, sizeof row->address, g.address);
    row_text(row->description, sizeof row->description, g.description);
    key_to_z85(g.key, row->key);
    row->members = g.members;
}

static const struct listing groups = {
    .what = "groups",
    .giver = "the message server",
    .row_size = sizeof(struct group_row),
    .key_size = sizeof((struct group_row *)0)->name,
    .most = 1u << 16,
    .after = groups_after,
    .items = groups_of,
    .take = take_group,
};

enum conclave_status
conclave_list_groups(struct conclave *c)
{
    const struct wire_request req = {.op = OP_GET_GROUP_LIST};
    int64_t deadline = handle_deadline(c);
    enum conclave_status st = handle_online(c);

    if (st == CONCLAVE_OK)
        return listing_fetch(c, &c->directory, &groups, &req, deadline, &c->group_rows);
    rows_reset(&c->group_rows);
    return st;
}

enum conclave_status
conclave_next_group(struct conclave *c, struct conclave_group *out)
{
    const struct group_row *row = c->group_rows.items;

    if (c->group_rows.next == c->group_rows.n)
        return CONCLAVE_NONE;
    row += c->group_rows.next++;
    *out = (struct conclave_group){
        .name = row->name,
        .key = row->key,
        .address = row->address,
        .description = row->description,
        .members = row->members,
    };
    return CONCLAVE_OK;
}

/* ---- members ---- */

static void
members_after(struct wire_request *req, const void *row)
{
    memcpy(req->u.get_members.after.bytes, ((const struct member_row *)row)->uuid.bytes, ID_LEN);
}

static struct wire_list
members_of(const struct wire_reply *page, bool *end)
{
    *end = page->u.member_page.end;
    return page->u.member_page.members;
}

static void
take_member(struct wire_list *items, void *row_)
{
    struct member_row *row = row_;
    struct wire_member m;

    if (!wire_next(items, &m))
        return;
    memcpy(row->uuid.bytes, m.uuid.bytes, sizeof row->uuid.bytes);
    row_text(row->nick, sizeof row->nick, m.nick);
    row->since = m.since;
    row->until = m.until;
    row->role = (int)m.role;
    row->here = m.here;
}

static const struct listing members = {
    .what = "members",
    .giver = "the group",
    .row_size = sizeof(struct member_row),
    .key_size = sizeof((struct member_row *)0)->uuid,
    .most = 1u << 20,
    .after = members_after,
    .items = members_of,
    .take = take_member,
};

static enum conclave_status
list_members(struct conclave *c, const char *group, bool past, struct rows *to)
{
    const struct wire_request req = {.op = OP_GET_MEMBERS, .u.get_members.all = past};

    struct remote *k = NULL;

    return listing_of_group(c, group, &members, &req, handle_deadline(c), to, &k);
}

enum conclave_status
conclave_list_members(struct conclave *c, const char *group, bool past)
{
    return list_members(c, group, past, &c->member_rows);
}

enum conclave_status
conclave_next_member(struct conclave *c, struct conclave_member *out)
{
    const struct member_row *row = c->member_rows.items;

    if (c->member_rows.next == c->member_rows.n)
        return CONCLAVE_NONE;
    row += c->member_rows.next++;
    *out = (struct conclave_member){
        .uuid = row->uuid,
        .nick = row->nick,
        .since = row->since,
        .until = row->until,
        .role = row->role,
        .here = row->here,
    };
    return CONCLAVE_OK;
}

static enum conclave_status
pick_member(struct conclave *c, const struct rows *in, const char *nick, struct conclave_id *out)
{
    const struct member_row *rows = in->items;
    size_t n = 0;
    char text[FAULT_TEXT_MAX];
    struct refusal why;

    for (size_t i = 0; i < in->n; i++)
        if (text_equal_nocase(span_of(rows[i].nick), span_of(nick)) && ++n == 1)
            *out = rows[i].uuid;
    if (n == 1)
        return CONCLAVE_OK;
    if (n == 0 && is_cut(c, in))
        snprintf(text, sizeof text,
                 "nobody of the first %zu members is called \"%.80s\": say the UUID", in->n, nick);
    else if (n == 0)
        snprintf(text, sizeof text, "nobody in the group is called \"%.80s\"", nick);
    else
        snprintf(text, sizeof text, "%zu people in the group are called \"%.80s\": say the UUID", n,
                 nick);
    refusal_set(&why, wire_code_name(CODE_NO_MEMBER), text);
    return handle_refuse(c, ST_DENIED, &why);
}

enum conclave_status
conclave_find_member(struct conclave *c, const char *group, const char *who,
                     struct conclave_id *out)
{
    struct rows rows = {0};
    enum conclave_status st;

    if (who == NULL)
        return handle_error(c, ST_INVALID, "no nick and no UUID");
    if (conclave_id_parse(out, who))
        return CONCLAVE_OK;
    st = list_members(c, group, false, &rows);
    if (st == CONCLAVE_OK)
        st = pick_member(c, &rows, who, out);
    rows_reset(&rows);
    return st;
}

enum conclave_status
conclave_locate(struct conclave *c, const char *group, const char *key, const char *address)
{
    uint8_t raw[KEY_LEN];
    struct fault why;

    if (key == NULL || key_from_z85(raw, key) != ST_OK)
        return handle_error(c, ST_INVALID, "that is not a key in Z85");
    if (address == NULL || endpoint_check(address, false, &why) != ST_OK)
        return handle_error(c, ST_INVALID, "%s", address != NULL ? why.text : "no address");
    return handle_locate(c, group, raw, address);
}
