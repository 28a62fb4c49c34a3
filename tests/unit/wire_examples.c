#include "wire_examples.h"

#include <string.h>

#define TS  INT64_C(1700000000000000000)
#define ANN example_person(0)
#define BOB example_person(0x40)

static void
fill_counting(uint8_t *bytes, size_t len, unsigned first)
{
    size_t i;

    for (i = 0; i < len; i++)
        bytes[i] = (uint8_t)(first + i);
}

struct id
example_person(unsigned first)
{
    uint8_t key[WIRE_KEY_LEN];

    fill_counting(key, sizeof key, first);
    return id_of_key(key);
}

static struct id
log_id(void)
{
    struct id id;

    fill_counting(id.bytes, ID_LEN, 0xa0);
    return id;
}

static struct id
own_id(unsigned last)
{
    struct id id = {{0x01, 0x93, 0x5a, 0x2b, 0x3c, 0x00, 0x70, 0x00, 0x80}};

    id.bytes[15] = (uint8_t)last;
    return id;
}

static void
pack_ann_entry(struct buf *b, uint64_t seq, int64_t ts, uint8_t kind, unsigned id, const char *body)
{
    struct entry e = {.seq = seq, .ts = TS + ts, .kind = kind, .body = span_of(body)};

    e.author = ANN;
    e.id = own_id(id);
    wire_pack(b, &e);
}

/* The example of op has this number in its request and its reply. */
static uint32_t
msgid_of(enum wire_op op)
{
    static const uint32_t first_ones[] = {1, 2, 3, 4, 10, 5, 6, 7, 8};

    return op < OP_GET_INFO ? first_ones[op] : (uint32_t)op + 2;
}

/* ---- requests ---- */

static struct id
an_instance(void)
{
    struct id id;

    fill_counting(id.bytes, ID_LEN, 0xc0);
    return id;
}

static void
fill_register(struct wire_register *r)
{
    *r = (struct wire_register){.name = span_of("team"), .members = 2};
    r->address = span_of("tcp://192.0.2.1:5551");
    r->feed = span_of("tcp://192.0.2.1:5552");
    r->instance = an_instance();
}

static void
fill_send(struct wire_send_message *r, struct buf *items)
{
    struct wire_message message = {.id = own_id(10), .body = span_of("Hello")};

    wire_pack(items, &message);
    r->messages = (struct wire_list){.raw = buf_span(items), .count = 1};
}

static void
fill_change(struct wire_request *r)
{
    switch (r->op) {
    case OP_SET_NICK:
        r->u.set_nick = (struct wire_set_nick){own_id(12), span_of("ann b")};
        break;
    case OP_SET_TOPIC:
        r->u.set_topic = (struct wire_set_topic){own_id(13), span_of("Release on Friday")};
        break;
    case OP_SET_ROLE:
        r->u.set_role = (struct wire_set_role){own_id(14), BOB, ROLE_MODERATOR};
        break;
    case OP_KICK_MEMBER:
        r->u.on_member = (struct wire_on_member){own_id(15), BOB};
        break;
    case OP_BAN_MEMBER:
        r->u.on_member = (struct wire_on_member){own_id(16), BOB};
        break;
    case OP_UNBAN_MEMBER:
        r->u.on_member = (struct wire_on_member){own_id(17), BOB};
        break;
    case OP_CREATE_INVITE:
        fill_counting(r->u.create_invite.hash, WIRE_KEY_LEN, 0xc0);
        r->u.create_invite.uses = 5;
        r->u.create_invite.lasts_ms = 86400000;
        break;
    case OP_REVOKE_INVITE:
        fill_counting(r->u.revoke_invite.hash, WIRE_KEY_LEN, 0xc0);
        break;
    default:
        break;
    }
}

