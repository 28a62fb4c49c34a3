#include "client/lies.h"

#include <stdlib.h>

static const char no_end[] = "does not go on";
static const char hole[] = "has a hole";
static const char order[] = "is out of order";
static const char above[] = "goes beyond its own end";
static const char time_back[] = "goes back in time";
static const char too_long[] = "is longer than was asked for";
static const char early_end[] = "ends before its end";

/* ---- runs ---- */

static const char *
lie_at(const struct lies_run *run, uint64_t seq, int64_t ts)
{
    if (seq > run->head)
        return above;
    if (run->first > 0 && seq != run->first)
        return seq > run->first ? hole : order;
    return ts <= run->after_ts ? time_back : NULL;
}

const char *
lies_in_run(const struct lies_run *run, struct wire_list entries)
{
    struct lies_run rest = *run;
    const char *lie = NULL;
    struct entry e;

    if (run->most > 0 && entries.count > run->most)
        return too_long;
    /* Decoding has compared each entry with the one before it; only a lie is looked for once more.
     */
    if (entries.unbroken) {
        lie = lie_at(run, entries.first.seq, entries.first.ts);
        return lie == NULL && entries.last.seq > run->head ? above : lie;
    }
    while (lie == NULL && wire_next(&entries, &e)) {
        lie = lie_at(&rest, e.seq, e.ts);
        rest.first = e.seq + 1;
        rest.after_ts = e.ts;
    }
    return lie;
}

/* ---- pages ---- */

/* One on which nothing is: there is nothing behind the place that was asked for. */
static const char *
lie_in_nothing(const struct wire_get_message *asked, const struct wire_page *page)
{
    bool by_ts = (asked->has & WIRE_GET_HAS_AFTER_TS) != 0;

    if (page->next < page->head || !page->end || (!by_ts && page->head < asked->after_seq))
        return no_end;
    return by_ts || page->head == asked->after_seq || page->first > page->head ? NULL : hole;
}

static const char *
lie_in_entries(const struct wire_get_message *asked, const struct wire_page *page, int64_t *ts)
{
    bool by_ts = (asked->has & WIRE_GET_HAS_AFTER_TS) != 0;
    struct lies_run run = {.head = page->head, .after_ts = *ts, .most = asked->limit};
    struct wire_place last = page->entries.last;
    const char *lie;

    if (by_ts)
        run.after_ts = asked->after_ts > 0 ? asked->after_ts : 0;
    else
        run.first = asked->after_seq < page->first ? page->first : asked->after_seq + 1;
    lie = lies_in_run(&run, page->entries);
    if (lie != NULL)
        return lie;
    if (last.seq + 1 - page->entries.count < page->first)
        return order;
    if (page->next != last.seq)
        return page->next > last.seq ? hole : no_end;
    if (page->end && page->next < page->head)
        return early_end;
    *ts = last.ts;
    return NULL;
}

static const char *
lie_in_nothing_before(uint64_t before, const struct wire_page *page)
{
    if (page->next != 1 || !page->end)
        return no_end;
    return page->first > page->head || page->first >= before ? NULL : hole;
}

static const char *
lie_in_entries_before(const struct wire_get_message *asked, const struct wire_page *page,
                      int64_t *ts)
{
    struct lies_run run = {.first = page->next, .head = page->head, .most = asked->limit};
    struct wire_place last = page->entries.last;
    const char *lie = lies_in_run(&run, page->entries);

    if (lie != NULL)
        return lie;
    if (last.seq >= asked->before_seq || page->next < page->first)
        return order;
    if (*ts > 0 && last.ts >= *ts)
        return time_back;
    if (page->end && page->next > page->first)
        return early_end;
    if (!page->end && page->next == 1)
        return no_end;
    *ts = page->entries.first.ts;
    return NULL;
}

static const char *
lie_before(const struct wire_get_message *asked, const struct wire_page *page, int64_t *ts)
{
    if (page->first > page->head + 1)
        return above;
    return page->entries.count > 0 ? lie_in_entries_before(asked, page, ts)
                                   : lie_in_nothing_before(asked->before_seq, page);
}

const char *
lies_in_page(const struct wire_get_message *asked, const struct wire_page *page, int64_t *ts)
{
    if ((asked->has & WIRE_GET_HAS_BEFORE_SEQ) != 0)
        return lie_before(asked, page, ts);
    if (page->next > page->head || page->first > page->head + 1)
        return above;
    return page->entries.count > 0 ? lie_in_entries(asked, page, ts) : lie_in_nothing(asked, page);
}

/* ---- what was found ---- */

const char *
lies_in_found(const struct wire_search_message *asked, const struct wire_found *found)
{
    struct wire_list entries = found->entries;
    int64_t ts = asked->after_ts > 0 ? asked->after_ts : 0;
    uint64_t seq = asked->after_seq;
    bool by_ts = (asked->has & WIRE_SEARCH_HAS_AFTER_TS) != 0;
    struct entry e;

    if (asked->limit > 0 && entries.count > asked->limit)
        return too_long;
    while (wire_next(&entries, &e)) {
        if (e.seq > found->head)
            return above;
        if (e.seq <= seq)
            return order;
        if (e.ts <= ts)
            return time_back;
        if (e.kind != ENTRY_MESSAGE ||
            ((asked->has & WIRE_SEARCH_HAS_FROM) != 0 && !id_equal(&e.author, &asked->from)))
            return "finds what was not asked for";
        seq = e.seq;
        ts = e.ts;
    }
    if (found->next > found->head && found->next > asked->after_seq)
        return above;
    /* Whoever asks from the end on is told so. */
    return found->next < seq || (!found->end && !by_ts && found->next == asked->after_seq) ? no_end
                                                                                           : NULL;
}

/* ---- acks ---- */

static int
compare(const void *a_, const void *b_)
{
    const struct lies_ack *a = a_, *b = b_;

    return a->seq < b->seq ? -1 : a->seq > b->seq;
}

const char *
lies_in_acks(struct lies_ack *acks, size_t n)
{
    qsort(acks, n, sizeof *acks, compare);
    for (size_t i = 0; i < n; i++) {
        bool same = i > 0 && acks[i].seq == acks[i - 1].seq;

        if (acks[i].seq == 0 || acks[i].ts <= 0)
            return "acknowledges what cannot be";
        if (same && (!id_equal(acks[i].id, acks[i - 1].id) || acks[i].ts != acks[i - 1].ts))
            return "acknowledges two messages as one";
        if (i > 0 && !same && acks[i].ts <= acks[i - 1].ts)
            return time_back;
    }
    return NULL;
}
