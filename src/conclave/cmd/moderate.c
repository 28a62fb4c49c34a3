/* What moderators and owners do with people. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/text.h"
#include "cmd/cmd.h"

#define SHOWN_MAX (CONCLAVE_NAME_MAX + CONCLAVE_UUID_LEN + sizeof " ()")
#define SEEN_MAX  96
#define STAY_MAX  96

/* Whom a command is about: c->args[1] in the group c->args[0]. */
struct whom {
    struct conclave_id id;
    char shown[SHOWN_MAX];     /* "bob (UUID)", or the UUID where that was given */
    struct tell_change change; /* what there is to tell of it */
};

static void
set_person(struct cmd *c, struct whom *p, const char *nick)
{
    char uuid[CONCLAVE_UUID_LEN + 1];

    conclave_id_format(&p->id, uuid);
    if (nick != NULL)
        snprintf(p->shown, sizeof p->shown, "%s (%s)", nick, uuid);
    else
        snprintf(p->shown, sizeof p->shown, "%s", uuid);
    p->change = (struct tell_change){.group = c->args[0], .subject = &p->id, .nick = nick};
}

static void
set_named(struct cmd *c, struct whom *p)
{
    struct conclave_id id;

    set_person(c, p, conclave_id_parse(&id, c->args[1]) ? NULL : c->args[1]);
}

/* -1: found. */
static int
find_person(struct cmd *c, struct whom *p)
{
    enum conclave_status st = conclave_find_member(c->client, c->args[0], c->args[1], &p->id);

    if (st != CONCLAVE_OK)
        return cmd_fail_group(c, st, c->args[0]);
    set_named(c, p);
    return -1;
}

/* ---- out ---- */

static bool
is_self(const struct cmd *c, const struct whom *p)
{
    char key[CONCLAVE_KEY_LEN + 1];
    struct conclave_id self;

    conclave_self(c->client, &self, key);
    return memcmp(&self, &p->id, sizeof self) == 0;
}

typedef enum conclave_status removal(struct conclave *client, const char *group,
                                     const struct conclave_id *who, uint64_t *last);

static int
take_out(struct cmd *c, removal *remove, const char *done, const char *from)
{
    char seen[SEEN_MAX] = "nothing was published to them";
    struct whom p;
    uint64_t last = 0;
    enum conclave_status st;
    int end = find_person(c, &p);

    if (end >= 0)
        return end;
    if (is_self(c, &p))
        return cmd_fail(c, CONCLAVE_REFUSED, "not_allowed",
                        "nobody kicks or bans themselves; to go: conclave leave %s", c->args[0]);
    st = remove(c->client, c->args[0], &p.id, &last);
    if (st != CONCLAVE_OK)
        return cmd_fail_group(c, st, c->args[0]);
    if (last > 0)
        snprintf(seen, sizeof seen, "the last entry that was published to them is #%" PRIu64, last);
    p.change.last = &last;
    tell_change(&c->out, &p.change, "%s %s %s %s; %s", done, p.shown, from, c->args[0], seen);
    return CONCLAVE_OK;
}

/* ---- everybody who came since ---- */

struct newcomers {
    int64_t since;
    struct conclave_id self;
    int role;
    size_t found;
    size_t above; /* who are not below us */
};

static bool
is_one(struct newcomers *n, const struct conclave_member *m)
{
    if (m->since < n->since || memcmp(&m->uuid, &n->self, sizeof n->self) == 0)
        return false;
    if (m->role < n->role)
        return true;
    n->above++;
    return false;
}

static bool
is_gone(struct cmd *c, enum conclave_status st)
{
    const char *code = conclave_error_code(c->client);

    return st == CONCLAVE_REFUSED && strcmp(code, "no_member") == 0;
}

/* -1: done, or not needed. */
static int
take_one_out(struct cmd *c, struct newcomers *n, const struct conclave_member *m)
{
    struct whom p = {.id = m->uuid};
    uint64_t last = 0;
    enum conclave_status st;

    if (c->set.dry_run) {
        n->found++;
        return tell_member(&c->out, m) ? -1 : CONCLAVE_OK;
    }
    st = conclave_kick(c->client, c->args[0], &m->uuid, &last);
    if (is_gone(c, st))
        return -1;
    if (st != CONCLAVE_OK)
        return cmd_fail_group(c, st, c->args[0]);
    n->found++;
    set_person(c, &p, m->nick);
    p.change.last = &last;
    tell_change(&c->out, &p.change, "took %s out of %s", p.shown, c->args[0]);
    return -1;
}

static void
sum_up(struct cmd *c, const struct newcomers *n)
{
    char stay[STAY_MAX] = "";

    if (n->above > 0)
        snprintf(stay, sizeof stay, "; who came since then and is not below you in rank stays: %zu",
                 n->above);
    tell_remark(&c->err, "%s out of %s: %zu%s", c->set.dry_run ? "would be taken" : "taken",
                c->args[0], n->found, stay);
}