static void
fill_request(struct wire_request *r, struct buf *items)
{
    switch (r->op) {
    case OP_REGISTER:
        fill_register(&r->u.register_);
        break;
    case OP_UNREGISTER:
        r->u.unregister.name = span_of("team");
        r->u.unregister.instance = an_instance();
        break;
    case OP_JOIN_GROUP:
        r->u.join_group.uuid = ANN;
        r->u.join_group.has = WIRE_JOIN_HAS_NICK;
        r->u.join_group.nick = span_of("ann");
        break;
    case OP_LEAVE_GROUP:
        r->u.leave_group.uuid = ANN;
        break;
    case OP_SEND_MESSAGE:
        fill_send(&r->u.send_message, items);
        break;
    case OP_GET_MESSAGE:
        r->u.get_message.has = WIRE_GET_HAS_AFTER_SEQ;
        break;
    case OP_SUBSCRIBE:
        r->u.subscribe.has = WIRE_SUBSCRIBE_HAS_LOG;
        fill_counting(r->u.subscribe.log.bytes, ID_LEN, 0x80);
        break;
    case OP_SEARCH_MESSAGE:
        r->u.search_message.words = span_of("hello");
        break;
    default:
        fill_change(r);
        break;
    }
}

void
example_request(struct buf *b, enum wire_op op, struct buf *items)
{
    struct wire_request r;

    memset(&r, 0, sizeof r);
    r.op = op;
    r.msgid = msgid_of(op);
    fill_request(&r, items);
    wire_pack_request(b, &r);
}

/* ---- replies ---- */

static void
fill_group_page(struct wire_group_page *page, struct buf *items)
{
    struct wire_group g = {.name = span_of("team"), .members = 2};

    fill_counting(g.key, sizeof g.key, 0x20);
    g.address = span_of("tcp://192.0.2.1:5551");
    g.feed = span_of("tcp://192.0.2.1:5552");
    wire_pack(items, &g);
    *page = (struct wire_group_page){{.raw = buf_span(items), .count = 1}, true};
}

static void
fill_sent(struct wire_sent *sent, struct buf *items)
{
    struct wire_ack ack = {.seq = 2, .ts = TS + 5};

    wire_pack(items, &ack);
    sent->acks = (struct wire_list){.raw = buf_span(items), .count = 1};
}

static void
fill_page(struct wire_page *page, struct buf *items)
{
    pack_ann_entry(items, 1, 0, ENTRY_JOINED, 1, "ann");
    pack_ann_entry(items, 2, 5, ENTRY_MESSAGE, 10, "Hello");
    *page = (struct wire_page){.log = log_id(), .first = 1, .head = 2, .next = 2, .end = true};
    page->entries = (struct wire_list){.raw = buf_span(items), .count = 2};
}

static void
fill_member_page(struct wire_member_page *page, struct buf *items)
{
    struct wire_member member = {.uuid = ANN, .nick = span_of("ann"), .since = TS};

    member.role = ROLE_OWNER;
    member.here = true;
    wire_pack(items, &member);
    *page = (struct wire_member_page){{.raw = buf_span(items), .count = 1}, true};
}

static void
fill_subscribed(struct wire_subscribed *subscribed)
{
    *subscribed = (struct wire_subscribed){
        .log = log_id(),
        .head = 2,
        .ts = TS + 5,
        .has = WIRE_HAS_SHARED,
        .shared = 1,
    };
    fill_counting(subscribed->ticket, WIRE_TICKET_LEN, 0xb0);
    subscribed->feed = span_of("tcp://192.0.2.1:5552");
}

static void
fill_info(struct wire_info *info)
{
    *info = (struct wire_info){.log = log_id(), .first = 1, .head = 5, .now = TS + 9};
    info->topic = span_of("Release on Friday");
    info->history = span_of("all");
    info->admission = span_of("open");
    info->role = ROLE_OWNER;
    info->members = 2;
    info->here = 1;
}

static void
fill_found(struct wire_found *found, struct buf *items)
{
    pack_ann_entry(items, 2, 5, ENTRY_MESSAGE, 10, "Hello");
    *found = (struct wire_found){.log = log_id(), .head = 5, .next = 5, .end = true};
    found->entries = (struct wire_list){.raw = buf_span(items), .count = 1};
}

static void
fill_ban_page(struct wire_ban_page *page, struct buf *items)
{
    struct wire_ban ban = {BOB, span_of("bob"), ANN, TS + 12};

    wire_pack(items, &ban);
    *page = (struct wire_ban_page){{.raw = buf_span(items), .count = 1}, true};
}

static void
fill_invite_page(struct wire_invite_page *page, struct buf *items)
{
    struct wire_invite invite = {.by = ANN, .since = TS + 14, .uses = 5};

    fill_counting(invite.hash, WIRE_KEY_LEN, 0xc0);
    invite.expires = TS + 14 + INT64_C(86400000000000);
    wire_pack(items, &invite);
    *page = (struct wire_invite_page){{.raw = buf_span(items), .count = 1}, true};
}

