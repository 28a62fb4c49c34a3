/* The rules of the protocol that the tables do not tell: items that are arrays, the envelope,
 * versions, errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "wire_samples.h"

/* ---- items that are arrays ---- */

static void
pack_element(msgpack_packer *pk, char form)
{
    static const char zeros[BODY_MAX_BYTES + 1];
    size_t len = form == 'i'   ? ID_LEN
                 : form == 'x' ? EXT_MAX_BYTES
                 : form == 'X' ? EXT_MAX_BYTES + 1
                 : form == 'b' ? BODY_MAX_BYTES
                 : form == 'B' ? BODY_MAX_BYTES + 1
                               : 1;

    switch (form) {
    case 'n':
        msgpack_pack_nil(pk);
        break;
    case '0':
    case '1':
        msgpack_pack_int(pk, form - '0');
        break;
    case '-':
        msgpack_pack_int(pk, -1);
        break;
    case 'k':
        msgpack_pack_int(pk, 256);
        break;
    case 'U':
        msgpack_pack_uint64(pk, UINT64_MAX);
        break;
    case 's':
        msgpack_pack_str(pk, 4);
        msgpack_pack_str_body(pk, "busy", 4);
        break;
    default: /* a bin */
        msgpack_pack_bin(pk, len);
        msgpack_pack_bin_body(pk, zeros, len);
        break;
    }
}

/* A frame whose only item has these elements, as op's request, its reply, or an event. */
static int
decode_item(enum wire_item item, const char *elements)
{
    static const struct {
        struct subject subject;
        const char *list;
    } places[] = {
        [ITEM_MESSAGE] = {{SUBJECT_REQUEST, OP_SEND_MESSAGE}, "messages"},
        [ITEM_ACK] = {{SUBJECT_RESULT, OP_SEND_MESSAGE}, "acks"},
        [ITEM_ENTRY] = {{SUBJECT_EVENT, EVENT_ENTRIES}, "entries"},
    };
    const struct subject *s = &places[item].subject;
    msgpack_sbuffer frame;
    msgpack_packer pk;
    struct fault why;
    int code;

    msgpack_sbuffer_init(&frame);
    msgpack_packer_init(&pk, &frame, msgpack_sbuffer_write);
    msgpack_pack_array(&pk, s->kind == SUBJECT_EVENT ? 3 : 4);
    msgpack_pack_int(&pk, s->kind == SUBJECT_REQUEST ? 0 : s->kind == SUBJECT_EVENT ? 2 : 1);
    if (s->kind != SUBJECT_EVENT)
        msgpack_pack_int(&pk, 9);
    if (s->kind == SUBJECT_RESULT)
        msgpack_pack_nil(&pk);
    else
        msgpack_pack_str_with_body(&pk, subject_row(s)->name, strlen(subject_row(s)->name));
    msgpack_pack_map(&pk, 1);
    msgpack_pack_str_with_body(&pk, places[item].list, strlen(places[item].list));
    msgpack_pack_array(&pk, 1);
    msgpack_pack_array(&pk, strlen(elements));
    while (*elements != '\0')
        pack_element(&pk, *elements++);
    code = subject_decode_exact(s, frame.data, frame.size, &why);
    if (s->kind == SUBJECT_REQUEST && code != CODE_OK)
        assert_non_null(strstr(why.text, "\"messages\", item 0"));
    msgpack_sbuffer_destroy(&frame);
    return code;
}

/* i: 16 bytes, b: largest body, B: over, x: largest ext, X: over, n: nil, s: str, k: 256,
 * U: 2^64 - 1, -: -1, t: bin of one byte. */
