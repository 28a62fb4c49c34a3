#include "wire/table.h"

#include <string.h>

/* ---- how a row is written down ---- */

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

#define REQUIRED  .optional = false
#define OPTIONAL  .optional = true
#define HAS(bit)  .optional = true, .has = (bit)
#define CHANGE_ID .optional = false, .is_change_id = true

#define HAS_FIRST(s) _Static_assert(offsetof(struct s, has) == 0, "the has bits come first in " #s)
HAS_FIRST(wire_join_group);
HAS_FIRST(wire_send_message);
HAS_FIRST(wire_get_message);
HAS_FIRST(wire_subscribe);
HAS_FIRST(wire_search_message);
HAS_FIRST(wire_page);
HAS_FIRST(wire_subscribed);
HAS_FIRST(wire_member);

/* A role in an answer: one that is not known here must not make the answer unreadable. */
#define ROLE_ANY_MAX 255

#define POLICY_WORD_MAX 32

/* ---- items that are maps ---- */

static const struct wire_field group_fields[] = {
    NAME(wire_group, name, REQUIRED),
    KEY(wire_group, key, REQUIRED),
    WORD(wire_group, address, WIRE_ADDRESS_MAX, REQUIRED),
    WORD(wire_group, feed, WIRE_ADDRESS_MAX, REQUIRED),
    LINE(wire_group, description, 0, WIRE_DESCRIPTION_MAX, OPTIONAL),
    UINT(wire_group, members, 0, UINT64_MAX, OPTIONAL),
};
static const struct wire_field member_fields[] = {
    UUID(wire_member, uuid, REQUIRED),
    NICK(wire_member, nick, REQUIRED),
    TIME(wire_member, since, REQUIRED),
    TIME(wire_member, until, HAS(WIRE_MEMBER_HAS_UNTIL)),
    UINT(wire_member, role, 0, ROLE_ANY_MAX, OPTIONAL),
    BOOL(wire_member, here, OPTIONAL),
};
static const struct wire_field ban_fields[] = {
    UUID(wire_ban, uuid, REQUIRED),
    NICK(wire_ban, nick, OPTIONAL),
    UUID(wire_ban, by, REQUIRED),
    TIME(wire_ban, since, REQUIRED),
};
static const struct wire_field invite_fields[] = {
    KEY(wire_invite, hash, REQUIRED),
    UUID(wire_invite, by, REQUIRED),
    TIME(wire_invite, since, REQUIRED),
    UINT(wire_invite, uses, 1, WIRE_INVITE_USES_MAX, REQUIRED),
    TIME(wire_invite, expires, OPTIONAL),
};

/* ---- requests ---- */

