#include "conclave.h"

#include <string.h>

#include "client/lies.h"
#include "client/page.h"
#include "client/public.h"

/* The last page that way ended at that place. */
static bool
is_there(const struct tail *read, const struct conclave_cursor *at)
{
    return at->seq == read->seq &&
           memcmp(at->log.bytes, read->log.bytes, sizeof at->log.bytes) == 0;
}

/* What stands at a place that was kept may be another entry now. */
static bool
must_compare(const struct tail *read, const struct conclave_cursor *at)
{
    return at != NULL && at->seq > 0 && at->ts != 0 && !(is_there(read, at) && at->ts == read->ts);
}

static enum conclave_status
check_place(struct conclave *c, const struct conclave_cursor *at)
{
    const struct wire_page *page = &c->page.reply.u.page;
    struct tail_log now = tail_log_of_page(page);
    struct tail t = cursor_tail(at);
    enum tail_verdict v = tail_answer(&t, &now);
    struct refusal why;

    if (!tail_is_over(v) && !tail_is_in(&t, page->entries))
        v = TAIL_REPLACED;
    if (!tail_is_over(v))
        return CONCLAVE_OK;
    tail_refuse(&why, v, &t, &now);
    return handle_refuse(c, ST_DENIED, &why);
}

/* Where to go on. */
static struct tail
place_behind(const struct wire_get_message *get, const struct wire_page *page)
{
    struct tail t = {.log = page->log, .seq = page->next};

    if ((get->has & WIRE_GET_HAS_BEFORE_SEQ) != 0) {
        t.seq = page->next - 1;
    } else if (page->entries.count > 0) {
        t.ts = page->entries.last.ts;
        t.id = page->entries.last.id;
    }
    return t;
}

static enum conclave_status
check_page(struct conclave *c, struct remote *k, const struct wire_get_message *get,
           const struct conclave_cursor *at)
{
    bool back = (get->has & WIRE_GET_HAS_BEFORE_SEQ) != 0;
    struct tail *read = back ? &k->read_back : &k->read;
    const struct wire_page *page = &c->page.reply.u.page;
    enum conclave_status st = at != NULL ? check_place(c, at) : CONCLAVE_OK;
    int64_t ts = 0;
    const char *lie;

    if (st != CONCLAVE_OK)
        return st;
    if (at != NULL && is_there(read, at) && (back || get->after_seq == at->seq))
        ts = read->ts;
    lie = lies_in_page(get, page, &ts);
    if (lie != NULL)
        return handle_error(c, ST_PROTOCOL, "the group's history %s", lie);
    *read = place_behind(get, page);
    read->ts = ts;
    return CONCLAVE_OK;
}

/* The entry that was only asked for to be compared. */
static void
skip_to(struct wire_list *entries, uint64_t seq)
{
    struct wire_list rest = *entries;
    struct entry e;

    if (wire_next(&rest, &e) && e.seq == seq)
        *entries = rest;
}

/* A page from `at` on, which the log must still have; NULL: from wherever `get` says. */
static enum conclave_status
fetch(struct conclave *c, const char *group, struct wire_get_message get, int64_t deadline,
      const struct conclave_cursor *at)
{
    struct wire_request req = {.op = OP_GET_MESSAGE};
    struct wire_page *page = &c->page.reply.u.page;
    struct remote *k = NULL;
    bool compare = false;
    enum conclave_status st;

    page_drop(c);
    st = handle_group(c, group, deadline, &k);
    if (st == CONCLAVE_OK)
        compare = (get.has & WIRE_GET_HAS_AFTER_SEQ) != 0 && must_compare(&k->read, at);
    if (compare) {
        get.after_seq--;
        get.limit += get.limit > 0 && get.limit < WIRE_PAGE_ROWS_MAX;
    }
    get.bytes = WIRE_PAGE_BYTES_MAX;
    req.u.get_message = get;
    if (st == CONCLAVE_OK)
        st = handle_ask(c, &k->session, &req, deadline, &c->page);
    if (st == CONCLAVE_OK)
        st = check_page(c, k, &get, at);
    if (st == CONCLAVE_OK && compare)
        skip_to(&page->entries, at->seq);
    return st == CONCLAVE_OK ? page_open(c, k, page->entries, deadline) : st;
}

static void
name_log(struct wire_get_message *get, const struct conclave_cursor *at)
{
    static const struct conclave_id any = {{0}};

    if (memcmp(&at->log, &any, sizeof any) == 0)
        return;
    get->has |= WIRE_GET_HAS_LOG;
    memcpy(get->log.bytes, at->log.bytes, sizeof get->log.bytes);
}

static enum conclave_status
tell_place(struct conclave *c, const struct wire_get_message *get, struct conclave_cursor *next,
           bool *end)
{
    const struct wire_page *page = &c->page.reply.u.page;
    struct tail t = place_behind(get, page);

    cursor_public(next, &t);
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
    enum conclave_status st = fetch(c, group, get, handle_deadline(c), NULL);

    return st == CONCLAVE_OK ? tell_place(c, &get, next, end) : st;
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
    enum conclave_status st;

    name_log(&get, after);
    st = fetch(c, group, get, handle_deadline(c), after);
    return st == CONCLAVE_OK ? tell_place(c, &get, next, end) : st;
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
    bool known;
    enum conclave_status st;

    if (before != NULL)
        name_log(&get, before);
    known = (get.has & WIRE_GET_HAS_LOG) != 0;
    st = fetch(c, group, get, deadline, known ? before : NULL);
    return st == CONCLAVE_OK ? tell_place(c, &get, next, end) : st;
}

enum conclave_status
conclave_fetch_before(struct conclave *c, const char *group, const struct conclave_cursor *before,
                      size_t limit, struct conclave_cursor *next, bool *end)
{
    return fetch_before(c, group, before, limit, handle_deadline(c), next, end);
}

enum conclave_status
conclave_fetch_before_time(struct conclave *c, const char *group, int64_t before, size_t limit,
                           struct conclave_cursor *next, bool *end)
{
    int64_t deadline = handle_deadline(c);
    struct wire_get_message get = {
        .has = WIRE_GET_HAS_AFTER_TS,
        .after_ts = before > INT64_MIN ? before - 1 : before,
        .limit = 1,
    };
    struct conclave_cursor at;
    struct conclave_entry first;
    enum conclave_status st = fetch(c, group, get, deadline, NULL);

    if (st != CONCLAVE_OK)
        return st;
    tell_place(c, &get, &at, NULL);
    if (conclave_next_entry(c, &first) == CONCLAVE_OK)
        at = (struct conclave_cursor){.log = at.log, .seq = first.seq - 1};
    return fetch_before(c, group, &at, limit, deadline, next, end);
}
