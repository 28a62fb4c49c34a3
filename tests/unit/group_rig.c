#include "group_rig.h"

#include <poll.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/lies.h"
#include "memory_store.h"

#define WAIT_MS 10000

static const uint8_t group_key[KEY_LEN] = {0x60};

void
rig_reopen(struct rig *r, struct keyset *allowed)
{
    struct group_options o = r->options;

    o.store = r->store;
    o.outbox = &r->desk.outbox;
    o.key = group_key;
    o.allowed = allowed;
    group_close(r->group);
    r->group = NULL;
    assert_int_equal(group_open(&r->group, &o, NULL), ST_OK);
    group_set_feed(r->group, "tcp://192.0.2.1:5562");
}

int
rig_setup(void **state)
{
    struct rig *r = calloc(1, sizeof *r);

    assert_non_null(r);
    desk_init(&r->desk);
    r->options.join_rate = r->options.join_burst = 1000000;
    assert_int_equal(memory_store_open(&r->store), ST_OK);
    r->good = r->store->engine;
    rig_reopen(r, NULL);
    *state = r;
    return 0;
}

int
rig_teardown(void **state)
{
    struct rig *r = *state;

    group_close(r->group);
    store_close(r->store);
    desk_clear(&r->desk);
    free(r);
    return 0;
}

static enum status
no_room(struct store *s, struct fault *why)
{
    (void)s;
    return fault_set(why, ST_FULL, "the disk is full");
}

/* Only while the writer is idle. */
void
rig_disk_full(struct rig *r, bool full)
{
    r->bad = *r->good;
    r->bad.commit = no_room;
    r->store->engine = full ? &r->bad : r->good;
}

/* ---- asking ---- */

uint32_t
rig_ask(struct rig *r, const struct actor *from, struct wire_request *req)
{
    struct packet packet;

    desk_packet(&r->desk, &packet, from, req);
    group_request(r->group, &packet);
    return req->msgid;
}

void
rig_settle(struct rig *r)
{
    group_flush(r->group);
    while (!group_idle(r->group)) {
        struct pollfd fds[3] = {{.fd = group_writer_fd(r->group), .events = POLLIN},
                                {.fd = group_reader_fd(r->group), .events = POLLIN},
                                {.fd = group_searcher_fd(r->group), .events = POLLIN}};

        assert_int_not_equal(poll(fds, 3, WAIT_MS), 0);
        if (fds[0].revents)
            assert_int_equal(group_written(r->group, NULL), ST_OK);
        if (fds[1].revents)
            group_read(r->group);
        if (fds[2].revents)
            group_searched(r->group);
        group_flush(r->group);
    }
}

enum status
rig_written(struct rig *r, struct fault *why)
{
    struct pollfd fd = {.fd = group_writer_fd(r->group), .events = POLLIN};

    assert_int_equal(poll(&fd, 1, WAIT_MS), 1);
    return group_written(r->group, why);
}

static const char *
lie_in_sent(const struct wire_request *req, const struct wire_reply *reply)
{
    struct wire_list messages = req->u.send_message.messages, acks = reply->u.sent.acks;
    struct lies_ack stored[WIRE_SEND_MAX];
    static struct id ids[WIRE_SEND_MAX];
    struct wire_message m;
    struct wire_ack a;
    size_t n = 0;

    if (acks.count != messages.count)
        return "is for another number of messages";
    while (wire_next(&messages, &m) && wire_next(&acks, &a)) {
        ids[n] = m.id;
        if (a.code == CODE_OK)
            stored[n] = (struct lies_ack){&ids[n], a.seq, a.ts};
        n += a.code == CODE_OK;
    }
    return lies_in_acks(stored, n);
}

/* No client may take an answer of this group for a lie. */
static void
check_honest(const struct wire_request *req, const struct wire_reply *reply)
{
    const struct wire_page *page = &reply->u.page;
    const char *lie = NULL;
    int64_t ts = 0;

    if (req->op == OP_SEND_MESSAGE)
        lie = lie_in_sent(req, reply);
    else if (req->op == OP_SEARCH_MESSAGE)
        lie = lies_in_found(&req->u.search_message, &reply->u.found);
    else if (req->op == OP_GET_MESSAGE && page->head >= req->u.get_message.after_seq)
        lie = lies_in_page(&req->u.get_message, page, &ts);
    if (lie)
        fail_msg("the group's answer to %s %s", wire_op_name(req->op), lie);
}

enum wire_code
rig_call(struct rig *r, const struct actor *from, struct wire_request *req, struct wire_reply *out)
{
    struct wire_reply unused;
    uint32_t msgid = rig_ask(r, from, req);

    rig_settle(r);
    if (!out)
        out = &unused;
    desk_answer(&r->desk, msgid, req->op, out);
    if (out->code == CODE_OK)
        check_honest(req, out);
    return out->code;
}

/* ---- requests ---- */

struct wire_request
rig_join(const struct actor *who, const char *nick)
{
    struct wire_request req = {.op = OP_JOIN_GROUP, .u.join_group.uuid = who->uuid};

    if (nick) {
        req.u.join_group.has = WIRE_JOIN_HAS_NICK;
        req.u.join_group.nick = span_of(nick);
    }
    return req;
}

struct wire_request
rig_leave(const struct actor *who)
{
    return (struct wire_request){.op = OP_LEAVE_GROUP, .u.leave_group.uuid = who->uuid};
}

struct wire_request
rig_get_after(uint64_t seq)
{
    return (
        struct wire_request){.op = OP_GET_MESSAGE,
                             .u.get_message = {.has = WIRE_GET_HAS_AFTER_SEQ, .after_seq = seq}};
}

