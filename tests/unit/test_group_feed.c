/* The live feed: tickets, who gets what, and who is cut off. */
#include "group/group.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "group/tickets.h"
#include "group_rig.h"

static void
welcome_is_first_and_entries_follow(void **state)
{
    struct rig *r = *state;
    struct actor ann = actor_numbered(1);
    struct wire_request req = {.op = OP_SUBSCRIBE};
    struct wire_reply reply;
    struct wire_feed feed;
    const uint8_t *ticket;

    rig_in(r, &ann, "ann");
    assert_int_equal(rig_call(r, &ann, &req, &reply), CODE_OK);
    assert_int_equal(reply.u.subscribed.head, 1);
    assert_true(span_equal(reply.u.subscribed.feed, span_of("tcp://192.0.2.1:5562")));
    ticket = reply.u.subscribed.ticket;

    /* Nothing before the subscription has come. */
    rig_say(r, &ann, "m1", "early");
    assert_int_equal(desk_feed_count(&r->desk, ticket), 0);

    rig_subscription(r, &ann, true, ticket, TICKET_LEN, 0);
    desk_feed_at(&r->desk, ticket, 0, &feed);
    assert_int_equal(feed.event, EVENT_WELCOME);
    assert_int_equal(feed.head, 2);
    assert_true(id_equal(&feed.log, &reply.u.subscribed.log));
    assert_int_equal(rig_say(r, &ann, "m2", "late"), 3);
    assert_int_equal(rig_feed_seq(r, ticket, 0), 3);
    assert_int_equal(rig_feed_seq(r, ticket, 1), 0);
}

static void
every_live_session_gets_each_entry_once(void **state)
{
    struct rig *r = *state;
    struct actor ann = actor_numbered(1), bob = actor_numbered(2);
    uint8_t a1[TICKET_LEN], a2[TICKET_LEN], b[TICKET_LEN];
    const uint8_t *all[] = {a1, a2, b};

    rig_in(r, &ann, "ann");
    rig_in(r, &bob, "bob");
    rig_follow(r, &ann, a1);
    rig_follow(r, &ann, a2);
    rig_follow(r, &bob, b);
    for (uint64_t seq = 3; seq <= 12; seq++) {
        char id[2] = {(char)('a' + seq), 0};

        assert_int_equal(rig_say(r, &ann, id, "x"), seq);
    }
    rig_say(r, &ann, "d", "x"); /* a repeat is not published again */
    for (size_t k = 0; k < 3; k++) {
        for (size_t i = 0; i < 10; i++)
            assert_int_equal(rig_feed_seq(r, all[k], i), 3 + i);
        assert_int_equal(rig_feed_seq(r, all[k], 10), 0);
    }
}

static void
session_that_went_away_gets_nothing_until_it_is_back(void **state)
{
    struct rig *r = *state;
    struct actor ann = actor_numbered(1);
    uint8_t ticket[TICKET_LEN];
    struct wire_feed last;

    rig_in(r, &ann, "ann");
    rig_follow(r, &ann, ticket);
    rig_subscription(r, NULL, false, ticket, TICKET_LEN, 1000);
    rig_say(r, &ann, "m1", "missed");
    group_beat(r->group, 1000 + TICKET_AWAY_MS);
    assert_int_equal(desk_feed_count(&r->desk, ticket), 1);

    rig_subscription(r, &ann, true, ticket, TICKET_LEN, 1000 + TICKET_AWAY_MS);
    rig_last_event(r, ticket, &last);
    assert_int_equal(last.event, EVENT_WELCOME);
    assert_int_equal(last.head, 2);
    rig_say(r, &ann, "m2", "seen");
    assert_int_equal(rig_feed_seq(r, ticket, 0), 3);
}

