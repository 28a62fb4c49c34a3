#include "conclave.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "api/listing.h"

/* ---- who did it ---- */

static const char *
nick_of(const struct remote *k, const struct conclave_id *who)
{
    struct id id;

    memcpy(id.bytes, who->bytes, sizeof id.bytes);
    return nicks_find(&k->nicks, &id, INT64_MAX);
}

/* A name is a help: a list without it is none the worse. */
static void
name_maker(struct conclave *c, struct remote *k, const struct conclave_id *who,
           char nick[static NAME_MAX_BYTES + 1], int64_t deadline_ms)
{
    const char *known = nick_of(k, who);

    if (known == NULL && !k->nicks.loaded)
        nicks_load(&k->nicks, deadline_ms);
    while (k->nicks.loading)
        handle_wait(c, deadline_ms);
    known = nick_of(k, who);
    snprintf(nick, NAME_MAX_BYTES + 1, "%s", known != NULL ? known : "");
}

/* ---- bans ---- */

static void
bans_after(struct wire_request *req, const void *row)
{
    memcpy(req->u.get_bans.after.bytes, ((const struct ban_row *)row)->uuid.bytes, ID_LEN);
}

static struct wire_list
bans_of(const struct wire_reply *page, bool *end)
{
    *end = page->u.ban_page.end;
    return page->u.ban_page.bans;
}

static void
take_ban(struct wire_list *items, void *row_)
{
    struct ban_row *row = row_;
    struct wire_ban b;

    if (!wire_next(items, &b))
        return;
    memcpy(row->uuid.bytes, b.uuid.bytes, sizeof row->uuid.bytes);
    memcpy(row->by.bytes, b.by.bytes, sizeof row->by.bytes);
    row_text(row->nick, sizeof row->nick, b.nick);
    row->since = b.since;
}

static const struct listing bans = {
    .what = "bans",
    .giver = "the group",
    .row_size = sizeof(struct ban_row),
    .key_size = sizeof((struct ban_row *)0)->uuid,
    .most = 1u << 20,
    .after = bans_after,
    .items = bans_of,
    .take = take_ban,
};

enum conclave_status
conclave_list_bans(struct conclave *c, const char *group)
{
    const struct wire_request req = {.op = OP_GET_BANS};
    int64_t deadline = handle_deadline(c);
    struct ban_row *rows;
    struct remote *k = NULL;
    enum conclave_status st = listing_of_group(c, group, &bans, &req, deadline, &c->ban_rows, &k);

    rows = c->ban_rows.items;
    for (size_t i = 0; st == CONCLAVE_OK && i < c->ban_rows.n; i++)
        name_maker(c, k, &rows[i].by, rows[i].by_nick, deadline);
    return st;
}

enum conclave_status
conclave_next_ban(struct conclave *c, struct conclave_banned *out)
{
    const struct ban_row *row = c->ban_rows.items;

    if (c->ban_rows.next == c->ban_rows.n)
        return CONCLAVE_NONE;
    row += c->ban_rows.next++;
    *out = (struct conclave_banned){
        .uuid = row->uuid,
        .nick = row->nick,
        .by = row->by,
        .by_nick = row->by_nick,
        .since = row->since,
    };
    return CONCLAVE_OK;
}

/* ---- invitations ---- */

static void
invites_after(struct wire_request *req, const void *row)
{
    memcpy(req->u.get_invites.after, ((const struct invite_row *)row)->hash, WIRE_KEY_LEN);
}

static struct wire_list
invites_of(const struct wire_reply *page, bool *end)
{
    *end = page->u.invite_page.end;
    return page->u.invite_page.invites;
}

static void
take_invite(struct wire_list *items, void *row_)
{
    struct invite_row *row = row_;
    struct wire_invite i;

    if (!wire_next(items, &i))
        return;
    memcpy(row->hash, i.hash, sizeof row->hash);
    memcpy(row->by.bytes, i.by.bytes, sizeof row->by.bytes);
    row->since = i.since;
    row->uses = i.uses;
    row->expires = i.expires;
}

static const struct listing invitations = {
    .what = "invitations",
    .giver = "the group",
    .row_size = sizeof(struct invite_row),
    .key_size = sizeof((struct invite_row *)0)->hash,
    .most = 1u << 16,
    .after = invites_after,
    .items = invites_of,
    .take = take_invite,
};

enum conclave_status
conclave_list_invites(struct conclave *c, const char *group)
{
    const struct wire_request req = {.op = OP_GET_INVITES};
    int64_t deadline = handle_deadline(c);
    struct invite_row *rows;
    struct remote *k = NULL;
    enum conclave_status st =
        listing_of_group(c, group, &invitations, &req, deadline, &c->invite_rows, &k);

    rows = c->invite_rows.items;
    for (size_t i = 0; st == CONCLAVE_OK && i < c->invite_rows.n; i++)
        name_maker(c, k, &rows[i].by, rows[i].by_nick, deadline);
    return st;
}

enum conclave_status
conclave_next_invite(struct conclave *c, struct conclave_invitation *out)
{
    const struct invite_row *row = c->invite_rows.items;

    if (c->invite_rows.next == c->invite_rows.n)
        return CONCLAVE_NONE;
    row += c->invite_rows.next++;
    *out = (struct conclave_invitation){
        .by = row->by,
        .by_nick = row->by_nick,
        .since = row->since,
        .uses = row->uses,
        .expires = row->expires,
    };
    sodium_bin2hex(out->id, sizeof out->id, row->hash, sizeof row->hash);
    return CONCLAVE_OK;
}
