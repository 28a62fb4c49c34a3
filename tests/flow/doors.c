/*
 * doors - knocks once and says what libzmq's monitor saw.
 * Usage: doors null|plain|curve req|sub ENDPOINT [SERVER-KEY KEYFILE]
 * Prints HANDSHAKE_SUCCEEDED, or which failure; "nothing" when neither came in time.
 */
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "raw.h"

static void *
make_socket(void *ctx, const char *mechanism, int type, int argc, char **argv)
{
    struct raw_key me;
    int none = 0;
    void *s;

    if (strcmp(mechanism, "curve") == 0) {
        if (argc != 6)
            raw_fail("curve needs the server's key and a key file");
        raw_key_load(&me, argv[5]);
        return raw_socket(ctx, type, &me, argv[4]);
    }
    s = zmq_socket(ctx, type);
    if (!s)
        raw_fail("no socket");
    zmq_setsockopt(s, ZMQ_LINGER, &none, sizeof none);
    if (strcmp(mechanism, "plain") == 0) {
        zmq_setsockopt(s, ZMQ_PLAIN_USERNAME, "ann", 3);
        zmq_setsockopt(s, ZMQ_PLAIN_PASSWORD, "secret", 6);
    } else if (strcmp(mechanism, "null") != 0) {
        raw_fail("there is no mechanism %s", mechanism);
    }
    return s;
}

static void *
watch(void *ctx, void *s)
{
    void *monitor = zmq_socket(ctx, ZMQ_PAIR);
    int wait_ms = RAW_WAIT_MS, none = 0;

    if (!monitor || zmq_socket_monitor(s, "inproc://monitor", ZMQ_EVENT_ALL) != 0 ||
        zmq_connect(monitor, "inproc://monitor") != 0)
        raw_fail("no monitor");
    zmq_setsockopt(monitor, ZMQ_RCVTIMEO, &wait_ms, sizeof wait_ms);
    zmq_setsockopt(monitor, ZMQ_LINGER, &none, sizeof none);
    return monitor;
}

/* What one event says; NULL: nothing final yet. */
static const char *
name_of(uint16_t event, uint32_t value, char out[static RAW_TEXT])
{
    switch (event) {
    case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
        return "HANDSHAKE_SUCCEEDED";
    case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
        return "HANDSHAKE_FAILED_NO_DETAIL";
    case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
        if (value == ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH)
            return "HANDSHAKE_FAILED_PROTOCOL mechanism mismatch";
        snprintf(out, RAW_TEXT, "HANDSHAKE_FAILED_PROTOCOL 0x%08x", value);
        return out;
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
        snprintf(out, RAW_TEXT, "HANDSHAKE_FAILED_AUTH %u", value);
        return out;
    default:
        return NULL;
    }
}

static const char *
outcome(void *monitor, char out[static RAW_TEXT])
{
    const char *name = NULL;
    int64_t end = raw_now_ms() + RAW_WAIT_MS;

    while (!name && raw_now_ms() < end) {
        uint8_t bytes[6];
        char address[RAW_TEXT];
        uint16_t event;
        uint32_t value;

        if (zmq_recv(monitor, bytes, sizeof bytes, 0) != sizeof bytes ||
            zmq_recv(monitor, address, sizeof address, 0) < 0)
            break;
        memcpy(&event, bytes, sizeof event);
        memcpy(&value, bytes + sizeof event, sizeof value);
        name = name_of(event, value, out);
    }
    return name ? name : "nothing";
}

int
main(int argc, char **argv)
{
    char text[RAW_TEXT];
    void *ctx, *s, *monitor;

    if (argc < 4)
        raw_fail("usage: doors null|plain|curve req|sub ENDPOINT [SERVER-KEY KEYFILE]");
    raw_deadline(30);
    ctx = zmq_ctx_new();
    s = make_socket(ctx, argv[1], strcmp(argv[2], "sub") == 0 ? ZMQ_SUB : ZMQ_REQ, argc, argv);
    monitor = watch(ctx, s);
    raw_connect(s, argv[3]);
    puts(outcome(monitor, text));
    zmq_socket_monitor(s, NULL, 0);
    zmq_close(monitor);
    zmq_close(s);
    zmq_ctx_term(ctx);
    return 0;
}