static void
ticket_is_over_when_its_connection_stays_away(void **state)
{
    struct rig *r = *state;
    struct actor ann = actor_numbered(1);
    uint8_t ticket[TICKET_LEN];

    rig_in(r, &ann, "ann");
    rig_follow(r, &ann, ticket);
    rig_subscription(r, NULL, false, ticket, TICKET_LEN, 1000);
    group_beat(r->group, 1001 + TICKET_AWAY_MS);
    rig_subscription(r, &ann, true, ticket, TICKET_LEN, 1001 + TICKET_AWAY_MS);
    /* No welcome, but no offence either: it is a stray. */
    assert_int_equal(desk_feed_count(&r->desk, ticket), 1);
    assert_int_equal(r->desk.strays, 1);
    assert_int_equal(r->desk.cuts, 0);
    assert_int_equal(group_members(r->group), 1);
}

static void
second_connection_of_a_ticket_keeps_it_alive(void **state)
{
    struct rig *r = *state;
    struct actor ann = actor_numbered(1);
    uint8_t ticket[TICKET_LEN];

    rig_in(r, &ann, "ann");
    rig_follow(r, &ann, ticket);
    /* libzmq's reconnection may come before the old connection is seen to end. */
    rig_subscription(r, &ann, true, ticket, TICKET_LEN, 10);
    rig_subscription(r, NULL, false, ticket, TICKET_LEN, 20);
    assert_int_equal(rig_say(r, &ann, "m", "x"), 2);
    assert_int_equal(rig_feed_seq(r, ticket, 0), 2);
}

static void
tickets_of_one_member_are_limited(void **state)
{
    struct rig *r = *state;
    struct actor ann = actor_numbered(1), bob = actor_numbered(2);
    struct wire_request req = {.op = OP_SUBSCRIBE};
    uint8_t ticket[TICKET_LEN];

    rig_in(r, &ann, "ann");
    rig_in(r, &bob, "bob");
    for (size_t i = 0; i < MEMBER_TICKETS_MAX; i++)
        rig_follow(r, &ann, ticket);
    assert_int_equal(rig_call(r, &ann, &req, NULL), CODE_LIMIT);
    assert_int_equal(rig_call(r, &bob, &req, NULL), CODE_OK);
    rig_subscription(r, NULL, false, ticket, TICKET_LEN, 0);
    assert_int_equal(rig_call(r, &ann, &req, NULL), CODE_OK);
}

static void
nothing_follows_the_left_entry(void **state)
{
    struct rig *r = *state;
    struct actor ann = actor_numbered(1), bob = actor_numbered(2);
    uint8_t to_ann[TICKET_LEN], to_bob[TICKET_LEN];
    struct wire_request leave = rig_leave(&bob), send;
    struct wire_reply reply;
    struct wire_feed last;
    struct buf list;
    size_t frames;

    rig_in(r, &ann, "ann");
    rig_in(r, &bob, "bob");
    rig_follow(r, &ann, to_ann);
    rig_follow(r, &bob, to_bob);
    /* The leave and what comes behind it are committed together. */
    buf_init(&list, 0);
    rig_message(&list, "m1", "not for bob");
    send = rig_send(&list, 1);
    rig_ask(r, &bob, &leave);
    rig_ask(r, &ann, &send);
    rig_settle(r);
    buf_clear(&list);
    desk_answer(&r->desk, leave.msgid, OP_LEAVE_GROUP, &reply);
    assert_int_equal(reply.u.left.seq, 3);

    assert_int_equal(rig_feed_seq(r, to_bob, 0), 3);
    assert_int_equal(rig_feed_seq(r, to_bob, 1), 0);
    rig_last_event(r, to_bob, &last);
    assert_int_equal(last.event, EVENT_END);
    assert_int_equal(rig_feed_seq(r, to_ann, 1), 4);

    frames = desk_feed_count(&r->desk, to_bob);
    rig_say(r, &ann, "m2", "nor this");
    group_beat(r->group, 1);
    assert_int_equal(desk_feed_count(&r->desk, to_bob), frames);
    assert_int_equal(r->desk.resets, 0);
}

