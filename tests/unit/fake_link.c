#include "fake_link.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include <cmocka.h>

#define SOCKS_MAX 64
#define QUEUE_MAX 256

struct queue {
    struct buf items[QUEUE_MAX];
    size_t first;
    size_t n;
};

struct sock {
    bool open;
    bool ready;
    unsigned full; /* sends that find no room */
    enum link_role role;
    bool subscribed;
    uint8_t ticket[TICKET_LEN];
    enum link_event events[QUEUE_MAX];
    size_t first_event;
    size_t n_events;
    struct queue inbox;
    struct queue sent;
};

static struct sock *socks[SOCKS_MAX];
static size_t n_socks;
static void *zmq; /* the context of quiet */
static void *quiet;

static void
queue_clear(struct queue *q)
{
    for (size_t i = 0; i < q->n; i++)
        buf_clear(&q->items[i]);
}

void
fake_reset(void)
{
    for (size_t i = 0; i < n_socks; i++) {
        assert_false(socks[i]->open);
        queue_clear(&socks[i]->inbox);
        queue_clear(&socks[i]->sent);
        free(socks[i]);
    }
    n_socks = 0;
    if (zmq != NULL) {
        zmq_close(quiet);
        zmq_ctx_term(zmq);
    }
    zmq = quiet = NULL;
}

size_t
fake_opened(void)
{
    return n_socks;
}

struct sock *
fake_link(enum link_role role)
{
    for (size_t i = n_socks; i > 0; i--)
        if (socks[i - 1]->open && socks[i - 1]->role == role)
            return socks[i - 1];
    return NULL;
}

void
fake_event(struct sock *s, enum link_event e)
{
    assert_non_null(s);
    assert_true(s->n_events < QUEUE_MAX);
    s->events[s->n_events++] = e;
}

void
fake_arrive(struct sock *s, struct buf *b)
{
    assert_non_null(s);
    assert_false(b->failed);
    assert_true(s->inbox.n < QUEUE_MAX);
    s->inbox.items[s->inbox.n++] = *b;
    buf_init(b, b->max);
}

bool
fake_sent(struct sock *s, struct wire_request *out)
{
    assert_non_null(s);
    if (s->sent.first == s->sent.n)
        return false;
    assert_int_equal(wire_decode_request(out, buf_span(&s->sent.items[s->sent.first++]), NULL),
                     CODE_OK);
    return true;
}

const uint8_t *
fake_ticket(const struct sock *s)
{
    assert_non_null(s);
    return s->subscribed ? s->ticket : NULL;
}

void
fake_is_full(struct sock *s, unsigned times)
{
    s->full = times;
}

size_t
fake_unread(const struct sock *s)
{
    return s->inbox.n - s->inbox.first;
}

/* ---- what net.h promises ---- */

enum status
link_open(struct sock **out, struct net *net, const struct link_options *o, struct fault *why)
{
    struct sock *s = calloc(1, sizeof *s);

    (void)net;
    (void)why;
    assert_non_null(s);
    assert_true(n_socks < SOCKS_MAX);
    s->open = true;
    s->role = o->role;
    socks[n_socks++] = s;
    *out = s;
    return o->ticket == NULL ? ST_OK : link_subscribe(s, o->ticket, why);
}

enum status
link_subscribe(struct sock *s, const uint8_t ticket[static TICKET_LEN], struct fault *why)
{
    (void)why;
    assert_true(s->open && s->role == LINK_FEED && !s->subscribed);
    s->subscribed = true;
    memcpy(s->ticket, ticket, TICKET_LEN);
    return ST_OK;
}

enum link_event
link_next_event(struct sock *s)
{
    enum link_event e;

    assert_true(s->open);
    if (s->first_event == s->n_events)
        return LINK_NONE;
    e = s->events[s->first_event++];
    s->ready = s->ready || e == LINK_READY;
    return e;
}

enum status
link_send(struct sock *s, struct frame *f)
{
    struct buf *to = &s->sent.items[s->sent.n];
    struct span bytes = frame_span(f);

    assert_true(s->open);
    if (!s->ready)
        return ST_AGAIN;
    if (s->full > 0) {
        s->full--;
        return ST_AGAIN;
    }
    assert_true(s->sent.n < QUEUE_MAX);
    assert_int_equal(buf_append(to, bytes.p, bytes.len), ST_OK);
    s->sent.n++;
    return ST_OK;
}

enum status
link_next(struct sock *s, struct frame *out)
{
    assert_true(s->open);
    if (s->inbox.first == s->inbox.n)
        return ST_AGAIN;
    return frame_copy_bytes(out, buf_span(&s->inbox.items[s->inbox.first++]));
}

/* Something to poll. It never can be read: what arrives here is found by trying. */
static void *
quiet_socket(void)
{
    if (zmq == NULL) {
        zmq = zmq_ctx_new();
        quiet = zmq_socket(zmq, ZMQ_PAIR);
    }
    assert_non_null(quiet);
    return quiet;
}

void *
link_monitor(struct sock *s)
{
    assert_true(s->open);
    return quiet_socket();
}

void *
sock_handle(struct sock *s)
{
    assert_true(s->open);
    return quiet_socket();
}

unsigned
link_serial(const struct sock *s)
{
    unsigned n = 0;

    while (socks[n] != s)
        n++;
    return n;
}

void
sock_close(struct sock *s)
{
    if (s != NULL)
        s->open = false;
}
