/*
 * wire - the protocol in one place: operations, their fields and bounds, encode and decode.
 * docs/protocol.md says the same in words; a test compares the two.
 *
 * Every struct below mirrors one row of the tables in table.c. Strings and lists that were decoded
 * are borrowed from the frame: keep it alive. `has` holds a bit for each optional field that was
 * present (decode) or is to be sent (encode); an absent one is zero.
 * Encoding appends to a buf; failure is in buf.failed.
 * Threads: any; no state. Knows no socket. Never logs.
 */
#ifndef WIRE_WIRE_H
#define WIRE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/entry.h"
#include "base/id.h"
#include "wire/limits.h"

/* ---- operations ---- */

enum wire_op {
    /* message server */
    OP_REGISTER,
    OP_UNREGISTER,
    OP_GET_GROUP_LIST,
    /* group */
    OP_JOIN_GROUP,
    OP_LEAVE_GROUP,
    OP_SEND_MESSAGE,
    OP_GET_MESSAGE,
    OP_GET_MEMBERS,
    OP_SUBSCRIBE,
    OP_GET_INFO,
    OP_SEARCH_MESSAGE,
    OP_SET_NICK,
    OP_SET_TOPIC,
    OP_SET_ROLE,
    OP_KICK_MEMBER,
    OP_BAN_MEMBER,
    OP_UNBAN_MEMBER,
    OP_GET_BANS,
    OP_CREATE_INVITE,
    OP_REVOKE_INVITE,
    OP_GET_INVITES,
    OP_COUNT
};

const char *wire_op_name(enum wire_op op);
/* What it asks to be done in a group; 0: nothing. */
enum entry_kind wire_op_deed(enum wire_op op);

/* Why a request was refused. The names (lower case, without CODE_) are what is sent. */
enum wire_code {
    CODE_OK,
    CODE_MALFORMED,      /* the frame or a field has the wrong form; text names the field */
    CODE_UNKNOWN_METHOD, /* no such method here */
    CODE_PROTOCOL,       /* the request asks for a protocol version that is not spoken here */
    CODE_BAD_IDENTITY,   /* uuid is not the one of the key that CURVE proved */
    CODE_NOT_MEMBER,     /* only members may; the same answer for what does not exist */
    CODE_NOT_ALLOWED,    /* this key may not do that */
    CODE_NAME_TAKEN,     /* the group's name belongs to another key */
    CODE_NICK_TAKEN,     /* another member has that nick */
    CODE_BAD_NICK,       /* not fit for a nick */
    CODE_NO_MEMBER,      /* there is no such person in this group, or they are not in */
    CODE_BANNED,         /* this key was banned from the group */
    CODE_BAD_INVITE,     /* no such invitation, or it is used up, expired or revoked */
    CODE_LAST_OWNER,     /* a group that has owners keeps one */
    CODE_TOO_FAST,       /* this key asks faster than is allowed; again after a moment */
    CODE_NOT_FOUND,      /* no such group is registered by this key */
    CODE_SUPERSEDED,     /* another process of this group is registered: this one waits */
    CODE_DUPLICATE,      /* the same, and it is alive: this one is to end */
    CODE_ID_CONFLICT,    /* this author used that id for another message */
    CODE_OUT_OF_ORDER,   /* the message named in `after` is not stored */
    CODE_TOO_LARGE,      /* a body, ext or list over its bound */
    CODE_FULL,           /* nobody else comes into this group until somebody leaves */
    CODE_CROWDED,        /* too many whom nobody knows are joining; again after a moment */
    CODE_LIMIT,          /* a documented bound is reached: sessions, members, groups */
    CODE_BUSY,           /* too much is waiting; try again later */
    CODE_STORAGE_FULL,   /* no room to store it; nothing was stored */
    CODE_STORAGE_FAILED, /* the store failed; nothing was acknowledged */
    CODE_SHUTTING_DOWN,  /* the service is stopping */
    CODE_COUNT,
    CODE_DEFERRED = -1 /* inside a service: the answer comes later. Never sent. */
};

