/* Who is in: joining, leaving, lists, and what is refused to everybody else. */
#include "group/group.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "group/impl.h"
#include "group_rig.h"

static void
join_is_an_entry_and_can_be_repeated(void **state)
{
    struct rig *r = *state;
    struct actor ann = actor_numbered(1);
    struct wire_request req = rig_join(&ann, "Ann");
    struct wire_reply reply;
    int64_t ts;

    assert_int_equal(rig_call(r, &ann, &req, &reply), CODE_OK);
    assert_int_equal(reply.u.joined.seq, 1);
    assert_false(reply.u.joined.already);
    assert_true(span_equal(reply.u.joined.nick, span_of("Ann")));
    ts = reply.u.joined.ts;
    assert_true(ts > 0);
    assert_int_equal(group_members(r->group), 1);

    req = rig_join(&ann, "Else");
    assert_int_equal(rig_call(r, &ann, &req, &reply), CODE_OK);
    assert_true(reply.u.joined.already);
    assert_int_equal(reply.u.joined.seq, 1);
    assert_int_equal(reply.u.joined.ts, ts);
    assert_true(span_equal(reply.u.joined.nick, span_of("Ann")));
    assert_int_equal(group_members(r->group), 1);
}

static void
without_a_nick_the_uuid_gives_one(void **state)
{
    struct rig *r = *state;
    struct actor ann = actor_numbered(1);
    struct wire_request req = rig_join(&ann, NULL);
    struct wire_reply reply;
    char text[ID_TEXT_LEN + 1];

    id_format(&ann.uuid, text);
    text[8] = 0;
    assert_int_equal(rig_call(r, &ann, &req, &reply), CODE_OK);
    assert_true(span_equal(reply.u.joined.nick, span_of(text)));
}

static void
uuid_of_somebody_else_is_refused(void **state)
{
    struct rig *r = *state;
    struct actor ann = actor_numbered(1), bob = actor_numbered(2);
    struct wire_request req = rig_join(&bob, "ann");

    assert_int_equal(rig_call(r, &ann, &req, NULL), CODE_BAD_IDENTITY);
    assert_int_equal(group_members(r->group), 0);
    rig_in(r, &ann, "ann");
    rig_in(r, &bob, "bob");
    req = rig_leave(&bob);
    assert_int_equal(rig_call(r, &ann, &req, NULL), CODE_BAD_IDENTITY);
    assert_int_equal(group_members(r->group), 2);
}

static void
nick_of_another_is_taken_whatever_its_case(void **state)
{
    struct rig *r = *state;
    struct actor ann = actor_numbered(1), bob = actor_numbered(2);
    struct wire_request req = rig_join(&bob, "aNN");

    rig_in(r, &ann, "Ann");
    assert_int_equal(rig_call(r, &bob, &req, NULL), CODE_NICK_TAKEN);
    req = rig_join(&bob, "bad\nnick");
    assert_int_equal(rig_call(r, &bob, &req, NULL), CODE_BAD_NICK);
    assert_int_equal(group_members(r->group), 1);
    /* Free again when its owner is out. */
    req = rig_leave(&ann);
    assert_int_equal(rig_call(r, &ann, &req, NULL), CODE_OK);
    rig_in(r, &bob, "aNN");
}

static void
of_two_who_ask_for_a_nick_at_once_one_gets_it(void **state)
{
    struct rig *r = *state;
    struct actor ann = actor_numbered(1), bob = actor_numbered(2);
    struct wire_request first = rig_join(&ann, "nick"), second = rig_join(&bob, "NICK");
    struct wire_reply reply;

    rig_ask(r, &ann, &first);
    rig_ask(r, &bob, &second);
    rig_settle(r);
    desk_answer(&r->desk, first.msgid, OP_JOIN_GROUP, &reply);
    assert_int_equal(reply.code, CODE_OK);
    desk_answer(&r->desk, second.msgid, OP_JOIN_GROUP, &reply);
    assert_int_equal(reply.code, CODE_NICK_TAKEN);
    assert_int_equal(group_members(r->group), 1);
}

