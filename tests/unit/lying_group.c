#include "lying_group.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/log.h"

#define SERVER     "tcp://127.0.0.1:1" /* nobody listens there */
#define SERVER_KEY "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
#define TIMEOUT_MS 4000

/* ---- the group, on its own thread ---- */

static bool
everybody(void *ctx, const char *domain, const uint8_t key[static KEY_LEN])
{
    (void)ctx;
    (void)domain;
    (void)key;
    return true;
}

static void
answer(struct world *w, struct packet *packet)
{
    struct wire_request req;
    struct wire_reply reply;
    struct frame f;
    struct buf list;
    struct buf out;

    buf_init(&list, 0);
    buf_init(&out, 0);
    memset(&reply, 0, sizeof reply);
    if (wire_decode_request(&req, frame_span(&packet->body), NULL) == CODE_OK) {
        reply.msgid = req.msgid;
        w->answers(&req, atomic_fetch_add(&w->asked, 1), &reply, &list);
        if (reply.code == CODE_OK)
            wire_pack_reply(&out, req.op, &reply);
        else
            wire_pack_error(&out, reply.msgid, reply.code, NULL);
        frame_init(&f);
        if (frame_from_buf(&f, &out) == ST_OK)
            (void)sock_reply(w->door, &packet->route, &f);
        frame_clear(&f);
    }
    buf_clear(&out);
    buf_clear(&list);
}

static void *
serve(void *ctx)
{
    struct world *w = ctx;
    struct packet packet;

    while (!atomic_load(&w->stop)) {
        zmq_pollitem_t items[] = {{.socket = auth_handle(w->auth), .events = ZMQ_POLLIN},
                                  {.socket = sock_handle(w->door), .events = ZMQ_POLLIN}};

        zmq_poll(items, 2, 20);
        auth_serve(w->auth, clock_mono_ms());
        while (sock_next_request(w->door, &packet) == ST_OK) {
            answer(w, &packet);
            frame_clear(&packet.body);
        }
    }
    return NULL;
}

/* ---- setup ---- */

void
world_open_handle(struct world *w, int timeout_ms)
{
    struct conclave_options o = {.server = SERVER,
                                 .server_key = SERVER_KEY,
                                 .key = w->key,
                                 .timeout_ms = timeout_ms,
                                 .list_max = w->list_max};
    char why[200];

    conclave_close(w->c);
    assert_int_equal(conclave_open(&w->c, &o, why, sizeof why), CONCLAVE_OK);
}

int
world_set_up(void **state)
{
    static struct world w;
    char why[200];

    memset(&w, 0, sizeof w);
    log_setup(LEVEL_ERROR);
    snprintf(w.dir, sizeof w.dir, "/tmp/hostile.XXXXXX");
    assert_non_null(mkdtemp(w.dir));
    snprintf(w.key, sizeof w.key, "%s/me.key", w.dir);
    assert_int_equal(conclave_make_key(w.key, "me", why, sizeof why), CONCLAVE_OK);
    assert_int_equal(keypair_generate(&w.group, "group"), ST_OK);
    assert_int_equal(net_open(&w.net, 1, NULL), ST_OK);
    assert_int_equal(auth_open(&w.auth, w.net, everybody, &w, NULL), ST_OK);
    assert_int_equal(sock_server_open(&w.door, w.net, SOCK_REQUESTS, &w.group, "requests", NULL),
                     ST_OK);
    assert_int_equal(sock_bind(w.door, "tcp://127.0.0.1:*", NULL), ST_OK);
    world_open_handle(&w, TIMEOUT_MS);
    *state = &w;
    return 0;
}

void
world_begin(struct world *w, answer_with *answers)
{
    char key[CONCLAVE_KEY_LEN + 1];

    key_to_z85(w->group.cert.key, key);
    assert_int_equal(conclave_locate(w->c, "lobby", key, sock_endpoint(w->door)), CONCLAVE_OK);
    w->answers = answers;
    assert_int_equal(pthread_create(&w->thread, NULL, serve, w), 0);
}

static int
remove_one(const char *path, const struct stat *info, int type, struct FTW *at)
{
    (void)info;
    (void)type;
    (void)at;
    return remove(path);
}

int
world_tear_down(void **state)
{
    struct world *w = *state;

    conclave_close(w->c);
    atomic_store(&w->stop, true);
    pthread_join(w->thread, NULL);
    sock_close(w->door);
    auth_close(w->auth);
    net_close(w->net);
    keypair_clear(&w->group);
    return nftw(w->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}