static const struct wire_field register_fields[] = {
    NAME(wire_register, name, REQUIRED),
    WORD(wire_register, address, WIRE_ADDRESS_MAX, REQUIRED),
    WORD(wire_register, feed, WIRE_ADDRESS_MAX, REQUIRED),
    LINE(wire_register, description, 0, WIRE_DESCRIPTION_MAX, OPTIONAL),
    UINT(wire_register, members, 0, UINT64_MAX, OPTIONAL),
    UUID(wire_register, instance, REQUIRED),
    BOOL(wire_register, take_over, OPTIONAL),
};
static const struct wire_field unregister_fields[] = {
    NAME(wire_unregister, name, REQUIRED),
    UUID(wire_unregister, instance, REQUIRED),
};
static const struct wire_field get_group_list_fields[] = {
    NAME(wire_get_group_list, after, OPTIONAL),
};
static const struct wire_field join_group_fields[] = {
    UUID(wire_join_group, uuid, REQUIRED),
    NICK(wire_join_group, nick, HAS(WIRE_JOIN_HAS_NICK)),
    KEY(wire_join_group, invite, HAS(WIRE_JOIN_HAS_INVITE)),
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
    UINT(wire_get_message, before_seq, 1, WIRE_SEQ_MAX, HAS(WIRE_GET_HAS_BEFORE_SEQ)),
    UINT(wire_get_message, limit, 0, WIRE_PAGE_ROWS_MAX, OPTIONAL),
    UINT(wire_get_message, bytes, 0, WIRE_PAGE_BYTES_MAX, OPTIONAL),
    UUID(wire_get_message, log, HAS(WIRE_GET_HAS_LOG)),
};
static const struct wire_field subscribe_fields[] = {
    UUID(wire_subscribe, log, HAS(WIRE_SUBSCRIBE_HAS_LOG)),
};
static const struct wire_field get_members_fields[] = {
    BOOL(wire_get_members, all, OPTIONAL),
    UUID(wire_get_members, after, OPTIONAL),
};
static const struct wire_field search_message_fields[] = {
    LINE(wire_search_message, words, 1, WIRE_WORDS_MAX, REQUIRED),
    TIME(wire_search_message, after_ts, HAS(WIRE_SEARCH_HAS_AFTER_TS)),
    UINT(wire_search_message, after_seq, 0, WIRE_SEQ_MAX, HAS(WIRE_SEARCH_HAS_AFTER_SEQ)),
    UUID(wire_search_message, from, HAS(WIRE_SEARCH_HAS_FROM)),
    UINT(wire_search_message, limit, 0, WIRE_PAGE_ROWS_MAX, OPTIONAL),
};
static const struct wire_field set_nick_fields[] = {
    UUID(wire_set_nick, id, CHANGE_ID),
    NICK(wire_set_nick, nick, REQUIRED),
};
static const struct wire_field set_topic_fields[] = {
    UUID(wire_set_topic, id, CHANGE_ID),
    LINE(wire_set_topic, topic, 0, TOPIC_MAX_BYTES, REQUIRED),
};
static const struct wire_field set_role_fields[] = {
    UUID(wire_set_role, id, CHANGE_ID),
    UUID(wire_set_role, who, REQUIRED),
    UINT(wire_set_role, role, 0, ROLE_COUNT - 1, REQUIRED),
};
static const struct wire_field on_member_fields[] = {
    UUID(wire_on_member, id, CHANGE_ID),
    UUID(wire_on_member, who, REQUIRED),
};
static const struct wire_field get_bans_fields[] = {
    UUID(wire_get_bans, after, OPTIONAL),
};
static const struct wire_field create_invite_fields[] = {
    KEY(wire_create_invite, hash, REQUIRED),
    UINT(wire_create_invite, uses, 0, WIRE_INVITE_USES_MAX, OPTIONAL),
    UINT(wire_create_invite, lasts_ms, 0, WIRE_INVITE_MS_MAX, OPTIONAL),
};
static const struct wire_field revoke_invite_fields[] = {
    KEY(wire_revoke_invite, hash, CHANGE_ID),
};
static const struct wire_field get_invites_fields[] = {
    KEY(wire_get_invites, after, OPTIONAL),
};

/* ---- results ---- */