static void
join_that_is_repeated_before_its_answer_is_one_entry(void **state)
{
    struct rig *r = *state;
    struct actor ann = actor_numbered(1);
    struct wire_request req[3];
    struct wire_reply reply;

    /* Two in the batch that fills first, one in the next. */
    for (size_t i = 0; i < 3; i++) {
        req[i] = rig_join(&ann, "ann");
        rig_ask(r, &ann, &req[i]);
        if (i == 1)
            group_flush(r->group);
    }
    rig_settle(r);
    for (size_t i = 0; i < 3; i++) {
        desk_answer(&r->desk, req[i].msgid, OP_JOIN_GROUP, &reply);
        assert_int_equal(reply.code, CODE_OK);
        assert_int_equal(reply.u.joined.seq, 1);
        assert_int_equal(reply.u.joined.already, i > 0);
    }
    assert_int_equal(group_head(r->group), 1);
}

/* While the disk is slow, what waits for it has a bound, whatever the requests are. */
static void
joins_that_wait_are_bounded(void **state)
{
    enum { LONG = 60000 };
    struct rig *r = *state;
    struct actor ann = actor_numbered(1);
    struct buf b;
    struct wire_reply reply;
    static const uint8_t zeros[LONG];
    const uint8_t head[] = {0x94, 0x00, 0x01, 0xaa, 'j',  'o', 'i', 'n', '_', 'g',  'r',
                            'o',  'u',  'p',  0x82, 0xa4, 'u', 'u', 'i', 'd', 0xc4, 0x10};
    const uint8_t pad[] = {0xa3, 'p', 'a', 'd', 0xc5, LONG >> 8, LONG & 0xff};

    buf_init(&b, 0);
    buf_append(&b, head, sizeof head);
    buf_append(&b, ann.uuid.bytes, ID_LEN);
    buf_append(&b, pad, sizeof pad);
    buf_append(&b, zeros, sizeof zeros);
    assert_false(b.failed);
    for (int i = 0; i <= GROUP_WAITING_MAX / LONG && r->desk.n_answers == 0; i++) {
        struct packet packet;

        desk_packet_raw(&packet, &ann, 1, buf_span(&b));
        group_request(r->group, &packet);
    }
    buf_clear(&b);
    assert_int_not_equal(r->desk.n_answers, 0);
    desk_answer(&r->desk, 1, OP_JOIN_GROUP, &reply);
    assert_int_equal(reply.code, CODE_BUSY);
    desk_clear(&r->desk);
    rig_settle(r);
}

static void
who_left_is_out_and_may_come_back(void **state)
{
    struct rig *r = *state;
    struct actor ann = actor_numbered(1);
    struct wire_request leave = rig_leave(&ann), join = rig_join(&ann, "Anna");
    struct wire_reply reply;

    rig_in(r, &ann, "ann");
    assert_int_equal(rig_call(r, &ann, &leave, &reply), CODE_OK);
    assert_int_equal(reply.u.left.seq, 2);
    assert_int_equal(group_members(r->group), 0);
    assert_int_equal(rig_call(r, &ann, &leave, NULL), CODE_NOT_MEMBER);

    assert_int_equal(rig_call(r, &ann, &join, &reply), CODE_OK);
    assert_int_equal(reply.u.joined.seq, 3);
    assert_false(reply.u.joined.already);
    assert_true(span_equal(reply.u.joined.nick, span_of("Anna")));
    assert_int_equal(group_members(r->group), 1);
}

