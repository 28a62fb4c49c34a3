#include <string.h>

#include "client/feed_impl.h"
#include "client/lies.h"

/* Several pages are under way at once, so that the group reads and seals one while another is
 * opened here. Where the next one begins must be known before the one before it is there: numbers
 * have no holes, so it does when that one is asked for by a number of entries that should fit. When
 * they do not, what was asked for behind it is forgotten. */

#define PAGE_ROOM (FEED_PAGE_BYTES / 8 * 7)
#define LATE_MS   2000 /* shorter than what makes the session begin a new connection */

static session_done page_done;

void
pages_init(struct feed *f)
{
    for (size_t i = 0; i < FEED_PAGES; i++) {
        f->pages[i].feed = f;
        f->pages[i].call.done = page_done;
        f->pages[i].call.ctx = &f->pages[i];
    }
}

/* The i-th that was asked for, of those that are left. */
static struct page_ask *
page_at(struct feed *f, size_t i)
{
    return &f->pages[(f->first_page + i) % FEED_PAGES];
}

/* Forget all but the first n. */
static void
keep_pages(struct feed *f, size_t n)
{
    while (f->n_pages > n) {
        struct page_ask *p = page_at(f, --f->n_pages);

        session_cancel(&p->call);
        frame_queue_drop(&p->reel);
    }
}

void
pages_drop(struct feed *f)
{
    keep_pages(f, 0);
    f->one_page = false;
}

void
pages_keep_taken(struct feed *f)
{
    size_t n = 0;

    while (n < f->n_pages && page_at(f, n)->taken)
        n++;
    keep_pages(f, n);
}

void
pages_clear(struct feed *f)
{
    pages_drop(f);
    for (size_t i = 0; i < FEED_PAGES; i++)
        session_call_clear(&f->pages[i].call);
}

/* ---- asking ---- */

void
feed_fill(struct feed *f)
{
    if (f->filled_from == f->tail.seq && f->start != FEED_AFTER_TIME) {
        feed_fail(f, ST_PROTOCOL, "the group's history lacks entries that its feed announces");
        return;
    }
    f->filled_from = f->tail.seq;
    f->phase = FEED_FILLING;
    f->state = CONCLAVE_FEED_CATCHING_UP;
    f->want = f->tail.seq;
    f->want_ts = f->tail.ts;
    if (f->compare) {
        f->want--;
        f->want_ts = 0;
    }
    f->want_more = true;
    f->page_rows = 0;
    pages_ask(f);
}

/* What a page is asked for with. */
static struct wire_get_message
question(const struct feed *f, uint64_t after, uint64_t limit)
{
    struct wire_get_message get = {.bytes = FEED_PAGE_BYTES, .limit = limit};

    if (f->start == FEED_AFTER_TIME) {
        get.has = WIRE_GET_HAS_AFTER_TS;
        get.after_ts = f->after_ts;
    } else {
        get.has = WIRE_GET_HAS_AFTER_SEQ;
        get.after_seq = after;
    }
    if (!id_is_zero(&f->tail.log)) {
        get.has |= WIRE_GET_HAS_LOG;
        get.log = f->tail.log;
    }
    return get;
}

static void
ask(struct feed *f, uint64_t after, uint64_t limit)
{
    struct wire_request req = {.op = OP_GET_MESSAGE};
    struct page_ask *p = page_at(f, f->n_pages++);

    p->after = after;
    p->limit = limit;
    p->taken = false;
    f->page_news = true;
    req.u.get_message = question(f, after, limit);
    feed_submit(f, &p->call, &req);
}

void
pages_ask(struct feed *f)
{
    size_t asked = f->n_pages;
    size_t most = f->one_page ? 1 : FEED_PAGES;

    while (f->phase == FEED_FILLING && f->want_more && f->n_pages < most) {
        const struct page_ask *last = f->n_pages > 0 ? page_at(f, f->n_pages - 1) : NULL;

        if (last == NULL || last->taken)
            ask(f, f->want, f->page_rows);
        else if (last->limit > 0 && last->after + last->limit < f->head)
            ask(f, last->after + last->limit, f->page_rows);
        else
            break;
    }
    /* Now, and not when what is there has been handed out. */
    if (f->n_pages > asked)
        session_flush(f->session, f->now_ms);
}

static bool
some_wait(const struct feed *f)
{
    for (size_t i = 0; i < FEED_PAGES; i++)
        if (session_call_waits(&f->pages[i].call))
            return true;
    return false;
}

/* A group does not say that it gave no answer since too many wait for the connection. Asking for
 * one page after the other it always answers. */
