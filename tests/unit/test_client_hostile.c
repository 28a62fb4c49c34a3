/* A group that answers whatever it likes, against a handle: no answer makes a call go on for ever,
 * and what is missing in one page is fetched with the next. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "lying_group.h"

#define SOON_MS  2000
#define SHORT_MS 700 /* for calls that are never answered */

static const struct id the_log = {{1}};

/* ---- searching and reading ---- */

static void
add_entry(struct buf *list, uint64_t seq)
{
    struct entry e = {.seq = seq,
                      .ts = (int64_t)seq,
                      .kind = ENTRY_MESSAGE,
                      .author = {{2}},
                      .id = {{3}},
                      .body = span_of("found")};

    wire_pack(list, &e);
}

/* Looks through ten entries at a time; only the fourth ten has one. */
static void
find_late(const struct wire_request *req, unsigned n, struct wire_reply *out, struct buf *list)
{
    struct wire_found *found = &out->u.found;

    (void)n;
    if (req->op != OP_SEARCH_MESSAGE) {
        out->code = CODE_UNKNOWN_METHOD;
        return;
    }
    *found = (struct wire_found){.log = the_log, .head = 100, .next = 10};
    if (!(req->u.search_message.has & WIRE_SEARCH_HAS_AFTER_TS))
        found->next = req->u.search_message.after_seq + 10;
    if (found->next == 40) {
        add_entry(list, 35);
        found->entries = (struct wire_list){.raw = buf_span(list), .count = 1};
    }
}

static void
a_search_goes_on_until_something_is_found(void **state)
{
    struct world *w = *state;
    struct conclave_query by_seq = {.words = "x"}, by_time = {.words = "x", .after_time = true};
    const struct conclave_query *queries[] = {&by_seq, &by_time};
    struct conclave_entry e;
    uint64_t next;
    bool end;

    world_begin(w, find_late);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(conclave_search(w->c, "lobby", queries[i], 0, &next, &end), CONCLAVE_OK);
        assert_int_equal(next, 40);
        assert_false(end);
        assert_int_equal(conclave_next_entry(w->c, &e), CONCLAVE_OK);
        assert_int_equal(e.seq, 35);
        assert_int_equal(conclave_next_entry(w->c, &e), CONCLAVE_NONE);
    }
}

static void
stand_still(const struct wire_request *req, unsigned n, struct wire_reply *out, struct buf *list)
{
    static const struct wire_member member = {.uuid = {{7}}, .nick = {(const uint8_t *)"n", 1}};
    static const struct wire_ban ban = {.uuid = {{7}}, .by = {{8}}};
    static const struct wire_invite invite = {.hash = {7}, .by = {{8}}, .uses = 1};

    (void)n;
    switch (req->op) {
    case OP_SEARCH_MESSAGE:
        out->u.found = (struct wire_found){.log = the_log,
                                           .head = 100,
                                           .next = req->u.search_message.after_seq};
        break;
    case OP_GET_MESSAGE:
        out->u.page = (struct wire_page){.log = the_log,
                                         .first = 1,
                                         .head = 100,
                                         .next = req->u.get_message.after_seq +
                                                 req->u.get_message.before_seq};
        break;
    case OP_GET_MEMBERS:
        wire_pack(list, &member);
        out->u.member_page.members = (struct wire_list){.raw = buf_span(list), .count = 1};
        break;
    case OP_GET_BANS:
        wire_pack(list, &ban);
        out->u.ban_page.bans = (struct wire_list){.raw = buf_span(list), .count = 1};
        break;
    case OP_GET_INVITES:
        wire_pack(list, &invite);
        out->u.invite_page.invites = (struct wire_list){.raw = buf_span(list), .count = 1};
        break;
    default:
        out->code = CODE_UNKNOWN_METHOD;
    }
}

