/*
 * libconclave - be a member of Conclave groups from a program.
 *
 * Everything goes through one handle, struct conclave: one person, one message server, any number
 * of groups. All traffic is CURVE; there is no unencrypted mode.
 *
 * Threads: a handle belongs to one thread at a time; different handles are independent. The
 *   library starts no thread of yours: it works inside the calls. A program that follows a feed
 *   or has posted messages under way calls conclave_poll often (at least once a second).
 * Blocking: calls wait at most the handle's timeout. While they wait, feeds go on being received.
 * Ownership: what a call hands out by pointer is the library's and valid as said at the call.
 *   Text that goes in is copied.
 * Errors: every call that can fail returns an enum conclave_status; conclave_error(c) then gives
 *   the reason as one sentence for a person.
 * Fork: a handle does not survive fork().
 *
 * A time is nanoseconds since the Unix epoch, int64_t. A seq is the number of an entry in its
 * group, 1, 2, 3 ... without holes.
 */
#ifndef CONCLAVE_H
#define CONCLAVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CONCLAVE_API __attribute__((visibility("default")))

/* The statuses are also the exit statuses of all programs, up to CONCLAVE_LOCAL. */
enum conclave_status {
    CONCLAVE_OK = 0,
    CONCLAVE_REFUSED = 1,     /* the other side said no; conclave_error_code names why */
    CONCLAVE_INVALID = 2,     /* a parameter of the call is wrong */
    CONCLAVE_UNREACHABLE = 3, /* no connection, or no answer in time */
    CONCLAVE_SERVER_KEY = 4,  /* the other side does not have the trusted key */
    CONCLAVE_OWN_KEY = 5,     /* our key is not accepted there */
    CONCLAVE_PROTOCOL = 6, /* the other side speaks another protocol or version, or gave an answer
                              that contradicts itself */
    CONCLAVE_LOCAL = 7,    /* a local file, key or resource */
    CONCLAVE_NONE = 8,     /* conclave_poll: no event in that time; conclave_next_*: no more */
};

#define CONCLAVE_UUID_LEN 36    /* text of a UUID, without the NUL */
#define CONCLAVE_KEY_LEN  40    /* a public key in Z85, without the NUL */
#define CONCLAVE_NAME_MAX 64    /* bytes of a group's name or a nick */
#define CONCLAVE_BODY_MAX 16384 /* bytes of a message */
#define CONCLAVE_EXT_MAX  1024

struct conclave; /* opaque */

/* A 16-byte UUID. */
struct conclave_id {
    uint8_t bytes[16];
};

/* ---- the handle ---- */

#define CONCLAVE_ONCE (-1)

struct conclave_options {
    const char *server;     /* address of the message server: "tcp://host:port". NULL: none, for
                               conclave_self and the like; what needs one is CONCLAVE_INVALID */
    const char *server_key; /* its public key: 40 Z85 characters, or the path of a certificate */
    const char *key;        /* path of our certificate; PATH_secret is read */
    int timeout_ms;         /* for each call; 0: 5,000, but only 2,500 for a service that was never
                               reached. CONCLAVE_ONCE: one attempt, so that it is told at once that
                               nobody listens there, or that a group is busy; an answer is still
                               waited for, 5,000 at most */
    const char *known_keys; /* path of the file that remembers which key each server and group had
                               when it was first met, and where each group answered last; made
                               when needed. NULL: remembered in this handle only */
    const char *spool; /* path of a directory where posted messages are kept until conclave_poll has
                          given their outcome. Any handles may use one directory side by side, of
                          one person (at most 64, else CONCLAVE_LOCAL) or of several. What a handle
                          that ended left there is sent by the next one with the same key, server
                          and spool that is opened and polled, or by one that is polled already,
                          with the same ids, so once; its outcomes come as events then. The bodies
                          are as posted: whoever can read the directory, can read them. NULL: in
                          memory only */
    size_t list_max;   /* a longer list of groups or members is cut; 0: 1,048,576 */
    struct conclave *share; /* use the network thread of that handle, which must be closed after
                               this one; NULL: a thread of its own. For programs with many */
};

