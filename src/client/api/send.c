#include "conclave.h"

#include <string.h>

#include "base/clock.h"
#include "client/handle.h"
#include "client/lies.h"
#include "client/wakeup.h"

/* A message with its id, which is new unless one is given. */
static enum conclave_status
make_message(struct conclave *c, const void *body, size_t len, const struct conclave_id *id,
             struct wire_message *out)
{
    if (len > BODY_MAX_BYTES)
        return handle_error(c, ST_INVALID, "the message has %zu bytes; at most %d are possible",
                            len, BODY_MAX_BYTES);
    if (len > 0 && body == NULL)
        return handle_error(c, ST_INVALID, "the message is missing");
    *out = (struct wire_message){.body = {.p = body, .len = len}};
    if (id != NULL)
        memcpy(out->id.bytes, id->bytes, sizeof out->id.bytes);
    else
        out->id = id_time_ordered(clock_wall_ns());
    return CONCLAVE_OK;
}

static enum conclave_status
take_ack(struct conclave *c, const struct wire_message *m, const struct wire_sent *sent,
         struct conclave_ack *out)
{
    struct wire_list acks = sent->acks;
    const char *lie = NULL;
    struct refusal why;
    struct lies_ack one;
    struct wire_ack a;

    if (acks.count != 1 || !wire_next(&acks, &a))
        return handle_error(c, ST_PROTOCOL, "the group's answer is for another number of messages");
    if (a.code != CODE_OK) {
        refusal_of_code(&why, a.code);
        return handle_refuse(c, ST_DENIED, &why);
    }
    one = (struct lies_ack){&m->id, a.seq, a.ts};
    lie = lies_in_acks(&one, 1);
    if (lie != NULL)
        return handle_error(c, ST_PROTOCOL, "the group's answer %s", lie);
    if (out != NULL) {
        memcpy(out->id.bytes, m->id.bytes, sizeof out->id.bytes);
        out->seq = a.seq;
        out->ts = a.ts;
    }
    return CONCLAVE_OK;
}

static enum conclave_status
send_one(struct conclave *c, struct remote *k, const struct wire_message *m, int64_t deadline_ms,
         struct conclave_ack *ack)
{
    struct wire_request req = {.op = OP_SEND_MESSAGE};
    enum conclave_status st = CONCLAVE_LOCAL;
    struct answer a;
    struct buf packed;

    buf_init(&packed, WIRE_REQUEST_MAX);
    answer_init(&a);
    wire_pack(&packed, m);
    req.u.send_message.messages = (struct wire_list){.raw = buf_span(&packed), .count = 1};
    if (packed.failed)
        handle_error(c, ST_NOMEM, "out of memory");
    else
        st = handle_ask(c, &k->session, &req, deadline_ms, &a);
    if (st == CONCLAVE_OK)
        st = take_ack(c, m, &a.reply.u.sent, ack);
    answer_clear(&a);
    buf_clear(&packed);
    return st;
}

enum conclave_status
conclave_send(struct conclave *c, const char *group, const void *body, size_t len,
              const struct conclave_id *id, struct conclave_ack *ack)
{
    int64_t deadline = handle_deadline(c);
    struct remote *k = NULL;
    struct wire_message m;
    enum conclave_status st = make_message(c, body, len, id, &m);

    if (st == CONCLAVE_OK)
        st = handle_group(c, group, deadline, &k);
    return st == CONCLAVE_OK ? send_one(c, k, &m, deadline, ack) : st;
}

/* Add, waiting for room while there is time. */
static enum conclave_status
post_one(struct conclave *c, struct remote *k, const struct wire_message *m, int64_t deadline_ms)
{
    struct fault fault;
    enum status st;

    while ((st = posts_add(&k->posts, m, &fault)) == ST_BUSY && clock_mono_ms() < deadline_ms)
        handle_wait(c, deadline_ms);
    if (st == ST_BUSY)
        return handle_error(c, ST_TIMEOUT, "%d messages to %s are still without an answer",
                            CONCLAVE_POSTED_MAX, k->session.what);
    if (st == ST_FULL) {
        struct refusal why;
        refusal_set(&why, "limit", "too many outcomes of posted messages wait to be polled");
        return handle_refuse(c, ST_DENIED, &why);
    }
    if (st == ST_OK)
        return CONCLAVE_OK;
    return handle_error(c, st, "%s", st == ST_NOMEM ? "out of memory" : fault.text);
}

/* What was just posted leaves now, or the descriptor says that the handle wants to be polled. */
static void
push(struct conclave *c, struct remote *k)
{
    bool gathered = posts_gathered(&k->posts);

    if (gathered)
        handle_step(c);
    if (c->wakeup == NULL)
        return;
    if (!gathered && remote_send_alone(k))
        wakeup_by(c->wakeup, handle_due(c));
    else if (gathered || k->posts.outstanding == 0)
        wakeup_ring(c->wakeup);
}

enum conclave_status
conclave_post(struct conclave *c, const char *group, const void *body, size_t len,
              const struct conclave_id *id, struct conclave_id *id_out)
{
    int64_t deadline = handle_deadline(c);
    struct remote *k = NULL;
    struct wire_message m;
    enum conclave_status st = make_message(c, body, len, id, &m);

    if (st == CONCLAVE_OK)
        st = handle_group_to_post(c, group, deadline, &k);
    if (st == CONCLAVE_OK)
        st = post_one(c, k, &m, deadline);
    if (st != CONCLAVE_OK)
        return st;
    push(c, k);
    if (id_out != NULL)
        memcpy(id_out->bytes, m.id.bytes, sizeof id_out->bytes);
    return CONCLAVE_OK;
}

size_t
conclave_posted(const struct conclave *c, const char *group)
{
    size_t n = 0;

    for (const struct remote *k = c->groups; k != NULL; k = k->next)
        if (group == NULL || strcmp(group, k->name) == 0)
            n += k->posts.kept;
    return n;
}
