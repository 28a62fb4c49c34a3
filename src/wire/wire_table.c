#include "wire_table.h"

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
#define TEXT(s, m, t, most, ...) \
    FIELD(s, m, t, struct span *, .min = (t) != TYPE_LINE, .max = (most), __VA_ARGS__)
#define NAME(s, m, ...)       TEXT(s, m, TYPE_NAME, NAME_MAX_BYTES, __VA_ARGS__)
#define NICK(s, m, ...)       TEXT(s, m, TYPE_NICK, NAME_MAX_BYTES, __VA_ARGS__)
#define WORD(s, m, most, ...) TEXT(s, m, TYPE_WORD, most, __VA_ARGS__)
#define LINE(s, m, most, ...) TEXT(s, m, TYPE_LINE, most, __VA_ARGS__)
#define LIST(s, m, of, least, most, ...)                                                    \
    FIELD(s, m, TYPE_LIST, struct wire_list *, .item = (of), .min = (least), .max = (most), \
          __VA_ARGS__)

#define REQUIRED .optional = false
#define OPTIONAL .optional = true
#define HAS(bit) .optional = true, .has = (bit)

#define HAS_FIRST(s) _Static_assert(offsetof(struct s, has) == 0, "the has bits come first in " #s)
HAS_FIRST(wire_join_group);
HAS_FIRST(wire_send_message);
HAS_FIRST(wire_get_message);
HAS_FIRST(wire_member);

/* ---- items that are maps ---- */

static const struct wire_field group_fields[] = {
    NAME(wire_group, name, REQUIRED),
    KEY(wire_group, key, REQUIRED),
    WORD(wire_group, address, WIRE_ADDRESS_MAX, REQUIRED),
    WORD(wire_group, feed, WIRE_ADDRESS_MAX, REQUIRED),
    LINE(wire_group, description, WIRE_DESCRIPTION_MAX, OPTIONAL),
    UINT(wire_group, members, 0, UINT64_MAX, OPTIONAL),
};
static const struct wire_field member_fields[] = {
    UUID(wire_member, uuid, REQUIRED),
    NICK(wire_member, nick, REQUIRED),
    TIME(wire_member, since, REQUIRED),
    TIME(wire_member, until, HAS(WIRE_MEMBER_HAS_UNTIL)),
};

/* ---- requests ---- */

static const struct wire_field register_fields[] = {
    NAME(wire_register, name, REQUIRED),
    WORD(wire_register, address, WIRE_ADDRESS_MAX, REQUIRED),
    WORD(wire_register, feed, WIRE_ADDRESS_MAX, REQUIRED),
    LINE(wire_register, description, WIRE_DESCRIPTION_MAX, OPTIONAL),
    UINT(wire_register, members, 0, UINT64_MAX, OPTIONAL),
};
static const struct wire_field unregister_fields[] = {
    NAME(wire_unregister, name, REQUIRED),
};
static const struct wire_field get_group_list_fields[] = {
    NAME(wire_get_group_list, after, OPTIONAL),
};
static const struct wire_field join_group_fields[] = {
    UUID(wire_join_group, uuid, REQUIRED),
    NICK(wire_join_group, nick, HAS(WIRE_JOIN_HAS_NICK)),
};
static const struct wire_field leave_group_fields[] = {
    UUID(wire_leave_group, uuid, REQUIRED),
};
static const struct wire_field send_message_fields[] = {
    LIST(wire_send_message, messages, ITEM_MESSAGE, 1, WIRE_SEND_MAX, REQUIRED),
    UUID(wire_send_message, after, HAS(WIRE_SEND_HAS_AFTER)),
};
static const struct wire_field get_message_fields[] = {
    TIME(wire_get_message, after_ts, HAS(WIRE_GET_HAS_AFTER_TS)),
    UINT(wire_get_message, after_seq, 0, WIRE_SEQ_MAX, HAS(WIRE_GET_HAS_AFTER_SEQ)),
    UINT(wire_get_message, limit, 0, WIRE_PAGE_ROWS_MAX, OPTIONAL),
    UINT(wire_get_message, bytes, 0, WIRE_PAGE_BYTES_MAX, OPTIONAL),
};
static const struct wire_field get_members_fields[] = {
    BOOL(wire_get_members, all, OPTIONAL),
    UUID(wire_get_members, after, OPTIONAL),
};

