#include "engine.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "text.h"

#define SLICE_MS 1000 /* longest wait in one go */
#define AWAY_MS  500  /* beyond a slice: the program was elsewhere */

/* ---- errors ---- */

enum conclave_status
engine_error(struct conclave *c, enum status st, const char *format, ...)
{
    char text[FAULT_TEXT_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    refusal_of_status(&c->error, st, text);
    return status_public(st);
}

enum conclave_status
engine_refuse(struct conclave *c, enum status st, const struct refusal *why)
{
    c->error = *why;
    return st == ST_DENIED || st == ST_NOT_FOUND ? CONCLAVE_REFUSED : status_public(st);
}

/* ---- the loop ---- */

int64_t
engine_deadline(struct conclave *c)
{
    return clock_mono_ms() + c->timeout_ms;
}

static void
add_away(struct conclave *c, int64_t ms)
{
    session_away(&c->directory, ms);
    for (struct known *k = c->groups; k != NULL; k = k->next)
        known_away(k, ms);
}

void
engine_step(struct conclave *c)
{
    int64_t now = clock_mono_ms();

    if (now - c->now_ms > SLICE_MS + AWAY_MS)
        add_away(c, now - c->now_ms - SLICE_MS);
    c->now_ms = now;
    c->given = 0;
    session_step(&c->directory, now);
    for (struct known *k = c->groups; k != NULL; k = k->next)
        known_step(k, now);
    session_flush(&c->directory, now);
}

void
engine_links(struct conclave *c, engine_visit *visit, void *ctx)
{
    if (c->directory.sock != NULL)
        visit(ctx, c->directory.sock, true);
    for (struct known *k = c->groups; k != NULL; k = k->next) {
        if (k->session.sock != NULL)
            visit(ctx, k->session.sock, true);
        if (k->feed != NULL && k->feed->sock != NULL)
            visit(ctx, k->feed->sock, feed_reads(k->feed));
    }
}

struct gathered {
    zmq_pollitem_t *items;
    size_t n;
};

static void
gather_link(void *ctx, struct sock *s, bool reads)
{
    struct gathered *g = ctx;

    g->items[g->n++] = (zmq_pollitem_t){.socket = link_monitor(s), .events = ZMQ_POLLIN};
    if (reads)
        g->items[g->n++] = (zmq_pollitem_t){.socket = sock_handle(s), .events = ZMQ_POLLIN};
}

static size_t
gather(struct conclave *c)
{
    struct gathered g = {.items = c->items};

    engine_links(c, gather_link, &g);
    return g.n;
}

int64_t
engine_due(const struct conclave *c)
{
    int64_t due = session_due(&c->directory, c->now_ms);

    for (const struct known *k = c->groups; k != NULL; k = k->next) {
        int64_t own = known_due(k, c->now_ms);
        due = own < due ? own : due;
    }
    return due;
}

void
engine_wait(struct conclave *c, int64_t until_ms)
{
    int64_t now = clock_mono_ms();
    int64_t due = engine_due(c);
    size_t n = gather(c);
    bool watches = c->fd >= 0;
    int64_t ms;

    if (watches)
        c->items[n++] = (zmq_pollitem_t){.fd = c->fd, .events = ZMQ_POLLIN};
    ms = (due < until_ms ? due : until_ms) - now;
    ms = ms < 0 ? 0 : ms > SLICE_MS ? SLICE_MS : ms;
    /* An error (EINTR) leaves nothing to look at but time: the step does that. */
    if (zmq_poll(c->items, (int)n, (long)ms) > 0 && watches)
        c->fd_ready = c->items[n - 1].revents != 0;
    engine_step(c);
}

/* ---- asking ---- */

struct waiter {
    struct call call;
    bool done;
    enum status st;
    struct frame *into;
    struct fault why;
};

static void
waiter_done(void *ctx, enum status st, struct frame *reply, const struct fault *why)
{
    struct waiter *w = ctx;

    w->done = true;
    w->st = st;
    if (st == ST_OK)
        frame_move(w->into, reply);
    else
        w->why = *why;
}

static enum conclave_status
ask_once(struct conclave *c, struct session *s, struct wire_request *req, int64_t deadline_ms,
         struct answer *out)
{
    struct waiter w = {.into = &out->frame};
    enum conclave_status st = CONCLAVE_OK;

    w.call = (struct call){.done = waiter_done, .ctx = &w, .deadline_ms = deadline_ms};
    if (session_submit(s, &w.call, req) != ST_OK)
        return engine_error(c, ST_NOMEM, "out of memory");
    engine_step(c);
    while (!w.done)
        engine_wait(c, deadline_ms);
    call_clear(&w.call);
    if (w.st != ST_OK)
        return engine_error(c, w.st, "%s", w.why.text);
    if (wire_decode_reply(&out->reply, req->op, frame_span(&out->frame)) != ST_OK)
        return engine_error(c, ST_PROTOCOL, "%s at %s gave an answer that is not understood",
                            s->what, s->address);
    if (out->reply.code != CODE_OK) {
        struct refusal why;
        refusal_of_reply(&why, &out->reply);
        st = engine_refuse(c, out->reply.code == CODE_PROTOCOL ? ST_PROTOCOL : ST_DENIED, &why);
    }
    return st;
}

enum conclave_status
engine_ask(struct conclave *c, struct session *s, struct wire_request *req, int64_t deadline_ms,
           struct answer *out)
{
    int64_t step = DIAL_FIRST_MS;

    for (;;) {
        enum conclave_status st = ask_once(c, s, req, deadline_ms, out);
        int64_t again = clock_mono_ms() + dial_jitter_ms(step, dial_random());
        if (st != CONCLAVE_REFUSED || !code_is_passing(out->reply.code) || again >= deadline_ms)
            return st;
        while (clock_mono_ms() < again)
            engine_wait(c, again);
        step = step * 2 < DIAL_MOST_MS ? step * 2 : DIAL_MOST_MS;
    }
}

void
answer_init(struct answer *a)
{
    memset(&a->reply, 0, sizeof a->reply);
    frame_init(&a->frame);
}

void
answer_clear(struct answer *a)
{
    frame_clear(&a->frame);
}

/* ---- groups ---- */

struct known *
engine_find(const struct conclave *c, const char *name)
{
    for (struct known *k = c->groups; k != NULL; k = k->next)
        if (strcmp(k->name, name) == 0)
            return k;
    return NULL;
}

bool
engine_reserve(struct conclave *c, size_t groups)
{
    size_t need = 3 + 4 * groups; /* the directory, the watched descriptor; two links a group */
    zmq_pollitem_t *items;

    if (need <= c->cap_items)
        return true;
    items = realloc(c->items, 2 * need * sizeof *items);
    if (items == NULL)
        return false;
    c->items = items;
    c->cap_items = 2 * need;
    return true;
}

static enum conclave_status
find_on_server(struct conclave *c, struct known *k, int64_t deadline_ms)
{
    lookup_start(&k->lookup, deadline_ms);
    engine_step(c);
    while (k->lookup.busy)
        engine_wait(c, deadline_ms);
    if (k->lookup.st != ST_OK)
        return engine_refuse(c, k->lookup.st, &k->lookup.why);
    known_locate(k);
    return CONCLAVE_OK;
}

static void
add_group(struct conclave *c, struct known *k)
{
    k->next = c->groups;
    c->groups = k;
    c->n_groups++;
}

static enum conclave_status
new_group(struct conclave *c, const char *name, struct known **out)
{
    *out = NULL;
    if (name == NULL || !text_is_group_name(span_of(name)))
        return engine_error(c, ST_INVALID,
                            "\"%.80s\" is not the name of a group: 1 to %d bytes without spaces, "
                            "slashes and control characters, not beginning with '-' or '.'",
                            name != NULL ? name : "", NAME_MAX_BYTES);
    *out = engine_reserve(c, c->n_groups + 1) ? known_new(name, &c->directory) : NULL;
    return *out != NULL ? CONCLAVE_OK : engine_error(c, ST_NOMEM, "out of memory");
}

enum conclave_status
engine_group(struct conclave *c, const char *name, int64_t deadline_ms, struct known **out)
{
    enum conclave_status st;

    *out = name != NULL ? engine_find(c, name) : NULL;
    if (*out != NULL)
        return CONCLAVE_OK;
    st = new_group(c, name, out);
    if (st == CONCLAVE_OK)
        st = find_on_server(c, *out, deadline_ms);
    if (st == CONCLAVE_OK)
        add_group(c, *out);
    else
        known_free(*out);
    return st;
}

enum conclave_status
engine_locate(struct conclave *c, const char *name, const uint8_t key[static KEY_LEN],
              const char *address)
{
    struct known *k = name != NULL ? engine_find(c, name) : NULL;
    enum conclave_status st = CONCLAVE_OK;

    if (k != NULL && memcmp(k->session.key, key, KEY_LEN) != 0)
        return engine_error(c, ST_SERVER_KEY, "the group \"%s\" is known with another key", name);
    if (k == NULL) {
        st = new_group(c, name, &k);
        if (st == CONCLAVE_OK)
            add_group(c, k);
    }
    if (st == CONCLAVE_OK)
        known_point(k, key, address);
    return st;
}

/* ---- rows ---- */

void *
rows_add(struct rows *r, size_t size, size_t max)
{
    size_t cap = r->cap == 0 ? 64 : r->cap * 2;
    uint8_t *items = r->items;

    if (r->n >= max)
        return NULL;
    if (r->n == r->cap) {
        items = realloc(items, cap * size);
        if (items == NULL)
            return NULL;
        r->items = items;
        r->cap = cap;
    }
    items += r->n++ * size;
    memset(items, 0, size);
    return items;
}

void
rows_reset(struct rows *r)
{
    free(r->items);
    *r = (struct rows){0};
}
