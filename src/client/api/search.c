#include "conclave.h"

#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "client/lies.h"
#include "client/page.h"

/* A page on which nothing is, but which is not the end, has looked through so many entries; but for
 * those that end where a stay of ours ends, and the first and the last. */
#define STEP_ROWS   1000
#define SHORT_STEPS 128

static enum conclave_status
make_search(struct conclave *c, const struct conclave_query *q, size_t limit,
            struct wire_search_message *out)
{
    struct span words = span_of(q->words != NULL ? q->words : "");

    if (words.len == 0 || !text_is_line(words, WIRE_WORDS_MAX))
        return handle_error(c, ST_INVALID,
                            "the words to search for are 1 to %d bytes of UTF-8 without control "
                            "characters",
                            WIRE_WORDS_MAX);
    *out = (struct wire_search_message){
        .has = q->after_time ? WIRE_SEARCH_HAS_AFTER_TS : WIRE_SEARCH_HAS_AFTER_SEQ,
        .words = words,
        .after_ts = q->after_time ? q->time : 0,
        .after_seq = q->after_time ? 0 : q->seq,
        .limit = limit < WIRE_PAGE_ROWS_MAX ? limit : WIRE_PAGE_ROWS_MAX,
    };
    if (q->from != NULL) {
        out->has |= WIRE_SEARCH_HAS_FROM;
        memcpy(out->from.bytes, q->from->bytes, sizeof out->from.bytes);
    }
    return CONCLAVE_OK;
}

static enum conclave_status
check_page(struct conclave *c, const struct wire_search_message *search, unsigned *short_steps)
{
    const struct wire_found *found = &c->page.reply.u.found;
    const char *lie = lies_in_found(search, found);

    if (found->entries.count == 0 && !found->end && found->next < search->after_seq + STEP_ROWS)
        ++*short_steps;
    if (lie == NULL && *short_steps > SHORT_STEPS)
        lie = "does not go on";
    return lie == NULL ? CONCLAVE_OK : handle_error(c, ST_PROTOCOL, "the group's search %s", lie);
}

/* One page. A group that has nothing to say yet says how far it has looked, and is asked on. */
static enum conclave_status
ask(struct conclave *c, struct remote *k, struct wire_search_message *search, int64_t deadline_ms)
{
    const struct wire_found *found = &c->page.reply.u.found;
    struct wire_request req = {.op = OP_SEARCH_MESSAGE};
    unsigned short_steps = 0;
    enum conclave_status st;

    for (;;) {
        req.u.search_message = *search;
        st = handle_ask(c, &k->session, &req, deadline_ms, &c->page);
        if (st == CONCLAVE_OK)
            st = check_page(c, search, &short_steps);
        if (st != CONCLAVE_OK || found->end)
            return st;
        if (found->entries.count > 0 || clock_mono_ms() >= deadline_ms)
            return st;
        search->has &= ~(uint32_t)WIRE_SEARCH_HAS_AFTER_TS;
        search->has |= WIRE_SEARCH_HAS_AFTER_SEQ;
        search->after_ts = 0;
        search->after_seq = found->next;
    }
}

enum conclave_status
conclave_search(struct conclave *c, const char *group, const struct conclave_query *query,
                size_t limit, uint64_t *next, bool *end)
{
    int64_t deadline = handle_deadline(c);
    const struct wire_found *found = &c->page.reply.u.found;
    struct wire_search_message search = {0};
    struct remote *k = NULL;
    enum conclave_status st;

    page_drop(c);
    st = make_search(c, query, limit, &search);
    if (st == CONCLAVE_OK)
        st = handle_group(c, group, deadline, &k);
    if (st == CONCLAVE_OK)
        st = ask(c, k, &search, deadline);
    if (st == CONCLAVE_OK)
        st = page_open(c, k, found->entries, deadline);
    if (st != CONCLAVE_OK)
        return st;
    *next = found->next;
    if (end != NULL)
        *end = found->end;
    return CONCLAVE_OK;
}
