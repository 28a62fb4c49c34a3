/* Calls of the library against services that run, several people in one process. library.sh says
 * where they are and what they are called:
 *   library_calls people DIR GROUP      owner, ann, bob and eve, with their keys in DIR
 *   library_calls post DIR GROUP N      ann posts N lines each with two handles into her spool, and
 *                                       is killed
 *   library_calls drain DIR GROUP       ann sends what her spool holds, and prints the outcomes
 *   library_calls pinned DIR GROUP      a message server's key that changed; DIR/other is the new
 * one
 */
#include <conclave.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TIMEOUT_MS 5000

static int failures;

static void
expect(bool holds, const char *what, const struct conclave *c)
{
    printf("%s - %s\n", holds ? "ok" : "not ok", what);
    if (!holds) {
        failures++;
        if (c != NULL)
            printf("# %s: %s\n", conclave_error_code(c), conclave_error(c));
    }
}

static struct conclave *
open_as(const char *dir, const char *who, const char *server_key, bool spool)
{
    char key[300], known[300], path[300], file[300], why[400];
    struct conclave_options o = {.server = getenv("CONCLAVE_SERVER"), .key = key};
    struct conclave *c;

    snprintf(key, sizeof key, "%s/%s", dir, who);
    snprintf(known, sizeof known, "%s/%s.known_keys", dir, who);
    snprintf(path, sizeof path, "%s/%s.spool", dir, who);
    snprintf(file, sizeof file, "%s/%s", dir, server_key);
    o.server_key = file;
    o.known_keys = known;
    o.spool = spool ? path : NULL;
    o.timeout_ms = TIMEOUT_MS;
    if (conclave_open(&c, &o, why, sizeof why) == CONCLAVE_OK)
        return c;
    fprintf(stderr, "%s\n", why);
    exit(7);
}

static struct conclave_id
self(const struct conclave *c)
{
    char key[CONCLAVE_KEY_LEN + 1];
    struct conclave_id id;

    conclave_self(c, &id, key);
    return id;
}

