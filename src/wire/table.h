/*
 * table - the tables that describe every request, result, event and item of the protocol.
 * Everything that packs, reads, tests or documents a field works from these rows.
 * Inside the wire layer and its tests.
 */
#ifndef WIRE_TABLE_H
#define WIRE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/wire.h"

enum wire_type {
    TYPE_BOOL,
    TYPE_UINT,
    TYPE_TIME,   /* int64, nanoseconds since the Unix epoch */
    TYPE_UUID,   /* bin, 16 bytes */
    TYPE_KEY,    /* bin, 32 bytes */
    TYPE_TICKET, /* bin, 16 bytes */
    TYPE_NAME,   /* str fit for a name, without white space and slashes */
    TYPE_NICK,   /* str fit for a name */
    TYPE_WORD,   /* str fit for a name, without white space */
    TYPE_LINE,   /* str fit for a line, may be empty */
    TYPE_LIST,   /* array of items */
    TYPE_COUNT
};

enum wire_service { SERVICE_MESSAGE_SERVER, SERVICE_GROUP };

struct wire_field {
    const char *name;
    enum wire_type type;
    enum wire_item item; /* of a list */
    bool optional;
    bool is_change_id; /* its first 16 bytes name the change that is asked for */
    uint32_t has;      /* bit in the uint32_t at the struct's start; 0: the value itself tells */
    size_t offset;     /* in the struct */
    uint64_t min;      /* value, bytes or items */
    uint64_t max;
};

/* The fields of one map. */
struct wire_row {
    const char *name;
    const struct wire_field *fields;
    size_t count;
    uint32_t exclusive; /* at most one of these has bits may be set */
};

enum wire_service wire_op_service(enum wire_op op);
/* Offsets count from the op's struct in wire_request.u or wire_reply.u. An op without a result
 * has a row without fields. */
const struct wire_row *wire_request_row(enum wire_op op);
const struct wire_row *wire_result_row(enum wire_op op);
/* Offsets count from struct wire_feed. */
const struct wire_row *wire_event_row(enum wire_event event);
/* The error map of a reply; offsets count from struct wire_reply. */
const struct wire_row *wire_error_row(void);
/* NULL: items of this sort are arrays. */
const struct wire_row *wire_item_row(enum wire_item item);
size_t wire_item_size(enum wire_item item); /* of its struct */

/* The names in docs/protocol.md. */
const char *wire_type_name(enum wire_type type);
const char *wire_item_name(enum wire_item item);

/* OP_COUNT, EVENT_COUNT: not a known name. */
enum wire_op wire_op_parse(struct span name);
enum wire_event wire_event_parse(struct span name);

#endif
