/* What a handle does not believe of a group: pages of history, what a search found, lists and acks.
 * And that a history which was replaced is not taken for the one that was read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "lying_group.h"

#define WAIT_MS 4000

static const struct id the_log = {{1}};
static const struct id me = {{2}};

static void
put_entry(struct buf *list, struct wire_list *entries, uint64_t seq, int64_t ts, uint8_t author)
{
    struct entry e = {.seq = seq, .ts = ts, .kind = ENTRY_MESSAGE, .author = {{author}}};

    e.body = span_of("hello");
    wire_pack(list, &e);
    *entries = (struct wire_list){.raw = buf_span(list), .count = entries->count + 1};
}

static void
assert_no(struct world *w, enum conclave_status st, enum conclave_status is, const char *code,
          const char *text)
{
    assert_int_equal(st, is);
    assert_string_equal(conclave_error_code(w->c), code);
    assert_string_equal(conclave_error(w->c), text);
}

/* ---- history ---- */

enum { LOG_HEAD = 9 };

/* What the tests ask for: a page after 3. */
struct told {
    const char *text;
    uint64_t seqs[5];
    size_t n;
    uint64_t next;
    bool end;
    size_t early; /* that one is as early as the one before */
};

static const struct told *told;

static void
tell(const struct wire_request *req, unsigned n, struct wire_reply *out, struct buf *list)
{
    struct wire_page *page = &out->u.page;

    (void)n;
    if (req->op != OP_GET_MESSAGE) {
        out->code = CODE_UNKNOWN_METHOD;
        return;
    }
    *page = (struct wire_page){.log = the_log, .first = 1, .head = LOG_HEAD};
    page->next = told->next;
    page->end = told->end;
    for (size_t i = 0; i < told->n; i++) {
        bool early = i > 0 && told->early == i;

        put_entry(list, &page->entries, told->seqs[i], (int64_t)told->seqs[early ? i - 1 : i], 2);
    }
}

static const struct told pages[] = {
    {"the group's history has a hole", {4, 6}, 2, 6, false, 0},
    {"the group's history has a hole", {5}, 1, 5, false, 0},
    {"the group's history has a hole", {4}, 1, 9, true, 0},
    {"the group's history has a hole", {0}, 0, 9, true, 0},
    {"the group's history is out of order", {4, 4}, 2, 4, false, 0},
    {"the group's history has a hole", {6, 5, 4}, 3, 6, false, 0},
    {"the group's history is out of order", {1, 2}, 2, 2, false, 0},
    {"the group's history goes beyond its own end", {9, 10}, 2, 10, true, 0},
    {"the group's history goes beyond its own end", {4}, 1, UINT64_MAX / 4, false, 0},
    {"the group's history ends before its end", {4}, 1, 4, true, 0},
    {"the group's history goes back in time", {4, 5}, 2, 5, false, 1},
    {"the group's history is longer than was asked for", {4, 5, 6, 7, 8}, 5, 8, false, 0},
    {"the group's history does not go on", {4, 5}, 2, 4, false, 0},
    {"the group's history does not go on", {0}, 0, 3, false, 0},
};

static void
a_page_of_history_that_cannot_be_is_refused(void **state)
{
    struct conclave_cursor at = {.seq = 3}, next;
    struct conclave_entry e;
    struct world *w = *state;
    bool end;

    memcpy(at.log.bytes, the_log.bytes, sizeof at.log.bytes);
    told = pages;
    world_begin(w, tell);
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        told = &pages[i];
        next.seq = 77;
        if (told->seqs[0] == 9)
            at.seq = 8;
        assert_no(w, conclave_fetch(w->c, "lobby", &at, 4, &next, &end), CONCLAVE_PROTOCOL,
                  "protocol", told->text);
        at.seq = 3;
        assert_int_equal(conclave_next_entry(w->c, &e), CONCLAVE_NONE);
        assert_int_equal(next.seq, 77);
    }
}

