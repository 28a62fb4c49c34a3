/* Who is let in by what, how many, and who is here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/log.h"
#include "group/impl.h"
#include "group_closed.h"

static void
owner_comes_in_whatever_the_list_says(void **state)
{
    struct closed *c = *state;
    struct actor stranger = actor_numbered(STRANGER);
    struct wire_request get = rig_get_after(0);

    assert_true(closed_admits(c, GROUP_DOOR_REQUESTS, &c->owner));
    assert_true(closed_admits(c, GROUP_DOOR_FEED, &c->owner));
    assert_false(closed_admits(c, GROUP_DOOR_REQUESTS, &stranger));
    group_set_allowed(c->rig->group, desk_dir_load(c->dir));
    assert_int_equal(rig_call(c->rig, &c->owner, &get, NULL), CODE_OK);
}

/* Off the list while the joining is on its way: it counts for nothing. */
static void
list_read_again_reaches_who_is_joining(void **state)
{
    struct closed *c = *state;
    char both[DESK_DIR_MAX];
    struct actor ann;
    struct wire_request join, get = rig_get_after(0);
    struct wire_reply reply;

    desk_dir_make(both);
    desk_dir_add(both, "ann", &ann);
    group_set_allowed(c->rig->group, desk_dir_load(both));
    join = rig_join(&ann, "ann");
    rig_ask(c->rig, &ann, &join);
    group_flush(c->rig->group);
    group_set_allowed(c->rig->group, desk_dir_load(c->dir));
    rig_settle(c->rig);
    desk_answer(&c->rig->desk, join.msgid, OP_JOIN_GROUP, &reply);
    assert_int_equal(reply.code, CODE_OK);
    assert_int_equal(group_members(c->rig->group), 1);
    group_set_allowed(c->rig->group, desk_dir_load(both));
    assert_int_equal(rig_call(c->rig, &ann, &get, NULL), CODE_NOT_MEMBER);
    desk_dir_remove(both);
}

/* Two ways in at once: the one that counts is the one that is gone. */
static void
invitation_that_was_not_needed_keeps_nobody_in(void **state)
{
    struct closed *c = *state;
    struct wire_request join, second;
    uint8_t secret[WIRE_KEY_LEN], hash[WIRE_KEY_LEN];
    char both[DESK_DIR_MAX];
    struct actor ann;

    desk_dir_make(both);
    desk_dir_add(both, "ann", &ann);
    group_set_allowed(c->rig->group, desk_dir_load(both));
    desk_dir_remove(both);
    closed_invite(c, 1, 1, 0);
    rig_secret(1, secret, hash);
    join = rig_join(&ann, "ann");
    second = rig_join_invited(&ann, "ann", secret);
    rig_ask(c->rig, &ann, &join);
    rig_ask(c->rig, &ann, &second);
    group_set_allowed(c->rig->group, desk_dir_load(c->dir));
    rig_settle(c->rig);
    assert_int_equal(group_members(c->rig->group), 1);
    assert_false(closed_admits(c, GROUP_DOOR_FEED, &ann));
}

/* By invitation, the list does not matter, then as little as later. */
static void
list_read_again_spares_who_is_joining_by_invitation(void **state)
{
    struct closed *c = *state;
    struct actor guest = actor_numbered(GUEST);
    struct wire_request get = rig_get_after(0);
    uint8_t secret[WIRE_KEY_LEN], hash[WIRE_KEY_LEN];
    struct wire_request join;

    closed_invite(c, 1, 1, 0);
    rig_secret(1, secret, hash);
    join = rig_join_invited(&guest, NULL, secret);
    rig_ask(c->rig, &guest, &join);
    group_set_allowed(c->rig->group, desk_dir_load(c->dir));
    rig_settle(c->rig);
    assert_int_equal(rig_call(c->rig, &guest, &get, NULL), CODE_OK);
}

static enum status
only_urgent(struct store *s, bool urgent, struct fault *why)
{
    (void)s;
    return urgent ? ST_OK : fault_set(why, ST_FULL, "the quota is used up");
}

