/*
 * row - packs (pack.c) and reads (row.c) one map by its row, and items by their sort.
 * Inside the wire layer.
 */
#ifndef WIRE_ROW_H
#define WIRE_ROW_H

#include "wire/mp.h"
#include "wire/table.h"

/* What was wrong with a field, as far as names that are ours can tell it. */
struct wire_issue {
    const char *field; /* NULL: none in particular */
    const char *other; /* NULL: no second field has to do with it */
    const char *list;  /* NULL: the field is in no list */
    uint32_t index;    /* in the list, from 0 */
    const char *what;
};

/* Pack the fields of the struct at base. with_protocol: before them, the version spoken here. */
void wire_row_pack(msgpack_packer *pk, const struct wire_row *row, const void *base,
                   bool with_protocol);

/* How deep a field that is not known may be nested: what is left of WIRE_DEPTH_MAX in the map of a
 * frame, and in an item, which is in a list in that map. */
#define WIRE_DEPTH_IN_FRAME (WIRE_DEPTH_MAX - 2)
#define WIRE_DEPTH_IN_ITEM  (WIRE_DEPTH_MAX - 4)

/* Read a map, of fields as deep, into the struct at base; what is absent is left alone. CODE_OK, or
 * why not, and *issue. */
enum wire_code wire_row_read(struct mp *m, const struct wire_row *row, unsigned depth, void *base,
                             struct wire_issue *issue);

/* Record an issue and return code. */
enum wire_code wire_issue_set(struct wire_issue *issue, enum wire_code code, const char *field,
                              const char *what);
/* Write it as a sentence. */
void wire_issue_explain(const struct wire_issue *issue, struct fault *why);

#endif