/* Make a new identity: path (public) and path_secret; the last directory of the path is made if it
 * is not there. name (may be NULL) goes into the certificate. *why as in conclave_open.
 * CONCLAVE_LOCAL: it exists already, or cannot be written. */
CONCLAVE_API enum conclave_status conclave_make_key(const char *path, const char *name, char *why,
                                                    size_t size);

/* What is not set in *options yet, of server, server_key, key and known_keys, as `conclave` finds
 * it: in the environment (CONCLAVE_SERVER, CONCLAVE_SERVER_KEY, CONCLAVE_KEY, CONCLAVE_STATE), else
 * in the configuration that `conclave init` wrote (or in the file CONCLAVE_CONFIG, which must be
 * there), else its default; so a program that calls this needs no settings of its own. The strings
 * are in *out.
 * CONCLAVE_LOCAL: the configuration cannot be used, and *why (may be NULL; size bytes) says why. */
#define CONCLAVE_PATH_MAX 4096
struct conclave_configuration {
    char server[264];
    char server_key[CONCLAVE_PATH_MAX]; /* "": there is none */
    char key[CONCLAVE_PATH_MAX];
    char known_keys[CONCLAVE_PATH_MAX];
};
CONCLAVE_API enum conclave_status conclave_configure(struct conclave_options *options,
                                                     struct conclave_configuration *out, char *why,
                                                     size_t size);

/* Make a handle. Loads the keys and what known_keys and spool hold; connects nothing yet. *out is
 * the caller's, ended with conclave_close; it is NULL on failure, and then *why (may be NULL; size
 * bytes) says why. CONCLAVE_LOCAL (key files, known_keys, spool), CONCLAVE_INVALID (address). A
 * message server's key that is not the remembered one is no failure yet: see conclave_accept_key.
 */
CONCLAVE_API enum conclave_status conclave_open(struct conclave **out,
                                                const struct conclave_options *options, char *why,
                                                size_t size);
/* Messages that were posted and are not acknowledged are given up, or stay in the spool. NULL is
 * allowed. */
CONCLAVE_API void conclave_close(struct conclave *c);

/* The reason of the last failure on this handle: one sentence; "" if there was none. Valid until
 * the next call. */
CONCLAVE_API const char *conclave_error(const struct conclave *c);
/* Its stable code, such as "not_member" (docs/protocol.md); for failures on this side the status
 * as a word: "unreachable", "timeout", "server_key", "own_key", "protocol", "invalid", "local"; or
 * "key_changed", "other_key" (CONCLAVE_SERVER_KEY), "log_changed", "went_backwards"
 * (CONCLAVE_REFUSED). Never NULL. */
CONCLAVE_API const char *conclave_error_code(const struct conclave *c);

/* Who we are. */
CONCLAVE_API void conclave_self(const struct conclave *c, struct conclave_id *uuid,
                                char key[CONCLAVE_KEY_LEN + 1]);
/* The name in our certificate, or "". */
CONCLAVE_API const char *conclave_self_name(const struct conclave *c);

CONCLAVE_API void conclave_id_format(const struct conclave_id *id,
                                     char text[CONCLAVE_UUID_LEN + 1]);
CONCLAVE_API bool conclave_id_parse(struct conclave_id *id, const char *text);
/* A new id for a message: UUID version 7. */
CONCLAVE_API struct conclave_id conclave_id_new(void);

/* ---- groups ---- */

struct conclave_group {
    const char *name;
    const char *key;     /* Z85 */
    const char *address; /* of its request socket */
    const char *description;
    uint64_t members;
};

/* Ask the message server for the live groups. Then conclave_next_group until CONCLAVE_NONE; the
 * strings are valid until the next conclave_list_groups. In order of name. */
CONCLAVE_API enum conclave_status conclave_list_groups(struct conclave *c);
CONCLAVE_API enum conclave_status conclave_next_group(struct conclave *c,
                                                      struct conclave_group *out);

