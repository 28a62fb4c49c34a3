#include "conclave.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "client/handle.h"
#include "client/invite.h"

#define ID_LEAST 6 /* characters that name an invitation */

/* ---- as text ---- */

bool
conclave_invite_parse(struct conclave_invite *out, const char *text, char *why, size_t size)
{
    struct fault fault = {{0}};
    struct invite i;
    enum status st = ST_INVALID;

    memset(out, 0, sizeof *out);
    if (text == NULL || sodium_init() < 0)
        fault_set(&fault, ST_INVALID, "there is no invitation");
    else
        st = invite_parse(&i, span_of(text), &fault);
    if (st == ST_OK) {
        snprintf(out->server, sizeof out->server, "%s", i.server);
        snprintf(out->group, sizeof out->group, "%s", i.group);
        snprintf(out->address, sizeof out->address, "%s", i.address);
        key_to_z85(i.server_key, out->server_key);
        key_to_z85(i.group_key, out->group_key);
        memcpy(out->secret, i.secret, sizeof out->secret);
        sodium_memzero(&i, sizeof i);
    } else if (why != NULL && size > 0) {
        snprintf(why, size, "%s", fault.text);
    }
    return st == ST_OK;
}

/* ---- making ---- */

static enum conclave_status
write_invite(struct conclave *c, const struct remote *k,
             const uint8_t secret[static INVITE_SECRET_LEN], char text[CONCLAVE_INVITE_MAX + 1])
{
    struct invite i = {.server = ""};
    enum status st;

    snprintf(i.server, sizeof i.server, "%s", c->directory.address);
    memcpy(i.server_key, c->directory.key, KEY_LEN);
    snprintf(i.group, sizeof i.group, "%s", k->name);
    memcpy(i.group_key, k->session.key, KEY_LEN);
    snprintf(i.address, sizeof i.address, "%s", k->session.address);
    memcpy(i.secret, secret, sizeof i.secret);
    st = invite_format(&i, text);
    sodium_memzero(&i, sizeof i);
    return st == ST_OK ? CONCLAVE_OK : handle_error(c, st, "out of memory");
}

static void
tell_made(struct conclave *c, const struct wire_create_invite *asked, int64_t expires,
          struct conclave_invitation *made)
{
    char key[CONCLAVE_KEY_LEN + 1];

    *made = (struct conclave_invitation){
        .uses = asked->uses != 0 ? asked->uses : 1,
        .expires = expires,
        .by_nick = "",
    };
    conclave_self(c, &made->by, key);
    sodium_bin2hex(made->id, sizeof made->id, asked->hash, sizeof asked->hash);
}

enum conclave_status
conclave_make_invite(struct conclave *c, const char *group, uint64_t uses, int64_t lasts_s,
                     char text[CONCLAVE_INVITE_MAX + 1], struct conclave_invitation *made)
{
    struct wire_request req = {.op = OP_CREATE_INVITE};
    uint8_t secret[INVITE_SECRET_LEN];
    enum conclave_status st;
    struct remote *k = NULL;
    struct answer a;

    text[0] = '\0';
    if (uses > WIRE_INVITE_USES_MAX)
        return handle_error(c, ST_INVALID, "an invitation is for at most %d people",
                            WIRE_INVITE_USES_MAX);
    if (lasts_s < 0 || lasts_s > WIRE_INVITE_MS_MAX / 1000)
        return handle_error(c, ST_INVALID, "an invitation lasts at most %lld days",
                            (long long)(WIRE_INVITE_MS_MAX / 86400000));
    randombytes_buf(secret, sizeof secret);
    invite_hash(req.u.create_invite.hash, secret);
    req.u.create_invite.uses = uses;
    req.u.create_invite.lasts_ms = (uint64_t)lasts_s * 1000;
    answer_init(&a);
    st = handle_ask_group(c, group, &req, &a, &k);
    if (st == CONCLAVE_OK)
        st = write_invite(c, k, secret, text);
    if (st == CONCLAVE_OK && made != NULL)
        tell_made(c, &req.u.create_invite, a.reply.u.invited.expires, made);
    sodium_memzero(secret, sizeof secret);
    answer_clear(&a);
    return st;
}

/* ---- revoking ---- */

static enum conclave_status
no_invite(struct conclave *c, const char *text)
{
    struct refusal why;

    refusal_set(&why, wire_code_name(CODE_BAD_INVITE), text);
    return handle_refuse(c, ST_DENIED, &why);
}

/* The one whose id begins with those characters. */
static enum conclave_status
find_by_prefix(struct conclave *c, const char *group, const char *id,
               uint8_t hash[static INVITE_HASH_LEN])
{
    enum conclave_status st = conclave_list_invites(c, group);
    struct conclave_invitation i;
    size_t n = 0;

    while (st == CONCLAVE_OK && conclave_next_invite(c, &i) == CONCLAVE_OK)
        if (strncmp(i.id, id, strlen(id)) == 0 && ++n == 1)
            sodium_hex2bin(hash, INVITE_HASH_LEN, i.id, strlen(i.id), NULL, NULL, NULL);
    rows_clear(&c->lists[ITEM_INVITE]);
    if (st != CONCLAVE_OK || n == 1)
        return st;
    return no_invite(c, n == 0 ? "there is no invitation with that id"
                               : "several invitations have an id that begins so: say more of it");
}

static bool
is_id(const char *id)
{
    size_t len = strlen(id);

    return len >= ID_LEAST && len <= CONCLAVE_INVITE_ID_LEN &&
           strspn(id, "0123456789abcdef") == len;
}

static enum conclave_status
find_invite(struct conclave *c, const char *group, const char *id,
            uint8_t hash[static INVITE_HASH_LEN])
{
    struct fault why;
    struct invite i;

    if (id == NULL)
        return handle_error(c, ST_INVALID, "the id of the invitation is missing");
    if (is_id(id))
        return find_by_prefix(c, group, id, hash);
    if (strncmp(id, "conclave:", strlen("conclave:")) != 0)
        return handle_error(c, ST_INVALID,
                            "an invitation is named by its text, or by at least %d characters of "
                            "its id (0 to 9 and a to f)",
                            ID_LEAST);
    if (invite_parse(&i, span_of(id), &why) != ST_OK)
        return handle_error(c, ST_INVALID, "%s", why.text);
    invite_hash(hash, i.secret);
    sodium_memzero(&i, sizeof i);
    return CONCLAVE_OK;
}

enum conclave_status
conclave_revoke_invite(struct conclave *c, const char *group, const char *id)
{
    struct wire_request req = {.op = OP_REVOKE_INVITE};
    enum conclave_status st = find_invite(c, group, id, req.u.revoke_invite.hash);
    struct answer a;

    if (st != CONCLAVE_OK)
        return st;
    answer_init(&a);
    st = handle_ask_group(c, group, &req, &a, NULL);
    answer_clear(&a);
    return st;
}
