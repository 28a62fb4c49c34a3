#include "conclave.h"

#include <string.h>

#include "page.h"

static bool
goes_on(const struct wire_get_message *get, const struct wire_page *page)
{
    if (get->has == WIRE_GET_HAS_BEFORE_SEQ)
        return page->next >= 1 && page->next < get->before_seq;
    return get->has != WIRE_GET_HAS_AFTER_SEQ || page->next > get->after_seq;
}

static enum conclave_status
check_page(struct conclave *c, const struct wire_get_message *get, const struct conclave_cursor *at)
{
    const struct wire_page *page = &c->page.reply.u.page;
    enum tail_verdict v = TAIL_NEXT;
    struct refusal why;
    struct tail t;

    if (at != NULL) {
        t.seq = at->seq;
        memcpy(t.log.bytes, at->log.bytes, sizeof t.log.bytes);
        v = tail_answer_head(&t, &page->log, page->head);
    }
    if (v == TAIL_LOG_CHANGED || v == TAIL_WENT_BACK) {
        refusal_set(&why, tail_code(v), tail_text(v));
        return engine_refuse(c, ST_DENIED, &why);
    }
    if (!page->end && !goes_on(get, page))
        return engine_error(c, ST_PROTOCOL, "the group's history does not go on");
    return CONCLAVE_OK;
}

/* A page from `at` on, which the log must still have; NULL: from wherever `get` says. */
static enum conclave_status
fetch(struct conclave *c, const char *group, struct wire_get_message get, int64_t deadline,
      const struct conclave_cursor *at)
{
    struct wire_request req = {.op = OP_GET_MESSAGE};
    const struct wire_page *page = &c->page.reply.u.page;
    struct known *k = NULL;
    enum conclave_status st;

    get.bytes = WIRE_PAGE_BYTES_MAX;
    req.u.get_message = get;
    page_drop(c);
    st = engine_group(c, group, deadline, &k);
    if (st == CONCLAVE_OK)
        st = engine_ask(c, &k->session, &req, deadline, &c->page);
    if (st == CONCLAVE_OK)
        st = check_page(c, &get, at);
    return st == CONCLAVE_OK ? page_open(c, k, page->entries, deadline) : st;
}

/* seq: where to go on. */
static enum conclave_status
tell_place(const struct wire_page *page, uint64_t seq, struct conclave_cursor *next, bool *end)
{
    memcpy(next->log.bytes, page->log.bytes, sizeof next->log.bytes);
    next->seq = seq;
    if (end != NULL)
        *end = page->end;
    return CONCLAVE_OK;
}

static uint64_t
page_limit(size_t limit)
{
    return limit < WIRE_PAGE_ROWS_MAX ? limit : WIRE_PAGE_ROWS_MAX;
}

enum conclave_status
conclave_fetch_after_time(struct conclave *c, const char *group, int64_t after, size_t limit,
                          struct conclave_cursor *next, bool *end)
{
    struct wire_get_message get = {
        .has = WIRE_GET_HAS_AFTER_TS,
        .after_ts = after,
        .limit = page_limit(limit),
    };
    const struct wire_page *page = &c->page.reply.u.page;
    enum conclave_status st = fetch(c, group, get, engine_deadline(c), NULL);

    return st == CONCLAVE_OK ? tell_place(page, page->next, next, end) : st;
}

enum conclave_status
conclave_fetch(struct conclave *c, const char *group, const struct conclave_cursor *after,
               size_t limit, struct conclave_cursor *next, bool *end)
{
    struct wire_get_message get = {
        .has = WIRE_GET_HAS_AFTER_SEQ,
        .after_seq = after->seq,
        .limit = page_limit(limit),
    };
    const struct wire_page *page = &c->page.reply.u.page;
    enum conclave_status st = fetch(c, group, get, engine_deadline(c), after);

    return st == CONCLAVE_OK ? tell_place(page, page->next, next, end) : st;
}

static enum conclave_status
fetch_before(struct conclave *c, const char *group, const struct conclave_cursor *before,
             size_t limit, int64_t deadline, struct conclave_cursor *next, bool *end)
{
    struct wire_get_message get = {
        .has = WIRE_GET_HAS_BEFORE_SEQ,
        .before_seq = before != NULL && before->seq < WIRE_SEQ_MAX ? before->seq + 1 : WIRE_SEQ_MAX,
        .limit = page_limit(limit),
    };
    const struct wire_page *page = &c->page.reply.u.page;
    const struct conclave_id any = {{0}};
    bool known = before != NULL && memcmp(&before->log, &any, sizeof any) != 0;
    enum conclave_status st = fetch(c, group, get, deadline, known ? before : NULL);

    return st == CONCLAVE_OK ? tell_place(page, page->next > 0 ? page->next - 1 : 0, next, end)
                             : st;
}

enum conclave_status
conclave_fetch_before(struct conclave *c, const char *group, const struct conclave_cursor *before,
                      size_t limit, struct conclave_cursor *next, bool *end)
{
    return fetch_before(c, group, before, limit, engine_deadline(c), next, end);
}

enum conclave_status
conclave_fetch_before_time(struct conclave *c, const char *group, int64_t before, size_t limit,
                           struct conclave_cursor *next, bool *end)
{
    int64_t deadline = engine_deadline(c);
    struct wire_get_message get = {
        .has = WIRE_GET_HAS_AFTER_TS,
        .after_ts = before > INT64_MIN ? before - 1 : before,
        .limit = 1,
    };
    const struct wire_page *page = &c->page.reply.u.page;
    struct conclave_cursor at;
    struct conclave_entry first;
    enum conclave_status st = fetch(c, group, get, deadline, NULL);

    if (st != CONCLAVE_OK)
        return st;
    tell_place(page, page->next, &at, NULL);
    if (conclave_next_entry(c, &first) == CONCLAVE_OK)
        at.seq = first.seq - 1;
    return fetch_before(c, group, &at, limit, deadline, next, end);
}
