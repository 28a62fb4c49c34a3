#include "conclave.h"

#include <string.h>

#include "engine.h"
#include "public.h"

static void
learn_nicks(struct nicks *n, struct wire_list entries)
{
    struct entry e;

    while (wire_next_entry(&entries, &e))
        nicks_learn(n, &e);
}

static bool
has_stranger(const struct nicks *n, struct wire_list entries)
{
    struct entry e;

    while (wire_next_entry(&entries, &e))
        if (nicks_find(n, &e.author) == NULL)
            return true;
    return false;
}

/* Name every author of the page now: what conclave_next_entry gives must stay as it is. */
static void
name_authors(struct conclave *c, struct known *k, struct wire_list entries, int64_t deadline_ms)
{
    struct entry e;

    learn_nicks(&k->nicks, entries);
    if (has_stranger(&k->nicks, entries))
        nicks_load(&k->nicks, deadline_ms);
    while (k->nicks.loading)
        engine_wait(c, deadline_ms);
    while (wire_next_entry(&entries, &e))
        nicks_name(&k->nicks, &e.author);
}

static void
drop_page(struct conclave *c)
{
    answer_clear(&c->page);
    answer_init(&c->page);
    c->page_left = (struct wire_list){0};
    c->page_group = NULL;
}

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
    if (v != TAIL_LOG_CHANGED && v != TAIL_WENT_BACK)
        return CONCLAVE_OK;
    refusal_set(&why, tail_code(v), tail_text(v));
    return engine_refuse(c, ST_DENIED, &why);
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
    drop_page(c);
    st = engine_group(c, group, deadline, &k);
    if (st == CONCLAVE_OK)
        st = engine_ask(c, &k->session, &req, deadline, &c->page);
    if (st == CONCLAVE_OK)
        st = check_page(c, &get, at);
    if (st != CONCLAVE_OK)
        return st;
    name_authors(c, k, page->entries, deadline);
    c->page_left = page->entries;
    c->page_group = k;
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

enum conclave_status
conclave_next_entry(struct conclave *c, struct conclave_entry *out)
{
    struct entry e;

    if (!wire_next_entry(&c->page_left, &e))
        return CONCLAVE_NONE;
    entry_public(out, &e);
    out->group = c->page_group->name;
    out->nick = nicks_name(&c->page_group->nicks, &e.author);
    return CONCLAVE_OK;
}
