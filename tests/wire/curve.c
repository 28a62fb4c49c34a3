#include <string.h>
#include <uuid.h>

#include "raw.h"
#include "zmtp.h"

#define NONCE crypto_box_NONCEBYTES

void
zmtp_key_make(struct zmtp_key *key)
{
    uuid_t space;

    if (uuid_parse("a58ac5d5-9b3c-4e0b-8f0e-6c3d2f0a7e41", space) != 0)
        raw_fail("no namespace");
    crypto_box_keypair(key->public_key, key->secret_key);
    uuid_generate_sha1(key->uuid, space, (const char *)key->public_key, ZMTP_KEY);
}

/* ---- the handshake ---- */

void
zmtp_make_greeting(uint8_t out[static ZMTP_GREETING])
{
    memset(out, 0, ZMTP_GREETING);
    out[0] = 0xff;
    out[8] = 1;
    out[9] = 0x7f;
    out[10] = 3;
    out[11] = 1;
    memcpy(out + 12, "CURVE", 5);
}

enum zmtp_status
zmtp_greet(struct zmtp *z)
{
    uint8_t greeting[ZMTP_GREETING];

    zmtp_make_greeting(greeting);
    if (!zmtp_write(z, greeting, sizeof greeting))
        return ZMTP_ENDED;
    return zmtp_read(z, greeting, sizeof greeting, ZMTP_PATIENCE);
}

static void
add_name(struct bytes *b, const char *name)
{
    bytes_add_byte(b, (unsigned)strlen(name));
    bytes_add(b, name, strlen(name));
}

/* A nonce of a prefix and the number that went with the command. */
static void
short_nonce(uint8_t out[static NONCE], const char *prefix, const uint8_t *number)
{
    memcpy(out, prefix, 16);
    memcpy(out + 16, number, 8);
}

/* The next number, which is also added to the command. */
static void
next_nonce(struct zmtp *z, uint8_t out[static NONCE], const char *prefix, struct bytes *b)
{
    bytes_add_number(b, ++z->nonce, 8);
    short_nonce(out, prefix, b->p + b->len - 8);
}

static void
add_box(struct bytes *b, const uint8_t *plain, size_t len, const uint8_t *nonce, const uint8_t *to,
        const uint8_t *from)
{
    size_t sealed = len + crypto_box_MACBYTES;

    if (sealed > sizeof b->p - b->len)
        raw_fail("a box of %zu bytes", sealed);
    if (crypto_box_easy(b->p + b->len, plain, len, nonce, to, from) != 0)
        raw_fail("cannot encrypt");
    b->len += sealed;
}

void
zmtp_make_hello(struct zmtp *z, struct bytes *out)
{
    static const uint8_t zeros[72];
    uint8_t nonce[NONCE];

    out->len = 0;
    add_name(out, "HELLO");
    bytes_add_byte(out, 1);
    bytes_add_byte(out, 0);
    bytes_add(out, zeros, 72);
    bytes_add(out, z->brief.public_key, ZMTP_KEY);
    next_nonce(z, nonce, "CurveZMQHELLO---", out);
    add_box(out, zeros, 64, nonce, z->server, z->brief.secret_key);
}

static bool
has_name(const struct bytes *b, const char *name, size_t len)
{
    size_t n = strlen(name);

    return b->len >= len && b->p[0] == n && memcmp(b->p + 1, name, n) == 0;
}

enum zmtp_status
zmtp_take_welcome(struct zmtp *z)
{
    static struct bytes body;
    uint8_t nonce[NONCE], plain[ZMTP_KEY + ZMTP_COOKIE];
    unsigned flags;
    enum zmtp_status st = zmtp_read_frame(z, &flags, &body, ZMTP_PATIENCE);

    if (st != ZMTP_OK)
        return st;
    if (flags != FRAME_COMMAND || body.len != 168 || !has_name(&body, "WELCOME", 168))
        return ZMTP_WRONG;
    memcpy(nonce, "WELCOME-", 8);
    memcpy(nonce + 8, body.p + 8, 16);
    if (crypto_box_open_easy(plain, body.p + 24, 144, nonce, z->server, z->brief.secret_key) != 0)
        return ZMTP_WRONG;
    memcpy(z->server_now, plain, ZMTP_KEY);
    memcpy(z->cookie, plain + ZMTP_KEY, ZMTP_COOKIE);
    if (crypto_box_beforenm(z->shared, z->server_now, z->brief.secret_key) != 0)
        return ZMTP_WRONG;
    return ZMTP_OK;
}

void
zmtp_add_property(struct bytes *b, const char *name, const char *value)
{
    add_name(b, name);
    bytes_add_number(b, strlen(value), 4);
    bytes_add(b, value, strlen(value));
}

/* This connection's key and the server's, sealed with the long-term key. */
static void
add_vouch(const struct zmtp *z, const struct zmtp_claims *claims, struct bytes *plain)
{
    const struct zmtp_key *by = claims->vouch_by ? claims->vouch_by : &z->me;
    uint8_t nonce[NONCE], vouch[2 * ZMTP_KEY];

    memcpy(vouch, claims->vouch_public ? claims->vouch_public : z->brief.public_key, ZMTP_KEY);
    memcpy(vouch + ZMTP_KEY, claims->vouch_server ? claims->vouch_server : z->server, ZMTP_KEY);
    memcpy(nonce, "VOUCH---", 8);
    randombytes_buf(nonce + 8, 16);
    bytes_add(plain, nonce + 8, 16);
    add_box(plain, vouch, sizeof vouch, nonce, z->server_now, by->secret_key);
}

