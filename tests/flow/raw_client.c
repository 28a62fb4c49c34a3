/*
 * raw_client - a user's whole session, written from docs/protocol.md alone (section 12).
 * Usage: raw_client SERVER SERVER-KEY KEYFILE GROUP NICK TEXT [REQUESTS FEED [TRANSCRIPT]]
 * REQUESTS and FEED: addresses to use instead of those that the services give.
 */
#include <stdlib.h>
#include <string.h>
#include <uuid.h>
#include <zmq.h>

#include "raw.h"

#define MESSAGES 2

struct session {
    void *ctx;
    void *req;
    void *sub;
    struct raw_key me;
    struct raw_group group;
    const char *nick;
    const char *text;
    const char *feed; /* NULL: as subscribe says */
    uint8_t log[RAW_ID_LEN];
    uint8_t ticket[RAW_ID_LEN];
    uint64_t joined;
    uint8_t ids[MESSAGES][RAW_ID_LEN];
    uint64_t seqs[MESSAGES];
    uint64_t times[MESSAGES];
};

static void
find_group(struct session *s, const char *server, const char *server_key, const char *name)
{
    void *req = raw_socket(s->ctx, ZMQ_REQ, &s->me, server_key);

    raw_connect(req, server);
    raw_find_group(req, name, &s->group);
    raw_close(req);
}

/* Everything but joining is refused to who is no member. */
static void
check_outside(struct session *s)
{
    struct raw_reply reply;
    struct raw_out o;

    raw_begin(&o, "get_message", 1);
    raw_str(&o, "after_seq");
    raw_uint(&o, 0);
    raw_must(s->req, &o, "not_member", &reply);
    raw_reply_clear(&reply);
    raw_begin(&o, "subscribe", 0);
    raw_must(s->req, &o, "not_member", &reply);
    raw_reply_clear(&reply);
    raw_begin(&o, "no_such_method", 0);
    raw_must(s->req, &o, "unknown_method", &reply);
    raw_reply_clear(&reply);
}

static void
follow(struct session *s)
{
    char feed[RAW_TEXT];
    struct raw_event e;
    uint8_t log[RAW_ID_LEN];
    uint64_t head = raw_subscribe(s->req, s->ticket, feed);
    struct raw_in value;

    if (head < s->joined)
        raw_fail("the head is before the joined entry");
    s->sub = raw_socket(s->ctx, ZMQ_SUB, &s->me, s->group.key_z85);
    zmq_setsockopt(s->sub, ZMQ_SUBSCRIBE, s->ticket, RAW_ID_LEN);
    raw_connect(s->sub, s->feed ? s->feed : feed);
    if (!raw_next_event(s->sub, RAW_WAIT_MS, &e))
        raw_fail("no welcome came");
    if (strcmp(e.name, "welcome") != 0 || memcmp(e.topic, s->ticket, RAW_ID_LEN) != 0)
        raw_fail("the first event is \"%s\"", e.name);
    value = raw_field(e.fields, "log");
    raw_read_fixed(&value, log, RAW_ID_LEN);
    if (memcmp(log, s->log, RAW_ID_LEN) != 0 || raw_field_uint(e.fields, "head") < head)
        raw_fail("welcome does not fit what join and subscribe said");
    raw_event_clear(&e);
}

/* Reads from cursor to the end; the last entry must be this one. */
static void
check_history(struct session *s)
{
    uint64_t cursor = 0, ts = 0;
    bool end = false;
    struct raw_entry entry = {.seq = 0};

    while (!end) {
        struct raw_reply reply;
        struct raw_out o;
        struct raw_in list, last;

        raw_begin(&o, "get_message", 2);
        raw_str(&o, "after_seq");
        raw_uint(&o, cursor);
        raw_str(&o, "limit");
        raw_uint(&o, 3);
        raw_must(s->req, &o, NULL, &reply);
        list = raw_field(reply.result, "entries");
        last = raw_field(reply.result, "end");
        for (uint32_t n = raw_read_array(&list); n > 0; n--) {
            raw_read_entry(&list, &entry);
            if (entry.seq != ++cursor || entry.ts <= ts)
                raw_fail("entry %llu is not where it belongs", (unsigned long long)entry.seq);
            ts = entry.ts;
        }
        if (raw_field_uint(reply.result, "next") != cursor)
            raw_fail("next is not the last entry's number");
        end = raw_read_bool(&last);
        if (end &&
            (entry.seq != s->joined || entry.kind != 2 ||
             memcmp(entry.author, s->me.uuid, RAW_ID_LEN) != 0 ||
             entry.body_len != strlen(s->nick) || memcmp(entry.body, s->nick, entry.body_len) != 0))
            raw_fail("the last entry is not that I joined");
        raw_reply_clear(&reply);
    }
}

