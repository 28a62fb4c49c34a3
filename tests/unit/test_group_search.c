/* Searching through a group: who may, what they find, and what keeps it within bounds. */
#include "group/group.h"

#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "base/log.h"
#include "group_rig.h"

static struct wire_request
search_for(const char *words)
{
    struct wire_request req = {.op = OP_SEARCH_MESSAGE};

    req.u.search_message.words = span_of(words);
    return req;
}

static uint32_t
count_found(struct rig *r, const struct actor *who, struct wire_request req)
{
    struct wire_reply reply;

    assert_int_equal(rig_call(r, who, &req, &reply), CODE_OK);
    return reply.u.found.entries.count;
}

static struct entry
first_found(const struct wire_reply *reply)
{
    struct wire_list list = reply->u.found.entries;
    struct entry e = {.seq = 0};

    assert_true(wire_next(&list, &e));
    return e;
}

static void
a_member_finds_messages(void **state)
{
    struct rig *r = *state;
    struct actor ann = actor_numbered(1), bob = actor_numbered(2);
    struct wire_request req = search_for("LUNCH today");
    struct wire_reply reply;
    struct entry e;
    uint64_t seq;

    rig_in(r, &ann, "ann");
    rig_in(r, &bob, "bob");
    rig_say(r, &ann, "1", "lunch tomorrow");
    seq = rig_say(r, &bob, "2", "Today: lunch!");
    assert_int_equal(rig_call(r, &ann, &req, &reply), CODE_OK);
    assert_int_equal(reply.u.found.entries.count, 1);
    assert_true(reply.u.found.end);
    assert_int_equal(reply.u.found.head, seq);
    assert_int_equal(reply.u.found.next, seq);
    e = first_found(&reply);
    assert_int_equal(e.seq, seq);
    assert_true(id_equal(&e.author, &bob.uuid));
    assert_true(span_equal(e.body, span_of("Today: lunch!")));
    seq = rig_say(r, &ann, "3", "lunch again today");
    assert_int_equal(count_found(r, &ann, req), 2);
}

static void
only_members_search(void **state)
{
    struct rig *r = *state;
    struct actor ann = actor_numbered(1), bob = actor_numbered(2);
    struct wire_request req = search_for("x"), leave = rig_leave(&bob);
    struct wire_reply reply;

    rig_in(r, &ann, "ann");
    rig_say(r, &ann, "1", "x");
    assert_int_equal(rig_call(r, &bob, &req, &reply), CODE_NOT_MEMBER);
    rig_in(r, &bob, "bob");
    assert_int_equal(rig_call(r, &bob, &req, &reply), CODE_OK);
    assert_int_equal(rig_call(r, &bob, &leave, NULL), CODE_OK);
    assert_int_equal(rig_call(r, &bob, &req, &reply), CODE_NOT_MEMBER);
}

static void
who_leaves_meanwhile_gets_nothing(void **state)
{
    struct rig *r = *state;
    struct actor ann = actor_numbered(1), bob = actor_numbered(2);
    struct wire_request req = search_for("x"), leave = rig_leave(&bob);
    struct wire_reply reply;
    uint32_t msgid;

    rig_in(r, &ann, "ann");
    rig_in(r, &bob, "bob");
    rig_say(r, &ann, "1", "x");
    msgid = rig_ask(r, &bob, &req);
    assert_int_equal(rig_call(r, &bob, &leave, NULL), CODE_OK);
    rig_settle(r);
    desk_answer(&r->desk, msgid, OP_SEARCH_MESSAGE, &reply);
    assert_int_equal(reply.code, CODE_NOT_MEMBER);
}

static void
words_are_needed(void **state)
{
    struct rig *r = *state;
    struct actor ann = actor_numbered(1);
    struct wire_request req = search_for("?!");
    struct wire_reply reply;

    rig_in(r, &ann, "ann");
    assert_int_equal(rig_call(r, &ann, &req, &reply), CODE_MALFORMED);
    assert_true(span_equal(reply.text, span_of("field \"words\" holds no word")));
}