static void
messages_are_checked(void **state)
{
    (void)state;
    assert_int_equal(decode_item(ITEM_MESSAGE, "ib"), CODE_OK);
    assert_int_equal(decode_item(ITEM_MESSAGE, "ibx"), CODE_OK);
    assert_int_equal(decode_item(ITEM_MESSAGE, "ibn"), CODE_OK);
    assert_int_equal(decode_item(ITEM_MESSAGE, "iB"), CODE_TOO_LARGE);
    assert_int_equal(decode_item(ITEM_MESSAGE, "ibX"), CODE_TOO_LARGE);
    assert_int_equal(decode_item(ITEM_MESSAGE, ""), CODE_MALFORMED);
    assert_int_equal(decode_item(ITEM_MESSAGE, "i"), CODE_MALFORMED);
    assert_int_equal(decode_item(ITEM_MESSAGE, "ibxn"), CODE_MALFORMED);
    assert_int_equal(decode_item(ITEM_MESSAGE, "sb"), CODE_MALFORMED);
    assert_int_equal(decode_item(ITEM_MESSAGE, "tb"), CODE_MALFORMED);
    assert_int_equal(decode_item(ITEM_MESSAGE, "is"), CODE_MALFORMED);
    assert_int_equal(decode_item(ITEM_MESSAGE, "in"), CODE_MALFORMED);
    assert_int_equal(decode_item(ITEM_MESSAGE, "ibs"), CODE_MALFORMED);
}

static void
acks_are_checked(void **state)
{
    (void)state;
    assert_int_equal(decode_item(ITEM_ACK, "11"), CODE_OK);
    assert_int_equal(decode_item(ITEM_ACK, "1-"), CODE_OK);
    assert_int_equal(decode_item(ITEM_ACK, "0s"), CODE_OK);
    assert_int_equal(decode_item(ITEM_ACK, "1"), CODE_MALFORMED);
    assert_int_equal(decode_item(ITEM_ACK, "111"), CODE_MALFORMED);
    assert_int_equal(decode_item(ITEM_ACK, "01"), CODE_MALFORMED);
    assert_int_equal(decode_item(ITEM_ACK, "1s"), CODE_MALFORMED);
    assert_int_equal(decode_item(ITEM_ACK, "U1"), CODE_MALFORMED);
    assert_int_equal(decode_item(ITEM_ACK, "-1"), CODE_MALFORMED);
    assert_int_equal(decode_item(ITEM_ACK, "1U"), CODE_MALFORMED);
}

static void
entries_are_checked(void **state)
{
    static const char good[] = "111iibn", forms[] = "n01-kUsitbBxX";
    static const char *const allowed[] = {"1k", "01-k", "01", "i", "i", "itbxX", "nitx"};
    char elements[sizeof good];
    size_t i, f;

    (void)state;
    assert_int_equal(decode_item(ITEM_ENTRY, good), CODE_OK);
    assert_int_equal(decode_item(ITEM_ENTRY, "111iib"), CODE_MALFORMED);
    assert_int_equal(decode_item(ITEM_ENTRY, "111iibnn"), CODE_MALFORMED);
    for (i = 0; i < strlen(good); i++)
        for (f = 0; forms[f] != '\0'; f++) {
            bool ok = strchr(allowed[i], forms[f]) != NULL;

            memcpy(elements, good, sizeof good);
            elements[i] = forms[f];
            if ((decode_item(ITEM_ENTRY, elements) == CODE_OK) != ok)
                fail_msg("element %zu as '%c'", i, forms[f]);
        }
}

static void
an_entry_survives_and_costs_little(void **state)
{
    static const uint8_t kinds[] = {1, 127, 128, 255};
    static const int64_t times[] = {INT64_MIN, -1, 0, 1, INT64_MAX};
    static const uint64_t seqs[] = {1, 127, 128, UINT32_MAX, UINT64_C(1) << 32, WIRE_SEQ_MAX};
    static const size_t sizes[] = {0, 1, 255, 256, BODY_MAX_BYTES};
    static const uint8_t bytes[BODY_MAX_BYTES] = {1, 2, 3};
    size_t i;

    (void)state;
    for (i = 0; i < 6 * 5 * 5 * 4; i++) {
        struct entry in = {.seq = seqs[i % 6], .ts = times[i / 6 % 5], .kind = kinds[i / 150]};
        struct entry out;
        struct wire_list list;
        struct buf b;

        in.body = (struct span){bytes, sizes[i / 30 % 5]};
        in.ext = (struct span){bytes, i % 7 == 0 ? EXT_MAX_BYTES : 0};
        in.author.bytes[0] = 1;
        in.id.bytes[15] = 2;
        buf_init(&b, 0);
        wire_pack(&b, &in);
        if (in.seq <= UINT32_MAX && in.ext.len == 0)
            assert_true(b.len <= in.body.len + WIRE_ENTRY_OVERHEAD);
        list = (struct wire_list){.raw = buf_span(&b), .count = 1};
        assert_true(wire_next(&list, &out));
        assert_false(wire_next(&list, &out));
        assert_true(out.seq == in.seq && out.ts == in.ts && out.kind == in.kind);
        assert_true(id_equal(&out.author, &in.author) && id_equal(&out.id, &in.id));
        assert_true(span_equal(out.body, in.body) && span_equal(out.ext, in.ext));
        buf_clear(&b);
    }
}