static void
everything_but_join_is_refused_to_others(void **state)
{
    struct rig *r = *state;
    struct actor ann = actor_numbered(1), was = actor_numbered(2), stranger = actor_numbered(3);
    const struct actor *others[] = {&was, &stranger};
    struct buf list;
    struct wire_request leave;
    uint64_t head;

    rig_in(r, &ann, "ann");
    rig_in(r, &was, "was");
    leave = rig_leave(&was);
    assert_int_equal(rig_call(r, &was, &leave, NULL), CODE_OK);
    head = group_head(r->group);

    buf_init(&list, 0);
    rig_message(&list, "m1", "hello");
    for (size_t i = 0; i < 2; i++) {
        struct wire_request asked[] = {rig_send(&list, 1),
                                       rig_get_after(0),
                                       {.op = OP_GET_MEMBERS},
                                       {.op = OP_SUBSCRIBE},
                                       rig_leave(others[i])};

        for (size_t k = 0; k < sizeof asked / sizeof *asked; k++)
            assert_int_equal(rig_call(r, others[i], &asked[k], NULL), CODE_NOT_MEMBER);
    }
    buf_clear(&list);
    assert_int_equal(group_head(r->group), head);
}

static void
leaving_ends_rights_before_it_is_stored(void **state)
{
    struct rig *r = *state;
    struct actor ann = actor_numbered(1);
    struct wire_request leave = rig_leave(&ann), get = rig_get_after(0), late = rig_get_after(0);
    struct wire_request join = rig_join(&ann, "ann");
    struct wire_reply reply;

    rig_in(r, &ann, "ann");
    rig_ask(r, &ann, &get); /* under way while she leaves */
    rig_ask(r, &ann, &leave);
    rig_ask(r, &ann, &late);
    rig_ask(r, &ann, &join);
    rig_settle(r);
    desk_answer(&r->desk, get.msgid, OP_GET_MESSAGE, &reply);
    assert_int_equal(reply.code, CODE_NOT_MEMBER);
    desk_answer(&r->desk, late.msgid, OP_GET_MESSAGE, &reply);
    assert_int_equal(reply.code, CODE_NOT_MEMBER);
    desk_answer(&r->desk, join.msgid, OP_JOIN_GROUP, &reply);
    assert_int_equal(reply.code, CODE_BUSY);
    desk_answer(&r->desk, leave.msgid, OP_LEAVE_GROUP, &reply);
    assert_int_equal(reply.code, CODE_OK);
}

/* Walks all pages; returns how many members, and how many pages it took. */
static unsigned
count_members(struct rig *r, const struct actor *who, bool all, unsigned *pages)
{
    struct wire_request req = {.op = OP_GET_MEMBERS, .u.get_members.all = all};
    struct wire_reply reply;
    struct wire_member m;
    unsigned n = 0;
    struct id last = {{0}};

    *pages = 0;
    do {
        req.u.get_members.after = last;
        assert_int_equal(rig_call(r, who, &req, &reply), CODE_OK);
        assert_true(reply.u.member_page.members.count <= WIRE_LIST_ROWS_MAX);
        while (wire_next(&reply.u.member_page.members, &m)) {
            assert_true(memcmp(last.bytes, m.uuid.bytes, ID_LEN) < 0);
            assert_true(m.since > 0);
            last = m.uuid;
            n++;
        }
        ++*pages;
    } while (!reply.u.member_page.end);
    return n;
}

static void
many_members_come_in_pages(void **state)
{
    const unsigned members = 1201;
    struct rig *r = *state;
    struct actor first = actor_numbered(0);
    unsigned pages;

    for (unsigned i = 0; i < members; i++) {
        struct actor one = actor_numbered(i);
        struct wire_request req = rig_join(&one, NULL);

        rig_ask(r, &one, &req);
    }
    rig_settle(r);
    assert_int_equal(group_members(r->group), members);
    assert_int_equal(count_members(r, &first, false, &pages), members);
    assert_int_equal(pages, 3);
}

