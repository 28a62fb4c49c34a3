/*
 * public - entries as the library's users see them.
 */
#ifndef CLIENT_PUBLIC_H
#define CLIENT_PUBLIC_H

#include <string.h>

#include "base/entry.h"
#include "base/id.h"
#include "client/nicks.h"
#include "client/tail.h"
#include "conclave.h"

static inline struct conclave_id
id_public(const struct id *id)
{
    struct conclave_id out;

    memcpy(out.bytes, id->bytes, sizeof out.bytes);
    return out;
}

/* All but group and author (entry_public_author), and of an entry about somebody
 * (entry_public_subject) but that. Inline: once for each entry of a feed. */
static inline void
entry_public(struct conclave_entry *out, const struct entry *e)
{
    out->seq = e->seq;
    out->ts = e->ts;
    out->kind = e->kind;
    memcpy(out->author.bytes, e->author.bytes, sizeof out->author.bytes);
    memcpy(out->id.bytes, e->id.bytes, sizeof out->id.bytes);
    out->subject = (struct conclave_id){{0}};
    out->subject_nick = "";
    out->role = CONCLAVE_MEMBER;
    out->body = e->body.p;
    out->body_len = e->body.len;
    out->ext = e->ext.p;
    out->ext_len = e->ext.len;
}

static inline void
cursor_public(struct conclave_cursor *out, const struct tail *t)
{
    memcpy(out->log.bytes, t->log.bytes, sizeof out->log.bytes);
    out->seq = t->seq;
    out->ts = t->ts;
    memcpy(out->id.bytes, t->id.bytes, sizeof out->id.bytes);
}

static inline struct tail
cursor_tail(const struct conclave_cursor *cursor)
{
    struct tail t = {.seq = cursor->seq, .ts = cursor->ts};

    memcpy(t.log.bytes, cursor->log.bytes, sizeof t.log.bytes);
    memcpy(t.id.bytes, cursor->id.bytes, sizeof t.id.bytes);
    return t;
}

/* Whom the entry is about, but for their nick, which is in *s. False: nobody in particular. */
static inline bool
entry_public_subject(struct conclave_entry *out, const struct entry *e, struct entry_subject *s)
{
    if (e->kind == ENTRY_MESSAGE || !entry_subject(e, s))
        return false;
    memcpy(out->subject.bytes, s->uuid.bytes, sizeof out->subject.bytes);
    out->role = (int)s->role;
    return true;
}

/* Who it was. */
static inline void
entry_public_author(struct conclave_entry *out, const struct entry *e, struct nicks *n)
{
    out->nick = nicks_name(n, &e->author, e->ts);
    out->by_group = e->kind != ENTRY_MESSAGE && id_equal(&e->author, &n->group);
}

#endif
