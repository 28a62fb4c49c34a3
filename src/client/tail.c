#include "tail.h"

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

enum tail_verdict
tail_answer_head(struct tail *t, const struct id *log, uint64_t head)
{
    enum tail_verdict v = tail_feed_head(t, log, head);

    return v == TAIL_NEXT && head < t->seq ? TAIL_WENT_BACK : v;
}

uint64_t
tail_lost_to(const struct wire_page *page, uint64_t after)
{
    return page->first > after + 1 ? page->first - 1 : 0;
}

uint64_t
tail_before_page(const struct wire_page *page)
{
    struct wire_list entries = page->entries;
    struct entry first;

    return wire_next_entry(&entries, &first) ? first.seq - 1 : page->next;
}

const char *
tail_code(enum tail_verdict v)
{
    return v == TAIL_LOG_CHANGED ? "log_changed" : v == TAIL_WENT_BACK ? "went_backwards" : "";
}

const char *
tail_text(enum tail_verdict v)
{
    if (v == TAIL_LOG_CHANGED)
        return "the group has another log than before: its history was replaced";
    if (v == TAIL_WENT_BACK)
        return "the group's history ends before what was already read: it went backwards";
    return "";
}