static int
kick_newcomers(struct cmd *c, int64_t since)
{
    struct newcomers n = {.since = since};
    char key[CONCLAVE_KEY_LEN + 1];
    struct conclave_info info;
    struct conclave_member m;
    enum conclave_status st = conclave_get_info(c->client, c->args[0], &info);
    int end = -1;

    if (st == CONCLAVE_OK)
        st = conclave_list_members(c->client, c->args[0], false);
    if (st != CONCLAVE_OK)
        return cmd_fail_group(c, st, c->args[0]);
    if (info.role < CONCLAVE_MODERATOR)
        return cmd_fail(c, CONCLAVE_REFUSED, "not_allowed",
                        "that is for moderators and owners of \"%s\"", c->args[0]);
    n.role = info.role;
    conclave_self(c->client, &n.self, key);
    while (end < 0 && conclave_next_member(c->client, &m) == CONCLAVE_OK)
        if (is_one(&n, &m))
            end = take_one_out(c, &n, &m);
    sum_up(c, &n);
    return end < 0 ? CONCLAVE_OK : end;
}

int
cmd_kick(struct cmd *c)
{
    struct moment since;

    if (!cmd_moment(c, "joined-since", c->set.joined_since, &since))
        return CONCLAVE_INVALID;
    if (since.given && since.by_seq)
        return cmd_misuse(c, "--joined-since takes a time");
    if (since.given == (c->n_args == 2))
        return cmd_misuse(c, "either WHO or --joined-since TIME");
    if (c->set.dry_run && !since.given)
        return cmd_misuse(c, "--dry-run is for --joined-since");
    return since.given ? kick_newcomers(c, since.ns) : take_out(c, conclave_kick, "took", "out of");
}

int
cmd_ban(struct cmd *c)
{
    return take_out(c, conclave_ban, "banned", "from");
}

/* ---- bans ---- */

int
cmd_bans(struct cmd *c)
{
    struct conclave_banned b;
    enum conclave_status st = conclave_list_bans(c->client, c->args[0]);

    if (st != CONCLAVE_OK)
        return cmd_fail_group(c, st, c->args[0]);
    while (conclave_next_ban(c->client, &b) == CONCLAVE_OK && tell_ban(&c->out, &b))
        continue;
    return CONCLAVE_OK;
}

/* Who is banned is no member, so that a nick is looked for among those. -1: found. */
static int
find_banned(struct cmd *c, struct whom *p)
{
    struct span who = span_of(c->args[1]);
    struct conclave_banned b;
    enum conclave_status st;
    size_t found = 0;

    if (!conclave_id_parse(&p->id, c->args[1])) {
        st = conclave_list_bans(c->client, c->args[0]);
        if (st != CONCLAVE_OK)
            return cmd_fail_group(c, st, c->args[0]);
        while (conclave_next_ban(c->client, &b) == CONCLAVE_OK)
            if (text_equal_nocase(span_of(b.nick), who)) {
                p->id = b.uuid;
                found++;
            }
        if (found != 1)
            return cmd_fail(c, CONCLAVE_REFUSED, "no_member",
                            found == 0 ? "nobody called \"%s\" is banned from \"%s\""
                                       : "several called \"%s\" are banned from \"%s\"; give the "
                                         "UUID",
                            c->args[1], c->args[0]);
    }
    set_named(c, p);
    return -1;
}

int
cmd_unban(struct cmd *c)
{
    struct whom p;
    enum conclave_status st;
    int end = find_banned(c, &p);

    if (end >= 0)
        return end;
    st = conclave_unban(c->client, c->args[0], &p.id);
    if (st != CONCLAVE_OK)
        return cmd_fail_group(c, st, c->args[0]);
    tell_change(&c->out, &p.change, "%s may join %s again", c->args[1], c->args[0]);
    return CONCLAVE_OK;
}

/* ---- roles ---- */

int
cmd_role(struct cmd *c)
{
    const char *name = c->args[2];
    struct whom p;
    enum conclave_status st;
    int role;
    int end;

    if (!conclave_role_parse(&role, name))
        return cmd_misuse(c, "there is no role %s: owner, moderator or member", name);
    end = find_person(c, &p);
    if (end >= 0)
        return end;
    st = conclave_set_role(c->client, c->args[0], &p.id, role);
    if (st != CONCLAVE_OK)
        return cmd_fail_group(c, st, c->args[0]);
    p.change.role = name;
    tell_change(&c->out, &p.change, "%s is %s of %s now", c->args[1], name, c->args[0]);
    return CONCLAVE_OK;
}