/* After 6, so what was asked for is in front of 7. */
static const struct told pages_back[] = {
    {"", {5, 6}, 2, 5, false, 0},
    {"", {1, 2}, 2, 1, true, 0}, /* what is between is not ours */
    {"the group's history has a hole", {4, 6}, 2, 4, false, 0},
    {"the group's history has a hole", {5, 6}, 2, 4, false, 0},
    {"the group's history has a hole", {0}, 0, 1, true, 0},
    {"the group's history is out of order", {6, 7}, 2, 6, false, 0},
    {"the group's history is out of order", {5, 5}, 2, 5, false, 0},
    {"the group's history is out of order", {5, 6}, 2, 6, false, 0},
    {"the group's history ends before its end", {5, 6}, 2, 5, true, 0},
    {"the group's history goes back in time", {5, 6}, 2, 5, false, 1},
    {"the group's history is longer than was asked for", {2, 3, 4, 5, 6}, 5, 2, false, 0},
    {"the group's history does not go on", {1, 2}, 2, 1, false, 0},
    {"the group's history does not go on", {0}, 0, 5, true, 0},
    {"the group's history does not go on", {0}, 0, 1, false, 0},
};

static void
nor_backwards(void **state)
{
    struct conclave_cursor at = {.seq = 6}, next;
    struct world *w = *state;
    bool end;

    told = pages_back;
    world_begin(w, tell);
    for (size_t i = 0; i < sizeof pages_back / sizeof *pages_back; i++) {
        told = &pages_back[i];
        if (told->text[0] != '\0') {
            assert_no(w, conclave_fetch_before(w->c, "lobby", &at, 4, &next, &end),
                      CONCLAVE_PROTOCOL, "protocol", told->text);
            continue;
        }
        assert_int_equal(conclave_fetch_before(w->c, "lobby", &at, 4, &next, &end), CONCLAVE_OK);
        assert_int_equal(next.seq, told->next - 1);
    }
}

/* Each page is fine by itself. */
static void
age(const struct wire_request *req, unsigned n, struct wire_reply *out, struct buf *list)
{
    struct wire_page *page = &out->u.page;
    const struct wire_get_message *get = &req->u.get_message;
    bool back = get->has == WIRE_GET_HAS_BEFORE_SEQ;
    uint64_t seq = back ? get->before_seq - 1 : get->after_seq + 1;

    (void)n;
    if (req->op != OP_GET_MESSAGE) {
        out->code = CODE_UNKNOWN_METHOD;
        return;
    }
    *page = (struct wire_page){.log = the_log, .first = 1, .head = LOG_HEAD, .next = seq};
    put_entry(list, &page->entries, seq, 100 - (int64_t)seq, 2);
}

static void
times_that_go_back_between_pages_are_refused(void **state)
{
    struct conclave_cursor at = {.seq = 3}, next;
    struct world *w = *state;
    bool end;

    world_begin(w, age);
    assert_int_equal(conclave_fetch(w->c, "lobby", &at, 0, &next, &end), CONCLAVE_OK);
    assert_int_equal(next.seq, 4);
    assert_no(w, conclave_fetch(w->c, "lobby", &next, 0, &next, &end), CONCLAVE_PROTOCOL,
              "protocol", "the group's history goes back in time");
    /* What was read elsewhere says nothing. */
    next = (struct conclave_cursor){.log = next.log, .seq = 2};
    assert_int_equal(conclave_fetch(w->c, "lobby", &next, 0, &next, &end), CONCLAVE_OK);
    assert_int_equal(conclave_fetch_before(w->c, "lobby", &at, 0, &next, &end), CONCLAVE_OK);
    assert_int_equal(next.seq, 2);
    assert_no(w, conclave_fetch_before(w->c, "lobby", &next, 0, &next, &end), CONCLAVE_PROTOCOL,
              "protocol", "the group's history goes back in time");
    assert_no(w, conclave_fetch_after_time(w->c, "lobby", 99, 0, &next, &end), CONCLAVE_PROTOCOL,
              "protocol", "the group's history goes back in time");
}