static void
assert_refused(struct world *w, enum conclave_status st, const char *what, int64_t began)
{
    assert_int_equal(st, CONCLAVE_PROTOCOL);
    if (strstr(conclave_error(w->c), what) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", conclave_error(w->c), what);
    assert_in_range(clock_mono_ms() - began, 0, SOON_MS);
}

static void
what_does_not_go_on_is_refused(void **state)
{
    struct world *w = *state;
    struct conclave_query q = {.words = "x", .seq = 5};
    struct conclave_cursor at = {.seq = 5}, next;
    int64_t began = clock_mono_ms();
    uint64_t seq;
    bool end;

    world_begin(w, stand_still);
    assert_refused(w, conclave_search(w->c, "lobby", &q, 0, &seq, &end), "search", began);
    assert_refused(w, conclave_fetch(w->c, "lobby", &at, 0, &next, &end), "history", began);
    assert_refused(w, conclave_fetch_before(w->c, "lobby", &at, 0, &next, &end), "history", began);
    assert_refused(w, conclave_fetch_before(w->c, "lobby", NULL, 0, &next, &end), "history", began);
    assert_refused(w, conclave_list_members(w->c, "lobby", true), "members", began);
    assert_refused(w, conclave_list_bans(w->c, "lobby"), "bans", began);
    assert_refused(w, conclave_list_invites(w->c, "lobby"), "invitations", began);
    assert_in_range(atomic_load(&w->asked), 10, 10);
}

static void
answer_for_another_place(const struct wire_request *req, unsigned n, struct wire_reply *out,
                         struct buf *list)
{
    (void)req;
    (void)n;
    (void)list;
    out->u.page = (struct wire_page){.log = the_log, .first = 4, .head = 3, .next = 1, .end = true};
}

static void
a_place_that_the_log_lost_is_told_backwards_too(void **state)
{
    struct world *w = *state;
    struct conclave_cursor ahead = {.log = {{1}}, .seq = 4}, any = {.seq = 4},
                           other = {.log = {{9}}, .seq = 1}, next;
    bool end;

    world_begin(w, answer_for_another_place);
    assert_int_equal(conclave_fetch_before(w->c, "lobby", &ahead, 0, &next, &end),
                     CONCLAVE_REFUSED);
    assert_string_equal(conclave_error_code(w->c), "went_backwards");
    assert_int_equal(conclave_fetch_before(w->c, "lobby", &other, 0, &next, &end),
                     CONCLAVE_REFUSED);
    assert_string_equal(conclave_error_code(w->c), "log_changed");
    assert_int_equal(conclave_fetch_before(w->c, "lobby", &any, 0, &next, &end), CONCLAVE_OK);
    ahead.seq = 3;
    assert_int_equal(conclave_fetch_before(w->c, "lobby", &ahead, 0, &next, &end), CONCLAVE_OK);
    assert_int_equal(next.seq, 0);
    assert_true(end);
}

/* The names of authors are asked for, too: a list that stands still does not hold up a page. */
static void
one_page_over_a_list_that_stands_still(const struct wire_request *req, unsigned n,
                                       struct wire_reply *out, struct buf *list)
{
    if (req->op != OP_GET_MESSAGE) {
        stand_still(req, n, out, list);
        return;
    }
    add_entry(list, 1);
    out->u.page = (struct wire_page){.log = the_log, .first = 1, .head = 1, .next = 1, .end = true};
    out->u.page.entries = (struct wire_list){.raw = buf_span(list), .count = 1};
}

static void
names_that_do_not_come_do_not_hold_up_a_page(void **state)
{
    struct world *w = *state;
    struct conclave_cursor at = {.seq = 0}, next;
    int64_t began = clock_mono_ms();
    struct conclave_entry e;
    bool end;

    world_begin(w, one_page_over_a_list_that_stands_still);
    assert_int_equal(conclave_fetch(w->c, "lobby", &at, 0, &next, &end), CONCLAVE_OK);
    assert_int_equal(conclave_next_entry(w->c, &e), CONCLAVE_OK);
    assert_string_equal(e.nick, "02000000");
    assert_in_range(clock_mono_ms() - began, 0, SOON_MS);
}

/* ---- no answer ---- */

/* The first request is put off, if it is one of these two. An answer to another number is none. */
static void
put_off_once(const struct wire_request *req, unsigned n, struct wire_reply *out, struct buf *list)
{
    (void)list;
    if (n == 0 && req->op == OP_SET_TOPIC)
        out->code = CODE_TOO_FAST;
    else if (n == 0 && req->op == OP_LEAVE_GROUP)
        out->code = CODE_BUSY;
    else
        out->msgid += 1000;
}

/* Begin to count anew for the next call. */
static void
assert_timed_out(struct world *w, enum conclave_status st, const char *last)
{
    const char *text = conclave_error(w->c);
    size_t len = strlen(text), last_len = strlen(last);

    assert_int_equal(st, CONCLAVE_UNREACHABLE);
    assert_string_equal(conclave_error_code(w->c), "timeout");
    if (len < last_len || strcmp(text + len - last_len, last) != 0)
        fail_msg("\"%s\" does not end with \"%s\"", text, last);
    atomic_store(&w->asked, 0);
}

static void
a_timeout_says_why_it_was_put_off_before(void **state)
{
    struct world *w = *state;

    world_open_handle(w, SHORT_MS);
    world_begin(w, put_off_once);
    assert_timed_out(w, conclave_set_nick(w->c, "lobby", "me"), " did not answer in time");
    assert_timed_out(w, conclave_set_topic(w->c, "lobby", "cats"),
                     " did not answer in time; before that: this key asks faster than is allowed, "
                     "try again in a moment");
    assert_timed_out(w, conclave_leave(w->c, "lobby"),
                     " did not answer in time; before that: too much is waiting here, try again "
                     "later");
}

/* Two more people on each page, without end. */
static void
more_people(const struct wire_request *req, unsigned n, struct wire_reply *out, struct buf *list)
{
    struct wire_member m = {.nick = span_of("ann")};

    (void)req;
    for (unsigned i = 1; i <= 2; i++) {
        m.uuid.bytes[0] = (uint8_t)(2 * n + i);
        wire_pack(list, &m);
    }
    out->u.member_page.members = (struct wire_list){.raw = buf_span(list), .count = 2};
}

static void
a_list_is_cut_where_it_was_said(void **state)
{
    struct world *w = *state;
    struct conclave_member m;
    struct conclave_id id;
    size_t n = 0;

    w->list_max = 7;
    world_open_handle(w, 5000);
    world_begin(w, more_people);
    assert_int_equal(conclave_list_members(w->c, "lobby", false), CONCLAVE_OK);
    while (conclave_next_member(w->c, &m) == CONCLAVE_OK)
        n++;
    assert_int_equal(n, 7);
    assert_int_equal(atomic_load(&w->asked), 4);
    assert_int_equal(conclave_find_member(w->c, "lobby", "bob", &id), CONCLAVE_REFUSED);
    assert_non_null(strstr(conclave_error(w->c), "nobody of the first 7 members"));
}

/* ---- which invitation ---- */

static atomic_uint revoked; /* the last byte of that one's hash */

/* Two invitations, of which the ids begin alike. */
static void
keep_two_invitations(const struct wire_request *req, unsigned n, struct wire_reply *out,
                     struct buf *list)
{
    struct wire_invite i = {.hash = {0x12, 0x34, 0x56, 0x78}, .by = {{8}}, .uses = 1};

    (void)n;
    if (req->op == OP_REVOKE_INVITE) {
        atomic_store(&revoked, req->u.revoke_invite.hash[WIRE_KEY_LEN - 1]);
        return;
    }
    i.hash[WIRE_KEY_LEN - 1] = 1;
    wire_pack(list, &i);
    i.hash[3] = 0x79;
    i.hash[WIRE_KEY_LEN - 1] = 2;
    wire_pack(list, &i);
    out->u.invite_page.invites = (struct wire_list){.raw = buf_span(list), .count = 2};
    out->u.invite_page.end = true;
}

static void
an_id_that_could_be_of_two_invitations_ends_none(void **state)
{
    struct world *w = *state;

    world_begin(w, keep_two_invitations);
    assert_int_equal(conclave_revoke_invite(w->c, "lobby", "1234567"), CONCLAVE_REFUSED);
    assert_non_null(strstr(conclave_error(w->c), "several invitations"));
    assert_int_equal(conclave_revoke_invite(w->c, "lobby", "1234560"), CONCLAVE_REFUSED);
    assert_int_equal(atomic_load(&revoked), 0);
    assert_int_equal(conclave_revoke_invite(w->c, "lobby", "12345679"), CONCLAVE_OK);
    assert_int_equal(atomic_load(&revoked), 2);
}

/* ---- a message server that has too much to do ---- */

static char door[ENDPOINT_MAX + 1];
static uint8_t door_key[KEY_LEN];

/* It is the group, too, and puts off the first who ask for the list. */
static void
list_later(const struct wire_request *req, unsigned n, struct wire_reply *out, struct buf *list)
{
    struct wire_group g = {.name = span_of("lobby"),
                           .address = span_of(door),
                           .feed = span_of(door)};

    if (req->op == OP_SET_TOPIC) {
        out->u.changed.seq = 1;
        return;
    }
    if (n < 2) {
        out->code = n == 0 ? CODE_BUSY : CODE_TOO_FAST;
        return;
    }
    memcpy(g.key, door_key, KEY_LEN);
    wire_pack(list, &g);
    out->u.group_page.groups = (struct wire_list){.raw = buf_span(list), .count = 1};
    out->u.group_page.end = true;
}

static void
a_group_is_looked_for_again_where_that_was_put_off(void **state)
{
    struct world *w = *state;
    char key[CONCLAVE_KEY_LEN + 1], why[200];
    struct conclave_options o = {.server = door, .server_key = key, .key = w->key};

    key_to_z85(w->group.cert.key, key);
    memcpy(door_key, w->group.cert.key, KEY_LEN);
    snprintf(door, sizeof door, "%s", sock_endpoint(w->door));
    world_begin(w, list_later);
    conclave_close(w->c);
    assert_int_equal(conclave_open(&w->c, &o, why, sizeof why), CONCLAVE_OK);
    assert_int_equal(conclave_set_topic(w->c, "lobby", "cats"), CONCLAVE_OK);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, world_set_up, world_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_search_goes_on_until_something_is_found),
        TEST(what_does_not_go_on_is_refused),
        TEST(a_place_that_the_log_lost_is_told_backwards_too),
        TEST(names_that_do_not_come_do_not_hold_up_a_page),
        TEST(a_timeout_says_why_it_was_put_off_before),
        TEST(a_list_is_cut_where_it_was_said),
        TEST(an_id_that_could_be_of_two_invitations_ends_none),
        TEST(a_group_is_looked_for_again_where_that_was_put_off),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