static const struct wire_field registered_fields[] = {
    UINT(wire_registered, lease_ms, 1, WIRE_LEASE_MS_MAX, REQUIRED),
    UINT(wire_registered, renew_ms, 1, WIRE_LEASE_MS_MAX, REQUIRED),
    TIME(wire_registered, now, REQUIRED),
    WORD(wire_registered, rival, WIRE_ADDRESS_MAX, OPTIONAL),
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
    UINT(wire_page, shared, 0, WIRE_SEQ_MAX, HAS(WIRE_HAS_SHARED)),
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
    TIME(wire_subscribed, ts, REQUIRED),
    UINT(wire_subscribed, shared, 0, WIRE_SEQ_MAX, HAS(WIRE_HAS_SHARED)),
};
static const struct wire_field info_fields[] = {
    UUID(wire_info, log, REQUIRED),
    UINT(wire_info, first, 1, WIRE_SEQ_MAX, REQUIRED),
    UINT(wire_info, head, 0, WIRE_SEQ_MAX, REQUIRED),
    LINE(wire_info, topic, 0, TOPIC_MAX_BYTES, OPTIONAL),
    WORD(wire_info, history, POLICY_WORD_MAX, REQUIRED),
    WORD(wire_info, admission, POLICY_WORD_MAX, REQUIRED),
    UINT(wire_info, role, 0, ROLE_ANY_MAX, REQUIRED),
    UINT(wire_info, members, 0, UINT64_MAX, REQUIRED),
    UINT(wire_info, here, 0, UINT64_MAX, REQUIRED),
    TIME(wire_info, now, REQUIRED),
};
static const struct wire_field found_fields[] = {
    UUID(wire_found, log, REQUIRED),
    UINT(wire_found, head, 0, WIRE_SEQ_MAX, REQUIRED),
    UINT(wire_found, next, 0, WIRE_SEQ_MAX, REQUIRED),
    LIST(wire_found, entries, ITEM_ENTRY, 0, WIRE_PAGE_ROWS_MAX, REQUIRED),
    BOOL(wire_found, end, REQUIRED),
};
static const struct wire_field changed_fields[] = {
    UINT(wire_changed, seq, 1, WIRE_SEQ_MAX, REQUIRED),
    TIME(wire_changed, ts, REQUIRED),
};
static const struct wire_field removed_fields[] = {
    UINT(wire_removed, seq, 1, WIRE_SEQ_MAX, REQUIRED),
    TIME(wire_removed, ts, REQUIRED),
    UINT(wire_removed, last, 0, WIRE_SEQ_MAX, REQUIRED),
};
static const struct wire_field ban_page_fields[] = {
    LIST(wire_ban_page, bans, ITEM_BAN, 0, WIRE_LIST_ROWS_MAX, REQUIRED),
    BOOL(wire_ban_page, end, REQUIRED),
};
static const struct wire_field invited_fields[] = {
    TIME(wire_invited, expires, REQUIRED),
};
static const struct wire_field invite_page_fields[] = {
    LIST(wire_invite_page, invites, ITEM_INVITE, 0, WIRE_LIST_ROWS_MAX, REQUIRED),
    BOOL(wire_invite_page, end, REQUIRED),
};
static const struct wire_field error_fields[] = {
    {.name = "code",
     .type = TYPE_WORD,
     .offset = AT(wire_reply, code_name, struct span *),
     .min = 1,
     .max = NAME_MAX_BYTES},
    LINE(wire_reply, text, 0, WIRE_ERROR_TEXT_MAX, REQUIRED),
};

/* ---- events ---- */

static const struct wire_field welcome_fields[] = {
    UUID(wire_feed, log, REQUIRED),
    UINT(wire_feed, head, 0, WIRE_SEQ_MAX, REQUIRED),
    UINT(wire_feed, presence, 0, UINT64_MAX, OPTIONAL),
};
static const struct wire_field entries_fields[] = {
    LIST(wire_feed, entries, ITEM_ENTRY, 1, WIRE_PAGE_ROWS_MAX, REQUIRED),
};
static const struct wire_field end_fields[] = {
    WORD(wire_feed, code, WIRE_END_MAX, REQUIRED),
    LINE(wire_feed, text, 0, WIRE_ERROR_TEXT_MAX, REQUIRED),
};

/* ---- rows ---- */

#define FIELDS(array) .fields = (array), .count = sizeof(array) / sizeof *(array)
#define NO_FIELDS     .fields = NULL, .count = 0

/* The row of an operation, from its name, the fields of its parameters, and its result: of the
 * message server, of a group, and of a group that is asked for a deed. */
#define ROW(of, asked_for, method, parameters, result_name, ...)     \
    {                                                                \
        .service = (of), .request = {(method), FIELDS(parameters)},  \
        .result = {(result_name), __VA_ARGS__}, .deed = (asked_for), \
    }
#define SERVER_ROW(method, parameters, result_name, ...) \
    ROW(SERVICE_MESSAGE_SERVER, 0, method, parameters, result_name, __VA_ARGS__)
#define GROUP_ROW(method, parameters, result_name, ...) \
    ROW(SERVICE_GROUP, 0, method, parameters, result_name, __VA_ARGS__)
