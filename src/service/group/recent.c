#include "group/recent.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define DIGEST_LEN 16

struct change {
    bool used;
    struct id author;
    uint8_t digest[DIGEST_LEN]; /* of all that the request says */
    struct outcome outcome;
};

struct recent {
    struct change changes[RECENT_MAX];
    size_t next; /* the oldest, to be used again */
};

enum status
recent_new(struct recent **out)
{
    *out = calloc(1, sizeof **out);
    return *out != NULL ? ST_OK : ST_NOMEM;
}

void
recent_free(struct recent *r)
{
    free(r);
}

/* False: such requests are not remembered, or there is no memory for it. */
static bool
digest_of(struct wire_request req, uint8_t digest[static DIGEST_LEN])
{
    struct buf b;
    struct id id;
    bool ok;

    if (!wire_change_id(&req, &id))
        return false;
    req.msgid = 0;
    buf_init(&b, WIRE_REQUEST_MAX);
    wire_pack_request(&b, &req);
    ok = !b.failed && crypto_generichash(digest, DIGEST_LEN, b.p, b.len, NULL, 0) == 0;
    buf_clear(&b);
    return ok;
}

static size_t
find(const struct recent *r, const struct call *call)
{
    uint8_t digest[DIGEST_LEN];
    size_t i = 0;

    if (!digest_of(call->req, digest))
        return RECENT_MAX;
    for (; i < RECENT_MAX; i++)
        if (r->changes[i].used && id_equal(&r->changes[i].author, &call->peer) &&
            memcmp(r->changes[i].digest, digest, DIGEST_LEN) == 0)
            break;
    return i;
}

const struct outcome *
recent_find(const struct recent *r, const struct call *call)
{
    size_t i = find(r, call);

    return i < RECENT_MAX ? &r->changes[i].outcome : NULL;
}

void
recent_forget_revoked(struct recent *r, const uint8_t hash[static WIRE_KEY_LEN])
{
    struct wire_request req = {.op = OP_REVOKE_INVITE};
    uint8_t digest[DIGEST_LEN];

    memcpy(req.u.revoke_invite.hash, hash, WIRE_KEY_LEN);
    if (!digest_of(req, digest))
        return;
    for (size_t i = 0; i < RECENT_MAX; i++)
        if (r->changes[i].outcome.done && memcmp(r->changes[i].digest, digest, DIGEST_LEN) == 0)
            r->changes[i].used = false;
}

void
recent_begin(struct recent *r, const struct call *call)
{
    struct change *change = &r->changes[r->next];

    *change = (struct change){.author = call->peer};
    change->used = digest_of(call->req, change->digest);
    r->next = (r->next + 1) % RECENT_MAX;
}

void
recent_end(struct recent *r, const struct call *call, const struct outcome *outcome)
{
    size_t i = find(r, call);

    if (i == RECENT_MAX)
        return;
    r->changes[i].used = outcome != NULL;
    if (outcome != NULL)
        r->changes[i].outcome = *outcome;
}