/* A group is looked for on the message server, and beside it where it answered last (known_keys),
 * when it is first used; so the message server may be away. */

/* Say where a group is and which key it has, instead of asking the message server for it: for
 * programs that remember it by themselves. When it cannot be reached there, the message server is
 * asked after all. CONCLAVE_SERVER_KEY: the group is known with another key, code "key_changed". */
CONCLAVE_API enum conclave_status conclave_locate(struct conclave *c, const char *group,
                                                  const char *key, const char *address);

/* Become a member. nick NULL: the name in our certificate, or else the first 8 characters of our
 * UUID. Being one already is CONCLAVE_OK, with *already true (already may be NULL). Codes
 * "bad_nick", "nick_taken", "banned"; not on the group's list is CONCLAVE_OWN_KEY. */
CONCLAVE_API enum conclave_status conclave_join(struct conclave *c, const char *group,
                                                const char *nick, bool *already);

/* What an invitation says. Its text, for CONCLAVE_INVITE_MAX characters and the NUL, is secret. */
#define CONCLAVE_INVITE_MAX 1023
struct conclave_invite {
    char server[256]; /* address of the message server */
    char server_key[CONCLAVE_KEY_LEN + 1];
    char group[CONCLAVE_NAME_MAX + 1];
    char group_key[CONCLAVE_KEY_LEN + 1];
    char address[256]; /* of the group when it was made */
    uint8_t secret[32];
};
/* Text made by conclave_make_invite; white space around it and in it does no harm. False: *why
 * (size bytes; may be NULL) says what is wrong with it. Wipe *out when done. */
CONCLAVE_API bool conclave_invite_parse(struct conclave_invite *out, const char *text, char *why,
                                        size_t size);
/* Become a member by invitation. The handle must have been opened with the key of the invitation's
 * message server, else CONCLAVE_INVALID. The group's key is remembered as the invitation says, and
 * the group found at the invitation's address if the message server does not help. Else as
 * conclave_join. Codes "bad_invite", "banned". CONCLAVE_SERVER_KEY, code "key_changed": the group
 * is known with another key, or the message server names one. */
CONCLAVE_API enum conclave_status conclave_join_invite(struct conclave *c,
                                                       const struct conclave_invite *invite,
                                                       const char *nick, bool *already);
/* Stop being one. Not being one is CONCLAVE_REFUSED, code "not_member". */
CONCLAVE_API enum conclave_status conclave_leave(struct conclave *c, const char *group);

enum conclave_role { CONCLAVE_MEMBER = 0, CONCLAVE_MODERATOR = 1, CONCLAVE_OWNER = 2 };
/* "member", "moderator", "owner"; NULL: not a role. */
CONCLAVE_API const char *conclave_role_name(int role);
/* False: not the name of one. */
CONCLAVE_API bool conclave_role_parse(int *role, const char *name);

struct conclave_member {
    struct conclave_id uuid;
    const char *nick;
    int64_t since; /* when they joined */
    int64_t until; /* past members: when that ended; else 0 */
    int role;
    bool here; /* a feed of theirs is connected */
};

/* Ask for the members; with `past`, also those who were. Then conclave_next_member until
 * CONCLAVE_NONE; nicks are valid until the next conclave_list_members. In order of UUID. */
CONCLAVE_API enum conclave_status conclave_list_members(struct conclave *c, const char *group,
                                                        bool past);
CONCLAVE_API enum conclave_status conclave_next_member(struct conclave *c,
                                                       struct conclave_member *out);

/* The person in group that `who` names: a UUID, which is taken as it is and needs no connection, or
 * the nick of exactly one who is in (without regard to ASCII case). CONCLAVE_REFUSED, code
 * "no_member": nobody has that nick, or several. Does not disturb conclave_next_member. */
CONCLAVE_API enum conclave_status conclave_find_member(struct conclave *c, const char *group,
                                                       const char *who, struct conclave_id *out);

