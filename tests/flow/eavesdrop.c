/*
 * eavesdrop - a member who listens to everybody's feed is put out, sees nothing from then on,
 * and the others lose nothing.
 * Usage: eavesdrop SERVER SERVER-KEY GROUP EVE-KEYFILE ANN-KEYFILE BOB-KEYFILE
 */
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "raw.h"

#define MESSAGES  300
#define TURN_AT   100 /* when eve begins */
#define CAUGHT_MS 15000
#define KICKED    4 /* kind of an entry */

struct person {
    struct raw_key key;
    void *req;
    void *sub;
    uint8_t ticket[RAW_ID_LEN];
};

struct scene {
    void *ctx;
    struct raw_group group;
    struct person ann, bob, eve;
    /* bob, who follows by the book */
    uint64_t cursor;
    unsigned welcomes;
    /* what eve gets */
    uint64_t eve_last; /* highest entry, on whatever ticket */
    unsigned foreign;  /* frames on tickets of others */
};

static void
enter(struct scene *s, struct person *p, const char *path, const char *nick)
{
    raw_key_load(&p->key, path);
    p->req = raw_socket(s->ctx, ZMQ_REQ, &p->key, s->group.key_z85);
    raw_connect(p->req, s->group.address);
    s->cursor = raw_join(p->req, &p->key, nick, NULL);
}

static void
follow(struct scene *s, struct person *p)
{
    char feed[RAW_TEXT];

    raw_subscribe(p->req, p->ticket, feed);
    p->sub = raw_socket(s->ctx, ZMQ_SUB, &p->key, s->group.key_z85);
    zmq_setsockopt(p->sub, ZMQ_SUBSCRIBE, p->ticket, RAW_ID_LEN);
    raw_connect(p->sub, feed);
}

/* ---- bob ---- */

static void
take_entry(struct scene *s, const struct raw_entry *e)
{
    if (e->seq == s->cursor + 1)
        s->cursor++;
    else if (e->seq > s->cursor)
        raw_fail("entry %llu came after %llu", (unsigned long long)e->seq,
                 (unsigned long long)s->cursor);
}

/* Section 8: from the cursor to head. */
static void
fetch(struct scene *s, uint64_t head)
{
    while (s->cursor < head) {
        struct raw_reply reply;
        struct raw_entry e;
        struct raw_out o;
        struct raw_in list;

        raw_begin(&o, "get_message", 1);
        raw_str(&o, "after_seq");
        raw_uint(&o, s->cursor);
        raw_must(s->bob.req, &o, NULL, &reply);
        list = raw_field(reply.result, "entries");
        for (uint32_t n = raw_read_array(&list); n > 0; n--) {
            raw_read_entry(&list, &e);
            take_entry(s, &e);
        }
        raw_reply_clear(&reply);
    }
}

static void
bob_reads(struct scene *s, int wait_ms)
{
    struct raw_event e;
    struct raw_entry entry;

    while (raw_next_event(s->bob.sub, wait_ms, &e)) {
        wait_ms = 0;
        if (memcmp(e.topic, s->bob.ticket, RAW_ID_LEN) != 0)
            raw_fail("bob got what is meant for another");
        if (strcmp(e.name, "entries") == 0) {
            struct raw_in list = raw_field(e.fields, "entries");
            for (uint32_t n = raw_read_array(&list); n > 0; n--) {
                raw_read_entry(&list, &entry);
                if (entry.seq > s->cursor + 1)
                    fetch(s, entry.seq - 1);
                take_entry(s, &entry);
            }
        } else if (strcmp(e.name, "welcome") == 0 || strcmp(e.name, "head") == 0) {
            s->welcomes += e.name[0] == 'w';
            fetch(s, raw_field_uint(e.fields, "head"));
        } else {
            raw_fail("bob got \"%s\"", e.name);
        }
        raw_event_clear(&e);
    }
}

/* ---- eve ---- */

static void
eve_reads(struct scene *s, int wait_ms)
{
    struct raw_event e;
    struct raw_entry entry;

    while (raw_next_event(s->eve.sub, wait_ms, &e)) {
        wait_ms = 0;
        s->foreign += memcmp(e.topic, s->eve.ticket, RAW_ID_LEN) != 0;
        if (strcmp(e.name, "entries") == 0) {
            struct raw_in list = raw_field(e.fields, "entries");
            for (uint32_t n = raw_read_array(&list); n > 0; n--) {
                raw_read_entry(&list, &entry);
                if (entry.seq > s->eve_last)
                    s->eve_last = entry.seq;
            }
        }
        raw_event_clear(&e);
    }
}