static void
an_entry_that_does_not_fit_leaves_the_buffer_as_it_was(void **state)
{
    struct entry e = {.seq = 1, .kind = ENTRY_MESSAGE, .body = span_of("hello")};
    struct buf b;

    (void)state;
    buf_init(&b, 100);
    wire_pack(&b, &e);
    assert_false(b.failed);
    assert_int_equal(b.len, 56);
    wire_pack(&b, &e);
    assert_true(b.failed);
    assert_int_equal(b.len, 56);
    buf_clear(&b);
}

/* ---- rules beyond one field ---- */

static int
decode_request_bytes(const char *bytes, size_t len, struct wire_request *out)
{
    return wire_decode_request(out, (struct span){(const uint8_t *)bytes, len}, NULL);
}
#define DECODE(literal, out) decode_request_bytes(literal, sizeof(literal) - 1, out)

static void
what_has_no_msgid_is_dropped_and_the_rest_is_answered(void **state)
{
    struct wire_request r;

    (void)state;
    assert_int_equal(DECODE("", &r), WIRE_DROP);
    assert_int_equal(DECODE("\x93\x00\x07\x80", &r), WIRE_DROP);
    assert_int_equal(DECODE("\x94\x01\x07\xa1x\x80", &r), WIRE_DROP);
    assert_int_equal(DECODE("\x94\x00\xa1x\xa1x\x80", &r), WIRE_DROP);
    assert_int_equal(DECODE("\x94\x00\xcf\x00\x00\x00\x01\x00\x00\x00\x00\xa1x\x80", &r),
                     WIRE_DROP);
    assert_int_equal(DECODE("\xdd\xff\xff\xff\xff", &r), WIRE_DROP);
    assert_int_equal(DECODE("\x94\x00\x07\xa1x\x80", &r), CODE_UNKNOWN_METHOD);
    assert_int_equal(r.msgid, 7);
    assert_int_equal(DECODE("\x94\x00\x07\x05\x80", &r), CODE_MALFORMED);
    assert_int_equal(DECODE("\x94\x00\x07\xa9subscribe\x90", &r), CODE_MALFORMED);
    assert_int_equal(DECODE("\x94\x00\x07\xa9subscribe\x81\x01\x01", &r), CODE_MALFORMED);
    assert_int_equal(DECODE("\x94\x00\x07\xa9subscribe\x80", &r), CODE_OK);
    assert_int_equal(r.op, OP_SUBSCRIBE);
}

static void
another_protocol_is_refused_before_anything_else(void **state)
{
    struct wire_request r;

    (void)state;
    assert_int_equal(DECODE("\x94\x00\x07\xa9subscribe\x81\xa8protocol\x01", &r), CODE_OK);
    assert_int_equal(DECODE("\x94\x00\x07\xa9subscribe\x81\xa8protocol\x02", &r), CODE_PROTOCOL);
    assert_int_equal(DECODE("\x94\x00\x07\xa3new\x81\xa8protocol\x02", &r), CODE_PROTOCOL);
    assert_int_equal(DECODE("\x94\x00\x07\xaajoin_group\x82\xa1x\x91\x00\xa8protocol\x00", &r),
                     CODE_PROTOCOL);
    assert_int_equal(DECODE("\x94\x00\x07\xa9subscribe\x81\xa8protocol\xa1x", &r), CODE_MALFORMED);
    assert_int_equal(DECODE("\x94\x00\x07\xa9subscribe\x82\xa8protocol\x01\xa8protocol\x01", &r),
                     CODE_MALFORMED);
}