static void
another_log_is_not_read_on(void **state)
{
    static const struct told honest = {"", {4, 5}, 2, 5, false, 0};
    struct conclave_cursor at = {.seq = 3}, next;
    struct world *w = *state;
    bool end;

    told = &honest;
    world_begin(w, tell);
    assert_int_equal(conclave_fetch(w->c, "lobby", &at, 0, &next, &end), CONCLAVE_OK);
    assert_memory_equal(next.log.bytes, the_log.bytes, sizeof the_log.bytes);
    at.log = next.log;
    assert_int_equal(conclave_fetch(w->c, "lobby", &at, 0, &next, &end), CONCLAVE_OK);
    at.log.bytes[15] ^= 1;
    assert_no(w, conclave_fetch(w->c, "lobby", &at, 0, &next, &end), CONCLAVE_REFUSED,
              "log_changed", "the group has another log than before: its history was replaced");
    at = (struct conclave_cursor){.log = next.log, .seq = LOG_HEAD + 1};
    assert_no(w, conclave_fetch(w->c, "lobby", &at, 0, &next, &end), CONCLAVE_REFUSED,
              "went_backwards",
              "the group's history went backwards: it ends with #9, and #10 was already read");
}

static int64_t shift;       /* of the log's times */
static struct id goes_on;   /* a log that it goes on from, */
static uint64_t shared;     /* up to here; 0: from none */
static uint64_t asked_from; /* the last request's after_seq */

/* A log of nine. */
static void
serve(const struct wire_request *req, unsigned n, struct wire_reply *out, struct buf *list)
{
    const struct wire_get_message *get = &req->u.get_message;
    struct wire_page *page = &out->u.page;
    uint64_t seq = get->after_seq;
    uint64_t last = get->limit > 0 && get->limit < LOG_HEAD - seq ? seq + get->limit : LOG_HEAD;

    (void)n;
    if (req->op != OP_GET_MESSAGE) {
        out->code = CODE_UNKNOWN_METHOD;
        return;
    }
    asked_from = get->after_seq;
    *page = (struct wire_page){.log = the_log, .first = 1, .head = LOG_HEAD, .next = last};
    page->end = last == LOG_HEAD;
    if (shared > 0 && (get->has & WIRE_GET_HAS_LOG) && id_equal(&get->log, &goes_on)) {
        page->has = WIRE_HAS_SHARED;
        page->shared = shared;
    }
    while (seq++ < last)
        put_entry(list, &page->entries, seq, (int64_t)seq * 10 + shift, 2);
}

static void
expect_page(struct world *w, uint64_t first, uint64_t last)
{
    struct conclave_entry e;

    for (uint64_t seq = first; seq <= last; seq++) {
        assert_int_equal(conclave_next_entry(w->c, &e), CONCLAVE_OK);
        assert_int_equal(e.seq, seq);
    }
    assert_int_equal(conclave_next_entry(w->c, &e), CONCLAVE_NONE);
}

/* A place that was kept is compared, at the cost of one entry; one that a page just gave is not. */
static void
what_stands_at_a_kept_place_is_compared(void **state)
{
    struct conclave_cursor at = {.seq = 2}, next, kept;
    struct world *w = *state;
    bool end;

    shift = 0;
    shared = 0;
    world_begin(w, serve);
    assert_int_equal(conclave_fetch(w->c, "lobby", &at, 2, &next, &end), CONCLAVE_OK);
    expect_page(w, 3, 4);
    assert_int_equal(asked_from, 2);
    kept = next;
    assert_int_equal(kept.ts, 40);
    assert_int_equal(conclave_fetch(w->c, "lobby", &kept, 2, &next, &end), CONCLAVE_OK);
    expect_page(w, 5, 6);
    assert_int_equal(asked_from, 4);
    assert_int_equal(conclave_fetch(w->c, "lobby", &kept, 2, &next, &end), CONCLAVE_OK);
    expect_page(w, 5, 6);
    assert_int_equal(asked_from, 3);
    shift = 5;
    assert_no(w, conclave_fetch(w->c, "lobby", &kept, 2, &next, &end), CONCLAVE_REFUSED,
              "went_backwards",
              "the group's history went backwards: its #4 is another entry than the one that was "
              "already read");
    kept.ts = 0;
    assert_int_equal(conclave_fetch(w->c, "lobby", &kept, 0, &next, &end), CONCLAVE_OK);
    expect_page(w, 5, 9);
}