struct conclave_info {
    struct conclave_id log;
    uint64_t first; /* lowest seq that we can read; head + 1: none */
    uint64_t head;
    const char *topic;     /* "": none. Strings are valid until the next conclave_get_info */
    const char *history;   /* "all", "since-join", "while-member" */
    const char *admission; /* "open", "list" */
    int role;              /* ours */
    uint64_t members;
    uint64_t here;   /* of them, with a feed that is connected */
    int64_t now;     /* the group's clock */
    const char *key; /* Z85, the group's */
    const char *address;
};
CONCLAVE_API enum conclave_status conclave_get_info(struct conclave *c, const char *group,
                                                    struct conclave_info *out);

/* ---- moderation: for moderators and owners, who act on those below them ---- */

/* Each is retried with one id until answered or the timeout is over, and done once. After
 * CONCLAVE_UNREACHABLE it may or may not have been done. Codes: "not_allowed", "no_member",
 * "last_owner". *last (may be NULL): the last seq that was published to them; 0: none. */
CONCLAVE_API enum conclave_status conclave_kick(struct conclave *c, const char *group,
                                                const struct conclave_id *who, uint64_t *last);
CONCLAVE_API enum conclave_status conclave_ban(struct conclave *c, const char *group,
                                               const struct conclave_id *who, uint64_t *last);
CONCLAVE_API enum conclave_status conclave_unban(struct conclave *c, const char *group,
                                                 const struct conclave_id *who);
CONCLAVE_API enum conclave_status conclave_set_role(struct conclave *c, const char *group,
                                                    const struct conclave_id *who, int role);
/* One line of at most 256 bytes; "": none. */
CONCLAVE_API enum conclave_status conclave_set_topic(struct conclave *c, const char *group,
                                                     const char *topic);
/* Everybody's own. Codes "bad_nick", "nick_taken". */
CONCLAVE_API enum conclave_status conclave_set_nick(struct conclave *c, const char *group,
                                                    const char *nick);

struct conclave_banned {
    struct conclave_id uuid;
    const char *nick; /* "" if they never had one there */
    struct conclave_id by;
    const char *by_nick; /* as far as known, else "" */
    int64_t since;
};
/* As conclave_list_members. */
CONCLAVE_API enum conclave_status conclave_list_bans(struct conclave *c, const char *group);
CONCLAVE_API enum conclave_status conclave_next_ban(struct conclave *c,
                                                    struct conclave_banned *out);

#define CONCLAVE_INVITE_ID_LEN 64
struct conclave_invitation {
    char id[CONCLAVE_INVITE_ID_LEN + 1]; /* hexadecimal */
    struct conclave_id by;
    const char *by_nick; /* as of struct conclave_banned */
    int64_t since;       /* 0: it was just made */
    uint64_t uses;       /* that are left */
    int64_t expires;     /* 0: never */
};
/* Make an invitation for `uses` people (0: one; at most 100,000) that lasts so many seconds (0:
 * without end; at most 366 days), as text for conclave_invite_parse. Whoever has the text can use
 * it; the group keeps a hash of it only. *made (may be NULL): what the group keeps. */
CONCLAVE_API enum conclave_status conclave_make_invite(struct conclave *c, const char *group,
                                                       uint64_t uses, int64_t lasts_s,
                                                       char text[CONCLAVE_INVITE_MAX + 1],
                                                       struct conclave_invitation *made);
CONCLAVE_API enum conclave_status conclave_list_invites(struct conclave *c, const char *group);
CONCLAVE_API enum conclave_status conclave_next_invite(struct conclave *c,
                                                       struct conclave_invitation *out);
/* id: its id or the first characters of it, at least 6, that no other has; or the invitation's
 * text. Code "bad_invite": there is none. */
CONCLAVE_API enum conclave_status conclave_revoke_invite(struct conclave *c, const char *group,
                                                         const char *id);

/* ---- pinned keys ---- */

