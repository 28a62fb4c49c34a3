#include "conclave.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "client/handle.h"
#include "client/public.h"

/* A list on its way from a service, a page at a time. */
struct fetch {
    struct conclave *c;
    struct remote *group; /* that gives it */
    enum wire_item item;
    struct wire_request req; /* for the next page */
    int64_t deadline_ms;
    struct rows *to;
};

/* ---- rows ---- */

static void
make_group(struct rows *to, const union wire_any_item *in, void *row)
{
    const struct wire_group *g = &in->group;
    char key[KEY_Z85_LEN + 1];

    key_to_z85(g->key, key);
    *(struct conclave_group *)row = (struct conclave_group){
        .name = rows_text(to, g->name),
        .key = rows_text(to, span_of(key)),
        .address = rows_text(to, g->address),
        .description = rows_text(to, g->description),
        .members = g->members,
    };
}

static void
make_member(struct rows *to, const union wire_any_item *in, void *row)
{
    const struct wire_member *m = &in->member;

    *(struct conclave_member *)row = (struct conclave_member){
        .uuid = id_public(&m->uuid),
        .nick = rows_text(to, m->nick),
        .since = m->since,
        .until = m->until,
        .role = (int)m->role,
        .here = m->here,
    };
}

static void
make_ban(struct rows *to, const union wire_any_item *in, void *row)
{
    const struct wire_ban *b = &in->ban;

    *(struct conclave_banned *)row = (struct conclave_banned){
        .uuid = id_public(&b->uuid),
        .nick = rows_text(to, b->nick),
        .by = id_public(&b->by),
        .by_nick = "",
        .since = b->since,
    };
}

static void
make_invite(struct rows *to, const union wire_any_item *in, void *row)
{
    const struct wire_invite *i = &in->invite;
    struct conclave_invitation *out = row;

    (void)to;
    *out = (struct conclave_invitation){
        .by = id_public(&i->by),
        .by_nick = "",
        .since = i->since,
        .uses = i->uses,
        .expires = i->expires,
    };
    sodium_bin2hex(out->id, sizeof out->id, i->hash, sizeof i->hash);
}

/* ---- the next page is asked for behind a row ---- */

static void
groups_after(struct wire_request *req, const void *row)
{
    req->u.get_group_list.after = span_of(((const struct conclave_group *)row)->name);
}

static void
members_after(struct wire_request *req, const void *row)
{
    memcpy(req->u.get_members.after.bytes, row, ID_LEN);
}

static void
bans_after(struct wire_request *req, const void *row)
{
    memcpy(req->u.get_bans.after.bytes, row, ID_LEN);
}

static void
invites_after(struct wire_request *req, const void *row)
{
    sodium_hex2bin(req->u.get_invites.after, WIRE_KEY_LEN, row, CONCLAVE_INVITE_ID_LEN, NULL, NULL,
                   NULL);
}

/* ---- kinds ---- */

#define PAGE(page, items) \
    offsetof(struct wire_reply, u.page.items), offsetof(struct wire_reply, u.page.end)

static const struct listing {
    const char *what; /* for messages */
    const char *giver;
    enum wire_op op;
    size_t items; /* of a page, where they are in the reply, and whether it is the last one */
    size_t end;
    size_t most; /* rows, of size row_size, that of the public struct */
    size_t row_size;
    size_t key_len; /* by which rows rise; 0: a text */
    void (*make)(struct rows *to, const union wire_any_item *in, void *row);
    void (*after)(struct wire_request *req, const void *row);
} listings[] = {
    [ITEM_GROUP] = {"groups", "the message server", OP_GET_GROUP_LIST, PAGE(group_page, groups),
                    1u << 16, sizeof(struct conclave_group), 0, make_group, groups_after},
    [ITEM_MEMBER] = {"members", "the group", OP_GET_MEMBERS, PAGE(member_page, members), 1u << 20,
                     sizeof(struct conclave_member), ID_LEN, make_member, members_after},
    [ITEM_BAN] = {"bans", "the group", OP_GET_BANS, PAGE(ban_page, bans), 1u << 20,
                  sizeof(struct conclave_banned), ID_LEN, make_ban, bans_after},
    [ITEM_INVITE] = {"invitations", "the group", OP_GET_INVITES, PAGE(invite_page, invites),
                     1u << 16, sizeof(struct conclave_invitation), CONCLAVE_INVITE_ID_LEN,
                     make_invite, invites_after},
};

/* A row begins with what the next page is asked for with, and by which rows rise: the name of a
 * group, a UUID, the id of an invitation in hexadecimal. */
_Static_assert(offsetof(struct conclave_group, name) == 0 &&
                   offsetof(struct conclave_member, uuid) == 0 &&
                   offsetof(struct conclave_banned, uuid) == 0 &&
                   offsetof(struct conclave_invitation, id) == 0,
               "a row begins with its key");

static bool
rises(const struct listing *kind, const void *row, const void *before)
{
    if (kind->key_len == 0)
        return strcmp(*(const char *const *)row, *(const char *const *)before) > 0;
    return memcmp(row, before, kind->key_len) > 0;
}

/* ---- pages ---- */

static bool
is_cut(const struct conclave *c, const struct rows *to)
{
    return c->list_max > 0 && to->n >= c->list_max;
}