static void
fill_administration(struct wire_reply *r, enum wire_op op, struct buf *items)
{
    switch (op) {
    case OP_SET_NICK:
        r->u.changed = (struct wire_changed){4, TS + 8};
        break;
    case OP_SET_TOPIC:
        r->u.changed = (struct wire_changed){5, TS + 9};
        break;
    case OP_SET_ROLE:
        r->u.changed = (struct wire_changed){6, TS + 10};
        break;
    case OP_KICK_MEMBER:
        r->u.removed = (struct wire_removed){7, TS + 11, 6};
        break;
    case OP_BAN_MEMBER:
        r->u.removed = (struct wire_removed){8, TS + 12, 0};
        break;
    case OP_UNBAN_MEMBER:
        r->u.changed = (struct wire_changed){9, TS + 13};
        break;
    case OP_GET_BANS:
        fill_ban_page(&r->u.ban_page, items);
        break;
    case OP_CREATE_INVITE:
        r->u.invited = (struct wire_invited){TS + 14 + INT64_C(86400000000000)};
        break;
    case OP_GET_INVITES:
        fill_invite_page(&r->u.invite_page, items);
        break;
    default:
        break;
    }
}

static void
fill_reply(struct wire_reply *r, enum wire_op op, struct buf *items)
{
    switch (op) {
    case OP_REGISTER:
        r->u.registered = (struct wire_registered){.lease_ms = 15000,
                                                   .renew_ms = 5000,
                                                   .now = 1700000000000000000};
        break;
    case OP_GET_GROUP_LIST:
        fill_group_page(&r->u.group_page, items);
        break;
    case OP_JOIN_GROUP:
        r->u.joined = (struct wire_joined){log_id(), 1, TS, span_of("ann"), false};
        break;
    case OP_LEAVE_GROUP:
        r->u.left = (struct wire_left){3, TS + 7};
        break;
    case OP_SEND_MESSAGE:
        fill_sent(&r->u.sent, items);
        break;
    case OP_GET_MESSAGE:
        fill_page(&r->u.page, items);
        break;
    case OP_GET_MEMBERS:
        fill_member_page(&r->u.member_page, items);
        break;
    case OP_SUBSCRIBE:
        fill_subscribed(&r->u.subscribed);
        break;
    case OP_GET_INFO:
        fill_info(&r->u.info);
        break;
    case OP_SEARCH_MESSAGE:
        fill_found(&r->u.found, items);
        break;
    default:
        fill_administration(r, op, items);
        break;
    }
}

void
example_reply(struct buf *b, enum wire_op op, struct buf *items)
{
    struct wire_reply r;

    memset(&r, 0, sizeof r);
    r.msgid = msgid_of(op);
    fill_reply(&r, op, items);
    wire_pack_reply(b, op, &r);
}

/* ---- backwards ---- */

#define BACK_MSGID 23

void
example_back_request(struct buf *b)
{
    struct wire_request r = {.msgid = BACK_MSGID, .op = OP_GET_MESSAGE};

    r.u.get_message.has = WIRE_GET_HAS_BEFORE_SEQ;
    r.u.get_message.before_seq = 3;
    r.u.get_message.limit = 1;
    wire_pack_request(b, &r);
}

void
example_back_reply(struct buf *b, struct buf *items)
{
    struct wire_reply r = {.msgid = BACK_MSGID};

    pack_ann_entry(items, 2, 5, ENTRY_MESSAGE, 10, "Hello");
    r.u.page = (struct wire_page){.log = log_id(), .first = 1, .head = 4, .next = 2};
    r.u.page.entries = (struct wire_list){.raw = buf_span(items), .count = 1};
    wire_pack_reply(b, OP_GET_MESSAGE, &r);
}

void
example_event(struct buf *b, enum wire_event event, struct buf *items)
{
    struct wire_feed f = {.event = event, .log = log_id(), .head = event == EVENT_HEAD ? 3 : 2};

    f.presence = 7;
    pack_ann_entry(items, 3, 6, ENTRY_MESSAGE, 11, "Hi");
    f.entries = (struct wire_list){.raw = buf_span(items), .count = 1};
    f.code = span_of(wire_end_name(END_LEFT));
    f.text = span_of(wire_end_text(END_LEFT));
    wire_pack_feed(b, &f);
}