/* Two messages, the second with an ext; what was acked the first time must be acked again. */
static void
send_both(struct session *s, bool again)
{
    struct raw_reply reply;
    struct raw_out o;
    struct raw_in acks;

    raw_begin(&o, "send_message", 1);
    raw_str(&o, "messages");
    raw_array(&o, MESSAGES);
    for (unsigned i = 0; i < MESSAGES; i++) {
        raw_array(&o, 2 + i);
        raw_bin(&o, s->ids[i], RAW_ID_LEN);
        raw_bin(&o, s->text, strlen(s->text));
        if (i)
            raw_bin(&o, "extra", 5);
    }
    raw_must(s->req, &o, NULL, &reply);
    acks = raw_field(reply.result, "acks");
    if (raw_read_array(&acks) != MESSAGES)
        raw_fail("there must be one ack for each message");
    for (unsigned i = 0; i < MESSAGES; i++) {
        uint64_t seq, ts;

        if (raw_read_array(&acks) != 2)
            raw_fail("an ack is an array of two");
        seq = raw_read_uint(&acks);
        ts = raw_read_uint(&acks);
        if (again ? seq != s->seqs[i] || ts != s->times[i] : seq != s->joined + 1 + i)
            raw_fail("message %u was acked as %llu", i, (unsigned long long)seq);
        s->seqs[i] = seq;
        s->times[i] = ts;
    }
    raw_reply_clear(&reply);
}

static void
check_message(const struct session *s, const struct raw_entry *e, unsigned i)
{
    if (e->seq != s->seqs[i] || e->ts != s->times[i] || e->kind != 1 ||
        memcmp(e->author, s->me.uuid, RAW_ID_LEN) != 0 ||
        memcmp(e->id, s->ids[i], RAW_ID_LEN) != 0 || e->body_len != strlen(s->text) ||
        memcmp(e->body, s->text, e->body_len) != 0)
        raw_fail("entry %llu is not my message %u", (unsigned long long)e->seq, i);
    if (i == 0 ? e->ext != NULL : e->ext_len != 5 || memcmp(e->ext, "extra", 5) != 0)
        raw_fail("the ext of message %u did not come through", i);
}

/* The next entry or end on the feed, over heads; true: an entry. */
static bool
next_on_feed(struct session *s, struct raw_event *e, struct raw_in *list, uint32_t *left,
             struct raw_entry *entry)
{
    while (*left == 0) {
        raw_event_clear(e);
        if (!raw_next_event(s->sub, RAW_WAIT_MS, e))
            raw_fail("the feed went silent");
        if (memcmp(e->topic, s->ticket, RAW_ID_LEN) != 0)
            raw_fail("the feed brings what is meant for another");
        if (strcmp(e->name, "end") == 0)
            return false;
        if (strcmp(e->name, "entries") == 0) {
            *list = raw_field(e->fields, "entries");
            *left = raw_read_array(list);
        } else if (strcmp(e->name, "head") != 0) {
            raw_fail("the event \"%s\" was not expected", e->name);
        }
    }
    raw_read_entry(list, entry);
    --*left;
    return true;
}

static void
check_feed_brings_both(struct session *s)
{
    struct raw_event e = {.bytes = NULL};
    struct raw_in list = {.p = NULL};
    struct raw_entry entry;
    uint32_t left = 0;

    for (unsigned i = 0; i < MESSAGES; i++) {
        if (!next_on_feed(s, &e, &list, &left, &entry))
            raw_fail("the feed ended");
        check_message(s, &entry, i);
    }
    raw_event_clear(&e);
}

