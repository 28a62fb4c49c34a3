/*
 * deed - what may be done in a group, one row a kind: what its entry says, who may do it, how it is
 * told. Whoever has to know what a kind means asks here.
 * Threads: any; constant.
 */
#ifndef BASE_DEED_H
#define BASE_DEED_H

#include "base/entry.h"

enum deed_body {
    BODY_TEXT,    /* up to `most` bytes */
    BODY_NICK,    /* the same, and what the author is called from then on */
    BODY_WHO,     /* struct entry_subject */
    BODY_NOTHING, /* empty */
};

enum deed_on {
    ON_NOBODY, /* there is nobody but the author to do it to */
    ON_LOWER,  /* not on oneself; with less than ROLE_OWNER, on those without a role only */
    ON_ANYBODY,
};

struct deed {
    const char *name; /* in JSON; "unknown" */
    enum deed_body body;
    size_t most;       /* bytes of a text or nick */
    bool has_ext;      /* there may be one */
    bool has_role;     /* in its body, behind the UUID */
    bool is_of_people; /* who is in, as what, or what they are called is another then */
    bool ends_stay;    /* of whom it is done to, else of the author */
    bool is_urgent;    /* takes rights away: may use the room that is kept in reserve */
    enum role least;   /* who may do it, */
    enum deed_on on;   /* and to whom */
    const char *asked; /* the service's line when somebody asks for it */
    /* How it is told behind the name of who did it; NULL: in no words. {whom}, {role} and {text}
     * stand for those of struct deed_words. */
    const char *said;
    const char *said_empty; /* with an empty text, where that is something else */
    const char
        *said_by_group; /* without a name, when nobody but the group itself did it; or NULL */
};

/* Never NULL: what is not known here has a row, too. */
const struct deed *deed_of(int kind); /* enum entry_kind, or any other number */

/* May one with this role do it to one with that? Whether they have to be in is not asked. */
bool deed_may(int kind, enum role author);
bool deed_may_on(int kind, enum role author, enum role subject, bool oneself);

struct deed_words {
    struct span whom;
    struct span role;
    struct span text;
};
/* Appends the sentence. */
void deed_say(struct buf *out, const struct deed *d, bool by_group, const struct deed_words *words);

#endif