const char *wire_code_name(enum wire_code code);
/* A plain sentence for people, without a full stop. */
const char *wire_code_text(enum wire_code code);
/* CODE_COUNT: not a known name. */
enum wire_code wire_code_parse(struct span name);

/* ---- lists ---- */

struct wire_place { /* in a log: that of an entry */
    uint64_t seq;
    int64_t ts;
    struct id id;
};

/* Items one after another, each checked when the frame was decoded. Encode: wire_pack items into
 * a buf, point raw at it. Decode: wire_next until false. */
struct wire_list {
    struct span raw;
    uint32_t count;
    /* Of entries, as they were decoded; wire_next leaves them alone. */
    bool unbroken; /* each has the seq behind, and a later ts than, the one before it */
    struct wire_place first;
    struct wire_place last;
};

enum wire_item { /* maps first */
                 ITEM_GROUP,
                 ITEM_MEMBER,
                 ITEM_BAN,
                 ITEM_INVITE,
                 ITEM_MESSAGE,
                 ITEM_ACK,
                 ITEM_ENTRY,
                 ITEM_COUNT
};

struct wire_group { /* one group in the list */
    struct span name;
    uint8_t key[WIRE_KEY_LEN];
    struct span address;
    struct span feed;
    struct span description;
    uint64_t members;
};

#define WIRE_MEMBER_HAS_UNTIL 1u
struct wire_member {
    uint32_t has;
    struct id uuid;
    struct span nick;
    int64_t since; /* ts of the joined entry */
    int64_t until; /* ts of the entry that ended it; past members only */
    uint64_t role; /* optional, enum role */
    bool here;     /* optional: their feed is connected now */
};

struct wire_ban {
    struct id uuid;
    struct span nick; /* optional: they had one */
    struct id by;
    int64_t since;
};

struct wire_invite {
    uint8_t hash[WIRE_KEY_LEN]; /* of its secret */
    struct id by;
    int64_t since;
    uint64_t uses;   /* that are left */
    int64_t expires; /* optional, 0: never */
};

struct wire_message { /* one message to send: [id, body] or [id, body, ext] */
    struct id id;
    struct span body;
    struct span ext;
};

struct wire_ack { /* [seq, ts], or [0, code name] where it was refused */
    uint64_t seq;
    int64_t ts;
    enum wire_code code;
};

union wire_any_item {
    struct wire_group group;
    struct wire_member member;
    struct wire_ban ban;
    struct wire_invite invite;
    struct wire_message message;
    struct wire_ack ack;
    struct entry entry;
};

/* Which sort the item is that x points to; what is none does not compile. An entry is packed as
 * [seq, ts, kind, author, id, body, ext]. */
/* clang-format off */
#define WIRE_ITEM(x)                            \
    _Generic(*(x),                              \
             struct wire_group: ITEM_GROUP,     \
             struct wire_member: ITEM_MEMBER,   \
             struct wire_ban: ITEM_BAN,         \
             struct wire_invite: ITEM_INVITE,   \
             struct wire_message: ITEM_MESSAGE, \
             struct wire_ack: ITEM_ACK,         \
             struct entry: ITEM_ENTRY)
/* clang-format on */

/* Append *x to b; variadic, so that x may be a compound literal. */
#define wire_pack(b, ...) wire_pack_item((b), WIRE_ITEM((__VA_ARGS__)), (__VA_ARGS__))
/* Take the next item off the list into *x. False: none left (or, for a list that was not checked
 * by a decode, malformed). */
#define wire_next(l, x) wire_next_item((l), WIRE_ITEM(x), (x))

/* The same for an item whose sort only its caller knows; x is its struct. */
void wire_pack_item(struct buf *b, enum wire_item item, const void *x);
bool wire_next_item(struct wire_list *l, enum wire_item item, void *x);

/* ---- frames ---- */