static void
a_place_in_a_log_from_before_counts_as_far_as_both_are_the_same(void **state)
{
    struct conclave_cursor at = {.seq = 4, .ts = 40, .log = {{7}}}, next;
    struct world *w = *state;
    bool end;

    shift = 0;
    shared = 4;
    goes_on = (struct id){{7}};
    world_begin(w, serve);
    assert_int_equal(conclave_fetch(w->c, "lobby", &at, 0, &next, &end), CONCLAVE_OK);
    expect_page(w, 5, 9);
    assert_memory_equal(next.log.bytes, the_log.bytes, sizeof the_log.bytes);
    at = (struct conclave_cursor){.seq = 5, .ts = 50, .log = {{7}}};
    assert_no(
        w, conclave_fetch(w->c, "lobby", &at, 0, &next, &end), CONCLAVE_REFUSED, "went_backwards",
        "the group's history went backwards: it was restored from a backup that ends with #4, "
        "and #5 was already read");
    at.log.bytes[0] = 8;
    assert_no(w, conclave_fetch(w->c, "lobby", &at, 0, &next, &end), CONCLAVE_REFUSED,
              "log_changed", "the group has another log than before: its history was replaced");
}

/* ---- search ---- */

static struct wire_found found;
static uint64_t found_seqs[2];
static int64_t found_ts[2];
static uint8_t found_by;

static void
find(const struct wire_request *req, unsigned n, struct wire_reply *out, struct buf *list)
{
    (void)n;
    if (req->op != OP_SEARCH_MESSAGE) {
        out->code = CODE_UNKNOWN_METHOD;
        return;
    }
    out->u.found = found;
    for (size_t i = 0; i < 2; i++)
        if (found_seqs[i] > 0)
            put_entry(list, &out->u.found.entries, found_seqs[i], found_ts[i], found_by);
}

static void
what_cannot_be_found_is_refused(void **state)
{
    static const struct {
        const char *text;
        uint64_t seqs[2];
        int64_t ts[2];
        uint64_t next;
        bool end;
        uint8_t by;
    } lies[] = {
        {"the group's search is out of order", {5, 5}, {5, 6}, 9, true, 2},
        {"the group's search is out of order", {6, 5}, {5, 6}, 9, true, 2},
        {"the group's search is out of order", {3, 5}, {3, 5}, 9, true, 2},
        {"the group's search goes back in time", {5, 6}, {6, 6}, 9, true, 2},
        {"the group's search goes beyond its own end", {5, 10}, {5, 6}, 9, true, 2},
        {"the group's search goes beyond its own end", {5, 6}, {5, 6}, 10, false, 2},
        {"the group's search does not go on", {5, 6}, {5, 6}, 5, false, 2},
        {"the group's search does not go on", {0, 0}, {0, 0}, 3, false, 2},
        {"the group's search finds what was not asked for", {5, 6}, {5, 6}, 9, true, 3},
    };
    struct conclave_id from;
    struct conclave_query q = {.words = "x", .seq = 3, .from = &from};
    struct world *w = *state;
    uint64_t next = 77;
    bool end;

    memcpy(from.bytes, me.bytes, sizeof from.bytes);
    world_begin(w, find);
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        found = (struct wire_found){.log = the_log, .head = LOG_HEAD};
        found.next = lies[i].next;
        found.end = lies[i].end;
        memcpy(found_seqs, lies[i].seqs, sizeof found_seqs);
        memcpy(found_ts, lies[i].ts, sizeof found_ts);
        found_by = lies[i].by;
        assert_no(w, conclave_search(w->c, "lobby", &q, 4, &next, &end), CONCLAVE_PROTOCOL,
                  "protocol", lies[i].text);
    }
    assert_int_equal(next, 77);
}

/* Always a little further, and nothing found. */
static void
creep(const struct wire_request *req, unsigned n, struct wire_reply *out, struct buf *list)
{
    (void)n;
    (void)list;
    out->u.found = (struct wire_found){.log = the_log, .head = UINT64_MAX / 4};
    out->u.found.next = req->u.search_message.after_seq + 1;
}

