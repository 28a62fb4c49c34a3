#include "pages_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "fake_link.h"

const struct id the_log = {{1}};
static uint8_t letters[BODY_MAX_BYTES];

int
bench_set_up(void **state)
{
    static struct bench b;
    uint8_t key[KEY_LEN] = {1};

    memset(&b, 0, sizeof b);
    memset(letters, 'x', sizeof letters);
    b.now = T0;
    b.past = (struct past){.log = the_log, .kept_from = 1, .body = 5};
    session_init(&b.s, NULL, NULL, "the group");
    session_point(&b.s, key, "tcp://h:1");
    nicks_init(&b.nicks, &b.s);
    *state = &b;
    return 0;
}

int
bench_tear_down(void **state)
{
    struct bench *b = *state;

    feed_free(b->f);
    b->f = NULL;
    nicks_clear(&b->nicks);
    session_clear(&b->s);
    fake_reset();
    return 0;
}

/* ---- the group ---- */

static void
send(struct bench *b, enum wire_op op, const struct wire_reply *reply)
{
    struct buf out;

    (void)b;
    buf_init(&out, 0);
    wire_pack_reply(&out, op, reply);
    fake_arrive(fake_link(LINK_REQUESTS), &out);
}

static void
give_ticket(struct bench *b, const struct wire_request *r)
{
    struct wire_reply reply = {.msgid = r->msgid};

    reply.u.subscribed.feed = span_of("tcp://h:2");
    reply.u.subscribed.log = b->past.log;
    reply.u.subscribed.head = b->past.head;
    send(b, OP_SUBSCRIBE, &reply);
}

void
bench_say(const struct wire_feed *f)
{
    struct buf out;

    buf_init(&out, 0);
    wire_pack_feed(&out, f);
    fake_arrive(fake_link(LINK_FEED), &out);
}

static void
say_head(struct bench *b, enum wire_event event)
{
    bench_say(&(struct wire_feed){.event = event, .log = b->past.log, .head = b->past.head});
}

/* Tickets are given at once; what else is asked for is noted. */
static void
hear(struct bench *b)
{
    struct wire_request r;

    while (fake_link(LINK_REQUESTS) != NULL && fake_sent(fake_link(LINK_REQUESTS), &r)) {
        if (r.op == OP_SUBSCRIBE) {
            give_ticket(b, &r);
            continue;
        }
        assert_int_equal(r.op, OP_GET_MESSAGE);
        assert_true(b->n_asked < ASKED_MAX);
        b->asked[b->n_asked++] = r;
    }
}

void
bench_run(struct bench *b)
{
    for (int i = 0; i < 3; i++) {
        enum feed_phase before = b->f->phase;

        session_step(&b->s, b->now);
        feed_step(b->f, b->now);
        session_flush(&b->s, b->now);
        if (b->s.state == SESSION_CONNECTING)
            fake_event(fake_link(LINK_REQUESTS), LINK_READY);
        hear(b);
        if (b->f->phase == FEED_CONNECTING && before != FEED_CONNECTING)
            say_head(b, EVENT_WELCOME);
    }
}

void
bench_pack(struct buf *to, struct wire_list *l, uint64_t seq, size_t body)
{
    struct entry e = {.seq = seq, .ts = (int64_t)seq, .kind = ENTRY_MESSAGE};

    e.body = (struct span){.p = letters, .len = body};
    wire_pack(to, &e);
    l->count++;
    l->raw = buf_span(to);
}

struct wire_page
bench_honest(const struct bench *b, const struct wire_request *r, struct buf *packed)
{
    const struct past *p = &b->past;
    const struct wire_get_message *get = &r->u.get_message;
    uint64_t most = get->limit > 0 ? get->limit : WIRE_PAGE_ROWS_MAX;
    struct wire_page page = {.log = p->log, .head = p->head, .first = p->kept_from};
    uint64_t seq = get->after_seq + 1;

    if (seq < p->kept_from)
        seq = p->kept_from;
    if (p->hidden_to > 0 && seq >= p->hidden_from) {
        seq = seq > p->hidden_to ? seq : p->hidden_to + 1;
        page.first = p->hidden_to + 1;
    }
    page.next = p->head;
    buf_init(packed, 0);
    for (; seq <= p->head && page.entries.count < most; seq++) {
        if (p->hidden_to > 0 && seq == p->hidden_from)
            break;
        if (page.entries.count > 0 && packed->len + p->body + WIRE_ENTRY_OVERHEAD > get->bytes)
            break;
        bench_pack(packed, &page.entries, seq, p->body);
        page.next = seq;
    }
    page.end = page.next >= p->head;
    return page;
}