/* The first key with which a message server (by address) or a group (by message server and name)
 * was met is remembered. When another one is shown, calls are refused with CONCLAVE_SERVER_KEY, and
 * conclave_error gives both fingerprints. For a message server "shown" means that the handle was
 * opened with it: every call that needs the server is then refused, code "other_key". For a group,
 * that the message server or an invitation names it: code "key_changed".
 * This remembers the key that was refused last instead, of a group or (group NULL) of the message
 * server. A group's: CONCLAVE_NONE: nothing was refused there, in this or an earlier handle with
 * the same known_keys, since the remembered key was seen last. The message server's: it is asked
 * first, and its key remembered only if it answers; when it does not have the key with which this
 * handle was opened, CONCLAVE_SERVER_KEY, code "server_key"; CONCLAVE_NONE: that key is the
 * remembered one. After accepting a message server's key open a new handle: this one goes on
 * without a spool. */
CONCLAVE_API enum conclave_status conclave_accept_key(struct conclave *c, const char *group);

/* ---- entries ---- */

enum conclave_kind {                       /* of an entry; others may come */
                     CONCLAVE_MESSAGE = 1, /* body: what was said */
                     CONCLAVE_JOINED = 2,  /* body: the nick */
                     CONCLAVE_LEFT = 3,
                     CONCLAVE_KICKED = 4,   /* author took subject out */
                     CONCLAVE_BANNED = 5,   /* and for good */
                     CONCLAVE_UNBANNED = 6, /* author lifted that */
                     CONCLAVE_ROLE = 7,     /* author made subject what role says */
                     CONCLAVE_TOPIC = 8,    /* body: the topic; empty: none */
                     CONCLAVE_NICK = 9,     /* body: what author is called from now on */
                     CONCLAVE_KIND_LAST = CONCLAVE_NICK, /* of those that this header knows */
};

struct conclave_entry {
    const char *group;
    uint64_t seq;
    int64_t ts;
    int kind;
    struct conclave_id author;
    struct conclave_id id;
    const char *nick;           /* the author's at that time, as far as known; never NULL */
    bool by_group;              /* the author is nobody but the group itself */
    struct conclave_id subject; /* kinds 4 to 7: who it is about */
    const char *subject_nick;   /* the name they had then, "" if none; never NULL */
    int role;                   /* CONCLAVE_ROLE */
    const uint8_t *body;
    size_t body_len;
    const uint8_t *ext;
    size_t ext_len;
};

/* The word used in JSON: "message", "joined", ... "unknown". */
CONCLAVE_API const char *conclave_kind_name(int kind);

/* ---- sending ---- */

struct conclave_ack {
    struct conclave_id id;
    uint64_t seq;
    int64_t ts;
};

/* Send one message and wait until it is stored there. It is retried with the same id until it is
 * answered or the timeout is over, and stored at most once. id NULL: a new one. ack may be NULL.
 * After CONCLAVE_UNREACHABLE it may or may not have been stored: send again with the same id. */
CONCLAVE_API enum conclave_status conclave_send(struct conclave *c, const char *group,
                                                const void *body, size_t len,
                                                const struct conclave_id *id,
                                                struct conclave_ack *ack);

/* Hand over one message to be sent, without waiting. It leaves at once, or with the next
 * conclave_poll that has no event at hand (or has given some 128 of them), before that call waits;
 * until it has left the descriptor of conclave_fd can be read. While earlier ones are without an
 * answer it may stay until the answer comes, unless 16 KiB are gathered: many travel together. The
 * outcome comes as an event, CONCLAVE_EVENT_ACK or CONCLAVE_EVENT_REFUSED, in the order of posting.
 * They are retried, in order, until answered, also through restarts of the group, for as long as
 * the handle is open and polled. At most CONCLAVE_POSTED_MAX may be under way in a group; above
 * that the call waits, up to the timeout, for room (events that come in meanwhile are kept). At
 * most 16 times as many outcomes are kept for conclave_poll; then CONCLAVE_REFUSED, "limit". With
 * options.spool, CONCLAVE_OK means also that the end of the program does not lose it, and that it
 * is on disk before it leaves; CONCLAVE_LOCAL: the disk refused. A group whose key is remembered
 * need then not be found: what is posted waits until it is. id NULL: a new one; *id_out (may be
 * NULL) is the one used. */