struct wire_request
rig_get_before(uint64_t seq)
{
    return (
        struct wire_request){.op = OP_GET_MESSAGE,
                             .u.get_message = {.has = WIRE_GET_HAS_BEFORE_SEQ, .before_seq = seq}};
}

struct wire_request
rig_send(const struct buf *list, uint32_t count)
{
    return (
        struct wire_request){.op = OP_SEND_MESSAGE,
                             .u.send_message.messages = {.raw = buf_span(list), .count = count}};
}

struct id
rig_id(const char *text)
{
    struct id id = {{0}};
    size_t len = strlen(text);

    memcpy(id.bytes, text, len < ID_LEN ? len : ID_LEN);
    return id;
}

void
rig_message(struct buf *list, const char *id, const char *body)
{
    struct wire_message m = {.id = rig_id(id), .body = span_of(body)};

    wire_pack(list, &m);
    assert_false(list->failed);
}

void
rig_in(struct rig *r, const struct actor *who, const char *nick)
{
    struct wire_request req = rig_join(who, nick);

    assert_int_equal(rig_call(r, who, &req, NULL), CODE_OK);
}

uint64_t
rig_say(struct rig *r, const struct actor *who, const char *id, const char *body)
{
    struct wire_reply reply;
    struct wire_ack ack;
    struct buf list;
    struct wire_request req;

    buf_init(&list, 0);
    rig_message(&list, id, body);
    req = rig_send(&list, 1);
    assert_int_equal(rig_call(r, who, &req, &reply), CODE_OK);
    buf_clear(&list);
    assert_true(wire_next(&reply.u.sent.acks, &ack));
    assert_int_equal(ack.code, CODE_OK);
    assert_int_not_equal(ack.seq, 0);
    return ack.seq;
}

void
rig_secret(uint8_t secret, uint8_t out[static WIRE_KEY_LEN], uint8_t hash[static WIRE_KEY_LEN])
{
    memset(out, secret, WIRE_KEY_LEN);
    crypto_generichash(hash, WIRE_KEY_LEN, out, WIRE_KEY_LEN, NULL, 0);
}

struct wire_request
rig_join_invited(const struct actor *who, const char *nick,
                 const uint8_t secret[static WIRE_KEY_LEN])
{
    struct wire_request req = rig_join(who, nick);

    req.u.join_group.has |= WIRE_JOIN_HAS_INVITE;
    memcpy(req.u.join_group.invite, secret, WIRE_KEY_LEN);
    return req;
}

struct wire_request
rig_invite(uint8_t secret, uint64_t uses, uint64_t lasts_ms)
{
    struct wire_request req = {.op = OP_CREATE_INVITE,
                               .u.create_invite = {.uses = uses, .lasts_ms = lasts_ms}};
    uint8_t text[WIRE_KEY_LEN];

    rig_secret(secret, text, req.u.create_invite.hash);
    return req;
}

struct wire_request
rig_on(enum wire_op op, const char *id, const struct actor *who)
{
    return (struct wire_request){.op = op, .u.on_member = {.id = rig_id(id), .who = who->uuid}};
}

struct wire_request
rig_set_role(const char *id, const struct actor *who, enum role role)
{
    return (struct wire_request){.op = OP_SET_ROLE,
                                 .u.set_role = {.id = rig_id(id), .who = who->uuid, .role = role}};
}

struct wire_request
rig_set_nick(const char *id, const char *nick)
{
    return (struct wire_request){.op = OP_SET_NICK,
                                 .u.set_nick = {.id = rig_id(id), .nick = span_of(nick)}};
}

struct wire_request
rig_set_topic(const char *id, const char *topic)
{
    return (struct wire_request){.op = OP_SET_TOPIC,
                                 .u.set_topic = {.id = rig_id(id), .topic = span_of(topic)}};
}

/* ---- the feed ---- */

void
rig_subscription(struct rig *r, const struct actor *who, bool on, const uint8_t *topic, size_t len,
                 int64_t now_ms)
{
    struct subscription sub = {.on = on, .has_peer = who != NULL, .fd = -1, .topic_len = len};

    if (who)
        memcpy(sub.peer, who->key, sizeof sub.peer);
    memcpy(sub.topic, topic, len < TICKET_LEN ? len : TICKET_LEN);
    group_subscription(r->group, &sub, now_ms);
}

void
rig_follow(struct rig *r, const struct actor *who, uint8_t ticket[static TICKET_LEN])
{
    struct wire_request req = {.op = OP_SUBSCRIBE};
    struct wire_reply reply;

    assert_int_equal(rig_call(r, who, &req, &reply), CODE_OK);
    memcpy(ticket, reply.u.subscribed.ticket, TICKET_LEN);
    rig_subscription(r, who, true, ticket, TICKET_LEN, 0);
}

uint64_t
rig_feed_seq(const struct rig *r, const uint8_t *ticket, size_t i)
{
    size_t frames = desk_feed_count(&r->desk, ticket);

    for (size_t k = 0; k < frames; k++) {
        struct wire_feed feed;
        struct entry e;

        desk_feed_at(&r->desk, ticket, k, &feed);
        while (feed.event == EVENT_ENTRIES && wire_next(&feed.entries, &e))
            if (i-- == 0)
                return e.seq;
    }
    return 0;
}

void
rig_last_event(const struct rig *r, const uint8_t *ticket, struct wire_feed *out)
{
    size_t frames = desk_feed_count(&r->desk, ticket);

    assert_int_not_equal(frames, 0);
    desk_feed_at(&r->desk, ticket, frames - 1, out);
}