static void
who_just_leaves_is_no_offender(void **state)
{
    struct rig *r = *state;
    struct actor ann = actor_numbered(1);
    struct wire_request req = {.op = OP_SUBSCRIBE}, leave = rig_leave(&ann);
    struct wire_reply reply;

    rig_in(r, &ann, "ann");
    assert_int_equal(rig_call(r, &ann, &req, &reply), CODE_OK);
    rig_ask(r, &ann, &leave);
    /* The subscription to her own ticket was on its way. */
    rig_subscription(r, &ann, true, reply.u.subscribed.ticket, TICKET_LEN, 0);
    rig_settle(r);
    assert_int_equal(r->desk.resets, 0);
    assert_int_equal(desk_feed_count(&r->desk, reply.u.subscribed.ticket), 0);
    desk_answer(&r->desk, leave.msgid, OP_LEAVE_GROUP, &reply);
    assert_int_equal(reply.code, CODE_OK);
}

/* Who comes from a log that this one goes on from is told how far both are the same. */
static void
a_restored_log_tells_what_it_shares(void **state)
{
    struct rig *r = *state;
    struct actor ann = actor_numbered(1);
    struct id before = rig_id("before");
    struct wire_request ask = {.op = OP_SUBSCRIBE};
    struct wire_request get = rig_get_after(0);
    struct wire_reply reply;
    struct wire_list entries;
    struct entry e = {.ts = 0};

    past_add(&r->store->past, &before, 1);
    rig_in(r, &ann, "ann");
    rig_say(r, &ann, "1", "hello");
    assert_int_equal(rig_call(r, &ann, &get, &reply), CODE_OK);
    assert_int_equal(reply.u.page.has, 0);
    entries = reply.u.page.entries;
    while (wire_next(&entries, &e))
        ;
    assert_int_equal(rig_call(r, &ann, &ask, &reply), CODE_OK);
    assert_int_equal(reply.u.subscribed.has, 0);
    assert_int_equal(reply.u.subscribed.head, 2);
    assert_int_equal(reply.u.subscribed.ts, e.ts);

    ask.u.subscribe = (struct wire_subscribe){.has = WIRE_SUBSCRIBE_HAS_LOG, .log = before};
    assert_int_equal(rig_call(r, &ann, &ask, &reply), CODE_OK);
    assert_int_equal(reply.u.subscribed.has, WIRE_HAS_SHARED);
    assert_int_equal(reply.u.subscribed.shared, 1);
    get.u.get_message.has |= WIRE_GET_HAS_LOG;
    get.u.get_message.log = before;
    assert_int_equal(rig_call(r, &ann, &get, &reply), CODE_OK);
    assert_int_equal(reply.u.page.has, WIRE_HAS_SHARED);
    assert_int_equal(reply.u.page.shared, 1);

    ask.u.subscribe.log = get.u.get_message.log = reply.u.page.log;
    assert_int_equal(rig_call(r, &ann, &ask, &reply), CODE_OK);
    assert_int_equal(reply.u.subscribed.has, 0);
    assert_int_equal(rig_call(r, &ann, &get, &reply), CODE_OK);
    assert_int_equal(reply.u.page.has, 0);
}

static void
check_out(struct rig *r, const struct actor *eve, const uint8_t *to_eve)
{
    struct wire_request get = rig_get_after(0);
    struct wire_feed last;

    rig_last_event(r, to_eve, &last);
    assert_int_equal(last.event, EVENT_END);
    assert_true(span_equal(last.code, span_of("offence")));
    assert_int_equal(rig_call(r, eve, &get, NULL), CODE_NOT_MEMBER);
    assert_false(group_admits(r->group, GROUP_DOOR_FEED, eve->key));
}

static void
check_last_entry(struct rig *r, const struct actor *reader, enum entry_kind kind,
                 const struct actor *about)
{
    struct wire_request get = rig_get_after(group_head(r->group) - 1);
    struct wire_reply reply;
    struct entry e = {0};

    assert_int_equal(rig_call(r, reader, &get, &reply), CODE_OK);
    assert_true(wire_next(&reply.u.page.entries, &e));
    assert_int_equal(e.kind, kind);
    assert_memory_equal(e.body.p, about->uuid.bytes, ID_LEN);
}

/* Eve subscribes to a topic that is not hers: her connection is cut before anything else happens,
 * she is out, and ann notices nothing. */
