#include "base/deed.h"

#include <string.h>

static const struct deed unknown = {
    .name = "unknown",
    .body = BODY_TEXT,
    .most = BODY_MAX_BYTES,
    .has_ext = true,
    .is_of_people = true,
    .least = ROLE_COUNT,
};

static const struct deed logged[] = {
    [ENTRY_MESSAGE] = {.name = "message",
                       .body = BODY_TEXT,
                       .most = BODY_MAX_BYTES,
                       .has_ext = true},
    [ENTRY_JOINED] = {.name = "joined",
                      .body = BODY_NICK,
                      .most = NAME_MAX_BYTES,
                      .is_of_people = true,
                      .asked = "JOIN REQUEST",
                      .said = "joined"},
    [ENTRY_LEFT] = {.name = "left",
                    .body = BODY_NOTHING,
                    .is_of_people = true,
                    .ends_stay = true,
                    .is_urgent = true,
                    .asked = "LEAVE REQUEST",
                    .said = "left"},
    [ENTRY_KICKED] = {.name = "kicked",
                      .body = BODY_WHO,
                      .is_of_people = true,
                      .ends_stay = true,
                      .is_urgent = true,
                      .least = ROLE_MODERATOR,
                      .on = ON_LOWER,
                      .asked = "KICK REQUEST",
                      .said = "removed {whom}",
                      .said_by_group = "{whom} was removed by the group"},
    [ENTRY_BANNED] = {.name = "banned",
                      .body = BODY_WHO,
                      .is_of_people = true,
                      .ends_stay = true,
                      .is_urgent = true,
                      .least = ROLE_MODERATOR,
                      .on = ON_LOWER,
                      .asked = "BAN REQUEST",
                      .said = "banned {whom}",
                      .said_by_group = "{whom} was banned by the group"},
    [ENTRY_UNBANNED] = {.name = "unbanned",
                        .body = BODY_WHO,
                        .is_of_people = true,
                        .least = ROLE_MODERATOR,
                        .on = ON_LOWER,
                        .asked = "UNBAN REQUEST",
                        .said = "lifted the ban of {whom}"},
    [ENTRY_ROLE] = {.name = "role",
                    .body = BODY_WHO,
                    .has_role = true,
                    .is_of_people = true,
                    .least = ROLE_OWNER,
                    .on = ON_ANYBODY,
                    .asked = "ROLE REQUEST",
                    .said = "made {whom} {role}",
                    .said_by_group = "{whom} became {role}"},
    [ENTRY_TOPIC] = {.name = "topic",
                     .body = BODY_TEXT,
                     .most = TOPIC_MAX_BYTES,
                     .least = ROLE_MODERATOR,
                     .asked = "TOPIC REQUEST",
                     .said = "set the topic: {text}",
                     .said_empty = "took the topic away"},
    [ENTRY_NICK] = {.name = "nick",
                    .body = BODY_NICK,
                    .most = NAME_MAX_BYTES,
                    .is_of_people = true,
                    .asked = "NICK REQUEST",
                    .said = "took the nick {text}"},
};
_Static_assert(sizeof logged / sizeof logged[0] == ENTRY_KIND_LAST + 1, "every kind has a row");

static const struct deed unlogged[] = {
    [DEED_INVITE - DEED_INVITE] = {.name = "invite",
                                   .body = BODY_NOTHING,
                                   .least = ROLE_MODERATOR,
                                   .asked = "INVITE REQUEST"},
    [DEED_REVOKE - DEED_INVITE] = {.name = "revoke",
                                   .body = BODY_NOTHING,
                                   .is_urgent = true,
                                   .least = ROLE_MODERATOR,
                                   .asked = "REVOKE REQUEST"},
};
_Static_assert(sizeof unlogged / sizeof unlogged[0] == DEED_LAST - DEED_INVITE + 1,
               "and so have these");

const struct deed *
deed_of(int kind)
{
    if (kind > 0 && kind <= ENTRY_KIND_LAST)
        return &logged[kind];
    if (kind >= DEED_INVITE && kind <= DEED_LAST)
        return &unlogged[kind - DEED_INVITE];
    return &unknown;
}

/* ---- who may ---- */

bool
deed_may(int kind, enum role author)
{
    return author >= deed_of(kind)->least;
}

bool
deed_may_on(int kind, enum role author, enum role subject, bool oneself)
{
    if (!deed_may(kind, author))
        return false;
    switch (deed_of(kind)->on) {
    case ON_NOBODY:
        return oneself;
    case ON_LOWER:
        return !oneself && (author == ROLE_OWNER || subject == ROLE_MEMBER);
    case ON_ANYBODY:
        return true;
    }
    return false;
}

/* ---- how it is told ---- */

static bool
starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

void
deed_say(struct buf *out, const struct deed *d, bool by_group, const struct deed_words *words)
{
    const struct {
        const char *name;
        struct span word;
    } places[] = {{"{whom}", words->whom}, {"{role}", words->role}, {"{text}", words->text}};
    const char *form = d->said != NULL ? d->said : "";

    if (by_group && d->said_by_group != NULL)
        form = d->said_by_group;
    else if (words->text.len == 0 && d->said_empty != NULL)
        form = d->said_empty;
    while (*form != '\0') {
        size_t i = 0, len = 1;

        while (i < sizeof places / sizeof places[0] && !starts_with(form, places[i].name))
            i++;
        if (i < sizeof places / sizeof places[0]) {
            len = strlen(places[i].name);
            buf_append(out, places[i].word.p, places[i].word.len);
        } else {
            buf_append(out, form, 1);
        }
        form += len;
    }
}
