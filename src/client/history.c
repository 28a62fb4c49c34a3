#include "conclave.h"

#include <string.h>

#include "page.h"

static enum conclave_status
check_page(struct conclave *c, const struct wire_get_message *get, const struct conclave_cursor *at)
{
    const struct wire_page *page = &c->page.reply.u.page;
    enum tail_verdict v = TAIL_NEXT;
    struct tail t = {.seq = get->after_seq};
    struct refusal why;

    if (at == NULL)
        return CONCLAVE_OK;
    memcpy(t.log.bytes, at->log.bytes, sizeof t.log.bytes);
    v = tail_answer_head(&t, &page->log, page->head);
    if (v == TAIL_LOG_CHANGED || v == TAIL_WENT_BACK) {
        refusal_set(&why, tail_code(v), tail_text(v));
        return engine_refuse(c, ST_DENIED, &why);
    }
    if (!page->end && page->next <= get->after_seq)
        return engine_error(c, ST_PROTOCOL, "the group's history does not go on");
    return CONCLAVE_OK;
}

static enum conclave_status
fetch(struct conclave *c, const char *group, struct wire_get_message get,
      const struct conclave_cursor *at, struct conclave_cursor *next, bool *end)
{
    int64_t deadline = engine_deadline(c);
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
    if (st == CONCLAVE_OK)
        st = page_open(c, k, page->entries, deadline);
    if (st != CONCLAVE_OK)
        return st;
    memcpy(next->log.bytes, page->log.bytes, sizeof next->log.bytes);
    next->seq = page->next;
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

    return fetch(c, group, get, NULL, next, end);
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

    return fetch(c, group, get, after, next, end);
}