static void
check_expelled(struct rig *r, const uint8_t *topic, size_t len)
{
    struct actor ann = actor_numbered(1), eve = actor_numbered(66);
    uint8_t to_ann[TICKET_LEN], to_eve[TICKET_LEN];
    size_t frames;

    rig_in(r, &ann, "ann");
    rig_in(r, &eve, "eve");
    rig_follow(r, &ann, to_ann);
    rig_follow(r, &eve, to_eve);
    frames = r->desk.n_feed;
    rig_subscription(r, &eve, true, topic ? topic : to_ann, len, 0);
    assert_int_equal(r->desk.cuts, 1);
    assert_int_equal(r->desk.n_feed_then, frames);
    assert_int_equal(r->desk.resets, 0);
    check_out(r, &eve, to_eve);
    check_last_entry(r, &ann, ENTRY_KICKED, &eve);
    assert_int_equal(rig_feed_seq(r, to_ann, 0), 3);
    rig_say(r, &ann, "m1", "secret");
    assert_int_equal(rig_feed_seq(r, to_ann, 1), 4);
    assert_int_equal(rig_feed_seq(r, to_eve, 0), 0);
}

static void
second_offence_within_a_day_bans(void **state)
{
    const int64_t day_ms = 24 * 3600 * 1000, start = 5;
    struct rig *r = *state;
    struct actor ann = actor_numbered(1), eve = actor_numbered(66);
    const uint8_t *all = (const uint8_t *)"";
    uint8_t to_eve[TICKET_LEN];
    struct wire_feed last;

    rig_in(r, &ann, "ann");
    rig_in(r, &eve, "eve");
    rig_subscription(r, &eve, true, all, 0, start);
    rig_settle(r);
    check_last_entry(r, &ann, ENTRY_KICKED, &eve);
    rig_in(r, &eve, "eve");
    rig_subscription(r, &eve, true, all, 0, start + day_ms); /* the first is forgiven */
    rig_settle(r);
    check_last_entry(r, &ann, ENTRY_KICKED, &eve);
    rig_in(r, &eve, "eve");
    rig_follow(r, &eve, to_eve);
    rig_subscription(r, &eve, true, all, 0, start + 2 * day_ms - 1);
    rig_settle(r);
    check_last_entry(r, &ann, ENTRY_BANNED, &eve);
    rig_last_event(r, to_eve, &last);
    assert_true(span_equal(last.code, span_of("banned")));
    assert_false(group_admits(r->group, GROUP_DOOR_REQUESTS, eve.key));
    assert_int_equal(r->desk.cuts, 3);
    assert_int_equal(r->desk.resets, 0);
}

/* Her other connections, too, before the beat finds them; but it is one offence. */
static void
each_connection_that_offends_is_cut(void **state)
{
    struct rig *r = *state;
    struct actor ann = actor_numbered(1), eve = actor_numbered(66);
    uint8_t to_eve[TICKET_LEN];

    rig_in(r, &ann, "ann");
    rig_in(r, &eve, "eve");
    rig_follow(r, &eve, to_eve);
    for (unsigned i = 1; i <= 3; i++) {
        rig_subscription(r, &eve, true, (const uint8_t *)"", 0, i);
        assert_int_equal(r->desk.cuts, i);
        rig_settle(r);
    }
    check_last_entry(r, &ann, ENTRY_KICKED, &eve);
    assert_int_equal(group_head(r->group), 3);
    assert_true(group_admits(r->group, GROUP_DOOR_REQUESTS, eve.key));
}

