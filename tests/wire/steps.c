#include "steps.h"

#include <poll.h>
#include <string.h>

#define SHOWN 64 /* bytes of what came instead */

void
act_bytes(struct act *a, const char *text, struct bytes *out)
{
    const char *wrong;

    if (!bytes_parse(out, text, a->look_up, a, &wrong))
        raw_fail("the case's bytes cannot be read at: %s", wrong);
}

void
act_surprise(const char *expected, const struct bytes *came)
{
    char hex[2 * SHOWN + 1];

    sodium_bin2hex(hex, sizeof hex, came->p, came->len < SHOWN ? came->len : SHOWN);
    raw_fail("expected %s, but %zu bytes came: %s", expected, came->len, hex);
}

void
act_must_end(struct act *a)
{
    if (zmtp_await_end(&a->wire, ZMTP_PATIENCE) != ZMTP_OK)
        raw_fail("the connection does not end");
}

static void
must(enum zmtp_status st, const char *step)
{
    if (st != ZMTP_OK)
        raw_fail("%s: %s", step, zmtp_status_name(st));
}

/* ---- edits of a command ---- */

static void
edit_at(struct act *a, const json_t *edit, const char *how, struct bytes *body)
{
    static struct bytes with;
    const json_t *pair = json_object_get(edit, how);
    size_t at = (size_t)json_integer_value(json_array_get(pair, 0));

    if (!pair)
        return;
    act_bytes(a, json_string_value(json_array_get(pair, 1)), &with);
    if (at > body->len || with.len > body->len - at)
        raw_fail("an edit behind the end");
    for (size_t i = 0; i < with.len; i++)
        body->p[at + i] = how[0] == 'x' ? body->p[at + i] ^ with.p[i] : with.p[i];
}

static void
edit(struct act *a, const json_t *how, struct bytes *body)
{
    static struct bytes more;
    const json_t *cut = json_object_get(how, "cut"), *add = json_object_get(how, "add");

    edit_at(a, how, "xor", body);
    edit_at(a, how, "put", body);
    if (cut)
        body->len = (size_t)json_integer_value(cut);
    if (add) {
        act_bytes(a, json_string_value(add), &more);
        bytes_add(body, more.p, more.len);
    }
}

unsigned
act_number(const json_t *object, const char *field, unsigned otherwise)
{
    const json_t *value = json_object_get(object, field);

    return value ? (unsigned)json_integer_value(value) : otherwise;
}

/* A command as the case changes it, as often as it says. */
static void
send_edited(struct act *a, const json_t *how, struct bytes *body)
{
    edit(a, how, body);
    for (unsigned n = act_number(how, "times", 1); n > 0; n--)
        zmtp_write_frame(&a->wire, act_number(how, "flags", FRAME_COMMAND), body);
}

/* ---- the handshake ---- */

/* Another connection of the same person's, up to its WELCOME. */
static void
open_second(struct act *a, struct zmtp *z)
{
    static struct bytes hello;
    const struct run *r = a->run;

    zmtp_init(z, a->wire.type, &r->key, a->wire.server);
    must(zmtp_connect(z, r->stage->ports[r->door], r->from), "another connection");
    must(zmtp_greet(z), "another greeting");
    zmtp_make_hello(z, &hello);
    zmtp_write_frame(z, FRAME_COMMAND, &hello);
    must(zmtp_take_welcome(z), "another WELCOME");
}

static bool
says(const json_t *how, const char *field, const char *value)
{
    const char *text = json_string_value(json_object_get(how, field));

    return text && strcmp(text, value) == 0;
}

/* The HELLO of this connection, or one that another has used already. */
static void
make_hello(struct act *a, const json_t *how, struct bytes *out)
{
    struct zmtp other;

    if (says(how, "server", "another"))
        randombytes_buf(a->wire.server, ZMTP_KEY);
    if (says(how, "from", "another")) {
        open_second(a, &other);
        other.nonce = 0;
        zmtp_make_hello(&other, out);
        zmtp_close(&other);
    } else {
        zmtp_make_hello(&a->wire, out);
    }
}

static void
make_initiate(struct act *a, const json_t *how, struct bytes *out)
{
    static struct bytes metadata;
    struct zmtp_claims claims = {.metadata = NULL};
    struct zmtp_key another;
    struct zmtp other;
    const char *text = json_string_value(json_object_get(how, "metadata"));

    zmtp_key_make(&another);
    if (says(how, "vouch_for", "another"))
        claims.vouch_public = another.public_key;
    if (says(how, "vouch_server", "another"))
        claims.vouch_server = another.public_key;
    if (says(how, "vouch_by", "another"))
        claims.vouch_by = &another;
    if (says(how, "key", "witness"))
        memcpy(a->wire.me.public_key, a->run->witness.public_key, ZMTP_KEY);
    if (text) {
        act_bytes(a, text, &metadata);
        claims.metadata = &metadata;
    }
    if (says(how, "from", "another")) {
        open_second(a, &other);
        zmtp_make_initiate(&other, &claims, out);
        zmtp_write_frame(&other, FRAME_COMMAND, out);
        must(zmtp_take_ready(&other), "another READY");
        zmtp_close(&other);
        return;
    }
    if (says(how, "cookie", "another")) {
        open_second(a, &other);
        memcpy(a->wire.cookie, other.cookie, ZMTP_COOKIE);
        zmtp_close(&other);
    }
    zmtp_make_initiate(&a->wire, &claims, out);
}

