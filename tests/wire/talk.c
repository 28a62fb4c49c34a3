/* What is said when the handshake is over, and what is answered. */
#include <poll.h>
#include <string.h>

#include "steps.h"

#define REPLIES_MAX 2200
#define CODE_ROOM   24
#define MUTE_MS     500
#define PROBE_MSGID 99 /* of the request that shows that a connection goes on */

static const char probe_server[] = "9400 63 ae'get_group_list' 80";
static const char probe_group[] = "9400 63 ab'get_members' 80";

struct talk {
    struct act *act;
    char codes[REPLIES_MAX][CODE_ROOM]; /* "ok", or why not */
    size_t n;
    struct answer last;
    struct bytes reply; /* the last one */
    bool probed;        /* the probe was answered */
    bool ended;
};

/* ---- saying ---- */

/* {"message": bytes, ...}: one sealed frame, changed on its way. */
static void
say_frame(struct act *a, const json_t *item)
{
    static struct bytes plain, sealed, with;
    const json_t * xor = json_object_get(item, "xor");
    const json_t *cut = json_object_get(item, "cut"), *nonce = json_object_get(item, "nonce");
    size_t at = (size_t)json_integer_value(json_array_get(xor, 0));

    act_bytes(a, json_string_value(json_object_get(item, "message")), &plain);
    if (nonce)
        a->wire.nonce = (uint64_t)json_integer_value(nonce) - 1;
    zmtp_seal(&a->wire, act_number(item, "inner", 0), &plain, &sealed);
    if (xor) {
        act_bytes(a, json_string_value(json_array_get(xor, 1)), &with);
        for (size_t i = 0; i < with.len && at + i < sealed.len; i++)
            sealed.p[at + i] ^= with.p[i];
    }
    if (cut)
        sealed.len = (size_t)json_integer_value(cut);
    for (unsigned n = act_number(item, "copies", 1); n > 0; n--)
        zmtp_write_frame(&a->wire, act_number(item, "flags", 0), &sealed);
}

static void
say_parts(struct act *a, const json_t *parts)
{
    static struct bytes plain;
    size_t i, n = json_array_size(parts);

    for (i = 0; i < n; i++) {
        act_bytes(a, json_string_value(json_array_get(parts, i)), &plain);
        zmtp_send(&a->wire, i + 1 < n ? INNER_MORE : 0, plain.p, plain.len);
    }
}

/* ---- answers ---- */

static void
note_code(struct talk *t, const char *code)
{
    if (t->n >= REPLIES_MAX)
        raw_fail("more than %d replies", REPLIES_MAX);
    snprintf(t->codes[t->n++], CODE_ROOM, "%.*s", CODE_ROOM - 1, code);
}

static void
note_reply(struct talk *t)
{
    struct answer a;

    if (!answer_read(&a, &t->reply))
        act_surprise("a reply", &t->reply);
    if (a.msgid == PROBE_MSGID) {
        t->probed = true;
        return;
    }
    t->last = a;
    note_code(t, a.code[0] ? a.code : "ok");
}

/* A reply, [empty][payload], or a command. */
static void
take_reply(struct talk *t)
{
    struct bytes *out = &t->reply;
    unsigned inner = 0;
    enum zmtp_status st = zmtp_receive(&t->act->wire, &inner, out, ZMTP_PATIENCE);

    if (st == ZMTP_OK && inner == INNER_COMMAND) {
        note_code(t, "command");
        return;
    }
    if (st == ZMTP_OK && (inner != INNER_MORE || out->len != 0))
        act_surprise("an empty part", out);
    if (st == ZMTP_OK)
        st = zmtp_receive(&t->act->wire, &inner, out, ZMTP_PATIENCE);
    if (st == ZMTP_ENDED)
        t->ended = true;
    else if (st != ZMTP_OK)
        raw_fail("after %zu replies: %s", t->n, zmtp_status_name(st));
    else
        note_reply(t);
}

/* ---- a case's messages ---- */

/* Text: a request, or for the feed a message. Array: the parts of a message. */
static void
say_one(struct talk *t, const json_t *item)
{
    struct act *a = t->act;
    static struct bytes plain;

    if (json_is_array(item)) {
        say_parts(a, item);
    } else if (json_is_string(item)) {
        act_bytes(a, json_string_value(item), &plain);
        if (a->run->door == DOOR_FEED)
            zmtp_send(&a->wire, 0, plain.p, plain.len);
        else
            zmtp_send_request(&a->wire, plain.p, plain.len);
    } else if (json_object_get(item, "raw")) {
        act_bytes(a, json_string_value(json_object_get(item, "raw")), &plain);
        zmtp_write(&a->wire, plain.p, plain.len);
    } else {
        say_frame(a, item);
    }
}

static void
say_all(struct talk *t, const json_t *list)
{
    const json_t *item, *again;
    size_t i;

    json_array_foreach((json_t *)(uintptr_t)list, i, item)
    {
        again = json_object_get(item, "again");
        while (!t->ended && t->n < act_number(item, "await", 0))
            take_reply(t);
        if (json_object_get(item, "await"))
            continue;
        for (unsigned n = act_number(item, "times", 1); n > 0; n--)
            say_one(t, again ? again : item);
    }
}

/* ---- comparing ---- */

static void
check_code(struct talk *t, size_t i, const char *expected)
{
    if (strcmp(t->codes[i], expected) != 0)
        raw_fail("reply %zu is %s (%s), not %s", i + 1, t->codes[i], t->last.text, expected);
}