static void
a_search_that_creeps_has_an_end(void **state)
{
    struct conclave_query q = {.words = "x"};
    struct world *w = *state;
    uint64_t next;
    bool end;

    world_open_handle(w, 60000);
    world_begin(w, creep);
    assert_no(w, conclave_search(w->c, "lobby", &q, 0, &next, &end), CONCLAVE_PROTOCOL, "protocol",
              "the group's search does not go on");
    assert_in_range(atomic_load(&w->asked), 2, 500);
}

/* ---- lists ---- */

/* First bytes of the keys, in that order, on the only page. */
static uint8_t keys[3];
static size_t n_keys;
static bool list_ends;

static void
list(const struct wire_request *req, unsigned n, struct wire_reply *out, struct buf *rows)
{
    struct wire_list *l = &out->u.member_page.members;

    (void)n;
    if (req->op == OP_GET_BANS)
        l = &out->u.ban_page.bans;
    if (req->op == OP_GET_INVITES)
        l = &out->u.invite_page.invites;
    for (size_t i = 0; i < n_keys; i++) {
        struct wire_member member = {.uuid = {{keys[i]}}, .nick = span_of("n")};
        struct wire_ban ban = {.uuid = {{keys[i]}}};
        struct wire_invite invite = {.hash = {keys[i]}, .uses = 1};

        if (req->op == OP_GET_MEMBERS)
            wire_pack(rows, &member);
        else if (req->op == OP_GET_BANS)
            wire_pack(rows, &ban);
        else
            wire_pack(rows, &invite);
    }
    *l = (struct wire_list){.raw = buf_span(rows), .count = (uint32_t)n_keys};
    if (req->op == OP_GET_MEMBERS)
        out->u.member_page.end = list_ends;
    else if (req->op == OP_GET_BANS)
        out->u.ban_page.end = list_ends;
    else
        out->u.invite_page.end = list_ends;
}

static void
expect_lists(struct world *w, enum conclave_status st, const char *how)
{
    static const char *const names[] = {"members", "bans", "invitations"};

    for (size_t i = 0; i < 3; i++) {
        enum conclave_status got = i == 0   ? conclave_list_members(w->c, "lobby", true)
                                   : i == 1 ? conclave_list_bans(w->c, "lobby")
                                            : conclave_list_invites(w->c, "lobby");
        char text[80];

        snprintf(text, sizeof text, "the list of %s %s", names[i], how);
        assert_int_equal(got, st);
        if (st != CONCLAVE_OK)
            assert_string_equal(conclave_error(w->c), text);
    }
}

static void
lists_are_in_order_and_end(void **state)
{
    static const struct {
        uint8_t keys[3];
        size_t n;
        bool end;
        const char *how; /* NULL: fine */
    } pages_of[] = {
        {{1, 2, 3}, 3, true, NULL},
        {{0}, 0, true, NULL},
        {{1, 3, 2}, 3, true, "is out of order"},
        {{1, 2, 2}, 3, true, "is out of order"},
        {{3, 2, 1}, 3, false, "is out of order"},
        {{1, 2, 3}, 3, false, "is out of order"}, /* comes again */
        {{0}, 0, false, "does not go on"},
    };
    struct world *w = *state;

    world_begin(w, list);
    for (size_t i = 0; i < sizeof pages_of / sizeof *pages_of; i++) {
        memcpy(keys, pages_of[i].keys, sizeof keys);
        n_keys = pages_of[i].n;
        list_ends = pages_of[i].end;
        if (pages_of[i].how == NULL)
            expect_lists(w, CONCLAVE_OK, "");
        else
            expect_lists(w, CONCLAVE_PROTOCOL, pages_of[i].how);
    }
}

/* ---- acks ---- */

static struct wire_ack acks[3];
static size_t n_acks;

static void
acknowledge(const struct wire_request *req, unsigned n, struct wire_reply *out, struct buf *rows)
{
    (void)n;
    if (req->op != OP_SEND_MESSAGE) {
        out->code = CODE_UNKNOWN_METHOD;
        return;
    }
    for (size_t i = 0; i < n_acks; i++)
        wire_pack(rows, &acks[i]);
    out->u.sent.acks = (struct wire_list){.raw = buf_span(rows), .count = (uint32_t)n_acks};
}

