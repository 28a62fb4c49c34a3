/*
 * liar KEYFILE ADDRESS LIE: a group that answers at ADDRESS with that key, and lies. LIE is one of
 * those in `lies` below. It says "listening on ADDRESS" and goes on until it is killed.
 */
#include <stdio.h>
#include <string.h>
#include <zmq.h>

#include "base/clock.h"
#include "net/auth.h"
#include "net/net.h"
#include "wire/wire.h"

enum { LOG_HEAD = 10 };

static const struct id the_log = {{1}};

struct answer {
    struct wire_reply reply;
    struct buf list;
};

static void
put_entry(struct answer *a, struct wire_list *l, uint64_t seq)
{
    struct entry e = {.seq = seq, .ts = (int64_t)seq, .kind = ENTRY_MESSAGE, .author = {{2}}};

    e.body = span_of("hello");
    wire_pack(&a->list, &e);
    *l = (struct wire_list){.raw = buf_span(&a->list), .count = l->count + 1};
}

static void
put_member(struct answer *a, uint8_t first)
{
    struct wire_member m = {.uuid = {{first}}, .nick = span_of("somebody"), .since = 1};
    struct wire_list *l = &a->reply.u.member_page.members;

    wire_pack(&a->list, &m);
    *l = (struct wire_list){.raw = buf_span(&a->list), .count = l->count + 1};
}

/* ---- the lies ---- */

static void
hole(struct answer *a, const struct wire_request *req)
{
    struct wire_page *page = &a->reply.u.page;
    uint64_t seq = req->u.get_message.after_seq + 1;

    page->next = seq;
    put_entry(a, &page->entries, seq);
    /* The first is what an export looks at before it begins. */
    if (req->u.get_message.limit == 1)
        return;
    page->next = LOG_HEAD;
    put_entry(a, &page->entries, LOG_HEAD);
    page->end = true;
}

/* What is missing between two pages is gone, it says. */
static void
gone(struct answer *a, const struct wire_request *req)
{
    struct wire_page *page = &a->reply.u.page;
    uint64_t seq = req->u.get_message.after_seq + 1;

    page->next = seq;
    if (seq > 1)
        page->first = page->next = seq = LOG_HEAD;
    put_entry(a, &page->entries, seq);
    page->end = seq == LOG_HEAD;
}

static void
early(struct answer *a, const struct wire_request *req)
{
    struct wire_page *page = &a->reply.u.page;

    page->next = req->u.get_message.after_seq + 1;
    put_entry(a, &page->entries, page->next);
    page->end = true;
}

static void
creep(struct answer *a, const struct wire_request *req)
{
    a->reply.u.found = (struct wire_found){.log = the_log, .head = WIRE_SEQ_MAX};
    a->reply.u.found.next = req->u.search_message.after_seq + 1;
}

static void
twice(struct answer *a, const struct wire_request *req)
{
    (void)req;
    put_member(a, 7);
    put_member(a, 7);
    a->reply.u.member_page.end = true;
}

static void
never(struct answer *a, const struct wire_request *req)
{
    struct wire_ack ack = {.seq = 1};

    (void)req;
    wire_pack(&a->list, &ack);
    a->reply.u.sent.acks = (struct wire_list){.raw = buf_span(&a->list), .count = 1};
}

static const struct lie {
    const char *name;
    enum wire_op op;
    void (*tell)(struct answer *a, const struct wire_request *req);
} lies[] = {
    {"hole", OP_GET_MESSAGE, hole},   {"gone", OP_GET_MESSAGE, gone},
    {"early", OP_GET_MESSAGE, early}, {"creep", OP_SEARCH_MESSAGE, creep},
    {"twice", OP_GET_MEMBERS, twice}, {"never", OP_SEND_MESSAGE, never},
};

/* ---- the rest ---- */

static void
tell_truth(struct answer *a, const struct wire_request *req)
{
    switch (req->op) {
    case OP_GET_INFO:
        a->reply.u.info = (struct wire_info){.log = the_log, .first = 1, .head = LOG_HEAD};
        a->reply.u.info.history = span_of("all");
        a->reply.u.info.admission = span_of("open");
        break;
    case OP_GET_MEMBERS:
        a->reply.u.member_page.end = true;
        break;
    default:
        a->reply.code = CODE_UNKNOWN_METHOD;
    }
}

static void
answer(struct sock *door, struct packet *packet, const struct lie *lie)
{
    struct answer a = {.reply = {.code = CODE_OK}};
    struct wire_request req;
    struct frame f;
    struct buf out;

    if (wire_decode_request(&req, frame_span(&packet->body), NULL) != CODE_OK)
        return;
    buf_init(&a.list, 0);
    buf_init(&out, 0);
    a.reply.msgid = req.msgid;
    if (req.op == OP_GET_MESSAGE)
        a.reply.u.page = (struct wire_page){.log = the_log, .first = 1, .head = LOG_HEAD};
    if (req.op == lie->op)
        lie->tell(&a, &req);
    else
        tell_truth(&a, &req);
    if (a.reply.code == CODE_OK)
        wire_pack_reply(&out, req.op, &a.reply);
    else
        wire_pack_error(&out, a.reply.msgid, a.reply.code, NULL);
    frame_init(&f);
    if (frame_from_buf(&f, &out) == ST_OK)
        (void)sock_reply(door, &packet->route, &f);
    frame_clear(&f);
    buf_clear(&out);
    buf_clear(&a.list);
}

static bool
everybody(void *ctx, const char *domain, const uint8_t key[static KEY_LEN])
{
    (void)ctx;
    (void)domain;
    (void)key;
    return true;
}

static void
serve(struct auth *auth, struct sock *door, const struct lie *lie)
{
    struct packet packet;

    for (;;) {
        zmq_pollitem_t items[] = {{.socket = auth_handle(auth), .events = ZMQ_POLLIN},
                                  {.socket = sock_handle(door), .events = ZMQ_POLLIN}};

        zmq_poll(items, 2, -1);
        auth_serve(auth, clock_mono_ms());
        while (sock_next_request(door, &packet) == ST_OK) {
            answer(door, &packet, lie);
            frame_clear(&packet.body);
        }
    }
}

int
main(int argc, char **argv)
{
    const struct lie *lie = NULL;
    struct fault why = {{0}};
    struct keypair keys = {0};
    struct net *net = NULL;
    struct auth *auth = NULL;
    struct sock *door = NULL;

    for (size_t i = 0; argc == 4 && i < sizeof lies / sizeof *lies; i++)
        if (strcmp(lies[i].name, argv[3]) == 0)
            lie = &lies[i];
    if (lie == NULL) {
        fputs("usage: liar KEYFILE ADDRESS LIE\n", stderr);
        return 2;
    }
    if (keypair_load(&keys, argv[1], &why) != ST_OK || net_open(&net, 1, &why) != ST_OK ||
        auth_open(&auth, net, everybody, NULL, &why) != ST_OK ||
        sock_server_open(&door, net, SOCK_REQUESTS, &keys, "requests", &why) != ST_OK ||
        sock_bind(door, argv[2], &why) != ST_OK) {
        fprintf(stderr, "liar: %s\n", why.text);
        return 1;
    }
    fprintf(stderr, "listening on %s\n", sock_endpoint(door));
    serve(auth, door, lie);
}