#define DEED_ROW(deed, method, parameters, result_name, ...) \
    ROW(SERVICE_GROUP, deed, method, parameters, result_name, __VA_ARGS__)

static const struct operation {
    enum wire_service service;
    struct wire_row request;
    struct wire_row result;
    enum entry_kind deed; /* 0: it changes nothing in a group */
} operations[OP_COUNT] = {
    [OP_REGISTER] =
        SERVER_ROW("register", register_fields, "registered", FIELDS(registered_fields)),
    [OP_UNREGISTER] = SERVER_ROW("unregister", unregister_fields, "unregistered", NO_FIELDS),
    [OP_GET_GROUP_LIST] = SERVER_ROW("get_group_list", get_group_list_fields, "group_page",
                                     FIELDS(group_page_fields)),
    [OP_JOIN_GROUP] =
        DEED_ROW(ENTRY_JOINED, "join_group", join_group_fields, "joined", FIELDS(joined_fields)),
    [OP_LEAVE_GROUP] =
        DEED_ROW(ENTRY_LEFT, "leave_group", leave_group_fields, "left", FIELDS(left_fields)),
    [OP_SEND_MESSAGE] =
        DEED_ROW(ENTRY_MESSAGE, "send_message", send_message_fields, "sent", FIELDS(sent_fields)),
    [OP_GET_MESSAGE] = {.service = SERVICE_GROUP,
                        .request = {"get_message", FIELDS(get_message_fields),
                                    .exclusive = WIRE_GET_HAS_AFTER_TS | WIRE_GET_HAS_AFTER_SEQ |
                                                 WIRE_GET_HAS_BEFORE_SEQ},
                        .result = {"page", FIELDS(page_fields)}},
    [OP_GET_MEMBERS] =
        GROUP_ROW("get_members", get_members_fields, "member_page", FIELDS(member_page_fields)),
    [OP_SUBSCRIBE] =
        GROUP_ROW("subscribe", subscribe_fields, "subscribed", FIELDS(subscribed_fields)),
    [OP_GET_INFO] = {.service = SERVICE_GROUP,
                     .request = {"get_info", NO_FIELDS},
                     .result = {"info", FIELDS(info_fields)}},
    [OP_SEARCH_MESSAGE] = {.service = SERVICE_GROUP,
                           .request = {"search_message", FIELDS(search_message_fields),
                                       .exclusive =
                                           WIRE_SEARCH_HAS_AFTER_TS | WIRE_SEARCH_HAS_AFTER_SEQ},
                           .result = {"found", FIELDS(found_fields)}},
    [OP_SET_NICK] =
        DEED_ROW(ENTRY_NICK, "set_nick", set_nick_fields, "changed", FIELDS(changed_fields)),
    [OP_SET_TOPIC] =
        DEED_ROW(ENTRY_TOPIC, "set_topic", set_topic_fields, "changed", FIELDS(changed_fields)),
    [OP_SET_ROLE] =
        DEED_ROW(ENTRY_ROLE, "set_role", set_role_fields, "changed", FIELDS(changed_fields)),
    [OP_KICK_MEMBER] =
        DEED_ROW(ENTRY_KICKED, "kick_member", on_member_fields, "removed", FIELDS(removed_fields)),
    [OP_BAN_MEMBER] =
        DEED_ROW(ENTRY_BANNED, "ban_member", on_member_fields, "removed", FIELDS(removed_fields)),
    [OP_UNBAN_MEMBER] = DEED_ROW(ENTRY_UNBANNED, "unban_member", on_member_fields, "changed",
                                 FIELDS(changed_fields)),
    [OP_GET_BANS] = GROUP_ROW("get_bans", get_bans_fields, "ban_page", FIELDS(ban_page_fields)),
    [OP_CREATE_INVITE] = DEED_ROW(DEED_INVITE, "create_invite", create_invite_fields, "invited",
                                  FIELDS(invited_fields)),
    [OP_REVOKE_INVITE] =
        DEED_ROW(DEED_REVOKE, "revoke_invite", revoke_invite_fields, "revoked", NO_FIELDS),
    [OP_GET_INVITES] =
        GROUP_ROW("get_invites", get_invites_fields, "invite_page", FIELDS(invite_page_fields)),
};