static void
a_request_that_costs_too_much_is_refused(void **state)
{
    static char deep[64] = "\x94\x00\x07\xa9subscribe\x81\xa1x";
    static char wide[8192] = "\x94\x00\x07\xa9subscribe\x81\xa1x\xdc\x10\x00";
    static char huge[WIRE_REQUEST_MAX + 1] = "\x94\x00\x07";
    struct wire_request r;

    (void)state;
    memset(deep + 16, 0x91, 6); /* two levels are there already */
    assert_int_equal(decode_request_bytes(deep, 23, &r), CODE_OK);
    memset(deep + 16, 0x91, 7);
    assert_int_equal(decode_request_bytes(deep, 24, &r), CODE_MALFORMED);
    assert_int_equal(decode_request_bytes(wide, 19 + 4096, &r), CODE_MALFORMED);
    wide[17] = 0x0f; /* 3,840 items */
    assert_int_equal(decode_request_bytes(wide, 19 + 3840, &r), CODE_OK);
    assert_int_equal(decode_request_bytes(huge, sizeof huge, &r), CODE_TOO_LARGE);
    assert_int_equal(r.msgid, 7);
}

static void
get_message_takes_one_start_only(void **state)
{
    struct wire_request r;

    (void)state;
    assert_int_equal(DECODE("\x94\x00\x07\xabget_message\x80", &r), CODE_OK);
    assert_int_equal(r.u.get_message.has, 0);
    assert_int_equal(DECODE("\x94\x00\x07\xabget_message\x81\xa8"
                            "after_ts\xff",
                            &r),
                     CODE_OK);
    assert_int_equal(r.u.get_message.has, WIRE_GET_HAS_AFTER_TS);
    assert_true(r.u.get_message.after_ts == -1);
    assert_int_equal(DECODE("\x94\x00\x07\xabget_message\x82\xa8"
                            "after_ts\x01\xa9"
                            "after_seq\x01",
                            &r),
                     CODE_MALFORMED);
    assert_int_equal(DECODE("\x94\x00\x07\xabget_message\x81\xaa"
                            "before_seq\x01",
                            &r),
                     CODE_OK);
    assert_int_equal(r.u.get_message.has, WIRE_GET_HAS_BEFORE_SEQ);
    assert_int_equal(DECODE("\x94\x00\x07\xabget_message\x81\xaa"
                            "before_seq\x00",
                            &r),
                     CODE_MALFORMED);
    assert_int_equal(DECODE("\x94\x00\x07\xabget_message\x82\xaa"
                            "before_seq\x05\xa9"
                            "after_seq\x01",
                            &r),
                     CODE_MALFORMED);
}

static void
fields_that_exclude_each_other_are_both_named(void **state)
{
    static const enum wire_op ops[] = {OP_GET_MESSAGE, OP_SEARCH_MESSAGE};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof ops / sizeof *ops; i++) {
        struct wire_request in = {.op = ops[i]}, out;
        struct fault why;
        struct buf b;

        if (ops[i] == OP_GET_MESSAGE)
            in.u.get_message.has = WIRE_GET_HAS_AFTER_TS | WIRE_GET_HAS_AFTER_SEQ;
        else
            in.u.search_message = (struct wire_search_message){.has = WIRE_SEARCH_HAS_AFTER_TS |
                                                                      WIRE_SEARCH_HAS_AFTER_SEQ,
                                                               .words = span_of("x")};
        buf_init(&b, 0);
        wire_pack_request(&b, &in);
        assert_int_equal(wire_decode_request(&out, buf_span(&b), &why), CODE_MALFORMED);
        assert_string_equal(why.text, "fields \"after_ts\" and \"after_seq\" exclude each other");
        buf_clear(&b);
    }
}

