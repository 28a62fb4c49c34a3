#include "client/refusal.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/text.h"

static void
copy_escaped(char *dst, size_t size, struct span text)
{
    struct buf b;
    size_t len;

    buf_init(&b, 0);
    text_escape(&b, text, false);
    len = b.failed ? 0 : b.len;
    if (len >= size)
        len = size - 1;
    if (len > 0)
        memcpy(dst, b.p, len);
    dst[len] = '\0';
    buf_clear(&b);
}

void
refusal_set(struct refusal *r, const char *code, const char *text)
{
    snprintf(r->code, sizeof r->code, "%s", code);
    snprintf(r->text, sizeof r->text, "%s", text);
}

void
refusal_of_code(struct refusal *r, enum wire_code code)
{
    refusal_set(r, wire_code_name(code), wire_code_text(code));
}

void
refusal_of_reply(struct refusal *r, const struct wire_reply *reply)
{
    copy_escaped(r->code, sizeof r->code, reply->code_name);
    copy_escaped(r->text, sizeof r->text, reply->text);
    if (r->text[0] == '\0')
        snprintf(r->text, sizeof r->text, "refused: %s", r->code);
}

struct public_status {
    enum status st;
    enum conclave_status public;
    const char *word;
};

static const struct public_status public_statuses[] = {
    {ST_INVALID, CONCLAVE_INVALID, "invalid"},
    {ST_TIMEOUT, CONCLAVE_UNREACHABLE, "timeout"},
    {ST_UNREACHABLE, CONCLAVE_UNREACHABLE, "unreachable"},
    {ST_SERVER_KEY, CONCLAVE_SERVER_KEY, "server_key"},
    {ST_OWN_KEY, CONCLAVE_OWN_KEY, "own_key"},
    {ST_PROTOCOL, CONCLAVE_PROTOCOL, "protocol"},
};

static const struct public_status *
find_public(enum status st)
{
    static const struct public_status other = {ST_SYSTEM, CONCLAVE_LOCAL, "local"};

    for (size_t i = 0; i < sizeof public_statuses / sizeof public_statuses[0]; i++)
        if (public_statuses[i].st == st)
            return &public_statuses[i];
    return &other;
}

enum conclave_status
status_public(enum status st)
{
    return st == ST_OK ? CONCLAVE_OK : find_public(st)->public;
}

void
refusal_of_status(struct refusal *r, enum status st, const char *text)
{
    refusal_set(r, find_public(st)->word, text != NULL && text[0] != '\0' ? text : status_name(st));
}

void
refusal_of_session(struct refusal *r, const struct session *s, enum status st, const char *text)
{
    refusal_of_status(r, st, text);
    if (st == ST_SERVER_KEY && s->key_changed)
        refusal_set(r, KEY_CHANGED, text);
}

bool
code_is_passing(enum wire_code code)
{
    return code == CODE_BUSY || code == CODE_SHUTTING_DOWN || code == CODE_TOO_FAST ||
           code == CODE_CROWDED || code == CODE_SUPERSEDED;
}