/* What takes rights away finds room where nothing else does. */
static void
rights_are_taken_away_with_little_room(void **state)
{
    struct closed *c = *state;
    struct rig *r = c->rig;
    struct actor guest = actor_numbered(GUEST), other = actor_numbered(OTHER);
    struct wire_request kick = rig_on(OP_KICK_MEMBER, "k", &guest);
    struct wire_request ban = rig_on(OP_BAN_MEMBER, "b", &other);
    struct wire_request revoke = {.op = OP_REVOKE_INVITE}, create = rig_invite(2, 1, 0);
    struct wire_request *asked[] = {&create, &kick, &ban, &revoke};
    uint8_t secret[WIRE_KEY_LEN];
    struct wire_reply reply;

    closed_invite(c, 1, 3, 0);
    assert_int_equal(closed_come(c, &guest, 1), CODE_OK);
    assert_int_equal(closed_come(c, &other, 1), CODE_OK);
    rig_secret(1, secret, revoke.u.revoke_invite.hash);
    r->bad = *r->good;
    r->bad.begin = only_urgent;
    r->store->engine = &r->bad;
    for (size_t i = 0; i < 4; i++)
        rig_ask(r, &c->owner, asked[i]);
    rig_settle(r);
    for (size_t i = 0; i < 4; i++) {
        desk_answer(&r->desk, asked[i]->msgid, asked[i]->op, &reply);
        assert_int_equal(reply.code, i == 0 ? CODE_STORAGE_FULL : CODE_OK);
    }
    r->store->engine = r->good;
    assert_int_equal(group_members(r->group), 1);
    assert_int_equal(closed_come(c, &guest, 1), CODE_BAD_INVITE);
    assert_int_equal(closed_come(c, &other, 1), CODE_BANNED);
    closed_reopen(c);
    assert_int_equal(closed_come(c, &guest, 1), CODE_BAD_INVITE);
}

static void
members_are_only_so_many(void **state)
{
    struct closed *c = *state;
    struct actor guest = actor_numbered(GUEST), other = actor_numbered(OTHER);
    uint8_t secret[WIRE_KEY_LEN], hash[WIRE_KEY_LEN];
    struct wire_reply reply;
    struct wire_request first, leave, second;

    c->rig->options.max_members = 2;
    closed_reopen(c);
    closed_invite(c, 1, 9, 0);
    rig_secret(1, secret, hash);
    first = rig_join_invited(&guest, NULL, secret);
    second = rig_join_invited(&other, NULL, secret);
    rig_ask(c->rig, &guest, &first);
    rig_ask(c->rig, &other, &second);
    rig_settle(c->rig);
    desk_answer(&c->rig->desk, first.msgid, OP_JOIN_GROUP, &reply);
    assert_int_equal(reply.code, CODE_OK);
    desk_answer(&c->rig->desk, second.msgid, OP_JOIN_GROUP, &reply);
    assert_int_equal(reply.code, CODE_FULL);
    assert_int_equal(closed_come(c, &guest, 1), CODE_OK); /* is in */
    leave = rig_leave(&guest);
    assert_int_equal(rig_call(c->rig, &guest, &leave, NULL), CODE_OK);
    assert_int_equal(closed_come(c, &other, 1), CODE_OK);
}

/* Whoever is off the list is put out when it is read; the door does not rely on that. */
static void
door_of_the_feed_asks_the_list_itself(void **state)
{
    struct closed *c = *state;
    struct keyset *open = NULL;
    struct actor ann;
    char both[DESK_DIR_MAX];

    desk_dir_make(both);
    desk_dir_add(both, "ann", &ann);
    group_set_allowed(c->rig->group, desk_dir_load(both));
    desk_dir_remove(both);
    rig_in(c->rig, &ann, "ann");
    assert_true(closed_admits(c, GROUP_DOOR_FEED, &ann));
    open = c->rig->group->allowed;
    c->rig->group->allowed = desk_dir_load(c->dir);
    assert_false(closed_admits(c, GROUP_DOOR_FEED, &ann));
    assert_false(closed_admits(c, GROUP_DOOR_REQUESTS, &ann));
    assert_true(closed_admits(c, GROUP_DOOR_FEED, &c->owner));
    keyset_free(c->rig->group->allowed);
    c->rig->group->allowed = open;
    assert_true(closed_admits(c, GROUP_DOOR_FEED, &ann));
}

