/*
 * entry - one entry of a group's log, as the store keeps it and the wire carries it.
 */
#ifndef BASE_ENTRY_H
#define BASE_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/id.h"

#define ENTRY_KIND_MAX 255

/* Numbers are stored and sent: never reuse one. What the kinds mean is in base/deed.h. */
enum entry_kind {
    ENTRY_MESSAGE = 1,  /* body: what was said */
    ENTRY_JOINED = 2,   /* body: the nick */
    ENTRY_LEFT = 3,     /* body: empty */
    ENTRY_KICKED = 4,   /* author took subject out; body: who, as below */
    ENTRY_BANNED = 5,   /* the same, and keeps them out; they need not have been in */
    ENTRY_UNBANNED = 6, /* author lifted that */
    ENTRY_ROLE = 7,     /* author gave subject another role; one byte enum role behind the UUID */
    ENTRY_TOPIC = 8,    /* body: the topic from now on; empty: none */
    ENTRY_NICK = 9,     /* body: what author is called from now on */
    ENTRY_KIND_LAST = ENTRY_NICK,
    /* Done, but not logged: */
    DEED_INVITE = ENTRY_KIND_MAX + 1,
    DEED_REVOKE,
    DEED_LAST = DEED_REVOKE,
};

/* Who an entry is about whose deed (base/deed.h) has BODY_WHO. Body: UUID (16 bytes), for
 * ENTRY_ROLE the role (1 byte), then the nick that they had there (UTF-8, empty when they never
 * joined). */

/* Stored and sent: never reuse a number. Each may do what those below may. */
enum role {
    ROLE_MEMBER = 0,
    ROLE_MODERATOR = 1,
    ROLE_OWNER = 2,
    ROLE_COUNT,
};

struct entry {
    uint64_t seq; /* 1, 2, 3 ... without holes */
    int64_t ts;   /* nanoseconds since the Unix epoch, strictly increasing */
    uint8_t kind; /* enum entry_kind; unknown kinds are kept and passed on */
    struct id author;
    struct id id; /* chosen by the author's client; (author, id) is unique */
    struct span body;
    struct span ext; /* opaque, for later use */
};

/* Text from others, as one would say it aloud: the bounds that all layers share. */
/* How long an invitation lasts for which nothing else was asked, in every program. */
#define INVITE_HOURS    24
#define NAME_MAX_BYTES  64          /* a group's name, a nick */
#define BODY_MAX_BYTES  (16 * 1024) /* an entry's body */
#define EXT_MAX_BYTES   1024        /* an entry's ext */
#define TOPIC_MAX_BYTES 256

/* "member", "moderator", "owner"; NULL: not a role. */
const char *role_name(unsigned role);
/* ROLE_COUNT: not the name of one. */
enum role role_parse(const char *name);

/* The parts of such a body. */
struct entry_subject {
    struct id uuid;
    enum role role; /* ENTRY_ROLE; else ROLE_MEMBER */
    struct span nick;
};
/* False: e is of another kind, or its body is not of that form. nick is borrowed from e. */
bool entry_subject(const struct entry *e, struct entry_subject *out);
/* How much of a body comes before the nick. 0: such an entry is about nobody. */
size_t entry_subject_len(uint8_t kind);
/* Is it what an entry of its kind has to be? Of kinds not known here, anything is. */
bool entry_is_well_formed(const struct entry *e);
/* Writes the body of an entry of that kind, and returns it. nick is at most NAME_MAX_BYTES. */
#define ENTRY_SUBJECT_MAX (ID_LEN + 1 + NAME_MAX_BYTES)
struct span entry_pack_subject(uint8_t out[static ENTRY_SUBJECT_MAX], enum entry_kind kind,
                               const struct entry_subject *subject);

#endif
