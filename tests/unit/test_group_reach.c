/*
 * What may each of them read? Random joins, leaves, kicks, bans and invitations, one by one and
 * many at once, under each policy, against a small model: the log itself says who was in when.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "group_world.h"

/* ---- what they do ---- */

static void
follow(struct world *w, unsigned who)
{
    struct follow *f = &w->follows[w->n_follows];

    if (w->n_follows == LOG_MAX)
        return;
    w->n_follows++;
    f->who = who;
    f->after = group_head(w->rig->group);
    rig_follow(w->rig, &w->people[who].actor, f->ticket);
}

/* Since they are in for the last time. */
static bool
follows(const struct world *w, unsigned who)
{
    const struct somebody *p = &w->people[who];

    for (size_t i = 0; i < w->n_follows; i++)
        if (w->follows[i].who == who && w->follows[i].after >= p->stays[p->n_stays - 1].first)
            return true;
    return false;
}

static void
restart(struct world *w)
{
    uint64_t head = group_head(w->rig->group);

    for (size_t i = 0; i < w->n_follows; i++)
        if (!w->follows[i].restarted) {
            w->follows[i].restarted = true;
            w->follows[i].until = head;
        }
    rig_reopen(w->rig, desk_dir_load(w->dir));
    for (unsigned i = 0; i < ACTORS; i++)
        w->people[i].wrong = 0;
    memset(w->revoked, 0, sizeof w->revoked);
}

enum { JOIN, JOIN_INVITED, LEAVE, SEND, KICK, BAN, UNBAN, INVITE, REVOKE, WHATS };

struct step {
    unsigned what, who, invitation;
    struct wire_request req;
    struct buf list;
};

static void
make_step(struct world *w, struct step *s)
{
    static const unsigned often[] = {JOIN, JOIN,  JOIN_INVITED, JOIN_INVITED, LEAVE,
                                     SEND, SEND,  SEND,         KICK,         KICK,
                                     BAN,  UNBAN, UNBAN,        INVITE,       REVOKE};
    static const enum wire_op ops[WHATS] =
        {[KICK] = OP_KICK_MEMBER, [BAN] = OP_BAN_MEMBER, [UNBAN] = OP_UNBAN_MEMBER};
    uint8_t secret[WIRE_KEY_LEN], hash[WIRE_KEY_LEN];
    struct somebody *p;

    *s = (struct step){.what = often[world_pick(w, sizeof often / sizeof *often)],
                       .who = 1 + world_pick(w, ACTORS - 1)};
    p = &w->people[s->who];
    buf_init(&s->list, 0);
    s->invitation = world_pick(w, (unsigned)w->n_invites + 2);
    if (s->invitation > w->n_invites || s->invitation >= INVITES)
        s->invitation = INVITES; /* one that never was */
    rig_secret((uint8_t)(s->invitation + 1), secret, hash);
    switch (s->what) {
    case JOIN:
        s->req = rig_join(&p->actor, NULL);
        break;
    case JOIN_INVITED:
        s->req = rig_join_invited(&p->actor, NULL, secret);
        break;
    case LEAVE:
        s->req = rig_leave(&p->actor);
        break;
    case SEND: {
        struct wire_message m = {.id = world_new_id(w), .body = span_of("x")};

        wire_pack(&s->list, &m);
        s->req = rig_send(&s->list, 1);
        break;
    }
    case INVITE:
        if (w->n_invites < INVITES) {
            s->invitation = (unsigned)w->n_invites++;
            w->uses[s->invitation] = 1 + world_pick(w, 2);
            s->req = rig_invite((uint8_t)(s->invitation + 1), w->uses[s->invitation], 0);
        } else {
            s->invitation = INVITES;
            s->req = (struct wire_request){.op = OP_GET_INVITES};
        }
        break;
    case REVOKE:
        s->req = (struct wire_request){.op = OP_REVOKE_INVITE};
        memcpy(s->req.u.revoke_invite.hash, hash, sizeof hash);
        break;
    default:
        s->req = rig_on(ops[s->what], "", &p->actor);
        s->req.u.on_member.id = world_new_id(w);
        break;
    }
}

static const struct actor *
asker(const struct world *w, const struct step *s)
{
    bool self = s->what <= SEND;

    return &w->people[self ? s->who : OWNER].actor;
}

static bool
is_listed(unsigned who)
{
    return who < UNLISTED;
}

/* Why somebody who is out is not let in to do what members do. */
static enum wire_code
outside(const struct somebody *p, unsigned who)
{
    if (p->banned)
        return CODE_BANNED;
    return is_listed(who) ? CODE_NOT_MEMBER : CODE_NOT_ALLOWED;
}