static void
an_optional_key_that_is_absent_is_zero(void **state)
{
    static const uint8_t zero[WIRE_KEY_LEN];
    struct wire_request in = {.op = OP_GET_INVITES}, out;
    struct buf b;

    (void)state;
    buf_init(&b, 0);
    wire_pack_request(&b, &in);
    assert_true(b.len < WIRE_KEY_LEN);
    memset(&out, 0xff, sizeof out);
    assert_int_equal(wire_decode_request(&out, buf_span(&b), NULL), CODE_OK);
    assert_memory_equal(out.u.get_invites.after, zero, sizeof zero);
    buf_reset(&b);
    in.u.get_invites.after[WIRE_KEY_LEN - 1] = 1;
    wire_pack_request(&b, &in);
    assert_int_equal(wire_decode_request(&out, buf_span(&b), NULL), CODE_OK);
    assert_memory_equal(&out.u.get_invites, &in.u.get_invites, sizeof out.u.get_invites);
    buf_clear(&b);
}

/* What a peer sends that knows only the first version's fields. */
static void
older_peers_are_understood(void **state)
{
    static const uint8_t head[] = "\x93\x02\xa4head\x82\xa3log\xc4\x10"
                                  "0123456789abcdef\xa4head\x03";
    static const uint8_t members[] = "\x94\x01\x05\xc0\x82\xa7members\x91\x83\xa4uuid\xc4\x10"
                                     "0123456789abcdef\xa4nick\xa3"
                                     "ann\xa5since\x01\xa3"
                                     "end\xc3";
    struct wire_member member;
    struct wire_reply r;
    struct wire_feed f;

    (void)state;
    assert_int_equal(wire_decode_feed(&f, (struct span){head, sizeof head - 1}), ST_OK);
    assert_true(f.head == 3 && f.presence == 0);
    assert_int_equal(wire_decode_reply(&r, OP_GET_MEMBERS,
                                       (struct span){members, sizeof members - 1}),
                     ST_OK);
    assert_true(wire_next(&r.u.member_page.members, &member));
    assert_true(member.role == ROLE_MEMBER && !member.here && member.has == 0);
}

static int
join_with_nick(const char *nick)
{
    struct wire_request in = {.op = OP_JOIN_GROUP}, out;
    struct buf b;
    int code;

    in.u.join_group.has = WIRE_JOIN_HAS_NICK;
    in.u.join_group.nick = span_of(nick);
    buf_init(&b, 0);
    wire_pack_request(&b, &in);
    code = wire_decode_request(&out, buf_span(&b), NULL);
    buf_clear(&b);
    return code;
}

static int
unregister_name(const char *name)
{
    struct wire_request in = {.op = OP_UNREGISTER}, out;
    struct buf b;
    int code;

    in.u.unregister.name = span_of(name);
    buf_init(&b, 0);
    wire_pack_request(&b, &in);
    code = wire_decode_request(&out, buf_span(&b), NULL);
    buf_clear(&b);
    return code;
}

static void
names_and_nicks_are_fit_to_be_shown(void **state)
{
    (void)state;
    assert_int_equal(join_with_nick("J\xc3\xb6rg / Ann"), CODE_OK);
    assert_int_equal(join_with_nick("a\x1b[2J"), CODE_BAD_NICK);
    assert_int_equal(join_with_nick("a\xe2\x80\xae"
                                    "b"),
                     CODE_BAD_NICK);
    assert_int_equal(join_with_nick("\xff"), CODE_BAD_NICK);
    assert_int_equal(unregister_name("team-1"), CODE_OK);
    assert_int_equal(unregister_name("a b"), CODE_MALFORMED);
    assert_int_equal(unregister_name("a/b"), CODE_MALFORMED);
    assert_int_equal(unregister_name("a\xc2\xa0"
                                     "b"),
                     CODE_MALFORMED);
    assert_int_equal(unregister_name("a\xe3\x80\x80"
                                     "b"),
                     CODE_MALFORMED);
    assert_int_equal(unregister_name("a\n"), CODE_MALFORMED);
}

/* ---- errors and events ---- */

static void
every_code_travels_by_its_name(void **state)
{
    int code;

    (void)state;
    for (code = CODE_OK + 1; code < CODE_COUNT; code++) {
        struct wire_reply r;
        struct buf b;

        buf_init(&b, 0);
        wire_pack_error(&b, 5, (enum wire_code)code, NULL);
        assert_int_equal(wire_decode_reply(&r, OP_SUBSCRIBE, buf_span(&b)), ST_OK);
        assert_int_equal(r.code, code);
        assert_true(span_equal(r.text, span_of(wire_code_text((enum wire_code)code))));
        assert_string_not_equal(wire_code_name((enum wire_code)code), "unknown");
        buf_clear(&b);
    }
    assert_int_equal(wire_code_parse(span_of("ok")), CODE_COUNT);
    assert_int_equal(wire_code_parse(span_of("")), CODE_COUNT);
    assert_non_null(wire_code_text(CODE_COUNT));
}

