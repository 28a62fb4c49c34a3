/*
 * public - entries as the library's users see them.
 */
#ifndef PUBLIC_H
#define PUBLIC_H

#include <string.h>

#include "conclave.h"
#include "entry.h"

/* All but group and nick. Inline: once for each entry of a feed. */
static inline void
entry_public(struct conclave_entry *out, const struct entry *e)
{
    out->seq = e->seq;
    out->ts = e->ts;
    out->kind = e->kind;
    memcpy(out->author.bytes, e->author.bytes, sizeof out->author.bytes);
    memcpy(out->id.bytes, e->id.bytes, sizeof out->id.bytes);
    out->body = e->body.p;
    out->body_len = e->body.len;
    out->ext = e->ext.p;
    out->ext_len = e->ext.len;
}

#endif