#define CONCLAVE_POSTED_MAX 4096
CONCLAVE_API enum conclave_status conclave_post(struct conclave *c, const char *group,
                                                const void *body, size_t len,
                                                const struct conclave_id *id,
                                                struct conclave_id *id_out);
/* Messages posted to group (NULL: to all) whose outcome conclave_poll has not given yet. */
CONCLAVE_API size_t conclave_posted(const struct conclave *c, const char *group);

/* ---- history ---- */

/* A place in a group's log: after the entry with this seq. A log that was put back to an earlier
 * state may have another entry there by now: that is seen where ts and id are known, and the entry
 * is still kept and ours to read. */
struct conclave_cursor {
    struct conclave_id log; /* which log; zero: any */
    uint64_t seq;
    int64_t ts;            /* of that entry; 0: not known */
    struct conclave_id id; /* the same; zero: not known */
};

/* Fetch one page of entries after a time, or after a cursor. limit: at most so many (0: as many
 * as a page holds). Then conclave_next_entry until CONCLAVE_NONE; the entries are valid until the
 * next call on this handle but conclave_next_entry. *next is where to go on; *end (may be NULL)
 * says that nothing was behind the page. When entries after the cursor are no longer kept, the
 * page begins at the first that is. A page with a hole in it, out of order, or that contradicts
 * itself in another way is CONCLAVE_PROTOCOL, and nothing of it is given. */
CONCLAVE_API enum conclave_status conclave_fetch_after_time(struct conclave *c, const char *group,
                                                            int64_t after, size_t limit,
                                                            struct conclave_cursor *next,
                                                            bool *end);
CONCLAVE_API enum conclave_status conclave_fetch(struct conclave *c, const char *group,
                                                 const struct conclave_cursor *after, size_t limit,
                                                 struct conclave_cursor *next, bool *end);
/* The same backwards: the page that ends before a time, or at a cursor (NULL: at the log's end),
 * so with the last entries of those. They too come oldest first. A cursor of any log may lie behind
 * the end; that is the end then. *next is the place in front of
 * them, where conclave_fetch_before goes on; *end: nothing in front of it is kept and ours to read.
 * A page costs the same wherever in the log it is. */
CONCLAVE_API enum conclave_status conclave_fetch_before_time(struct conclave *c, const char *group,
                                                             int64_t before, size_t limit,
                                                             struct conclave_cursor *next,
                                                             bool *end);
CONCLAVE_API enum conclave_status conclave_fetch_before(struct conclave *c, const char *group,
                                                        const struct conclave_cursor *before,
                                                        size_t limit, struct conclave_cursor *next,
                                                        bool *end);
CONCLAVE_API enum conclave_status conclave_next_entry(struct conclave *c,
                                                      struct conclave_entry *out);

/* ---- search ---- */

struct conclave_query {
    const char *words;              /* every one of them is in the message; case does not matter */
    const struct conclave_id *from; /* only by this person; NULL: by anybody */
    bool after_time;                /* only after `time`; else after `seq` (0: all) */
    int64_t time;
    uint64_t seq;
};
/* Search the messages that we may read, oldest first; one page, as conclave_fetch. *next: the seq
 * to go on after. A page with nothing on it is the end, unless the timeout was over before there
 * was more. While the group is still building its index, waits for it up to the timeout, then
 * CONCLAVE_REFUSED, code "busy". A group that does not get on is CONCLAVE_PROTOCOL. */
CONCLAVE_API enum conclave_status conclave_search(struct conclave *c, const char *group,
                                                  const struct conclave_query *query, size_t limit,
                                                  uint64_t *next, bool *end);

/* ---- cursors that stay ---- */

/* Keep a cursor of group in a file, replaced as a whole and on disk on return; and read it back,
 * on disk on return as well.
 * CONCLAVE_NONE: there is no such file. CONCLAVE_LOCAL: not to be read or written, or not such a
 * file, or it is of another group; *why (may be NULL) says. */