void
act_open(struct act *a, enum start start)
{
    static struct bytes body;

    if (start >= START_GREETING)
        must(zmtp_greet(&a->wire), "the greeting");
    if (start >= START_WELCOME) {
        zmtp_make_hello(&a->wire, &body);
        zmtp_write_frame(&a->wire, FRAME_COMMAND, &body);
        must(zmtp_take_welcome(&a->wire), "WELCOME");
    }
    if (start == START_READY) {
        make_initiate(a, json_object_get(a->run->one, "initiate"), &body);
        zmtp_write_frame(&a->wire, FRAME_COMMAND, &body);
        must(zmtp_take_ready(&a->wire), "READY");
    }
}

/* A connection that does not end, goes on to a handshake and an answer. */
static void
must_go_on(struct act *a, enum start start)
{
    const json_t *one = a->run->one;

    static const struct zmtp_claims truth;
    static struct bytes body;

    if (start == START_TCP && !json_object_get(one, "in"))
        must(zmtp_greet(&a->wire), "the greeting");
    if (start != START_WELCOME) {
        if (!json_object_get(one, "hello")) {
            zmtp_make_hello(&a->wire, &body);
            zmtp_write_frame(&a->wire, FRAME_COMMAND, &body);
        }
        must(zmtp_take_welcome(&a->wire), "WELCOME");
    }
    if (!json_object_get(one, "initiate")) {
        zmtp_make_initiate(&a->wire, &truth, &body);
        zmtp_write_frame(&a->wire, FRAME_COMMAND, &body);
    }
    must(zmtp_take_ready(&a->wire), "READY");
}

static void
send_raw(struct act *a, const json_t *list)
{
    static struct bytes bytes;
    size_t i;
    const json_t *item;

    /* Bytes that come one after another in time, as from a slow line. */
    json_array_foreach((json_t *)(uintptr_t)list, i, item)
    {
        act_bytes(a, json_string_value(item), &bytes);
        if (i > 0)
            poll(NULL, 0, 50);
        zmtp_write(&a->wire, bytes.p, bytes.len);
    }
}

static void
check_raw_output(struct act *a, const char *text)
{
    static struct pattern pattern;
    static struct bytes came;
    const char *wrong;
    enum zmtp_status st;

    if (!pattern_parse(&pattern, text, a->look_up, a, &wrong))
        raw_fail("the case's output cannot be read at: %s", wrong);
    came.len = pattern.bytes.len;
    memset(came.p, 0, came.len);
    st = zmtp_read(&a->wire, came.p, came.len, ZMTP_PATIENCE);
    if (st != ZMTP_OK)
        raw_fail("the expected bytes: %s", zmtp_status_name(st));
    if (!pattern_matches(&pattern, &came))
        act_surprise(text, &came);
}

void
act_raw(struct act *a, enum start start)
{
    static struct bytes body;
    const json_t *one = a->run->one;
    const json_t *hello = json_object_get(one, "hello");
    const json_t *initiate = json_object_get(one, "initiate");
    const char *out = json_string_value(json_object_get(one, "out"));

    send_raw(a, json_object_get(one, "in"));
    if (hello) {
        make_hello(a, hello, &body);
        send_edited(a, hello, &body);
    }
    if (initiate) {
        make_initiate(a, initiate, &body);
        send_edited(a, initiate, &body);
    }
    if (out)
        check_raw_output(a, out);
    if (json_is_true(json_object_get(one, "ends")))
        act_must_end(a);
    else
        must_go_on(a, start);
}

/* ---- afterwards ---- */

void
act_check_standing(struct act *a, bool member)
{
    int64_t end = raw_now_ms() + ZMTP_PATIENCE;
    struct answer answer;
    struct raw_out o;

    do {
        raw_begin(&o, "get_members", 0);
        honest_ask(&a->me.requests, &o, &answer);
        if (answer.status != ZMTP_OK)
            raw_fail("no answer to whether they are in: %s", zmtp_status_name(answer.status));
        if ((answer.code[0] == 0) == member)
            return;
        /* A removal takes a commit. */
        poll(NULL, 0, 20);
    } while (!member && raw_now_ms() < end);
    raw_fail(member ? "they were put out" : "they are still in");
}

void
act_close(struct act *a)
{
    zmtp_close(&a->wire);
    honest_leave_sockets(&a->me);
    honest_leave_sockets(&a->witness);
}