/* The number of the entry that says eve was put out. */
static uint64_t
find_kicked(struct scene *s, uint64_t after)
{
    uint64_t found = 0;
    bool end = false;

    while (!end) {
        struct raw_reply reply;
        struct raw_entry e;
        struct raw_out o;
        struct raw_in list, last;

        raw_begin(&o, "get_message", 1);
        raw_str(&o, "after_seq");
        raw_uint(&o, after);
        raw_must(s->bob.req, &o, NULL, &reply);
        list = raw_field(reply.result, "entries");
        last = raw_field(reply.result, "end");
        for (uint32_t n = raw_read_array(&list); n > 0; n--) {
            raw_read_entry(&list, &e);
            if (e.kind == KICKED && e.body_len > RAW_ID_LEN &&
                memcmp(e.body, s->eve.key.uuid, RAW_ID_LEN) == 0)
                found = e.seq;
        }
        after = raw_field_uint(reply.result, "next");
        end = raw_read_bool(&last);
        raw_reply_clear(&reply);
    }
    return found;
}

static void
check_eve_is_out(struct scene *s)
{
    struct raw_reply reply;
    struct raw_out o;

    raw_begin(&o, "get_message", 0);
    raw_must(s->eve.req, &o, "not_member", &reply);
    raw_reply_clear(&reply);
}

static void
act(struct scene *s)
{
    uint64_t start = s->cursor, sent = 0, kicked = 0;
    int64_t end;

    for (unsigned i = 0; i < MESSAGES; i++) {
        if (i == TURN_AT)
            zmq_setsockopt(s->eve.sub, ZMQ_SUBSCRIBE, "", 0);
        /* Time for the turn to arrive. */
        bob_reads(s, i > TURN_AT && i % 10 == 0 ? 50 : 0);
        sent = raw_send(s->ann.req, "a message");
        eve_reads(s, 0);
    }
    end = raw_now_ms() + CAUGHT_MS;
    while (s->cursor < sent && raw_now_ms() < end)
        bob_reads(s, 100);
    eve_reads(s, 200);
    kicked = find_kicked(s, start);
    if (!kicked)
        raw_fail("eve was not put out");
    if (s->cursor < sent)
        raw_fail("bob has %llu of %llu", (unsigned long long)s->cursor, (unsigned long long)sent);
    if (s->welcomes != 1)
        raw_fail("bob's connection was dropped for what eve did");
    if (kicked >= sent)
        raw_fail("nothing was sent after eve was put out");
    if (s->eve_last >= kicked)
        raw_fail("eve was put out with %llu and got %llu", (unsigned long long)kicked,
                 (unsigned long long)s->eve_last);
    check_eve_is_out(s);
    printf("put out with entry %llu of %llu, last one seen %llu, frames for others %u\n",
           (unsigned long long)kicked, (unsigned long long)sent, (unsigned long long)s->eve_last,
           s->foreign);
}

int
main(int argc, char **argv)
{
    struct scene s = {.cursor = 0};
    void *list;

    if (argc != 7)
        raw_fail("usage: eavesdrop SERVER SERVER-KEY GROUP EVE-KEYFILE ANN-KEYFILE BOB-KEYFILE");
    raw_deadline(90);
    s.ctx = zmq_ctx_new();
    raw_key_load(&s.eve.key, argv[4]);
    list = raw_socket(s.ctx, ZMQ_REQ, &s.eve.key, argv[2]);
    raw_connect(list, argv[1]);
    raw_find_group(list, argv[3], &s.group);
    raw_close(list);
    enter(&s, &s.eve, argv[4], "eve");
    enter(&s, &s.ann, argv[5], "ann");
    enter(&s, &s.bob, argv[6], "bob");
    follow(&s, &s.bob);
    follow(&s, &s.eve);
    act(&s);
    raw_close(s.bob.sub);
    raw_close(s.eve.sub);
    raw_close(s.ann.req);
    raw_close(s.bob.req);
    raw_close(s.eve.req);
    zmq_ctx_term(s.ctx);
    return 0;
}