/* ---- results ---- */

static const struct wire_field registered_fields[] = {
    UINT(wire_registered, lease_ms, 1, WIRE_LEASE_MS_MAX, REQUIRED),
    UINT(wire_registered, renew_ms, 1, WIRE_LEASE_MS_MAX, REQUIRED),
};
static const struct wire_field group_page_fields[] = {
    LIST(wire_group_page, groups, ITEM_GROUP, 0, WIRE_LIST_ROWS_MAX, REQUIRED),
    BOOL(wire_group_page, end, REQUIRED),
};
static const struct wire_field joined_fields[] = {
    UUID(wire_joined, log, REQUIRED),     UINT(wire_joined, seq, 1, WIRE_SEQ_MAX, REQUIRED),
    TIME(wire_joined, ts, REQUIRED),      NICK(wire_joined, nick, REQUIRED),
    BOOL(wire_joined, already, REQUIRED),
};
static const struct wire_field left_fields[] = {
    UINT(wire_left, seq, 1, WIRE_SEQ_MAX, REQUIRED),
    TIME(wire_left, ts, REQUIRED),
};
static const struct wire_field sent_fields[] = {
    LIST(wire_sent, acks, ITEM_ACK, 1, WIRE_SEND_MAX, REQUIRED),
};
static const struct wire_field page_fields[] = {
    UUID(wire_page, log, REQUIRED),
    UINT(wire_page, first, 1, WIRE_SEQ_MAX, REQUIRED),
    UINT(wire_page, head, 0, WIRE_SEQ_MAX, REQUIRED),
    UINT(wire_page, next, 0, WIRE_SEQ_MAX, REQUIRED),
    LIST(wire_page, entries, ITEM_ENTRY, 0, WIRE_PAGE_ROWS_MAX, REQUIRED),
    BOOL(wire_page, end, REQUIRED),
};
static const struct wire_field member_page_fields[] = {
    LIST(wire_member_page, members, ITEM_MEMBER, 0, WIRE_LIST_ROWS_MAX, REQUIRED),
    BOOL(wire_member_page, end, REQUIRED),
};
static const struct wire_field subscribed_fields[] = {
    TICKET(wire_subscribed, ticket, REQUIRED),
    WORD(wire_subscribed, feed, WIRE_ADDRESS_MAX, REQUIRED),
    UUID(wire_subscribed, log, REQUIRED),
    UINT(wire_subscribed, head, 0, WIRE_SEQ_MAX, REQUIRED),
};
static const struct wire_field error_fields[] = {
    {.name = "code",
     .type = TYPE_WORD,
     .offset = AT(wire_reply, code_name, struct span *),
     .min = 1,
     .max = NAME_MAX_BYTES},
    LINE(wire_reply, text, WIRE_ERROR_TEXT_MAX, REQUIRED),
};

/* ---- events ---- */

static const struct wire_field welcome_fields[] = {
    UUID(wire_feed, log, REQUIRED),
    UINT(wire_feed, head, 0, WIRE_SEQ_MAX, REQUIRED),
};
static const struct wire_field entries_fields[] = {
    LIST(wire_feed, entries, ITEM_ENTRY, 1, WIRE_PAGE_ROWS_MAX, REQUIRED),
};
static const struct wire_field end_fields[] = {
    LINE(wire_feed, text, WIRE_ERROR_TEXT_MAX, REQUIRED),
};

/* ---- rows ---- */

#define FIELDS(array) .fields = (array), .count = sizeof(array) / sizeof *(array)
#define NO_FIELDS     .fields = NULL, .count = 0