void
bench_give(struct bench *b, size_t i, const struct wire_page *page)
{
    struct wire_reply reply = {.msgid = b->asked[i].msgid};

    reply.u.page = *page;
    send(b, OP_GET_MESSAGE, &reply);
    bench_run(b);
}

void
bench_serve(struct bench *b, size_t i)
{
    struct buf packed;
    struct wire_page page;

    assert_true(i < b->n_asked);
    page = bench_honest(b, &b->asked[i], &packed);
    bench_give(b, i, &page);
    buf_clear(&packed);
}

void
bench_serve_cut(struct bench *b, size_t i, uint64_t rows)
{
    struct wire_request r = b->asked[i];
    struct wire_page page;
    struct buf packed;

    if (r.u.get_message.limit == 0 || r.u.get_message.limit > rows)
        r.u.get_message.limit = rows;
    page = bench_honest(b, &r, &packed);
    bench_give(b, i, &page);
    buf_clear(&packed);
}

void
bench_refuse(struct bench *b, size_t i, enum wire_code code)
{
    struct buf out;

    buf_init(&out, 0);
    wire_pack_error(&out, b->asked[i].msgid, code, NULL);
    fake_arrive(fake_link(LINK_REQUESTS), &out);
    bench_run(b);
}

uint64_t
bench_after(const struct bench *b, size_t i)
{
    assert_true(i < b->n_asked);
    return b->asked[i].u.get_message.after_seq;
}

uint64_t
bench_limit(const struct bench *b, size_t i)
{
    return b->asked[i].u.get_message.limit;
}

/* ---- the reader ---- */

bool
bench_next_other(struct bench *b, struct conclave_event *e)
{
    while (feed_next(b->f, e)) {
        if (e->type == CONCLAVE_EVENT_GAP) {
            assert_int_equal(e->first, b->seen + 1);
            assert_true(e->last >= e->first);
            b->lost += e->last - b->seen;
            b->seen = e->last;
        } else if (e->type == CONCLAVE_EVENT_ENTRY) {
            assert_int_equal(e->entry.seq, ++b->seen);
        } else {
            return true;
        }
    }
    return false;
}

void
bench_expect_up_to(struct bench *b, uint64_t seq)
{
    struct conclave_event e;

    while (b->seen < seq) {
        assert_true(feed_next(b->f, &e));
        assert_int_equal(e.type, CONCLAVE_EVENT_ENTRY);
        assert_int_equal(e.entry.seq, ++b->seen);
    }
    bench_run(b);
}

void
bench_expect_state(struct bench *b, enum conclave_feed_state st, const char *code)
{
    struct conclave_event e;

    assert_true(bench_next_other(b, &e));
    assert_int_equal(e.type, CONCLAVE_EVENT_STATE);
    assert_int_equal(e.state, st);
    assert_string_equal(e.code, code);
}

void
bench_expect_nothing(struct bench *b)
{
    struct conclave_event e;

    assert_false(feed_next(b->f, &e));
}

void
bench_start(struct bench *b, uint64_t head)
{
    struct feed_options o = {
        .group = "lobby",
        .session = &b->s,
        .nicks = &b->nicks,
        .start = FEED_AFTER_CURSOR,
        .deadline_ms = T0 + 5000,
    };

    b->past.head = head;
    b->f = feed_new(&o);
    assert_non_null(b->f);
    bench_run(b);
    bench_run(b);
    bench_expect_state(b, CONCLAVE_FEED_CATCHING_UP, "");
    assert_int_equal(b->n_asked, 1);
    assert_int_equal(bench_after(b, 0), 0);
    assert_int_equal(bench_limit(b, 0), 0);
}

void
bench_start_with_three(struct bench *b, uint64_t head)
{
    bench_start(b, head);
    bench_serve_cut(b, 0, 8);
    assert_int_equal(b->n_asked, 4);
    for (size_t i = 1; i < 4; i++) {
        assert_int_equal(bench_after(b, i), 8 + 7 * (i - 1));
        assert_int_equal(bench_limit(b, i), 7);
    }
}

void
bench_finish(struct bench *b, size_t i)
{
    struct conclave_event e;

    for (;;) {
        while (bench_next_other(b, &e)) {
            assert_int_equal(e.state, CONCLAVE_FEED_LIVE);
            assert_int_equal(b->seen, b->past.head);
            return;
        }
        bench_run(b);
        assert_true(i < b->n_asked);
        bench_serve(b, i++);
    }
}
