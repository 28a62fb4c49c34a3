#include "honest.h"

#include <poll.h>
#include <string.h>
#include <uuid.h>

#define HEARS_MS 5000
#define CUTS_MAX 5

/* ---- answers ---- */

static void
read_error(struct raw_in in, struct answer *out)
{
    struct raw_in code = raw_field(in, "code"), text = raw_field(in, "text");

    raw_read_str(&code, out->code);
    raw_read_str(&text, out->text);
}

bool
answer_read(struct answer *out, const struct bytes *reply)
{
    struct raw_in in = {.p = reply->p, .left = reply->len};

    memset(out, 0, sizeof *out);
    if (raw_read_array(&in) != 4 || raw_read_uint(&in) != 1)
        return false;
    out->msgid = raw_read_uint(&in);
    if (raw_read_nil(&in))
        out->result = in;
    else
        read_error(in, out);
    return true;
}

void
honest_ask(struct zmtp *z, const struct raw_out *o, struct answer *out)
{
    static struct bytes reply;
    enum zmtp_status st = ZMTP_ENDED;

    memset(out, 0, sizeof *out);
    if (zmtp_send_request(z, o->bytes, o->len))
        st = zmtp_receive_reply(z, &reply, ZMTP_PATIENCE);
    if (st == ZMTP_OK && (!answer_read(out, &reply) || out->msgid != o->msgid))
        st = ZMTP_WRONG;
    out->status = st;
}

static void
must(struct zmtp *z, const struct raw_out *o, struct answer *out, const char *what)
{
    honest_ask(z, o, out);
    if (out->status != ZMTP_OK)
        raw_fail("an honest %s: %s", what, zmtp_status_name(out->status));
    if (out->code[0])
        raw_fail("an honest %s was refused: %s, %s", what, out->code, out->text);
}

/* ---- steps ---- */

void
honest_join(struct honest *h, const struct stage *stage, const struct zmtp_key *key,
            const char *from)
{
    struct answer a;
    struct raw_out o;
    enum zmtp_status st;

    *h = (struct honest){.stage = stage, .key = *key, .from = from};
    h->feed.fd = -1;
    st = stage_call(stage, DOOR_GROUP, key, from, &h->requests);
    if (st != ZMTP_OK)
        raw_fail("an honest member at the group: %s", zmtp_status_name(st));
    raw_begin(&o, "join_group", 1);
    raw_str(&o, "uuid");
    raw_bin(&o, key->uuid, RAW_ID_LEN);
    must(&h->requests, &o, &a, "join");
}

uint64_t
honest_subscribe(struct honest *h)
{
    struct answer a;
    struct raw_out o;
    struct raw_in ticket;

    raw_begin(&o, "subscribe", 0);
    must(&h->requests, &o, &a, "subscribe");
    ticket = raw_field(a.result, "ticket");
    raw_read_fixed(&ticket, h->ticket, RAW_ID_LEN);
    return raw_field_uint(a.result, "head");
}

static bool
connect_feed(struct honest *h)
{
    uint8_t topic[1 + RAW_ID_LEN] = {1};
    uint64_t none;

    if (stage_call(h->stage, DOOR_FEED, &h->key, h->from, &h->feed) != ZMTP_OK)
        return false;
    memcpy(topic + 1, h->ticket, RAW_ID_LEN);
    if (zmtp_send(&h->feed, 0, topic, sizeof topic) &&
        honest_hear(h, raw_now_ms() + HEARS_MS, &none) == ZMTP_OK)
        return true;
    zmtp_close(&h->feed);
    return false;
}

void
honest_follow(struct honest *h)
{
    int64_t end = raw_now_ms() + HEARS_MS;

    honest_subscribe(h);
    zmtp_close(&h->feed);
    while (!connect_feed(h)) {
        if (raw_now_ms() > end)
            raw_fail("an honest member gets no feed");
        poll(NULL, 0, 20);
    }
}

uint64_t
honest_say(struct honest *h, const void *body, size_t len)
{
    struct answer a;
    struct raw_out o;
    uuid_t id;
    uint64_t seq;
    struct raw_in acks;

    uuid_generate_random(id);
    raw_begin(&o, "send_message", 1);
    raw_str(&o, "messages");
    raw_array(&o, 1);
    raw_array(&o, 2);
    raw_bin(&o, id, sizeof id);
    raw_bin(&o, body, len);
    must(&h->requests, &o, &a, "send");
    acks = raw_field(a.result, "acks");
    raw_read_array(&acks);
    raw_read_array(&acks);
    seq = raw_read_uint(&acks);
    if (!seq)
        raw_fail("an honest message was refused");
    return seq;
}