void
zmtp_make_initiate(struct zmtp *z, const struct zmtp_claims *claims, struct bytes *out)
{
    static struct bytes plain;
    uint8_t nonce[NONCE];

    plain.len = 0;
    bytes_add(&plain, z->me.public_key, ZMTP_KEY);
    add_vouch(z, claims, &plain);
    if (claims->metadata) {
        bytes_add(&plain, claims->metadata->p, claims->metadata->len);
    } else {
        zmtp_add_property(&plain, "Socket-Type", z->type);
        zmtp_add_property(&plain, "Identity", "");
    }
    out->len = 0;
    add_name(out, "INITIATE");
    bytes_add(out, z->cookie, ZMTP_COOKIE);
    next_nonce(z, nonce, "CurveZMQINITIATE", out);
    add_box(out, plain.p, plain.len, nonce, z->server_now, z->brief.secret_key);
}

/* Opens what is behind the name and the number of a command of the server's. */
static bool
open_box(struct zmtp *z, const struct bytes *body, size_t name_len, const char *prefix,
         struct bytes *out)
{
    uint8_t nonce[NONCE];
    size_t head = name_len + 8;

    if (body->len < head + crypto_box_MACBYTES)
        return false;
    short_nonce(nonce, prefix, body->p + name_len);
    out->len = body->len - head - crypto_box_MACBYTES;
    return crypto_box_open_easy_afternm(out->p, body->p + head, body->len - head, nonce,
                                        z->shared) == 0;
}

enum zmtp_status
zmtp_take_ready(struct zmtp *z)
{
    static struct bytes body, plain;
    unsigned flags;
    enum zmtp_status st = zmtp_read_frame(z, &flags, &body, ZMTP_PATIENCE);

    if (st != ZMTP_OK)
        return st;
    if (flags != FRAME_COMMAND || !has_name(&body, "READY", 30) ||
        !open_box(z, &body, 6, "CurveZMQREADY---", &plain))
        return ZMTP_WRONG;
    return ZMTP_OK;
}

enum zmtp_status
zmtp_handshake(struct zmtp *z)
{
    static const struct zmtp_claims truth;
    static struct bytes body;
    enum zmtp_status st = zmtp_greet(z);

    if (st == ZMTP_OK) {
        zmtp_make_hello(z, &body);
        zmtp_write_frame(z, FRAME_COMMAND, &body);
        st = zmtp_take_welcome(z);
    }
    if (st == ZMTP_OK) {
        zmtp_make_initiate(z, &truth, &body);
        zmtp_write_frame(z, FRAME_COMMAND, &body);
        st = zmtp_take_ready(z);
    }
    return st;
}

/* ---- after it ---- */

void
zmtp_seal(struct zmtp *z, unsigned inner, const struct bytes *payload, struct bytes *out)
{
    static struct bytes plain;
    uint8_t nonce[NONCE];

    plain.len = 0;
    bytes_add_byte(&plain, inner);
    bytes_add(&plain, payload->p, payload->len);
    out->len = 0;
    add_name(out, "MESSAGE");
    next_nonce(z, nonce, "CurveZMQMESSAGEC", out);
    if (plain.len + crypto_box_MACBYTES > sizeof out->p - out->len)
        raw_fail("a message of %zu bytes", plain.len);
    if (crypto_box_easy_afternm(out->p + out->len, plain.p, plain.len, nonce, z->shared) != 0)
        raw_fail("cannot encrypt");
    out->len += plain.len + crypto_box_MACBYTES;
}

bool
zmtp_send(struct zmtp *z, unsigned inner, const void *payload, size_t len)
{
    static struct bytes plain, sealed;

    plain.len = 0;
    bytes_add(&plain, payload, len);
    zmtp_seal(z, inner, &plain, &sealed);
    return zmtp_write_frame(z, 0, &sealed);
}

enum zmtp_status
zmtp_receive(struct zmtp *z, unsigned *inner, struct bytes *out, int wait_ms)
{
    static struct bytes body;
    unsigned flags;
    enum zmtp_status st = zmtp_read_frame(z, &flags, &body, wait_ms);

    if (st != ZMTP_OK)
        return st;
    if (!has_name(&body, "MESSAGE", 33) || !open_box(z, &body, 8, "CurveZMQMESSAGES", out) ||
        out->len == 0)
        return ZMTP_WRONG;
    *inner = out->p[0];
    memmove(out->p, out->p + 1, --out->len);
    return ZMTP_OK;
}

bool
zmtp_send_request(struct zmtp *z, const void *payload, size_t len)
{
    return zmtp_send(z, INNER_MORE, NULL, 0) && zmtp_send(z, 0, payload, len);
}

enum zmtp_status
zmtp_receive_reply(struct zmtp *z, struct bytes *out, int wait_ms)
{
    unsigned inner;
    enum zmtp_status st = zmtp_receive(z, &inner, out, wait_ms);

    if (st != ZMTP_OK)
        return st;
    if (inner != INNER_MORE || out->len != 0)
        return ZMTP_WRONG;
    st = zmtp_receive(z, &inner, out, wait_ms);
    return st == ZMTP_OK && inner != 0 ? ZMTP_WRONG : st;
}