/* After the first message, by time and by number, there is the second. */
static void
check_history_after(struct session *s, const char *field, uint64_t value)
{
    struct raw_reply reply;
    struct raw_entry entry;
    struct raw_out o;
    struct raw_in list;

    raw_begin(&o, "get_message", 1);
    raw_str(&o, field);
    raw_uint(&o, value);
    raw_must(s->req, &o, NULL, &reply);
    list = raw_field(reply.result, "entries");
    if (raw_read_array(&list) != 1)
        raw_fail("%s does not give exactly one entry", field);
    raw_read_entry(&list, &entry);
    check_message(s, &entry, 1);
    raw_reply_clear(&reply);
}

static void
check_members(struct session *s)
{
    struct raw_reply reply;
    struct raw_out o;
    bool found = false;
    struct raw_in list;

    raw_begin(&o, "get_members", 0);
    raw_must(s->req, &o, NULL, &reply);
    list = raw_field(reply.result, "members");
    for (uint32_t n = raw_read_array(&list); n > 0; n--) {
        struct raw_in uuid = raw_field(list, "uuid"), nick = raw_field(list, "nick");
        uint8_t bytes[RAW_ID_LEN];
        char text[RAW_TEXT];

        raw_read_fixed(&uuid, bytes, sizeof bytes);
        raw_read_str(&nick, text);
        if (memcmp(bytes, s->me.uuid, RAW_ID_LEN) == 0)
            found = strcmp(text, s->nick) == 0;
        raw_skip(&list);
    }
    if (!found)
        raw_fail("I am not on the list of members");
    raw_reply_clear(&reply);
}

static void
leave(struct session *s)
{
    struct raw_event e = {.bytes = NULL};
    struct raw_in list = {.p = NULL};
    struct raw_entry entry = {.kind = 0};
    struct raw_reply reply;
    struct raw_out o;
    uint32_t left = 0;
    uint64_t seq;

    raw_begin(&o, "leave_group", 1);
    raw_str(&o, "uuid");
    raw_bin(&o, s->me.uuid, RAW_ID_LEN);
    raw_must(s->req, &o, NULL, &reply);
    seq = raw_field_uint(reply.result, "seq");
    raw_reply_clear(&reply);
    if (!next_on_feed(s, &e, &list, &left, &entry) || entry.seq != seq || entry.kind != 3)
        raw_fail("the feed does not say that I left");
    if (next_on_feed(s, &e, &list, &left, &entry))
        raw_fail("the feed goes on after I left");
    raw_event_clear(&e);
    check_outside(s);
}

int
main(int argc, char **argv)
{
    struct session s = {.sub = NULL};
    FILE *transcript = NULL;

    if (argc != 7 && argc != 9 && argc != 10)
        raw_fail("usage: raw_client SERVER SERVER-KEY KEYFILE GROUP NICK TEXT [REQUESTS FEED "
                 "[TRANSCRIPT]]");
    raw_deadline(60);
    if (argc == 10 && !(transcript = fopen(argv[9], "wb")))
        raw_fail("cannot write %s", argv[9]);
    raw_transcript(transcript);
    s.ctx = zmq_ctx_new();
    s.nick = argv[5];
    s.text = argv[6];
    s.feed = argc > 7 ? argv[8] : NULL;
    raw_key_load(&s.me, argv[3]);
    for (unsigned i = 0; i < MESSAGES; i++)
        uuid_generate_random(s.ids[i]);

    find_group(&s, argv[1], argv[2], argv[4]);
    s.req = raw_socket(s.ctx, ZMQ_REQ, &s.me, s.group.key_z85);
    raw_connect(s.req, argc > 7 ? argv[7] : s.group.address);
    check_outside(&s);
    s.joined = raw_join(s.req, &s.me, s.nick, s.log);
    follow(&s);
    check_history(&s);
    send_both(&s, false);
    check_feed_brings_both(&s);
    send_both(&s, true);
    check_history_after(&s, "after_ts", s.times[0]);
    check_history_after(&s, "after_seq", s.seqs[0]);
    check_members(&s);
    leave(&s);

    raw_close(s.sub);
    raw_close(s.req);
    zmq_ctx_term(s.ctx);
    if (transcript && fclose(transcript) != 0)
        raw_fail("cannot write the transcript");
    for (unsigned i = 0; i < RAW_ID_LEN; i++)
        printf("%02x", s.me.uuid[i]);
    printf("\n");
    return 0;
}