/* The first is named as an owner, the second gets a role, and both go. */
static void
staff_goes(struct rig *r, const struct actor *owner, const struct actor *aide)
{
    struct wire_request role = rig_set_role("role", aide, ROLE_MODERATOR);
    struct wire_request leave = rig_leave(aide);

    rig_in(r, owner, "owner");
    rig_in(r, aide, "aide");
    assert_int_equal(rig_call(r, owner, &role, NULL), CODE_OK);
    assert_int_equal(rig_call(r, aide, &leave, NULL), CODE_OK);
    leave = rig_leave(owner);
    assert_int_equal(rig_call(r, owner, &leave, NULL), CODE_OK);
}

static void
owners_and_moderators_find_a_place_in_a_full_group(void **state)
{
    struct closed *c = *state;
    struct rig *r = c->rig;
    struct actor aide = actor_numbered(GUEST), other = actor_numbered(OTHER);
    struct wire_request join;

    r->options.max_members = 2;
    rig_reopen(r, NULL);
    staff_goes(r, &c->owner, &aide);
    for (unsigned i = 0; i < 2; i++) {
        struct actor stranger = actor_numbered(100 + i);

        rig_in(r, &stranger, NULL);
    }
    join = rig_join(&other, NULL);
    assert_int_equal(rig_call(r, &other, &join, NULL), CODE_FULL);
    rig_in(r, &aide, "aide");
    rig_in(r, &c->owner, "owner");
    assert_int_equal(group_members(r->group), 4);
}

static void
keys_that_nobody_knows_join_at_their_own_rate(void **state)
{
    struct closed *c = *state;
    struct rig *r = c->rig;
    struct actor aide = actor_numbered(GUEST), other = actor_numbered(OTHER);
    enum wire_code code = CODE_OK;
    unsigned came = 0;
    uint8_t secret[WIRE_KEY_LEN], hash[WIRE_KEY_LEN];
    struct wire_request invite, invited;

    r->options.join_rate = 1;
    r->options.join_burst = 4;
    rig_reopen(r, NULL);
    staff_goes(r, &c->owner, &aide); /* the aide is one of the four */
    while (came < 50 && code == CODE_OK) {
        struct actor stranger = actor_numbered(100 + came);
        struct wire_request join = rig_join(&stranger, NULL);

        code = rig_call(r, &stranger, &join, NULL);
        if (code == CODE_OK)
            rig_in(r, &stranger, NULL); /* is in, and costs nothing */
        came += code == CODE_OK;
    }
    assert_int_equal(code, CODE_CROWDED);
    assert_true(came >= 3);
    rig_in(r, &aide, "aide");
    rig_in(r, &c->owner, "owner");
    invite = rig_invite(1, 9, 0);
    assert_int_equal(rig_call(r, &c->owner, &invite, NULL), CODE_OK);
    rig_secret(1, secret, hash);
    invited = rig_join_invited(&other, NULL, secret);
    assert_int_equal(rig_call(r, &other, &invited, NULL), CODE_OK);

    /* It fills again. */
    r->options.join_rate = 1000;
    r->options.join_burst = 1;
    rig_reopen(r, NULL);
    for (unsigned i = 0; i < 20; i++) {
        struct actor stranger = actor_numbered(200 + i);

        do {
            struct wire_request join = rig_join(&stranger, NULL);

            code = rig_call(r, &stranger, &join, NULL);
        } while (code == CODE_CROWDED);
        assert_int_equal(code, CODE_OK);
    }
}