static const struct operation {
    enum wire_service service;
    struct wire_row request;
    struct wire_row result;
} operations[OP_COUNT] = {
    [OP_REGISTER] = {SERVICE_MESSAGE_SERVER,
                     {"register", FIELDS(register_fields)},
                     {"registered", FIELDS(registered_fields)}},
    [OP_UNREGISTER] = {SERVICE_MESSAGE_SERVER,
                       {"unregister", FIELDS(unregister_fields)},
                       {"unregistered", NO_FIELDS}},
    [OP_GET_GROUP_LIST] = {SERVICE_MESSAGE_SERVER,
                           {"get_group_list", FIELDS(get_group_list_fields)},
                           {"group_page", FIELDS(group_page_fields)}},
    [OP_JOIN_GROUP] = {SERVICE_GROUP,
                       {"join_group", FIELDS(join_group_fields)},
                       {"joined", FIELDS(joined_fields)}},
    [OP_LEAVE_GROUP] = {SERVICE_GROUP,
                        {"leave_group", FIELDS(leave_group_fields)},
                        {"left", FIELDS(left_fields)}},
    [OP_SEND_MESSAGE] = {SERVICE_GROUP,
                         {"send_message", FIELDS(send_message_fields)},
                         {"sent", FIELDS(sent_fields)}},
    [OP_GET_MESSAGE] = {SERVICE_GROUP,
                        {"get_message", FIELDS(get_message_fields),
                         .exclusive = WIRE_GET_HAS_AFTER_TS | WIRE_GET_HAS_AFTER_SEQ},
                        {"page", FIELDS(page_fields)}},
    [OP_GET_MEMBERS] = {SERVICE_GROUP,
                        {"get_members", FIELDS(get_members_fields)},
                        {"member_page", FIELDS(member_page_fields)}},
    [OP_SUBSCRIBE] = {SERVICE_GROUP,
                      {"subscribe", NO_FIELDS},
                      {"subscribed", FIELDS(subscribed_fields)}},
};

static const struct wire_row events[EVENT_COUNT] = {
    [EVENT_WELCOME] = {"welcome", FIELDS(welcome_fields)},
    [EVENT_HEAD] = {"head", FIELDS(welcome_fields)},
    [EVENT_ENTRIES] = {"entries", FIELDS(entries_fields)},
    [EVENT_END] = {"end", FIELDS(end_fields)},
};

static const struct wire_row items[ITEM_COUNT] = {
    [ITEM_GROUP] = {"group", FIELDS(group_fields)},
    [ITEM_MEMBER] = {"member", FIELDS(member_fields)},
    [ITEM_MESSAGE] = {"message", NO_FIELDS},
    [ITEM_ACK] = {"ack", NO_FIELDS},
    [ITEM_ENTRY] = {"entry", NO_FIELDS},
};

static const struct wire_row error_row = {"error", FIELDS(error_fields)};

static const char *const type_names[TYPE_COUNT] = {
    [TYPE_BOOL] = "bool", [TYPE_UINT] = "uint",     [TYPE_TIME] = "time", [TYPE_UUID] = "uuid",
    [TYPE_KEY] = "key",   [TYPE_TICKET] = "ticket", [TYPE_NAME] = "name", [TYPE_NICK] = "nick",
    [TYPE_WORD] = "word", [TYPE_LINE] = "line",     [TYPE_LIST] = "list",
};

enum wire_service
wire_op_service(enum wire_op op)
{
    return operations[op].service;
}

const char *
wire_op_name(enum wire_op op)
{
    return operations[op].request.name;
}

const struct wire_row *
wire_request_row(enum wire_op op)
{
    return &operations[op].request;
}

const struct wire_row *
wire_result_row(enum wire_op op)
{
    return &operations[op].result;
}

const struct wire_row *
wire_event_row(enum wire_event event)
{
    return &events[event];
}

const struct wire_row *
wire_error_row(void)
{
    return &error_row;
}

const struct wire_row *
wire_item_row(enum wire_item item)
{
    return items[item].count > 0 ? &items[item] : NULL;
}

const char *
wire_type_name(enum wire_type type)
{
    return type_names[type];
}

const char *
wire_item_name(enum wire_item item)
{
    return items[item].name;
}

enum wire_op
wire_op_parse(struct span name)
{
    int op;

    for (op = 0; op < OP_COUNT; op++)
        if (span_equal(span_of(operations[op].request.name), name))
            break;
    return (enum wire_op)op;
}

enum wire_event
wire_event_parse(struct span name)
{
    int event;

    for (event = 0; event < EVENT_COUNT; event++)
        if (span_equal(span_of(events[event].name), name))
            break;
    return (enum wire_event)event;
}