void
pages_step(struct feed *f)
{
    if (f->page_news || f->session->state != SESSION_READY)
        f->page_ms = f->now_ms;
    f->page_news = false;
    if (f->n_pages > 1 && f->now_ms - f->page_ms >= LATE_MS && some_wait(f)) {
        f->one_page = true;
        pages_keep_taken(f);
    }
    pages_ask(f);
}

int64_t
pages_due(const struct feed *f)
{
    if (f->n_pages < 2 || !some_wait(f))
        return CALL_FOR_EVER;
    return (f->page_news ? f->now_ms : f->page_ms) + LATE_MS;
}

/* ---- what comes ---- */

/* How many to ask for next. Not quite as many as fit, for some are longer than others: a page that
 * is cut makes what was asked for behind it useless. */
static uint64_t
rows_after(const struct page_ask *p, const struct wire_page *page)
{
    uint64_t n = page->entries.count;
    uint64_t fit;

    if (p->limit == 0 || n < p->limit || page->entries.raw.len > PAGE_ROOM) {
        n -= n / 8;
    } else {
        fit = n * PAGE_ROOM / page->entries.raw.len;
        n = fit < 2 * n ? fit : 2 * n;
    }
    return n < WIRE_PAGE_ROWS_MAX ? n : WIRE_PAGE_ROWS_MAX;
}

/* False: the feed is over, or began anew. */
static bool
is_of_our_log(struct feed *f, const struct wire_page *page)
{
    struct tail_log now = tail_log_of_page(page);
    struct id log = f->tail.log;
    enum tail_verdict v = tail_answer(&f->tail, &now);

    if (!tail_is_over(v) && f->compare && !tail_is_in(&f->tail, page->entries))
        v = TAIL_REPLACED;
    f->compare = false;
    if (tail_is_over(v)) {
        feed_end_by(f, v, &now);
        return false;
    }
    /* What waits to be handed out may be above what the two logs share. */
    if (!id_is_zero(&log) && !id_equal(&log, &f->tail.log)) {
        feed_lost(f, ST_CLOSED, "the group was restored from a backup");
        return false;
    }
    return true;
}

static void
take_page(struct feed *f, struct page_ask *p, const struct wire_page *page)
{
    struct wire_get_message get = question(f, p->after, p->limit);
    int64_t ts = f->want_ts;
    const char *lie = lies_in_page(&get, page, &ts);

    if (!is_of_our_log(f, page))
        return;
    if (lie != NULL) {
        feed_lied_to(f, "history", lie);
        return;
    }
    if (f->start == FEED_AFTER_TIME)
        f->tail = (struct tail){.log = f->tail.log, .seq = tail_before_page(page)};
    else
        p->reel->lost_to = tail_lost_to(page, p->after);
    f->start = FEED_AFTER_CURSOR;
    f->was_up = true;
    f->want = page->next;
    f->want_ts = ts;
    f->head = page->head;
    f->want_more = !page->end;
    f->page_rows = rows_after(p, page);
    p->reel->entries = page->entries;
    p->taken = true;
    dial_reset(&f->dial);
}

/* Look at those that are there, in the order of asking. */
static void
take_pages(struct feed *f)
{
    for (size_t i = 0; i < f->n_pages; i++) {
        struct page_ask *p = page_at(f, i);
        struct wire_reply r;

        if (p->taken)
            continue;
        if (p->reel == NULL)
            return;
        if (!feed_decode(f, &r, OP_GET_MESSAGE, &p->reel->frame))
            return;
        take_page(f, p, &r.u.page);
        if (!p->taken)
            return;
        if (p->limit == 0 || f->want != p->after + p->limit || !f->want_more)
            keep_pages(f, i + 1);
    }
}

static void
page_done(void *ctx, enum status st, struct frame *reply, const struct fault *why)
{
    struct page_ask *p = ctx;
    struct feed *f = p->feed;

    if (st != ST_OK) {
        feed_fail(f, st, why->text);
        return;
    }
    f->page_news = true;
    p->reel = frame_queue_take(f);
    frame_move(&p->reel->frame, reply);
    take_pages(f);
}

struct frame_queue *
pages_take(struct feed *f)
{
    struct page_ask *p = page_at(f, 0);
    struct frame_queue *r;

    if (f->n_pages == 0 || !p->taken)
        return NULL;
    r = p->reel;
    p->reel = NULL;
    f->first_page = (f->first_page + 1) % FEED_PAGES;
    f->n_pages--;
    return r;
}

bool
pages_empty(const struct feed *f)
{
    return f->n_pages == 0;
}

bool
pages_done(const struct feed *f)
{
    return !f->want_more && f->n_pages == 0;
}
