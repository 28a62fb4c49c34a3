/* What moderators and owners do with people. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "cmd.h"
#include "text.h"

#define SENTENCE_MAX 512

/* Whom a command is about: c->args[1] in the group c->args[0]. */
struct person {
    struct conclave_id id;
    char uuid[CONCLAVE_UUID_LEN + 1];
    const char *nick; /* NULL: named by UUID */
};

static void
set_person(struct person *p, const char *who)
{
    struct conclave_id id;

    conclave_id_format(&p->id, p->uuid);
    p->nick = conclave_id_parse(&id, who) ? NULL : who;
}

/* -1: found. */
static int
find_person(struct cmd *c, struct person *p)
{
    enum conclave_status st = conclave_find_member(c->client, c->args[0], c->args[1], &p->id);

    if (st != CONCLAVE_OK)
        return cmd_fail_group(c, st, c->args[0]);
    set_person(p, c->args[1]);
    return -1;
}

static int
tell(struct cmd *c, const struct person *p, struct show_change change)
{
    change.group = c->args[0];
    change.subject = &p->id;
    change.nick = p->nick;
    show_change(&c->out, &change);
    return EXIT_DONE;
}

/* ---- out ---- */

typedef enum conclave_status removal(struct conclave *client, const char *group,
                                     const struct conclave_id *who, uint64_t *last);

static int
take_out(struct cmd *c, removal *remove, const char *done, const char *from)
{
    char sentence[SENTENCE_MAX];
    struct person p;
    uint64_t last = 0;
    enum conclave_status st;
    int end = find_person(c, &p);
    int n;

    if (end >= 0)
        return end;
    st = remove(c->client, c->args[0], &p.id, &last);
    if (st != CONCLAVE_OK)
        return cmd_fail_group(c, st, c->args[0]);
    n = snprintf(sentence, sizeof sentence, "%s %s%s%s%s %s %s; ", done,
                 p.nick != NULL ? p.nick : p.uuid, p.nick != NULL ? " (" : "",
                 p.nick != NULL ? p.uuid : "", p.nick != NULL ? ")" : "", from, c->args[0]);
    if (n > 0 && (size_t)n < sizeof sentence && last > 0)
        snprintf(sentence + n, sizeof sentence - (size_t)n,
                 "the last entry that was published to them is #%" PRIu64, last);
    else if (n > 0 && (size_t)n < sizeof sentence)
        snprintf(sentence + n, sizeof sentence - (size_t)n, "nothing was published to them");
    return tell(c, &p, (struct show_change){.sentence = sentence, .last = &last});
}

int
cmd_kick(struct cmd *c)
{
    return take_out(c, conclave_kick, "took", "out of");
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
    while (conclave_next_ban(c->client, &b) == CONCLAVE_OK && show_ban(&c->out, &b))
        continue;
    return EXIT_DONE;
}

/* Who is banned is no member, so that a nick is looked for among those. -1: found. */
static int
find_banned(struct cmd *c, struct person *p)
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
            return cmd_fail(c, EXIT_REFUSED, "no_member",
                            found == 0 ? "nobody called \"%s\" is banned from \"%s\""
                                       : "several called \"%s\" are banned from \"%s\"; give the "
                                         "UUID",
                            c->args[1], c->args[0]);
    }
    set_person(p, c->args[1]);
    return -1;
}

int
cmd_unban(struct cmd *c)
{
    char sentence[SENTENCE_MAX];
    struct person p;
    enum conclave_status st;
    int end = find_banned(c, &p);

    if (end >= 0)
        return end;
    st = conclave_unban(c->client, c->args[0], &p.id);
    if (st != CONCLAVE_OK)
        return cmd_fail_group(c, st, c->args[0]);
    snprintf(sentence, sizeof sentence, "%s may join %s again", c->args[1], c->args[0]);
    return tell(c, &p, (struct show_change){.sentence = sentence});
}

/* ---- roles ---- */

int
cmd_role(struct cmd *c)
{
    const char *name = c->args[2];
    char sentence[SENTENCE_MAX];
    struct person p;
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
    snprintf(sentence, sizeof sentence, "%s is %s of %s now", c->args[1], name, c->args[0]);
    return tell(c, &p, (struct show_change){.sentence = sentence, .role = name});
}