static void
an_error_text_that_does_not_fit_is_replaced(void **state)
{
    char text[WIRE_ERROR_TEXT_MAX + 2];
    struct wire_reply r;
    struct buf b;
    uint32_t msgid;

    (void)state;
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    buf_init(&b, 0);
    wire_pack_error(&b, 5, CODE_BUSY, text);
    assert_int_equal(wire_decode_reply(&r, OP_SUBSCRIBE, buf_span(&b)), ST_OK);
    assert_true(span_equal(r.text, span_of(wire_code_text(CODE_BUSY))));
    assert_true(wire_msgid(buf_span(&b), WIRE_REPLY, &msgid));
    assert_int_equal(msgid, 5);
    assert_false(wire_msgid((struct span){b.p, 2}, WIRE_REPLY, &msgid));
    buf_clear(&b);
}

static enum status
decode_error(const char *bytes, size_t len, struct wire_reply *r)
{
    return wire_decode_reply(r, OP_UNREGISTER, (struct span){(const uint8_t *)bytes, len});
}

static void
no_error_passes_for_a_success(void **state)
{
    static const char ok[] = "\x94\x01\x05\x82\xa4"
                             "code\xa2ok\xa4text\xa0\xc0";
    static const char result[] = "\x94\x01\x05\x82\xa4"
                                 "code\xa4"
                                 "busy\xa4text\xa0\x80";
    static const char empty[] = "\x94\x01\x05\x80\xc0";
    struct wire_reply r;

    (void)state;
    assert_int_equal(decode_error(ok, sizeof ok - 1, &r), ST_OK);
    assert_int_equal(r.code, CODE_COUNT);
    assert_true(span_equal(r.code_name, span_of("ok")));
    assert_int_equal(decode_error(result, sizeof result - 1, &r), ST_PROTOCOL);
    assert_int_equal(decode_error(empty, sizeof empty - 1, &r), ST_PROTOCOL);
}

static void
an_unknown_event_is_to_be_ignored(void **state)
{
    static const uint8_t known[] = "\x93\x02\xa5"
                                   "party\x81\xa1x\x01";
    static const uint8_t no_map[] = "\x93\x02\xa5"
                                    "party\x01";
    struct wire_feed f;

    (void)state;
    assert_int_equal(wire_decode_feed(&f, (struct span){known, sizeof known - 1}), ST_NOT_FOUND);
    assert_int_equal(wire_decode_feed(&f, (struct span){no_map, sizeof no_map - 1}), ST_PROTOCOL);
}

/* The rest of a frame behind `head`: an array in an array, and so on, and `tail`. */
static struct span
nested(struct buf *b, const char *head, size_t head_len, size_t levels, const char *tail)
{
    b->len = 0;
    buf_append(b, head, head_len);
    for (size_t i = 0; i < levels; i++)
        buf_append(b, "\x91", 1);
    buf_append(b, "\xc0", 1);
    buf_append(b, tail, strlen(tail));
    assert_false(b->failed);
    return buf_span(b);
}
#define NESTED(b, head, levels, tail) nested(b, head, sizeof(head) - 1, levels, tail)