static enum wire_code
expect_invited(struct world *w, struct somebody *p, const struct step *s)
{
    if (p->wrong >= WRONG_MAX)
        return CODE_BAD_INVITE;
    if (s->invitation < INVITES && w->uses[s->invitation] > 0) {
        w->uses[s->invitation]--;
        p->in = p->known = true;
        return CODE_OK;
    }
    p->wrong++;
    return CODE_BAD_INVITE;
}

/* The answer to a step by itself, and what it changes. */
static enum wire_code
expect(struct world *w, const struct step *s)
{
    struct somebody *p = &w->people[s->who];
    bool was_in = p->in;

    switch (s->what) {
    case JOIN:
    case JOIN_INVITED:
        if (p->banned)
            return CODE_BANNED;
        if (p->in)
            return CODE_OK;
        if (s->what == JOIN_INVITED)
            return expect_invited(w, p, s);
        if (!is_listed(s->who))
            return CODE_NOT_ALLOWED;
        p->in = p->known = true;
        return CODE_OK;
    case LEAVE:
        p->in = false;
        return was_in ? CODE_OK : outside(p, s->who);
    case SEND:
        return was_in ? CODE_OK : outside(p, s->who);
    case KICK:
        p->in = false;
        return was_in ? CODE_OK : CODE_NO_MEMBER;
    case BAN:
        p->in = false;
        p->banned = p->known = true;
        return CODE_OK;
    case UNBAN:
        was_in = p->banned;
        p->banned = false;
        return was_in ? CODE_OK : CODE_NO_MEMBER;
    case REVOKE:
        if (s->invitation == INVITES || (w->uses[s->invitation] == 0 && !w->revoked[s->invitation]))
            return CODE_BAD_INVITE;
        w->uses[s->invitation] = 0;
        w->revoked[s->invitation] = true;
        return CODE_OK;
    default:
        return CODE_OK;
    }
}

/* ---- runs ---- */

static void
remove_lists(const struct world *w)
{
    if (w->dir[0])
        desk_dir_remove(w->dir);
    if (w->less[0])
        desk_dir_remove(w->less);
}

static void
make_people(struct world *w)
{
    static const char *const names[] = {"owner", "listed", "listed-too"};

    remove_lists(w);
    desk_dir_make(w->dir);
    desk_dir_make(w->less);
    for (unsigned i = 0; i < ACTORS; i++) {
        if (is_listed(i))
            desk_dir_add(w->dir, names[i], &w->people[i].actor);
        else
            w->people[i].actor = actor_numbered(100 + i);
    }
    for (unsigned i = OWNER; i <= LISTED; i++) {
        char from[DESK_DIR_MAX * 2], to[DESK_DIR_MAX * 2];

        snprintf(from, sizeof from, "%s/%s.key", w->dir, names[i]);
        snprintf(to, sizeof to, "%s/%s.key", w->less, names[i]);
        assert_int_equal(link(from, to), 0);
    }
}

/* Where wrong secrets are counted, two whose UUIDs begin alike would have to share. */
static bool
share_a_place(const struct world *w)
{
    for (unsigned i = 0; i < ACTORS; i++)
        for (unsigned k = 0; k < i; k++)
            if (w->people[i].actor.uuid.bytes[0] == w->people[k].actor.uuid.bytes[0])
                return true;
    return false;
}

static void
begin(struct world *w, struct rig *r, enum group_history policy, unsigned seed)
{
    struct actor *owner = &w->people[OWNER].actor;

    memset(w, 0, sizeof *w);
    w->rig = r;
    w->policy = policy;
    w->seed = seed;
    do {
        make_people(w);
    } while (share_a_place(w));
    r->options.history = policy;
    r->options.owners = (const uint8_t(*)[KEY_LEN]) & owner->key;
    r->options.n_owners = 1;
    rig_reopen(r, desk_dir_load(w->dir));
    rig_in(r, owner, "owner");
    follow(w, OWNER);
}

static void
end(struct world *w)
{
    world_check_all(w);
    for (size_t i = 0; i < w->n_follows; i++)
        world_check_feed(w, &w->follows[i]);
    remove_lists(w);
    free(w);
}

static void
one_by_one(struct world *w, unsigned steps)
{
    for (unsigned i = 0; i < steps; i++) {
        struct step s;
        bool was_in;
        enum wire_code code;

        make_step(w, &s);
        was_in = w->people[s.who].in;
        code = expect(w, &s);
        assert_int_equal(rig_call(w->rig, asker(w, &s), &s.req, NULL), code);
        buf_clear(&s.list);
        if (!was_in && w->people[s.who].in)
            follow(w, s.who);
        if (i % 16 == 0)
            world_check_all(w);
        if (i % 61 == 60) {
            restart(w);
            for (unsigned k = 0; k < ACTORS; k++)
                if (k == OWNER || w->people[k].in)
                    follow(w, k);
        }
    }
}