static void
authors_starts_and_limits_count(void **state)
{
    struct rig *r = *state;
    struct actor ann = actor_numbered(1), bob = actor_numbered(2);
    struct wire_request req = search_for("x");
    struct wire_reply reply;
    int64_t ts;

    rig_in(r, &ann, "ann");
    rig_in(r, &bob, "bob");
    rig_say(r, &ann, "1", "x"); /* seq 3 */
    rig_say(r, &bob, "2", "x");
    rig_say(r, &ann, "3", "x");
    req.u.search_message.has = WIRE_SEARCH_HAS_FROM;
    req.u.search_message.from = bob.uuid;
    assert_int_equal(rig_call(r, &ann, &req, &reply), CODE_OK);
    assert_int_equal(reply.u.found.entries.count, 1);
    ts = first_found(&reply).ts;
    req = search_for("x");
    req.u.search_message.limit = 2;
    assert_int_equal(rig_call(r, &ann, &req, &reply), CODE_OK);
    assert_int_equal(reply.u.found.entries.count, 2);
    assert_int_equal(reply.u.found.next, 4);
    assert_false(reply.u.found.end);
    req.u.search_message.has = WIRE_SEARCH_HAS_AFTER_SEQ;
    req.u.search_message.after_seq = 4;
    assert_int_equal(count_found(r, &ann, req), 1);
    req.u.search_message.has = WIRE_SEARCH_HAS_AFTER_TS;
    req.u.search_message.after_ts = ts;
    assert_int_equal(rig_call(r, &ann, &req, &reply), CODE_OK);
    assert_int_equal(first_found(&reply).seq, 5);
}

static void
a_page_is_bounded_in_bytes(void **state)
{
    struct rig *r = *state;
    struct actor ann = actor_numbered(1);
    struct wire_request req = search_for("x");
    struct wire_reply reply;
    char id[4], body[BODY_MAX_BYTES];
    uint32_t seen;

    rig_in(r, &ann, "ann");
    memset(body, ' ', sizeof body);
    body[sizeof body - 1] = '\0';
    body[0] = 'x';
    for (unsigned i = 0; i < 10; i++) {
        snprintf(id, sizeof id, "%u", i);
        rig_say(r, &ann, id, body);
    }
    for (seen = 0; seen < 10;) {
        assert_int_equal(rig_call(r, &ann, &req, &reply), CODE_OK);
        assert_true(reply.u.found.entries.count > 0);
        assert_true(reply.u.found.entries.raw.len <= WIRE_PAGE_BYTES);
        assert_false(reply.u.found.entries.count == 10);
        seen += reply.u.found.entries.count;
        req.u.search_message.has = WIRE_SEARCH_HAS_AFTER_SEQ;
        req.u.search_message.after_seq = reply.u.found.next;
    }
    assert_true(reply.u.found.end);
}

static void
nobody_finds_what_they_may_not_read(void **state)
{
    static const struct {
        enum group_history history;
        uint32_t bob_finds;
    } policies[] = {{HISTORY_ALL, 4}, {HISTORY_SINCE_JOIN, 3}, {HISTORY_WHILE_MEMBER, 2}};
    struct rig *r = *state;
    struct actor ann = actor_numbered(1), bob = actor_numbered(2);
    struct wire_request leave = rig_leave(&bob);

    rig_in(r, &ann, "ann");
    rig_say(r, &ann, "1", "x before");
    rig_in(r, &bob, "bob");
    rig_say(r, &ann, "2", "x during");
    assert_int_equal(rig_call(r, &bob, &leave, NULL), CODE_OK);
    rig_say(r, &ann, "3", "x without");
    rig_in(r, &bob, "bob");
    rig_say(r, &ann, "4", "x again");
    for (size_t i = 0; i < sizeof policies / sizeof *policies; i++) {
        r->options.history = policies[i].history;
        rig_reopen(r, NULL);
        assert_int_equal(count_found(r, &bob, search_for("x")), policies[i].bob_finds);
        assert_int_equal(count_found(r, &ann, search_for("x")), 4);
    }
}

static void
searches_that_wait_are_bounded(void **state)
{
    enum { PEOPLE = GROUP_SEARCHES_MAX / GROUP_SEARCHES_OWN_MAX };
    struct rig *r = *state;
    struct wire_request req = search_for("x");
    struct wire_reply reply;
    struct actor who;
    uint32_t msgid = 0;

    for (unsigned p = 0; p <= PEOPLE; p++) {
        char nick[8];

        who = actor_numbered(p + 1);
        snprintf(nick, sizeof nick, "n%u", p);
        rig_in(r, &who, nick);
    }
    for (unsigned p = 0; p < PEOPLE; p++) {
        who = actor_numbered(p + 1);
        for (unsigned i = 0; i < GROUP_SEARCHES_OWN_MAX; i++)
            msgid = rig_ask(r, &who, &req);
        if (p == 0) {
            uint32_t one_more = rig_ask(r, &who, &req);

            desk_answer(&r->desk, one_more, OP_SEARCH_MESSAGE, &reply);
            assert_int_equal(reply.code, CODE_BUSY);
        }
    }
    who = actor_numbered(PEOPLE + 1);
    assert_int_equal(rig_call(r, &who, &req, &reply), CODE_BUSY);
    desk_answer(&r->desk, msgid, OP_SEARCH_MESSAGE, &reply);
    assert_int_equal(reply.code, CODE_OK);
    assert_int_equal(rig_call(r, &who, &req, &reply), CODE_OK);
}

