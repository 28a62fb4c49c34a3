#include "client/tail.h"

#include <stdio.h>

enum tail_verdict
tail_entry(const struct tail *t, uint64_t seq)
{
    if (seq == t->seq + 1)
        return TAIL_NEXT;
    return seq <= t->seq ? TAIL_OLD : TAIL_MISSING;
}

enum tail_verdict
tail_feed_head(struct tail *t, const struct id *log, uint64_t head)
{
    if (id_is_zero(&t->log))
        t->log = *log;
    if (!id_equal(&t->log, log))
        return TAIL_LOG_CHANGED;
    return head > t->seq ? TAIL_MISSING : TAIL_NEXT;
}

/* A log that goes on from t's has what was taken, if that is not above shared. */
static enum tail_verdict
take_over(struct tail *t, const struct tail_log *now)
{
    if (!now->goes_on)
        return TAIL_LOG_CHANGED;
    if (t->seq > now->shared)
        return TAIL_RESTORED;
    t->log = now->log;
    return TAIL_NEXT;
}

enum tail_verdict
tail_answer(struct tail *t, const struct tail_log *now)
{
    enum tail_verdict v = tail_feed_head(t, &now->log, now->head);

    if (v == TAIL_LOG_CHANGED) {
        v = take_over(t, now);
        if (v != TAIL_NEXT)
            return v;
        v = tail_feed_head(t, &now->log, now->head);
    }
    if (v == TAIL_NEXT && now->head < t->seq)
        return TAIL_WENT_BACK;
    if (now->head == t->seq && t->ts != 0 && now->head_ts != 0 && t->ts != now->head_ts)
        return TAIL_REPLACED;
    return v;
}

bool
tail_is_in(const struct tail *t, struct wire_list entries)
{
    struct entry e;

    while (wire_next(&entries, &e)) {
        if (e.seq == t->seq)
            return (t->ts == 0 || e.ts == t->ts) && (id_is_zero(&t->id) || id_equal(&e.id, &t->id));
    }
    return true;
}

uint64_t
tail_lost_to(const struct wire_page *page, uint64_t after)
{
    return page->first > after + 1 ? page->first - 1 : 0;
}

uint64_t
tail_before_page(const struct wire_page *page)
{
    return page->entries.count > 0 ? page->entries.first.seq - 1 : page->next;
}

struct tail_log
tail_log_of_page(const struct wire_page *page)
{
    return (struct tail_log){
        .log = page->log,
        .head = page->head,
        .goes_on = (page->has & WIRE_HAS_SHARED) != 0,
        .shared = page->shared,
    };
}

/* ---- the end ---- */

bool
tail_is_over(enum tail_verdict v)
{
    return v >= TAIL_LOG_CHANGED;
}

void
tail_refuse(struct refusal *why, enum tail_verdict v, const struct tail *t,
            const struct tail_log *now)
{
    const char *code = v == TAIL_LOG_CHANGED ? "log_changed" : "went_backwards";
    unsigned long long seq = t->seq;
    char text[FAULT_TEXT_MAX] = "the group has another log than before: its history was replaced";

    if (v == TAIL_WENT_BACK)
        snprintf(
            text, sizeof text,
            "the group's history went backwards: it ends with #%llu, and #%llu was already read",
            (unsigned long long)now->head, seq);
    else if (v == TAIL_RESTORED)
        snprintf(text, sizeof text,
                 "the group's history went backwards: it was restored from a backup that ends with "
                 "#%llu, and #%llu was already read",
                 (unsigned long long)now->shared, seq);
    else if (v == TAIL_REPLACED)
        snprintf(text, sizeof text,
                 "the group's history went backwards: its #%llu is another entry than the one that "
                 "was already read",
                 seq);
    refusal_set(why, code, text);
}
