#include "group/recent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct call
kick(uint8_t author, uint8_t id, uint8_t who)
{
    struct call call = {.peer = {{author}}, .req = {.op = OP_KICK_MEMBER}};

    call.req.u.on_member.id.bytes[0] = id;
    call.req.u.on_member.who.bytes[0] = who;
    return call;
}

static struct recent *
empty(void)
{
    struct recent *r;

    assert_int_equal(recent_new(&r), ST_OK);
    return r;
}

static void
same_request_is_remembered_and_no_other(void **state)
{
    struct recent *r = empty();
    struct call call = kick(1, 2, 3), other;
    struct outcome done = {.done = true, .seq = 5, .ts = 6, .last = 7};

    (void)state;
    assert_null(recent_find(r, &call));
    recent_begin(r, &call);
    assert_false(recent_find(r, &call)->done);
    recent_end(r, &call, &done);
    assert_true(recent_find(r, &call)->done);
    assert_int_equal(recent_find(r, &call)->last, 7);

    other = kick(9, 2, 3);
    assert_null(recent_find(r, &other));
    other = kick(1, 9, 3);
    assert_null(recent_find(r, &other));
    other = kick(1, 2, 9);
    assert_null(recent_find(r, &other));
    other = call;
    other.req.op = OP_BAN_MEMBER;
    assert_null(recent_find(r, &other));
    recent_free(r);
}

static void
what_was_not_done_is_forgotten(void **state)
{
    struct recent *r = empty();
    struct call call = kick(1, 2, 3);

    (void)state;
    recent_begin(r, &call);
    recent_end(r, &call, NULL);
    assert_null(recent_find(r, &call));
    recent_free(r);
}

static void
content_of_each_request_counts(void **state)
{
    struct recent *r = empty();
    struct call nick = {.req = {.op = OP_SET_NICK, .u.set_nick.nick = span_of("a")}};
    struct call topic = {.req = {.op = OP_SET_TOPIC, .u.set_topic.topic = span_of("a")}};
    struct call role = {.req = {.op = OP_SET_ROLE, .u.set_role.role = ROLE_OWNER}};
    struct call revoke = {.req = {.op = OP_REVOKE_INVITE}};
    struct call read = {.req = {.op = OP_GET_BANS}};

    (void)state;
    recent_begin(r, &nick);
    recent_begin(r, &topic);
    recent_begin(r, &role);
    recent_begin(r, &revoke);
    recent_begin(r, &read);
    assert_non_null(recent_find(r, &nick));
    assert_non_null(recent_find(r, &topic));
    assert_non_null(recent_find(r, &role));
    assert_non_null(recent_find(r, &revoke));
    assert_null(recent_find(r, &read)); /* changes nothing */
    nick.req.u.set_nick.nick = topic.req.u.set_topic.topic = span_of("b");
    role.req.u.set_role.role = ROLE_MEMBER;
    revoke.req.u.revoke_invite.hash[WIRE_KEY_LEN - 1] = 1;
    assert_null(recent_find(r, &nick));
    assert_null(recent_find(r, &topic));
    assert_null(recent_find(r, &role));
    assert_null(recent_find(r, &revoke));
    recent_free(r);
}

/* Messages have their own, joining and leaving get one here, an invitation is found by its hash. */
static bool
is_told_otherwise(enum entry_kind kind)
{
    return kind == ENTRY_MESSAGE || kind == ENTRY_JOINED || kind == ENTRY_LEFT ||
           kind == DEED_INVITE;
}

static void
every_deed_is_recognised_when_repeated(void **state)
{
    struct id id;

    (void)state;
    for (int op = 0; op < OP_COUNT; op++) {
        struct wire_request req = {.op = (enum wire_op)op};
        enum entry_kind kind = wire_op_deed(req.op);

        assert_int_equal(wire_change_id(&req, &id), kind != 0 && !is_told_otherwise(kind));
    }
}

static void
oldest_gives_way(void **state)
{
    struct recent *r = empty();
    struct call first = kick(1, 2, 3), next = kick(1, 2, 3);

    (void)state;
    recent_begin(r, &first);
    for (unsigned i = 1; i < RECENT_MAX; i++) {
        memcpy(next.req.u.on_member.id.bytes + 4, &i, sizeof i);
        recent_begin(r, &next);
    }
    assert_non_null(recent_find(r, &first));
    next.req.u.on_member.id.bytes[15] = 1;
    recent_begin(r, &next);
    assert_null(recent_find(r, &first));
    assert_non_null(recent_find(r, &next));
    recent_free(r);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_request_is_remembered_and_no_other),
        cmocka_unit_test(what_was_not_done_is_forgotten),
        cmocka_unit_test(content_of_each_request_counts),
        cmocka_unit_test(every_deed_is_recognised_when_repeated),
        cmocka_unit_test(oldest_gives_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