static void
a_group_that_stops_answers_what_waits(void **state)
{
    struct rig *r = *state;
    struct actor ann = actor_numbered(1);
    struct wire_request req = search_for("x");
    struct wire_reply reply;
    uint32_t msgid;

    rig_in(r, &ann, "ann");
    msgid = rig_ask(r, &ann, &req);
    group_stop(r->group);
    group_close(r->group);
    r->group = NULL;
    desk_answer(&r->desk, msgid, OP_SEARCH_MESSAGE, &reply);
    assert_int_equal(reply.code, CODE_SHUTTING_DOWN);
}

static void
limit_file_size(rlim_t bytes)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void
move_to_disk(struct rig *r, const char *dir)
{
    group_close(r->group);
    r->group = NULL;
    store_close(r->store);
    r->store = NULL;
    assert_int_equal(store_open(&r->store, &(struct store_options){.dir = dir}, NULL), ST_OK);
    rig_reopen(r, NULL);
}

static int
remove_one(const char *path, const struct stat *info, int type, struct FTW *at)
{
    (void)info;
    (void)type;
    (void)at;
    return remove(path);
}

/* A page that stands still would be asked for again and again. */
static void
without_room_for_the_index_it_says_so(void **state)
{
    struct rig *r = *state;
    struct actor ann = actor_numbered(1);
    struct wire_request req = search_for("x");
    struct wire_reply reply;
    char root[] = "/tmp/search.XXXXXX";
    char dir[40];

    assert_non_null(mkdtemp(root));
    snprintf(dir, sizeof dir, "%s/data", root);
    move_to_disk(r, dir);
    rig_in(r, &ann, "ann");
    rig_say(r, &ann, "1", "x");
    assert_int_equal(count_found(r, &ann, req), 1);
    rig_say(r, &ann, "2", "x");
    signal(SIGXFSZ, SIG_IGN);
    limit_file_size(4096);
    assert_int_equal(rig_call(r, &ann, &req, &reply), CODE_OK);
    assert_int_equal(reply.u.found.entries.count, 1);
    assert_int_equal(reply.u.found.next, 2);
    assert_false(reply.u.found.end);
    req.u.search_message.has = WIRE_SEARCH_HAS_AFTER_SEQ;
    req.u.search_message.after_seq = 2;
    assert_int_equal(rig_call(r, &ann, &req, &reply), CODE_STORAGE_FULL);
    limit_file_size(RLIM_INFINITY);
    assert_int_equal(rig_call(r, &ann, &req, &reply), CODE_OK);
    assert_int_equal(reply.u.found.entries.count, 1);
    assert_true(reply.u.found.end);
    assert_int_equal(nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* Whoever has searched before finds the index up to date; who never did pays nothing. */
static void
the_index_follows_in_the_background(void **state)
{
    struct rig *r = *state;
    struct actor ann = actor_numbered(1);

    rig_in(r, &ann, "ann");
    group_beat(r->group, 0);
    assert_true(group_idle(r->group));
    assert_int_equal(count_found(r, &ann, search_for("x")), 0);
    rig_say(r, &ann, "1", "x");
    group_beat(r->group, 1000);
    assert_false(group_idle(r->group));
    group_beat(r->group, 2000);
    rig_settle(r);
    assert_int_equal(count_found(r, &ann, search_for("x")), 1);
    group_stop(r->group);
    group_beat(r->group, 3000);
    assert_true(group_idle(r->group));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_member_finds_messages, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(only_members_search, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(who_leaves_meanwhile_gets_nothing, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(words_are_needed, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(authors_starts_and_limits_count, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(a_page_is_bounded_in_bytes, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(nobody_finds_what_they_may_not_read, rig_setup,
                                        rig_teardown),
        cmocka_unit_test_setup_teardown(searches_that_wait_are_bounded, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(a_group_that_stops_answers_what_waits, rig_setup,
                                        rig_teardown),
        cmocka_unit_test_setup_teardown(without_room_for_the_index_it_says_so, rig_setup,
                                        rig_teardown),
        cmocka_unit_test_setup_teardown(the_index_follows_in_the_background, rig_setup,
                                        rig_teardown),
    };

    log_setup(LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
