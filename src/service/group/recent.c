#include "group/recent.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define DIGEST_LEN 16

struct deed {
    bool used;
    struct id author;
    uint8_t digest[DIGEST_LEN]; /* of the operation, its id, and all it says */
    struct outcome outcome;
};

struct recent {
    struct deed deeds[RECENT_MAX];
    size_t next; /* the oldest, to be used again */
};

enum status
recent_new(struct recent **out)
{
    *out = calloc(1, sizeof **out);
    return *out ? ST_OK : ST_NOMEM;
}

void
recent_free(struct recent *r)
{
    free(r);
}

static bool
id_of(const struct wire_request *req, struct id *out)
{
    switch (req->op) {
    case OP_SET_NICK:
        *out = req->u.set_nick.id;
        return true;
    case OP_SET_TOPIC:
        *out = req->u.set_topic.id;
        return true;
    case OP_SET_ROLE:
        *out = req->u.set_role.id;
        return true;
    case OP_KICK_MEMBER:
    case OP_BAN_MEMBER:
    case OP_UNBAN_MEMBER:
        *out = req->u.on_member.id;
        return true;
    case OP_REVOKE_INVITE:
        memcpy(out->bytes, req->u.revoke_invite.hash, ID_LEN);
        return true;
    default:
        return false;
    }
}

bool
recent_id(const struct call *call, struct id *out)
{
    return id_of(&call->req, out);
}

static void
add(crypto_generichash_state *state, const void *bytes, size_t len)
{
    crypto_generichash_update(state, bytes, len);
}

/* What it says beside its id. */
static void
add_content(crypto_generichash_state *state, const struct wire_request *req)
{
    uint8_t role;

    switch (req->op) {
    case OP_SET_NICK:
        add(state, req->u.set_nick.nick.p, req->u.set_nick.nick.len);
        break;
    case OP_SET_TOPIC:
        add(state, req->u.set_topic.topic.p, req->u.set_topic.topic.len);
        break;
    case OP_SET_ROLE:
        role = (uint8_t)req->u.set_role.role;
        add(state, &role, 1);
        add(state, req->u.set_role.who.bytes, ID_LEN);
        break;
    case OP_REVOKE_INVITE:
        add(state, req->u.revoke_invite.hash, WIRE_KEY_LEN);
        break;
    default:
        add(state, req->u.on_member.who.bytes, ID_LEN);
        break;
    }
}

static bool
digest_of(const struct wire_request *req, uint8_t digest[static DIGEST_LEN])
{
    crypto_generichash_state state;
    uint8_t op = (uint8_t)req->op;
    struct id id;

    if (!id_of(req, &id))
        return false;
    crypto_generichash_init(&state, NULL, 0, DIGEST_LEN);
    add(&state, &op, 1);
    add(&state, id.bytes, ID_LEN);
    add_content(&state, req);
    crypto_generichash_final(&state, digest, DIGEST_LEN);
    return true;
}

static size_t
find(const struct recent *r, const struct call *call)
{
    uint8_t digest[DIGEST_LEN];
    size_t i = 0;

    if (!digest_of(&call->req, digest))
        return RECENT_MAX;
    for (; i < RECENT_MAX; i++)
        if (r->deeds[i].used && id_equal(&r->deeds[i].author, &call->peer) &&
            memcmp(r->deeds[i].digest, digest, DIGEST_LEN) == 0)
            break;
    return i;
}

const struct outcome *
recent_find(const struct recent *r, const struct call *call)
{
    size_t i = find(r, call);

    return i < RECENT_MAX ? &r->deeds[i].outcome : NULL;
}

void
recent_forget_revoked(struct recent *r, const uint8_t hash[static WIRE_KEY_LEN])
{
    struct wire_request req = {.op = OP_REVOKE_INVITE};
    uint8_t digest[DIGEST_LEN];

    memcpy(req.u.revoke_invite.hash, hash, WIRE_KEY_LEN);
    if (!digest_of(&req, digest))
        return;
    for (size_t i = 0; i < RECENT_MAX; i++)
        if (r->deeds[i].outcome.done && memcmp(r->deeds[i].digest, digest, DIGEST_LEN) == 0)
            r->deeds[i].used = false;
}

void
recent_begin(struct recent *r, const struct call *call)
{
    struct deed *deed = &r->deeds[r->next];

    *deed = (struct deed){.author = call->peer};
    deed->used = digest_of(&call->req, deed->digest);
    r->next = (r->next + 1) % RECENT_MAX;
}

void
recent_end(struct recent *r, const struct call *call, const struct outcome *outcome)
{
    size_t i = find(r, call);

    if (i == RECENT_MAX)
        return;
    r->deeds[i].used = outcome != NULL;
    if (outcome)
        r->deeds[i].outcome = *outcome;
}