static void
past_members_are_listed_only_when_asked_for(void **state)
{
    struct rig *r = *state;
    struct actor ann = actor_numbered(1), bob = actor_numbered(2);
    struct wire_request leave = rig_leave(&bob);
    struct wire_request all = {.op = OP_GET_MEMBERS, .u.get_members.all = true};
    struct wire_reply reply;
    struct wire_member m;
    unsigned pages, past = 0;
    int64_t left_ts;

    rig_in(r, &ann, "ann");
    rig_in(r, &bob, "bob");
    assert_int_equal(rig_call(r, &bob, &leave, &reply), CODE_OK);
    left_ts = reply.u.left.ts;

    assert_int_equal(count_members(r, &ann, false, &pages), 1);
    assert_int_equal(rig_call(r, &ann, &all, &reply), CODE_OK);
    assert_int_equal(reply.u.member_page.members.count, 2);
    while (wire_next(&reply.u.member_page.members, &m)) {
        if (!(m.has & WIRE_MEMBER_HAS_UNTIL))
            continue;
        past++;
        assert_true(id_equal(&m.uuid, &bob.uuid));
        assert_true(span_equal(m.nick, span_of("bob")));
        assert_int_equal(m.until, left_ts);
    }
    assert_int_equal(past, 1);
}

static void
members_are_known_again_after_a_restart(void **state)
{
    struct rig *r = *state;
    struct actor ann = actor_numbered(1), bob = actor_numbered(2);
    struct wire_request leave = rig_leave(&bob), join = rig_join(&ann, "other");
    struct wire_reply reply;

    rig_in(r, &ann, "Ann");
    rig_in(r, &bob, "bob");
    assert_int_equal(rig_call(r, &bob, &leave, NULL), CODE_OK);
    rig_reopen(r, NULL);
    assert_int_equal(group_members(r->group), 1);
    assert_int_equal(group_head(r->group), 3);
    assert_int_equal(rig_call(r, &ann, &join, &reply), CODE_OK);
    assert_true(reply.u.joined.already);
    assert_true(span_equal(reply.u.joined.nick, span_of("Ann")));
    assert_int_equal(rig_call(r, &bob, &leave, NULL), CODE_NOT_MEMBER);
}

static void
list_says_who_may_come_in(void **state)
{
    struct rig *r = *state;
    char dir[DESK_DIR_MAX];
    struct actor ann, stranger = actor_numbered(1);
    struct wire_request join = rig_join(&stranger, "s");

    desk_dir_make(dir);
    desk_dir_add(dir, "ann", &ann);
    rig_reopen(r, desk_dir_load(dir));
    assert_true(group_admits(r->group, GROUP_DOOR_REQUESTS, ann.key));
    assert_false(group_admits(r->group, GROUP_DOOR_REQUESTS, stranger.key));
    assert_int_equal(rig_call(r, &stranger, &join, NULL), CODE_NOT_ALLOWED);

    /* The feed's door opens to members only, and no other door is known. */
    assert_false(group_admits(r->group, GROUP_DOOR_FEED, ann.key));
    rig_in(r, &ann, "ann");
    assert_true(group_admits(r->group, GROUP_DOOR_FEED, ann.key));
    assert_false(group_admits(r->group, GROUP_DOOR_FEED, stranger.key));
    assert_false(group_admits(r->group, "", ann.key));
    desk_dir_remove(dir);
}