/* The connection cannot be told from others: all go. */
static void
check_all_dropped(struct rig *r, const uint8_t *topic, size_t len)
{
    struct actor ann = actor_numbered(1), eve = actor_numbered(66);
    struct wire_request get = rig_get_after(0);
    uint8_t to_ann[TICKET_LEN], to_eve[TICKET_LEN];
    struct wire_feed last;
    size_t frames;

    r->desk.blind = true;
    rig_in(r, &ann, "ann");
    rig_in(r, &eve, "eve");
    rig_follow(r, &ann, to_ann);
    rig_follow(r, &eve, to_eve);
    rig_subscription(r, &eve, true, topic ? topic : to_ann, len, 0);
    assert_int_equal(r->desk.resets, 1);
    assert_int_equal(rig_call(r, &eve, &get, NULL), CODE_NOT_MEMBER);
    assert_false(group_admits(r->group, GROUP_DOOR_FEED, eve.key));

    /* Until it is sure that her connection is gone, nobody gets anything. */
    frames = r->desk.n_feed;
    rig_say(r, &ann, "m1", "secret");
    group_beat(r->group, 1);
    group_nudge(r->group);
    assert_int_equal(r->desk.n_feed, frames);

    /* Ann's connection was dropped with all others, and comes back. */
    rig_subscription(r, &ann, true, to_ann, TICKET_LEN, 2);
    rig_subscription(r, NULL, false, to_ann, TICKET_LEN, 3);
    rig_last_event(r, to_ann, &last);
    assert_int_equal(last.event, EVENT_WELCOME);
    assert_int_equal(last.head, group_head(r->group));
    rig_say(r, &ann, "m2", "after");
    assert_int_equal(rig_feed_seq(r, to_ann, 0), group_head(r->group));
}

static void
where_the_connection_is_not_known_all_are_dropped(void **state)
{
    check_all_dropped(*state, (const uint8_t *)"", 0);
}

static void
empty_topic_expels(void **state)
{
    check_expelled(*state, (const uint8_t *)"", 0);
}

static void
topic_of_one_byte_expels(void **state)
{
    check_expelled(*state, (const uint8_t *)"x", 1);
}

static void
ticket_of_somebody_else_expels(void **state)
{
    check_expelled(*state, NULL, TICKET_LEN);
}

static void
prefix_of_a_ticket_expels(void **state)
{
    check_expelled(*state, NULL, TICKET_LEN - 1);
}

static void
who_is_no_member_is_cut_too(void **state)
{
    struct rig *r = *state;
    struct actor ann = actor_numbered(1), was = actor_numbered(2);
    struct wire_request leave = rig_leave(&was);
    uint8_t to_ann[TICKET_LEN];
    uint64_t head;
    struct wire_request join;

    rig_in(r, &ann, "ann");
    rig_in(r, &was, "was");
    rig_follow(r, &ann, to_ann);
    assert_int_equal(rig_call(r, &was, &leave, NULL), CODE_OK);
    head = group_head(r->group);
    rig_subscription(r, &was, true, to_ann, TICKET_LEN, 0);
    assert_int_equal(r->desk.cuts, 1);
    rig_settle(r);
    assert_int_equal(group_head(r->group), head); /* they are out already */
    rig_in(r, &was, "was");
    rig_subscription(r, &was, true, to_ann, TICKET_LEN, 1);
    rig_settle(r);
    check_last_entry(r, &ann, ENTRY_BANNED, &was);
    join = rig_join(&was, "was");
    assert_int_equal(rig_call(r, &was, &join, NULL), CODE_BANNED);
}

static void
flood_of_subscriptions_expels_once(void **state)
{
    struct rig *r = *state;
    struct actor ann = actor_numbered(1);
    uint8_t to_ann[TICKET_LEN];

    r->desk.blind = true;
    rig_in(r, &ann, "ann");
    rig_follow(r, &ann, to_ann);
    for (int i = 1; i < 1000; i++)
        rig_subscription(r, &ann, i % 2 == 0, to_ann, TICKET_LEN, 1);
    assert_int_equal(r->desk.resets, 0);
    /* What else was on its way costs nobody another interruption. */
    for (int i = 0; i < 1000; i++)
        rig_subscription(r, &ann, i % 2 == 0, to_ann, TICKET_LEN, 2);
    assert_int_equal(r->desk.resets, 1);
    rig_settle(r);
    assert_int_equal(group_members(r->group), 0);
    assert_int_equal(group_head(r->group), 2);
}

/* How many of them are too many for one connection, the port knows. */
static void
what_matches_nobody_is_no_offence(void **state)
{
    struct rig *r = *state;
    struct actor ann = actor_numbered(1);
    const uint8_t old[] = "an old ticket..";

    rig_in(r, &ann, "ann");
    for (unsigned i = 0; i < 200; i++)
        rig_subscription(r, &ann, true, old, i % 2 == 0 ? TICKET_LEN : 400, 1);
    assert_int_equal(r->desk.strays, 200);
    assert_int_equal(r->desk.cuts + r->desk.resets, 0);
    rig_settle(r);
    assert_int_equal(group_members(r->group), 1);
}