static void
an_ack_that_cannot_be_is_no_ack(void **state)
{
    struct world *w = *state;
    struct conclave_ack ack = {.seq = 77};

    n_acks = 2;
    acks[0] = acks[1] = (struct wire_ack){.seq = 5, .ts = 5};
    world_begin(w, acknowledge);
    assert_no(w, conclave_send(w->c, "lobby", "a", 1, NULL, &ack), CONCLAVE_PROTOCOL, "protocol",
              "the group's answer is for another number of messages");
    n_acks = 1;
    acks[0].ts = 0;
    assert_no(w, conclave_send(w->c, "lobby", "a", 1, NULL, &ack), CONCLAVE_PROTOCOL, "protocol",
              "the group's answer acknowledges what cannot be");
    assert_int_equal(ack.seq, 77);
    acks[0].ts = 1;
    assert_int_equal(conclave_send(w->c, "lobby", "a", 1, NULL, &ack), CONCLAVE_OK);
    assert_int_equal(ack.seq, 5);
}

/* Two messages in one request. */
static void
expect_posts(struct world *w, enum conclave_event_type type, const char *text)
{
    struct conclave_event e;

    assert_int_equal(conclave_post(w->c, "lobby", "a", 1, NULL, NULL), CONCLAVE_OK);
    assert_int_equal(conclave_post(w->c, "lobby", "b", 1, NULL, NULL), CONCLAVE_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(conclave_poll(w->c, WAIT_MS, &e), CONCLAVE_OK);
        assert_int_equal(e.type, type);
        assert_string_equal(e.text, text);
        if (type == CONCLAVE_EVENT_REFUSED)
            assert_string_equal(e.code, "protocol");
    }
}

static void
acks_of_one_request_agree_with_each_other(void **state)
{
    static const struct {
        struct wire_ack acks[3];
        size_t n;
        const char *text; /* NULL: fine */
    } answers[] = {
        {{{.seq = 5, .ts = 50}, {.seq = 6, .ts = 60}}, 2, NULL},
        {{{.seq = 9, .ts = 90}, {.seq = 6, .ts = 60}}, 2, NULL}, /* was stored before */
        {{{.seq = 5, .ts = 50}}, 1, "the group's answer is for another number of messages"},
        {{{.seq = 5, .ts = 50}, {.seq = 6, .ts = 60}, {.seq = 7, .ts = 70}},
         3,
         "the group's answer is for another number of messages"},
        {{{.seq = 5, .ts = 50}, {.seq = 5, .ts = 50}},
         2,
         "the group's answer acknowledges two messages as one"},
        {{{.seq = 5, .ts = 50}, {.seq = 6, .ts = 50}}, 2, "the group's answer goes back in time"},
        {{{.seq = 9, .ts = 50}, {.seq = 6, .ts = 60}}, 2, "the group's answer goes back in time"},
        {{{.seq = 5, .ts = 0}, {.seq = 6, .ts = 60}},
         2,
         "the group's answer acknowledges what cannot be"},
        {{{.seq = WIRE_SEQ_MAX + 1, .ts = 50}, {.seq = 6, .ts = 60}},
         2,
         "the group's answer is not understood"},
    };
    struct world *w = *state;

    world_begin(w, acknowledge);
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        memcpy(acks, answers[i].acks, sizeof acks);
        n_acks = answers[i].n;
        if (answers[i].text == NULL)
            expect_posts(w, CONCLAVE_EVENT_ACK, "");
        else
            expect_posts(w, CONCLAVE_EVENT_REFUSED, answers[i].text);
    }
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, world_set_up, world_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_page_of_history_that_cannot_be_is_refused),
        TEST(nor_backwards),
        TEST(times_that_go_back_between_pages_are_refused),
        TEST(another_log_is_not_read_on),
        TEST(what_stands_at_a_kept_place_is_compared),
        TEST(a_place_in_a_log_from_before_counts_as_far_as_both_are_the_same),
        TEST(what_cannot_be_found_is_refused),
        TEST(a_search_that_creeps_has_an_end),
        TEST(lists_are_in_order_and_end),
        TEST(an_ack_that_cannot_be_is_no_ack),
        TEST(acks_of_one_request_agree_with_each_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