static void
who_is_off_the_list_is_out_at_once(void **state)
{
    struct rig *r = *state;
    char both[DESK_DIR_MAX], one[DESK_DIR_MAX];
    struct actor ann, bob, cat;
    uint8_t to_ann[TICKET_LEN], to_bob[TICKET_LEN];
    struct wire_request get = rig_get_after(0);
    struct wire_reply reply;
    struct wire_feed last;
    struct entry e = {0};

    desk_dir_make(both);
    desk_dir_make(one);
    desk_dir_add(both, "ann", &ann);
    desk_dir_add(both, "bob", &bob);
    desk_dir_add(one, "cat", &cat);
    rig_reopen(r, desk_dir_load(both));
    rig_in(r, &ann, "ann");
    rig_in(r, &bob, "bob");
    rig_follow(r, &ann, to_ann);
    rig_follow(r, &bob, to_bob);

    group_set_allowed(r->group, desk_dir_load(one));
    rig_last_event(r, to_bob, &last);
    assert_int_equal(last.event, EVENT_END);
    assert_int_equal(rig_call(r, &bob, &get, NULL), CODE_NOT_ALLOWED);
    assert_int_equal(group_members(r->group), 0);

    /* Back on the list, ann may join again, and finds two entries by the group itself. */
    group_set_allowed(r->group, desk_dir_load(both));
    assert_int_equal(rig_call(r, &ann, &get, NULL), CODE_NOT_MEMBER);
    rig_in(r, &ann, "ann");
    get = rig_get_after(2);
    assert_int_equal(rig_call(r, &ann, &get, &reply), CODE_OK);
    assert_int_equal(reply.u.page.entries.count, 3);
    assert_true(wire_next(&reply.u.page.entries, &e));
    assert_int_equal(e.kind, ENTRY_KICKED);
    assert_true(e.body.len > ID_LEN); /* the UUID, and what they were called */
    desk_dir_remove(both);
    desk_dir_remove(one);
}

/* Strangers who come and go cannot use up the places for good. */
static void
people_of_long_ago_make_room(void **state)
{
    struct rig *r = *state;
    struct actor ann = actor_numbered(1), bob = actor_numbered(2), cat = actor_numbered(3);
    struct wire_request join = rig_join(&cat, "cat"), leave = rig_leave(&bob);
    struct members *m = r->group->members;

    rig_in(r, &ann, "ann");
    rig_in(r, &bob, "bob");
    assert_int_equal(rig_call(r, &bob, &leave, NULL), CODE_OK);
    for (uint32_t i = 0; members_total(m) < GROUP_PEOPLE_MAX; i++) {
        struct id id = {{0xff, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i}};
        struct member *who = members_add(m, &id);
        assert_non_null(who);
        who->p.joined_seq = who->p.left_seq = 1;
        who->p.ban_seq = 1;
    }
    /* Who was banned is never forgotten: bob is the only one who can go. */
    assert_int_equal(rig_call(r, &cat, &join, NULL), CODE_OK);
    assert_null(members_find(m, &bob.uuid));
    join = rig_join(&bob, "bob");
    assert_int_equal(rig_call(r, &bob, &join, NULL), CODE_LIMIT);
    assert_int_equal(group_members(r->group), 2);
    for (size_t i = 0; i < members_total(m); i++)
        members_at(m, i)->p.ban_seq = 0;
    assert_int_equal(rig_call(r, &bob, &join, NULL), CODE_OK);
    assert_int_equal(members_total(m), GROUP_PEOPLE_MAX - GROUP_PEOPLE_MAX / 10 + 1);
    assert_int_equal(group_members(r->group), 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(join_is_an_entry_and_can_be_repeated),
        TEST(without_a_nick_the_uuid_gives_one),
        TEST(uuid_of_somebody_else_is_refused),
        TEST(nick_of_another_is_taken_whatever_its_case),
        TEST(of_two_who_ask_for_a_nick_at_once_one_gets_it),
        TEST(join_that_is_repeated_before_its_answer_is_one_entry),
        TEST(joins_that_wait_are_bounded),
        TEST(who_left_is_out_and_may_come_back),
        TEST(everything_but_join_is_refused_to_others),
        TEST(leaving_ends_rights_before_it_is_stored),
        TEST(many_members_come_in_pages),
        TEST(past_members_are_listed_only_when_asked_for),
        TEST(members_are_known_again_after_a_restart),
        TEST(people_of_long_ago_make_room),
        TEST(list_says_who_may_come_in),
        TEST(who_is_off_the_list_is_out_at_once),
    };

    log_setup(LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
