#include "conclave.h"

#include "engine.h"
#include "text.h"

enum conclave_status
conclave_join(struct conclave *c, const char *group, const char *nick, bool *already)
{
    int64_t deadline = engine_deadline(c);
    struct wire_request req = {.op = OP_JOIN_GROUP};
    const char *name = nick != NULL ? nick : c->keys.cert.name;
    bool fit = text_is_name(span_of(name), NAME_MAX_BYTES);
    enum conclave_status st;
    struct known *k = NULL;
    struct answer a;

    if (nick != NULL && !fit)
        return engine_error(
            c, ST_INVALID,
            "\"%.80s\" is not fit for a nick: 1 to %d bytes of UTF-8 without control "
            "characters, no space at either end",
            nick, NAME_MAX_BYTES);
    req.u.join_group.uuid = c->self;
    if (fit) {
        req.u.join_group.has = WIRE_JOIN_HAS_NICK;
        req.u.join_group.nick = span_of(name);
    }
    answer_init(&a);
    st = engine_group(c, group, deadline, &k);
    if (st == CONCLAVE_OK)
        st = engine_ask(c, &k->session, &req, deadline, &a);
    if (st == CONCLAVE_OK && already != NULL)
        *already = a.reply.u.joined.already;
    answer_clear(&a);
    return st;
}

enum conclave_status
conclave_leave(struct conclave *c, const char *group)
{
    int64_t deadline = engine_deadline(c);
    struct wire_request req = {.op = OP_LEAVE_GROUP};
    enum conclave_status st;
    struct known *k = NULL;
    struct answer a;

    req.u.leave_group.uuid = c->self;
    answer_init(&a);
    st = engine_group(c, group, deadline, &k);
    if (st == CONCLAVE_OK)
        st = engine_ask(c, &k->session, &req, deadline, &a);
    answer_clear(&a);
    return st;
}