static const struct wire_row events[EVENT_COUNT] = {
    [EVENT_WELCOME] = {"welcome", FIELDS(welcome_fields)},
    [EVENT_HEAD] = {"head", FIELDS(welcome_fields)},
    [EVENT_ENTRIES] = {"entries", FIELDS(entries_fields)},
    [EVENT_END] = {"end", FIELDS(end_fields)},
};

static const struct {
    struct wire_row row;
    size_t size;
} items[ITEM_COUNT] = {
    [ITEM_GROUP] = {{"group", FIELDS(group_fields)}, sizeof(struct wire_group)},
    [ITEM_MEMBER] = {{"member", FIELDS(member_fields)}, sizeof(struct wire_member)},
    [ITEM_BAN] = {{"ban", FIELDS(ban_fields)}, sizeof(struct wire_ban)},
    [ITEM_INVITE] = {{"invite", FIELDS(invite_fields)}, sizeof(struct wire_invite)},
    [ITEM_MESSAGE] = {{"message", NO_FIELDS}, sizeof(struct wire_message)},
    [ITEM_ACK] = {{"ack", NO_FIELDS}, sizeof(struct wire_ack)},
    [ITEM_ENTRY] = {{"entry", NO_FIELDS}, sizeof(struct entry)},
};

static const struct wire_row error_row = {"error", FIELDS(error_fields)};

static const char *const type_names[TYPE_COUNT] = {
    [TYPE_BOOL] = "bool", [TYPE_UINT] = "uint",     [TYPE_TIME] = "time", [TYPE_UUID] = "uuid",
    [TYPE_KEY] = "key",   [TYPE_TICKET] = "ticket", [TYPE_NAME] = "name", [TYPE_NICK] = "nick",
    [TYPE_WORD] = "word", [TYPE_LINE] = "line",     [TYPE_LIST] = "list",
};

/* ---- codes, and how feeds end ---- */

static const struct sentence {
    const char *name;
    const char *text;
} codes[CODE_COUNT] = {
    [CODE_OK] = {"ok", "all is well"},
    [CODE_MALFORMED] = {"malformed", "the request does not have the form that this method needs"},
    [CODE_UNKNOWN_METHOD] = {"unknown_method", "there is no such method here"},
    [CODE_PROTOCOL] = {"protocol", "this version of the protocol is not spoken here"},
    [CODE_BAD_IDENTITY] = {"bad_identity",
                           "the UUID does not belong to the key of this connection"},
    [CODE_NOT_MEMBER] = {"not_member", "only members of this group may do that"},
    [CODE_NOT_ALLOWED] = {"not_allowed", "this key may not do that"},
    [CODE_NAME_TAKEN] = {"name_taken", "this name, or one that reads the same, is taken"},
    [CODE_NICK_TAKEN] = {"nick_taken", "another member already has this nick"},
    [CODE_BAD_NICK] = {"bad_nick", "this is not fit for a nick"},
    [CODE_NO_MEMBER] = {"no_member", "there is no such person in this group"},
    [CODE_BANNED] = {"banned", "this key was banned from the group"},
    [CODE_BAD_INVITE] = {"bad_invite", "this invitation does not exist, or no longer counts"},
    [CODE_LAST_OWNER] = {"last_owner", "this is the last owner, and the group keeps one"},
    [CODE_TOO_FAST] = {"too_fast", "this key asks faster than is allowed, try again in a moment"},
    [CODE_NOT_FOUND] = {"not_found", "this key has registered no group of that name"},
    [CODE_SUPERSEDED] = {"superseded", "another process of this group is registered in its place"},
    [CODE_DUPLICATE] = {"duplicate",
                        "two processes run with this group's key and name: this one is to end"},
    [CODE_ID_CONFLICT] = {"id_conflict", "this id was used for another message before"},
    [CODE_OUT_OF_ORDER] = {"out_of_order",
                           "the message that should come before this one is not stored"},
    [CODE_TOO_LARGE] = {"too_large", "the message or list is larger than allowed"},
    [CODE_FULL] = {"full", "this group is full: nobody else can join until somebody leaves"},
    [CODE_CROWDED] = {"crowded", "too many people are joining at once, try again in a moment"},
    [CODE_LIMIT] = {"limit", "no more of these are allowed"},
    [CODE_BUSY] = {"busy", "too much is waiting here, try again later"},
    [CODE_STORAGE_FULL] = {"storage_full", "there is no room to store it, nothing was stored"},
    [CODE_STORAGE_FAILED] = {"storage_failed", "the store failed, nothing was acknowledged"},
    [CODE_SHUTTING_DOWN] = {"shutting_down", "the service is stopping"},
};

