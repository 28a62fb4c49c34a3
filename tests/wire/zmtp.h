/*
 * zmtp - one connection of a ZeroMQ client, by hand: TCP, ZMTP 3.1 (rfc.zeromq.org/spec/37) and
 * CURVE (rfc.zeromq.org/spec/26) on libsodium. Each step stands alone, so that a step can be left
 * out, repeated or sent with other bytes.
 */
#ifndef ZMTP_H
#define ZMTP_H

#include <netinet/in.h>
#include <sodium.h>

#include "bytes.h"

#define ZMTP_KEY      crypto_box_PUBLICKEYBYTES
#define ZMTP_GREETING 64
#define ZMTP_COOKIE   96
#define ZMTP_PATIENCE 8000 /* ms that any step may take, unless told */

/* Flags of a frame. */
#define FRAME_MORE    1u
#define FRAME_LONG    2u
#define FRAME_COMMAND 4u
/* Flags inside a CURVE message. */
#define INNER_MORE    1u
#define INNER_COMMAND 2u

struct zmtp_key {
    uint8_t public_key[ZMTP_KEY];
    uint8_t secret_key[ZMTP_KEY];
    uint8_t uuid[16]; /* Conclave's, docs/protocol.md section 5 */
};

void zmtp_key_make(struct zmtp_key *key);

enum zmtp_status {
    ZMTP_OK,
    ZMTP_ENDED, /* the other side closed or reset the connection */
    ZMTP_LATE,  /* nothing came in time */
    ZMTP_WRONG, /* what came is not what has to come */
};

const char *zmtp_status_name(enum zmtp_status st);

struct zmtp {
    int fd;
    const char *type; /* Socket-Type */
    struct zmtp_key me;
    struct zmtp_key brief;        /* for this connection */
    uint8_t server[ZMTP_KEY];     /* its long-term key */
    uint8_t server_now[ZMTP_KEY]; /* its key for this connection */
    uint8_t cookie[ZMTP_COOKIE];
    uint8_t shared[crypto_box_BEFORENMBYTES];
    uint64_t nonce; /* the last that was used */
};

/* Not connected. */
void zmtp_init(struct zmtp *z, const char *type, const struct zmtp_key *me,
               const uint8_t server[static ZMTP_KEY]);
/* from: which loopback address to call from; NULL: any. */
enum zmtp_status zmtp_connect(struct zmtp *z, in_port_t port, const char *from);
void zmtp_close(struct zmtp *z);
/* The TCP connection is reset, not closed. */
void zmtp_reset(struct zmtp *z);

/* ---- bytes and frames ---- */

/* False: it cannot be sent, because the connection is over. */
bool zmtp_write(struct zmtp *z, const void *bytes, size_t len);
enum zmtp_status zmtp_read(struct zmtp *z, void *out, size_t len, int wait_ms);
/* ZMTP_OK: the connection ended. Throws away what comes before. */
enum zmtp_status zmtp_await_end(struct zmtp *z, int wait_ms);
bool zmtp_write_frame(struct zmtp *z, unsigned flags, const struct bytes *body);
enum zmtp_status zmtp_read_frame(struct zmtp *z, unsigned *flags, struct bytes *body, int wait_ms);

/* ---- the handshake ---- */

void zmtp_make_greeting(uint8_t out[static ZMTP_GREETING]);
/* Both greetings. */
enum zmtp_status zmtp_greet(struct zmtp *z);
void zmtp_make_hello(struct zmtp *z, struct bytes *out);
enum zmtp_status zmtp_take_welcome(struct zmtp *z);

/* What to claim; NULL: the truth. */
struct zmtp_claims {
    const uint8_t *vouch_public; /* whom the vouch is for, instead of this connection's key */
    const uint8_t *vouch_server; /* which server it is for */
    const struct zmtp_key *vouch_by;
    const struct bytes *metadata;
};

void zmtp_make_initiate(struct zmtp *z, const struct zmtp_claims *claims, struct bytes *out);
enum zmtp_status zmtp_take_ready(struct zmtp *z);
/* All of it. */
enum zmtp_status zmtp_handshake(struct zmtp *z);
void zmtp_add_property(struct bytes *b, const char *name, const char *value);

/* ---- after it ---- */

/* The MESSAGE command of this flags byte and payload, under the next nonce. */
void zmtp_seal(struct zmtp *z, unsigned inner, const struct bytes *payload, struct bytes *out);
bool zmtp_send(struct zmtp *z, unsigned inner, const void *payload, size_t len);
enum zmtp_status zmtp_receive(struct zmtp *z, unsigned *inner, struct bytes *out, int wait_ms);

/* ---- for both sides of a request ---- */

/* [empty][payload] */
bool zmtp_send_request(struct zmtp *z, const void *payload, size_t len);
enum zmtp_status zmtp_receive_reply(struct zmtp *z, struct bytes *out, int wait_ms);

#endif
