#include "model/budget.h"

#include <string.h>

#include "model/talk.h"

#define BLOCK_COST  32         /* of malloc's, for a string */
#define WINDOW_ONE  (1u << 20) /* bytes on each side of what is in sight, of the current one */
#define WINDOW_PART 16         /* of another: this part of what it may take */
#define WINDOW_ROWS 512        /* items, as no screen has more lines */
#define SPARE       8          /* so that not every entry lets go of one: an eighth at once */

static size_t
cost_of_string(const char *text)
{
    return text != NULL ? strlen(text) + 1 + BLOCK_COST : 0;
}

/* Twice its own size, since the array of them grows by doubling. */
size_t
budget_cost(const struct item *item)
{
    return 2 * sizeof *item + cost_of_string(item->nick) + cost_of_string(item->subject) +
           cost_of_string(item->text);
}

struct budget {
    size_t bytes;
    size_t window;
};

static struct budget
budget_of(const struct model *m, const struct talk *t)
{
    size_t share = BUDGET_ALL / m->n_talks;

    if (t == model_current(m))
        return (struct budget){.bytes = BUDGET_ONE, .window = WINDOW_ONE};
    share = share < BUDGET_ONE ? share : BUDGET_ONE;
    return (struct budget){.bytes = share, .window = share / WINDOW_PART};
}

/* The first of the items that stay before `at`. */
static size_t
stays_from(const struct talk *t, size_t at, size_t window)
{
    size_t bytes = 0, i = at;

    while (i > 0 && at - i < WINDOW_ROWS && bytes < window)
        bytes += t->items[--i].bytes;
    return i;
}

/* Behind the last of the items that stay from `at` on. */
static size_t
stays_to(const struct talk *t, size_t at, size_t window)
{
    size_t bytes = 0, i = at;

    while (i < t->n_items && i - at < WINDOW_ROWS && bytes < window)
        bytes += t->items[i++].bytes;
    return i;
}

static size_t
bytes_of(const struct talk *t, size_t from, size_t to)
{
    size_t bytes = 0;

    for (size_t i = from; i < to; i++)
        bytes += t->items[i].bytes;
    return bytes;
}

/* They, and the holes beside them, become one hole. Notes are gone. */
static void
let_go(struct model *m, struct talk *t, size_t from, size_t to)
{
    uint64_t first = 0, last = 0;

    while (from > 0 && t->items[from - 1].kind == ITEM_HOLE)
        from--;
    while (to < t->n_items && t->items[to].kind == ITEM_HOLE)
        to++;
    for (size_t i = from; i < to; i++) {
        const struct item *item = &t->items[i];

        if (item->kind == ITEM_NOTE)
            continue;
        first = first > 0 ? first : item->seq;
        last = item_is_range(item) ? item->last : item->seq;
    }
    items_remove(t, from, to - from);
    if (first > 0)
        items_put_range(m, t, ITEM_HOLE, first, last);
}

/* So many bytes and items of from..to, from the front or from the back. */
static void
let_go_of(struct model *m, struct talk *t, size_t from, size_t to, bool front, size_t bytes,
          size_t items)
{
    size_t gone = 0, n = 0;

    while (n < to - from && (gone < bytes || n < items)) {
        gone += t->items[front ? from + n : to - n - 1].bytes;
        n++;
    }
    if (front)
        let_go(m, t, from, from + n);
    else
        let_go(m, t, to - n, to);
}

static size_t
over(size_t is, size_t most)
{
    return is > most ? is - most + most / SPARE : 0;
}

void
budget_keep(struct model *m, struct talk *t)
{
    struct budget b = budget_of(m, t);
    size_t newest = t->n_items, sight, above, below;

    if (t->bytes <= b.bytes && t->n_items <= BUDGET_ITEMS)
        return;
    while (newest > 0 && t->items[newest - 1].kind == ITEM_PENDING)
        newest--;
    newest = stays_from(t, newest, b.window);
    sight = t->anchor != 0 ? talk_find(t, t->anchor) : t->n_items;
    above = stays_from(t, sight, b.window);
    below = stays_to(t, sight, b.window);
    if (above > newest)
        above = newest;
    if (below < newest && bytes_of(t, below, newest) > bytes_of(t, 0, above))
        let_go_of(m, t, below, newest, false, over(t->bytes, b.bytes),
                  over(t->n_items, BUDGET_ITEMS));
    else if (above > 0)
        let_go_of(m, t, 0, above, true, over(t->bytes, b.bytes), over(t->n_items, BUDGET_ITEMS));
}
