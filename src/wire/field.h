/*
 * field - how a row of the tables in wire_table.c is written down.
 * For that file only.
 */
#ifndef WIRE_FIELD_H
#define WIRE_FIELD_H

#include "wire/table.h"

/* Where a member is, if it has the C type that the field needs; otherwise it does not compile. */
#define AT(s, m, ctype) _Generic(&((struct s *)0)->m, ctype : offsetof(struct s, m))

#define FIELD(s, m, t, ctype, ...)                                      \
    {                                                                   \
        .name = #m, .type = (t), .offset = AT(s, m, ctype), __VA_ARGS__ \
    }

#define BOOL(s, m, ...)   FIELD(s, m, TYPE_BOOL, bool *, __VA_ARGS__)
#define TIME(s, m, ...)   FIELD(s, m, TYPE_TIME, int64_t *, __VA_ARGS__)
#define UUID(s, m, ...)   FIELD(s, m, TYPE_UUID, struct id *, __VA_ARGS__)
#define KEY(s, m, ...)    FIELD(s, m, TYPE_KEY, uint8_t(*)[WIRE_KEY_LEN], __VA_ARGS__)
#define TICKET(s, m, ...) FIELD(s, m, TYPE_TICKET, uint8_t(*)[WIRE_TICKET_LEN], __VA_ARGS__)
#define UINT(s, m, least, most, ...) \
    FIELD(s, m, TYPE_UINT, uint64_t *, .min = (least), .max = (most), __VA_ARGS__)
#define TEXT(s, m, t, least, most, ...) \
    FIELD(s, m, t, struct span *, .min = (least), .max = (most), __VA_ARGS__)
#define NAME(s, m, ...)              TEXT(s, m, TYPE_NAME, 1, NAME_MAX_BYTES, __VA_ARGS__)
#define NICK(s, m, ...)              TEXT(s, m, TYPE_NICK, 1, NAME_MAX_BYTES, __VA_ARGS__)
#define WORD(s, m, most, ...)        TEXT(s, m, TYPE_WORD, 1, most, __VA_ARGS__)
#define LINE(s, m, least, most, ...) TEXT(s, m, TYPE_LINE, least, most, __VA_ARGS__)
#define LIST(s, m, of, least, most, ...)                                                    \
    FIELD(s, m, TYPE_LIST, struct wire_list *, .item = (of), .min = (least), .max = (most), \
          __VA_ARGS__)

#define REQUIRED .optional = false
#define OPTIONAL .optional = true
#define HAS(bit) .optional = true, .has = (bit)

#endif