static bool
same(const struct conclave_id *a, const struct conclave_id *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

static bool
has_code(const struct conclave *c, const char *code)
{
    return strcmp(conclave_error_code(c), code) == 0;
}

/* The next event of that type, others are passed over. */
static bool
await_event(struct conclave *c, enum conclave_event_type type, struct conclave_event *out)
{
    while (conclave_poll(c, TIMEOUT_MS, out) == CONCLAVE_OK)
        if (out->type == type)
            return true;
    return false;
}

static bool
await_kind(struct conclave *c, int kind, struct conclave_event *out)
{
    while (await_event(c, CONCLAVE_EVENT_ENTRY, out))
        if (out->entry.kind == kind)
            return true;
    return false;
}

/* ---- people ---- */

struct people {
    const char *group;
    struct conclave *owner, *ann, *bob, *eve;
    struct conclave_id ann_id, bob_id, eve_id;
};

static void
try_info_and_members(struct people *p)
{
    struct conclave_info info;
    struct conclave_member m;
    struct conclave_id who;
    int here = 0, n = 0;

    expect(conclave_set_topic(p->owner, p->group, "Release on Friday") == CONCLAVE_OK,
           "an owner sets the topic", p->owner);
    expect(conclave_get_info(p->ann, p->group, &info) == CONCLAVE_OK &&
               strcmp(info.topic, "Release on Friday") == 0 && info.role == CONCLAVE_MEMBER &&
               info.members == 3 && info.now > 0,
           "a member is told about the group", p->ann);
    expect(conclave_follow(p->bob, p->group) == CONCLAVE_OK, "bob follows", p->bob);
    conclave_list_members(p->ann, p->group, false);
    while (conclave_next_member(p->ann, &m) == CONCLAVE_OK) {
        n++;
        here += m.here && same(&m.uuid, &p->bob_id);
    }
    expect(n == 3 && here == 1, "the list says who is here", p->ann);
    expect(conclave_find_member(p->ann, p->group, "BOB", &who) == CONCLAVE_OK &&
               same(&who, &p->bob_id),
           "a nick names a person", p->ann);
    expect(conclave_find_member(p->ann, p->group, "nobody", &who) == CONCLAVE_REFUSED &&
               has_code(p->ann, "no_member"),
           "a nick that nobody has is refused", p->ann);
}

static void
try_nicks(struct people *p)
{
    struct conclave_event e;
    struct conclave_cursor at = {.seq = 0};
    struct conclave_entry entry;
    bool before = false, after = false;

    conclave_send(p->ann, p->group, "as ann", 6, NULL, NULL);
    expect(conclave_set_nick(p->ann, p->group, "anna") == CONCLAVE_OK, "ann is called anna",
           p->ann);
    expect(conclave_set_nick(p->ann, p->group, "bob") == CONCLAVE_REFUSED &&
               has_code(p->ann, "nick_taken"),
           "but not bob", p->ann);
    conclave_send(p->ann, p->group, "as anna", 7, NULL, NULL);
    expect(await_kind(p->bob, CONCLAVE_NICK, &e) && strcmp(e.entry.nick, "anna") == 0,
           "the feed tells the new nick", p->bob);
    conclave_fetch(p->owner, p->group, &at, 0, &at, NULL);
    while (conclave_next_entry(p->owner, &entry) == CONCLAVE_OK) {
        before |= entry.body_len == 6 && memcmp(entry.body, "as ann", 6) == 0 &&
                  strcmp(entry.nick, "ann") == 0;
        after |= entry.body_len == 7 && memcmp(entry.body, "as anna", 7) == 0 &&
                 strcmp(entry.nick, "anna") == 0;
    }
    expect(before && after, "each entry has the nick of its time", p->owner);
}

#define LOG_MAX 64

/* The times of all entries, the first in times[1]; how many there are. */
static uint64_t
read_forwards(struct people *p, int64_t times[static LOG_MAX])
{
    struct conclave_cursor at = {.seq = 0};
    struct conclave_entry e;
    uint64_t n = 0;
    bool end = false;

    while (!end && conclave_fetch(p->owner, p->group, &at, 0, &at, &end) == CONCLAVE_OK)
        while (n + 1 < LOG_MAX && conclave_next_entry(p->owner, &e) == CONCLAVE_OK)
            times[++n] = e.ts;
    expect(end && n > 5 && at.seq == n, "the log is read forwards", p->owner);
    return n;
}

/* Two entries at a time. */
static bool
is_same_backwards(struct people *p, const int64_t *times, uint64_t n)
{
    struct conclave_cursor at;
    struct conclave_entry e;
    bool end = false;

    for (uint64_t left = n; !end; left = at.seq) {
        struct conclave_cursor from = {.seq = left};

        if (conclave_fetch_before(p->owner, p->group, left < n ? &from : NULL, 2, &at, &end) !=
                CONCLAVE_OK ||
            at.seq != (left > 2 ? left - 2 : 0))
            return false;
        for (uint64_t seq = at.seq + 1; seq <= left; seq++)
            if (conclave_next_entry(p->owner, &e) != CONCLAVE_OK || e.seq != seq ||
                e.ts != times[seq])
                return false;
        if (conclave_next_entry(p->owner, &e) != CONCLAVE_NONE)
            return false;
    }
    return at.seq == 0;
}

static void
try_backwards(struct people *p)
{
    struct conclave_cursor at, none = {.seq = 0};
    struct conclave_entry e;
    int64_t times[LOG_MAX];
    uint64_t n = read_forwards(p, times);
    bool end;

    expect(is_same_backwards(p, times, n), "and backwards it is the same", p->owner);
    expect(conclave_fetch_before(p->owner, p->group, &none, 0, &at, &end) == CONCLAVE_OK && end &&
               at.seq == 0 && conclave_next_entry(p->owner, &e) == CONCLAVE_NONE,
           "in front of the beginning is nothing", p->owner);
    expect(conclave_fetch_before_time(p->owner, p->group, times[4], 1, &at, &end) == CONCLAVE_OK &&
               at.seq == 2 && conclave_next_entry(p->owner, &e) == CONCLAVE_OK && e.seq == 3,
           "the one before a time", p->owner);
    expect(conclave_fetch_before_time(p->owner, p->group, INT64_MAX, 1, &at, &end) == CONCLAVE_OK &&
               at.seq + 1 == n,
           "the last one is before the end of time", p->owner);
    expect(conclave_fetch_before_time(p->owner, p->group, INT64_MIN, 1, &at, &end) == CONCLAVE_OK &&
               end && at.seq == 0,
           "none is before its beginning", p->owner);
}

static void
try_roles(struct people *p)
{
    struct conclave_event e;
    uint64_t last = 0;

    expect(conclave_kick(p->ann, p->group, &p->bob_id, NULL) == CONCLAVE_REFUSED &&
               has_code(p->ann, "not_allowed"),
           "a member kicks nobody", p->ann);
    expect(conclave_set_role(p->owner, p->group, &p->ann_id, CONCLAVE_MODERATOR) == CONCLAVE_OK,
           "ann becomes a moderator", p->owner);
    expect(await_kind(p->bob, CONCLAVE_ROLE, &e) && same(&e.entry.subject, &p->ann_id) &&
               strcmp(e.entry.subject_nick, "anna") == 0 && e.entry.role == CONCLAVE_MODERATOR,
           "the feed tells whom and what", p->bob);
    expect(conclave_kick(p->ann, p->group, &p->bob_id, &last) == CONCLAVE_OK && last > 0,
           "a moderator kicks, and learns what bob saw last", p->ann);
    expect(await_event(p->bob, CONCLAVE_EVENT_STATE, &e) && e.state == CONCLAVE_FEED_ENDED,
           "bob's feed ends", p->bob);
    conclave_unfollow(p->bob, p->group);
    expect(conclave_send(p->bob, p->group, "x", 1, NULL, NULL) == CONCLAVE_REFUSED &&
               has_code(p->bob, "not_member"),
           "bob says nothing any more", p->bob);
}

static void
try_bans(struct people *p)
{
    struct conclave_banned b;

    expect(conclave_ban(p->ann, p->group, &p->bob_id, NULL) == CONCLAVE_OK, "bob is banned",
           p->ann);
    expect(conclave_list_bans(p->ann, p->group) == CONCLAVE_OK &&
               conclave_next_ban(p->ann, &b) == CONCLAVE_OK && same(&b.uuid, &p->bob_id) &&
               same(&b.by, &p->ann_id) && strcmp(b.nick, "bob") == 0 &&
               conclave_next_ban(p->ann, &b) == CONCLAVE_NONE,
           "the list of bans says who and by whom", p->ann);
    expect(conclave_join(p->bob, p->group, "bob", NULL) != CONCLAVE_OK, "bob stays out", p->bob);
    expect(conclave_unban(p->ann, p->group, &p->bob_id) == CONCLAVE_OK, "that is lifted", p->ann);
    expect(conclave_join(p->bob, p->group, "bob", NULL) == CONCLAVE_OK, "bob is in again", p->bob);
}

static void
try_invites(struct people *p)
{
    char text[CONCLAVE_INVITE_MAX + 1], again[CONCLAVE_INVITE_MAX + 1], id[8];
    struct conclave_invite invite;
    struct conclave_invitation i;
    bool already = true;

    expect(conclave_join(p->eve, p->group, "eve", NULL) != CONCLAVE_OK,
           "eve, who is on no list, does not get in", p->eve);
    expect(conclave_make_invite(p->ann, p->group, 1, 3600, text, NULL) == CONCLAVE_OK &&
               conclave_invite_parse(&invite, text, NULL, 0),
           "a moderator makes an invitation", p->ann);
    expect(conclave_list_invites(p->ann, p->group) == CONCLAVE_OK &&
               conclave_next_invite(p->ann, &i) == CONCLAVE_OK && i.uses == 1 && i.expires > 0,
           "it is on the list", p->ann);
    expect(conclave_join_invite(p->eve, &invite, "eve", &already) == CONCLAVE_OK && !already,
           "eve joins with it", p->eve);
    expect(conclave_make_invite(p->ann, p->group, 2, 0, text, NULL) == CONCLAVE_OK &&
               conclave_make_invite(p->ann, p->group, 3, 0, again, NULL) == CONCLAVE_OK,
           "two more", p->ann);
    conclave_list_invites(p->ann, p->group);
    memset(&i, 0, sizeof i);
    while (conclave_next_invite(p->ann, &i) == CONCLAVE_OK && i.uses != 2)
        ;
    snprintf(id, sizeof id, "%.7s", i.id);
    expect(conclave_revoke_invite(p->ann, p->group, id) == CONCLAVE_OK,
           "one is revoked by the beginning of its id", p->ann);
    expect(conclave_revoke_invite(p->ann, p->group, again) == CONCLAVE_OK, "the other by its text",
           p->ann);
    expect(conclave_list_invites(p->ann, p->group) == CONCLAVE_OK &&
               conclave_next_invite(p->ann, &i) == CONCLAVE_NONE,
           "then there is none", p->ann);
    expect(conclave_revoke_invite(p->ann, p->group, id) == CONCLAVE_REFUSED &&
               has_code(p->ann, "bad_invite"),
           "and none to be revoked", p->ann);
    memset(&invite, 0, sizeof invite);
}

static void
try_search(struct people *p)
{
    struct conclave_query q = {.words = "needle HAY"};
    struct conclave_entry e;
    uint64_t next = 0;
    bool end = false;

    conclave_send(p->ann, p->group, "a needle in the hay", 19, NULL, NULL);
    conclave_send(p->bob, p->group, "no needle", 9, NULL, NULL);
    expect(conclave_search(p->bob, p->group, &q, 0, &next, &end) == CONCLAVE_OK && end &&
               conclave_next_entry(p->bob, &e) == CONCLAVE_OK && e.body_len == 19 &&
               strcmp(e.nick, "anna") == 0 && conclave_next_entry(p->bob, &e) == CONCLAVE_NONE,
           "a search finds the message with both words", p->bob);
    q = (struct conclave_query){.words = "needle", .from = &p->bob_id};
    expect(conclave_search(p->ann, p->group, &q, 0, &next, &end) == CONCLAVE_OK &&
               conclave_next_entry(p->ann, &e) == CONCLAVE_OK && same(&e.author, &p->bob_id) &&
               conclave_next_entry(p->ann, &e) == CONCLAVE_NONE,
           "and one person's", p->ann);
    q.words = "";
    expect(conclave_search(p->ann, p->group, &q, 0, &next, &end) == CONCLAVE_INVALID,
           "nothing is no word", p->ann);
}

static void
try_presence(struct people *p)
{
    struct conclave_event e;

    expect(conclave_follow(p->ann, p->group) == CONCLAVE_OK, "ann follows", p->ann);
    expect(conclave_follow(p->bob, p->group) == CONCLAVE_OK, "bob comes", p->bob);
    expect(await_event(p->ann, CONCLAVE_EVENT_PRESENCE, &e) && strcmp(e.group, p->group) == 0,
           "ann is told that somebody came or went", p->ann);
}

static int
people(const char *dir, const char *group)
{
    struct people p = {.group = group,
                       .owner = open_as(dir, "owner", "server", false),
                       .ann = open_as(dir, "ann", "server", false),
                       .bob = open_as(dir, "bob", "server", false),
                       .eve = open_as(dir, "eve", "server", false)};

    p.ann_id = self(p.ann);
    p.bob_id = self(p.bob);
    p.eve_id = self(p.eve);
    expect(conclave_join(p.owner, group, "owner", NULL) == CONCLAVE_OK &&
               conclave_join(p.ann, group, "ann", NULL) == CONCLAVE_OK &&
               conclave_join(p.bob, group, "bob", NULL) == CONCLAVE_OK,
           "three people join", NULL);
    try_info_and_members(&p);
    try_nicks(&p);
    try_roles(&p);
    try_bans(&p);
    try_invites(&p);
    try_search(&p);
    try_backwards(&p);
    try_presence(&p);
    conclave_close(p.owner);
    conclave_close(p.ann);
    conclave_close(p.bob);
    conclave_close(p.eve);
    return failures > 0;
}

/* ---- the spool ---- */

static bool
post_lines(struct conclave *c, const char *group, const char *word, int n)
{
    char line[32];

    for (int i = 0; i < n; i++) {
        snprintf(line, sizeof line, "%s %d", word, i);
        if (conclave_post(c, group, line, strlen(line), NULL, NULL) != CONCLAVE_OK) {
            fprintf(stderr, "%s\n", conclave_error(c));
            return false;
        }
    }
    return true;
}

static int
post(const char *dir, const char *group, int n)
{
    struct conclave *c = open_as(dir, "ann", "server", true);
    struct conclave *beside = open_as(dir, "ann", "server", true);

    if (!post_lines(c, group, "spooled", n) || !post_lines(beside, group, "beside", n))
        return 1;
    return raise(SIGKILL);
}

static int
drain(const char *dir, const char *group)
{
    struct conclave *c = open_as(dir, "ann", "server", true);
    size_t waiting = conclave_posted(c, group);
    struct conclave_event e;

    printf("%zu wait\n", waiting);
    while (conclave_posted(c, NULL) > 0 && conclave_poll(c, 20000, &e) == CONCLAVE_OK)
        if (e.type == CONCLAVE_EVENT_ACK)
            printf("ack %llu in %s\n", (unsigned long long)e.ack.seq, e.group);
        else if (e.type == CONCLAVE_EVENT_REFUSED)
            printf("refused %s\n", e.code);
    waiting = conclave_posted(c, NULL);
    conclave_close(c);
    return waiting > 0;
}

/* ---- keys that changed ---- */

static int
pinned(const char *dir, const char *group)
{
    struct conclave *c = open_as(dir, "ann", "other", false);

    expect(conclave_list_groups(c) == CONCLAVE_SERVER_KEY && has_code(c, "other_key"),
           "another key of the message server is refused", c);
    expect(conclave_join(c, group, NULL, NULL) == CONCLAVE_SERVER_KEY, "for whatever needs it", c);
    conclave_close(c);
    c = open_as(dir, "ann", "other", false);
    expect(conclave_accept_key(c, NULL) == CONCLAVE_SERVER_KEY && has_code(c, "server_key"),
           "and not accepted, as the server does not have it", c);
    expect(conclave_list_groups(c) == CONCLAVE_SERVER_KEY && has_code(c, "other_key"),
           "so it stays refused", c);
    conclave_close(c);
    c = open_as(dir, "ann", "server", false);
    expect(conclave_list_groups(c) == CONCLAVE_OK, "and the remembered one counts", c);
    expect(conclave_accept_key(c, NULL) == CONCLAVE_NONE, "which needs no accepting", c);
    conclave_close(c);
    return failures > 0;
}

int
main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "people") == 0)
        return people(argv[2], argv[3]);
    if (argc == 5 && strcmp(argv[1], "post") == 0)
        return post(argv[2], argv[3], atoi(argv[4]));
    if (argc == 4 && strcmp(argv[1], "drain") == 0)
        return drain(argv[2], argv[3]);
    if (argc == 4 && strcmp(argv[1], "pinned") == 0)
        return pinned(argv[2], argv[3]);
    return 2;
}
