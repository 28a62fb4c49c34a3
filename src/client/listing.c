#include "conclave.h"

#include <stdio.h>
#include <string.h>

#include "engine.h"

#define GROUPS_MAX  (1u << 16)
#define MEMBERS_MAX (1u << 20)

static void
copy_text(char *dst, size_t size, struct span text)
{
    size_t len = text.len < size ? text.len : size - 1;

    if (len > 0)
        memcpy(dst, text.p, len);
    dst[len] = '\0';
}

/* ---- groups ---- */

static enum conclave_status
add_groups(struct conclave *c, struct wire_list groups)
{
    struct wire_group g;

    while (wire_next_group(&groups, &g)) {
        struct group_row *row = rows_add(&c->group_rows, sizeof *row, GROUPS_MAX);
        if (row == NULL)
            return engine_error(c, ST_FULL, "the message server lists too many groups");
        copy_text(row->name, sizeof row->name, g.name);
        copy_text(row->address, sizeof row->address, g.address);
        copy_text(row->description, sizeof row->description, g.description);
        key_to_z85(g.key, row->key);
        row->members = g.members;
    }
    return CONCLAVE_OK;
}

/* One page, after the last row so far. */
static enum conclave_status
fetch_groups(struct conclave *c, int64_t deadline_ms, bool *end)
{
    struct wire_request req = {.op = OP_GET_GROUP_LIST};
    const struct group_row *rows = c->group_rows.items;
    size_t before = c->group_rows.n;
    enum conclave_status st;
    struct answer a;

    if (before > 0)
        req.u.get_group_list.after = span_of(rows[before - 1].name);
    answer_init(&a);
    st = engine_ask(c, &c->directory, &req, deadline_ms, &a);
    if (st == CONCLAVE_OK)
        st = add_groups(c, a.reply.u.group_page.groups);
    if (st == CONCLAVE_OK)
        *end = a.reply.u.group_page.end || c->group_rows.n == before;
    answer_clear(&a);
    return st;
}

enum conclave_status
conclave_list_groups(struct conclave *c)
{
    int64_t deadline = engine_deadline(c);
    enum conclave_status st = CONCLAVE_OK;
    bool end = false;

    rows_reset(&c->group_rows);
    while (st == CONCLAVE_OK && !end)
        st = fetch_groups(c, deadline, &end);
    if (st != CONCLAVE_OK)
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

static enum conclave_status
add_members(struct conclave *c, struct wire_list members)
{
    struct wire_member m;

    while (wire_next_member(&members, &m)) {
        struct member_row *row = rows_add(&c->member_rows, sizeof *row, MEMBERS_MAX);
        if (row == NULL)
            return engine_error(c, ST_FULL, "the group lists too many members");
        memcpy(row->uuid.bytes, m.uuid.bytes, sizeof row->uuid.bytes);
        copy_text(row->nick, sizeof row->nick, m.nick);
        row->since = m.since;
        row->until = m.until;
    }
    return CONCLAVE_OK;
}

static enum conclave_status
fetch_members(struct conclave *c, struct known *k, bool past, int64_t deadline_ms, bool *end)
{
    struct wire_request req = {.op = OP_GET_MEMBERS};
    const struct member_row *rows = c->member_rows.items;
    size_t before = c->member_rows.n;
    enum conclave_status st;
    struct answer a;

    req.u.get_members.all = past;
    if (before > 0)
        memcpy(req.u.get_members.after.bytes, rows[before - 1].uuid.bytes, ID_LEN);
    answer_init(&a);
    st = engine_ask(c, &k->session, &req, deadline_ms, &a);
    if (st == CONCLAVE_OK)
        st = add_members(c, a.reply.u.member_page.members);
    if (st == CONCLAVE_OK)
        *end = a.reply.u.member_page.end || c->member_rows.n == before;
    answer_clear(&a);
    return st;
}

enum conclave_status
conclave_list_members(struct conclave *c, const char *group, bool past)
{
    int64_t deadline = engine_deadline(c);
    struct known *k = NULL;
    enum conclave_status st = engine_group(c, group, deadline, &k);
    bool end = false;

    rows_reset(&c->member_rows);
    while (st == CONCLAVE_OK && !end)
        st = fetch_members(c, k, past, deadline, &end);
    if (st != CONCLAVE_OK)
        rows_reset(&c->member_rows);
    return st;
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
    };
    return CONCLAVE_OK;
}

enum conclave_status
conclave_locate(struct conclave *c, const char *group, const char *key, const char *address)
{
    uint8_t raw[KEY_LEN];
    struct fault why;

    if (key == NULL || key_from_z85(raw, key) != ST_OK)
        return engine_error(c, ST_INVALID, "that is not a key in Z85");
    if (address == NULL || endpoint_check(address, false, &why) != ST_OK)
        return engine_error(c, ST_INVALID, "%s", address != NULL ? why.text : "no address");
    return engine_locate(c, group, raw, address);
}