/* Another list, or no room, before they ask; with the group's own decisions stored in the end. */
static void
change_weather(struct world *w)
{
    if (world_pick(w, 4) == 0)
        rig_disk_full(w->rig, true);
    if (world_pick(w, 6) == 0)
        group_set_allowed(w->rig->group, desk_dir_load(world_pick(w, 2) ? w->less : w->dir));
}

static void
clear_up(struct world *w)
{
    rig_disk_full(w->rig, false);
    group_beat(w->rig->group, 1);
    rig_settle(w->rig);
}

/* Nobody waits for an answer: what is refused and what is not depends on what is on its way. Who is
 * in by then follows. */
static void
many_at_once(struct world *w, unsigned rounds)
{
    enum { AT_ONCE = 12 };

    for (unsigned i = 0; i < rounds; i++) {
        struct step s[AT_ONCE];

        change_weather(w);
        for (unsigned k = 0; k < AT_ONCE; k++) {
            make_step(w, &s[k]);
            rig_ask(w->rig, asker(w, &s[k]), &s[k].req);
            if (world_pick(w, 3) == 0)
                group_flush(w->rig->group);
        }
        rig_settle(w->rig);
        for (unsigned k = 0; k < AT_ONCE; k++) {
            struct wire_reply reply;

            desk_answer(&w->rig->desk, s[k].req.msgid, s[k].req.op, &reply); /* exactly one */
            buf_clear(&s[k].list);
        }
        clear_up(w);
        world_check_all(w);
        for (unsigned k = 1; k < ACTORS; k++)
            if (world_is_in(&w->people[k]) && !follows(w, k))
                follow(w, k);
    }
}

static void
run(struct rig *r, enum group_history policy, unsigned seed, bool at_once)
{
    struct world *w = malloc(sizeof *w);

    assert_non_null(w);
    begin(w, r, policy, seed);
    if (at_once)
        many_at_once(w, 25);
    else
        one_by_one(w, 300);
    end(w);
}

#define REACH(name, policy, at_once)                    \
    static void name(void **state)                      \
    {                                                   \
        for (unsigned seed = 1; seed <= 4; seed++) {    \
            run(*state, policy, seed * 7919u, at_once); \
            assert_int_equal(rig_teardown(state), 0);   \
            assert_int_equal(rig_setup(state), 0);      \
        }                                               \
    }

REACH(all_one_by_one, HISTORY_ALL, false)
REACH(all_at_once, HISTORY_ALL, true)
REACH(since_join_one_by_one, HISTORY_SINCE_JOIN, false)
REACH(since_join_at_once, HISTORY_SINCE_JOIN, true)
REACH(while_member_one_by_one, HISTORY_WHILE_MEMBER, false)
REACH(while_member_at_once, HISTORY_WHILE_MEMBER, true)

/* The page behind the one that was asked for is read ahead; the next who asks may read less. */
static void
page_read_ahead_for_one_is_not_for_another(void **state)
{
    static const uint8_t body[BODY_MAX_BYTES];
    struct rig *r = *state;
    struct actor ann = actor_numbered(1), bob = actor_numbered(2);
    struct wire_request get = rig_get_after(0);
    struct wire_reply reply;
    struct entry e;

    r->options.history = HISTORY_SINCE_JOIN;
    rig_reopen(r, NULL);
    rig_in(r, &ann, "ann");
    for (uint8_t i = 0; i < 10; i++) {
        struct wire_message m = {.id = {{i}}, .body = {.p = body, .len = sizeof body}};
        struct buf list;
        struct wire_request send;

        buf_init(&list, 0);
        wire_pack(&list, &m);
        send = rig_send(&list, 1);
        assert_int_equal(rig_call(r, &ann, &send, NULL), CODE_OK);
        buf_clear(&list);
    }
    rig_in(r, &bob, "bob");
    assert_int_equal(rig_call(r, &ann, &get, &reply), CODE_OK);
    assert_false(reply.u.page.end);
    get.u.get_message.after_seq = reply.u.page.next;
    assert_int_equal(rig_call(r, &bob, &get, &reply), CODE_OK);
    assert_int_equal(reply.u.page.entries.count, 1);
    assert_int_equal(reply.u.page.first, 12);
    assert_true(wire_next(&reply.u.page.entries, &e));
    assert_true(id_equal(&e.author, &bob.uuid));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(all_one_by_one),
        TEST(all_at_once),
        TEST(since_join_one_by_one),
        TEST(since_join_at_once),
        TEST(while_member_one_by_one),
        TEST(while_member_at_once),
        TEST(page_read_ahead_for_one_is_not_for_another),
    };

    log_setup(LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