enum wire_frame { /* the number that a frame begins with */
                  WIRE_REQUEST,
                  WIRE_REPLY,
                  WIRE_FEED
};

/* The msgid of a request or a reply that is not decoded, for its answer or to find out what it
 * answers. False: it is not one of these. */
bool wire_msgid(struct span frame, enum wire_frame type, uint32_t *msgid);

/* ---- requests: [0, msgid, method, {params}] ---- */

struct wire_register {
    struct span name;
    struct span address;
    struct span feed;
    struct span description; /* optional, default "" */
    uint64_t members;        /* optional, default 0 */
    struct id instance;      /* random, of this process */
    bool take_over;          /* optional: of two processes of this group, the other one is to end */
};
struct wire_unregister {
    struct span name;
    struct id instance;
};
struct wire_get_group_list {
    struct span after; /* optional: only names that sort after this one (byte order) */
};
#define WIRE_JOIN_HAS_NICK   1u
#define WIRE_JOIN_HAS_INVITE 2u
struct wire_join_group {
    uint32_t has;
    struct id uuid;
    struct span nick;             /* optional: without one, the first 8 characters of the UUID */
    uint8_t invite[WIRE_KEY_LEN]; /* optional: the secret of an invitation */
};
struct wire_leave_group {
    struct id uuid;
};
#define WIRE_SEND_HAS_AFTER 1u
struct wire_send_message {
    uint32_t has;
    struct wire_list messages; /* 1 to WIRE_SEND_MAX */
    struct id after; /* optional: refuse unless the author's message with this id is stored */
};
#define WIRE_GET_HAS_AFTER_TS   1u
#define WIRE_GET_HAS_AFTER_SEQ  2u
#define WIRE_GET_HAS_BEFORE_SEQ 4u
#define WIRE_GET_HAS_LOG        8u
struct wire_get_message { /* at most one of the next three; none means after_seq 0 */
    uint32_t has;
    int64_t after_ts;
    uint64_t after_seq;
    uint64_t before_seq; /* at least 1: backwards; 0: absent */
    uint64_t limit;      /* optional, 1 to WIRE_PAGE_ROWS_MAX; 0 or absent: the maximum */
    uint64_t bytes;      /* optional, up to WIRE_PAGE_BYTES_MAX; 0 or absent: WIRE_PAGE_BYTES */
    struct id log;       /* optional: that the asker knows, see wire_page */
};
struct wire_get_members {
    bool all;        /* optional: past members too */
    struct id after; /* optional: only UUIDs that sort after this one */
};
#define WIRE_SUBSCRIBE_HAS_LOG 1u
struct wire_subscribe {
    uint32_t has;
    struct id log; /* optional: as in wire_get_message */
};
struct wire_get_info {
    uint32_t none; /* no fields */
};
#define WIRE_SEARCH_HAS_AFTER_TS  1u
#define WIRE_SEARCH_HAS_AFTER_SEQ 2u
#define WIRE_SEARCH_HAS_FROM      4u
struct wire_search_message { /* messages that hold every one of the words, oldest first */
    uint32_t has;
    struct span words; /* line, 1 to WIRE_WORDS_MAX bytes */
    int64_t after_ts;
    uint64_t after_seq;
    struct id from; /* optional: only by this author */
    uint64_t limit; /* optional, 1 to WIRE_PAGE_ROWS_MAX; 0 or absent: 100 */
};
/* Below, id is the change's own, chosen by the client as for a message: sent again, it is done
 * once, and answered as the first time. */