static void
who_falls_behind_is_told_the_head(void **state)
{
    struct rig *r = *state;
    struct actor ann = actor_numbered(1), bob = actor_numbered(2);
    uint8_t to_ann[TICKET_LEN], to_bob[TICKET_LEN];
    struct wire_feed last;

    rig_in(r, &ann, "ann");
    rig_in(r, &bob, "bob");
    rig_follow(r, &ann, to_ann);
    rig_follow(r, &bob, to_bob);
    assert_false(group_behind(r->group));
    r->desk.full = to_bob;
    rig_say(r, &ann, "m1", "x");
    assert_true(group_behind(r->group));
    group_nudge(r->group);
    assert_true(group_behind(r->group));

    /* Room again, but nothing must jump over what he missed before he is told. */
    r->desk.full = NULL;
    rig_say(r, &ann, "m2", "x");
    group_beat(r->group, 1);
    assert_int_equal(desk_feed_count(&r->desk, to_bob), 1);
    group_nudge(r->group);
    assert_false(group_behind(r->group));
    rig_last_event(r, to_bob, &last);
    assert_int_equal(last.event, EVENT_HEAD);
    assert_int_equal(last.head, 4);
    rig_say(r, &ann, "m3", "x");
    assert_int_equal(rig_feed_seq(r, to_bob, 0), 5);

    for (size_t i = 0; i < 3; i++)
        assert_int_equal(rig_feed_seq(r, to_ann, i), 3 + i);
}

static void
connects(struct rig *r, const struct actor *who, int fd)
{
    struct wire_request req = {.op = OP_SUBSCRIBE};
    struct subscription sub = {.on = true, .has_peer = true, .fd = fd, .topic_len = TICKET_LEN};
    struct wire_reply reply;

    assert_int_equal(rig_call(r, who, &req, &reply), CODE_OK);
    assert_true(group_admits(r->group, GROUP_DOOR_FEED, who->key));
    memcpy(sub.peer, who->key, sizeof sub.peer);
    memcpy(sub.topic, reply.u.subscribed.ticket, TICKET_LEN);
    group_subscription(r->group, &sub, 0);
}

static void
connections_of_who_is_out_are_strangers(void **state)
{
    struct rig *r = *state;
    struct actor ann = actor_numbered(1), bob = actor_numbered(2), eve = actor_numbered(66);
    struct actor quiet = actor_numbered(3);
    struct wire_request leave = rig_leave(&bob), go = rig_leave(&quiet);

    rig_in(r, &ann, "ann");
    rig_in(r, &bob, "bob");
    rig_in(r, &eve, "eve");
    rig_in(r, &quiet, "quiet"); /* was never at that door */
    assert_int_equal(rig_call(r, &quiet, &go, NULL), CODE_OK);
    connects(r, &ann, 10);
    connects(r, &bob, 11);
    connects(r, &eve, 12);
    assert_false(group_has_strangers(r->group));
    assert_true(group_vouches(r->group, 11));
    assert_false(group_vouches(r->group, 13)); /* one that never subscribed */
    assert_int_equal(rig_call(r, &bob, &leave, NULL), CODE_OK);
    assert_true(group_has_strangers(r->group));
    assert_false(group_has_strangers(r->group)); /* told once */
    assert_true(group_vouches(r->group, 10));
    assert_false(group_vouches(r->group, 11));
    rig_subscription(r, &eve, true, (const uint8_t *)"", 0, 1);
    assert_true(group_has_strangers(r->group));
    assert_false(group_vouches(r->group, 12));
}

static void
heads_come_with_the_beat(void **state)
{
    struct rig *r = *state;
    struct actor ann = actor_numbered(1);
    uint8_t ticket[TICKET_LEN];
    struct wire_feed last;

    rig_in(r, &ann, "ann");
    rig_follow(r, &ann, ticket);
    rig_say(r, &ann, "m1", "x");
    group_beat(r->group, 1000);
    rig_last_event(r, ticket, &last);
    assert_int_equal(last.event, EVENT_HEAD);
    assert_int_equal(last.head, 2);
}

