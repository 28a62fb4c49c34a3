/*
 * linger - a member whose client ignores being put out: follows the feed, keeps a second
 * connection to it that asks for nothing, and does nothing when it is told to go.
 * Usage: linger SERVER SERVER-KEY GROUP KEYFILE
 *          "following", then "cut N last L": N of the two connections were ended from the other
 *          side; L is the highest entry that came
 */
#include <string.h>
#include <zmq.h>

#include "raw.h"

#define PATIENCE_MS 30000

/* A connection, and what its monitor tells. */
struct line {
    void *sub;
    void *monitor;
    bool ended;
};

static void
open_line(struct line *l, void *ctx, const struct raw_key *me, const char *server_key,
          const char *name)
{
    int never = -1;

    l->sub = raw_socket(ctx, ZMQ_SUB, me, server_key);
    zmq_setsockopt(l->sub, ZMQ_RECONNECT_IVL, &never, sizeof never);
    zmq_socket_monitor(l->sub, name, ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED);
    l->monitor = zmq_socket(ctx, ZMQ_PAIR);
    if (zmq_connect(l->monitor, name) != 0)
        raw_fail("monitor: %s", zmq_strerror(zmq_errno()));
}

/* The next event. False: none within wait_ms. */
static bool
next_event(struct line *l, int wait_ms, uint16_t *event)
{
    uint8_t bytes[6];
    char rest[RAW_TEXT];

    zmq_setsockopt(l->monitor, ZMQ_RCVTIMEO, &wait_ms, sizeof wait_ms);
    if (zmq_recv(l->monitor, bytes, sizeof bytes, 0) != (int)sizeof bytes)
        return false;
    zmq_recv(l->monitor, rest, sizeof rest, 0);
    memcpy(event, bytes, sizeof *event);
    return true;
}

static void
connect_line(struct line *l, const char *feed)
{
    uint16_t event;

    raw_connect(l->sub, feed);
    if (!next_event(l, RAW_WAIT_MS, &event) || event != ZMQ_EVENT_HANDSHAKE_SUCCEEDED)
        raw_fail("no connection to the feed");
}

/* Until both have ended. Returns the highest entry that came on either. */
static uint64_t
follow(struct line *lines)
{
    int64_t end = raw_now_ms() + PATIENCE_MS;
    uint64_t last = 0;
    struct raw_event e;
    struct raw_entry entry;
    uint16_t event;

    while (raw_now_ms() < end && !(lines[0].ended && lines[1].ended)) {
        for (size_t i = 0; i < 2; i++) {
            while (raw_next_event(lines[i].sub, 20, &e)) {
                if (strcmp(e.name, "entries") == 0) {
                    struct raw_in list = raw_field(e.fields, "entries");
                    for (uint32_t n = raw_read_array(&list); n > 0; n--) {
                        raw_read_entry(&list, &entry);
                        last = entry.seq > last ? entry.seq : last;
                    }
                }
                raw_event_clear(&e);
            }
            if (next_event(&lines[i], 0, &event) && event == ZMQ_EVENT_DISCONNECTED)
                lines[i].ended = true;
        }
    }
    return last;
}

int
main(int argc, char **argv)
{
    struct line lines[2] = {{.ended = false}};
    uint8_t ticket[RAW_ID_LEN];
    char feed[RAW_TEXT];
    struct raw_group group;
    struct raw_key me;
    void *ctx, *req;
    uint64_t last;

    if (argc != 5)
        raw_fail("usage: linger SERVER SERVER-KEY GROUP KEYFILE");
    raw_deadline(60);
    raw_key_load(&me, argv[4]);
    ctx = zmq_ctx_new();
    req = raw_socket(ctx, ZMQ_REQ, &me, argv[2]);
    raw_connect(req, argv[1]);
    raw_find_group(req, argv[3], &group);
    raw_close(req);
    req = raw_socket(ctx, ZMQ_REQ, &me, group.key_z85);
    raw_connect(req, group.address);
    raw_subscribe(req, ticket, feed);
    open_line(&lines[0], ctx, &me, group.key_z85, "inproc://known");
    open_line(&lines[1], ctx, &me, group.key_z85, "inproc://hidden");
    zmq_setsockopt(lines[0].sub, ZMQ_SUBSCRIBE, ticket, sizeof ticket);
    connect_line(&lines[1], feed);
    connect_line(&lines[0], feed);
    puts("following");
    fflush(stdout);
    last = follow(lines);
    printf("cut %d last %llu\n", lines[0].ended + lines[1].ended, (unsigned long long)last);
    for (size_t i = 0; i < 2; i++) {
        zmq_socket_monitor(lines[i].sub, NULL, 0);
        zmq_close(lines[i].monitor);
        raw_close(lines[i].sub);
    }
    raw_close(req);
    zmq_ctx_term(ctx);
    return 0;
}
