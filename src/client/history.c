#include "conclave.h"

#include <string.h>

#include "lies.h"
#include "page.h"

/* The time of the entry at that place, if the last page that way ended there; else 0. */
static int64_t
time_at(const struct tail *read, const struct conclave_cursor *at)
{
    bool there = at != NULL && at->seq == read->seq &&
                 memcmp(at->log.bytes, read->log.bytes, sizeof at->log.bytes) == 0;

    return there ? read->ts : 0;
}

static enum conclave_status
check_place(struct conclave *c, const struct conclave_cursor *at)
{
    const struct wire_page *page = &c->page.reply.u.page;
    struct tail t = {.seq = at->seq};
    struct refusal why;
    enum tail_verdict v;

    memcpy(t.log.bytes, at->log.bytes, sizeof t.log.bytes);
    v = tail_answer_head(&t, &page->log, page->head);
    if (v != TAIL_LOG_CHANGED && v != TAIL_WENT_BACK)
        return CONCLAVE_OK;
    refusal_set(&why, tail_code(v), tail_text(v));
    return engine_refuse(c, ST_DENIED, &why);
}

/* Where to go on. */
static uint64_t
place_behind(const struct wire_get_message *get, const struct wire_page *page)
{
    return get->has == WIRE_GET_HAS_BEFORE_SEQ ? page->next - 1 : page->next;
}

static enum conclave_status
check_page(struct conclave *c, struct known *k, const struct wire_get_message *get,
           const struct conclave_cursor *at)
{
    struct tail *read = get->has == WIRE_GET_HAS_BEFORE_SEQ ? &k->read_back : &k->read;
    const struct wire_page *page = &c->page.reply.u.page;
    enum conclave_status st = at != NULL ? check_place(c, at) : CONCLAVE_OK;
    int64_t ts = time_at(read, at);
    const char *lie;

    if (st != CONCLAVE_OK)
        return st;
    lie = lies_in_page(get, page, &ts);
    if (lie != NULL)
        return engine_error(c, ST_PROTOCOL, "the group's history %s", lie);
    *read = (struct tail){page->log, place_behind(get, page), ts};
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
        st = check_page(c, k, &get, at);
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

    return st == CONCLAVE_OK ? tell_place(page, place_behind(&get, page), next, end) : st;
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