static enum conclave_status
add_rows(struct fetch *f, struct wire_list items)
{
    const struct listing *kind = &listings[f->item];
    union wire_any_item item;

    while (!is_cut(f->c, f->to) && wire_next_item(&items, f->item, &item)) {
        char *row = rows_add(f->to, kind->row_size, kind->most);

        if (row != NULL)
            kind->make(f->to, &item, row);
        if (row == NULL || f->to->failed)
            return handle_error(f->c, ST_FULL, "%s lists too many %s", kind->giver, kind->what);
        if (f->to->n > 1 && !rises(kind, row, row - kind->row_size))
            return handle_error(f->c, ST_PROTOCOL, "the list of %s is out of order", kind->what);
    }
    return CONCLAVE_OK;
}

static enum conclave_status
fetch_page(struct fetch *f, struct session *s, bool *end)
{
    const struct listing *kind = &listings[f->item];
    size_t before = f->to->n;
    enum conclave_status st;
    struct answer a;

    if (before > 0)
        kind->after(&f->req, (const char *)f->to->items + (before - 1) * kind->row_size);
    answer_init(&a);
    st = handle_ask(f->c, s, &f->req, f->deadline_ms, &a);
    if (st == CONCLAVE_OK) {
        memcpy(end, (const char *)&a.reply + kind->end, sizeof *end);
        st = add_rows(f, *(const struct wire_list *)((const char *)&a.reply + kind->items));
    }
    if (st == CONCLAVE_OK && f->to->n == before && !*end)
        st = handle_error(f->c, ST_PROTOCOL, "the list of %s does not go on", kind->what);
    *end = *end || is_cut(f->c, f->to);
    answer_clear(&a);
    return st;
}

/* All of it, instead of the rows that are there; none on failure. group: of lists that a group
 * gives. */
static enum conclave_status
fetch(struct fetch *f, const char *group)
{
    struct session *s = &f->c->directory;
    enum conclave_status st;
    bool end = false;

    rows_clear(f->to);
    f->req.op = listings[f->item].op;
    f->deadline_ms = handle_deadline(f->c);
    st = f->item == ITEM_GROUP ? handle_online(f->c)
                               : handle_group(f->c, group, f->deadline_ms, &f->group);
    if (st == CONCLAVE_OK && f->item != ITEM_GROUP)
        s = &f->group->session;
    while (st == CONCLAVE_OK && !end)
        st = fetch_page(f, s, &end);
    if (st != CONCLAVE_OK)
        rows_clear(f->to);
    return st;
}

/* ---- conclave.h ---- */

static enum conclave_status
next_row(struct conclave *c, enum wire_item item, void *out)
{
    return rows_next(&c->lists[item], out, listings[item].row_size) ? CONCLAVE_OK : CONCLAVE_NONE;
}

enum conclave_status
conclave_list_groups(struct conclave *c)
{
    struct fetch f = {.c = c, .item = ITEM_GROUP, .to = &c->lists[ITEM_GROUP]};

    return fetch(&f, NULL);
}

enum conclave_status
conclave_next_group(struct conclave *c, struct conclave_group *out)
{
    return next_row(c, ITEM_GROUP, out);
}

static enum conclave_status
list_members(struct conclave *c, const char *group, bool past, struct rows *to)
{
    struct fetch f = {.c = c, .item = ITEM_MEMBER, .to = to, .req.u.get_members.all = past};

    return fetch(&f, group);
}

enum conclave_status
conclave_list_members(struct conclave *c, const char *group, bool past)
{
    return list_members(c, group, past, &c->lists[ITEM_MEMBER]);
}

enum conclave_status
conclave_next_member(struct conclave *c, struct conclave_member *out)
{
    return next_row(c, ITEM_MEMBER, out);
}

/* What somebody is called now, or "": a name is a help, a list without it is none the worse. */
static const char *
nick_of(struct fetch *f, const struct conclave_id *who)
{
    struct nicks *known = &f->group->nicks;
    struct id id;
    const char *nick;

    memcpy(id.bytes, who->bytes, sizeof id.bytes);
    nick = nicks_find(known, &id, INT64_MAX);
    if (nick == NULL && !known->loaded)
        nicks_load(known, f->deadline_ms);
    while (known->loading)
        handle_wait(f->c, f->deadline_ms);
    nick = nicks_find(known, &id, INT64_MAX);
    return nick != NULL ? rows_text(f->to, span_of(nick)) : "";
}

enum conclave_status
conclave_list_bans(struct conclave *c, const char *group)
{
    struct fetch f = {.c = c, .item = ITEM_BAN, .to = &c->lists[ITEM_BAN]};
    enum conclave_status st = fetch(&f, group);
    struct conclave_banned *rows = f.to->items;

    for (size_t i = 0; i < f.to->n; i++)
        rows[i].by_nick = nick_of(&f, &rows[i].by);
    return st;
}

enum conclave_status
conclave_next_ban(struct conclave *c, struct conclave_banned *out)
{
    return next_row(c, ITEM_BAN, out);
}

enum conclave_status
conclave_list_invites(struct conclave *c, const char *group)
{
    struct fetch f = {.c = c, .item = ITEM_INVITE, .to = &c->lists[ITEM_INVITE]};
    enum conclave_status st = fetch(&f, group);
    struct conclave_invitation *rows = f.to->items;

    for (size_t i = 0; i < f.to->n; i++)
        rows[i].by_nick = nick_of(&f, &rows[i].by);
    return st;
}

enum conclave_status
conclave_next_invite(struct conclave *c, struct conclave_invitation *out)
{
    return next_row(c, ITEM_INVITE, out);
}

/* ---- somebody by nick ---- */

static enum conclave_status
pick_member(struct conclave *c, const struct rows *in, const char *nick, struct conclave_id *out)
{
    const struct conclave_member *rows = in->items;
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
    rows_clear(&rows);
    return st;
}
