#include "conclave.h"

#include <sodium.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "client/handle.h"

enum conclave_status
conclave_locate(struct conclave *c, const char *group, const char *key, const char *address)
{
    uint8_t raw[KEY_LEN];
    struct fault why;

    if (key == NULL || key_from_z85(raw, key) != ST_OK)
        return handle_error(c, ST_INVALID, "that is not a key in Z85");
    if (address == NULL || endpoint_check(address, false, &why) != ST_OK)
        return handle_error(c, ST_INVALID, "%s", address != NULL ? why.text : "no address");
    return handle_locate(c, group, raw, address);
}

/* Ask to join, under that nick or the certificate's. */
static enum conclave_status
join(struct conclave *c, struct remote *k, const char *nick, struct wire_request *req,
     int64_t deadline_ms, bool *already)
{
    const char *name = nick != NULL ? nick : c->keys.cert.name;
    enum conclave_status st;
    struct answer a;

    req->u.join_group.uuid = c->self;
    if (text_is_name(span_of(name), NAME_MAX_BYTES)) {
        req->u.join_group.has |= WIRE_JOIN_HAS_NICK;
        req->u.join_group.nick = span_of(name);
    }
    answer_init(&a);
    st = handle_ask(c, &k->session, req, deadline_ms, &a);
    if (st == CONCLAVE_OK && already != NULL)
        *already = a.reply.u.joined.already;
    answer_clear(&a);
    return st;
}

enum conclave_status
conclave_join(struct conclave *c, const char *group, const char *nick, bool *already)
{
    int64_t deadline = handle_deadline(c);
    struct wire_request req = {.op = OP_JOIN_GROUP};
    enum conclave_status st = nick == NULL ? CONCLAVE_OK : handle_check_nick(c, nick);
    struct remote *k = NULL;

    if (st == CONCLAVE_OK)
        st = handle_group(c, group, deadline, &k);
    return st == CONCLAVE_OK ? join(c, k, nick, &req, deadline, already) : st;
}

/* The group as the message server names it, or else where the invitation says. */
static enum conclave_status
find_invited(struct conclave *c, const struct conclave_invite *invite, int64_t deadline_ms,
             struct remote **out)
{
    int64_t half_ms = clock_mono_ms() + c->timeout_ms / 2;
    uint8_t key[KEY_LEN];
    enum conclave_status st;

    if (key_from_z85(key, invite->group_key) != ST_OK ||
        endpoint_check(invite->address, false, NULL) != ST_OK)
        return handle_error(c, ST_INVALID, "the invitation's key or address is not one");
    st = handle_pin(c, invite->group, key);
    if (st == CONCLAVE_OK)
        st = handle_group(c, invite->group, half_ms < deadline_ms ? half_ms : deadline_ms, out);
    if (st != CONCLAVE_OK && st != CONCLAVE_SERVER_KEY && st != CONCLAVE_INVALID) {
        st = handle_locate(c, invite->group, key, invite->address);
        *out = handle_find(c, invite->group);
    }
    return st;
}

static enum conclave_status
check_invited(struct conclave *c, const struct conclave_invite *invite)
{
    uint8_t key[KEY_LEN];
    enum conclave_status st = handle_online(c);

    if (st == CONCLAVE_OK && (key_from_z85(key, invite->server_key) != ST_OK ||
                              memcmp(key, c->directory.key, KEY_LEN) != 0))
        st = handle_error(c, ST_INVALID,
                          "the invitation is for another message server than this handle's");
    return st;
}

enum conclave_status
conclave_join_invite(struct conclave *c, const struct conclave_invite *invite, const char *nick,
                     bool *already)
{
    int64_t deadline = handle_deadline(c);
    struct wire_request req = {.op = OP_JOIN_GROUP};
    enum conclave_status st = nick == NULL ? CONCLAVE_OK : handle_check_nick(c, nick);
    struct remote *k = NULL;

    if (st == CONCLAVE_OK)
        st = check_invited(c, invite);
    if (st == CONCLAVE_OK)
        st = find_invited(c, invite, deadline, &k);
    if (st != CONCLAVE_OK)
        return st;
    req.u.join_group.has = WIRE_JOIN_HAS_INVITE;
    memcpy(req.u.join_group.invite, invite->secret, sizeof req.u.join_group.invite);
    st = join(c, k, nick, &req, deadline, already);
    sodium_memzero(&req, sizeof req);
    return st;
}

enum conclave_status
conclave_leave(struct conclave *c, const char *group)
{
    struct wire_request req = {.op = OP_LEAVE_GROUP};
    enum conclave_status st;
    struct answer a;

    req.u.leave_group.uuid = c->self;
    answer_init(&a);
    st = handle_ask_group(c, group, &req, &a, NULL);
    answer_clear(&a);
    return st;
}
