#include "base/entry.h"

#include <string.h>

#include "base/text.h"

static const char *const roles[ROLE_COUNT] = {
    [ROLE_MEMBER] = "member",
    [ROLE_MODERATOR] = "moderator",
    [ROLE_OWNER] = "owner",
};

const char *
entry_kind_name(uint8_t kind)
{
    static const char *const names[] = {
        [ENTRY_MESSAGE] = "message", [ENTRY_JOINED] = "joined", [ENTRY_LEFT] = "left",
        [ENTRY_KICKED] = "kicked",   [ENTRY_BANNED] = "banned", [ENTRY_UNBANNED] = "unbanned",
        [ENTRY_ROLE] = "role",       [ENTRY_TOPIC] = "topic",   [ENTRY_NICK] = "nick",
    };

    if (kind >= sizeof names / sizeof names[0] || names[kind] == NULL)
        return "unknown";
    return names[kind];
}

const char *
role_name(unsigned role)
{
    return role < ROLE_COUNT ? roles[role] : NULL;
}

enum role
role_parse(const char *name)
{
    int role;

    for (role = 0; role < ROLE_COUNT; role++)
        if (strcmp(roles[role], name) == 0)
            break;
    return (enum role)role;
}

static bool
is_about_somebody(uint8_t kind)
{
    return kind >= ENTRY_KICKED && kind <= ENTRY_ROLE;
}

bool
entry_subject(const struct entry *e, struct entry_subject *out)
{
    size_t fixed = ID_LEN + (e->kind == ENTRY_ROLE ? 1 : 0);

    if (!is_about_somebody(e->kind) || e->body.len < fixed)
        return false;
    *out = (struct entry_subject){.role = ROLE_MEMBER};
    memcpy(out->uuid.bytes, e->body.p, ID_LEN);
    if (e->kind == ENTRY_ROLE) {
        if (e->body.p[ID_LEN] >= ROLE_COUNT)
            return false;
        out->role = (enum role)e->body.p[ID_LEN];
    }
    out->nick = (struct span){e->body.p + fixed, e->body.len - fixed};
    return out->nick.len == 0 || text_is_name(out->nick, NAME_MAX_BYTES);
}

void
entry_pack_subject(struct buf *b, enum entry_kind kind, const struct entry_subject *subject)
{
    uint8_t role = (uint8_t)subject->role;

    buf_append(b, subject->uuid.bytes, ID_LEN);
    if (kind == ENTRY_ROLE)
        buf_append(b, &role, 1);
    buf_append(b, subject->nick.p, subject->nick.len);
}
