#include "base/clock.h"
#include "base/log.h"
#include "group/impl.h"

static void
fill_change(struct store_change *c, const struct call *call, const struct wire_message *m)
{
    c->what = STORE_SEND;
    c->author = call->peer;
    c->id = m->id;
    c->body = m->body;
    c->ext = m->ext;
}

/* What waits to be stored counts. */
static uint64_t
entries_held(const struct group *g)
{
    const struct batch *other = g->filling == &g->batches[0] ? &g->batches[1] : &g->batches[0];

    return g->head + 1 - g->first + g->filling->n + (g->writing ? other->n : 0);
}

/* Everybody tries again, and of a large and a small request the small one may still fit: a line
 * when it begins and one when it ends, and not many of them. */
static void
note_crowd(struct group *g, bool crowded)
{
    unsigned missed = 0;

    if (crowded == g->crowded)
        return;
    g->crowded = crowded;
    if (!crowded && g->crowded_told)
        log_info("messages are accepted again");
    g->crowded_told = crowded && log_limit_pass(&g->crowds, 5, clock_mono_ms(), &missed);
    if (!g->crowded_told)
        return;
    log_warn("messages are refused: %llu entries are held, and --max-messages allows %llu",
             (unsigned long long)entries_held(g), (unsigned long long)g->max_messages);
    if (missed > 0)
        log_warn("%u such lines were left out", missed);
}

/* Whether so many more would be too many. */
static bool
is_full(const struct group *g, size_t more)
{
    return g->max_messages > 0 && entries_held(g) + more > g->max_messages;
}

enum wire_code
group_send_message(void *service, struct call *call, struct wire_reply *result)
{
    struct group *g = service;
    const struct wire_send_message *req = &call->req.u.send_message;
    struct wire_list list = req->messages;
    bool full = is_full(g, list.count);
    struct wire_message m;
    struct store_change *c;
    const struct id *after;

    (void)result;
    if (log_wants(LEVEL_DEBUG)) {
        char text[ID_TEXT_LEN + 1];

        id_format(&call->peer, text);
        log_debug("MESSAGE SEND FROM %s (%u)", text, list.count);
    }
    note_crowd(g, full);
    if (full) {
        call_refuse(call, &g->outbox, CODE_STORAGE_FULL,
                    "this group holds as many messages as it may; nothing was stored");
        return CODE_DEFERRED;
    }
    c = group_has_room(g, call, list.count) ? batch_add(g->filling, call, list.count) : NULL;
    if (c == NULL)
        return CODE_BUSY;
    /* All hang on the same one, so without it the request is refused as a whole. */
    after = req->has & WIRE_SEND_HAS_AFTER ? &req->after : NULL;
    for (size_t i = 0; wire_next(&list, &m); i++) {
        fill_change(&c[i], call, &m);
        c[i].after = after;
    }
    return CODE_DEFERRED;
}
