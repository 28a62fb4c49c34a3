#include "model/items.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/array.h"
#include "base/clock.h"
#include "columns/width.h"
#include "model/budget.h"
#include "model/clean.h"

#define DAYS_IN_YEAR 400 /* room for one, in a number that only has to differ by day */

void
item_clear(struct item *item)
{
    free(item->nick);
    free(item->subject);
    free(item->text);
    *item = (struct item){0};
}

int
items_day(int64_t ts)
{
    time_t s = (time_t)(ts / NS_PER_S);
    struct tm tm;

    if (localtime_r(&s, &tm) == NULL)
        return 0;
    return tm.tm_year * DAYS_IN_YEAR + tm.tm_yday;
}

/* ---- places ---- */

static int
by_seq(const void *item, const void *key)
{
    uint64_t a = ((const struct item *)item)->seq;
    uint64_t b = *(const uint64_t *)key;

    return (a > b) - (a < b);
}

size_t
items_place(const struct talk *t, uint64_t seq)
{
    return array_find(t->items, t->n_items, &seq, by_seq, true);
}

struct item *
items_put(struct model *m, struct talk *t, size_t at, struct item *item)
{
    if (!array_room(t->items, t->cap_items, t->n_items + 1)) {
        item_clear(item);
        return NULL;
    }
    memmove(t->items + at + 1, t->items + at, (t->n_items - at) * sizeof *t->items);
    t->n_items++;
    item->uid = m->next_uid++;
    item->day = items_day(item->ts);
    item->bytes = budget_cost(item);
    t->bytes += item->bytes;
    if (item->nick != NULL && item->what == CONCLAVE_MESSAGE) {
        int cols = width_text(item->nick, strlen(item->nick));
        t->nick_cols = cols > t->nick_cols ? cols : t->nick_cols;
    }
    t->items[at] = *item;
    return &t->items[at];
}

void
items_remove(struct talk *t, size_t at, size_t n)
{
    for (size_t i = at; i < at + n; i++) {
        t->bytes -= t->items[i].bytes;
        item_clear(&t->items[i]);
    }
    t->n_items -= n;
    memmove(t->items + at, t->items + at + n, (t->n_items - at) * sizeof *t->items);
}

size_t
talk_find(const struct talk *t, uint64_t uid)
{
    size_t i = 0;

    while (i < t->n_items && t->items[i].uid != uid)
        i++;
    return i;
}

size_t
talk_find_seq(const struct talk *t, uint64_t seq)
{
    for (size_t i = items_place(t, seq); i > 0 && t->items[i - 1].seq == seq; i--)
        if (t->items[i - 1].kind == ITEM_ENTRY)
            return i - 1;
    return t->n_items;
}

bool
item_is_range(const struct item *item)
{
    return item->kind == ITEM_HOLE || item->kind == ITEM_LOST;
}

bool
items_have(const struct talk *t, uint64_t seq)
{
    for (size_t i = items_place(t, seq); i > 0; i--) {
        const struct item *item = &t->items[i - 1];

        if (item->kind == ITEM_ENTRY)
            return item->seq == seq;
        if (item->kind == ITEM_LOST)
            return item->last >= seq;
        if (item->kind == ITEM_HOLE)
            return false;
    }
    return false;
}

void
items_put_range(struct model *m, struct talk *t, enum item_kind kind, uint64_t first, uint64_t last)
{
    struct item item = {.kind = kind, .seq = first, .last = last};
    size_t at = items_place(t, first);

    if (first > last)
        return;
    if (at > 0)
        item.ts = t->items[at - 1].ts;
    else if (at < t->n_items)
        item.ts = t->items[at].ts;
    (void)items_put(m, t, at, &item);
}

void
items_cut_holes(struct model *m, struct talk *t, uint64_t first, uint64_t last)
{
    for (size_t i = 0; i < t->n_items;) {
        struct item *item = &t->items[i];
        uint64_t from = item->seq, to = item->last;

        if (item->kind != ITEM_HOLE || from > last || to < first) {
            i++;
            continue;
        }
        items_remove(t, i, 1);
        if (from < first)
            items_put_range(m, t, ITEM_HOLE, from, first - 1);
        if (to > last)
            items_put_range(m, t, ITEM_HOLE, last + 1, to);
    }
}

void
talk_hole(struct model *m, struct talk *t, uint64_t first, uint64_t last)
{
    items_put_range(m, t, ITEM_HOLE, first, last);
}

void
items_put_lost(struct model *m, struct talk *t, uint64_t first, uint64_t last)
{
    items_cut_holes(m, t, first, last);
    if (first <= last && !items_have(t, first))
        items_put_range(m, t, ITEM_LOST, first, last);
    if (last > t->newest)
        t->newest = last;
}

void
talk_lost(struct model *m, struct talk *t, uint64_t first, uint64_t last)
{
    items_put_lost(m, t, first, last);
    budget_keep(m, t);
}