static const struct sentence ends[END_COUNT] = {
    [END_LEFT] = {"left", "you left this group"},
    [END_KICKED] = {"kicked", "you were removed from this group"},
    [END_BANNED] = {"banned", "you were banned from this group"},
    [END_OFFENCE] = {"offence", "you were removed from this group: a subscription to its feed was "
                                "not your own ticket"},
    [END_STOPPED] = {"stopped", "the group is stopping"},
    [END_REPLACED] = {"replaced", "another process has taken over for this group"},
};

/* ---- looking up ---- */

enum wire_service
wire_op_service(enum wire_op op)
{
    return operations[op].service;
}

enum entry_kind
wire_op_deed(enum wire_op op)
{
    return operations[op].deed;
}

bool
wire_change_id(const struct wire_request *r, struct id *out)
{
    const struct wire_row *row = wire_request_row(r->op);

    for (size_t i = 0; i < row->count; i++)
        if (row->fields[i].is_change_id) {
            memcpy(out->bytes, (const uint8_t *)&r->u + row->fields[i].offset, ID_LEN);
            return true;
        }
    return false;
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
    return items[item].row.count > 0 ? &items[item].row : NULL;
}

size_t
wire_item_size(enum wire_item item)
{
    return items[item].size;
}

const char *
wire_type_name(enum wire_type type)
{
    return type_names[type];
}

const char *
wire_item_name(enum wire_item item)
{
    return items[item].row.name;
}

const char *
wire_code_name(enum wire_code code)
{
    return code >= 0 && code < CODE_COUNT ? codes[code].name : "unknown";
}

const char *
wire_code_text(enum wire_code code)
{
    return code >= 0 && code < CODE_COUNT ? codes[code].text
                                          : "it was refused for a reason not known here";
}

const char *
wire_end_name(enum wire_end how)
{
    return ends[how].name;
}

const char *
wire_end_text(enum wire_end how)
{
    return ends[how].text;
}

/* Which of n rows of that size has that name, of which *names is the first row's; n: none. */
static size_t
find(const char *const *names, size_t row_size, size_t n, struct span name)
{
    size_t i = 0;

    while (i < n && !span_equal(span_of(*names), name)) {
        names = (const char *const *)((const char *)names + row_size);
        i++;
    }
    return i;
}

enum wire_op
wire_op_parse(struct span name)
{
    return (enum wire_op)find(&operations[0].request.name, sizeof *operations, OP_COUNT, name);
}

enum wire_event
wire_event_parse(struct span name)
{
    return (enum wire_event)find(&events[0].name, sizeof *events, EVENT_COUNT, name);
}

enum wire_code
wire_code_parse(struct span name)
{
    enum wire_code code = (enum wire_code)find(&codes[0].name, sizeof *codes, CODE_COUNT, name);

    /* An error that calls itself "ok" must not pass for a success. */
    return code == CODE_OK ? CODE_COUNT : code;
}

enum wire_end
wire_end_parse(struct span name)
{
    return (enum wire_end)find(&ends[0].name, sizeof *ends, END_COUNT, name);
}
