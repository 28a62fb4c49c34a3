/* What the services say: by the same library as every command, so that doctor cannot find right
 * what they find wrong. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "doctor/doctor.h"

#define REASON_MAX   512
#define CLOCK_OFF_NS (2 * NS_PER_S) /* beyond it, times that people compare look wrong */

static enum conclave_status
open_handle(const struct doctor *d, const char *known_keys, struct conclave **out,
            struct finding *f)
{
    struct conclave_options o = {
        .server = d->c->set.server,
        .server_key = d->c->set.server_key,
        .key = d->c->key_file.text,
        .timeout_ms = d->c->timeout_ms,
        .known_keys = known_keys,
    };
    char why[REASON_MAX];
    enum conclave_status st = conclave_open(out, &o, why, sizeof why);

    if (st != CONCLAVE_OK)
        finding_fail(f, st, "local", "%s", why);
    return st;
}

static void
fail_by(const struct conclave *c, enum conclave_status st, struct finding *f)
{
    finding_fail(f, st, conclave_error_code(c), "%s", conclave_error(c));
}

static bool
is_code(const struct conclave *c, const char *code)
{
    return strcmp(conclave_error_code(c), code) == 0;
}

/* ---- the message server ---- */

/* With a handle that remembers nothing, so that this is about the protocol only. */
void
doctor_protocol(struct doctor *d, struct finding *f)
{
    struct conclave *c = NULL;
    enum conclave_status st;

    if (open_handle(d, NULL, &c, f) != CONCLAVE_OK)
        return;
    st = conclave_list_groups(c);
    if (is_code(c, "unknown_method"))
        finding_fail(f, CONCLAVE_PROTOCOL, "protocol",
                     "%s is no message server; is it the address of a group, or an older version?",
                     d->c->set.server);
    /* A refusal is understood too; the list tells of it. */
    else if (st == CONCLAVE_OK || st == CONCLAVE_REFUSED)
        finding_ok(f, "the message server answers, in this protocol and version");
    else
        fail_by(c, st, f);
    conclave_close(c);
}

static bool
find_known_keys(struct doctor *d, struct finding *f)
{
    const char *dir = d->c->state.text;
    struct fault why;

    if (dir[0] == '\0')
        finding_fail(f, CONCLAVE_INVALID, "usage",
                     "there is no home directory to remember keys in; name one with --state DIR");
    else if (!paths_within(&d->known_keys, dir, "known_keys"))
        finding_fail(f, CONCLAVE_INVALID, "usage", "--state: the path is too long");
    else if (paths_make(dir, &why) != ST_OK)
        finding_fail(f, CONCLAVE_LOCAL, "local", "%s; --state DIR names another place", why.text);
    else
        return true;
    return false;
}

void
doctor_server_pin(struct doctor *d, struct finding *f)
{
    struct cmd *c = d->c;

    if (!find_known_keys(d, f) || open_handle(d, d->known_keys.text, &c->client, f) != CONCLAVE_OK)
        return;
    d->list = conclave_list_groups(c->client);
    if (d->list == CONCLAVE_SERVER_KEY && is_code(c->client, "other_key"))
        finding_fail(
            f, CONCLAVE_SERVER_KEY, "other_key",
            "%s; if you know that the server's key changed, accept it with: conclave trust",
            conclave_error(c->client));
    else if (d->list == CONCLAVE_LOCAL)
        fail_by(c->client, d->list, f);
    else
        finding_ok(f, "it is the one that %s remembers", d->known_keys.text);
}

static void
take_group(struct doctor *d, const struct conclave_group *g)
{
    d->groups++;
    if (d->group == NULL || strcmp(g->name, d->group) != 0)
        return;
    d->listed = key_from_z85(d->at_group.key, g->key) == ST_OK;
    snprintf(d->at_group.address, sizeof d->at_group.address, "%s", g->address);
}

void
doctor_groups(struct doctor *d, struct finding *f)
{
    struct conclave_group g;

    if (d->list != CONCLAVE_OK) {
        fail_by(d->c->client, d->list, f);
        return;
    }
    while (conclave_next_group(d->c->client, &g) == CONCLAVE_OK)
        take_group(d, &g);
    finding_ok(f, "%zu live group%s", d->groups, d->groups == 1 ? "" : "s");
}

void
doctor_listed(struct doctor *d, struct finding *f)
{
    if (d->listed)
        finding_ok(f, "%s is at %s", d->at_group.what, d->at_group.address);
    else
        finding_fail(f, CONCLAVE_REFUSED, "not_found",
                     "no live group is named \"%s\"; 'conclave groups' lists them, and when the "
                     "name is right, ask its operator whether it runs",
                     d->group);
}

/* ---- the group ---- */

void
doctor_group_pin(struct doctor *d, struct finding *f)
{
    struct conclave *c = d->c->client;
    struct conclave_info info;

    d->info = conclave_get_info(c, d->group, &info);
    if (d->info == CONCLAVE_OK)
        d->role = info.role;
    if (d->info == CONCLAVE_SERVER_KEY && is_code(c, "key_changed"))
        finding_fail(f, CONCLAVE_SERVER_KEY, "key_changed",
                     "%s; if you know why it changed, accept it with: conclave trust %s",
                     conclave_error(c), d->group);
    else
        finding_ok(f, "it is the one that %s remembers", d->known_keys.text);
}

void
doctor_member(struct doctor *d, struct finding *f)
{
    const char *role = conclave_role_name(d->role);

    if (d->info == CONCLAVE_OK)
        finding_ok(f, "you are in, as %s", role != NULL ? role : "member");
    else if (is_code(d->c->client, "not_member"))
        finding_fail(f, CONCLAVE_REFUSED, "not_member",
                     "you are not a member of \"%s\"; join it with: conclave join %s", d->group,
                     d->group);
    else
        fail_by(d->c->client, d->info, f);
}

/* The connection is there already, so half of the way there and back is a good guess. */
void
doctor_clock(struct doctor *d, struct finding *f)
{
    struct conclave_info info;
    int64_t before = clock_wall_ns();
    enum conclave_status st = conclave_get_info(d->c->client, d->group, &info);
    int64_t after = clock_wall_ns();
    int64_t middle = before + (after - before) / 2;
    double off;

    if (st != CONCLAVE_OK) {
        fail_by(d->c->client, st, f);
        return;
    }
    off = ((double)info.now - (double)middle) / (double)NS_PER_S;
    if (off > -(double)CLOCK_OFF_NS / NS_PER_S && off < (double)CLOCK_OFF_NS / NS_PER_S)
        finding_ok(f, "the clocks agree within %.1f s", off < 0 ? -off : off);
    else
        finding_warn(f, "clock",
                     "the group's clock is %.1f s %s yours; times of entries are the group's; is "
                     "your clock right?",
                     off < 0 ? -off : off, off < 0 ? "behind" : "ahead of");
}

void
doctor_feed(struct doctor *d, struct finding *f)
{
    struct conclave *c = d->c->client;
    struct conclave_cursor at = {.seq = 0};
    enum conclave_status st = conclave_follow(c, d->group);

    if (st != CONCLAVE_OK) {
        fail_by(c, st, f);
        return;
    }
    conclave_position(c, d->group, &at);
    conclave_unfollow(c, d->group);
    finding_ok(f, "it is live, after entry #%" PRIu64, at.seq);
}
