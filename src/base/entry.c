#include "base/entry.h"

#include <string.h>

#include "base/deed.h"
#include "base/text.h"

static const char *const roles[ROLE_COUNT] = {
    [ROLE_MEMBER] = "member",
    [ROLE_MODERATOR] = "moderator",
    [ROLE_OWNER] = "owner",
};

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

size_t
entry_subject_len(uint8_t kind)
{
    const struct deed *d = deed_of(kind);

    return d->body == BODY_WHO ? ID_LEN + (size_t)d->has_role : 0;
}

bool
entry_subject(const struct entry *e, struct entry_subject *out)
{
    size_t fixed = entry_subject_len(e->kind);

    if (fixed == 0 || e->body.len < fixed)
        return false;
    *out = (struct entry_subject){.role = ROLE_MEMBER};
    memcpy(out->uuid.bytes, e->body.p, ID_LEN);
    if (fixed > ID_LEN) {
        if (e->body.p[ID_LEN] >= ROLE_COUNT)
            return false;
        out->role = (enum role)e->body.p[ID_LEN];
    }
    out->nick = (struct span){e->body.p + fixed, e->body.len - fixed};
    return out->nick.len == 0 || text_is_name(out->nick, NAME_MAX_BYTES);
}

bool
entry_is_well_formed(const struct entry *e)
{
    const struct deed *d = deed_of(e->kind);
    struct entry_subject subject;

    if (e->kind == 0 || (e->ext.len > 0 && !d->has_ext))
        return false;
    return d->body == BODY_WHO ? entry_subject(e, &subject) : e->body.len <= d->most;
}

struct span
entry_pack_subject(uint8_t out[static ENTRY_SUBJECT_MAX], enum entry_kind kind,
                   const struct entry_subject *subject)
{
    size_t len = ID_LEN;

    memcpy(out, subject->uuid.bytes, ID_LEN);
    if (deed_of((int)kind)->has_role)
        out[len++] = (uint8_t)subject->role;
    if (subject->nick.len > 0)
        memcpy(out + len, subject->nick.p, subject->nick.len);
    return (struct span){out, len + subject->nick.len};
}