struct wire_set_nick {
    struct id id;
    struct span nick;
};
struct wire_set_topic {
    struct id id;
    struct span topic; /* line, up to TOPIC_MAX_BYTES; empty: none */
};
struct wire_set_role {
    struct id id;
    struct id who;
    uint64_t role; /* below ROLE_COUNT */
};
struct wire_on_member { /* kick_member, ban_member, unban_member */
    struct id id;
    struct id who;
};
struct wire_get_bans {
    struct id after; /* optional: only UUIDs that sort after this one */
};
struct wire_create_invite {
    uint8_t hash[WIRE_KEY_LEN]; /* BLAKE2b-256 of the secret, which the group never stores */
    uint64_t uses;              /* optional, 1 to WIRE_INVITE_USES_MAX; 0 or absent: 1 */
    uint64_t lasts_ms;          /* optional, up to WIRE_INVITE_MS_MAX; 0 or absent: no end */
};
struct wire_revoke_invite {
    uint8_t hash[WIRE_KEY_LEN];
};
struct wire_get_invites {
    uint8_t after[WIRE_KEY_LEN]; /* optional: only hashes that sort after this one */
};

struct wire_request {
    uint32_t msgid;
    enum wire_op op;
    union {
        struct wire_register register_;
        struct wire_unregister unregister;
        struct wire_get_group_list get_group_list;
        struct wire_join_group join_group;
        struct wire_leave_group leave_group;
        struct wire_send_message send_message;
        struct wire_get_message get_message;
        struct wire_get_members get_members;
        struct wire_subscribe subscribe;
        struct wire_get_info get_info;
        struct wire_search_message search_message;
        struct wire_set_nick set_nick;
        struct wire_set_topic set_topic;
        struct wire_set_role set_role;
        struct wire_on_member on_member;
        struct wire_get_bans get_bans;
        struct wire_create_invite create_invite;
        struct wire_revoke_invite revoke_invite;
        struct wire_get_invites get_invites;
    } u;
};

/* Every request also carries `protocol`, the version that its sender speaks; absent means 1. */
void wire_pack_request(struct buf *b, const struct wire_request *r);

/* The id that makes it one change, however often it is asked for: its own, or made of an
 * invitation's hash. False: it is not that kind of request. */
bool wire_change_id(const struct wire_request *r, struct id *out);

/* CODE_OK: *out is filled. Another code: answer it with wire_pack_error to out->msgid; why names
 * the field. -2 (WIRE_DROP): not even a request with a msgid; drop it and count. */
#define WIRE_DROP (-2)
int wire_decode_request(struct wire_request *out, struct span frame, struct fault *why);

/* ---- replies: [1, msgid, error, result]; error nil, or {code, text} and then result nil ---- */

struct wire_registered {
    uint64_t lease_ms; /* the entry is dropped when it was not renewed for so long */
    uint64_t renew_ms; /* how often to renew */
    int64_t now;       /* by the message server's clock */
    struct span rival; /* optional: address of another process of this group, which asks as well */
};
struct wire_group_page {
    struct wire_list groups;
    bool end; /* false: ask again after the last name */
};
struct wire_joined { /* also the answer to join_group of someone who is in already */
    struct id log;
    uint64_t seq; /* of the joined entry */
    int64_t ts;
    struct span nick;
    bool already;
};
struct wire_left {
    uint64_t seq;
    int64_t ts;
};
struct wire_sent {
    struct wire_list acks; /* one for each message, in order */
};
/* The log that was asked with is one that this log goes on from: both hold the same up to shared.
 */
#define WIRE_HAS_SHARED 1u
struct wire_page {
    uint32_t has;
    struct id log;
    uint64_t shared;
    uint64_t first; /* lowest seq that can be had of the unbroken run that this page is from: what
                       is before it is no longer kept, or not the caller's to read. head + 1 when
                       nothing can */
    uint64_t head;  /* last seq at the time of reading; 0: empty log */
    uint64_t next;  /* go on with after_seq = next; backwards with before_seq = next */
    struct wire_list entries;
    bool end; /* the page reaches head; backwards: nothing in front of it can be had */
};
struct wire_member_page {
    struct wire_list members;
    bool end;
};
struct wire_subscribed {
    uint32_t has; /* WIRE_HAS_SHARED */
    uint8_t ticket[WIRE_TICKET_LEN];
    struct span feed; /* address of the feed socket; its key is the group's */
    struct id log;
    uint64_t head;
    int64_t ts; /* of head; 0: empty log */
    uint64_t shared;
};

