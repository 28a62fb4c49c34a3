#include "group_impl.h"
#include "log.h"

static void
fill_change(struct store_change *c, const struct call *call, const struct wire_message *m)
{
    c->what = STORE_SEND;
    c->author = call->peer;
    c->id = m->id;
    c->body = m->body;
    c->ext = m->ext;
}

enum wire_code
group_send_message(void *service, struct call *call, struct wire_reply *result)
{
    struct group *g = service;
    const struct wire_send_message *req = &call->req.u.send_message;
    struct wire_list list = req->messages;
    struct wire_message m;
    struct store_change *c;

    (void)result;
    if (log_wants(LEVEL_DEBUG)) {
        char text[ID_TEXT_LEN + 1];

        id_format(&call->peer, text);
        log_debug("MESSAGE SEND FROM %s (%u)", text, list.count);
    }
    c = group_has_room(g, call, list.count) ? batch_add(g->filling, call, list.count) : NULL;
    if (!c)
        return CODE_BUSY;
    /* All hang on the same one, so without it the request is refused as a whole. */
    const struct id *after = req->has & WIRE_SEND_HAS_AFTER ? &req->after : NULL;
    for (size_t i = 0; wire_next_message(&list, &m); i++) {
        fill_change(&c[i], call, &m);
        c[i].after = after;
    }
    return CODE_DEFERRED;
}