struct ear {
    struct rig *rig;
    struct actor who;
};

static void
listen_to_all(void *ctx)
{
    struct ear *e = ctx;

    rig_subscription(e->rig, &e->who, true, (const uint8_t *)"", 0, 0);
}

/* Somebody subscribes at the last moment before each kind of publication, and sees nothing of it.
 */
static void
feed_is_looked_at_before_anything_is_published(void **state)
{
    enum { ENTRY, HEAD, NUDGE, KINDS };
    struct rig *r = *state;
    struct actor ann = actor_numbered(1);
    uint8_t to_ann[TICKET_LEN];

    rig_in(r, &ann, "ann");
    rig_follow(r, &ann, to_ann);
    for (unsigned kind = ENTRY; kind < KINDS; kind++) {
        struct ear eve = {.rig = r, .who = actor_numbered(66 + kind)};
        size_t frames;

        rig_in(r, &eve.who, NULL);
        if (kind == NUDGE) {
            r->desk.full = to_ann;
            rig_say(r, &ann, "behind", "x");
            r->desk.full = NULL;
            assert_true(group_behind(r->group));
        }
        frames = r->desk.n_feed;
        r->desk.seen = listen_to_all;
        r->desk.seen_ctx = &eve;
        if (kind == ENTRY)
            rig_say(r, &ann, "m", "secret");
        else if (kind == HEAD)
            group_beat(r->group, 1);
        else
            group_nudge(r->group);
        assert_int_equal(r->desk.cuts, kind + 1);
        assert_int_equal(r->desk.n_feed_then, frames);
        assert_true(r->desk.n_feed > frames);
        rig_settle(r);
    }
}

static void
group_that_stops_says_so(void **state)
{
    struct rig *r = *state;
    struct actor ann = actor_numbered(1);
    uint8_t first[TICKET_LEN], second[TICKET_LEN];
    struct wire_feed last;
    size_t frames;

    rig_in(r, &ann, "ann");
    rig_follow(r, &ann, first);
    group_end_feeds(r->group, END_REPLACED);
    rig_last_event(r, first, &last);
    assert_int_equal(last.event, EVENT_END);
    assert_true(span_equal(last.code, span_of("replaced")));
    frames = desk_feed_count(&r->desk, first);
    rig_follow(r, &ann, second);
    rig_say(r, &ann, "m", "x");
    assert_int_equal(desk_feed_count(&r->desk, first), frames);
    rig_reopen(r, NULL);
    rig_last_event(r, second, &last);
    assert_int_equal(last.event, EVENT_END);
    assert_true(span_equal(last.code, span_of("stopped")));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(welcome_is_first_and_entries_follow),
        TEST(a_restored_log_tells_what_it_shares),
        TEST(every_live_session_gets_each_entry_once),
        TEST(session_that_went_away_gets_nothing_until_it_is_back),
        TEST(ticket_is_over_when_its_connection_stays_away),
        TEST(second_connection_of_a_ticket_keeps_it_alive),
        TEST(tickets_of_one_member_are_limited),
        TEST(nothing_follows_the_left_entry),
        TEST(who_just_leaves_is_no_offender),
        TEST(empty_topic_expels),
        TEST(topic_of_one_byte_expels),
        TEST(ticket_of_somebody_else_expels),
        TEST(prefix_of_a_ticket_expels),
        TEST(who_is_no_member_is_cut_too),
        TEST(second_offence_within_a_day_bans),
        TEST(each_connection_that_offends_is_cut),
        TEST(where_the_connection_is_not_known_all_are_dropped),
        TEST(flood_of_subscriptions_expels_once),
        TEST(what_matches_nobody_is_no_offence),
        TEST(who_falls_behind_is_told_the_head),
        TEST(connections_of_who_is_out_are_strangers),
        TEST(heads_come_with_the_beat),
        TEST(feed_is_looked_at_before_anything_is_published),
        TEST(group_that_stops_says_so),
    };

    log_setup(LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