static void
messages_are_only_so_many(void **state)
{
    unsigned refused = 0;
    struct closed *c = *state;
    struct wire_request send, leave = rig_leave(&c->owner);
    struct wire_reply reply;
    struct buf list;
    uint64_t head;
    char text[WIRE_ERROR_TEXT_MAX + 1];
    struct wire_request sends[6];

    c->rig->options.max_messages = 5;
    closed_reopen(c);
    head = group_head(c->rig->group);
    assert_true(head < 5);
    buf_init(&list, 0);
    for (uint64_t i = head; i < 6; i++) {
        char id[8];

        snprintf(id, sizeof id, "m%u", (unsigned)i);
        rig_message(&list, id, "x");
    }
    send = rig_send(&list, (uint32_t)(6 - head));
    assert_int_equal(rig_call(c->rig, &c->owner, &send, &reply), CODE_STORAGE_FULL);
    snprintf(text, sizeof text, "%.*s", (int)reply.text.len, (const char *)reply.text.p);
    assert_non_null(strstr(text, "as many messages as it may"));
    buf_reset(&list);
    rig_message(&list, "one", "x");
    send = rig_send(&list, 1);
    /* What is on its way counts. */
    for (size_t i = 0; i < 6; i++) {
        sends[i] = send;
        rig_ask(c->rig, &c->owner, &sends[i]);
    }
    rig_settle(c->rig);
    buf_clear(&list);
    for (size_t i = 0; i < 6; i++) {
        desk_answer(&c->rig->desk, sends[i].msgid, OP_SEND_MESSAGE, &reply);
        refused += reply.code == CODE_STORAGE_FULL;
    }
    assert_int_equal(refused, 6 - (5 - head));
    assert_int_equal(rig_call(c->rig, &c->owner, &leave, NULL), CODE_OK);
}

/* So many messages in one request, from the owner. */
static enum wire_code
send_many(struct closed *c, unsigned first, uint32_t n)
{
    struct wire_request send;
    struct buf list;
    enum wire_code code;

    buf_init(&list, 0);
    for (uint32_t i = 0; i < n; i++) {
        char id[12];

        snprintf(id, sizeof id, "m%u", first + i);
        rig_message(&list, id, "x");
    }
    send = rig_send(&list, n);
    code = rig_call(c->rig, &c->owner, &send, NULL);
    buf_clear(&list);
    return code;
}

static unsigned
lines_with(FILE *log, const char *words)
{
    char line[512];
    unsigned n = 0;

    rewind(log);
    while (fgets(line, sizeof line, log))
        n += strstr(line, words) != NULL;
    return n;
}

static void
crowd_is_logged_when_it_begins_and_ends_and_not_often(void **state)
{
    struct closed *c = *state;
    int saved = dup(STDERR_FILENO);
    FILE *log = tmpfile();
    enum wire_code large[3], small = CODE_OK;
    unsigned begun, ended;

    c->rig->options.max_messages = group_head(c->rig->group) + 100;
    closed_reopen(c);
    log_setup(LEVEL_INFO);
    dup2(fileno(log), STDERR_FILENO);
    for (unsigned i = 0; i < 3; i++)
        large[i] = send_many(c, 1000, 101);
    begun = lines_with(log, "messages are refused");
    ended = lines_with(log, "messages are accepted again");
    for (unsigned i = 0; i < 20; i++) {
        if (small == CODE_OK)
            small = send_many(c, i, 1);
        large[i % 3] = send_many(c, 1000, 101);
    }
    log_setup(LEVEL_ERROR);
    dup2(saved, STDERR_FILENO);
    close(saved);
    assert_int_equal(begun, 1);
    assert_int_equal(ended, 0);
    assert_int_equal(small, CODE_OK);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(large[i], CODE_STORAGE_FULL);
    assert_int_equal(lines_with(log, "messages are refused"), 5);
    assert_int_equal(lines_with(log, "messages are accepted again"), 5);
    fclose(log);
}

/* ---- who is here ---- */