/* Passes the entries of a list on; the seq of the last. */
static uint64_t
tell_entries(struct honest *h, struct raw_in map)
{
    struct raw_in list = raw_field(map, "entries");
    struct raw_entry e = {.seq = 0};

    for (uint32_t n = raw_read_array(&list); n > 0; n--) {
        raw_read_entry(&list, &e);
        if (h->entry)
            h->entry(h->ctx, &e);
    }
    return e.seq;
}

uint64_t
honest_fetch(struct honest *h, uint64_t after_seq)
{
    struct answer a;
    struct raw_out o;

    raw_begin(&o, "get_message", 1);
    raw_str(&o, "after_seq");
    raw_uint(&o, after_seq);
    must(&h->requests, &o, &a, "look at history");
    tell_entries(h, a.result);
    return raw_field_uint(a.result, "next");
}

enum zmtp_status
honest_hear(struct honest *h, int64_t end_ms, uint64_t *seq)
{
    static struct bytes frame;
    char event[RAW_TEXT] = "head";

    *seq = 0;
    while (strcmp(event, "head") == 0) {
        unsigned inner;
        int64_t left = end_ms - raw_now_ms();
        enum zmtp_status st = zmtp_receive(&h->feed, &inner, &frame, left > 0 ? (int)left : 0);
        struct raw_in in;

        if (st != ZMTP_OK)
            return st;
        if (inner != INNER_MORE || frame.len != RAW_ID_LEN ||
            memcmp(frame.p, h->ticket, RAW_ID_LEN) != 0)
            return ZMTP_WRONG;
        st = zmtp_receive(&h->feed, &inner, &frame, ZMTP_PATIENCE);
        if (st != ZMTP_OK)
            return st;
        in = (struct raw_in){.p = frame.p, .left = frame.len};
        if (raw_read_array(&in) != 3 || raw_read_uint(&in) != 2)
            return ZMTP_WRONG;
        raw_read_str(&in, event);
        if (strcmp(event, "entries") == 0)
            *seq = tell_entries(h, in);
        else if (h->head && strcmp(event, "end") != 0)
            h->head(h->ctx, raw_field_uint(in, "head"));
    }
    return ZMTP_OK;
}

void
honest_leave_sockets(struct honest *h)
{
    zmtp_close(&h->requests);
    zmtp_close(&h->feed);
}

/* ---- all of it ---- */

static void
check_list(const struct stage *stage, const struct zmtp_key *key, const char *from)
{
    struct zmtp z;
    struct answer a;
    struct raw_out o;
    enum zmtp_status st = stage_call(stage, DOOR_SERVER, key, from, &z);
    struct raw_in groups;

    if (st != ZMTP_OK)
        raw_fail("an honest user at the message server: %s", zmtp_status_name(st));
    raw_begin(&o, "get_group_list", 0);
    must(&z, &o, &a, "list");
    groups = raw_field(a.result, "groups");
    if (raw_read_array(&groups) == 0)
        raw_fail("the list of groups is empty");
    zmtp_close(&z);
}

static void
check_history(struct honest *h, uint64_t seq)
{
    struct answer a;
    struct raw_out o;
    struct raw_entry e;
    struct raw_in list;

    raw_begin(&o, "get_message", 2);
    raw_str(&o, "after_seq");
    raw_uint(&o, seq - 1);
    raw_str(&o, "limit");
    raw_uint(&o, 1);
    must(&h->requests, &o, &a, "look at history");
    list = raw_field(a.result, "entries");
    if (raw_read_array(&list) != 1)
        raw_fail("history does not hold a message that was acknowledged");
    raw_read_entry(&list, &e);
    if (e.seq != seq || memcmp(e.author, h->key.uuid, RAW_ID_LEN) != 0)
        raw_fail("history holds another message than the one acknowledged");
}

/* False: the connection was cut, as all are when somebody listens to the feeds of others. */
static bool
hears(struct honest *h, uint64_t seq)
{
    int64_t end = raw_now_ms() + HEARS_MS;
    uint64_t heard = 0;

    while (heard < seq) {
        enum zmtp_status st = honest_hear(h, end, &heard);

        if (st == ZMTP_ENDED)
            return false;
        if (st != ZMTP_OK)
            raw_fail("an honest member on the feed: %s", zmtp_status_name(st));
    }
    return true;
}

void
honest_check(const struct stage *stage, const struct zmtp_key *key, const char *from)
{
    static struct honest h;
    unsigned cuts = 0;
    uint64_t seq;
    bool heard;

    check_list(stage, key, from);
    honest_join(&h, stage, key, from);
    do {
        honest_follow(&h);
        seq = honest_say(&h, "hello", 5);
        heard = hears(&h, seq);
    } while (!heard && ++cuts < CUTS_MAX);
    if (!heard)
        raw_fail("an honest member's feed does not last");
    check_history(&h, seq);
    honest_leave_sockets(&h);
}