struct wire_info {
    struct id log;
    uint64_t first; /* as in wire_page */
    uint64_t head;
    struct span topic;     /* optional */
    struct span history;   /* "all", "since-join" or "while-member" */
    struct span admission; /* "open", "list" */
    uint64_t role;         /* the caller's */
    uint64_t members;
    uint64_t here; /* of them, with a feed that is connected */
    int64_t now;   /* the group's clock */
};
struct wire_found {
    struct id log;
    uint64_t head;
    uint64_t next; /* go on with after_seq = next */
    struct wire_list entries;
    bool end; /* searched up to head */
};
struct wire_changed { /* set_nick, set_topic, set_role, unban_member */
    uint64_t seq;
    int64_t ts;
};
struct wire_removed { /* kick_member, ban_member */
    uint64_t seq;
    int64_t ts;
    uint64_t last; /* the last seq that was published to that person; 0: none */
};
struct wire_ban_page {
    struct wire_list bans;
    bool end;
};
struct wire_invited {
    int64_t expires; /* 0: never */
};
struct wire_invite_page {
    struct wire_list invites;
    bool end;
};

struct wire_reply {
    uint32_t msgid;
    enum wire_code code; /* CODE_COUNT: an unknown one, see code_name */
    struct span code_name;
    struct span text; /* of an error */
    union {
        struct wire_registered registered;
        struct wire_group_page group_page;
        struct wire_joined joined;
        struct wire_left left;
        struct wire_sent sent;
        struct wire_page page;
        struct wire_member_page member_page;
        struct wire_subscribed subscribed;
        struct wire_info info;
        struct wire_found found;
        struct wire_changed changed;
        struct wire_removed removed;
        struct wire_ban_page ban_page;
        struct wire_invited invited;
        struct wire_invite_page invite_page;
    } u;
};

/* The result of op, from r->u; unregister and revoke_invite have none. */
void wire_pack_reply(struct buf *b, enum wire_op op, const struct wire_reply *r);
/* text may be NULL: then wire_code_text(code). */
void wire_pack_error(struct buf *b, uint32_t msgid, enum wire_code code, const char *text);

/* ST_OK (also for an error reply), ST_PROTOCOL. */
enum status wire_decode_reply(struct wire_reply *out, enum wire_op op, struct span frame);

/* ---- the feed: [2, event, {params}] ---- */

enum wire_event {
    EVENT_WELCOME, /* first on a ticket: from head + 1 on, entries come here */
    EVENT_HEAD,    /* about every second: nothing was missed if you have head */
    EVENT_ENTRIES, /* new entries, in order */
    EVENT_END,     /* the last frame on this ticket; code says why */
    EVENT_COUNT
};

/* Why a feed ends. After the first four one is no member any more. */
enum wire_end {
    END_LEFT,
    END_KICKED,
    END_BANNED,
    END_OFFENCE,
    END_STOPPED,  /* the group stops: begin anew */
    END_REPLACED, /* another process is the group now: look up its address and begin anew */
    END_COUNT
};

/* Static strings: the code as it goes over the wire, and one sentence. */
const char *wire_end_name(enum wire_end how);
const char *wire_end_text(enum wire_end how);
/* END_COUNT: not known here. */
enum wire_end wire_end_parse(struct span name);

struct wire_feed {
    enum wire_event event;
    struct id log;            /* welcome, head */
    uint64_t head;            /* welcome, head */
    uint64_t presence;        /* welcome, head; optional: changes whenever somebody comes or goes */
    struct wire_list entries; /* entries */
    struct span code;         /* end: see wire_end_parse */
    struct span text;         /* end: why, for people */
};

void wire_pack_feed(struct buf *b, const struct wire_feed *f);
/* ST_OK, ST_PROTOCOL; ST_NOT_FOUND: a well-formed event of a kind not known here, to be ignored. */
enum status wire_decode_feed(struct wire_feed *out, struct span frame);

#endif