static void
check_replies(struct talk *t, const json_t *reply)
{
    size_t wanted = json_is_array(reply) ? json_array_size(reply) : reply != NULL;

    if (t->n != wanted)
        raw_fail("%zu replies, not %zu; the last was %s", t->n, wanted,
                 t->n ? t->codes[t->n - 1] : "none");
    for (size_t i = 0; i < wanted; i++)
        check_code(t, i,
                   json_string_value(json_is_array(reply) ? json_array_get(reply, i) : reply));
}

static void
check_last(struct talk *t)
{
    static struct pattern pattern;
    const json_t *one = t->act->run->one;
    const char *says = json_string_value(json_object_get(one, "says"));
    const char *out = json_string_value(json_object_get(one, "out"));
    const char *wrong;

    if (says && !strstr(t->last.text, says))
        raw_fail("the reply says \"%s\", not \"%s\"", t->last.text, says);
    if (!out)
        return;
    if (!pattern_parse(&pattern, out, t->act->look_up, t->act, &wrong))
        raw_fail("the case's output cannot be read at: %s", wrong);
    if (!pattern_matches(&pattern, &t->reply))
        act_surprise(out, &t->reply);
}

/* Neither bytes nor the end. */
static void
expect_nothing(struct act *a, int wait_ms)
{
    struct pollfd fd = {.fd = a->wire.fd, .events = POLLIN};

    if (poll(&fd, 1, wait_ms) != 0)
        raw_fail("something came, or the connection ended");
}

static void
send_probe(struct act *a)
{
    static struct bytes plain;

    act_bytes(a, a->run->door == DOOR_SERVER ? probe_server : probe_group, &plain);
    zmtp_send_request(&a->wire, plain.p, plain.len);
}

/* Answers may overtake each other: those from the disk come later. */
static void
talk_to_requests(struct act *a)
{
    static struct talk t;
    const json_t *one = a->run->one, *reply = json_object_get(one, "reply");
    size_t wanted = json_is_array(reply) ? json_array_size(reply) : reply != NULL;
    bool ends = json_is_true(json_object_get(one, "ends"));

    memset(&t, 0, sizeof t);
    t.act = a;
    say_all(&t, json_object_get(one, "in"));
    while (!t.ended && t.n < wanted)
        take_reply(&t);
    check_last(&t);
    if (json_is_true(json_object_get(one, "mute"))) {
        expect_nothing(a, MUTE_MS);
        return;
    }
    if (!ends)
        send_probe(a);
    while (!t.ended && (ends || !t.probed))
        take_reply(&t);
    check_replies(&t, reply);
    if (t.ended != ends)
        raw_fail("the connection ended");
}

/* ---- the feed ---- */

static void
expect_event(struct act *a, const char *expected)
{
    static struct bytes frame;
    char event[RAW_TEXT] = "head";
    unsigned inner;

    while (strcmp(event, "head") == 0) {
        enum zmtp_status st = zmtp_receive(&a->wire, &inner, &frame, ZMTP_PATIENCE);
        struct raw_in in;

        if (st == ZMTP_OK && (frame.len != RAW_ID_LEN || inner != INNER_MORE))
            act_surprise("a ticket", &frame);
        if (st == ZMTP_OK)
            st = zmtp_receive(&a->wire, &inner, &frame, ZMTP_PATIENCE);
        if (st != ZMTP_OK)
            raw_fail("waiting for %s: %s", expected, zmtp_status_name(st));
        in = (struct raw_in){.p = frame.p, .left = frame.len};
        raw_read_array(&in);
        raw_read_uint(&in);
        raw_read_str(&in, event);
    }
    if (strcmp(event, expected) != 0)
        raw_fail("the event is %s, not %s", event, expected);
}

/* Nothing may come before the connection ends, or before the witness has what was said. */
static void
expect_silence(struct act *a, bool ends)
{
    uint64_t seq = honest_say(&a->witness, "a word", 6), heard = 0;
    uint8_t byte;

    if (ends) {
        if (zmtp_read(&a->wire, &byte, 1, ZMTP_PATIENCE) != ZMTP_ENDED)
            raw_fail("something came, or the connection does not end");
        return;
    }
    while (heard < seq)
        if (honest_hear(&a->witness, raw_now_ms() + ZMTP_PATIENCE, &heard) != ZMTP_OK)
            raw_fail("the witness on the feed does not hear it");
    expect_nothing(a, 50);
}

static void
talk_to_feed(struct act *a)
{
    static struct talk t;
    const json_t *one = a->run->one, *events = json_object_get(one, "events"), *event;
    const json_t *hears = json_object_get(one, "hears");
    bool ends = json_is_true(json_object_get(one, "ends"));
    size_t i;

    t.act = a;
    say_all(&t, json_object_get(one, "in"));
    json_array_foreach((json_t *)(uintptr_t)events, i, event)
        expect_event(a, json_string_value(event));
    if (json_is_true(hears)) {
        honest_say(&a->witness, "a word", 6);
        expect_event(a, "entries");
    } else if (json_is_false(hears)) {
        expect_silence(a, ends);
    }
    if (ends)
        act_must_end(a);
}

void
act_talk(struct act *a)
{
    if (a->run->door == DOOR_FEED)
        talk_to_feed(a);
    else
        talk_to_requests(a);
}