CONCLAVE_API enum conclave_status conclave_cursor_save(const char *path, const char *group,
                                                       const struct conclave_cursor *cursor,
                                                       char *why, size_t size);
CONCLAVE_API enum conclave_status conclave_cursor_load(const char *path, const char *group,
                                                       struct conclave_cursor *out, char *why,
                                                       size_t size);

/* ---- the live feed ---- */

/* Follow a group: its entries come as events, every one after the start exactly once and in
 * order, through disconnects and restarts. Start: after a cursor, after a time, or from now on.
 * Waits until the feed is up or refused. Already followed: CONCLAVE_INVALID. */
CONCLAVE_API enum conclave_status conclave_follow(struct conclave *c, const char *group);
CONCLAVE_API enum conclave_status conclave_follow_after_time(struct conclave *c, const char *group,
                                                             int64_t after);
CONCLAVE_API enum conclave_status conclave_follow_after(struct conclave *c, const char *group,
                                                        const struct conclave_cursor *after);
/* Stop. What was received and not polled is dropped. */
CONCLAVE_API void conclave_unfollow(struct conclave *c, const char *group);
/* After the last entry of a followed group that conclave_poll gave. False: not followed. */
CONCLAVE_API bool conclave_position(const struct conclave *c, const char *group,
                                    struct conclave_cursor *out);

enum conclave_event_type {
    CONCLAVE_EVENT_ENTRY,    /* an entry of a followed group */
    CONCLAVE_EVENT_GAP,      /* entries first..last are no longer kept, or not ours to read */
    CONCLAVE_EVENT_STATE,    /* the feed of group is now in `state`; text says why */
    CONCLAVE_EVENT_ACK,      /* a posted message is stored: ack */
    CONCLAVE_EVENT_REFUSED,  /* a posted message was refused for good: ack.id, code, text */
    CONCLAVE_EVENT_PRESENCE, /* somebody came to or went from group: conclave_list_members says who
                                is here. At most one every two seconds for a group */
    CONCLAVE_EVENT_FD,       /* the descriptor of conclave_watch can be read */
};

enum conclave_feed_state {
    CONCLAVE_FEED_LIVE,         /* up to date */
    CONCLAVE_FEED_CATCHING_UP,  /* fetching what was missed */
    CONCLAVE_FEED_RECONNECTING, /* not connected; goes on by itself. Told again when code changes */
    CONCLAVE_FEED_ENDED,        /* over: no member any more, or the log was replaced or went
                                   backwards; conclave_unfollow it */
};

struct conclave_event {
    enum conclave_event_type type;
    const char *group;
    struct conclave_entry entry;    /* ENTRY */
    uint64_t first, last;           /* GAP */
    enum conclave_feed_state state; /* STATE */
    struct conclave_ack ack;        /* ACK, REFUSED */
    const char *code; /* REFUSED, STATE: stable code; else "". When the group ended the
                         feed: left, kicked, banned, offence; while it RECONNECTS:
                         stopped, replaced, or what failed */
    const char *text; /* REFUSED, STATE: one sentence; else "" */
};

/* Next event, waiting up to timeout_ms (0: not at all; -1: until one comes). Pointers in *out are
 * valid until the next call on this handle. CONCLAVE_OK: *out is filled. CONCLAVE_NONE: none. */
CONCLAVE_API enum conclave_status conclave_poll(struct conclave *c, int timeout_ms,
                                                struct conclave_event *out);

/* A descriptor for event loops (poll, epoll, ...): it can be read when something may have happened.
 * Then call conclave_poll(c, 0, ...) until it gives CONCLAVE_NONE. -1: none could be made. It is
 * the handle's; do not read or close it. */
CONCLAVE_API int conclave_fd(struct conclave *c);

/* Also wake up conclave_poll when fd can be read (a terminal, a signalfd, a timerfd); -1: none. */
CONCLAVE_API void conclave_watch(struct conclave *c, int fd);

/* "0.1.0" */
CONCLAVE_API const char *conclave_version(void);

#ifdef __cplusplus
}
#endif

#endif