static void
what_nobody_knows_is_nested_only_so_deep(void **state)
{
    static const char reply[] = "\x94\x01\x07\xc0\x81\xa1x";
    static const char event[] = "\x93\x02\xa1y\x81\xa1x";
    static const char item[] = "\x94\x01\x07\xc0\x82\xa4"
                               "bans\x91\x84\xa4"
                               "uuid\xc4\x10"
                               "0123456789abcdef\xa2"
                               "by\xc4\x10"
                               "0123456789abcdef\xa5"
                               "since\x01\xa1x";
    static const char end[] = "\xa3"
                              "end\xc3";
    struct wire_reply r;
    struct wire_feed f;
    struct buf b;

    (void)state;
    buf_init(&b, 1000);
    assert_int_equal(wire_decode_reply(&r, OP_UNREGISTER, NESTED(&b, reply, 6, "")), ST_OK);
    assert_int_equal(wire_decode_reply(&r, OP_UNREGISTER, NESTED(&b, reply, 7, "")), ST_PROTOCOL);
    assert_int_equal(wire_decode_reply(&r, OP_GET_BANS, NESTED(&b, item, 4, end)), ST_OK);
    assert_int_equal(wire_decode_reply(&r, OP_GET_BANS, NESTED(&b, item, 5, end)), ST_PROTOCOL);
    assert_int_equal(wire_decode_feed(&f, NESTED(&b, event, 6, "")), ST_NOT_FOUND);
    assert_int_equal(wire_decode_feed(&f, NESTED(&b, event, 7, "")), ST_PROTOCOL);
    assert_int_equal(wire_decode_feed(&f, NESTED(&b, event, 6, "x")), ST_PROTOCOL);
    buf_clear(&b);
}

static void
decoding_tells_whether_entries_are_unbroken(void **state)
{
    static const struct {
        uint64_t seqs[3];
        int64_t times[3];
        bool unbroken;
    } cases[] = {
        {{5, 6, 7}, {-3, 0, 9}, true}, {{5, 7, 8}, {1, 2, 3}, false}, {{5, 6, 8}, {1, 2, 3}, false},
        {{5, 6, 6}, {1, 2, 3}, false}, {{7, 6, 5}, {1, 2, 3}, false}, {{5, 6, 7}, {1, 1, 2}, false},
        {{5, 6, 7}, {1, 3, 2}, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct wire_feed in = {.event = EVENT_ENTRIES, .entries.count = 3}, out;
        struct buf items, frame;

        buf_init(&items, 1000);
        buf_init(&frame, 1000);
        for (size_t j = 0; j < 3; j++)
            wire_pack(&items, &(struct entry){.seq = cases[i].seqs[j],
                                              .ts = cases[i].times[j],
                                              .id = {{(uint8_t)j}}});
        in.entries.raw = buf_span(&items);
        wire_pack_feed(&frame, &in);
        assert_int_equal(wire_decode_feed(&out, buf_span(&frame)), ST_OK);
        assert_int_equal(out.entries.unbroken, cases[i].unbroken);
        assert_int_equal(out.entries.first.seq, cases[i].seqs[0]);
        assert_int_equal(out.entries.first.ts, cases[i].times[0]);
        assert_int_equal(out.entries.last.seq, cases[i].seqs[2]);
        assert_int_equal(out.entries.last.ts, cases[i].times[2]);
        assert_int_equal(out.entries.last.id.bytes[0], 2);
        buf_clear(&items);
        buf_clear(&frame);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_are_checked),
        cmocka_unit_test(acks_are_checked),
        cmocka_unit_test(entries_are_checked),
        cmocka_unit_test(an_entry_survives_and_costs_little),
        cmocka_unit_test(an_entry_that_does_not_fit_leaves_the_buffer_as_it_was),
        cmocka_unit_test(what_has_no_msgid_is_dropped_and_the_rest_is_answered),
        cmocka_unit_test(another_protocol_is_refused_before_anything_else),
        cmocka_unit_test(a_request_that_costs_too_much_is_refused),
        cmocka_unit_test(get_message_takes_one_start_only),
        cmocka_unit_test(fields_that_exclude_each_other_are_both_named),
        cmocka_unit_test(an_optional_key_that_is_absent_is_zero),
        cmocka_unit_test(older_peers_are_understood),
        cmocka_unit_test(names_and_nicks_are_fit_to_be_shown),
        cmocka_unit_test(every_code_travels_by_its_name),
        cmocka_unit_test(an_error_text_that_does_not_fit_is_replaced),
        cmocka_unit_test(no_error_passes_for_a_success),
        cmocka_unit_test(an_unknown_event_is_to_be_ignored),
        cmocka_unit_test(what_nobody_knows_is_nested_only_so_deep),
        cmocka_unit_test(decoding_tells_whether_entries_are_unbroken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
