/*
 * cert - the text of a certificate file: ZPL (rfc.zeromq.org/spec/4), the part that CZMQ's and
 * pyzmq's certificates use.
 *     metadata
 *         name = "alice"
 *     curve
 *         public-key = "40 characters of Z85"
 *         secret-key = "40 characters of Z85"
 * Strict: four blanks a level, known items once and in their section, nothing that is not a
 * comment, a section or an item. Unknown sections and items are ignored.
 * Threads: any; no shared state.
 */
#ifndef NET_CERT_H
#define NET_CERT_H

#include "base/bytes.h"
#include "base/status.h"

/* Borrowed from the text that was read; p is NULL when the item is not there. */
struct cert_text {
    struct span name;
    struct span public_key;
    struct span secret_key;
};

/* ST_INVALID, with the number of the offending line but none of its content: it may be secret. */
enum status cert_parse(struct cert_text *out, struct span text, struct fault *why);

/* Append a certificate. Without secret_key it is a public one; an empty name is left out. The
 * values hold no quote and no control character. */
void cert_format(struct buf *out, const struct cert_text *cert);

#endif
