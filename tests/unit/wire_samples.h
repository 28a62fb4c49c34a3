/*
 * wire_samples - frames of every row of the protocol's tables, right ones and wrong ones, packed
 * with msgpack-c alone so that they check the encoder too.
 */
#ifndef WIRE_SAMPLES_H
#define WIRE_SAMPLES_H

#include <msgpack.h>

#include "wire/table.h"

enum subject_kind { SUBJECT_REQUEST, SUBJECT_RESULT, SUBJECT_ERROR, SUBJECT_EVENT, SUBJECT_ITEM };

/* One row, and how it travels: an item in the reply that lists it, a row in its own frame. */
struct subject {
    enum subject_kind kind;
    int index; /* enum wire_op, wire_event or wire_item */
};

/* The i-th of all; false behind the last. */
bool subject_at(size_t i, struct subject *out);
const struct wire_row *subject_row(const struct subject *s);
/* The operation whose result it is, or lists it. */
enum wire_op subject_op(const struct subject *s);
const char *subject_kind_name(const struct subject *s);

enum variant {
    AS_IT_SHOULD_BE,
    LARGEST,    /* the field at its upper bound */
    TOO_LARGE,  /* the field over it */
    TOO_SMALL,  /* the field under its lower bound */
    WRONG_TYPE, /* the field as another MessagePack type, see `type` */
    LEFT_OUT,
    TWICE,
    UNKNOWN_EXTRA, /* a field more, that nobody knows */
    UNKNOWN_TWICE,
};

#define WRONG_TYPES 8

struct change {
    enum variant variant;
    size_t field;
    unsigned type; /* below WRONG_TYPES */
};

/* False: there is no such variant of this field. */
bool subject_pack(msgpack_sbuffer *out, const struct subject *s, const struct change *change);

union decoded {
    struct wire_request request;
    struct wire_reply reply;
    struct wire_feed feed;
};

/* CODE_OK, a code, or WIRE_DROP; frames that are not requests know CODE_OK and CODE_MALFORMED.
 * Walks through all lists and says CODE_COUNT when one ends early. */
int subject_decode(const struct subject *s, struct span frame, union decoded *out,
                   struct fault *why);
/* The same with a copy that ends where its memory ends, so that reading too far is seen. */
int subject_decode_exact(const struct subject *s, const char *bytes, size_t len, struct fault *why);
/* Encode what was decoded, with the encoder under test. */
void subject_encode(struct buf *out, const struct subject *s, const union decoded *in);

/* count items, as they stand in a list. */
void pack_items(msgpack_packer *pk, enum wire_item item, uint64_t count);

#endif