static struct wire_info
info_of(struct closed *c, const struct actor *who)
{
    struct wire_request req = {.op = OP_GET_INFO};
    struct wire_reply reply;

    assert_int_equal(rig_call(c->rig, who, &req, &reply), CODE_OK);
    return reply.u.info;
}

static bool
is_here(struct closed *c, const struct actor *who)
{
    struct wire_request req = {.op = OP_GET_MEMBERS};
    struct wire_reply reply;
    struct wire_member m;

    assert_int_equal(rig_call(c->rig, &c->owner, &req, &reply), CODE_OK);
    while (wire_next(&reply.u.member_page.members, &m))
        if (id_equal(&m.uuid, &who->uuid))
            return m.here;
    fail_msg("not among the members");
    return false;
}

static uint64_t
presence(struct closed *c, const uint8_t *ticket)
{
    struct wire_feed last;

    group_beat(c->rig->group, 1);
    rig_last_event(c->rig, ticket, &last);
    assert_int_equal(last.event, EVENT_HEAD);
    return last.presence;
}

static void
group_says_what_it_is_and_who_is_here(void **state)
{
    struct closed *c = *state;
    struct actor guest = actor_numbered(GUEST);
    uint8_t to_owner[TICKET_LEN], to_guest[TICKET_LEN], second[TICKET_LEN];
    struct wire_feed last;
    struct wire_info info;
    uint64_t alone, both;

    closed_invite(c, 1, 1, 0);
    assert_int_equal(closed_come(c, &guest, 1), CODE_OK);
    info = info_of(c, &guest);
    assert_int_equal(info.members, 2);
    assert_int_equal(info.here, 0);
    assert_int_equal(info.role, ROLE_MEMBER);
    assert_true(span_equal(info.history, span_of("all")));
    assert_true(span_equal(info.admission, span_of("list")));
    assert_int_equal(info.first, 1);
    assert_int_equal(info.head, group_head(c->rig->group));
    assert_true(clock_wall_ns() - info.now < 10 * NS_PER_S);

    rig_follow(c->rig, &c->owner, to_owner);
    alone = presence(c, to_owner);
    rig_follow(c->rig, &guest, to_guest);
    rig_last_event(c->rig, to_guest, &last);
    assert_int_equal(last.event, EVENT_WELCOME);
    assert_int_not_equal(last.presence, alone);
    assert_true(is_here(c, &guest));
    assert_int_equal(info_of(c, &guest).here, 2);
    both = presence(c, to_owner);
    assert_int_not_equal(both, alone);
    rig_follow(c->rig, &guest, second); /* one more of the same is nobody new */
    assert_int_equal(presence(c, to_owner), both);
    c->rig->desk.full = to_guest; /* slow, but here */
    rig_say(c->rig, &c->owner, "m", "x");
    c->rig->desk.full = NULL;
    assert_true(is_here(c, &guest));
    rig_subscription(c->rig, NULL, false, second, TICKET_LEN, 1);
    assert_true(is_here(c, &guest));
    rig_subscription(c->rig, NULL, false, to_guest, TICKET_LEN, 1);
    assert_false(is_here(c, &guest));
    assert_int_equal(info_of(c, &guest).here, 1);
    assert_int_not_equal(presence(c, to_owner), both);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, closed_setup, closed_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(owner_comes_in_whatever_the_list_says),
        TEST(list_read_again_reaches_who_is_joining),
        TEST(invitation_that_was_not_needed_keeps_nobody_in),
        TEST(list_read_again_spares_who_is_joining_by_invitation),
        TEST(rights_are_taken_away_with_little_room),
        TEST(members_are_only_so_many),
        TEST(owners_and_moderators_find_a_place_in_a_full_group),
        TEST(keys_that_nobody_knows_join_at_their_own_rate),
        TEST(door_of_the_feed_asks_the_list_itself),
        TEST(messages_are_only_so_many),
        TEST(crowd_is_logged_when_it_begins_and_ends_and_not_often),
        TEST(group_says_what_it_is_and_who_is_here),
    };

    log_setup(LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
